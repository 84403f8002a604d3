"""Between the vendor's bytes and the client's: unchanged where both speak the same dialect, converted otherwise.

The rules of a stream stand here once, for both lanes: where it begins, where it ends, whether it was an answer, and that
what came before an error is delivered before it.
"""

from collections.abc import Callable
from typing import Final, Protocol

import msgspec

from oneapi.errors import Truncated, UpstreamError
from oneapi.providers.answers import (
    UnreadableAnswerError,
    answer_of,
    documents_in,
    no_sound,
    stream_in,
)
from oneapi.providers.base import (
    Call,
    Dialect,
    Document,
    Progress,
    Reply,
    StreamDecoder,
)
from oneapi.relay.offers import Offer
from oneapi.wire.canonical import as_chunks
from oneapi.wire.dialect import ClientDialect, StreamEncoder
from oneapi.wire.endpoints import CHUNKED, Answer, answered_with
from oneapi.wire.joining import joined
from oneapi.wire.openai_events import answer_of_events, events_of_answer, events_of_sound
from oneapi.wire.reasoning import ReasoningEncoder, formed
from oneapi.wire.served_tiers import served_tier
from oneapi.wire.sse import BLANK, Event, EventParser, Splitter, events_of, is_event_stream
from oneapi.wire.usage import Usage

MAX_ANSWER_BYTES: Final = 256 << 20
MANY_BYTES: Final = 4 << 10  # of events that arrive at once
EXAMPLES: Final = 3  # events of them that are read one by one
MAX_HELD_BYTES: Final = 64 << 10  # of what introduces an answer
MAY_BE_NO_JSON: Final = answered_with(Answer.TEXT, Answer.SOUND)
_SOUND: Final = answered_with(Answer.SOUND)
_ENDS_IN_PARTS: Final = answered_with(
    Answer.DATA
)  # of several pictures each is said to be complete

Charged = Callable[[Reply], Usage]  # what a whole answer is charged, which its client is told


class Lane(Progress, Protocol):
    """Vendor events in, client bytes out; `providers.base.Watcher` is one, `Conversion` the other."""

    @property
    def output_tokens(self) -> int: ...
    @property
    def counted_at(self) -> int: ...

    def skim(self, events: bytes) -> int:
        """See `Watcher.skim`."""
        ...

    def say(self, event: Event) -> bytes:
        """Return what the client gets of one event; raise `UpstreamError` for an error."""
        ...

    def close(self) -> bytes:
        """The answer is whole: return what ends it."""
        ...


class Translation(Protocol):
    """Vendor bytes in, client bytes out.

    `ended` turns true with the last piece for the client. `failure` then says why the answer is not whole, `None` that it
    is; what came before the failure has been returned. `usage` is the last one reported; `output_tokens` estimates what
    was delivered, and `counted_at` what had been when the vendor last reported; `tier`: see `providers.base.Progress`.
    `is_finished`: nothing of the answer is missing, whatever becomes of the connection.
    """

    @property
    def usage(self) -> Usage | None: ...
    @property
    def tier(self) -> str: ...
    @property
    def output_tokens(self) -> int: ...
    @property
    def counted_at(self) -> int: ...
    @property
    def ended(self) -> bool: ...
    @property
    def failure(self) -> UpstreamError | None: ...
    @property
    def is_finished(self) -> bool: ...

    def feed(self, piece: bytes) -> bytes:
        """Return what the client gets for a piece of the vendor's answer."""
        ...

    def finish(self) -> bytes:
        """The vendor's body has ended: return what is left to say."""
        ...


def missing(progress: Progress) -> UpstreamError | None:
    """Return what a stream lacks that has come to its end, `None` if it is a whole answer.

    It is whole when the vendor has said why it ended, or has set its end mark behind something that was said.
    """
    if progress.finished or (progress.ended and progress.said):
        return None
    if progress.said:
        return Truncated("the provider closed the stream before the answer was complete")
    return Truncated("the provider's stream holds no answer", code="bad_response_body")


class StreamTranslation:
    """A stream of events through either lane.

    An answer begins with the first thing that it says: what introduces it waits until then, so that a vendor which fails
    before has delivered nothing, and another channel may be asked.
    """

    __slots__ = ("_begun", "_ends_once", "_held", "_lane", "_splitter", "ended", "failure")

    def __init__(self, lane: Lane, splitter: Splitter, ends_once: bool) -> None:
        self.ended = False
        self._ends_once = ends_once
        self.failure: UpstreamError | None = None
        self._splitter = splitter
        self._lane = lane
        self._begun = False
        self._held = b""

    @property
    def usage(self) -> Usage | None:
        """What the vendor has reported so far."""
        return self._lane.usage

    @property
    def tier(self) -> str:
        """In which tier the vendor says that it served."""
        return self._lane.tier

    @property
    def output_tokens(self) -> int:
        """Estimate of the tokens delivered so far."""
        return self._lane.output_tokens

    @property
    def counted_at(self) -> int:
        """That estimate when the vendor last reported."""
        return self._lane.counted_at

    @property
    def is_finished(self) -> bool:
        """Whether the vendor has said why its answer ended; pictures end one by one."""
        return self._ends_once and self._lane.finished

    def feed(self, piece: bytes) -> bytes:
        """Return what the client gets of the events that are whole now."""
        events = self._splitter.feed(piece)
        if not events:
            return b""
        plain = self._lane.skim(events)
        if plain == len(events):
            return events
        if plain:
            return events[:plain] + self._said(events[plain:])
        if self._begun or len(events) < MANY_BYTES:
            return self._said(events)
        return self._said_at_once(events)

    def _said_at_once(self, events: bytes) -> bytes:
        """Return what the client gets of a stream that comes in one piece: its first events show what most are like."""
        end = 0
        for _ in range(EXAMPLES):
            at = events.find(b"\n\n", end)
            if at < 0:
                return self._said(events)
            end = at + 2
        out = self._said(events[:end])
        if self.ended:
            return out
        plain = end + self._lane.skim(events[end:])
        return out + events[end:plain] + self._said(events[plain:])

    def finish(self) -> bytes:
        """Return what is left; an event that the end cut off counts if it is whole but for its blank line."""
        if self.ended:
            return b""
        rest = self._splitter.finish()
        out = self._said(rest) if rest else b""
        return out if self.ended else out + self._ended(b"")

    def _said(self, run: bytes) -> bytes:
        lane = self._lane
        out: list[bytes] = []
        if run.startswith(b"data: ") and run.find(b"\n") == len(run) - 2:
            events = [Event(run[6:-2], "message", run)]
        else:
            events = events_of(run)
        try:
            for event in events:
                said = lane.say(event)
                if lane.ended:
                    return self._ended(b"".join(out), said)
                out.append(said)
        except UpstreamError as error:
            self._fail(error)
        return self._told(b"".join(out))

    def _ended(self, before: bytes, last: bytes = b"") -> bytes:
        """The stream has come to its end: return the end of the answer, if it is one."""
        error = missing(self._lane)
        if error is not None:
            self._fail(error)
            return self._told(before)
        self.ended = True
        return self._told(before + last + self._lane.close())

    def _fail(self, error: UpstreamError) -> None:
        self.failure = error
        self.ended = True

    def _told(self, out: bytes) -> bytes:
        """Hold back what only introduces an answer."""
        if self._begun:
            return out
        out = self._held + out
        lane = self._lane
        if lane.said or lane.finished or len(out) > MAX_HELD_BYTES:
            self._begun = True
            self._held = b""
            return out
        self._held = out
        return b""


def _made(usage: Usage | None) -> int:
    return 0 if usage is None else int(usage.output_tokens)


class Conversion:
    """The slow lane: vendor events -> canonical chunks -> the client's events."""

    __slots__ = ("_decoder", "_encoder", "counted_at")

    def __init__(self, decoder: StreamDecoder, encoder: StreamEncoder) -> None:
        self._decoder = decoder
        self._encoder = encoder
        self.counted_at = 0

    @property
    def usage(self) -> Usage | None:
        """What the vendor has reported so far."""
        return self._decoder.usage

    @property
    def tier(self) -> str:
        """In which tier the vendor says that it served."""
        return self._decoder.tier

    @property
    def output_tokens(self) -> int:
        """Estimate of the tokens delivered so far."""
        return self._encoder.output_tokens

    @property
    def said(self) -> bool:
        """Whether something of an answer has come."""
        return self._decoder.said

    @property
    def finished(self) -> bool:
        """Whether the vendor has said why the answer ended."""
        return self._decoder.finished

    @property
    def ended(self) -> bool:
        """Whether the vendor's end mark has come."""
        return self._decoder.ended

    def skim(self, events: bytes) -> int:
        """Every event is converted."""
        return 0

    def say(self, event: Event) -> bytes:
        """Convert one event."""
        decoder, encoder = self._decoder, self._encoder
        before = decoder.usage
        said = b"".join([encoder.feed(chunk) for chunk in decoder.feed(event)])
        usage = decoder.usage
        if usage is not before and (before is None or _made(usage) != before.output_tokens):
            self.counted_at = encoder.output_tokens
        return said

    def close(self) -> bytes:
        """Say the end."""
        out = [self._encoder.feed(chunk) for chunk in self._decoder.finish()]
        out.append(self._encoder.finish())
        return b"".join(out)


class WholeTranslation:
    """A whole answer to a client that asked for a stream: said at once when it is there."""

    __slots__ = (
        "_call",
        "_charged",
        "_client",
        "_offer",
        "_parts",
        "_size",
        "counted_at",
        "ended",
        "failure",
        "is_finished",
        "output_tokens",
        "tier",
        "usage",
    )

    def __init__(self, client: ClientDialect, offer: Offer, call: Call, charged: Charged) -> None:
        self.ended = False
        self.failure: UpstreamError | None = None
        self.is_finished = False
        self.usage: Usage | None = None
        self.tier = ""
        self.output_tokens = 0
        self.counted_at = 0
        self._charged = charged
        self._client = client
        self._offer = offer
        self._call = call
        self._parts: list[bytes] = []
        self._size = 0

    def feed(self, piece: bytes) -> bytes:
        """Collect the answer."""
        self._parts.append(piece)
        self._size += len(piece)
        if self._size > MAX_ANSWER_BYTES:
            self._fail(UpstreamError("the provider's answer is too large"))
        return b""

    def finish(self) -> bytes:
        """Return the answer as a stream."""
        if self.ended:
            return b""
        body = b"".join(self._parts)
        self.ended = True
        try:
            return self._events(body)
        except UpstreamError as error:
            stream = stream_in(body) if isinstance(error, UnreadableAnswerError) else None
            if stream is None:
                self._fail(error)
                return b""
        return self._through(of_stream(self._client, self._offer, self._call), stream)

    def _through(self, translation: StreamTranslation, stream: bytes) -> bytes:
        """Return an answer that was a stream after all: JSON objects, one a line."""
        out = translation.feed(stream)
        out += translation.finish()
        self.failure = translation.failure
        self.usage = translation.usage
        self.tier = translation.tier
        self.output_tokens = translation.output_tokens
        self.counted_at = translation.counted_at
        return out

    def _fail(self, error: UpstreamError) -> None:
        self._parts.clear()
        self.failure = error
        self.ended = True

    def _events(self, body: bytes) -> bytes:
        call = self._call
        self.tier = served_tier(body)
        if call.endpoint not in CHUNKED:
            if call.endpoint in _SOUND:
                return self._spoken(body)
            self.usage = self._offer.dialect.usage(call, body)
            self.output_tokens = self._offer.dialect.output_tokens(call, body)
            return events_of_answer(call.endpoint, answer_of(call.endpoint, body))
        reply = self._offer.dialect.response(call, body)
        usage = self.usage = self._charged(reply)
        self.output_tokens = self.counted_at = usage.output_tokens
        encoder = encoder_of(self._client, call)
        events = [encoder.feed(chunk) for chunk in as_chunks(with_usage(reply, usage), usage)]
        events.append(encoder.finish())
        return b"".join(events)

    def _spoken(self, sound: bytes) -> bytes:
        error = no_sound(sound)
        if error is not None:
            raise error
        self.usage = self._offer.dialect.usage(self._call, b"")
        return events_of_sound(sound)


def of_stream(client: ClientDialect, offer: Offer, call: Call) -> StreamTranslation:
    """Return the translation of one attempt's stream."""
    dialect = offer.dialect
    ends_once = call.endpoint not in _ENDS_IN_PARTS
    if offer.answer_passes:
        return StreamTranslation(dialect.watch(call), offer.splits(), ends_once)
    conversion = Conversion(dialect.stream(call), encoder_of(client, call))
    return StreamTranslation(conversion, offer.splits(), ends_once)


def encoder_of(client: ClientDialect, call: Call) -> StreamEncoder:
    """Return what says canonical chunks to the client, thoughts as the channel wants them said."""
    encoder = client.stream(call)
    form = call.reasoning
    return ReasoningEncoder(encoder, form) if form else encoder


def rendered(client: ClientDialect, call: Call, document: Document, usage: Usage) -> bytes:
    """Return a whole canonical reply as the client gets it."""
    form = call.reasoning
    return client.render(formed(document, form) if form else document, usage)


def with_usage(reply: Reply, usage: Usage) -> Document:
    """Return the reply's document, without a usage that is not the one that is charged."""
    return reply.document if usage is reply.usage else {**reply.document, "usage": None}


def translation_of(
    client: ClientDialect, offer: Offer, call: Call, charged: Charged, begin: bytes
) -> Translation | None:
    """Return the translation of an answer that begins so; `None`: this does not yet show what it is.

    The first byte that is not blank decides between events and a whole answer; what the vendor's headers say does not.
    """
    begin = begin.lstrip(BLANK)
    if not begin:
        return None
    is_whole = call.endpoint in MAY_BE_NO_JSON and not is_event_stream(begin)
    if is_whole or begin.startswith((b"{", b"[")):
        return WholeTranslation(client, offer, call, charged)
    return of_stream(client, offer, call)


def joined_answer(dialect: Dialect, call: Call, stream: bytes) -> Reply:
    """Return the whole answer that some events say; raise `UpstreamError` if they say none."""
    parser = EventParser()
    events = parser.feed(stream) + parser.finish()
    if call.endpoint not in CHUNKED:
        _check_end(dialect.watch(call), events)
        document = answer_of_events(call.endpoint, documents_in(events))
        return Reply(document, dialect.usage(call, msgspec.json.encode(document)))
    decoder = dialect.stream(call)
    chunks: list[Document] = []
    for event in events:
        chunks += decoder.feed(event)
        if decoder.ended:
            break
    error = missing(decoder)
    if error is not None:
        raise error
    return Reply(joined(chunks + decoder.finish()), decoder.usage)


def _check_end(lane: Lane, events: list[Event]) -> None:
    """Raise the `UpstreamError` that some events are which say no whole answer."""
    for event in events:
        lane.say(event)
        if lane.ended:
            break
    error = missing(lane)
    if error is not None:
        raise error
