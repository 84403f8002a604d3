import { ask, type Query } from "@/api/call";
import type { ApiPath, Page } from "@/api/types";

const PAGE = 100;
const ROWS_MAX = 10_000;

/** Ask for every row of a list, ten thousand at most. */
export async function everyRow<Row>(endpoint: ApiPath, query: Query): Promise<Row[]> {
  const rows: Row[] = [];
  let cursor: string | null | undefined;
  do {
    const { p: _, ...rest } = query;
    const page = await ask<Page<Row>>(endpoint, { ...rest, size: PAGE, cursor: cursor ?? undefined });
    rows.push(...page.data);
    cursor = page.next_cursor;
  } while (cursor && rows.length < ROWS_MAX);
  return rows;
}

/** Hand a text to the browser as a file. */
export function download(name: string, text: string, type = "text/csv"): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: `${type};charset=utf-8` }));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
