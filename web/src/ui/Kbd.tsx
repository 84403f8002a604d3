import type { ReactNode } from "react";
import { classes } from "./class";

/** A key of the keyboard; `isOn` on a coloured ground. */
export function Kbd({ children, isOn }: { children: ReactNode; isOn?: boolean }) {
  return (
    <kbd
      className={classes(
        "rounded-sm border px-1 font-medium font-sans text-xs",
        isOn ? "border-transparent px-0" : "border-line-strong border-b-2 text-muted",
      )}
    >
      {children}
    </kbd>
  );
}
