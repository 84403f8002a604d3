import { expect, test } from "vitest";
import { changedSince } from "./changed";

test("only what was changed is told, inside of lists and objects, too", () => {
  const before = { name: "a", quota: 5, models: "x,y", list: [{ a: 1 }], flag: false, none: undefined };
  expect(changedSince(before, { ...before, list: [{ a: 1 }] })).toEqual({});
  expect(changedSince(before, { ...before, quota: 0, flag: true, list: [{ a: 2 }] })).toEqual({
    quota: 0,
    flag: true,
    list: [{ a: 2 }],
  });
  expect(changedSince({}, { name: "" })).toEqual({ name: "" });
});
