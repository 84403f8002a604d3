import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import en from "./en.json";
import zh from "./zh.json";

const HERE = import.meta.dirname;
const SOURCES = join(HERE, "..");

function keys(texts: object, before = ""): string[] {
  return Object.entries(texts).flatMap(([name, value]) =>
    typeof value === "string" ? [before + name] : keys(value, `${before}${name}.`),
  );
}

function values(texts: object): string[] {
  return Object.values(texts).flatMap((value) => (typeof value === "string" ? [value] : values(value)));
}

const code = readdirSync(SOURCES, { recursive: true, encoding: "utf8" })
  .filter((name) => /\.tsx?$/.test(name) && !name.endsWith(".test.ts"))
  .map((name) => ({ name, text: readFileSync(join(SOURCES, name), "utf8") }));

const withoutPlural = (key: string) => key.replace(/_(one|other|zero)$/, "");
const keysOf = (texts: object) => [...new Set(keys(texts).map(withoutPlural))].sort();

test("both languages have the same keys", () => {
  expect(keysOf(zh)).toEqual(keysOf(en));
});

test("both languages have the same placeholders", () => {
  const placeholders = (text: string) => (text.match(/\{\{\w+\}\}/g) ?? []).sort().join();
  const english = new Map(keys(en).map((key, index) => [key, values(en)[index] ?? ""]));
  const differing = keys(zh).filter((key, index) => {
    const other = english.get(key) ?? english.get(`${key}_other`);
    return other !== undefined && placeholders(values(zh)[index] ?? "") !== placeholders(other);
  });
  expect(differing).toEqual([]);
});

test("every text is used", () => {
  const all = code.map((file) => file.text).join("\n");
  // `t(\`place.${name}\`)` uses all of `place`.
  const families = [...all.matchAll(/`([\w.]+)\.\$\{/g)].map((match) => `${match[1]}.`);
  const unused = keysOf(en).filter(
    (key) => !all.includes(`"${key}"`) && !families.some((family) => key.startsWith(family)),
  );
  expect(unused).toEqual([]);
});

test("no text stands outside the language files", () => {
  const chinese = /[\u3400-\u9fff]/;
  const literal = /(?<!=)>\s*[A-Za-z][\w ,.'’]*<\/(?!Kbd)/;
  const attribute = /\b(label|title|placeholder|aria-label|help)="[A-Z][a-z]/;
  const offending = code
    .filter(({ name }) => !name.startsWith("pages/ui/"))
    .flatMap(({ name, text }) =>
      text
        .split("\n")
        .filter((line) => chinese.test(line) || literal.test(line) || attribute.test(line))
        .map((line) => `${name}: ${line.trim()}`),
    );
  expect(offending).toEqual([]);
});
