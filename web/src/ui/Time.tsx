import i18next from "i18next";
import { exact, nowSeconds, relative } from "@/format/time";

/** A time of the wire, relative; the exact one on hover. `never` is what stands where there is none. */
export function Time({ at, never = "–" }: { at: number; never?: string }) {
  if (!at || at < 0) return <span className="text-muted">{never}</span>;
  return (
    <time dateTime={new Date(at * 1000).toISOString()} title={exact(at)}>
      {relative(at, nowSeconds(), i18next.language)}
    </time>
  );
}
