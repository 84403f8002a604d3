import { LoaderCircle } from "lucide-react";
import type { ComponentProps, ReactNode } from "react";
import { classes } from "./class";

export type ButtonLook = "plain" | "primary" | "quiet" | "danger";

const LOOKS: Record<ButtonLook, string> = {
  plain: "border-line-strong bg-panel hover:not-disabled:bg-hover",
  primary: "border-accent bg-accent text-on-accent font-medium hover:not-disabled:brightness-110",
  quiet: "border-transparent text-muted hover:not-disabled:bg-hover hover:not-disabled:text-text",
  danger: "border-line-strong bg-panel text-bad hover:not-disabled:bg-bad-bg",
};

interface ButtonProps extends ComponentProps<"button"> {
  look?: ButtonLook;
  icon?: ReactNode;
  isBusy?: boolean;
}

export function Button({
  look = "plain",
  icon,
  isBusy,
  className,
  children,
  disabled,
  ...rest
}: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      disabled={disabled || isBusy}
      aria-busy={isBusy || undefined}
      className={classes(
        "inline-flex h-7 shrink-0 select-none items-center justify-center gap-1.5 whitespace-nowrap rounded border px-2.5 disabled:opacity-50 [&_svg]:size-3.5 [&_svg]:shrink-0 max-sm:h-9",
        LOOKS[look],
        className,
      )}
    >
      {isBusy ? <LoaderCircle className="animate-spin" aria-hidden /> : icon}
      {children}
    </button>
  );
}

interface IconButtonProps extends ComponentProps<"button"> {
  label: string;
}

/** A button that is only a picture; `label` says what it does. */
export function IconButton({ label, className, children, ...rest }: IconButtonProps) {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      {...rest}
      className={classes(
        "inline-flex size-7 shrink-0 items-center justify-center rounded text-muted hover:not-disabled:bg-hover hover:not-disabled:text-text disabled:opacity-50 [&_svg]:size-4 max-sm:size-9",
        className,
      )}
    >
      {children}
    </button>
  );
}
