import type { OwnPrice, PriceEntry } from "@/api/types";
import { numberTyped } from "@/form/typed";

/** How a model is priced: by tokens, or by one of something. */
export type Mode = "tokens" | "call" | "image" | "second" | "character";

export const TOKEN_UNITS = ["input", "output", "cache_read", "cache_write", "audio_input"] as const;
const QUOTA_PER_USD = 500_000;
/** What One API's ratio 1 is in USD: of a million tokens or characters, of an image, of a second. */
const USD_OF_RATIO = { tokens: 2, character: 2, image: 1 / 500, second: 1 / 150_000 };

const USD_MAX = 1e9; // of one; what a ratio can say is twice as much

export type Usd = Record<string, string>;

/** Whether a unit is so small that its price is said of a million. */
export function isOfMillion(unit: string): boolean {
  return unit === "character" || TOKEN_UNITS.some((one) => one === unit);
}

export function modeOf(row: OwnPrice): Mode {
  if (row.now.call) return "call";
  const known = Object.keys(row.catalogue).length ? row.catalogue : row.now;
  if (known.input || known.output) return "tokens";
  return (["image", "second", "character"] as const).find((unit) => known[unit]) ?? "tokens";
}

/** Prices as a person types them, in USD; a unit that costs what plain input does is left blank. */
export function typedOf(prices: Record<string, number>): Usd {
  return Object.fromEntries(
    Object.entries(prices).map(([unit, quota]) => [
      unit,
      String(Number((quota / QUOTA_PER_USD).toPrecision(9))),
    ]),
  );
}

function amount(text: string | undefined): number {
  return Number(numberTyped(text ?? ""));
}

/** What is wrong with a typed price: it is no number from 0, or it cannot be said as a factor of the input price. */
export function wrongIn(mode: Mode, typed: Usd): Record<string, "notNumber" | "needed" | "needsInput"> {
  const wrong: Record<string, "notNumber" | "needed" | "needsInput"> = {};
  const units = mode === "tokens" ? TOKEN_UNITS : [mode];
  for (const unit of units) {
    const text = (typed[unit] ?? "").trim();
    if (text && !(amount(text) >= 0 && amount(text) <= USD_MAX)) wrong[unit] = "notNumber";
    else if (!text && (unit === "input" || unit === mode)) wrong[unit] = "needed";
    else if (unit !== "input" && mode === "tokens" && amount(typed.input) === 0 && amount(text) > 0)
      wrong[unit] = "needsInput";
  }
  return wrong;
}

/** The entries of options that mean these prices. Those that the catalogue says anyway are left to it. */
export function entriesOf(row: OwnPrice, mode: Mode, typed: Usd): PriceEntry[] {
  const entry = (option: PriceEntry["option"], value: number): PriceEntry => ({
    option,
    name: row.model,
    value: Number(value.toPrecision(15)),
  });
  if (mode === "call") return [entry("ModelPrice", amount(typed.call))];
  if (mode !== "tokens") {
    const usd = amount(typed[mode]);
    if (usd * QUOTA_PER_USD === row.catalogue[mode]) return [];
    return [entry("ModelRatio", usd / USD_OF_RATIO[mode])];
  }
  const input = amount(typed.input);
  const isInputOurs = input * QUOTA_PER_USD !== row.catalogue.input;
  const entries = isInputOurs ? [entry("ModelRatio", input / USD_OF_RATIO.tokens)] : [];
  if (input === 0) return entries;
  const known = row.catalogue.input ? row.catalogue : undefined;
  for (const [unit, option] of FACTORS) {
    const text = (typed[unit] ?? "").trim();
    const wanted = (text === "" ? input : amount(text)) / input;
    const before = known?.input ? (known[unit] ?? known.input) / known.input : undefined;
    // a model that no table knows: the server guesses its output price, and takes the others as input
    const isKnown = before === undefined ? unit !== "output" && wanted === 1 : isSame(wanted, before);
    if (!isKnown) entries.push(entry(option, wanted));
  }
  return entries;
}

const FACTORS = [
  ["output", "CompletionRatio"],
  ["cache_read", "CacheRatio"],
  ["cache_write", "CacheWriteRatio"],
  ["audio_input", "AudioRatio"],
] as const;

function isSame(one: number, other: number): boolean {
  return Math.abs(one - other) <= 1e-9 * Math.max(one, other);
}

/** What must be sent so that these entries, and no others, price the model; and what takes that back. */
export function changeTo(rows: { row: OwnPrice; entries: PriceEntry[] }[]): {
  change: PriceEntry[];
  back: PriceEntry[];
} {
  const removed = (entries: { option: string; name: string }[]) =>
    entries.map(({ option, name }) => ({ option, name, value: null }) as PriceEntry);
  const held = rows.flatMap(({ row }) => row.entries as PriceEntry[]);
  const wanted = rows.flatMap(({ entries }) => entries);
  // the server takes them in order: what is removed first is set after that
  return { change: [...removed(held), ...wanted], back: [...removed(wanted), ...held] };
}

/** Whether the catalogue asks another price than the one in force. */
export function differs(row: OwnPrice): boolean {
  if (Object.keys(row.catalogue).length === 0) return false;
  return differing(row).length > 0;
}

/** The units whose price in force is not the catalogue's. */
export function differing(row: OwnPrice): string[] {
  const units = new Set([...Object.keys(row.now), ...Object.keys(row.catalogue)]);
  return [...units].filter((unit) => row.now[unit] !== row.catalogue[unit]);
}
