import { expect, test } from "vitest";
import { named } from "./named";

const settings = [
  { key: "GitHubClientId", label: "GitHub client id", value: "" },
  { key: "ServerAddress", label: "Address of the site", value: "https://ai.example.com" },
];

test("settings are called as the form calls them", () => {
  expect(named("Needs `GitHubClientId`.", settings)).toBe("Needs “GitHub client id”.");
});

test("an address to be copied is the site's own", () => {
  expect(named("Callback: `<ServerAddress>/oauth/github`.", settings)).toBe(
    "Callback: `https://ai.example.com/oauth/github`.",
  );
});

test("what is no setting stays", () => {
  expect(named("`one-api prices` for <x> and `CHANNEL_TEST_FREQUENCY`", settings)).toBe(
    "`one-api prices` for <x> and `CHANNEL_TEST_FREQUENCY`",
  );
});
