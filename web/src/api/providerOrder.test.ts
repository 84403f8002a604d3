import { expect, test } from "vitest";
import { ordered } from "./providerOrder";
import type { Provider } from "./types";

const vendor = (name: string, kind: string, is_in_china = false) => ({ name, kind, is_in_china }) as Provider;
const ROWS = [
  vendor("Zoo", "lab"),
  vendor("Server", "local"),
  vendor("Near", "cloud", true),
  vendor("Pass", "gateway"),
  vendor("Ape", "lab"),
  vendor("Far", "lab", true),
];

test("vendors near the reader come first, what the reader runs comes last", () => {
  expect(ordered(ROWS, "en").map((one) => one.name)).toEqual(["Ape", "Zoo", "Pass", "Far", "Near", "Server"]);
  expect(ordered(ROWS, "zh-CN").map((one) => one.name)).toEqual([
    "Far",
    "Near",
    "Ape",
    "Zoo",
    "Pass",
    "Server",
  ]);
});
