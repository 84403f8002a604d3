import { nowSeconds, startOfDay } from "@/format/time";
import type { Search } from "@/router";

export const RANGES = ["today", "7", "30"] as const;
export type Range = (typeof RANGES)[number];

export interface Bounds {
  start_timestamp?: number;
  end_timestamp?: number;
}

/** The bounds that an address names: today, so many days, or from and to in seconds; none: all time. */
export function boundsOf(search: Search, otherwise?: Range): Bounds {
  const { range = search.from || search.to ? undefined : otherwise, from, to } = search;
  if (range === "today") return { start_timestamp: startOfDay(nowSeconds()) };
  if (range && /^\d{1,3}$/.test(range))
    return { start_timestamp: startOfDay(nowSeconds(), Number(range) - 1) };
  const bounds: Bounds = {};
  if (Number(from) > 0) bounds.start_timestamp = Number(from);
  if (Number(to) > 0) bounds.end_timestamp = Number(to);
  return bounds;
}
