import type { LogRow } from "@/api/types";

export interface TopUp {
  /** Which words say it; undefined: the row's own. */
  by: "redemption" | "top_up" | undefined;
  quota: number;
}

/** What a row of the history credited. Rows of One API have a text, and some a number beside it. */
export function topUpOf({ credited, reason, quota }: Pick<LogRow, "credited" | "reason" | "quota">): TopUp {
  const by = reason === "redemption" || reason === "top_up" ? reason : undefined;
  return { by, quota: credited || quota };
}
