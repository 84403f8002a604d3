import type { Channel, Provider } from "@/api/types";
import type { Values } from "@/form/types";

const OWN = "config:"; // no dot: a form takes that for an object in an object
const PROXY = "config:proxy";

/** A channel as its form holds it: the fields of its config beside its own, under names of their own. */
export function formValues(row: Channel | undefined): Values {
  const config = parsed(row?.config);
  const own = Object.fromEntries(Object.entries(config).map(([name, value]) => [OWN + name, value]));
  return {
    type: String(row?.type ?? 1),
    name: row?.name ?? "",
    key: "",
    base_url: row?.base_url ?? "",
    models: row?.models ?? "",
    model_mapping: row?.model_mapping ?? "",
    group: row?.group || "default",
    priority: row?.priority ?? 0,
    weight: row?.weight ?? 0,
    system_prompt: row?.system_prompt ?? "",
    other: row?.other ?? "",
    [PROXY]: "",
    ...own,
  };
}

/** The channel that a form's values are, as the API takes it; of those that are not given, nothing is said. */
export function channelDocument(values: Values, row: Channel | undefined): Values {
  const config = { ...parsed(row?.config) };
  const document: Values = row ? { id: row.id } : {};
  for (const [name, value] of Object.entries(values)) {
    if (name === "type") document.type = Number(value);
    else if (name === "base_url") document.base_url = String(value ?? "").trim();
    else if (!name.startsWith(OWN)) document[name] = value;
    else if (isNothing(value)) delete config[name.slice(OWN.length)];
    else config[name.slice(OWN.length)] = value;
  }
  if (Object.keys(values).some((name) => name.startsWith(OWN)))
    document.config = Object.keys(config).length ? JSON.stringify(config) : "";
  if (!values.key) delete document.key;
  return document;
}

function isNothing(value: unknown): boolean {
  return value === "" || value === undefined || (Array.isArray(value) && !value.length);
}

function parsed(config: string | undefined | null): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(config || "{}");
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** The name that a field of a vendor's has in the form. */
export function fieldName(name: string): string {
  return name === "other" ? name : OWN + name;
}

const TAILS = ["/chat/completions", "/completions", "/embeddings", "/messages"];

/** The address without slashes and without an endpoint that was pasted with it, as the server reads it. */
function trimmed(address: string): string {
  let base = address.trim().replace(/\/+$/, "");
  for (const tail of TAILS) if (base.endsWith(tail)) base = base.slice(0, -tail.length);
  return base.replace(/\/+$/, "");
}

/** What an address ends with that the path begins with, where that says a version: it is not said twice. */
function repeated(base: string, path: string): string {
  const folders = path.split("/");
  for (let count = folders.length - 1; count > 1; count--) {
    const head = folders.slice(0, count).join("/");
    if (/\/v\d/.test(head) && base.endsWith(head)) return head;
  }
  return "";
}

/** What a base URL becomes: the vendor's pattern with the address put in. */
export function calledUrl(provider: Provider | undefined, baseUrl: string): string {
  if (!provider?.endpoint_preview) return "";
  const base = trimmed(baseUrl.trim() || provider.base_url);
  if (!base) return "";
  const path = provider.endpoint_preview.replace("{base_url}", "");
  return base.slice(0, base.length - repeated(base, path).length) + path;
}
