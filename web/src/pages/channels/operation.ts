import type { ChannelForm } from "@/api/types";

/** What a channel does to its requests, as its config holds it. */
export interface Operation {
  in?: string;
  do?: string;
  name?: string;
  value?: unknown;
  to?: string;
  when?: {
    models?: string[];
    endpoints?: string[];
    paths?: string[];
    headers?: Record<string, string | null>;
  };
}

/** A value as it is typed: a text as it is, unless it would be taken for something else. */
export function typedOf(value: unknown): string {
  if (value === undefined) return "";
  return typeof value === "string" && meantBy(value) === value ? value : JSON.stringify(value);
}

/** What is typed as a value: JSON where it is some, and a text otherwise. */
export function meantBy(typed: string): unknown {
  try {
    return JSON.parse(typed);
  } catch {
    return typed;
  }
}

/** Another verb, and with it what that needs and nothing else. */
export function withVerb(operation: Operation, verb: string, form: ChannelForm): Operation {
  const { value, to, ...rest } = operation;
  const needs = form.verbs.find((one) => one.name === verb);
  return {
    ...rest,
    do: verb,
    ...(needs?.has_value && { value: value ?? "" }),
    ...(needs?.has_target && { to: to ?? "" }),
  };
}

/** Conditions without what is empty, and nothing at all without any. */
export function withConditions(operation: Operation, when: NonNullable<Operation["when"]>): Operation {
  const { when: _, ...rest } = operation;
  const said = Object.entries(when).filter(([, value]) =>
    Array.isArray(value) ? value.length : value && Object.keys(value).length,
  );
  return said.length ? { ...rest, when: Object.fromEntries(said) } : rest;
}

/** Headers as they are typed, `name: value`, one behind the other; a name alone is one that must not be there. */
export function headersTyped(headers: Record<string, string | null> | undefined): string {
  return Object.entries(headers ?? {})
    .map(([name, value]) => (value === null ? name : `${name}: ${value}`))
    .join(", ");
}

export function headersOf(typed: string): Record<string, string | null> {
  const pairs = typed
    .split(",")
    .map((part) => part.trim())
    .filter(Boolean);
  return Object.fromEntries(
    pairs.map((pair) => {
      const [name = "", ...value] = pair.split(":");
      return [name.trim(), value.length ? value.join(":").trim() : null];
    }),
  );
}

/** Operations read from JSON: a list of them, or an object that has one. */
export function operationsOf(text: string): Operation[] | undefined {
  const parsed = meantBy(text.trim() || "[]");
  const list = Array.isArray(parsed) ? parsed : (parsed as { operations?: unknown })?.operations;
  return Array.isArray(list) && list.every((one) => typeof one === "object" && one !== null)
    ? (list as Operation[])
    : undefined;
}
