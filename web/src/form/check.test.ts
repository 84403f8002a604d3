import i18next from "i18next";
import { beforeAll, expect, test } from "vitest";
import en from "@/text/en.json";
import { wrong } from "./check";
import type { FieldSpec } from "./types";

beforeAll(() => i18next.init({ lng: "en", resources: { en: { translation: en } } }));

const field = (spec: Partial<FieldSpec>): FieldSpec => ({ name: "x", kind: "text", label: "X", ...spec });

test("what must be there must be there, and what need not may be empty", () => {
  expect(wrong(field({ isRequired: true }), "")).toBeTruthy();
  expect(wrong(field({ isRequired: true }), " \n ")).toBeTruthy();
  expect(wrong(field({ kind: "int", isRequired: true }), 0)).toBeUndefined();
  expect(wrong(field({ kind: "json" }), "")).toBeUndefined();
});

test("numbers are numbers, whole where they must be, and within bounds", () => {
  expect(wrong(field({ kind: "int" }), "1.5")).toBeTruthy();
  expect(wrong(field({ kind: "number" }), "1.5")).toBeUndefined();
  expect(wrong(field({ kind: "number" }), "x")).toBeTruthy();
  expect(wrong(field({ kind: "int", min: 1, max: 100 }), "0")).toContain("1");
  expect(wrong(field({ kind: "int", min: 1, max: 100 }), 101)).toContain("100");
});

test("an amount that is too large to be kept is not taken for so much quota", () => {
  expect(wrong(field({ kind: "money", min: 1 }), "99999999999999")).toBeTruthy();
  expect(wrong(field({ kind: "money", min: 0 }), "-1")).toContain("0");
  expect(wrong(field({ kind: "money", min: 1 }), 0)).toContain("more than 0");
  expect(wrong(field({ kind: "money", min: 1 }), 1)).toBeUndefined();
  expect(wrong(field({ kind: "int" }), "0x10")).toBeTruthy();
});

test("half a time is no time, and not never", () => {
  expect(wrong(field({ kind: "time" }), "0002-12-31T10:00")).toBeTruthy();
  expect(wrong(field({ kind: "time" }), -1)).toBeUndefined();
  expect(wrong(field({ kind: "time" }), 1_800_000_000)).toBeUndefined();
});

test("a mapping maps names to names", () => {
  expect(wrong(field({ kind: "mapping" }), '{"a":"b"}')).toBeUndefined();
  for (const text of ['{"a":""}', '{"":"b"}', '{"a":1}', "[]", "{", "null"]) {
    expect(wrong(field({ kind: "mapping" }), text)).toBeTruthy();
  }
});

test("lengths are counted in characters, not in halves of them", () => {
  expect(wrong(field({ maxLength: 2 }), "😀😀")).toBeUndefined();
  expect(wrong(field({ maxLength: 2 }), "abc")).toBeTruthy();
});
