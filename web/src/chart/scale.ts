import { exact } from "@/format/time";

/** Round marks for an axis from nothing to at least `largest`: three to five of them. */
export function marks(largest: number): number[] {
  if (largest <= 0) return [0, 1];
  const rough = largest / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step =
    [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((one) => one * 4 >= largest) ?? power * 10;
  const count = Math.ceil(largest / step - 1e-9);
  return Array.from({ length: count + 1 }, (_, place) => place * step);
}

/** The beginnings of the steps of a span; days are the reader's calendar days, however long they are. */
export function stepsOf(start: number, end: number, stepSeconds: number): number[] {
  const steps: number[] = [];
  if (stepSeconds < 86_400) {
    for (let at = start - (start % stepSeconds); at < end; at += stepSeconds) steps.push(at);
    return steps;
  }
  const day = new Date(start * 1000);
  day.setHours(0, 0, 0, 0);
  while (day.getTime() / 1000 < end) {
    steps.push(day.getTime() / 1000);
    day.setDate(day.getDate() + 1);
  }
  return steps;
}

type Values = ReadonlyMap<number, ReadonlyMap<string, number>>;

/**
 * The values of the reader's steps. The server begins its days and hours by the site's clock, which may be another zone's:
 * what it says of a day stands at the reader's day that has the middle of it.
 */
export function atSteps(values: Values, steps: number[], stepSeconds: number): ReadonlyMap<string, number>[] {
  const placed = steps.map(() => new Map<string, number>());
  for (const [at, step] of values) {
    const middle = at + stepSeconds / 2;
    const after = steps.findIndex((begin) => begin > middle);
    const place = after < 0 ? steps.length - 1 : Math.max(0, after - 1);
    const into = placed[place];
    for (const [key, value] of step) into?.set(key, (into.get(key) ?? 0) + value);
  }
  return placed;
}

/** When the site's days begin on the reader's clock, as `08:00`; undefined where they are the reader's. */
export function siteDaysBegin(days: Iterable<number>): string | undefined {
  const begins = [...days].map((at) => exact(at).slice(11, 16));
  // clocks that were changed within the span: most days are meant
  const other = begins.filter((begin) => begin !== "00:00");
  return other.length * 2 > begins.length ? other[0] : undefined;
}

/** Which steps are named along the axis, so that the names do not touch. */
export function named(count: number, width: number, labelWidth: number): number {
  return Math.max(1, Math.ceil((count * labelWidth) / Math.max(1, width)));
}
