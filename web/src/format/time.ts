/** Times of the wire (seconds since 1970) in the reader's zone and language. */

const MINUTE = 60;
const HOUR = 3600;
const DAY = 86_400;
const NBSP = "\u00a0";

/** `2026-11-26 14:31:58` */
export function exact(seconds: number): string {
  const date = new Date(seconds * 1000);
  return `${day(seconds)} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** `2026-11-26` */
export function day(seconds: number): string {
  const date = new Date(seconds * 1000);
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** `14:31:58` today, `11-26 14:31` before. */
export function clock(seconds: number, now: number): string {
  const text = exact(seconds);
  return day(seconds) === day(now) ? text.slice(11) : text.slice(5, 16);
}

/** `2 minutes ago`, `in 3 days`; with words of the language. */
export function relative(seconds: number, now: number, language: string): string {
  const difference = seconds - now;
  const size = Math.abs(difference);
  const [unit, name] = STEPS.find(([, , end]) => size < end) ?? [];
  if (!unit || !name) return day(seconds);
  const text = relativeFormat(language).format(Math.trunc(difference / unit), name);
  return text.replace(/(?<=\d)(?=\p{Script=Han})/u, NBSP);
}

const STEPS: [seconds: number, name: Intl.RelativeTimeFormatUnit, end: number][] = [
  [1, "second", MINUTE],
  [MINUTE, "minute", HOUR],
  [HOUR, "hour", DAY],
  [DAY, "day", 60 * DAY],
];

const formats = new Map<string, Intl.RelativeTimeFormat>();

/** Making one takes a hundred times as long as using it. */
function relativeFormat(language: string): Intl.RelativeTimeFormat {
  const known = formats.get(language);
  if (known) return known;
  const made = new Intl.RelativeTimeFormat(language, { numeric: "auto", style: "short" });
  formats.set(language, made);
  return made;
}

/** A duration as `388 ms`, `8.4 s`, `3 min 20 s`; a number and its unit stay in one line. */
export function duration(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.round(milliseconds)}${NBSP}ms`;
  if (milliseconds < 100_000) return `${(milliseconds / 1000).toFixed(1)}${NBSP}s`;
  const seconds = Math.round(milliseconds / 1000);
  return `${Math.floor(seconds / 60)}${NBSP}min ${seconds % 60}${NBSP}s`;
}

/** The first second of the day that `now` is in, `back` days earlier, in the reader's zone. */
export function startOfDay(now: number, back = 0): number {
  const date = new Date(now * 1000);
  return new Date(date.getFullYear(), date.getMonth(), date.getDate() - back).getTime() / 1000;
}

/** The value of a `datetime-local` field, to the minute. */
export function forField(seconds: number): string {
  return exact(seconds).replace(" ", "T").slice(0, 16);
}

/** Seconds of such a field's value; undefined when it is none. */
export function fromField(text: string): number | undefined {
  const value = new Date(text).getTime() / 1000;
  return Number.isFinite(value) ? Math.trunc(value) : undefined;
}

export function nowSeconds(): number {
  return Math.floor(Date.now() / 1000);
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}
