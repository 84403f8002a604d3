import { expect, test } from "vitest";
import { changeOf } from "./change";

test.each([
  [112, 100, "+12\u2009%"],
  [92, 100, "−8\u2009%"],
  [100.1, 100, "±0\u2009%"],
  [5000, 10, ">+999\u2009%"],
])("from the one to the other: %d, before %d, is %s", (now, before, text) => {
  expect(changeOf(now, before)?.text).toBe(text);
});

test("there is no change from nothing", () => {
  expect(changeOf(5, 0)).toBeUndefined();
});

test("more is good where more is better, and neither where nobody can say", () => {
  expect(changeOf(2, 1, "more")?.isGood).toBe(true);
  expect(changeOf(2, 1, "less")?.isGood).toBe(false);
  expect(changeOf(2, 1)?.isGood).toBeUndefined();
});
