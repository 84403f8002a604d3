import { expect, test } from "vitest";
import type { LogRow } from "@/api/types";
import { cachedShare, firstTokenMs, movedOn } from "./detail";

test("a row says how much of its input was cached, and how often it moved on", () => {
  const row = {
    detail: '{"usage":{"cached_tokens":3},"attempts":[[7,429]],"first_token_ms":420}',
    prompt_tokens: 9,
  } as LogRow;
  expect(cachedShare(row)).toBe(1 / 3);
  expect(movedOn(row)).toBe(1);
  expect(firstTokenMs(row)).toBe(420);
});

test.each([null, undefined, "{", "null", '{"usage":{}}'])(
  "a detail %j says nothing and breaks nothing",
  (detail) => {
    const row = { detail, prompt_tokens: 9 } as LogRow;
    expect(cachedShare(row)).toBeUndefined();
    expect(movedOn(row)).toBe(0);
    expect(firstTokenMs(row)).toBeUndefined();
  },
);
