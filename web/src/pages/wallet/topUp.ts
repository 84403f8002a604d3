import type { LogRow } from "@/api/types";

export interface TopUp {
  /** Which words say it; undefined: the row's own. */
  by: "redemption" | "top_up" | undefined;
  quota: number;
}

/** What a row of the history credited. Rows of One API have a text only, or a number beside it. */
export function topUpOf({ detail, quota }: Pick<LogRow, "detail" | "quota">): TopUp {
  const { credited, reason, remark } = read(detail);
  const by = reason === "redemption" || reason === "top_up" ? reason : undefined;
  if (!by || typeof credited !== "number") return { by: undefined, quota };
  return { by: remark ? undefined : by, quota: credited };
}

function read(detail: string | null | undefined): { credited?: unknown; reason?: unknown; remark?: unknown } {
  try {
    return (JSON.parse(detail || "{}") as object | null) ?? {};
  } catch {
    return {};
  }
}
