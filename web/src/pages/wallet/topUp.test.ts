import { expect, test } from "vitest";
import { topUpOf } from "./topUp";

test.each([
  [
    { credited: 25_000_000, reason: "redemption", quota: 0 },
    { by: "redemption", quota: 25_000_000 },
  ],
  [
    { credited: 500, reason: "top_up", quota: 500 },
    { by: "top_up", quota: 500 },
  ],
  [
    { credited: 500, reason: "", quota: 500 },
    { by: undefined, quota: 500 },
  ],
  [
    { credited: 0, reason: "", quota: 3 },
    { by: undefined, quota: 3 },
  ],
])("of %j the history says %j", (row, expected) => {
  expect(topUpOf(row)).toEqual(expected);
});
