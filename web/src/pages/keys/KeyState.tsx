import i18next from "i18next";
import type { ApiKey } from "@/api/types";
import { State, type Tone } from "@/ui/State";

const STATES: Record<number, { tone: Tone; name: "enabled" | "disabled" | "expired" | "exhausted" }> = {
  1: { tone: "good", name: "enabled" },
  2: { tone: "off", name: "disabled" },
  3: { tone: "warn", name: "expired" },
  4: { tone: "bad", name: "exhausted" },
};
const UNKNOWN = { tone: "off", name: "disabled" } as const;

type Row = Pick<ApiKey, "status">;

export function keyState(row: Row) {
  return STATES[row.status] ?? UNKNOWN;
}

export function KeyState({ row }: { row: Row }) {
  const { tone, name } = keyState(row);
  return <State tone={tone}>{i18next.t(`key.${name}`)}</State>;
}
