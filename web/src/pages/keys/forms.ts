/** A key in the forms that programs take. `address` is the site's, without a slash at its end; `key` begins with sk-. */

export interface Told {
  address: string;
  key: string;
  model: string;
  site: string;
  chatLink: string;
}

/** What a form needs to be served; those that are not, are not offered. */
type Endpoint = "chat" | "messages" | "responses" | "gemini";
export const SERVED: ReadonlySet<Endpoint> = new Set<Endpoint>(["chat", "messages"]);

export interface CopyForm {
  id: string;
  /** A program's own name: the same in every language. */
  name: string;
  group: "programs" | "code";
  needs: Endpoint;
  text: (told: Told) => string;
  /** The text is an address that opens the program. */
  isLink?: boolean;
}

const encode = encodeURIComponent;

function base64(text: string): string {
  return btoa(Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join(""));
}

function chatPage(told: Told, otherwise: string): string {
  return (told.chatLink || otherwise).replace(/\/+$/, "");
}

// Source: https://github.com/farion1231/cc-switch (deep links of v3; read 2026-11-26).
function ccSwitch(told: Told, app: string, endpoint: string): string {
  const query = new URLSearchParams({
    resource: "provider",
    app,
    name: told.site,
    homepage: told.address,
    endpoint,
    apiKey: told.key,
    model: told.model,
  });
  return `ccswitch://v1/import?${query}`;
}

export const COPY_FORMS: CopyForm[] = [
  {
    id: "nextchat",
    name: "NextChat",
    group: "programs",
    needs: "chat",
    isLink: true,
    text: (told) =>
      `${chatPage(told, "https://app.nextchat.dev")}/#/?settings=${encode(JSON.stringify({ key: told.key, url: told.address }))}`,
  },
  {
    id: "lobechat",
    name: "LobeChat",
    group: "programs",
    needs: "chat",
    isLink: true,
    text: (told) => {
      const openai = { apiKey: told.key, baseURL: `${told.address}/v1` };
      const settings = JSON.stringify({ keyVaults: { openai } });
      return `${chatPage(told, "https://lobehub.com")}/?settings=${encode(settings)}`;
    },
  },
  {
    id: "opencat",
    name: "OpenCat",
    group: "programs",
    needs: "chat",
    isLink: true,
    text: (told) => `opencat://team/join?domain=${encode(told.address)}&token=${told.key}`,
  },
  {
    id: "ama",
    name: "AMA",
    group: "programs",
    needs: "chat",
    isLink: true,
    text: (told) => `ama://set-api-key?server=${encode(told.address)}&key=${told.key}`,
  },
  {
    // Source: https://github.com/CherryHQ/cherry-studio, its handler of provider addresses (read 2026-11-26).
    id: "cherry",
    name: "Cherry Studio",
    group: "programs",
    needs: "chat",
    isLink: true,
    text: (told) => {
      // By its address: a name in Chinese has no letters that an id may have, and two sites may have one name.
      const id = told.address
        .replace(/^https?:\/\//, "")
        .replace(/[^a-z0-9]+/gi, "-")
        .toLowerCase();
      const data = JSON.stringify({ id, baseUrl: told.address, apiKey: told.key, name: told.site });
      return `cherrystudio://providers/api-keys?v=1&data=${encode(base64(data))}`;
    },
  },
  {
    id: "ccswitch-claude",
    name: "CC Switch (Claude Code)",
    group: "programs",
    needs: "messages",
    isLink: true,
    text: (told) => ccSwitch(told, "claude", told.address),
  },
  {
    id: "ccswitch-codex",
    name: "CC Switch (Codex)",
    group: "programs",
    needs: "responses",
    isLink: true,
    text: (told) => ccSwitch(told, "codex", `${told.address}/v1`),
  },
  {
    // Source: https://code.claude.com/docs/en/llm-gateway (read 2026-11-26).
    id: "claude-code",
    name: "Claude Code",
    group: "programs",
    needs: "messages",
    text: (told) =>
      [
        `export ANTHROPIC_BASE_URL="${told.address}"`,
        `export ANTHROPIC_AUTH_TOKEN="${told.key}"`,
        `export ANTHROPIC_MODEL="${told.model}"`,
        "claude",
      ].join("\n"),
  },
  {
    id: "codex",
    name: "Codex",
    group: "programs",
    needs: "responses",
    text: (told) =>
      [
        "# ~/.codex/config.toml",
        `model = "${told.model}"`,
        'model_provider = "one-api"',
        "",
        "[model_providers.one-api]",
        `name = "${told.site}"`,
        `base_url = "${told.address}/v1"`,
        'env_key = "ONE_API_KEY"',
        'wire_api = "responses"',
        "",
        `# export ONE_API_KEY="${told.key}"`,
      ].join("\n"),
  },
  {
    id: "gemini-cli",
    name: "Gemini CLI",
    group: "programs",
    needs: "gemini",
    text: (told) =>
      `export GOOGLE_GEMINI_BASE_URL="${told.address}"\nexport GEMINI_API_KEY="${told.key}"\ngemini --model ${told.model}`,
  },
  {
    id: "curl",
    name: "curl",
    group: "code",
    needs: "chat",
    text: (told) =>
      [
        `curl ${told.address}/v1/chat/completions \\`,
        `  -H "Authorization: Bearer ${told.key}" \\`,
        '  -H "Content-Type: application/json" \\',
        `  -d '{"model": "${told.model}", "messages": [{"role": "user", "content": "Hello"}]}'`,
      ].join("\n"),
  },
  {
    id: "python",
    name: "Python",
    group: "code",
    needs: "chat",
    text: (told) =>
      [
        "from openai import OpenAI",
        "",
        `client = OpenAI(base_url="${told.address}/v1", api_key="${told.key}")`,
        "answer = client.chat.completions.create(",
        `    model="${told.model}",`,
        '    messages=[{"role": "user", "content": "Hello"}],',
        ")",
        "print(answer.choices[0].message.content)",
      ].join("\n"),
  },
  {
    id: "javascript",
    name: "JavaScript",
    group: "code",
    needs: "chat",
    text: (told) =>
      [
        'import OpenAI from "openai";',
        "",
        `const client = new OpenAI({ baseURL: "${told.address}/v1", apiKey: "${told.key}" });`,
        "const answer = await client.chat.completions.create({",
        `  model: "${told.model}",`,
        '  messages: [{ role: "user", content: "Hello" }],',
        "});",
        "console.log(answer.choices[0].message.content);",
      ].join("\n"),
  },
  {
    id: "csharp",
    name: "C#",
    group: "code",
    needs: "chat",
    text: (told) =>
      [
        "using OpenAI;",
        "using OpenAI.Chat;",
        "using System.ClientModel;",
        "",
        `var options = new OpenAIClientOptions { Endpoint = new Uri("${told.address}/v1") };`,
        `var client = new ChatClient("${told.model}", new ApiKeyCredential("${told.key}"), options);`,
        'ChatCompletion answer = await client.CompleteChatAsync("Hello");',
        "Console.WriteLine(answer.Content[0].Text);",
      ].join("\n"),
  },
];

export function offered(): CopyForm[] {
  return COPY_FORMS.filter((form) => SERVED.has(form.needs));
}

/** The last four characters, as a key is shown. */
export function tail(key: string): string {
  return `sk-…${key.slice(-4)}`;
}

/** A form to look at: the key hidden wherever it stands, the readable side of an encoded one, too. */
export function shown(form: CopyForm, told: Told): string {
  return form.text({ ...told, key: tail(told.key) });
}
