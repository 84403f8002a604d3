import { expect, test } from "vitest";
import { EXAMPLE_TOOLS, fieldsOf, pretty, toolsOf } from "./typed";

test("tools are read with and without OpenAI's wrapping", () => {
  const tool = { name: "add", parameters: {} };
  const wrapped = [{ type: "function", function: tool }];
  expect(toolsOf(JSON.stringify(wrapped))).toEqual(wrapped);
  expect(toolsOf(JSON.stringify([tool]))).toEqual(wrapped);
  expect(toolsOf(JSON.stringify(tool))).toEqual(wrapped);
  expect(toolsOf(" ")).toEqual([]);
  expect(toolsOf(EXAMPLE_TOOLS)?.length).toBe(1);
});

test("what is no tool is told", () => {
  for (const text of ["{", "[1]", "null", '"a"', '[{"type":"function"}]', '[{"description":"no name"}]']) {
    expect(toolsOf(text), text).toBeUndefined();
  }
});

test("further fields are an object", () => {
  expect(fieldsOf("")).toEqual({});
  expect(fieldsOf('{"seed": 1}')).toEqual({ seed: 1 });
  expect(fieldsOf("[]")).toBeUndefined();
  expect(fieldsOf("{")).toBeUndefined();
});

test("unfinished JSON is shown as it came", () => {
  expect(pretty('{"a":1}')).toBe('{\n  "a": 1\n}');
  expect(pretty('{"a":')).toBe('{"a":');
});
