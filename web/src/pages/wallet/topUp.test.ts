import { expect, test } from "vitest";
import { topUpOf } from "./topUp";

test("a code and a top-up are said in the reader's words, with what they credited", () => {
  const detail = '{"credited":25000000,"reason":"redemption","reference":"7"}';
  expect(topUpOf({ detail, quota: 0 })).toEqual({ by: "redemption", quota: 25_000_000 });
  const other = '{"credited":500,"reason":"top_up","reference":""}';
  expect(topUpOf({ detail: other, quota: 500 })).toEqual({ by: "top_up", quota: 500 });
});

test("an administrator's remark stands as it was written", () => {
  const detail = '{"credited":500,"reason":"top_up","remark":true}';
  expect(topUpOf({ detail, quota: 500 })).toEqual({ by: undefined, quota: 500 });
});

test("a row of One API has its text, and its number where it has one", () => {
  for (const detail of [null, "", "{}", "[]", "null", "no json", '{"reason":"redemption"}'])
    expect(topUpOf({ detail, quota: 3 })).toEqual({ by: undefined, quota: 3 });
});
