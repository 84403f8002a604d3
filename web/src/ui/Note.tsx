import type { ReactNode } from "react";
import { classes } from "./class";

const LOOKS = {
  good: "bg-good-bg text-good",
  warn: "bg-warn-bg text-warn",
  bad: "bg-bad-bg text-bad",
  plain: "bg-hover text-text",
};

interface NoteProps {
  tone?: keyof typeof LOOKS;
  children: ReactNode;
  className?: string;
  /** It answers what was just asked: it is brought into view. */
  isAnswer?: boolean;
}

/** Something that must be read: a result, a warning, an error that belongs to no field. */
export function Note({ tone = "plain", children, className, isAnswer }: NoteProps) {
  return (
    <div
      ref={isAnswer ? reveal : undefined}
      role={tone === "bad" ? "alert" : "status"}
      className={classes("break-words rounded px-3 py-2", LOOKS[tone], className)}
    >
      {children}
    </div>
  );
}

function reveal(node: HTMLElement | null): void {
  node?.scrollIntoView({ block: "nearest" });
}
