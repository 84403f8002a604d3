import { expect, test } from "vitest";
import { clock, duration, exact, forField, fromField, relative, startOfDay } from "./time";

const NOON = new Date(2026, 10, 26, 12, 0, 5).getTime() / 1000;

test("exact times are the reader's own", () => {
  expect(exact(NOON)).toBe("2026-11-26 12:00:05");
});

test("a clock shows seconds today and the day before that", () => {
  expect(clock(NOON, NOON + 60)).toBe("12:00:05");
  expect(clock(NOON - 86_400, NOON)).toBe("11-25 12:00");
});

test.each([
  [-120, "en", "2 min. ago"],
  [3 * 86_400, "en", "in 3 days"],
  [-3 * 3600, "zh", "3\u00a0小时前"],
  [-100 * 86_400, "en", "2026-08-18"],
])("%d seconds from now in %s is %s", (difference, language, text) => {
  expect(relative(NOON + difference, NOON, language)).toBe(text);
});

test.each([
  [388, "388\u00a0ms"],
  [8400, "8.4\u00a0s"],
  [200_000, "3\u00a0min 20\u00a0s"],
])("%d ms is %s", (milliseconds, text) => {
  expect(duration(milliseconds)).toBe(text);
});

test("days begin at midnight where the reader is", () => {
  expect(exact(startOfDay(NOON))).toBe("2026-11-26 00:00:00");
  expect(exact(startOfDay(NOON, 7))).toBe("2026-11-19 00:00:00");
});

test("a field's value is the same time again, to the minute", () => {
  expect(fromField(forField(NOON))).toBe(NOON - 5);
  expect(fromField("")).toBeUndefined();
});
