import type { ReactNode } from "react";

export function Kbd({ children }: { children: ReactNode }) {
  return (
    <kbd className="rounded-sm border border-line-strong border-b-2 px-1 font-medium font-sans text-muted text-xs">
      {children}
    </kbd>
  );
}
