import type { ReactNode } from "react";

interface EmptyProps {
  title: ReactNode;
  children?: ReactNode;
  action?: ReactNode;
}

/** Where nothing is yet: what would be here, and what to do next. */
export function Empty({ title, children, action }: EmptyProps) {
  return (
    <div className="flex flex-col items-center gap-1 px-4 py-14 text-center">
      <p className="font-medium">{title}</p>
      {children && <p className="max-w-120 text-muted">{children}</p>}
      {action && <div className="mt-3 flex gap-2">{action}</div>}
    </div>
  );
}
