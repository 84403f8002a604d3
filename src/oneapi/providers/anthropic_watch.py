"""The fast lane's eye on an Anthropic stream: usage, errors, the end, and how much was delivered."""

from contextlib import suppress
from typing import Any, Final

import msgspec

from oneapi.providers.answers import document_in, event_error
from oneapi.providers.anthropic_stream import EMPTY_AT_FIRST
from oneapi.providers.base import Call, Document
from oneapi.providers.event_template import EventTemplate
from oneapi.providers.refusals import error_inside
from oneapi.wire.anthropic_usage import usage_of
from oneapi.wire.decoding import UNDECODABLE, json_value
from oneapi.wire.served_tiers import words_of
from oneapi.wire.shapes import section, text
from oneapi.wire.sse import Event, event_bytes, is_done, printed
from oneapi.wire.textmeter import TextMeter
from oneapi.wire.usage import Usage, merge_counts

END: Final = event_bytes(b'{"type":"message_stop"}', "message_stop")
_TEXTS: Final = ("text", "thinking", "partial_json")


class _Delta(msgspec.Struct):
    text: str | None = None
    thinking: str | None = None
    partial_json: str | None = None
    stop_reason: str | None = None


class _Message(msgspec.Struct):
    usage: dict[str, Any] | None = None


class _Block(msgspec.Struct):
    type: str = ""
    text: str | None = None
    thinking: str | None = None
    name: str | None = None
    input: Any = None


class _Event(msgspec.Struct):
    type: str = ""
    delta: _Delta | None = None
    content_block: _Block | None = None
    message: _Message | None = None
    usage: dict[str, Any] | None = None
    error: Any = None


_decode: Final = msgspec.json.Decoder(_Event).decode


class AnthropicWatcher:
    """See `providers.base.Watcher`."""

    __slots__ = (
        "_counts",
        "_meter",
        "_stopped",
        "_template",
        "counted_at",
        "ended",
        "finished",
        "said",
        "skim",
        "usage",
    )

    def __init__(self, call: Call) -> None:
        self.usage: Usage | None = None
        self.counted_at = 0
        self.said = False
        self.finished = False
        self.ended = False
        self._stopped = False
        self._counts: dict[str, Any] = {}
        self._meter = TextMeter()
        self._template = EventTemplate(self._meter)
        self.skim = self._template.skim

    @property
    def tier(self) -> str:
        """In which tier the vendor says that it serves."""
        return words_of(self._counts)

    @property
    def output_tokens(self) -> int:
        """Return an estimate of the tokens delivered so far."""
        return self._meter.tokens

    def say(self, event: Event) -> bytes:
        """Return the event for the client; nothing for what is no event of this dialect."""
        try:
            found = _decode(event.data)
        except UNDECODABLE:
            return self._say_leniently(event)
        delta = found.delta
        if delta is not None:
            if delta.text:
                return self._piece(event, found.type, b"text", delta.text)
            if delta.thinking:
                return self._piece(event, found.type, b"thinking", delta.thinking)
            if delta.partial_json:
                return self._piece(event, found.type, b"partial_json", delta.partial_json)
            self.finished = self.finished or delta.stop_reason is not None
        block = found.content_block
        if block is not None:
            self._begin(block)
        if found.message is not None:
            self._count(found.message.usage)
        self._count(found.usage)
        return self._judged(event, found.type, found.error, None)

    def close(self) -> bytes:
        """Return the event that ends a stream, unless the vendor's own has passed."""
        return b"" if self._stopped else END

    def _piece(self, event: Event, kind: str, name: bytes, piece: str) -> bytes:
        self.said = True
        self._meter.add(piece)
        said = _named(event, kind)
        self._template.learn(said, name, piece)
        return said

    def _begin(self, block: _Block) -> None:
        """Note a block: servers may say all of it at its beginning."""
        begins = [block.text, block.thinking]
        self.said = self.said or block.type not in EMPTY_AT_FIRST or any(begins)
        if block.type == "tool_use":
            begins += [block.name, msgspec.json.encode(block.input).decode() if block.input else ""]
        for said in begins:
            self._meter.add(said or "")

    def _judged(self, event: Event, kind: str, error: Any, document: Document | None) -> bytes:
        if error or not kind or kind == "error":
            found = section(json_value(event.data)) if document is None else document
            failure = error_inside(found) or event_error(found, event.name)
            if failure is not None:
                raise failure
            if not kind or kind == "error":
                return b""
        if kind == "message_stop":
            self.ended = self._stopped = True
        return _named(event, kind)

    def _count(self, counts: dict[str, Any] | None) -> None:
        if counts:
            before = self.usage
            merge_counts(self._counts, counts)
            self.usage = usage_of(self._counts)
            if before is None or self.usage.output_tokens != before.output_tokens:
                self.counted_at = self._meter.tokens

    def _say_leniently(self, event: Event) -> bytes:
        """Look at an event whose fields are not of the usual types."""
        if is_done(event.data):
            self.ended = True
            return b""
        found = document_in(event)
        if found is None:
            return b""
        delta = section(found.get("delta"))
        for name in _TEXTS:
            if text(delta.get(name)):
                self.said = True
                self._meter.add(delta[name])
        block = found.get("content_block")
        if isinstance(block, dict):
            with suppress(msgspec.ValidationError):
                self._begin(msgspec.convert(block, _Block))
        self.finished = self.finished or bool(delta.get("stop_reason"))
        self._count(section(section(found.get("message")).get("usage")))
        self._count(section(found.get("usage")))
        return self._judged(event, text(found.get("type")), found.get("error"), found)


def _named(event: Event, kind: str) -> bytes:
    """Print an event; clients go by its name, which some vendors leave out."""
    return event_bytes(event.data, kind) if event.name == "message" else printed(event)
