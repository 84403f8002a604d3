"""Prints canonical chunks as the events of Anthropic's Messages stream.

Blocks follow one another there: a block is closed before the next one begins.
Source: https://platform.claude.com/docs/en/build-with-claude/streaming (read 2026-11-21).
"""

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from oneapi.errors import UpstreamError
from oneapi.wire.anthropic_blocks import THINKING, Block, without
from oneapi.wire.anthropic_usage import anthropic_counts
from oneapi.wire.canonical import delta_texts
from oneapi.wire.dialect import Asked
from oneapi.wire.finish import stop_reason
from oneapi.wire.shapes import is_object, objects, section, text
from oneapi.wire.sse import event_bytes
from oneapi.wire.surrogates import WholePairs
from oneapi.wire.textmeter import TextMeter
from oneapi.wire.tool_ids import tool_id

MAX_HELD_BYTES: Final = 8 << 20
_TEXT: Final = ("text", -1)
_PLAIN: Final = frozenset({"role", "content"})  # what the delta of a piece of text has
_EMPTY_THINKING = {"type": "thinking", "thinking": "", "signature": ""}


def event(name: str, **fields: Any) -> bytes:
    """Print one event of the stream."""
    return event_bytes(msgspec.json.encode({"type": name, **fields}), name)


def message_id(document: Block) -> str:
    """Return the id an Anthropic client sees."""
    found = str(document.get("id") or "").removeprefix("chatcmpl-")
    return found if found.startswith("msg_") else f"msg_{found}"


class AnthropicStream:
    """State: which block is open, under which key; what is only known at the end."""

    def __init__(self, asked: Asked) -> None:
        self._asked = asked
        self._meter = TextMeter()
        self._started = False
        self._next = 0  # index of the next block
        self._open: tuple[str, int] | None = None
        self._calls: set[int] = set()
        self._call = -1  # the last one of which something was heard
        self._arguments: list[str] = []  # of the open call
        self._pairs = WholePairs()
        self._held: list[tuple[str, Block]] = []
        self._held_bytes = 0
        self._blank = ""  # text that no block has begun with yet
        self._usage: Block = {}
        self._finish: Block = {}
        self._details: Block = {}
        self._refusal = ""

    @property
    def output_tokens(self) -> int:
        """Return an estimate of the tokens delivered so far."""
        return self._meter.tokens

    def feed(self, chunk: Block) -> bytes:
        """Return the events of one chunk."""
        for said in delta_texts(chunk):
            self._meter.add(said)
        self._usage = section(chunk.get("usage")) or self._usage
        out: list[bytes] = []
        if not self._started:
            out.append(self._start(chunk))
        else:
            self._details = section(chunk.get("anthropic")) or self._details
        for choice in objects(chunk.get("choices")):
            index: Any = choice.get("index")
            if isinstance(index, int) and index != 0:
                continue
            delta = section(choice.get("delta"))
            piece = self._quick_piece(delta)
            if piece is not None:
                out.append(piece)
            else:
                out += self._delta(delta)
            if choice.get("finish_reason"):
                self._finish = choice
        return b"".join(out)

    def _quick_piece(self, delta: Block) -> bytes | None:
        """Return the event of a delta that goes on with the open block, as most do; `None` for any other."""
        if self._open == _TEXT:
            said = delta.get("content") if _PLAIN.issuperset(delta) else None
            return self._piece(type="text_delta", text=said) if said else None
        if self._held or self._open is None or self._open[0] != "tool_use" or len(delta) != 1:
            return None
        calls = objects(delta.get("tool_calls"))
        if len(calls) != 1 or calls[0].get("index") != self._open[1]:
            return None
        arguments = section(calls[0].get("function")).get("arguments")
        return self._input(arguments) if arguments else None

    def _input(self, arguments: str) -> bytes:
        """Return the event of a piece of the open call's arguments, nothing if all of it has to wait for the next one."""
        said = self._pairs.feed(arguments)
        if not said:
            return b""
        self._arguments.append(said)
        return self._piece(type="input_json_delta", partial_json=said)

    def _start(self, chunk: Block) -> bytes:
        self._started = True
        message: Block = {
            "id": message_id(chunk if chunk.get("id") else {"id": self._asked.request_id}),
            "type": "message",
            "role": "assistant",
            "model": chunk.get("model") or self._asked.asked_model,
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            **section(chunk.get("anthropic")),
            "usage": self._first_counts(),
        }
        return event("message_start", message=message)

    def _first_counts(self) -> Block:
        """Return what is known of the usage before the answer: what the vendor says, else our estimate."""
        if self._usage:
            return anthropic_counts(self._usage)
        return {"input_tokens": self._asked.input_estimate, "output_tokens": 0}

    def _delta(self, delta: Block) -> Iterator[bytes]:
        """Say a delta, in the order in which its fields are read."""
        for entry in objects(delta.get("content_blocks")):
            yield from self._say("entry", entry)
        thinking = objects(delta.get("thinking_blocks"))
        for block in thinking:
            yield from self._say("think", block)
        thought = text(delta.get("reasoning_content"))
        if thought and not thinking:
            yield from self._say("thought", {"text": thought})
        refusal = text(delta.get("refusal"))
        self._refusal += refusal
        for said in (text(delta.get("content")), refusal):
            if said:
                yield from self._say("text", {"text": said})
        for call in objects(delta.get("tool_calls")):
            yield from self._say("call", self._numbered(call))

    def _numbered(self, call: Block) -> Block:
        """Return a call with its index; one that has none begins with its id."""
        index = call.get("index")
        if isinstance(index, int):
            self._call = index
            return call
        if call.get("id") or self._call < 0:
            self._call += 1
        return {**call, "index": self._call}

    # Blocks cannot be interleaved here. What comes amid the arguments of a call waits until they are a whole object.

    def _say(self, kind: str, found: Block) -> Iterator[bytes]:
        if self._is_of_open_call(kind, found):
            yield from self._tool(found)
            if self._held and self._call_is_whole():
                yield from self._release()
        elif self._held or (kind != "entry" and self._is_amid_call()):
            self._hold(kind, found)
        else:
            yield from self._print(kind, found)

    def _is_of_open_call(self, kind: str, found: Block) -> bool:
        return kind == "call" and self._open == ("tool_use", found.get("index", 0))

    def _is_amid_call(self) -> bool:
        return self._open is not None and self._open[0] == "tool_use" and not self._call_is_whole()

    def _call_is_whole(self) -> bool:
        return is_object("".join(self._arguments))

    def _hold(self, kind: str, found: Block) -> None:
        self._held.append((kind, found))
        self._held_bytes += sum(len(said) for said in _sizes(found))
        if self._held_bytes > MAX_HELD_BYTES:
            raise UpstreamError("the provider mixes tool calls that are too large to be sorted")

    def _release(self, *, ended: bool = False) -> Iterator[bytes]:
        """Say what has waited, call by call; `ended`: nothing more comes, so that no call need be whole."""
        while self._held:
            kind, found = self._held.pop(0)
            yield from self._print(kind, found)
            if self._open is None or self._open[0] != "tool_use":
                continue
            own = [item for item in self._held if self._is_of_open_call(*item)]
            self._held = [item for item in self._held if not self._is_of_open_call(*item)]
            for _, fragment in own:
                yield from self._tool(fragment)
            if not ended and not self._call_is_whole():
                return
        self._held_bytes = 0

    def _print(self, kind: str, found: Block) -> Iterator[bytes]:
        match kind:
            case "entry":
                yield from self._entry(found)
            case "think":
                yield from self._think(found)
            case "thought":
                yield from self._ensure("thinking", -1, dict(_EMPTY_THINKING))
                yield self._piece(type="thinking_delta", thinking=found["text"])
            case "text":
                yield from self._text(found["text"])
            case _:
                yield from self._tool(found)

    def _text(self, said: str) -> Iterator[bytes]:
        """Say a text; a block does not begin before there is something to see, which a history must not have."""
        if self._open != _TEXT:
            said = self._blank + said
            self._blank = "" if said.strip() else said
            if self._blank:
                return
            yield from self._ensure("text", -1, {"type": "text", "text": ""})
        yield self._piece(type="text_delta", text=said)

    def _piece(self, **delta: Any) -> bytes:
        return event("content_block_delta", index=self._next - 1, delta=delta)

    def _ensure(self, kind: str, key: int, block: Block) -> Iterator[bytes]:
        """Open a block unless it is the open one."""
        if self._open == (kind, key):
            return
        yield from self._close()
        self._open = (kind, key)
        self._next += 1
        yield event("content_block_start", index=self._next - 1, content_block=block)

    def _close(self) -> Iterator[bytes]:
        if self._open is not None:
            rest = self._pairs.finish()
            if rest:
                yield self._piece(type="input_json_delta", partial_json=rest)
            self._open = None
            yield event("content_block_stop", index=self._next - 1)

    def _think(self, block: Block) -> Iterator[bytes]:
        key = block.get("index", 0)
        if block.get("type") == "redacted_thinking":
            yield from self._ensure("redacted", key, without(block, "index"))
            return
        yield from self._ensure("thinking", key, dict(_EMPTY_THINKING))
        if block.get("thinking"):
            yield self._piece(type="thinking_delta", thinking=block["thinking"])
        if block.get("signature"):
            yield self._piece(type="signature_delta", signature=block["signature"])

    def _tool(self, call: Block) -> Iterator[bytes]:
        key = call.get("index", 0)
        function = section(call.get("function"))
        if self._open != ("tool_use", key):
            if key in self._calls:
                return  # it was whole: what follows repeats it
            self._calls.add(key)
            self._arguments = []
            rest = without(call, "index", "id", "type", "function")
            block: Block = {
                "type": "tool_use",
                "id": tool_id(call.get("id") or f"toolu_{self._asked.request_id}_{key}"),
                "name": function.get("name") or "",
                "input": {},
                **rest,
            }
            yield from self._ensure("tool_use", key, block)
        arguments = text(function.get("arguments"))
        if arguments:
            yield self._input(arguments)

    def _entry(self, entry: Block) -> Iterator[bytes]:
        """Follow the order that the chunks state; entries about blocks gone by only matter for their end."""
        index = entry.get("index", 0)
        if text(entry.get("type")) and index >= self._next:
            yield from self._begin(entry)
        if index != self._next - 1:
            return
        for citation in objects(entry.get("citations")):
            yield self._piece(type="citations_delta", citation=without(citation, "index"))
        if entry.get("partial_json"):
            yield self._piece(type="input_json_delta", partial_json=entry["partial_json"])
        if "delta" in entry:
            yield self._piece(**entry["delta"])
        if "length" in entry:
            yield from self._close()

    def _begin(self, entry: Block) -> Iterator[bytes]:
        yield from self._close()
        kind = entry["type"]
        if kind == "text":
            block = {**without(entry, "index", "length", "citations"), "text": ""}
            if "citations" in entry:
                block["citations"] = [] if entry["citations"] is not None else None
            yield from self._ensure("text", -1, block)
        elif kind not in THINKING and kind != "tool_use":
            yield from self._ensure(
                kind, entry.get("index", 0), without(entry, "index", "partial_json")
            )

    def finish(self) -> bytes:
        """Close what is open; say why the answer ended and what it used."""
        out: list[bytes] = []
        if not self._started:
            out.append(self._start({}))
        out += self._release(ended=True)
        out += self._close()
        end = self._finish
        delta: Block = {
            "stop_reason": stop_reason(end, calls_tools=bool(self._calls)),
            "stop_sequence": end.get("stop_sequence"),
            **self._details,
        }
        if self._refusal and not delta.get("stop_details"):
            delta["stop_reason"] = "refusal"
            delta["stop_details"] = refusal_details(self._refusal)
        usage = (
            anthropic_counts(self._usage) if self._usage else {"output_tokens": self.output_tokens}
        )
        out.append(event("message_delta", delta=delta, usage=usage))
        out.append(event("message_stop"))
        return b"".join(out)


def _sizes(found: Block) -> Iterator[str]:
    yield text(found.get("text")) or text(found.get("thinking"))
    yield text(section(found.get("function")).get("arguments"))


def refusal_details(explanation: str) -> Block:
    """Return the details of a refusal that a vendor explained in words."""
    return {"type": "refusal", "category": None, "explanation": explanation}
