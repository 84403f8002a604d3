import i18next from "i18next";
import { beforeAll, expect, test } from "vitest";
import en from "@/text/en.json";
import { differences, summary } from "./deed";
import { said } from "./said";

beforeAll(() => i18next.init({ lng: "en", resources: { en: { translation: en } } }));

const style = { quotaPerUnit: 500_000, inCurrency: true };
const words = {
  field: (name: string) => name,
  value: (kind: string, name: string, value: unknown) => said(kind, name, value, style),
  subject: () => "",
};

test("what was made has no before", () => {
  const deed = { kind: "channel", before: {}, after: { name: "c", priority: 0 } };
  expect(differences(deed, words)).toEqual([
    { name: "name", before: "", after: "c" },
    { name: "priority", before: "", after: "0" },
  ]);
});

test("a change says both sides, and a null is blank", () => {
  const deed = { kind: "channel", before: { name: "a", other: null }, after: { name: "b", other: "x" } };
  expect(summary(deed, words)).toBe("name: a → b · other: x");
});

test("what was deleted has no after", () => {
  expect(summary({ kind: "channel", before: { models: "m" }, after: {} }, words)).toBe("models: m");
});

test("states, roles and money are words and amounts", () => {
  const deed = {
    kind: "user",
    before: { status: 1, role: 1, quota: 0 },
    after: { status: 2, role: 10, quota: 750_000 },
  };
  expect(differences(deed, words).map(({ after }) => after)).toEqual([
    "disabled",
    "administrator",
    "$\u20091.50",
  ]);
  expect(said("channel", "status", 3, style)).toBe("auto-disabled");
  expect(said("user", "quota", 410_000, style)).toBe("$\u20090.82");
});

test("which channels a job is about is said in words", () => {
  expect(said("job", "scope", "failed", style)).toBe(en.channel.scopes.failed);
  expect(said("channel", "scope", "failed", style)).toBe("failed");
});
