import { expect, test } from "vitest";
import zh from "@/text/zh.json";
import {
  amountText,
  bytes,
  compact,
  grouped,
  money,
  percent,
  quotaOf,
  roundMoney,
  shortMoney,
} from "./money";

const DOLLARS = { quotaPerUnit: 500_000, inCurrency: true };
const UNITS = { quotaPerUnit: 500_000, inCurrency: false };
const plain = (text: string) => text.replaceAll("\u2009", " ");

test.each([
  [0, "$ 0.00"],
  [602_055_000, "$ 1 204.11"],
  [500_000, "$ 1.00"],
  [43_650, "$ 0.0873"],
  [1, "$ 0.000002"],
  [-250_000, "−$ 0.5000"],
])("%d quota is %s", (quota, text) => {
  expect(plain(money(quota, DOLLARS))).toBe(text);
});

test("marks of an axis have no more decimals than they need", () => {
  expect(plain(roundMoney(4_000_000, DOLLARS))).toBe("$ 8");
  expect(plain(roundMoney(125_000, DOLLARS))).toBe("$ 0.25");
  expect(plain(roundMoney(0, DOLLARS))).toBe("$ 0");
});

test("where there is little room a large amount is said in units", () => {
  expect(plain(shortMoney(49_999_500_000, DOLLARS))).toBe("$ 99 999.00");
  expect(plain(shortMoney(500_000_000_000_000, DOLLARS))).toBe("$ 1 B");
  expect(plain(shortMoney(-60_000_000_000, DOLLARS))).toBe("−$ 120 k");
  expect(plain(shortMoney(500_000, UNITS))).toBe("500 k");
});

test.each([
  [60_000_000_000, "12", 0],
  [-617_500_000_000, "123.5", 0],
  [49_999_000_000_000, "1", 1],
  [500_000_000_000_000, "10", 1],
  [617_000_000_000_000_000, "1.2", 2],
])("in Chinese %d quota in short is %s of the unit %d", (quota, text, place) => {
  const [, ...names] = zh.money.counting.split(" ");
  const short = plain(shortMoney(quota, { ...DOLLARS, counting: zh.money.counting }));
  expect(short).toBe(`${quota < 0 ? "−" : ""}$ ${text} ${names[place]}`);
});

test("a site that shows units shows the quota itself, short", () => {
  expect(plain(money(500_000, UNITS))).toBe("500 k");
  expect(plain(money(9_999, UNITS))).toBe("9 999");
});

test.each([
  [0, "0"],
  [48_213, "48.2 k"],
  [999_949, "999.9 k"],
  [999_950, "1 M"],
  [132_800_000, "132.8 M"],
  [999_950_000, "1 G"],
  [1_234_567_000_000_000, "1 234.6 T"],
  [-20_000, "−20 k"],
])("%d in short is %s", (value, text) => {
  expect(plain(compact(value))).toBe(text);
});

test("a size is said in bytes", () => {
  expect(plain(bytes(0))).toBe("0 B");
  expect(plain(bytes(9_999))).toBe("9 999 B");
  expect(plain(bytes(48_213))).toBe("48.2 kB");
});

test("digits stand in groups of three", () => {
  expect(plain(grouped(48_213))).toBe("48 213");
  expect(plain(grouped(1_234_567.891, 2))).toBe("1 234 567.89");
});

test("small shares keep more digits", () => {
  expect(plain(percent(0.0031))).toBe("0.31 %");
  expect(plain(percent(0.034))).toBe("3.4 %");
  expect(plain(percent(0.61))).toBe("61 %");
});

test("an amount that is typed becomes the quota that it stands for, and back", () => {
  expect(quotaOf("1", DOLLARS)).toBe(500_000);
  expect(quotaOf("$ 1 204.11", DOLLARS)).toBe(602_055_000);
  expect(quotaOf("0.000002", DOLLARS)).toBe(1);
  expect(quotaOf("1,000", UNITS)).toBe(1000);
  expect(quotaOf("１２．５", DOLLARS)).toBe(6_250_000);
  expect(quotaOf("1,234,567.5", DOLLARS)).toBe(617_283_750_000);
  for (const nonsense of ["", "-1", "1e5", "abc", "1.2.3", "1,5", "12,34", "1,2345", ",5"])
    expect(quotaOf(nonsense, DOLLARS)).toBeUndefined();
  for (const quota of [0, 1, 43_650, 500_000, 602_055_000]) {
    expect(quotaOf(amountText(quota, DOLLARS), DOLLARS)).toBe(quota);
  }
});
