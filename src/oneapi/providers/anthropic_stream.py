"""Anthropic's answers in canonical form: whole, and event by event.

Sources: https://platform.claude.com/docs/en/api/messages, …/build-with-claude/streaming (read 2026-11-21).
"""

from typing import Any, Final, cast

import msgspec

from oneapi.providers.answers import answer_in, document_in, event_error
from oneapi.providers.anthropic_request import answers_by_tool
from oneapi.providers.anthropic_tools import JSON_TOOL
from oneapi.providers.base import Call, Document, Reply
from oneapi.providers.refusals import error_inside
from oneapi.wire.anthropic_blocks import (
    THINKING,
    Block,
    is_plain_text,
    message_of,
    without,
)
from oneapi.wire.anthropic_citations import annotations
from oneapi.wire.anthropic_usage import canonical_counts, usage_of
from oneapi.wire.canonical import CHAT_CHUNK, CHAT_COMPLETION
from oneapi.wire.finish import FINISH, STOP
from oneapi.wire.shapes import objects, section, text
from oneapi.wire.sse import Event, is_done
from oneapi.wire.usage import Usage, merge_counts

EMPTY_AT_FIRST: Final = frozenset({"text", "thinking"})  # blocks whose beginning says nothing yet
_PIECES: Final = ("text", "thinking", "partial_json", "citation")
_READ = ("id", "type", "role", "model", "content", "stop_reason", "stop_sequence", "usage")


def reply_of(call: Call, body: bytes) -> Reply:
    """Return the canonical reply of a whole message."""
    message = answer_in(body, "content")
    blocks = [section(block) for block in cast("list[object]", message["content"])]
    reason = message.get("stop_reason")
    if answers_by_tool(call):
        blocks, reason = _untooled(blocks, reason)
    choice: Block = {"index": 0, "message": message_of(blocks, is_reply=True)}
    choice |= ending(reason, message.get("stop_sequence"))
    refusal = section(message.get("stop_details")).get("explanation")
    if reason == "refusal" and refusal:
        _refuse(choice["message"], refusal)
    counts = section(message.get("usage"))
    usage = usage_of(counts)
    document: Document = {
        "id": f"chatcmpl-{message.get('id', '')}",
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


def ending(reason: Any, sequence: Any) -> Block:
    """Return `finish_reason`, and what it does not say."""
    finish = FINISH.get(text(reason), "stop")
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
        self._order = _Order()
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
                return self._said(self._begin(section(found.get("content_block"))))
            case "content_block_delta":
                return self._said(self._delta(section(found.get("delta"))))
            case "content_block_stop":
                return self._said(self._stop())
            case "message_delta":
                return self._end(found)
            case "message_stop":
                self.ended = True
            case kind:
                _check(found, event, kind)
        return []

    def finish(self) -> list[Document]:
        """Nothing is ever kept back."""
        return []

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

    def _begin(self, block: Block) -> list[Block]:
        kind = text(block.get("type"))
        self.said = self.said or kind not in EMPTY_AT_FIRST or bool(block.get("text"))
        entries = self._order.begin(block)
        begun = _Begun(kind, self._calls if kind == "tool_use" else self._thoughts)
        self._blocks.append(begun)
        delta: Block = {}
        if kind == "thinking":
            start = {"index": self._thoughts, **without(block, "signature")}
            delta["thinking_blocks"] = [start]
            self._thoughts += 1
        elif kind == "redacted_thinking":
            delta["thinking_blocks"] = [{"index": self._thoughts, **block}]
            self._thoughts += 1
        elif kind == "tool_use" and not self._is_answer(block):
            delta["tool_calls"] = [_call_start(self._calls, block)]
            begun.input = section(block.get("input"))
            self._calls += 1
        elif kind == "tool_use":
            begun.kind = "answer"
        elif kind == "text":
            self._cited.begin(block)
            if text(block.get("text")):
                delta["content"] = block["text"]
                self._order.length += len(block["text"])
        return [*_entries(entries), *([delta] if delta else [])]

    def _is_answer(self, block: Block) -> bool:
        return self._by_tool and block.get("name") == JSON_TOOL

    def _delta(self, delta: Block) -> list[Block]:
        if not self._blocks:
            return []
        self.said = self.said or any(delta.get(name) for name in _PIECES)
        begun = self._blocks[-1]
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
                return self._input(begun, text(delta.get("partial_json")))
            case "citations_delta":
                citation = section(delta.get("citation"))
                self._cited.citations.append(citation)
                return _entries(self._order.cite(citation))
            case _:
                return _entries(self._order.piece({"delta": delta}))

    def _input(self, begun: "_Begun", said: str) -> list[Block]:
        if not said:
            return []
        begun.has_input = True
        if begun.kind == "answer":
            return [{"content": said}]
        if begun.kind == "tool_use":
            return [{"tool_calls": [{"index": begun.number, "function": {"arguments": said}}]}]
        return _entries(self._order.piece({"partial_json": said}))

    def _stop(self) -> list[Block]:
        if not self._blocks:
            return []
        begun = self._blocks[-1]
        if (
            begun.kind == "tool_use" and not begun.has_input
        ):  # a tool without arguments: `{}`, not nothing
            return self._input(begun, msgspec.json.encode(begun.input).decode())
        cited = self._cited.end() if begun.kind == "text" else []
        return [*_entries(self._order.stop()), *([{"annotations": cited}] if cited else [])]

    def _end(self, found: Block) -> list[Document]:
        self._count(section(found.get("usage")))
        delta = section(found.get("delta"))
        reason = delta.get("stop_reason")
        if reason is not None:
            self.finished = True
        if reason == "tool_use" and self._by_tool and not self._calls:
            reason = "end_turn"
        end = ending(reason, delta.get("stop_sequence"))
        explanation = section(delta.get("stop_details")).get("explanation")
        said = {"refusal": explanation} if reason == "refusal" and explanation else {}
        rest = without(delta, "stop_reason", "stop_sequence")
        rest |= without(found, "type", "delta", "usage")
        chunk = self._chunk(said, end.pop("finish_reason"), **end)
        aside = {"anthropic": rest} if rest else {}
        return [{**chunk, **aside, "usage": self._said_counts()}]


def _check(found: Block, event: Event, kind: object) -> None:
    """Raise what an event is that is no piece of a message, if it is an error."""
    error = error_inside(found)
    if error is None and (kind == "error" or not isinstance(kind, str)):
        error = event_error(found, event.name)
    if error is not None:
        raise error


class _Begun:
    """A block that has begun: what it is, which of its kind, and whether its input has come."""

    __slots__ = ("has_input", "input", "kind", "number")

    def __init__(self, kind: str, number: int) -> None:
        self.kind = kind
        self.number = number
        self.has_input = False
        self.input: Block = {}


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


def _call_start(index: int, block: Block) -> Block:
    function = {"name": block.get("name") or "", "arguments": ""}
    rest = without(block, "type", "id", "name", "input")
    return {
        "index": index,
        "id": block.get("id") or "",
        "type": "function",
        "function": function,
        **rest,
    }


def _entries(entries: list[Block]) -> list[Block]:
    return [{"content_blocks": entries}] if entries else []


class _Order:
    """Says the order of the blocks as soon as it is not the usual one; see `wire.canonical`."""

    def __init__(self) -> None:
        self.length = 0  # of the text block that is open
        self._stated = False
        self._phase = 0
        self._before: list[Block] = []  # entries of the blocks so far, until they are stated
        self._count = 0
        self._kind = ""
        self._citations = 0

    def begin(self, block: Block) -> list[Block]:
        """A block begins: return what is to be said about the order, if anything."""
        self._kind = text(block.get("type"))
        self.length = self._citations = 0
        entry = {"index": self._count, **self._entry(block)}
        self._count += 1
        usual = self._is_usual(block)
        if self._stated:
            return [entry]
        self._before.append(entry)
        return [] if usual else self._state()

    def _entry(self, block: Block) -> Block:
        if self._kind in THINKING or self._kind == "tool_use":
            return {"type": self._kind}
        return without(block, "text") if self._kind == "text" else block

    def _is_usual(self, block: Block) -> bool:
        place = {"thinking": 0, "redacted_thinking": 0, "text": 1, "tool_use": 2}.get(self._kind)
        if place is None or place < self._phase:
            return False
        if place == 1 and (self._phase == 1 or not is_plain_text(block)):
            return False
        self._phase = place
        return True

    def _state(self) -> list[Block]:
        self._stated = True
        stated, self._before = self._before, []
        return stated

    def cite(self, citation: Block) -> list[Block]:
        """The open text cites something."""
        entry = {"index": self._count - 1, "citations": [{"index": self._citations, **citation}]}
        self._citations += 1
        return [*([] if self._stated else self._state()), entry]

    def piece(self, piece: Block) -> list[Block]:
        """The open block goes on in a way that only it knows."""
        entry = {"index": self._count - 1, **piece}
        return [*([] if self._stated else self._state()), entry]

    def stop(self) -> list[Block]:
        """The open block ends: the length of a text is known now."""
        if self._kind != "text":
            return []
        length = {"index": self._count - 1, "length": self.length}
        if self._stated:
            return [length]
        if self.length == 0:
            return [*self._state(), length]
        self._before[-1] = {**self._before[-1], "length": self.length}
        return []
