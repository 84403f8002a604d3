import type { ReactNode } from "react";
import { classes } from "./class";

export type Tone = "good" | "warn" | "bad" | "off" | "accent";

const DOTS: Record<Tone, string> = {
  good: "bg-good-dot",
  warn: "bg-warn-dot",
  bad: "bg-bad-dot",
  off: "bg-faint",
  accent: "bg-accent",
};

/** A state: a dot and a word, never the one without the other. */
export function State({ tone, children, title }: { tone: Tone; children: ReactNode; title?: string }) {
  return (
    <span className="inline-flex max-w-full items-center gap-1.5" title={title}>
      <i className={classes("size-[7px] shrink-0 rounded-full", DOTS[tone])} aria-hidden />
      <span className="truncate">{children}</span>
    </span>
  );
}
