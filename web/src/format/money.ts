/** Quota as the site shows it: 500 000 quota = 1 USD, in currency or in units. The quota itself is an integer. */

export interface MoneyStyle {
  quotaPerUnit: number;
  inCurrency: boolean;
  /** How large amounts are counted in the reader's language: the ratio of one unit to the next, and their names. */
  counting?: string;
}

const THIN = "\u2009";

/** `$ 1 204.11`; small amounts get as many decimals as they need to be no zero, six at most. */
export function money(quota: number, style: MoneyStyle, decimals?: number): string {
  if (!style.inCurrency) return compact(quota);
  const amount = quota / style.quotaPerUnit;
  const sign = amount < 0 ? "−" : "";
  return `${sign}$${THIN}${grouped(Math.abs(amount), decimals ?? decimalsFor(Math.abs(amount)))}`;
}

/** A round amount with no more decimals than it has: `$ 8`, `$ 0.25`. */
export function roundMoney(quota: number, style: MoneyStyle): string {
  if (!style.inCurrency) return compact(quota);
  const amount = Number((quota / style.quotaPerUnit).toPrecision(6));
  return money(quota, style, Math.min(6, (String(amount).split(".")[1] ?? "").length));
}

/** An amount where there is little room: from a hundred thousand on as people count, `$ 1 B`. */
export function shortMoney(quota: number, style: MoneyStyle): string {
  const amount = quota / style.quotaPerUnit;
  if (!style.inCurrency || Math.abs(amount) < 100_000) return money(quota, style, 2);
  return `${amount < 0 ? "−" : ""}$${THIN}${inSteps(Math.abs(amount), units(style.counting ?? DOLLARS))}`;
}

function decimalsFor(amount: number): number {
  if (amount === 0 || amount >= 0.995) return 2;
  return amount >= 0.01 ? 4 : 6;
}

/** A price: as many decimals as it has, two at least and six at most, so that a column of them is read. */
export function priceMoney(quota: number, style: MoneyStyle): string {
  const amount = Number((quota / style.quotaPerUnit).toPrecision(6));
  const digits = String(amount).split(".")[1]?.length ?? 0;
  return money(quota, style, Math.min(6, Math.max(2, digits)));
}

/** Digits in groups of three by a space, as in `48 213`. */
export function grouped(value: number, decimals = 0): string {
  const [whole = "0", fraction] = value.toFixed(decimals).split(".");
  const spaced = whole.replace(/\B(?=(\d{3})+$)/g, THIN);
  return fraction ? `${spaced}.${fraction}` : spaced;
}

/** `132.8 M`: four digits at most and a unit; below 10 000 exact. */
export function compact(value: number): string {
  const size = Math.abs(value);
  return signed(value, size < 10_000 ? grouped(Math.round(size)) : inSteps(size, COUNTS));
}

/** `9 999 B`, `48.2 kB`. */
export function bytes(size: number): string {
  return `${compact(size)}${size < 10_000 ? THIN : ""}B`;
}

type Steps = readonly [divisor: number, unit: string][];

const COUNTS = units("1000 k M G T");
const DOLLARS = "1000 k M B T";

function units(counting: string): Steps {
  const [ratio, ...names] = counting.split(" ");
  return names.map((name, place) => [Number(ratio) ** (place + 1), name]);
}

/** A number in the largest unit of which it has one, when rounded. */
function inSteps(size: number, steps: Steps): string {
  const [divisor, unit] = steps.findLast(([one]) => size >= one * 0.99995) ?? [1, ""];
  return `${grouped(size / divisor, 1).replace(/\.0$/, "")}${THIN}${unit}`;
}

function signed(value: number, text: string): string {
  return value < 0 ? `−${text}` : text;
}

/** A share as `0.31 %`; more digits where it is small. */
export function percent(share: number): string {
  const value = share * 100;
  const decimals = value !== 0 && Math.abs(value) < 10 ? (Math.abs(value) < 1 ? 2 : 1) : 0;
  return `${value.toFixed(decimals)}${THIN}%`;
}

/** What a person typed as an amount, in quota; undefined when it is no number. */
export function quotaOf(text: string, style: MoneyStyle): number | undefined {
  const plain = text.normalize("NFKC").replace(/[\s$]/g, "");
  // a comma stands between thousands: `1,5` may be meant otherwise
  if (!/^(\d+|\d{1,3}(,\d{3})+)(\.\d+)?$/.test(plain)) return undefined;
  const value = Number(plain.replaceAll(",", "")) * (style.inCurrency ? style.quotaPerUnit : 1);
  return Number.isSafeInteger(Math.round(value)) ? Math.round(value) : undefined;
}

/** The amount of a quota as it is typed into a field. */
export function amountText(quota: number, style: MoneyStyle): string {
  if (!style.inCurrency) return String(quota);
  return String(Number((quota / style.quotaPerUnit).toFixed(6)));
}
