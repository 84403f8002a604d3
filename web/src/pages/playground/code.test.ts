import { expect, test } from "vitest";
import { codeOf, literal, shown } from "./code";
import type { Asked } from "./wire";

const asked: Asked = {
  key: "sk-1234567890abcdef",
  model: "m",
  system: "",
  messages: [{ role: "user", content: "it's" }],
  temperature: undefined,
  topP: undefined,
  maxTokens: undefined,
  tools: [],
  others: {},
};

test("a quote in a message does not end the shell's", () => {
  expect(codeOf("curl", asked, "https://x")).toContain("it'\\''s");
});

test("Python gets its own words and what its client does not know by extra_body", () => {
  const code = codeOf("Python", { ...asked, others: { seed: 1, top_k: 5 } }, "https://x");
  expect(code).toContain("stream=True");
  expect(code).toContain("seed=1,");
  expect(code).toContain('extra_body={"top_k": 5},');
  expect(literal([null, true, 1.5, "a\nb"])).toBe('[None, True, 1.5, "a\\nb"]');
});

test("neither key nor pictures are drawn in full", () => {
  const code = codeOf("curl", asked, "https://x");
  expect(shown(code, asked.key)).toContain("Bearer sk-…cdef");
  expect(shown(`"data:image/png;base64,${"A".repeat(90)}"`, "k")).toBe(
    '"data:image/png;base64,AAAAAAAAAAAA…"',
  );
});
