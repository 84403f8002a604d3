import { Meter as Base } from "@base-ui/react/meter";
import { classes } from "./class";

interface MeterProps {
  share: number;
  label: string;
  tone?: "accent" | "warn" | "bad";
  className?: string;
}

const TONES = { accent: "bg-accent", warn: "bg-warn-dot", bad: "bg-bad-dot" };

export function Meter({ share, label, tone = "accent", className }: MeterProps) {
  return (
    <Base.Root
      value={Math.round(Math.min(1, Math.max(0, share)) * 100)}
      aria-label={label}
      className={className}
    >
      <Base.Track className="block h-1 overflow-hidden rounded-full bg-line">
        <Base.Indicator className={classes("block h-full rounded-full", TONES[tone])} />
      </Base.Track>
    </Base.Root>
  );
}
