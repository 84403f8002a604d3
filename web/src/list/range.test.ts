import { expect, test } from "vitest";
import { nowSeconds, startOfDay } from "@/format/time";
import { boundsOf } from "./range";

test("today begins at midnight, seven days are today and six before", () => {
  expect(boundsOf({ range: "today" })).toEqual({ start_timestamp: startOfDay(nowSeconds()) });
  expect(boundsOf({ range: "7" })).toEqual({ start_timestamp: startOfDay(nowSeconds(), 6) });
});

test("an address without a range means all time, or what the page shows otherwise", () => {
  expect(boundsOf({})).toEqual({});
  expect(boundsOf({}, "7")).toEqual(boundsOf({ range: "7" }));
  expect(boundsOf({ from: "100" }, "7")).toEqual({ start_timestamp: 100 });
});

test.each(["x", "-1", "9999", "1e3"])("a range %j that is none bounds nothing", (range) => {
  expect(boundsOf({ range })).toEqual({});
});
