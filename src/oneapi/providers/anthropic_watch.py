"""The fast lane's eye on an Anthropic stream: usage, errors, the end, and how much was delivered."""

from typing import Any, Final

import msgspec

from oneapi.errors import UpstreamError
from oneapi.providers.base import Call
from oneapi.providers.refusals import error_inside
from oneapi.wire.anthropic_usage import usage_of
from oneapi.wire.decoding import UNDECODABLE, json_value
from oneapi.wire.shapes import section
from oneapi.wire.sse import event_bytes, events_of
from oneapi.wire.textmeter import TextMeter
from oneapi.wire.usage import Usage, merge_counts

END: Final = event_bytes(b'{"type":"message_stop"}', "message_stop")


class _Delta(msgspec.Struct):
    text: str | None = None
    thinking: str | None = None
    partial_json: str | None = None
    stop_reason: str | None = None


class _Message(msgspec.Struct):
    usage: dict[str, Any] | None = None


class _Event(msgspec.Struct):
    type: str = ""
    delta: _Delta | None = None
    message: _Message | None = None
    usage: dict[str, Any] | None = None
    error: Any = None


_decode: Final = msgspec.json.Decoder(_Event).decode


class AnthropicWatcher:
    """See `providers.base.Watcher`. `failure`: an error event that came after the answer had begun."""

    __slots__ = ("_counts", "_meter", "complete", "end", "ended", "failure", "usage")

    def __init__(self, call: Call) -> None:
        self.usage: Usage | None = None
        self.complete = False
        self.ended = False
        self.end = END
        self.failure: UpstreamError | None = None
        self._counts: dict[str, Any] = {}
        self._meter = TextMeter()

    @property
    def output_tokens(self) -> int:
        """Return an estimate of the tokens delivered so far."""
        return self._meter.tokens

    def feed(self, events: bytes) -> bytes:
        """Return the bytes to forward: always the same object, but for an error amid them."""
        if self.failure is not None:
            raise self.failure
        begin = events.find(b"\ndata: ") + 7
        if begin > 6 and events.find(b"\n\n") == len(events) - 2:
            self._see(events[begin:-2])
            return events
        for number, event in enumerate(events_of(events)):
            try:
                self._see(event.data)
            except UpstreamError as error:
                if number == 0:
                    raise
                self.failure = error
                return _before_error(events)
        return events

    def _see(self, data: bytes) -> None:
        try:
            event = _decode(data)
        except UNDECODABLE:
            self._see_leniently(data)
            return
        delta = event.delta
        if delta is not None:
            text = delta.text or delta.thinking or delta.partial_json
            if text:
                self._meter.add(text)
                return
            self.complete = self.complete or delta.stop_reason is not None
        if event.message is not None:
            self._count(event.message.usage)
        self._count(event.usage)
        self._mark(event.type)
        if event.error:
            self._raise(data)

    def _mark(self, kind: str) -> None:
        if kind == "message_stop":
            self.complete = self.ended = True

    def _count(self, counts: dict[str, Any] | None) -> None:
        if counts:
            merge_counts(self._counts, counts)
            self.usage = usage_of(self._counts)

    def _raise(self, data: bytes) -> None:
        error = error_inside(json_value(data))
        if error is not None:
            raise error

    def _see_leniently(self, data: bytes) -> None:
        """Look at an event whose fields are not of the usual types."""
        try:
            event = section(json_value(data))
        except UNDECODABLE:
            return  # not ours to judge: it is forwarded
        error = error_inside(event)
        if error is not None:
            raise error
        delta = section(event.get("delta"))
        for name in ("text", "thinking", "partial_json"):
            if isinstance(delta.get(name), str):
                self._meter.add(delta[name])
        self.complete = self.complete or bool(delta.get("stop_reason"))
        self._count(section(section(event.get("message")).get("usage")))
        self._count(section(event.get("usage")))
        self._mark(str(event.get("type")))


def _before_error(events: bytes) -> bytes:
    """Return the events before the first error event."""
    run = events.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    kept: list[bytes] = []
    for block in run.split(b"\n\n"):
        found = events_of(block + b"\n\n") if block else []
        if found and error_inside(_object(found[0].data)) is not None:
            break
        if block:
            kept.append(block)
    return b"\n\n".join(kept) + b"\n\n"


def _object(data: bytes) -> object:
    try:
        return json_value(data)
    except UNDECODABLE:
        return None
