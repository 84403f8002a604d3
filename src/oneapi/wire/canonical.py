"""The canonical form of a chat: OpenAI's chat JSON as plain dicts, and the named extra fields beside it.

Dialects read and write these dicts; unknown fields are kept. What OpenAI's form has no word for rides along in
the fields below, and comes out whole in a dialect that has one. A vendor that speaks OpenAI's dialect never gets
them unless its row says that it understands them (`providers.openai_lowering`).

Requests:
- `anthropic` (document): what of an Anthropic request has no counterpart (`container`, `mcp_servers`, …), verbatim;
  its presence says that the client spoke Anthropic's dialect.
- `thinking`, `output_config` (document): Anthropic's, verbatim; effort and JSON schema are said in OpenAI's words.
- content parts of types that OpenAI does not know (`document`, `search_result`, `container_upload`, …): verbatim.
- `cache_control` on messages, parts, tools and tool calls: verbatim.
- tools with a `type` other than `function` and `custom`: the vendor's own (server) tools, verbatim.
- `turn` (message): `joined` continues the vendor's message that the `tool` message before it began; `apart` begins a
  new one although it could be joined; `in_place` marks a system message that stands amid the conversation.
- `is_error` (tool message): the tool failed.

Assistant messages, in requests and replies (in a stream as deltas whose list entries have an `index`, so that
clients that merge deltas generically get them right):
- `reasoning_content`: what the model thought, as text. `thinking_blocks`: the same with signatures, and what is
  redacted.
- `content_blocks`: the order of the blocks, only when it is not: thinking, then one text, then tool calls. Entries of
  type `thinking`, `redacted_thinking`, `text` and `tool_use` refer to the next thinking block, the next `length`
  characters of `content` and the next tool call; all others are whole blocks.

- `annotations` (replies): web pages that are cited, as OpenAI says them.

Replies: `stop_reason`, `stop_sequence` (choice): only what `finish_reason` does not say; `anthropic` (document): other
fields of the vendor's message; `usage` keeps the vendor's own counts beside OpenAI's.
"""

from collections.abc import Iterator
from itertools import islice
from typing import Any, Literal, TypedDict, cast

from oneapi.wire.shapes import objects, section, text
from oneapi.wire.usage import Usage


class Function(TypedDict, total=False):
    """A call's name and arguments (a JSON text), or, in a tool, its description and schema."""

    name: str
    arguments: str
    description: str
    parameters: dict[str, Any]
    strict: bool


class ToolCall(TypedDict, total=False):
    """One call of a tool; in a stream its fragments share an `index`."""

    index: int
    id: str
    type: str
    function: Function
    cache_control: dict[str, Any]


class ThinkingBlock(TypedDict, total=False):
    """What the model thought, signed by its vendor, or redacted (`data`)."""

    index: int
    type: Literal["thinking", "redacted_thinking"]
    thinking: str
    signature: str
    data: str


class BlockEntry(TypedDict, total=False):
    """One place in the order of an assistant message's blocks."""

    index: int
    type: str
    length: int
    citations: list[dict[str, Any]]
    partial_json: str


class Message(TypedDict, total=False):
    """One message, or a stream's delta of one."""

    role: str
    content: str | list[dict[str, Any]] | None
    name: str
    refusal: str | None
    tool_calls: list[ToolCall]
    tool_call_id: str
    reasoning_content: str
    thinking_blocks: list[ThinkingBlock]
    content_blocks: list[BlockEntry]
    is_error: bool
    turn: Literal["joined", "apart", "in_place"]
    cache_control: dict[str, Any]


class Choice(TypedDict, total=False):
    """One answer, whole (`message`) or in part (`delta`)."""

    index: int
    message: Message
    delta: Message
    finish_reason: str | None
    stop_reason: str | None
    stop_sequence: str | None


class UsageCounts(TypedDict, total=False):
    """OpenAI's usage object; `prompt_tokens` includes what was read from and written to a cache."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    prompt_tokens_details: dict[str, Any]
    completion_tokens_details: dict[str, Any]


class Completion(TypedDict, total=False):
    """A whole answer (`chat.completion`) or a stream's chunk (`chat.completion.chunk`)."""

    id: str
    object: str
    created: int
    model: str
    choices: list[Choice]
    usage: UsageCounts
    anthropic: dict[str, Any]


MODERATION = "moderation"  # of a chunk without choices: what the client asked for, as OpenAI's SDK 3.54 has it
CHAT_COMPLETION = "chat.completion"
CHAT_CHUNK = "chat.completion.chunk"
TEXT_COMPLETION = "text_completion"
EXTRA_MESSAGE_FIELDS = frozenset(
    {"thinking_blocks", "content_blocks", "is_error", "turn", "cache_control"}
)


def delta_texts(chunk: dict[str, Any]) -> Iterator[str]:
    """Yield every text of a chunk that counts as output: content, thinking, refusal, what is spoken, tool arguments."""
    for choice in objects(chunk.get("choices")):
        yield text(choice.get("text"))  # of a completion
        delta = section(choice.get("delta"))
        for name in ("content", "reasoning_content", "refusal"):
            yield text(delta.get(name))
        if "audio" in delta:
            yield text(section(delta["audio"]).get("transcript"))
        for call in objects(delta.get("tool_calls")):
            function = section(call.get("function"))
            yield text(function.get("name"))
            yield text(function.get("arguments"))
        for entry in objects(delta.get("content_blocks")):
            yield text(entry.get("partial_json"))


def has_media(delta: dict[str, Any]) -> bool:
    """Say whether a message or delta has sound or pictures; others write an empty object."""
    return bool(delta.get("images")) or any(section(delta.get("audio")).values())


def text_of(document: dict[str, Any]) -> str:
    """Return everything in a whole reply that counts as output."""
    choices = objects(document.get("choices"))
    deltas = [{"delta": choice.get("message"), "text": choice.get("text")} for choice in choices]
    return "".join(delta_texts({"choices": deltas}))


def as_chunks(document: dict[str, Any], usage: Usage | None = None) -> list[dict[str, Any]]:
    """Return a whole reply as the chunks of a stream, for clients that asked for one.

    `usage` is said at the end when the document says none itself.
    """
    outside = {k: v for k, v in document.items() if k not in {"choices", "usage", "anthropic"}}
    if outside.get("object") != TEXT_COMPLETION:
        outside["object"] = CHAT_CHUNK
    details = {"anthropic": document["anthropic"]} if document.get("anthropic") else {}
    counts = document.get("usage") or (usage_object(usage) if usage is not None else None)
    chunks: list[dict[str, Any]] = []
    for choice in objects(document.get("choices")):
        if "message" not in choice and "text" in choice:
            chunks.append({**outside, "choices": [choice]})
            continue
        rest = {k: v for k, v in choice.items() if k != "message"}
        begun = {**rest, "finish_reason": None}
        deltas = _deltas(section(choice.get("message")))
        chunks += [{**outside, "choices": [{**begun, "delta": delta}]} for delta in deltas]
        chunks.append({**outside, **details, "choices": [{**rest, "delta": {}}]})
    if counts:
        chunks.append({**outside, "choices": [], "usage": counts})
    return chunks


def _deltas(message: dict[str, Any]) -> list[dict[str, Any]]:
    delta = {name: _indexed(value) for name, value in message.items()}
    order = objects(delta.pop("content_blocks", None))
    if not order:
        return [delta]
    thinking = iter(objects(delta.pop("thinking_blocks", None)))
    calls = iter(objects(delta.pop("tool_calls", None)))
    content = text(delta.pop("content", None))
    delta.pop("reasoning_content", None)
    deltas = [delta]
    start = 0
    for entry in order:
        match entry.get("type"):
            case "thinking" | "redacted_thinking":
                blocks = list(islice(thinking, 1))
                thought = "".join(text(block.get("thinking")) for block in blocks)
                deltas.append({"thinking_blocks": blocks, "reasoning_content": thought})
            case "tool_use":
                deltas.append({"tool_calls": list(islice(calls, 1))})
            case "text":
                end = start + entry.get("length", len(content))
                after = {k: v for k, v in entry.items() if k != "type"}
                deltas.append({"content_blocks": [_opening(entry)]})
                deltas.append({"content": content[start:end]})
                deltas.append({"content_blocks": [after]})
                start = end
            case _:
                deltas.append({"content_blocks": [entry]})
    return deltas


def _opening(entry: dict[str, Any]) -> dict[str, Any]:
    opening = {k: v for k, v in entry.items() if k != "length"}
    if opening.get("citations"):
        opening["citations"] = []
    return opening


def _indexed(value: Any) -> Any:
    """Number the entries of a list of objects, as deltas have them."""
    if not isinstance(value, list):
        return value
    entries = cast("list[Any]", value)
    if not all(isinstance(entry, dict) for entry in entries):
        return entries
    return [{"index": i, **entry} for i, entry in enumerate(entries)]


def usage_object(usage: Usage) -> dict[str, Any]:
    """Return OpenAI's usage object; details only where there are any."""
    counts: dict[str, Any] = {
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.input_tokens + usage.output_tokens,
    }
    prompt = {
        "cached_tokens": usage.cached_tokens,
        "cache_write_tokens": usage.cache_write_tokens + usage.cache_write_1h_tokens,
        "audio_tokens": usage.audio_input_tokens,
    }
    completion = {
        "reasoning_tokens": usage.reasoning_tokens,
        "audio_tokens": usage.audio_output_tokens,
    }
    for name, details in (
        ("prompt_tokens_details", prompt),
        ("completion_tokens_details", completion),
    ):
        said = {key: value for key, value in details.items() if value}
        if said:
            counts[name] = said
    return counts
