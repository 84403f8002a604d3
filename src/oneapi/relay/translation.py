"""Between the vendor's bytes and the client's: unchanged where both speak the same dialect, converted otherwise.

Both lanes have the same shape, so that delivery does not know which it drives.
"""

from typing import Protocol

from oneapi.errors import Truncated
from oneapi.providers.base import Call, Dialect, Endpoint, StreamDecoder, Watcher
from oneapi.wire.dialect import ClientDialect, StreamEncoder
from oneapi.wire.sse import EventParser, EventSplitter
from oneapi.wire.usage import Usage


class Translation(Protocol):
    """Vendor bytes in, client bytes out.

    `ended` turns true with the piece that tells the client that the answer is whole; `usage` is the last one
    reported; `output_tokens` estimates what was delivered.
    """

    @property
    def usage(self) -> Usage | None:
        """What the vendor has reported so far."""
        ...

    @property
    def output_tokens(self) -> int:
        """Estimate of the tokens delivered so far."""
        ...

    @property
    def ended(self) -> bool:
        """Whether the answer is whole."""
        ...

    def feed(self, piece: bytes) -> bytes:
        """Return what the client gets for a piece of the vendor's answer; raise `UpstreamError` for its errors."""
        ...

    def finish(self) -> bytes:
        """The vendor closed: return what is left to say; raise `Truncated` if the answer is not whole."""
        ...


class Passing:
    """The fast lane: whole events go through as they came."""

    __slots__ = ("_splitter", "_watcher")

    def __init__(self, watcher: Watcher) -> None:
        self._splitter = EventSplitter()
        self._watcher = watcher

    @property
    def usage(self) -> Usage | None:
        """What the vendor has reported so far."""
        return self._watcher.usage

    @property
    def output_tokens(self) -> int:
        """Estimate of the tokens delivered so far."""
        return self._watcher.output_tokens

    @property
    def ended(self) -> bool:
        """Whether the vendor's end mark has passed."""
        return self._watcher.ended

    def feed(self, piece: bytes) -> bytes:
        """Return the whole events of what has arrived."""
        events = self._splitter.feed(piece)
        return self._watcher.feed(events) if events else b""

    def finish(self) -> bytes:
        """Return an unfinished last event, completed; raise `Truncated` if the answer is not whole."""
        rest = self._splitter.finish()
        out = self._watcher.feed(rest) if rest else b""
        if not self._watcher.complete:
            raise Truncated("the vendor closed the stream before the answer was complete")
        return out if self._watcher.ended else out + self._watcher.end


class Converting:
    """The slow lane: vendor events -> canonical chunks -> the client's events."""

    __slots__ = ("_decoder", "_encoder", "_ended", "_parser")

    def __init__(self, decoder: StreamDecoder, encoder: StreamEncoder) -> None:
        self._parser = EventParser()
        self._decoder = decoder
        self._encoder = encoder
        self._ended = False

    @property
    def usage(self) -> Usage | None:
        """What the vendor has reported so far."""
        return self._decoder.usage

    @property
    def output_tokens(self) -> int:
        """Estimate of the tokens delivered so far."""
        return self._encoder.output_tokens

    @property
    def ended(self) -> bool:
        """Whether the end has been said to the client."""
        return self._ended

    def feed(self, piece: bytes) -> bytes:
        """Convert the events that are whole; say the end as soon as the vendor has said it."""
        if self._ended:
            return b""
        encoder, decoder = self._encoder, self._decoder
        out = [
            encoder.feed(chunk)
            for event in self._parser.feed(piece)
            for chunk in decoder.feed(event)
        ]
        if decoder.ended:
            out.append(self._close())
        return b"".join(out)

    def finish(self) -> bytes:
        """Convert what is left and say the end."""
        if self._ended:
            return b""
        out = [
            self._encoder.feed(chunk)
            for event in self._parser.finish()
            for chunk in self._decoder.feed(event)
        ]
        out.append(self._close())
        return b"".join(out)

    def _close(self) -> bytes:
        out = [self._encoder.feed(chunk) for chunk in self._decoder.finish()]
        out.append(self._encoder.finish())
        self._ended = True
        return b"".join(out)


def passes_through(client: ClientDialect, dialect: Dialect, endpoint: Endpoint) -> bool:
    """Say whether client and vendor speak the same dialect, so that bytes may stay as they are."""
    return client.name == dialect.name or endpoint is not Endpoint.CHAT


def of_stream(client: ClientDialect, dialect: Dialect, call: Call) -> Translation:
    """Return the translation of one attempt's stream."""
    if passes_through(client, dialect, call.endpoint):
        return Passing(dialect.watch(call))
    return Converting(dialect.stream(call), client.stream(call))
