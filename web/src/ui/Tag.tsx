import { X } from "lucide-react";
import type { ReactNode } from "react";
import { classes } from "./class";

interface TagProps {
  children: ReactNode;
  isMono?: boolean;
  removeLabel?: string;
  onRemove?: () => void;
}

export function Tag({ children, isMono, removeLabel, onRemove }: TagProps) {
  return (
    <span
      className={classes(
        "inline-flex max-w-full items-center gap-1 rounded-sm border border-line in-[.bg-sel]:border-line-strong px-1.5 text-muted text-sm",
        isMono && "mono",
      )}
    >
      <span className="truncate">{children}</span>
      {onRemove && (
        <button
          type="button"
          aria-label={removeLabel}
          onClick={onRemove}
          className="-mr-1 p-0.5 hover:text-text"
        >
          <X className="size-3" aria-hidden />
        </button>
      )}
    </span>
  );
}
