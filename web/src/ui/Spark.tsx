interface SparkProps {
  /** Equally long, the latest last; of what `all` counts, `bad` is the bad part. */
  all: number[];
  bad: number[];
  /** What it shows, in words. */
  label: string;
}

const STEP = 3;
const HEIGHT = 18;

/** A curve as small as a word: how much there was, and in red how much of it was bad. */
export function Spark({ all, bad, label }: SparkProps) {
  const most = Math.max(1, ...all);
  const bars = (values: number[]) =>
    values
      .map((value, place) => {
        // what is there at all is seen
        const height = value && Math.max(1.5, (value / most) * HEIGHT);
        return height ? `M${place * STEP} ${HEIGHT}v${-height.toFixed(1)}h2v${height.toFixed(1)}z` : "";
      })
      .join("");
  const width = all.length * STEP - 1;
  return (
    <svg
      role="img"
      aria-label={label}
      width={width}
      height={HEIGHT}
      viewBox={`0 0 ${width} ${HEIGHT}`}
      className="inline-block align-middle"
    >
      <title>{label}</title>
      <path d={`M0 ${HEIGHT - 0.5}h${width}`} className="stroke-line" />
      <path d={bars(all)} className="fill-faint" />
      <path d={bars(bad)} className="fill-bad-dot" />
    </svg>
  );
}
