import type { Deed } from "@/api/types";

export const AUDIT = "/api/audit/";

export const KINDS = ["channel", "user", "code", "option", "job", "log"] as const;
export const ACTIONS = [
  "create",
  "change",
  "delete",
  "enable",
  "disable",
  "promote",
  "demote",
  "top_up",
  "begin",
  "cancel",
  "wake",
] as const;

export interface Difference {
  name: string;
  before: string;
  after: string;
}

/** What was changed, field by field; a side that has nothing is blank. */
export function differences(deed: Pick<Deed, "before" | "after">): Difference[] {
  const names = [...new Set([...Object.keys(deed.before), ...Object.keys(deed.after)])];
  return names.map((name) => ({ name, before: said(deed.before[name]), after: said(deed.after[name]) }));
}

export function summary(deed: Pick<Deed, "before" | "after">): string {
  return differences(deed)
    .filter(({ before, after }) => before || after)
    .map(({ name, before, after }) => [name, [before, after].filter(Boolean).join(" → ")].join(": "))
    .join(" · ");
}

function said(value: unknown): string {
  if (value === undefined || value === null || (Array.isArray(value) && value.length === 0)) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}
