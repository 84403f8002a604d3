import i18next from "i18next";
import type { Deed } from "@/api/types";
import type { Words } from "./words";

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

type Changed = Pick<Deed, "kind" | "before" | "after">;

/** What was changed, field by field; a side that has nothing is blank. */
export function differences({ kind, before, after }: Changed, words: Words): Difference[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return names.map((name) => ({
    name: words.field(name),
    before: words.value(kind, name, before[name]),
    after: words.value(kind, name, after[name]),
  }));
}

/** The same in a line; of a setting, which has one value, without a name. */
export function summary(deed: Changed, words: Words): string {
  return differences(deed, words)
    .filter(({ before, after }) => before || after)
    .map(({ name, before, after }) => {
      const values = [before, after].filter(Boolean).join(" → ");
      return deed.kind === "option" ? values : i18next.t("shell.pair", { name, value: values });
    })
    .join(" · ");
}
