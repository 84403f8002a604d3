import { expect, test } from "vitest";
import { numberTyped, timeTyped, wholeTyped } from "./typed";

test("numbers are read as people type them, and what is none stays as it was typed", () => {
  expect(["0.6", "-10", " 7 ", "１２．５", "－3", "1e3", ".5", "2."].map(numberTyped)).toEqual([
    0.6, -10, 7, 12.5, -3, 1000, 0.5, 2,
  ]);
  expect(["", "  ", "abc", "0x10", "1,5", "-", "1 2"].map(numberTyped)).toEqual([
    "",
    "",
    "abc",
    "0x10",
    "1,5",
    "-",
    "1 2",
  ]);
});

test("a whole number has no fraction and is not beyond what can be counted", () => {
  expect(["5", "－5", "1.5", "1e308", "", "x"].map(wholeTyped)).toEqual([
    5,
    -5,
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});

test("a year of which one digit is typed is no time yet, and not never", () => {
  expect(timeTyped("")).toBe(-1);
  expect(timeTyped("0002-12-31T10:00")).toBe("0002-12-31T10:00");
  expect(timeTyped("2027-12-31T10:00")).toBeTypeOf("number");
});
