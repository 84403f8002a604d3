import type { Values } from "./types";

/** The values that are not what they were: only these are sent, so that what others changed meanwhile stays. */
export function changedSince(before: Values, now: Values): Values {
  return Object.fromEntries(
    Object.entries(now).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(before[name])),
  );
}
