import { classes } from "./class";

interface MeterProps {
  share: number;
  label: string;
  tone?: "accent" | "warn" | "bad";
  className?: string;
}

const TONES = { accent: "bg-accent", warn: "bg-warn-dot", bad: "bg-bad-dot" };

/** A share as a bar. Our own: a list has many, and the library's formats its number anew for each. */
export function Meter({ share, label, tone = "accent", className }: MeterProps) {
  const percent = Math.round(Math.min(1, Math.max(0, share)) * 100);
  return (
    // biome-ignore lint/a11y/useSemanticElements: the browser's own meter cannot be drawn by a policy without inline styles
    <div
      role="meter"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent}
      className={className}
    >
      <span className="block h-1 overflow-hidden rounded-full bg-line">
        <span
          className={classes("block h-full w-(--share) rounded-full", TONES[tone])}
          style={{ "--share": `${percent}%` } as React.CSSProperties}
        />
      </span>
    </div>
  );
}
