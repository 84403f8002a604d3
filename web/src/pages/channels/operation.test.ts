import { expect, test } from "vitest";
import {
  headersOf,
  headersTyped,
  meantBy,
  operationsOf,
  typedOf,
  withConditions,
  withVerb,
} from "./operation";

const form = {
  fields: [],
  places: ["body", "header"],
  endpoints: ["chat"],
  verbs: [
    { name: "set", has_value: true, has_target: false },
    { name: "delete", has_value: false, has_target: false },
    { name: "rename", has_value: false, has_target: true },
  ],
};

test.each([0.5, true, null, "text", "5", '{"a', { a: [1] }, "true", ""])(
  "a value comes back from its text: %j",
  (value) => {
    expect(meantBy(typedOf(value))).toEqual(value);
  },
);

test("what a verb does not need is left out", () => {
  const set = { in: "body", do: "set", name: "a", value: 1 };
  expect(withVerb(set, "delete", form)).toEqual({ in: "body", do: "delete", name: "a" });
  expect(withVerb(set, "rename", form)).toEqual({ in: "body", do: "rename", name: "a", to: "" });
});

test("conditions that say nothing are none", () => {
  expect(withConditions({ name: "a", when: { models: ["m"] } }, { models: [], headers: {} })).toEqual({
    name: "a",
  });
  expect(withConditions({ name: "a" }, { models: ["m"] })).toEqual({ name: "a", when: { models: ["m"] } });
});

test("headers come back from their text", () => {
  const headers = { "x-app": "cursor*", "x-debug": null, "x-url": "http://a" };
  expect(headersOf(headersTyped(headers))).toEqual(headers);
});

test("operations are read from a list, or from a config", () => {
  expect(operationsOf('[{"do":"set"}]')).toEqual([{ do: "set" }]);
  expect(operationsOf('{"operations":[{"do":"set"}]}')).toEqual([{ do: "set" }]);
  expect(operationsOf("")).toEqual([]);
  expect(operationsOf("[1]")).toBeUndefined();
  expect(operationsOf("{")).toBeUndefined();
});
