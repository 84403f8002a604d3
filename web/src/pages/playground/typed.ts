/** Read what a person typed as the tools of a request; `undefined` when it is no list of tools. */
export function toolsOf(text: string): unknown[] | undefined {
  if (!text.trim()) return [];
  const given = parsed(text);
  const list = Array.isArray(given) ? given : given === undefined ? undefined : [given];
  if (!list?.every(isObject)) return undefined;
  // Anthropic's guides and many others name a function without OpenAI's wrapping.
  const tools = list.map((one) => ("type" in one ? one : { type: "function", function: one }));
  return tools.every((one) => one.type !== "function" || isFunction(one.function)) ? tools : undefined;
}

/** Read what a person typed as further fields of a request; `undefined` when it is no JSON object. */
export function fieldsOf(text: string): Record<string, unknown> | undefined {
  if (!text.trim()) return {};
  const given = parsed(text);
  return isObject(given) ? given : undefined;
}

/** JSON as it is read best; what is no JSON stays as it is. */
export function pretty(text: string): string {
  const given = parsed(text);
  return given === undefined ? text : JSON.stringify(given, null, 2);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isObject(given: unknown): given is Record<string, unknown> {
  return typeof given === "object" && given !== null && !Array.isArray(given);
}

function isFunction(given: unknown): boolean {
  return isObject(given) && typeof given.name === "string" && given.name !== "";
}

/** A tool to begin with. */
export const EXAMPLE_TOOLS = JSON.stringify(
  [
    {
      type: "function",
      function: {
        name: "get_weather",
        description: "The weather of a city today",
        parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
      },
    },
  ],
  null,
  2,
);
