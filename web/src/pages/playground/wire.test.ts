import { expect, test } from "vitest";
import { piecesOf, requestOf } from "./wire";

const data = (document: unknown) => `data: ${JSON.stringify(document)}\n\n`;
const delta = (content: string) => ({ choices: [{ delta: { content } }] });

test("events come in whatever pieces the network makes of them", () => {
  const whole = `${data(delta("你"))}${data(delta("好"))}data: [DONE]\n\n`;
  for (let cut = 0; cut <= whole.length; cut++) {
    const first = piecesOf(whole.slice(0, cut));
    const second = piecesOf(first.rest + whole.slice(cut));
    expect([...first.pieces, ...second.pieces].map((piece) => piece.text).join("")).toBe("你好");
  }
});

test("thinking, usage and errors are told apart from the answer; comments are none", () => {
  const text =
    ": keep-alive\n\n" +
    data({ choices: [{ delta: { reasoning_content: "hm" } }] }) +
    data({ choices: [], usage: { prompt_tokens: 3, completion_tokens: 5 } }) +
    data({ error: { message: "overloaded" } });
  const { pieces } = piecesOf(text);
  expect(pieces.map((piece) => piece.thinking)).toEqual(["hm", "", ""]);
  expect(pieces[1]?.usage?.completion_tokens).toBe(5);
  expect(pieces[2]?.error).toBe("overloaded");
});

test("only what was chosen is sent", () => {
  const asked = { key: "k", model: "m", messages: [{ role: "user" as const, content: "hi" }] };
  const plain = requestOf({ ...asked, system: " ", temperature: undefined, maxTokens: undefined });
  expect(plain).not.toHaveProperty("temperature");
  expect(plain).not.toHaveProperty("max_tokens");
  expect(plain.messages).toEqual([{ role: "user", content: "hi" }]);
  const full = requestOf({ ...asked, system: "be brief", temperature: 0, maxTokens: 9 });
  expect(full).toMatchObject({ temperature: 0, max_tokens: 9 });
  expect((full.messages as unknown[]).length).toBe(2);
});
