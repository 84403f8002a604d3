"""What a vendor answers: the interface, and `Exchange`, the answer on one of our own connections.

The connection pushes bytes in; `read` and `pump` wait for their end. There is one future for the
head and at most one for the end, no task, no queue: a piece goes from the socket's callback
straight into the sink.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Final, Protocol

from oneapi.errors import Truncated, UpstreamError
from oneapi.upstream.decoding import Decoder
from oneapi.upstream.fields import Fields
from oneapi.upstream.limits import Timeouts

UNREAD_BYTES: Final = 256 << 10  # what may pile up before anybody reads or pumps

_NONE: Final = Fields({})

Sink = Callable[[bytes], None]
Ended = Callable[["Exchange"], None]  # must not raise


class UpstreamResponse(Protocol):
    """An answer whose status line and headers are there; header names are lower-case."""

    @property
    def status(self) -> int:
        """Return the status code, never an interim one."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """Return the headers; of a repeated one a single value, usually the last."""
        ...

    async def read(self, limit: int) -> bytes:
        """Return the whole body; raise `UpstreamError` when it has more than `limit` bytes."""
        ...

    async def pump(self, sink: Sink) -> None:
        """Call `sink` with the body's bytes as they arrive; return at its end.

        What `sink` raises is raised here. Raises `Truncated` or `UpstreamTimeout` when the end
        does not come, after `sink` got everything that did.
        """
        ...

    def pause(self) -> None:
        """Stop reading from the vendor; the idle timeout rests meanwhile."""
        ...

    def resume(self) -> None:
        """Go on reading."""
        ...

    def close(self) -> None:
        """Abandon the answer: unless it is complete the connection is closed at once."""
        ...


class Line(Protocol):
    """The connection as its current exchange sees it."""

    def abort(self) -> None:
        """Close at once."""
        ...

    def pause_reading(self) -> None:
        """Stop reading; twice is harmless."""
        ...

    def resume_reading(self) -> None:
        """Go on reading; twice is harmless."""
        ...


class UnansweredError(UpstreamError):
    """The connection was lost before any byte of an answer; on a reused one this is worth one more try."""


class Exchange:
    """One request and its answer. Written by the connection, read by `UpstreamClient` and the caller."""

    # Defaults of the class: most answers never change most of them, and making one is on the hot path.
    status = 0
    framed = False  # the head says where the body ends
    line: Line | None = None
    answered: asyncio.Future[None] | None = None
    decoder: Decoder | None = None
    complete = False
    error: BaseException | None = None
    _ended: asyncio.Future[None] | None = None
    _listener: Ended | None = None
    _sink: Sink | None = None
    _size = 0
    _reading = False
    _paused = False

    def __init__(self, host: str, timeouts: Timeouts, bodiless: bool, deadline: float) -> None:
        self.host = host
        self.timeouts = timeouts
        self.bodiless = bodiless
        self.deadline = deadline  # of the whole exchange, on the client's clock; 0: none
        self.headers = _NONE
        self._limit = UNREAD_BYTES
        self._parts: list[bytes] = []

    # From the connection.

    def take(self, body: bytes) -> None:
        """Accept de-chunked bytes; never raises, a failure ends the exchange."""
        sink = self._sink
        if sink is not None:
            try:
                sink(body)
            except Exception as error:  # noqa: BLE001 - handed on to whoever awaits `pump`
                self.fail(error)
            return
        self._parts.append(body)
        self._size += len(body)
        if self._size > self._limit:
            if self._reading:
                self.fail(self._too_large())
            elif self.line is not None:
                self.line.pause_reading()

    def unpack(self, packed: bytes) -> None:
        """Accept compressed bytes."""
        assert self.decoder is not None, "the connection asked"
        try:
            for piece in self.decoder.feed(packed):
                if self.error is None:
                    self.take(piece)
        except UpstreamError as error:
            self.fail(error)

    def end(self) -> None:
        """The body is complete; the connection is no longer ours."""
        self.line = None
        if self.error is not None:
            return
        if self.decoder is not None:
            try:
                self.decoder.finish()
            except Truncated as error:
                self.fail(error)
                return
        self.complete = True
        listener, self._listener = self._listener, None  # it may refer to us
        if listener is not None:
            listener(self)
        elif self._ended is not None and not self._ended.done():
            self._ended.set_result(None)

    def refuse(self, error: BaseException) -> None:
        """Fail although a head came: it is not one that the caller may see."""
        self.status = 0
        self.headers = _NONE
        self.fail(error)

    def fail(self, error: BaseException) -> None:
        """End the exchange with `error`, unless it has ended; closes the connection."""
        if self.complete or self.error is not None:
            return
        self.error = error
        line, self.line = self.line, None
        if line is not None:
            line.abort()
        for future in (self.answered if self.status == 0 else None, self._ended):
            if future is not None and not future.done():
                future.set_exception(error)
        listener, self._listener = self._listener, None
        if listener is not None:
            listener(self)

    @property
    def paused(self) -> bool:
        """Whether the silence is ours: the caller is slow, or nobody has begun to read what is there."""
        return self._paused or (not self._reading and self._size > self._limit)

    # For the caller.

    def expect_whole(self, limit: int, ended: Ended) -> None:
        """Collect at most `limit` bytes, and call `ended` instead of waking somebody up."""
        self._limit = limit
        self._reading = True
        self._listener = ended

    def body(self) -> bytes:
        """Return what has been collected."""
        parts = self._parts
        return parts[0] if len(parts) == 1 else b"".join(parts)

    async def read(self, limit: int) -> bytes:
        """See `UpstreamResponse`."""
        if self._size > limit and self.error is None:
            self.complete = False
            self.fail(self._too_large())
        if not self.complete:
            self._limit = limit
            self._reading = True
            await self._end_of_body()
        return self.body()

    async def pump(self, sink: Sink) -> None:
        """See `UpstreamResponse`."""
        if self._parts:
            there, self._parts, self._size = b"".join(self._parts), [], 0
            try:
                sink(there)
            except BaseException:
                self.close()
                raise
        if not self.complete:
            self._sink = sink
            self._limit = UNREAD_BYTES
            await self._end_of_body()

    async def _end_of_body(self) -> None:
        if self.error is not None:
            raise self.error
        if self.line is not None and not self._paused:
            self.line.resume_reading()
        self._ended = asyncio.get_running_loop().create_future()
        try:
            await self._ended
        except asyncio.CancelledError:
            self.close()
            raise

    def pause(self) -> None:
        """See `UpstreamResponse`."""
        self._paused = True
        if self.line is not None:
            self.line.pause_reading()

    def resume(self) -> None:
        """See `UpstreamResponse`."""
        self._paused = False
        if self.line is not None:
            self.line.resume_reading()

    def close(self) -> None:
        """See `UpstreamResponse`."""
        if not self.complete and self.error is None:
            text = f"the answer of {self.host} was abandoned"
            self.fail(Truncated(text, channel_at_fault=False))

    def _too_large(self) -> UpstreamError:
        return UpstreamError(f"the answer of {self.host} is too large")
