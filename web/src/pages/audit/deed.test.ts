import { expect, test } from "vitest";
import { differences, summary } from "./deed";

test("what was made has no before", () => {
  expect(differences({ before: {}, after: { name: "c", priority: 0 } })).toEqual([
    { name: "name", before: "", after: "c" },
    { name: "priority", before: "", after: "0" },
  ]);
});

test("a change says both sides, and a null is blank", () => {
  const deed = { before: { name: "a", other: null }, after: { name: "b", other: "x" } };
  expect(summary(deed)).toBe("name: a → b · other: x");
});

test("what was deleted has no after", () => {
  expect(summary({ before: { models: "m" }, after: {} })).toBe("models: m");
});
