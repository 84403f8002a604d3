import i18next from "i18next";
import { type MoneyStyle, priceMoney } from "@/format/money";
import { exact } from "@/format/time";

const TIMES = new Set(["before", "created_time", "redeemed_time"]);

/** A value as people read it; what is nothing is blank. */
export function said(kind: string, name: string, value: unknown, style: MoneyStyle): string {
  if (value === undefined || value === null || (Array.isArray(value) && value.length === 0)) return "";
  if (typeof value === "boolean" || (kind === "option" && (value === "true" || value === "false")))
    return i18next.t(String(value) === "true" ? "audit.yes" : "audit.no");
  if (typeof value === "number") return number(kind, name, value, style);
  if (typeof value !== "string") return JSON.stringify(value);
  const scope = `channel.scopes.${value}`;
  const isScope = kind === "job" && name === "scope" && i18next.exists(scope);
  return isScope ? i18next.t(scope as "channel.scopes.all") : value;
}

function number(kind: string, name: string, value: number, style: MoneyStyle): string {
  if (name === "quota") return priceMoney(value, style);
  if (TIMES.has(name)) return value ? exact(value) : "";
  const word = name === "role" ? `user.roles.${value}` : `audit.states.${kind}.${value}`;
  return (name === "status" || name === "role") && i18next.exists(word)
    ? i18next.t(word as "audit.yes")
    : String(value);
}
