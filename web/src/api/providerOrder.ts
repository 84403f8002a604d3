import type { Provider } from "./types";

const KINDS = ["lab", "cloud", "gateway", "plan", "local"];

/** Vendors near the reader first, those with models of their own before those that pass on, then by name. */
export function ordered(providers: Provider[], language: string): Provider[] {
  const isChinese = language.startsWith("zh");
  const distance = (one: Provider) => (one.is_in_china === isChinese ? 0 : 1);
  const kind = (one: Provider) => KINDS.indexOf(one.kind);
  return [...providers].sort(
    (a, b) =>
      Number(kind(a) === KINDS.length - 1) - Number(kind(b) === KINDS.length - 1) ||
      distance(a) - distance(b) ||
      kind(a) - kind(b) ||
      a.name.localeCompare(b.name, language),
  );
}
