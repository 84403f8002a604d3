import { under } from "@/base";
import { type Asked, type Facts, type Message, piecesOf, requestOf, type Told, withPart } from "./wire";

/** Send a chat, and tell of every piece as it comes; the answer's facts at its end. */
export async function chat(
  asked: Asked,
  tell: (message: Message) => void,
  signal: AbortSignal,
): Promise<void> {
  const began = performance.now();
  const facts: Facts = { model: asked.model };
  const message: Message = { role: "assistant", content: "", thinking: "", facts };
  const response = await fetch(under("/v1/chat/completions"), {
    method: "POST",
    headers: { Authorization: `Bearer ${asked.key}`, "Content-Type": "application/json" },
    body: JSON.stringify(requestOf(asked)),
    signal,
    credentials: "omit",
  });
  const requestId = response.headers.get("x-oneapi-request-id");
  if (requestId) facts.requestId = requestId;
  tell({ ...message, facts: { ...facts } });
  if (!response.ok || !response.body) throw new ToldError(await refusalOf(response));
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let left = "";
  for (;;) {
    const { done, value } = await reader.read();
    const { pieces, rest } = piecesOf(done ? `${left}\n\n` : left + value);
    left = rest;
    for (const piece of pieces) {
      if (piece.error) throw new ToldError(piece.error);
      if ((piece.text || piece.thinking || piece.calls.length) && facts.firstMs === undefined)
        facts.firstMs = performance.now() - began;
      message.content += piece.text;
      message.thinking += piece.thinking;
      for (const part of piece.calls) message.calls = withPart(message.calls ?? [], part);
      if (piece.usage) {
        facts.inputTokens = piece.usage.prompt_tokens;
        facts.outputTokens = piece.usage.completion_tokens;
      }
    }
    if (done) break;
    tell({ ...message, facts: { ...facts } });
  }
  facts.totalMs = performance.now() - began;
  tell({ ...message, facts: { ...facts } });
}

/** An answer that is an error. */
export class ToldError extends Error {
  readonly code: string | undefined;

  constructor({ message, code }: Told) {
    super(message);
    this.code = code ?? undefined;
  }
}

async function refusalOf(response: Response): Promise<Told> {
  const text = await response.text();
  try {
    return (JSON.parse(text) as { error?: Told }).error ?? { message: text };
  } catch {
    return { message: text || `HTTP ${response.status}` };
  }
}
