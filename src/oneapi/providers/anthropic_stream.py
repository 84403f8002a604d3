"""Anthropic's answers in canonical form: whole, and event by event.

Servers of others mix the events of blocks, leave out ids, beginnings and ends, or send arguments whole.
Sources: https://platform.claude.com/docs/en/api/messages, …/build-with-claude/streaming (read 2026-11-21).
"""

from typing import Any, Final, cast

import msgspec

from oneapi.providers.answers import answer_in, document_in, event_error
from oneapi.providers.anthropic_order import Order, entries_of
from oneapi.providers.anthropic_request import answers_by_tool
from oneapi.providers.anthropic_tools import JSON_TOOL
from oneapi.providers.base import Call, Document, Reply
from oneapi.providers.refusals import error_inside
from oneapi.wire.anthropic_blocks import (
    THINKING,
    Block,
    arguments_in,
    message_of,
    without,
)
from oneapi.wire.anthropic_citations import annotations
from oneapi.wire.anthropic_usage import canonical_counts, usage_of
from oneapi.wire.canonical import CHAT_CHUNK, CHAT_COMPLETION
from oneapi.wire.finish import STOP, finish_of
from oneapi.wire.served_tiers import words_of
from oneapi.wire.shapes import objects, section, text
from oneapi.wire.sse import Event, is_done
from oneapi.wire.tool_ids import CallIds
from oneapi.wire.usage import Usage, merge_counts

EMPTY_AT_FIRST: Final = frozenset({"text", "thinking"})  # blocks whose beginning says nothing yet
_PIECES: Final = ("text", "thinking", "partial_json", "citation")
_KINDS: Final = {
    "text_delta": "text",
    "thinking_delta": "thinking",
    "signature_delta": "thinking",
    "input_json_delta": "tool_use",
}
_PLAIN: Final = frozenset({"text", "thinking"})  # blocks that a delta of another kind ends
_EMPTY: Final[dict[str, Block]] = {
    "text": {"type": "text", "text": ""},
    "thinking": {"type": "thinking", "thinking": "", "signature": ""},
}
_OTHER_ENDS: Final = frozenset({"pause_turn", "stop_sequence"})  # behind a call, too
_READ = ("id", "type", "role", "model", "content", "stop_reason", "stop_sequence", "usage")


def reply_of(call: Call, body: bytes) -> Reply:
    """Return the canonical reply of a whole message."""
    message = answer_in(body, "content")
    blocks = [section(block) for block in cast("list[object]", message["content"])]
    reason = message.get("stop_reason")
    if answers_by_tool(call):
        blocks, reason = _untooled(blocks, reason)
    choice: Block = {"index": 0, "message": message_of(blocks, is_reply=True)}
    ids = CallIds(call.request_id)
    for found in objects(choice["message"].get("tool_calls")):
        found["id"] = ids.next(text(found["id"]))
    has_calls = bool(choice["message"].get("tool_calls"))
    choice |= ending(reason, message.get("stop_sequence"), calls_tools=has_calls)
    refusal = section(message.get("stop_details")).get("explanation")
    if reason == "refusal" and refusal:
        _refuse(choice["message"], refusal)
    counts = section(message.get("usage"))
    usage = usage_of(counts)
    document: Document = {
        "id": f"chatcmpl-{message.get('id') or call.request_id}",
        "object": CHAT_COMPLETION,
        "created": call.created,
        "model": message.get("model") or call.model,
        "choices": [choice],
        "usage": canonical_counts(counts, usage),
    }
    rest = without(message, *_READ)
    if rest:
        document["anthropic"] = rest
    return Reply(document, usage if counts else None)


def _refuse(message: Block, explanation: str) -> None:
    message["refusal"] = explanation
    if message["content"] == explanation:
        message["content"] = None


def _untooled(blocks: list[Block], reason: Any) -> tuple[list[Block], Any]:
    """Turn the call of `JSON_TOOL` back into the text it stands for."""
    texts = [
        {"type": "text", "text": msgspec.json.encode(block.get("input")).decode()}
        for block in blocks
        if block.get("name") == JSON_TOOL
    ]
    if not texts:
        return blocks, reason
    thinking = [block for block in blocks if text(block.get("type")) in THINKING]
    return [*thinking, texts[0]], "end_turn"


def ending(reason: Any, sequence: Any, *, calls_tools: bool) -> Block:
    """Return `finish_reason`, which follows what was said as it does in the other direction, and what it does not say."""
    finish = finish_of(reason)
    if finish == "tool_calls" and not calls_tools:
        finish = "stop"
    elif finish == "stop" and calls_tools and text(reason) not in _OTHER_ENDS:
        finish = "tool_calls"
    said: Block = {"finish_reason": finish}
    if STOP[finish] != reason:
        said["stop_reason"] = reason
    if sequence is not None:
        said["stop_sequence"] = sequence
    return said


class AnthropicDecoder:
    """Vendor events in, canonical chunks out."""

    def __init__(self, call: Call) -> None:
        self.usage: Usage | None = None
        self.ended = False
        self._call = call
        self._by_tool = answers_by_tool(call)
        self._outside: Document = {
            "id": f"chatcmpl-{call.request_id}",
            "object": CHAT_CHUNK,
            "created": call.created,
            "model": call.model,
        }
        self._counts: Block = {}
        self.said = False
        self.finished = False
        self._blocks: list[_Begun] = []
        self._by_index: dict[int, _Begun] = {}
        self._ids = CallIds(call.request_id)
        self._order = Order()
        self._thoughts = 0
        self._calls = 0
        self._cited = _Cited()

    def feed(self, event: Event) -> list[Document]:
        """Return the canonical chunks of one event; raise `UpstreamError` for an error event."""
        if is_done(event.data):
            self.ended = True
            return []
        found = document_in(event)
        if found is None:
            return []
        match found.get("type"):
            case "message_start":
                return self._start(section(found.get("message")))
            case "content_block_start":
                block = section(found.get("content_block"))
                return self._said(self._begin(found.get("index"), block))
            case "content_block_delta":
                return self._said(self._delta(found.get("index"), section(found.get("delta"))))
            case "content_block_stop":
                return self._said(self._stop(self._at(found.get("index"))))
            case "message_delta":
                return self._end(found)
            case "message_stop":
                self.ended = True
            case kind:
                _check(found, event, kind)
        return []

    def finish(self) -> list[Document]:
        """Say the end of a message of which only the end mark has come."""
        if self.finished:
            return []
        over = [piece for begun in self._blocks for piece in self._stop(begun)]
        return [*self._said(over), self._chunk({}, "tool_calls" if self._calls else "stop")]

    @property
    def tier(self) -> str:
        """In which tier the vendor says that it serves."""
        return words_of(self._counts)

    def _start(self, message: Block) -> list[Document]:
        if message.get("id"):
            self._outside["id"] = f"chatcmpl-{message['id']}"
        self._outside["model"] = message.get("model") or self._call.model
        self._count(section(message.get("usage")))
        rest = without(message, *_READ)
        aside = {"anthropic": rest} if rest else {}
        chunk = self._chunk({"role": "assistant", "content": ""}, None)
        return [{**chunk, **aside, "usage": self._said_counts()}]

    def _count(self, counts: Block) -> None:
        if counts:
            merge_counts(self._counts, counts)
            self.usage = usage_of(self._counts)

    def _said_counts(self) -> Document | None:
        return None if self.usage is None else canonical_counts(self._counts, self.usage)

    def _chunk(self, delta: Block, finish: str | None, **aside: Any) -> Document:
        choice = {"index": 0, "delta": delta, "finish_reason": finish, **aside}
        return {**self._outside, "choices": [choice]}

    def _said(self, deltas: list[Block]) -> list[Document]:
        return [self._chunk(delta, None) for delta in deltas]

    def _at(self, index: Any) -> "_Begun | None":
        """Return the block that an event is about: some servers mix the events of several, or leave out the index."""
        known = self._by_index.get(index) if isinstance(index, int) else None
        return known or (self._blocks[-1] if self._blocks else None)

    def _begin(self, index: Any, block: Block) -> list[Block]:
        kind = text(block.get("type"))
        self.said = self.said or kind not in EMPTY_AT_FIRST or bool(block.get("text"))
        entries = self._order.begin(block)
        begun = _Begun(kind, self._calls if kind == "tool_use" else self._thoughts)
        begun.place = self._order.last
        self._blocks.append(begun)
        if isinstance(index, int):
            self._by_index[index] = begun
        delta: Block = {}
        if kind in THINKING:
            hidden = () if block.get("signature") else ("signature",)
            delta["thinking_blocks"] = [{"index": self._thoughts, **without(block, *hidden)}]
            self._thoughts += 1
            if text(block.get("thinking")):
                delta["reasoning_content"] = block["thinking"]
                self.said = True
        elif kind == "tool_use" and not self._is_answer(block):
            delta["tool_calls"] = [_call_start(self._calls, block, self._ids)]
            begun.input = arguments_in(block.get("input"))
            self._calls += 1
        elif kind == "tool_use":
            begun.kind = "answer"
            begun.input = arguments_in(block.get("input"))
        elif kind == "text":
            self._cited.begin(block)
            if text(block.get("text")):
                delta["content"] = block["text"]
                self._order.length += len(block["text"])
        return [*entries_of(entries), *([delta] if delta else [])]

    def _is_answer(self, block: Block) -> bool:
        return self._by_tool and block.get("name") == JSON_TOOL

    def _delta(self, index: Any, delta: Block) -> list[Block]:
        begun = self._at(index)
        kind = _KINDS.get(text(delta.get("type")))
        if kind is not None and (begun is None or (begun.kind in _PLAIN and begun.kind != kind)):
            if kind == "tool_use":
                return []  # nobody knows what is called
            return [*self._begin(index, _EMPTY[kind]), *self._delta(index, delta)]
        if begun is None:
            return []
        self.said = self.said or any(delta.get(name) for name in _PIECES)
        match delta.get("type"):
            case "text_delta":
                said = text(delta.get("text"))
                self._order.length += len(said)
                self._cited.length += len(said)
                return [{"content": said}] if said else []
            case "thinking_delta":
                said = text(delta.get("thinking"))
                entry = {"index": begun.number, "thinking": said}
                return [{"reasoning_content": said, "thinking_blocks": [entry]}] if said else []
            case "signature_delta":
                entry = {"index": begun.number, "signature": text(delta.get("signature"))}
                return [{"thinking_blocks": [entry]}]
            case "input_json_delta":
                return self._input(begun, _json_text(delta.get("partial_json")))
            case "citations_delta":
                citation = section(delta.get("citation"))
                self._cited.citations.append(citation)
                return entries_of(self._order.cite(citation))
            case _:
                return entries_of(self._order.piece(begun.place, {"delta": delta}))

    def _input(self, begun: "_Begun", said: str) -> list[Block]:
        if not said:
            return []
        begun.has_input = True
        if begun.kind == "answer":
            return [{"content": said}]
        if begun.kind == "tool_use":
            return [{"tool_calls": [{"index": begun.number, "function": {"arguments": said}}]}]
        return entries_of(self._order.piece(begun.place, {"partial_json": said}))

    def _stop(self, begun: "_Begun | None") -> list[Block]:
        if begun is None or begun.is_over:
            return []
        begun.is_over = True
        if begun.kind in ("tool_use", "answer") and not begun.has_input:
            return self._input(begun, begun.input)  # without arguments: `{}`, not nothing
        cited = self._cited.end() if begun.kind == "text" else []
        ends = self._order.stop() if begun is self._blocks[-1] else []
        return [*entries_of(ends), *([{"annotations": cited}] if cited else [])]

    def _end(self, found: Block) -> list[Document]:
        self._count(section(found.get("usage")))
        delta = section(found.get("delta"))
        reason = delta.get("stop_reason")
        if reason is None:  # there may be several: this one is about something else
            aside = without(delta, "stop_reason", "stop_sequence")
            chunk = self._chunk({}, None)
            said_aside = {"anthropic": aside} if aside else {}
            return [{**chunk, **said_aside, "usage": self._said_counts()}]
        self.finished = True
        over = [piece for begun in self._blocks for piece in self._stop(begun)]
        if reason == "tool_use" and self._by_tool and not self._calls:
            reason = "end_turn"
        end = ending(reason, delta.get("stop_sequence"), calls_tools=self._calls > 0)
        explanation = section(delta.get("stop_details")).get("explanation")
        said = {"refusal": explanation} if reason == "refusal" and explanation else {}
        rest = without(delta, "stop_reason", "stop_sequence")
        rest |= without(found, "type", "delta", "usage")
        chunk = self._chunk(said, end.pop("finish_reason"), **end)
        aside = {"anthropic": rest} if rest else {}
        return [*self._said(over), {**chunk, **aside, "usage": self._said_counts()}]


def _check(found: Block, event: Event, kind: object) -> None:
    """Raise what an event is that is no piece of a message, if it is an error."""
    error = error_inside(found)
    if error is None and (kind == "error" or not isinstance(kind, str)):
        error = event_error(found, event.name)
    if error is not None:
        raise error


class _Begun:
    """A block that has begun: what it is, which of its kind, and whether its input has come."""

    __slots__ = ("has_input", "input", "is_over", "kind", "number", "place")

    def __init__(self, kind: str, number: int) -> None:
        self.kind = kind
        self.number = number
        self.place = 0
        self.has_input = False
        self.is_over = False
        self.input = "{}"


class _Cited:
    """What the open text block cites, and where in the whole text it stands."""

    def __init__(self) -> None:
        self.length = 0  # of the whole text so far
        self.citations: list[Block] = []
        self._start = 0
        self._count = 0

    def begin(self, block: Block) -> None:
        """A text block begins."""
        self._start = self.length
        self.length += len(text(block.get("text")))
        self.citations = objects(block.get("citations"))

    def end(self) -> list[Block]:
        """The text block ends: return its annotations, numbered as deltas have them."""
        found = annotations(self.citations, self._start, self.length)
        self.citations = []
        numbered = [{"index": self._count + i, **entry} for i, entry in enumerate(found)]
        self._count += len(found)
        return numbered


def _json_text(piece: object) -> str:
    """Return a piece of arguments; servers that have them whole send the object itself."""
    return msgspec.json.encode(piece).decode() if isinstance(piece, dict) else text(piece)


def _call_start(index: int, block: Block, ids: CallIds) -> Block:
    function = {"name": block.get("name") or "", "arguments": ""}
    rest = without(block, "type", "id", "name", "input")
    return {
        "index": index,
        "id": ids.next(text(block.get("id"))),
        "type": "function",
        "function": function,
        **rest,
    }
