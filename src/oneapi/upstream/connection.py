"""One HTTP/1.1 connection to a vendor: llhttp (through httptools) between a transport and an `Exchange`.

llhttp refuses, as RFC 9112 wants it (read 2026-11-21): Content-Length beside Transfer-Encoding,
repeated, negative or overflowing lengths, garbage in chunk sizes, bare LF, folded headers, control
characters in values. What it does not know is here: how large a head may be, interim answers,
bodies that end with the connection, bytes after the end. Where llhttp and h11 differ, llhttp is
the stricter one; the tests say where.
"""

import asyncio
import select
from functools import partial
from typing import Any, Final, Protocol, cast

from httptools import (
    HttpParserError,
    HttpParserUpgrade,
    HttpResponseParser,
)

from oneapi.errors import Truncated, UpstreamError, UpstreamTimeout
from oneapi.upstream.decoding import decoder
from oneapi.upstream.fields import Fields, fields_of
from oneapi.upstream.response import Exchange, UnansweredError

MAX_HEAD_BYTES: Final = 64 << 10
MAX_HEADERS: Final = 200
REFUSED: Final = 400  # from here on, an answer may well come before the request is complete
# With these servers say that they will close a connection that has been idle too long; it is an answer to nothing.
FAREWELLS: Final = (b"HTTP/1.1 408", b"HTTP/1.0 408")


class Owner(Protocol):
    """The pool as its connections see it."""

    def joined(self, connection: "Connection") -> None:
        """A connection is up."""
        ...

    def returned(self, connection: "Connection") -> None:
        """The connection may carry another request."""
        ...

    def lost(self, connection: "Connection") -> None:
        """The connection is gone."""
        ...

    def distrust(self) -> None:
        """The vendor has sent an answer that nobody asked for: the next one may be taken for somebody else's."""
        ...


class _UnwantedError(Exception):
    """Raised inside a parser callback to end parsing; the connection is not used again."""


class Connection:
    """Carries one exchange at a time; `used` says that it has carried one before.

    An `asyncio.Protocol` in all but name: a class without a foreign base compiles to a struct.
    """

    __slots__ = (
        "_begins",
        "_body",
        "_complete",
        "_drained",
        "_fields",
        "_head_bytes",
        "_heard",
        "_interim",
        "_keep",
        "_owner",
        "_packed",
        "_parser",
        "_poll",
        "_quiet_since",
        "_reading_paused",
        "_sending",
        "_served",
        "_since_body",
        "_unsent",
        "_writes_paused",
        "exchange",
        "idle_since",
        "on_body",
        "on_header",
        "on_message_begin",
        "transport",
        "used",
    )

    def __init__(self, owner: Owner) -> None:
        self._owner = owner
        self.transport: asyncio.Transport | None = None
        self.exchange: Exchange | None = None
        self.used = False
        self.idle_since = 0.0
        self._fields: dict[bytes, bytes] = {}
        # The parser calls straight into the dict: of a repeated header one value remains, and llhttp
        # itself judges those that frame the body.
        self.on_header = self._fields.__setitem__
        self._body: list[bytes] = []
        self.on_body = self._body.append
        self._begins: list[None] = []
        self.on_message_begin = partial(self._begins.append, None)
        self._parser: Any = HttpResponseParser(self)
        self._poll: Any = None  # of the socket: whether it has anything for us
        self._drained: asyncio.Future[None] | None = None
        self._sending = False
        self._served = False  # has carried a whole exchange before
        self._unsent = 0
        self._writes_paused = False
        self._reading_paused = False
        self._heard = False
        self._quiet_since = 0.0
        self._head_bytes = 0  # of this answer, interim ones included, until its head is complete
        self._since_body = 0  # bytes without any content: trailers, chunk extensions
        self._interim = False
        self._packed = False
        self._complete = False
        self._keep = False

    # Sending.

    def begin(self, exchange: Exchange, message: bytes, now: float, body: bytes = b"") -> bool:
        """Send a request that fits into one write; `False` when the connection is already gone.

        `body` is what is too large to be copied behind its head.
        """
        transport = self.transport
        if transport is None or transport.is_closing():
            return False
        self._fields.clear()  # trailers of the answer before
        self._begins.clear()
        self._head_bytes = self._since_body = 0
        self._complete = self._keep = False
        self._quiet_since = now
        self.exchange = exchange
        exchange.line = self
        if body:
            transport.writelines((message, body))
        else:
            transport.write(message)
        return True

    def send_more(self, segment: bytes | memoryview) -> None:
        """Send a piece of the body that follows `begin`; an answer now means: the vendor refuses it."""
        self._sending = True
        if self.transport is not None:
            self.transport.write(segment)

    def sent(self, now: float) -> None:
        """The request is complete: from here the first byte is waited for."""
        self._sending = False
        self._quiet_since = now

    async def writable(self) -> None:
        """Wait until the transport wants more, or the exchange has got its answer or its end."""
        if self._writes_paused and self.exchange is not None and self.exchange.status == 0:
            self._drained = asyncio.get_running_loop().create_future()
            await self._drained

    def _release_writer(self) -> None:
        drained, self._drained = self._drained, None
        if drained is not None and not drained.done():
            drained.set_result(None)

    def eof_received(self) -> None:
        """The vendor sends no more; the transport closes itself."""

    def pause_writing(self) -> None:
        """Called by the transport when its buffer is full."""
        self._writes_paused = True

    def resume_writing(self) -> None:
        """Called by the transport when its buffer has emptied."""
        self._writes_paused = False
        self._heard = True
        self._release_writer()

    # From the parser.

    def on_headers_complete(self) -> None:
        """Publish the head, or skip it when it is an interim one."""
        exchange = self.exchange
        if exchange is None or self._complete:
            raise _UnwantedError
        status = self._parser.get_status_code()
        raw = self._fields
        if status < 200:
            self._interim = True
            raw.clear()
            self._begins.clear()
            if status < 100:
                raise _UnwantedError
            return
        if len(raw) > MAX_HEADERS:
            raise _UnwantedError
        headers = Fields(raw)
        raw.clear()
        places = headers.places
        exchange.framed = "content-length" in places
        if "transfer-encoding" in places:
            exchange.framed = True
            # Compressed framing, or chunked twice: nobody sends that in earnest.
            if headers["transfer-encoding"].lower() != "chunked":
                raise _UnwantedError
        exchange.headers = headers
        exchange.status = status
        if exchange.bodiless:
            self._complete = True
            raise _UnwantedError
        self._packed = "content-encoding" in places

    def on_message_complete(self) -> None:
        """Ask about keep-alive here: once the callback is over the parser no longer knows."""
        if self._interim:
            self._interim = False
            return
        self._complete = True
        self._keep = self._parser.should_keep_alive()

    # From the transport.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Join the pool."""
        self.transport = cast(asyncio.Transport, transport)
        self._owner.joined(self)

    def data_received(self, data: bytes) -> None:
        """Parse, pass the content on in one piece, and see what has become of the exchange."""
        exchange = self.exchange
        if exchange is None:
            self._end_unasked(data)
            return
        self._heard = True
        asked = exchange.status == 0
        broken = False
        try:
            self._parser.feed_data(data)
        except (HttpParserError, HttpParserUpgrade):
            self._keep = False
            broken = not self._complete
        if asked and not self._answered(exchange, data, broken):
            return
        body = self._body
        if body:
            self._since_body = 0
            piece = body[0] if len(body) == 1 else b"".join(body)
            body.clear()
            if exchange.decoder is None:
                exchange.take(piece)
            else:
                exchange.unpack(piece)
        elif not asked:
            self._since_body += len(data)
            broken = broken or self._since_body > MAX_HEAD_BYTES
        if self._complete:
            self._finish(exchange)
        elif broken:
            text = f"{exchange.host} broke off into something that is not HTTP"
            exchange.fail(UpstreamError(text))

    def _end_unasked(self, data: bytes) -> None:
        """Bytes that nobody asked for: the connection is gone, and the vendor's others may be out of step too."""
        self.abort()
        if not data.startswith(FAREWELLS):
            self._owner.distrust()

    def _answered(self, exchange: Exchange, data: bytes, broken: bool) -> bool:
        """Whether there is a head now; wakes up whoever waits for it."""
        self._head_bytes += len(data)
        if exchange.status == 0 or self._head_bytes > MAX_HEAD_BYTES:
            error = self._objection(exchange, data, broken)
            if error is not None:
                exchange.refuse(error)
            if exchange.status == 0:
                return False
        if self._sending and self._served and exchange.status < REFUSED:
            self._owner.distrust()
            exchange.refuse(UnansweredError(f"{exchange.host} answered before it was asked"))
            return False
        if self._packed:
            self._packed = False
            headers = dict(exchange.headers)
            try:
                exchange.decoder = decoder(headers, exchange.host)
            except UpstreamError as error:
                exchange.refuse(error)
                return False
            exchange.headers = fields_of(headers)
        answered = exchange.answered
        if answered is not None and not answered.done():
            answered.set_result(None)
        if self._drained is not None:
            self._release_writer()
        return True

    def _objection(self, exchange: Exchange, data: bytes, broken: bool) -> UpstreamError | None:
        """Return what is wrong with a head that is incomplete, or came with much data."""
        weight = self._head_bytes
        if exchange.status != 0:
            weight += data.find(b"\r\n\r\n") - len(data)
        if weight > MAX_HEAD_BYTES:
            return UpstreamError(f"{exchange.host} sent headers that are too large")
        if not broken:
            return None
        if self._served:  # rather the rest of the answer before than the beginning of this one
            self._owner.distrust()
            return UnansweredError(f"{exchange.host} said more than its answer before")
        return UpstreamError(f"{exchange.host} did not answer in HTTP")

    def _finish(self, exchange: Exchange) -> None:
        """The answer is complete: the connection goes back, unless there is something wrong with it."""
        self.exchange = None
        if self._reading_paused:
            self.resume_reading()
        exchange.end()
        if self._keep and not self._sending and exchange.complete and len(self._begins) == 1:
            self._served = True
            self._owner.returned(self)
            return
        self.abort()
        if len(self._begins) > 1:  # in the same read
            self._owner.distrust()

    def connection_lost(self, exc: Exception | None) -> None:
        """Say what that means for the exchange: its normal end, an answer cut short, or none at all."""
        self.transport = None
        self._parser = None
        self._owner.lost(self)
        exchange, self.exchange = self.exchange, None
        if exchange is not None:
            reason = f" ({exc.strerror})" if isinstance(exc, OSError) and exc.strerror else ""
            if exchange.status == 0:
                kind = UpstreamError if self._head_bytes else UnansweredError
                text = f"{exchange.host} closed the connection before it answered{reason}"
                exchange.fail(kind(text))
            elif exc is None and not exchange.framed:
                exchange.end()
            else:
                exchange.fail(
                    Truncated(f"{exchange.host} broke off in the middle of its answer{reason}")
                )
        self._release_writer()

    # For the exchange and the pool.

    def pause_reading(self) -> None:
        """Stop reading; twice is harmless."""
        self._reading_paused = True
        if self.transport is not None:
            self.transport.pause_reading()

    def resume_reading(self) -> None:
        """Go on reading; twice is harmless."""
        self._reading_paused = False
        if self.transport is not None:
            self.transport.resume_reading()

    def is_open(self) -> bool:
        """Whether the connection is up, as far as we have heard."""
        transport = self.transport
        return transport is not None and not transport.is_closing()

    def is_silent(self) -> bool:
        """Whether the connection is up, and the vendor has said nothing that we have not read yet: asks the socket."""
        transport = self.transport
        if transport is None or transport.is_closing():
            return False
        if self._poll is None:
            poll = select.poll()
            poll.register(transport.get_extra_info("socket").fileno(), select.POLLIN)
            self._poll = poll.poll
        return not self._poll(0)

    def doubt(self) -> None:
        """Fail what waits for an answer behind another one's: it may get the wrong one. It is sent again elsewhere."""
        exchange = self.exchange
        if exchange is not None and self._served and exchange.status == 0:
            exchange.fail(UnansweredError(f"{exchange.host} mixes up its answers"))

    def abort(self) -> None:
        """Close at once; what was not sent is dropped."""
        self.exchange = None
        if self.transport is not None:
            self.transport.abort()

    def check(self, now: float) -> None:
        """Called a few times a second: end the exchange whose time is over."""
        exchange = self.exchange
        if exchange is None:
            return
        if exchange.deadline and now >= exchange.deadline:
            seconds = exchange.timeouts.total
            exchange.fail(timeout(exchange.host, "finish its answer", seconds, "total"))
            return
        limits = exchange.timeouts
        if self._sending:
            self._watch_progress()
        if exchange.status == 0 and not self._sending:
            if now - self._quiet_since >= limits.first_byte:
                error = timeout(exchange.host, "answer", limits.first_byte, "first-byte")
                exchange.fail(error)
            return
        if self._heard or exchange.paused:
            self._heard = False
            self._quiet_since = now
        elif now - self._quiet_since >= limits.idle:
            what = "take the request" if self._sending else "go on"
            exchange.fail(timeout(exchange.host, what, limits.idle, "idle"))

    def _watch_progress(self) -> None:
        """An upload that moves is not idle."""
        unsent = self.transport.get_write_buffer_size() if self.transport is not None else 0
        if unsent != self._unsent:
            self._unsent = unsent
            self._heard = True


def timeout(host: str, what: str, seconds: float, which: str) -> UpstreamTimeout:
    """Return the error of a timeout: who, what was waited for, and which limit it was."""
    return UpstreamTimeout(f"{host} did not {what} within {seconds:g} s ({which} timeout)")
