import { expect, test } from "vitest";
import { COPY_FORMS, offered, shown, type Told } from "./forms";

const TOLD: Told = {
  address: "https://api.example.com/one",
  key: "sk-0123456789abcdefWXYZ",
  model: "gpt-6.1-sol",
  site: "我的 API",
  chatLink: "",
};

function text(id: string, told = TOLD): string {
  const form = COPY_FORMS.find((one) => one.id === id);
  if (!form) throw new Error(id);
  return form.text(told);
}

test("links of One API are as its users know them", () => {
  const settings = { key: TOLD.key, url: TOLD.address };
  expect(decodeURIComponent(text("nextchat"))).toBe(
    `https://app.nextchat.dev/#/?settings=${JSON.stringify(settings)}`,
  );
  expect(text("nextchat", { ...TOLD, chatLink: "https://chat.example/" })).toMatch(
    /^https:\/\/chat\.example\/#\//,
  );
  expect(text("opencat")).toBe(
    "opencat://team/join?domain=https%3A%2F%2Fapi.example.com%2Fone&token=sk-0123456789abcdefWXYZ",
  );
  expect(text("ama")).toBe(
    "ama://set-api-key?server=https%3A%2F%2Fapi.example.com%2Fone&key=sk-0123456789abcdefWXYZ",
  );
});

test("Cherry Studio reads the site and the key out of the link", () => {
  const data = new URL(text("cherry")).searchParams.get("data") ?? "";
  const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
  expect(JSON.parse(new TextDecoder().decode(bytes))).toMatchObject({
    id: "api-example-com-one",
    baseUrl: TOLD.address,
    apiKey: TOLD.key,
    name: "我的 API",
  });
});

test("CC Switch gets everything as a query", () => {
  const query = new URL(text("ccswitch-claude")).searchParams;
  expect(Object.fromEntries(query)).toMatchObject({
    app: "claude",
    apiKey: TOLD.key,
    endpoint: TOLD.address,
  });
});

test("only what is served is offered", () => {
  const ids = offered().map((form) => form.id);
  expect(ids).toContain("claude-code");
  expect(ids).not.toContain("codex");
  expect(ids).not.toContain("gemini-cli");
});

test.each(COPY_FORMS.map((form) => [form.id, form] as const))(
  "%s has the key, and shows it nowhere",
  (_, form) => {
    expect(form.text(TOLD).length).toBeGreaterThan(20);
    expect(shown(form, TOLD)).not.toContain("0123456789abcdef");
    expect(shown(form, TOLD)).not.toContain(btoa(TOLD.key).slice(2, 16));
  },
);
