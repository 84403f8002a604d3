"""OpenAI's chat answers in canonical form: whole, and chunk by chunk.

Canonical is OpenAI's form, so this only evens out what vendors of the dialect do differently: `reasoning` for
`reasoning_content`, content in parts, tool calls without an index, usage inside a choice.
Sources: https://platform.openai.com/docs/api-reference/chat/streaming,
https://docs.mistral.ai/capabilities/reasoning (thinking parts), https://openrouter.ai/docs/use-cases/reasoning-tokens
(`reasoning`, `reasoning_details`) (read 2026-11-21).
"""

from typing import Any, cast

import msgspec

from oneapi.errors import Truncated, UpstreamError
from oneapi.providers.base import Call, Document, Reply
from oneapi.providers.openai_usage import canonical_counts, usage_of
from oneapi.providers.refusals import error_inside
from oneapi.wire.canonical import CHAT_CHUNK, CHAT_COMPLETION
from oneapi.wire.decoding import UNDECODABLE, json_value
from oneapi.wire.shapes import objects, section, text
from oneapi.wire.sse import Event
from oneapi.wire.usage import Usage, merge_counts

DONE = b"[DONE]"


def decoded_answer(body: bytes) -> Document:
    """Return a vendor's body as an object; raise `UpstreamError` if it is none, or an error in disguise."""
    try:
        decoded: Any = json_value(body)
    except UNDECODABLE as error:
        raise UpstreamError(
            "the provider's answer is not JSON" if body else "the provider's answer is empty",
            code="bad_response_body",
        ) from error
    if not isinstance(decoded, dict):
        raise UpstreamError("the provider's answer is not a JSON object", code="bad_response_body")
    document = cast("Document", decoded)
    hidden = error_inside(document)
    if hidden is not None and not document.get("choices"):
        raise hidden
    return document


def reply_of(call: Call, body: bytes) -> Reply:
    """Return the canonical reply of a whole chat answer."""
    document = decoded_answer(body)
    choices = document.get("choices")
    if not isinstance(choices, list) or not choices:
        raise UpstreamError("the provider's answer has no choices", code="bad_response_body")
    found = [_choice(choice, "message") for choice in objects(cast("object", choices))]
    counts = section(document.get("usage") or section(document.get("x_groq")).get("usage"))
    reply = {"object": CHAT_COMPLETION, "created": call.created, **document, "choices": found}
    if not counts:
        return Reply(reply, None)
    usage = usage_of(counts)
    return Reply({**reply, "usage": canonical_counts(counts, usage)}, usage)


def _choice(choice: Document, field: str) -> Document:
    finish = text(choice.get("finish_reason")) or None
    return {**choice, field: evened(section(choice.get(field))), "finish_reason": finish}


def evened(message: Document) -> Document:
    """Return a message or delta in the canonical spelling."""
    message = dict(message)
    thought = message.get("reasoning_content") or message.pop("reasoning", None)
    blocks = _thinking_blocks(objects(message.get("reasoning_details")))
    if blocks:
        message["thinking_blocks"] = blocks
    content = message.get("content")
    if isinstance(content, list):
        message["content"], more = _texts(objects(cast("object", content)))
        thought = more or thought
    elif content is not None and not isinstance(content, str):
        message["content"] = None
    if isinstance(thought, str) and thought:
        message["reasoning_content"] = thought
    else:
        message.pop("reasoning_content", None)
    calls = [_tool_call(call) for call in objects(message.pop("tool_calls", None))]
    legacy = section(message.pop("function_call", None))
    if legacy and not calls:
        calls = [_tool_call({"index": 0, "id": "call_0", "type": "function", "function": legacy})]
    if calls:
        message["tool_calls"] = calls
    return message


def _tool_call(call: Document) -> Document:
    """Return a call whose arguments are a text, as they should be."""
    function = section(call.get("function"))
    arguments = function.get("arguments")
    if isinstance(arguments, str) and isinstance(function.get("name", ""), str):
        return call
    if arguments is None or isinstance(arguments, str):
        arguments = arguments or ""
    else:
        arguments = msgspec.json.encode(arguments).decode()
    return {**call, "function": {"name": text(function.get("name")), "arguments": arguments}}


def _thinking_blocks(details: list[Document]) -> list[Document]:
    """Return OpenRouter's `reasoning_details` of Claude as the thinking blocks they are, signatures included."""
    blocks: list[Document] = []
    for detail in details:
        if not text(detail.get("format")).startswith("anthropic"):
            continue
        place = {"index": detail["index"]} if isinstance(detail.get("index"), int) else {}
        if detail.get("type") == "reasoning.encrypted":
            blocks.append({**place, "type": "redacted_thinking", "data": text(detail.get("data"))})
        elif detail.get("type") == "reasoning.text":
            said = {"thinking": text(detail.get("text"))}
            if detail.get("signature"):
                said["signature"] = text(detail["signature"])
            blocks.append({**place, "type": "thinking", **said})
    return blocks


def _texts(parts: list[Document]) -> tuple[str, str]:
    """Return what a content in parts says, and what it thinks."""
    said: list[str] = []
    thought: list[str] = []
    for part in parts:
        if part.get("type") == "text":
            said.append(text(part.get("text")))
        elif part.get("type") == "thinking":
            inner = part.get("thinking")
            pieces = (
                objects(cast("object", inner)) if isinstance(inner, list) else [{"text": inner}]
            )
            thought += [text(piece.get("text")) for piece in pieces]
    return "".join(said), "".join(thought)


class OpenAIDecoder:
    """Vendor events in, canonical chunks out."""

    def __init__(self, call: Call) -> None:
        self.usage: Usage | None = None
        self.ended = False
        self._counts: Document = {}
        self._outside = {"object": CHAT_CHUNK, "created": call.created}
        self._finished = False

    def feed(self, event: Event) -> list[Document]:
        """Return the canonical chunk of one event; raise `UpstreamError` for an error event."""
        if event.data == DONE:
            self.ended = self._finished = True
            return []
        try:
            decoded: Any = json_value(event.data)
        except UNDECODABLE as error:
            raise UpstreamError(
                "the provider's stream holds something that is not JSON", code="bad_response_body"
            ) from error
        chunk = cast("Document", decoded) if isinstance(decoded, dict) else {}
        hidden = error_inside(chunk)
        if hidden is not None:
            raise hidden
        choices = objects(chunk.get("choices"))
        counts = section(chunk.get("usage"))
        for choice in choices:
            counts = counts or section(choice.pop("usage", None))
            self._finished = self._finished or bool(choice.get("finish_reason"))
        counts = counts or section(section(chunk.get("x_groq")).get("usage"))
        if counts:
            merge_counts(self._counts, counts)
            self.usage = usage_of(self._counts)
            counts = canonical_counts(self._counts, self.usage)
        if not choices and not counts:
            return []  # Azure's preamble of filter results
        evened_choices = [_choice(choice, "delta") for choice in choices]
        return [{**self._outside, **chunk, "choices": evened_choices, "usage": counts or None}]

    def finish(self) -> list[Document]:
        """The vendor closed the stream; raise `Truncated` if the answer was not complete."""
        if not self._finished:
            raise Truncated("the provider closed the stream before the answer was complete")
        return []
