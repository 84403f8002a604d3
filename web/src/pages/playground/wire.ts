/** A function that a model wants to be called; `arguments` is JSON as the model wrote it, good or not. */
export interface Call {
  id: string;
  name: string;
  arguments: string;
}

export interface Message {
  role: "user" | "assistant" | "tool";
  content: string;
  /** Pictures as `data:` addresses. */
  images?: string[];
  thinking?: string;
  calls?: Call[];
  /** Of a tool's answer: the call that it answers. */
  callId?: string;
  facts?: Facts;
  error?: string;
  /** What the reader may do about it. */
  advice?: string;
}

/** What is known of an answer. Times in milliseconds. */
export interface Facts {
  model: string;
  requestId?: string;
  firstMs?: number;
  totalMs?: number;
  inputTokens?: number;
  outputTokens?: number;
}

export interface Asked {
  key: string;
  model: string;
  system: string;
  messages: Message[];
  temperature: number | undefined;
  topP: number | undefined;
  maxTokens: number | undefined;
  /** In OpenAI's form. */
  tools: unknown[];
  /** Fields that go into the request as they are, and win. */
  others: Record<string, unknown>;
}

/** The request as any client sends it to `/v1/chat/completions`. */
export function requestOf(asked: Asked): Record<string, unknown> {
  const said = asked.messages.filter((message) => !isEmpty(message)).map(sent);
  return {
    model: asked.model,
    messages: asked.system.trim() ? [{ role: "system", content: asked.system }, ...said] : said,
    ...(asked.temperature === undefined ? {} : { temperature: asked.temperature }),
    ...(asked.topP === undefined ? {} : { top_p: asked.topP }),
    ...(asked.maxTokens === undefined ? {} : { max_tokens: asked.maxTokens }),
    ...(asked.tools.length === 0 ? {} : { tools: asked.tools }),
    stream: true,
    stream_options: { include_usage: true },
    ...asked.others,
  };
}

/** An answer that failed before its first word is no part of the conversation. */
function isEmpty(message: Message): boolean {
  return message.role === "assistant" && !message.content && !message.calls?.length;
}

function sent(message: Message): Record<string, unknown> {
  const { role, content } = message;
  if (role === "tool") return { role, tool_call_id: message.callId, content };
  if (message.images?.length) {
    const pictures = message.images.map((url) => ({ type: "image_url", image_url: { url } }));
    return { role, content: [...(content ? [{ type: "text", text: content }] : []), ...pictures] };
  }
  if (message.calls?.length) {
    const calls = message.calls.map(({ id, name, arguments: given }) => ({
      id,
      type: "function",
      function: { name, arguments: given },
    }));
    return { role, content: content || null, tool_calls: calls };
  }
  return { role, content };
}

/** The calls of the last answer that nobody has answered yet. */
export function openCalls(messages: Message[]): Call[] {
  const last = messages.at(-1);
  return last?.role === "assistant" && !last.error ? (last.calls ?? []) : [];
}

interface CallPart {
  index?: number;
  id?: string;
  function?: { name?: string; arguments?: string };
}

interface Chunk {
  choices?: {
    delta?: {
      content?: string | null;
      reasoning_content?: string | null;
      reasoning?: string | null;
      tool_calls?: CallPart[] | null;
    };
  }[];
  usage?: { prompt_tokens?: number; completion_tokens?: number } | null;
  error?: Told;
}

/** An error as the gateway tells it. */
export interface Told {
  message?: string;
  code?: string | null;
}

export interface Piece {
  text: string;
  thinking: string;
  calls: CallPart[];
  usage: Chunk["usage"];
  error: Told | undefined;
}

/** The pieces in the events of a stream; what is left of an unfinished one comes back with the next text. */
export function piecesOf(text: string): { pieces: Piece[]; rest: string } {
  const events = text.replaceAll("\r\n", "\n").split("\n\n");
  const rest = events.pop() ?? "";
  const pieces: Piece[] = [];
  for (const event of events) {
    for (const line of event.split("\n")) {
      if (!line.startsWith("data:")) continue;
      const data = line.slice(5).trim();
      if (data === "[DONE]") continue;
      try {
        const chunk = JSON.parse(data) as Chunk;
        const delta = chunk.choices?.[0]?.delta;
        pieces.push({
          text: delta?.content ?? "",
          thinking: delta?.reasoning_content ?? delta?.reasoning ?? "",
          calls: delta?.tool_calls ?? [],
          usage: chunk.usage,
          error: chunk.error,
        });
      } catch {
        // a line that is no JSON says nothing
      }
    }
  }
  return { pieces, rest };
}

/** The calls with a further part of one of them: it belongs to the call at its index, or begins a new one. */
export function withPart(calls: Call[], part: CallPart): Call[] {
  const place = part.index ?? (part.id ? calls.length : calls.length - 1);
  const before = calls[place] ?? { id: "", name: "", arguments: "" };
  const after = {
    id: part.id || before.id || `call_${place}`,
    name: before.name + (part.function?.name ?? ""),
    arguments: before.arguments + (part.function?.arguments ?? ""),
  };
  const all = [...calls];
  all[Math.min(Math.max(place, 0), calls.length)] = after;
  return all;
}
