import { expect, test } from "vitest";
import type { Channel } from "@/api/types";
import { calledUrl, channelDocument, formValues } from "./document";

const ROW = {
  id: 7,
  type: 14,
  name: "main",
  base_url: "",
  models: "a,b",
  group: "default",
  config: '{"region":"us","user_id":3}',
  priority: 5,
  weight: 1,
} as Channel;

test("a vendor's own fields come out of the config, and go back into it", () => {
  const values = formValues(ROW);
  expect(values["config:region"]).toBe("us");
  const document = channelDocument({ ...values, "config:region": "eu", "config:proxy": "socks5://x" }, ROW);
  expect(document).toMatchObject({ id: 7, type: 14 });
  expect(JSON.parse(document.config as string)).toEqual({ region: "eu", user_id: 3, proxy: "socks5://x" });
});

test("a field that was emptied leaves the config; no config at all is blank", () => {
  const row = { ...ROW, config: '{"region":"us"}' };
  const values = { ...formValues(row), "config:region": "" };
  expect(channelDocument(values, row).config).toBe("");
});

test("a key that was not typed is not sent, so that the saved one stays", () => {
  expect(channelDocument(formValues(ROW), ROW)).not.toHaveProperty("key");
  expect(channelDocument({ ...formValues(undefined), key: "sk-1" }, undefined).key).toBe("sk-1");
});

test("of what was not changed nothing is said", () => {
  expect(channelDocument({ name: "new" }, ROW)).toEqual({ id: 7, name: "new" });
  expect(channelDocument({ "config:region": "eu" }, ROW)).toEqual({
    id: 7,
    config: '{"region":"eu","user_id":3}',
  });
});

test("a config that is no JSON breaks nothing", () => {
  expect(formValues({ ...ROW, config: "oops" }).type).toBe("14");
});

test("what is called is the vendor's pattern on the address", () => {
  const provider = { base_url: "https://v.example", endpoint_preview: "{base_url}/v1/chat/completions" };
  const called = (url: string) => calledUrl(provider as never, url);
  expect(called("")).toBe("https://v.example/v1/chat/completions");
  expect(called(" https://own.example/ ")).toBe("https://own.example/v1/chat/completions");
  expect(called("https://own.example/v1/")).toBe("https://own.example/v1/chat/completions");
  expect(called("https://own.example/api/v1/chat/completions")).toBe(
    "https://own.example/api/v1/chat/completions",
  );
  expect(called("https://own.example/v3")).toBe("https://own.example/v3/v1/chat/completions");
});
