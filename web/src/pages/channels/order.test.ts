import { expect, test } from "vitest";
import { moved } from "./order";

const after = (priorities: number[], from: number, to: number) =>
  Object.fromEntries(moved(priorities, from, to));

test("to the top and to the bottom is beyond those that are there", () => {
  expect(after([9, 5, 1], 2, 0)).toEqual({ 2: 10 });
  expect(after([9, 5, 1], 0, 2)).toEqual({ 0: 0 });
});

test("between two of one priority it is theirs", () => {
  expect(after([5, 3, 3, 1], 0, 1)).toEqual({ 0: 3 });
  expect(after([3, 3, 1, 0], 3, 1)).toEqual({ 3: 3 });
});

test("between two others there is one of its own", () => {
  expect(after([20, 10, 0], 2, 1)).toEqual({ 2: 15 });
  expect(after([20, 18, 0], 2, 1)).toEqual({ 2: 19 });
});

test("where there is no room those above go up, and nobody else moves", () => {
  expect(after([7, 2, 1, 0], 3, 2)).toEqual({ 0: 8, 1: 3, 3: 2 });
});

test("nothing happens without a move", () => {
  expect(after([3, 3, 3], 0, 2)).toEqual({ 0: 2 });
  expect(after([3, 3, 3], 1, 1)).toEqual({});
  expect(after([3], 0, 1)).toEqual({});
});
