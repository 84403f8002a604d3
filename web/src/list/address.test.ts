import { expect, test } from "vitest";
import { chosen, listQuery, nextOrder, pageInstead, toggled } from "./address";

const FILTERS = [
  { id: "status", label: "" },
  { id: "model", label: "" },
];

test("an address without anything asks for the first page", () => {
  expect(listQuery({}, FILTERS, 50)).toEqual({ size: 50, p: 0 });
});

test("filters, words, order and page are asked for; what is nobody's filter is not", () => {
  const search = {
    status: "1,3",
    q: "main",
    sort: "priority",
    order: "asc",
    page: "3",
    open: "7",
    evil: "1",
  };
  expect(listQuery(search, FILTERS, 50)).toEqual({
    size: 50,
    p: 2,
    status: "1,3",
    keyword: "main",
    sort: "priority",
    order: "asc",
  });
});

test.each(["0", "-1", "x", ""])("a page %j is the first", (page) => {
  expect(listQuery({ page }, FILTERS, 50).p).toBe(0);
});

test("behind the last page stands the last one", () => {
  expect(pageInstead({ total: 101, isExact: true }, 50)).toBe(3);
  expect(pageInstead({ total: 100, isExact: true }, 50)).toBe(2);
  expect(pageInstead({ total: 0, isExact: true }, 50)).toBe(1);
  expect(pageInstead({ total: 10_000, isExact: false }, 50)).toBe(1);
  expect(pageInstead({ total: undefined, isExact: true }, 50)).toBe(1);
});

test("a head sorts falling, then rising, then not", () => {
  const first = nextOrder({ page: "4" }, "name");
  expect(first).toEqual({ sort: "name", order: "desc", page: undefined });
  const second = nextOrder(first, "name");
  expect(second.order).toBe("asc");
  expect(nextOrder(second, "name").sort).toBeUndefined();
  expect(nextOrder(second, "id")).toMatchObject({ sort: "id", order: "desc" });
});

test("values are put in and taken out, and the page begins again", () => {
  expect(toggled({}, "status", "1")).toEqual({ status: "1", page: undefined });
  expect(toggled({ status: "1" }, "status", "3").status).toBe("1,3");
  expect(toggled({ status: "1,3" }, "status", "1").status).toBe("3");
  expect(toggled({ status: "3" }, "status", "3").status).toBeUndefined();
  expect(chosen({ status: "1,,3" }, "status")).toEqual(["1", "3"]);
});
