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

const IS_APPLE = /Mac|iPhone|iPad/.test(navigator.userAgent);

/** The keys that send a form, in the words of this machine; a phone has none. */
export function SendKeys() {
  return (
    <span className="ml-0.5 max-sm:hidden" aria-hidden>
      <Kbd isOn>{IS_APPLE ? "⌘↵" : "Ctrl ↵"}</Kbd>
    </span>
  );
}
