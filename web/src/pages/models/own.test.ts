import { expect, test } from "vitest";
import type { OwnPrice } from "@/api/types";
import { changeTo, differing, entriesOf, modeOf, typedOf, wrongIn } from "./own";

const quota = (usd: Record<string, number>) =>
  Object.fromEntries(Object.entries(usd).map(([unit, amount]) => [unit, amount * 500_000]));

function row(catalogue: Record<string, number>, now = catalogue): OwnPrice {
  return {
    model: "m",
    is_served: true,
    origin: "table",
    now: quota(now),
    catalogue: quota(catalogue),
    source: "",
    date: "",
    entries: [],
  };
}

const SONNET = { input: 3, output: 15, cache_read: 0.3, cache_write: 3.75 };

test("the catalogue's prices are nobody's own", () => {
  expect(entriesOf(row(SONNET), "tokens", typedOf(quota(SONNET)))).toEqual([]);
  expect(entriesOf(row({ image: 0.04 }), "image", { image: "0.04" })).toEqual([]);
});

test("what was typed becomes One API's ratios", () => {
  const typed = { input: "4", output: "20", cache_read: "", cache_write: "5" };
  expect(entriesOf(row(SONNET), "tokens", typed)).toEqual([
    { option: "ModelRatio", name: "m", value: 2 },
    { option: "CacheRatio", name: "m", value: 1 },
  ]);
  expect(entriesOf(row(SONNET), "tokens", { ...typedOf(quota(SONNET)), output: "9" })).toEqual([
    { option: "CompletionRatio", name: "m", value: 3 },
  ]);
  expect(entriesOf(row({}), "tokens", { input: "1", output: "1" })).toEqual([
    { option: "ModelRatio", name: "m", value: 0.5 },
    { option: "CompletionRatio", name: "m", value: 1 },
  ]);
});

test("a price of one of something", () => {
  expect(entriesOf(row(SONNET), "call", { call: "0.02" })).toEqual([
    { option: "ModelPrice", name: "m", value: 0.02 },
  ]);
  expect(entriesOf(row({ image: 0.04 }), "image", { image: "0.05" })[0]?.value).toBe(25);
  expect(entriesOf(row({ second: 0.0001 }), "second", { second: "0.0002" })[0]?.value).toBe(30);
  expect([modeOf(row({ image: 1 })), modeOf(row({})), modeOf(row(SONNET, { call: 1 }))]).toEqual([
    "image",
    "tokens",
    "call",
  ]);
});

test("what cannot be said is told at its field", () => {
  expect(wrongIn("tokens", { input: "", output: "x" })).toEqual({ input: "needed", output: "notNumber" });
  expect(wrongIn("tokens", { input: "0", output: "1" })).toEqual({ output: "needsInput" });
  expect(wrongIn("tokens", { input: "0", output: "0" })).toEqual({});
  expect(wrongIn("call", {})).toEqual({ call: "needed" });
});

test("a change replaces what was said of the model, and can be taken back", () => {
  const held = { option: "AdoptedModelRatio", name: "m(3)", value: 7 };
  const wanted = { option: "ModelRatio" as const, name: "m", value: 2 };
  const { change, back } = changeTo([{ row: { ...row({}), entries: [held] }, entries: [wanted] }]);
  expect(change).toEqual([{ ...held, value: null }, wanted]);
  expect(back).toEqual([{ ...wanted, value: null }, held]);
});

test("which units differ", () => {
  expect(differing(row(SONNET))).toEqual([]);
  expect(differing(row({ input: 1, output: 2 }, { input: 1, output: 3 }))).toEqual(["output"]);
  expect(differing(row({ input: 1 }, { call: 1 }))).toEqual(["call", "input"]);
});
