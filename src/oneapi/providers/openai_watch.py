"""The fast lane's eye on a stream in OpenAI's dialect: usage, errors, the end, and how much was delivered.

Chunks are decoded only in part, by type; what does not fit the types is looked at again, leniently.
"""

from typing import Any, Final, cast

import msgspec

from oneapi.errors import UpstreamError
from oneapi.providers.base import Call, Document, Endpoint
from oneapi.providers.openai_choices import evened, said_in
from oneapi.providers.openai_stream import DONE
from oneapi.providers.openai_usage import usage_of
from oneapi.providers.refusals import error_inside
from oneapi.wire.canonical import delta_texts
from oneapi.wire.decoding import UNDECODABLE, json_value
from oneapi.wire.shapes import objects, section
from oneapi.wire.sse import events_of
from oneapi.wire.textmeter import TextMeter, tokens_in
from oneapi.wire.usage import Usage, merge_counts

END: Final = b"data: [DONE]\n\n"
# What only a chunk that matters has. Inside a text the quotes would be escaped.
_MARKS: Final = (
    b'"usage":{',
    b'"usage": {',
    b'"finish_reason":"',
    b'"finish_reason": "',
    b'"error"',
    b"[DONE]",
)
_DECODED_FIRST: Final = (
    3  # chunks of a stream that are read properly, to know what the others look like
)
_LONG_TEXT: Final = 400  # bytes of one chunk's


class _Function(msgspec.Struct, gc=False):
    name: str | None = None
    arguments: str | None = None


class _ToolCall(msgspec.Struct):
    function: _Function | None = None


class _Delta(msgspec.Struct):
    content: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    refusal: str | None = None
    tool_calls: list[_ToolCall] | None = None
    function_call: _Function | None = None


class _Choice(msgspec.Struct):
    delta: _Delta | None = None
    message: _Delta | None = None  # some send a whole message in the only chunk
    finish_reason: str | None = None
    text: str | None = None
    logprobs: msgspec.Raw = msgspec.Raw()
    usage: dict[str, Any] | None = None


class _Groq(msgspec.Struct):
    usage: dict[str, Any] | None = None


class _Chunk(msgspec.Struct):
    choices: list[_Choice] | None = None
    usage: dict[str, Any] | None = None
    x_groq: _Groq | None = None
    error: Any = None
    type: str | None = None


_decode: Final = msgspec.json.Decoder(_Chunk).decode


class OpenAIWatcher:
    """See `providers.base.Watcher`. `failure`: an error event that came after the answer had begun.

    A target that has reported usage before will do so again: its chunks are skimmed for marks, and counted in bytes, for
    the case that this stream breaks off. Chunks of other targets are decoded, so that an estimate is as good as it gets.
    """

    __slots__ = (
        "_counts",
        "_decoded",
        "_envelope_bytes",
        "_hides",
        "_memo",
        "_meter",
        "_reports",
        "_skimmed_bytes",
        "_skimmed_events",
        "_usage",
        "complete",
        "end",
        "ended",
        "failure",
    )

    def __init__(self, call: Call) -> None:
        self._counts: Document = {}
        self._usage: Usage | None = None
        self.complete = False
        self.ended = False
        self.failure: UpstreamError | None = None
        chats = call.endpoint in (Endpoint.CHAT, Endpoint.COMPLETIONS)
        self.end = END if chats else b""
        self._hides = chats and not call.shows_usage
        self._meter = TextMeter()
        self._memo = call.target.memo
        self._reports = ("reports usage", call.endpoint)
        self._decoded = 0 if chats and self._reports in self._memo else -1
        self._envelope_bytes = 0
        self._skimmed_bytes = 0
        self._skimmed_events = 0

    @property
    def usage(self) -> Usage | None:
        """What the vendor has reported so far; read when it is asked for, since some report it in every chunk."""
        if self._usage is None and self._counts:
            self._usage = usage_of(self._counts)
        return self._usage

    @property
    def output_tokens(self) -> int:
        """Return an estimate of the tokens delivered so far."""
        skimmed = self._skimmed_bytes - self._skimmed_events * self._envelope_bytes
        meter = self._meter
        return tokens_in(meter.size_bytes + max(skimmed, 0), meter.pieces + self._skimmed_events)

    def feed(self, events: bytes) -> bytes:
        """Return the bytes to forward: the same object unless the usage chunk has to be hidden."""
        if self.failure is not None:
            raise self.failure
        if self._decoded >= _DECODED_FIRST:
            plain = self._skimmed(events)
            if plain == len(events):
                return events
            if plain:
                rest = events[plain:]
                kept = self._looked_at(rest)
                return events if kept is rest else events[:plain] + kept
        return self._looked_at(events)

    def _skimmed(self, events: bytes) -> int:
        """Count the events before the first mark in bytes; return where they end."""
        first = min((at for mark in _MARKS if (at := events.find(mark)) >= 0), default=len(events))
        end = first if first == len(events) else events.rfind(b"\n\n", 0, first) + 2
        if end <= 1:
            return 0
        number = events.count(b"\n\n", 0, end)
        if end > number * (self._envelope_bytes + _LONG_TEXT):
            return 0  # more than text, perhaps: a picture, a recording
        self._skimmed_bytes += end
        self._skimmed_events += number
        return end

    def _looked_at(self, events: bytes) -> bytes:
        if events.startswith(b"data: ") and events.find(b"\n") == len(events) - 2:
            return b"" if self._sees(events[6:-2]) else events
        return self._feed_many(events)

    def _feed_many(self, events: bytes) -> bytes:
        run = events.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in events else events
        kept: list[bytes] = []
        hidden = False
        for block in run.split(b"\n\n"):
            try:
                hide = bool(block) and self._sees_block(block)
            except UpstreamError as error:
                if not kept:
                    raise
                self.failure = error
                return b"\n\n".join(kept) + b"\n\n"
            hidden = hidden or hide
            if block and not hide:
                kept.append(block)
        if not hidden:
            return events
        return b"\n\n".join(kept) + b"\n\n" if kept else b""

    def _sees_block(self, block: bytes) -> bool:
        if block.startswith(b"data: ") and b"\n" not in block:
            return self._sees(block[6:])
        found = events_of(block)
        return bool(found) and self._sees(found[0].data)

    def _sees(self, data: bytes) -> bool:
        """Look at one event; say whether to hide it. Raise `UpstreamError` for an error event."""
        if data == DONE:
            self.ended = self.complete = True
            return False
        try:
            chunk = _decode(data)
        except UNDECODABLE:
            return self._sees_leniently(data)
        if chunk.error:
            self._raise(data)
        counts = chunk.usage
        for choice in chunk.choices or ():
            delta = choice.delta if choice.delta is not None else choice.message
            if delta is not None:
                self._count(delta)
                if self._decoded >= 0 and delta.content:
                    self._learn(len(data) + 8, delta.content, choice.logprobs)
            if choice.text:
                self._meter.add(choice.text)
            if choice.finish_reason:
                self.complete = True
            counts = counts or choice.usage
        if chunk.x_groq is not None:
            counts = counts or chunk.x_groq.usage
        return self._settle(counts, chunk.type, bool(chunk.choices))

    def _learn(self, size_bytes: int, content: str, logprobs: msgspec.Raw) -> None:
        """Remember what lies around a chunk's text; log probabilities are as long as they like."""
        has_logprobs = bytes(logprobs) not in (b"", b"null")
        self._decoded = -1 if has_logprobs else self._decoded + 1
        self._envelope_bytes = size_bytes - len(content.encode())

    def _settle(self, counts: dict[str, Any] | None, kind: str | None, has_choices: bool) -> bool:
        if kind is not None and kind.endswith((".done", ".completed")):
            self.complete = True
        if not counts:
            return False
        merge_counts(self._counts, counts)
        self._usage = None
        self._memo[self._reports] = True
        return self._hides and not has_choices and kind is None

    def _count(self, delta: _Delta) -> None:
        add = self._meter.add
        if delta.content:
            add(delta.content)
        if delta.reasoning_content:
            add(delta.reasoning_content)
        elif delta.reasoning:
            add(delta.reasoning)
        if delta.refusal:
            add(delta.refusal)
        if delta.tool_calls or delta.function_call:
            self._count_calls(delta)

    def _count_calls(self, delta: _Delta) -> None:
        functions = [call.function for call in delta.tool_calls or ()]
        for function in (*functions, delta.function_call):
            if function is not None:
                self._meter.add(function.name or "")
                self._meter.add(function.arguments or "")

    def _raise(self, data: bytes) -> None:
        error = error_inside(json_value(data))
        if error is not None:
            raise error

    def _sees_leniently(self, data: bytes) -> bool:
        """Look at a chunk whose fields are not of the usual types."""
        try:
            decoded: Any = json_value(data)
        except UNDECODABLE:
            return False  # not ours to judge: it is forwarded
        if not isinstance(decoded, dict):
            return False
        chunk = cast("Document", decoded)
        error = error_inside(chunk)
        if error is not None:
            raise error
        choices = objects(chunk.get("choices"))
        counts = section(chunk.get("usage"))
        for choice in choices:
            delta = evened(said_in(choice, "delta"))
            for text in delta_texts({"choices": [{"delta": delta}]}):
                self._meter.add(text)
            self.complete = self.complete or bool(choice.get("finish_reason"))
            counts = counts or section(choice.get("usage"))
        kind = chunk.get("type")
        return self._settle(counts, kind if isinstance(kind, str) else None, bool(choices))
