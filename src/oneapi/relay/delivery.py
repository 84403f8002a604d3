"""From the vendor to the client: the last piece never leaves before the charge is journaled.

`StreamDelivery` lives as long as the client's request, across attempts; until the first byte of an answer has gone out,
an attempt that fails may be followed by another.
"""

import asyncio
from collections.abc import Callable
from typing import NamedTuple

from oneapi.errors import StorageFailed, Truncated, UpstreamError
from oneapi.relay.exchange import EVENT_STREAM, HeaderPairs, Responder
from oneapi.relay.translation import Translation
from oneapi.upstream import UpstreamResponse

STREAM_HEADERS: HeaderPairs = ((b"cache-control", b"no-cache"), (b"x-accel-buffering", b"no"))
CLOSE_GRACE_SECONDS = 1.0
MAX_DOCUMENT_BYTES = 64 << 10  # of what may be an error in place of sound
MAX_BLANK_BYTES = 8  # of a beginning that shows nothing: a byte order mark may be cut


class StreamEnd(NamedTuple):
    """How a stream ended: by which rule, whether the vendor has said its end, how long its first text took.

    `first_at`: when that came, monotonic seconds; 0 if there was none.
    """

    rule: str
    is_whole: bool
    thinking_seconds: float
    first_at: float


Judge = Callable[[bytes], UpstreamError | None]
# Charges the running attempt for what its translation has seen.
Settle = Callable[[Translation, StreamEnd], None]
# Returns the translation of an answer that begins so, `None` if that is too little to know.
Opening = Callable[[bytes], Translation | None]


class StreamDelivery:
    """One client's stream. `begun`: something of an answer has gone out, so no other attempt may follow.

    `begins`: called when the running attempt's answer begins.
    """

    def __init__(
        self,
        responder: Responder,
        keepalive: Callable[[], bytes],
        drain_seconds: float,
        extra: HeaderPairs,
    ) -> None:
        self.begun = False
        self.begins: Callable[[], None] | None = None
        self._keepalive = keepalive
        self._responder = responder
        self._settle: Settle = _nothing_to_settle
        self._open: Opening = _nothing_to_open
        self._begin = b""
        self._drain_seconds = drain_seconds
        self._headers = STREAM_HEADERS + extra
        self._loop = asyncio.get_running_loop()
        self._task = asyncio.current_task()
        self._translation: Translation | None = None
        self._response: UpstreamResponse | None = None
        self._error: UpstreamError | StorageFailed | None = None
        self._asked_at = self._loop.time()
        self._first_at = 0.0  # when the first text came
        self._started = False
        self._settled = False
        self._wrote = False
        self._silent_seconds = 0.0
        self._timer: asyncio.TimerHandle | None = None
        responder.attach(self)

    @property
    def started(self) -> bool:
        """Whether the client has a status line, so that errors must go in band."""
        return self._started

    async def run(self, response: UpstreamResponse, opening: Opening, settle: Settle) -> None:
        """Deliver one attempt's stream.

        Raises `UpstreamError` if it failed before anything was delivered, `BrokenOffError` if it failed later, and
        `StorageFailed` if the charge could not be written down; the answer's end has not left then.
        """
        self._translation = None
        self._open = opening
        self._begin = b""
        self._settle = settle
        self._error = None
        self._response = response
        try:
            try:
                await response.pump(self._take)
            except UpstreamError:
                translation = self._translation
                if self._error is not None or translation is None or not translation.is_finished:
                    raise  # otherwise the connection was cut behind the end of the answer
            if not self._settled and self._error is None:
                self._finish()
        except (UpstreamError, StorageFailed) as error:
            self._broke(self._error or error)
        except asyncio.CancelledError:
            self._cancelled()
            raise
        else:
            if self._error is not None:
                self._broke(self._error)
        finally:
            self._response = None
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None

    def _take(self, piece: bytes) -> None:
        """Pass on a piece; called straight from the socket."""
        translation = self._translation
        if translation is None:
            piece = self._begin + piece
            translation = self._translation = self._open(piece)
            if translation is None:
                self._begin = piece[-MAX_BLANK_BYTES:]
                return
        if self._settled or self._error is not None:
            return
        try:
            out = translation.feed(piece)
            if self._first_at == 0.0 and translation.output_tokens:
                self._first_at = self._loop.time()
            if not translation.ended:
                if out:
                    self._write(out)
                return
            self._end(translation, out)
        except (UpstreamError, StorageFailed) as error:
            self._error = error
            self._abandon()
        else:
            self._close_after(CLOSE_GRACE_SECONDS)

    def _finish(self) -> None:
        """The vendor's body has ended."""
        translation = self._translation
        if translation is None:
            raise UpstreamError("the provider's answer is empty", code="bad_response_body")
        self._end(translation, translation.finish())

    def _end(self, translation: Translation, last: bytes) -> None:
        """The answer is over, one way or the other: send what came, then its end or its error."""
        if translation.failure is None:
            self._conclude(translation, last)
            return
        if last:
            self._write(last)
        self._error = translation.failure
        self._abandon()

    def _write(self, out: bytes) -> None:
        if not self.begun:
            self._start()
            self.begun = True
            if self.begins is not None:
                self.begins()
        self._wrote = True
        self._responder.write(out)

    def _start(self) -> None:
        if not self._started:
            self._started = True
            self._responder.start(200, EVENT_STREAM, self._headers)

    def _conclude(self, translation: Translation, last: bytes) -> None:
        """Charge, then let the end of the answer go."""
        rule = "client_left" if self._responder.left else "complete"
        self._charge(translation, rule, is_whole=True)
        self._start()
        self.begun = True
        self._responder.end(last)

    def _broke(self, error: UpstreamError | StorageFailed) -> None:
        """The vendor or our disk failed, or the client left and the time to drain is over."""
        if self._settled:
            return
        translation = self._translation
        if translation is None or not self.begun:
            self._asked_at = self._loop.time()  # of another attempt, in a moment
            raise error
        if self._responder.left:
            self._charge(translation, "client_left")
            return
        if isinstance(error, StorageFailed):
            self._charge(translation, "unrecorded", is_whole=True)
            raise error
        self._charge(translation, "upstream_broke")
        raise BrokenOffError(error) from error

    def _cancelled(self) -> None:
        """The client left before the first token, or we are shutting down: what was used is still owed."""
        translation = self._translation
        if translation is None or self._settled:
            return
        if self.begun or translation.usage is not None:
            self._charge(translation, "client_left" if self._responder.left else "shutdown")

    def _charge(self, translation: Translation, rule: str, *, is_whole: bool = False) -> None:
        seconds = (self._first_at or self._loop.time()) - self._asked_at
        self._settle(translation, StreamEnd(rule, is_whole, seconds, self._first_at))
        self._settled = True

    def fail(self, event: bytes) -> None:
        """Say an error in band; the stream ends without its normal end."""
        self._responder.end(event)

    def tick(self, seconds: float, interval: float) -> None:
        """Send a keep-alive when the client has heard nothing for `interval` seconds; called every `seconds`."""
        if self._wrote:
            self._wrote = False
            self._silent_seconds = 0.0
            return
        self._silent_seconds += seconds
        if interval <= 0 or self._silent_seconds < interval or self._settled:
            return
        self._silent_seconds = 0.0
        self._start()
        self._responder.write(self._keepalive())

    def pause(self) -> None:
        """The client is slow: stop reading from the vendor."""
        if self._response is not None:
            self._response.pause()

    def resume(self) -> None:
        """The client caught up."""
        if self._response is not None:
            self._response.resume()

    def client_left(self) -> None:
        """Before the first token: give up. Later: listen on for the usage, for a bounded time."""
        if self.begun and self._response is not None and self._drain_seconds > 0:
            self._response.resume()
            self._close_after(self._drain_seconds)
        elif self.begun and self._response is not None:
            self._abandon()
        elif self._task is not None:
            self._task.cancel()

    def _close_after(self, seconds: float) -> None:
        if self._timer is None:
            self._timer = self._loop.call_later(seconds, self._abandon)

    def _abandon(self) -> None:
        if self._response is not None:
            self._response.close()


def _nothing_to_open(begin: bytes) -> Translation:
    raise AssertionError(f"no attempt is running, so nothing can begin with {begin[:9]!r}")


def _nothing_to_settle(translation: Translation, end: StreamEnd) -> None:
    raise AssertionError(f"no attempt is running, so nothing can have {end.rule}")


class BrokenOffError(Exception):
    """The answer broke off after it had begun and was charged; the error event remains to be sent.

    `cause`: what the channel is judged by. Its key was good enough for what had come.
    """

    def __init__(self, error: UpstreamError) -> None:
        super().__init__(error.message)
        error.auth_failed = False
        self.cause = error
        self.error = (
            error
            if isinstance(error, Truncated)
            else Truncated(error.message, status=error.status, code=error.code, type=error.type)
        )


class WholeDelivery:
    """Waits for a whole answer whose head is there.

    A client that leaves meanwhile is waited for a little longer: the vendor has done its work, and says at once what it was.
    """

    def __init__(self, responder: Responder, drain_seconds: float) -> None:
        self._responder = responder
        self._drain_seconds = drain_seconds
        self._timer: asyncio.TimerHandle | None = None
        self._task = asyncio.current_task()

    async def read(self, response: UpstreamResponse, limit: int) -> bytes:
        """Return the body."""
        self._responder.attach(self)
        try:
            return await response.read(limit)
        finally:
            self._responder.attach(None)
            if self._timer is not None:
                self._timer.cancel()

    def client_left(self) -> None:
        """Wait on, for a bounded time."""
        assert self._task is not None, "an answer is awaited in a task"
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(self._drain_seconds, self._task.cancel)

    def pause(self) -> None:
        """A whole answer is one write."""

    def resume(self) -> None:
        """A whole answer is one write."""


class BinaryDelivery:
    """Bytes that are no document, passed on as they come; charged when they begin, since usage is known by then.

    `judge`: returns the error that a small body is instead of an answer; only what begins like a document is held back
    for it. Without one, whatever comes is passed on.
    """

    def __init__(
        self,
        responder: Responder,
        content_type: bytes,
        settle: Callable[[str], None],
        status: int = 200,
        extra: HeaderPairs = (),
        judge: Judge | None = None,
    ) -> None:
        self._responder = responder
        self._content_type = content_type
        self._status = status
        self._extra = extra
        self._settle = settle
        self._judge = judge
        self._held = b""
        self._response: UpstreamResponse | None = None
        self._started = False

    async def run(self, response: UpstreamResponse) -> None:
        """Pass the answer on; raise `UpstreamError` if it failed before its first byte, or is none."""
        self._response = response
        self._responder.attach(self)
        try:
            await response.pump(self._take)
        except UpstreamError:
            if not self._started:
                raise
            self._responder.cut()
            return
        if self._started:
            self._responder.end()
            return
        error = self._judge(self._held) if self._judge is not None else None
        if error is not None:
            raise error
        # Where there is no body, there must not be one to some requests and statuses: no chunk may say so.
        self._settle("complete")
        self._responder.send(self._status, self._content_type, self._held, self._extra)

    def _begin(self) -> None:
        self._settle("complete")
        self._started = True
        self._responder.start(self._status, self._content_type, self._extra)

    def _take(self, piece: bytes) -> None:
        if not self._started:
            piece = self._held + piece
            if self._judge is not None and _may_be_document(piece):
                self._held = piece
                return
            self._begin()
        self._responder.write(piece)

    def pause(self) -> None:
        """The client is slow: stop reading from the vendor."""
        if self._response is not None:
            self._response.pause()

    def resume(self) -> None:
        """The client caught up."""
        if self._response is not None:
            self._response.resume()

    def client_left(self) -> None:
        """Nobody listens any more."""
        if self._response is not None:
            self._response.close()


def _may_be_document(begin: bytes) -> bool:
    """Say whether a body that begins so may be JSON or a page, as far as it goes."""
    return len(begin) < MAX_DOCUMENT_BYTES and begin.lstrip()[:1] in (b"", b"{", b"[", b"<")
