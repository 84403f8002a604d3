import i18next from "i18next";
import { messageOf } from "@/format/message";
import { numberTyped } from "./typed";
import type { FieldSpec } from "./types";

/** What is wrong with a value, as far as that can be known here; the server knows the rest. */
export function wrong(field: FieldSpec, value: unknown): string | undefined {
  const t = i18next.t;
  const isBlank = field.kind === "text" && String(value ?? "").trim() === "";
  const isEmpty = value === undefined || value === null || value === "" || isBlank;
  if (isEmpty) return field.isRequired ? t("form.required") : undefined;
  if (field.kind === "json" || field.kind === "mapping")
    return wrongJson(String(value), field.kind === "mapping");
  if (typeof value === "string" && field.maxLength && [...value].length > field.maxLength) {
    return t("form.tooLong", { most: field.maxLength });
  }
  // a time that is one is a number
  if (field.kind === "time") return typeof value === "string" ? t("form.notTime") : undefined;
  if (field.kind !== "int" && field.kind !== "number" && field.kind !== "money") return undefined;
  const number = numberTyped(String(value));
  const isAmount = field.kind !== "money" || typeof value === "number" || Number(number) < 0;
  if (!Number.isFinite(number) || !isAmount || (field.kind === "int" && !Number.isSafeInteger(number)))
    return t(field.kind === "int" ? "form.notWhole" : "form.notNumber");
  if (field.min !== undefined && Number(number) < field.min) {
    // an amount is typed in another unit than it is kept in
    if (field.kind === "money" && field.min > 0) return t("form.notPositive");
    return t("form.tooSmall", { least: field.min });
  }
  if (field.max !== undefined && Number(number) > field.max) return t("form.tooLarge", { most: field.max });
  return undefined;
}

function wrongJson(text: string, isMapping: boolean): string | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed))
      return i18next.t("form.notObject");
    if (isMapping && Object.entries(parsed).some(([from, to]) => !from || typeof to !== "string" || !to)) {
      return i18next.t("form.mappingHalf");
    }
    return undefined;
  } catch (error) {
    return i18next.t("form.notJson", { reason: messageOf(error) });
  }
}
