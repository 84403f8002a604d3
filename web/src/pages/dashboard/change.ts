import type { Figure } from "@/ui/Figures";

/** How a number changed, in per cent; good or bad only where more or less is better. */
export function changeOf(now: number, before: number, better?: "more" | "less"): Figure["change"] {
  if (before <= 0) return undefined;
  const change = (now - before) / before;
  const size = Math.abs(change * 100);
  const text =
    size < 0.5
      ? "±0\u2009%"
      : `${size >= 1000 ? ">" : ""}${change < 0 ? "−" : "+"}${Math.min(999, Math.round(size))}\u2009%`;
  const isGood = better && size >= 0.5 ? change > 0 === (better === "more") : undefined;
  return { text, isGood };
}
