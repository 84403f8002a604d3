import { expect, test } from "vitest";
import { withFormulas } from "./formulas";

test("the ways in which models write formulas become one", () => {
  expect(withFormulas("so \\(a^2\\) and $b_1$")).toBe("so $$a^2$$ and $$b_1$$");
  expect(withFormulas("\\[x = 1\\]").trim()).toBe("$$\nx = 1\n$$");
  expect(withFormulas("$$x = 1$$").trim()).toBe("$$\nx = 1\n$$");
});

test("money is no formula", () => {
  for (const text of ["from $5 to $10", "costs $5, then $6 more", "US$3 and US$4", "a $ b $ c"]) {
    expect(withFormulas(text)).toBe(text);
  }
});

test("code stays as it is, finished or not", () => {
  for (const text of ["`$a$`", "```sh\necho $HOME $PATH\n```", "```tex\n\\[x\\]"]) {
    expect(withFormulas(text)).toBe(text);
  }
});
