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
}

/** Something that must be read: a result, a warning, an error that belongs to no field. */
export function Note({ tone = "plain", children, className }: NoteProps) {
  return (
    <div
      role={tone === "bad" ? "alert" : "status"}
      className={classes("break-words rounded px-3 py-2", LOOKS[tone], className)}
    >
      {children}
    </div>
  );
}
