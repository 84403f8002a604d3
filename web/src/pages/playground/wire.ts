export interface Message {
  role: "user" | "assistant";
  content: string;
  thinking?: string;
  facts?: Facts;
  error?: string;
}

/** What is known of an answer. Times in milliseconds. */
export interface Facts {
  model: string;
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
  maxTokens: number | undefined;
}

/** The request as any client sends it to `/v1/chat/completions`. */
export function requestOf(asked: Asked): Record<string, unknown> {
  const said = asked.messages.map(({ role, content }) => ({ role, content }));
  return {
    model: asked.model,
    messages: asked.system.trim() ? [{ role: "system", content: asked.system }, ...said] : said,
    ...(asked.temperature === undefined ? {} : { temperature: asked.temperature }),
    ...(asked.maxTokens === undefined ? {} : { max_tokens: asked.maxTokens }),
    stream: true,
    stream_options: { include_usage: true },
  };
}

interface Chunk {
  choices?: {
    delta?: { content?: string | null; reasoning_content?: string | null; reasoning?: string | null };
  }[];
  usage?: { prompt_tokens?: number; completion_tokens?: number } | null;
  error?: { message?: string };
}

export interface Piece {
  text: string;
  thinking: string;
  usage: Chunk["usage"];
  error: string;
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
          usage: chunk.usage,
          error: chunk.error?.message ?? "",
        });
      } catch {
        // a line that is no JSON says nothing
      }
    }
  }
  return { pieces, rest };
}
