import type { LogRow, Story } from "@/api/types";

/** The part of a row's `detail` that its list shows; the whole story is the server's to tell. */
interface Detail {
  usage?: { cached_tokens?: number };
  attempts?: unknown[];
  first_token_ms?: number;
  test?: string;
  said?: string;
}

function detailOf(row: LogRow): Detail {
  try {
    return (JSON.parse(row.detail ?? "{}") as Detail | null) ?? {};
  } catch {
    return {};
  }
}

/** How much of the input came out of a vendor's cache; undefined where nobody says. */
export function cachedShare(row: LogRow): number | undefined {
  const cached = detailOf(row).usage?.cached_tokens;
  return cached && row.prompt_tokens ? cached / row.prompt_tokens : undefined;
}

/** How many channels were tried in vain before the one that answered. */
export function movedOn(row: LogRow): number {
  return detailOf(row).attempts?.length ?? 0;
}

/** How long a stream's first token took; undefined where nobody has seen one. */
export function firstTokenMs(row: LogRow): number | undefined {
  return detailOf(row).first_token_ms || undefined;
}

/** What a test of a channel found; undefined where the row is of none. */
export function testOf(row: LogRow): { isPassed: boolean; said: string | undefined } | undefined {
  const { test, said } = detailOf(row);
  return test ? { isPassed: test === "passed", said } : undefined;
}

export type Line = Story["lines"][number];

const NOT_TOKENS = new Set(["image", "second", "character", "search", "call"]);

/** Whether a line's units are tokens, whose price is said per million. */
export function isTokens(line: Line): boolean {
  return !NOT_TOKENS.has(line.unit);
}
