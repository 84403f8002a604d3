import { expect, test } from "vitest";
import { agentName } from "./agent";

const like = (rest: string) => `Mozilla/5.0 ${rest}`;

test("browsers are named as people know them", () => {
  const webkit = "AppleWebKit/537.36 (KHTML, like Gecko)";
  expect(agentName(like(`(X11; Linux x86_64) ${webkit} Chrome/140.0.0.0 Safari/537.36`))).toBe(
    "Chrome · Linux",
  );
  expect(agentName(like(`(Windows NT 10.0) ${webkit} Chrome/140.0 Safari/537.36 Edg/140.0`))).toBe(
    "Edge · Windows",
  );
  expect(agentName(like("(iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Mobile Safari/604.1"))).toBe(
    "Safari · iOS",
  );
  expect(agentName(like("(Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0"))).toBe(
    "Firefox · Android",
  );
});

test("a program keeps its own name", () => {
  expect(agentName("curl/8.9.1")).toBe("curl/8.9.1");
});
