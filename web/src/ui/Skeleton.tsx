import { classes } from "./class";

/** Where something will stand, in its final size. */
export function Skeleton({ className }: { className?: string }) {
  return <span aria-hidden className={classes("block animate-pulse rounded-sm bg-line", className)} />;
}
