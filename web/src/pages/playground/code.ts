import { type Asked, requestOf } from "./wire";

export const LANGUAGES = ["curl", "Python"] as const;
export type Language = (typeof LANGUAGES)[number];

/** The same request for a shell or a program. It holds the key in full: `shown` is for the eye. */
export function codeOf(language: Language, asked: Asked, address: string): string {
  return language === "curl" ? curlOf(asked, address) : pythonOf(asked, address);
}

/** Without the key's middle, and pictures shortened. */
export function shown(code: string, key: string): string {
  return code
    .replaceAll(key, `${key.slice(0, 3)}…${key.slice(-4)}`)
    .replace(/(data:[\w/+.-]+;base64,[\w+/=]{12})[\w+/=]+/g, "$1…");
}

function curlOf(asked: Asked, address: string): string {
  const body = JSON.stringify(requestOf(asked), null, 2).replaceAll("'", "'\\''");
  return [
    `curl -N ${address}/v1/chat/completions \\`,
    `  -H "Authorization: Bearer ${asked.key}" \\`,
    '  -H "Content-Type: application/json" \\',
    `  -d '${body}'`,
  ].join("\n");
}

/** What OpenAI's client takes by name; the rest goes by `extra_body`. */
const NAMED = new Set([
  ...["model", "messages", "temperature", "top_p", "max_tokens", "tools", "tool_choice", "stream"],
  ...["stream_options", "stop", "seed", "n", "presence_penalty", "frequency_penalty", "response_format"],
  ...["reasoning_effort", "max_completion_tokens", "parallel_tool_calls", "logprobs", "top_logprobs", "user"],
]);

function pythonOf(asked: Asked, address: string): string {
  const request = Object.entries(requestOf(asked));
  const extra = Object.fromEntries(request.filter(([name]) => !NAMED.has(name)));
  const given = [
    ...request.filter(([name]) => NAMED.has(name)),
    ...(Object.keys(extra).length ? [["extra_body", extra] as const] : []),
  ].map(([name, value]) => `    ${name}=${literal(value, "    ")},`);
  return [
    "from openai import OpenAI",
    "",
    `client = OpenAI(base_url=${literal(`${address}/v1`)}, api_key=${literal(asked.key)})`,
    "answer = client.chat.completions.create(",
    ...given,
    ")",
    ...(asked.others.stream === false
      ? ["print(answer.choices[0].message.content)"]
      : [
          "for chunk in answer:",
          "    if chunk.choices:",
          '        print(chunk.choices[0].delta.content or "", end="", flush=True)',
        ]),
  ].join("\n");
}

/** A value of JSON as Python writes it. */
export function literal(value: unknown, indent = ""): string {
  if (value === null || value === undefined) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value !== "object") return JSON.stringify(value);
  const inner = `${indent}    `;
  const parts = Array.isArray(value)
    ? value.map((one) => literal(one, inner))
    : Object.entries(value).map(([name, one]) => `${JSON.stringify(name)}: ${literal(one, inner)}`);
  const [open, close] = Array.isArray(value) ? ["[", "]"] : ["{", "}"];
  const flat = `${open}${parts.join(", ")}${close}`;
  if (flat.length < 80 && !flat.includes("\n")) return flat;
  return `${open}\n${parts.map((part) => `${inner}${part},`).join("\n")}\n${indent}${close}`;
}
