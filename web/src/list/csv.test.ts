import { expect, test } from "vitest";
import { csvCell, csvOf } from "./csv";

test.each([
  ["plain", "plain"],
  ['say "hi", you', '"say ""hi"", you"'],
  ["two\nlines", '"two\nlines"'],
  ["=1+1", "'=1+1"],
  ["@cmd", "'@cmd"],
  ["\n=1+1", '"\'\n=1+1"'],
  ["＝1+1", "'＝1+1"],
  [-5, "-5"],
])("%j is written as %j", (value, written) => {
  expect(csvCell(value)).toBe(written);
});

test("a file has a mark for spreadsheets, a head and a line for each row", () => {
  const columns = [{ id: "a", label: "A", cell: () => null, text: (row: { a: number }) => row.a }];
  expect(csvOf(columns, [{ a: 1 }, { a: 2 }])).toBe("\ufeffA\r\n1\r\n2\r\n");
});
