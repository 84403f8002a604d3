import type { ComponentProps } from "react";
import { classes } from "./class";

interface ChipProps extends ComponentProps<"button"> {
  isOn?: boolean;
}

/** A filter or a choice of a few: round, small, coloured while it is on. */
export function Chip({ isOn, className, children, ...rest }: ChipProps) {
  return (
    <button
      type="button"
      aria-pressed={isOn}
      {...rest}
      className={classes(
        "inline-flex h-6 shrink-0 items-center gap-1 whitespace-nowrap rounded-full border px-2 [&_svg]:size-3 max-sm:h-8",
        isOn
          ? "border-accent bg-sel text-accent-text"
          : "border-text/12 text-muted hover:bg-hover hover:text-text",
        className,
      )}
    >
      {children}
    </button>
  );
}
