import type { ReactNode } from "react";

interface WayProps {
  name: string;
  state: string;
  children?: ReactNode;
}

/** A way to sign in: what it is called, how it stands, and what can be done about it. */
export function Way({ name, state, children }: WayProps) {
  return (
    <li className="flex min-h-11 items-center gap-3 py-2">
      <div className="min-w-0 flex-1">
        <p>{name}</p>
        <p className="truncate text-muted text-sm" title={state}>
          {state}
        </p>
      </div>
      {children}
    </li>
  );
}
