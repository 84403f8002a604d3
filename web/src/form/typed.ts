import { fromField } from "@/format/time";

/** Digits, signs and dots as keyboards for Chinese and Japanese type them are those that are meant. */
export function plainDigits(text: string): string {
  return text.normalize("NFKC").trim();
}

/** A number that was typed; "" for nothing, and the text itself where it is none. */
export function numberTyped(text: string): number | string {
  const plain = plainDigits(text);
  if (!plain) return "";
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(plain) ? Number(plain) : text;
}

/** A whole number that was typed; undefined where it is none. */
export function wholeTyped(text: string): number | undefined {
  const number = numberTyped(text);
  return Number.isSafeInteger(number) ? (number as number) : undefined;
}

/** A time that was typed: seconds since 1970, −1 for none, and the text itself of a year that is still being typed. */
export function timeTyped(text: string): number | string {
  if (!text) return -1;
  const seconds = fromField(text);
  return seconds !== undefined && seconds > 0 ? seconds : text;
}
