import { expect, test } from "vitest";
import { type Asked, type Call, openCalls, piecesOf, requestOf, withPart } from "./wire";

const data = (document: unknown) => `data: ${JSON.stringify(document)}\n\n`;
const delta = (content: string) => ({ choices: [{ delta: { content } }] });
const plain: Asked = {
  key: "k",
  model: "m",
  system: " ",
  messages: [{ role: "user", content: "hi" }],
  temperature: undefined,
  topP: undefined,
  maxTokens: undefined,
  tools: [],
  others: {},
};

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
  expect(pieces[2]?.error?.message).toBe("overloaded");
});

test("only what was chosen is sent; what was typed as JSON wins", () => {
  const request = requestOf(plain);
  expect(Object.keys(request).sort()).toEqual(["messages", "model", "stream", "stream_options"]);
  expect(request.messages).toEqual([{ role: "user", content: "hi" }]);
  const full = requestOf({ ...plain, system: "be brief", temperature: 0, maxTokens: 9, others: { seed: 4 } });
  expect(full).toMatchObject({ temperature: 0, max_tokens: 9, seed: 4 });
  expect((full.messages as unknown[]).length).toBe(2);
  expect(requestOf({ ...plain, temperature: 1, others: { temperature: 0.2 } }).temperature).toBe(0.2);
});

test("pictures, calls and their answers go in OpenAI's form; answers that failed at once do not go", () => {
  const call: Call = { id: "c1", name: "add", arguments: "{}" };
  const { messages } = requestOf({
    ...plain,
    messages: [
      { role: "user", content: "look", images: ["data:image/png;base64,AA"] },
      { role: "assistant", content: "", error: "overloaded" },
      { role: "assistant", content: "", calls: [call] },
      { role: "tool", content: "4", callId: "c1" },
    ],
  });
  expect(messages).toEqual([
    {
      role: "user",
      content: [
        { type: "text", text: "look" },
        { type: "image_url", image_url: { url: "data:image/png;base64,AA" } },
      ],
    },
    {
      role: "assistant",
      content: null,
      tool_calls: [{ id: "c1", type: "function", function: { name: "add", arguments: "{}" } }],
    },
    { role: "tool", tool_call_id: "c1", content: "4" },
  ]);
});

test("the parts of calls come together, with an index or without", () => {
  const parts = [
    { index: 0, id: "a", function: { name: "one", arguments: "" } },
    { index: 0, function: { arguments: '{"x"' } },
    { index: 1, id: "b", function: { name: "two", arguments: "{}" } },
    { index: 0, function: { arguments: ":1}" } },
  ];
  expect(parts.reduce<Call[]>(withPart, [])).toEqual([
    { id: "a", name: "one", arguments: '{"x":1}' },
    { id: "b", name: "two", arguments: "{}" },
  ]);
  const bare = [{ id: "a", function: { name: "one", arguments: "{" } }, { function: { arguments: "}" } }];
  expect(bare.reduce<Call[]>(withPart, [])).toEqual([{ id: "a", name: "one", arguments: "{}" }]);
});

test("calls are open until they are answered, and never after a failure", () => {
  const answer = { role: "assistant" as const, content: "", calls: [{ id: "a", name: "n", arguments: "" }] };
  expect(openCalls([answer]).length).toBe(1);
  expect(openCalls([{ ...answer, error: "broke" }])).toEqual([]);
  expect(openCalls([answer, { role: "tool", content: "1", callId: "a" }])).toEqual([]);
});
