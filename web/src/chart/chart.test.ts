import { expect, test } from "vitest";
import { coloursOf, NAMED_MAX } from "./colours";
import { atSteps, marks, named, siteDaysBegin, stepsOf } from "./scale";

test.each([
  [3.7, [0, 1, 2, 3, 4]],
  [0, [0, 1]],
  [48_000, [0, 20_000, 40_000, 60_000]],
  [100, [0, 25, 50, 75, 100]],
  [0.003, [0, 0.001, 0.002, 0.003]],
])("an axis up to %d has the marks %j", (largest, expected) => {
  const found = marks(largest);
  expect(found.length).toBe(expected.length);
  found.forEach((mark, place) => {
    expect(mark).toBeCloseTo(expected[place] ?? Number.NaN, 9);
  });
});

test("hours and days begin where they begin", () => {
  expect(stepsOf(7200, 14_400, 3600)).toEqual([7200, 10_800]);
  const noon = new Date(2026, 10, 26, 12).getTime() / 1000;
  const days = stepsOf(noon - 2 * 86_400, noon, 86_400);
  expect(days.map((at) => new Date(at * 1000).getDate())).toEqual([24, 25, 26]);
});

test("what a site in another zone says of a day stands at the reader's day that has most of it", () => {
  const day = 86_400;
  const steps = [0, day, 2 * day];
  const told = (at: number) =>
    atSteps(new Map([[at, new Map([["m", 5]])]]), steps, day).findIndex((step) => step.get("m") === 5);
  expect(told(day)).toBe(1);
  expect(told(day + 8 * 3600)).toBe(1); // the site is behind the reader
  expect(told(day - 5 * 3600)).toBe(1); // it is ahead
  expect(told(-8 * 3600)).toBe(0);
  expect(told(2 * day + 8 * 3600)).toBe(2);
  const both = atSteps(
    new Map([
      [0, new Map([["m", 1]])],
      [3600, new Map([["m", 2]])],
    ]),
    steps,
    day,
  );
  expect(both[0]?.get("m")).toBe(3);
});

test("names along the axis keep their distance", () => {
  expect(named(48, 800, 60)).toBe(4);
  expect(named(7, 800, 60)).toBe(1);
});

test("a name keeps its colour when others come and go, and no two in a chart share one", () => {
  const names = [
    "claude-sonnet-5-5",
    "gpt-6.1-sol",
    "gemini-4-hydrogen",
    "deepseek-v4-pro",
    "qwen3.8-max",
    "kimi-k3",
  ];
  const all = coloursOf(names);
  expect(new Set(all.values()).size).toBe(NAMED_MAX);
  expect(coloursOf(["claude-sonnet-5-5"]).get("claude-sonnet-5-5")).toBe(all.get("claude-sonnet-5-5"));
});

test("days that are not the reader's are said to be the site's", () => {
  const midnights = [24, 25, 26].map((day) => new Date(2026, 10, day).getTime() / 1000);
  expect(siteDaysBegin(midnights)).toBeUndefined();
  expect(siteDaysBegin([])).toBeUndefined();
  expect(siteDaysBegin(midnights.map((at) => at + 8 * 3600))).toBe("08:00");
  // one day of an hour more, where the site changes its clocks and the reader does not
  expect(siteDaysBegin(midnights.map((at, place) => at + (place === 2 ? 3600 : 0)))).toBeUndefined();
});
