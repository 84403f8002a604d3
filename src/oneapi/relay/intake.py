"""A request on its way in: head, limits, body; what comes out is a frozen `Request`.

A small body stays in memory; a larger one goes to a file while it comes, and is brought back, or unpacked, once the key has
been checked. A form stays in its file, from which it can be sent to a vendor again and again.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final
from urllib.parse import unquote

from oneapi.errors import GatewayError, InvalidRequest, PayloadTooLarge
from oneapi.relay.body_room import UNCOUNTED_BYTES, BodyRoom
from oneapi.relay.connections import MOST
from oneapi.relay.exchange import JSON, Request
from oneapi.relay.unpacking import Unpacking, known_encoding, most_unpacked
from oneapi.upstream.bodies import SpooledBody

CLIENT_SECONDS: Final = 60.0
IN_MEMORY_BYTES: Final = 1 << 20  # what comes of a body beyond that goes to a file


class Limits:
    """What clients may take up.

    `body`: bytes of one. `client_seconds`: how long a client may neither send what is waited for nor take what is sent.
    `room`: for all bodies. `connections`: how many, of which `unproven` without a good key, and `per_address` from one
    address (0: any number).
    """

    __slots__ = (
        "body",
        "client_seconds",
        "connections",
        "per_address",
        "room",
        "unpacking",
        "unproven",
    )

    def __init__(
        self,
        body: int = 64 << 20,
        client_seconds: float = CLIENT_SECONDS,
        room: BodyRoom | None = None,
        connections: int = MOST,
        unproven: int = MOST,
        per_address: int = 0,
    ) -> None:
        self.connections: Final = connections
        self.unproven: Final = unproven
        self.per_address: Final = per_address
        self.body: Final = body
        self.client_seconds: Final = client_seconds
        self.room: Final = room or BodyRoom()
        self.unpacking: Final = asyncio.Semaphore(1)  # one slice between two looks at the sockets


_KEPT: Final = 1024
_LONGEST_KEPT: Final = 1024
_targets: Final[dict[bytes, tuple[str, str]]] = {}


def _split(url: bytes) -> tuple[str, str]:
    """Return path and query of a request target."""
    known = _targets.get(url)
    if known is not None:
        return known
    raw_path, _, query = url.partition(b"?")
    path = raw_path.decode("latin-1")
    found = (unquote(path) if "%" in path else path, query.decode("latin-1"))
    if len(url) <= _LONGEST_KEPT:
        if len(_targets) >= _KEPT:
            _targets.clear()
        _targets[url] = found
    return found


class Intake:
    """The request being received on one connection; `refusal` is set when its head alone condemns it."""

    __slots__ = (
        "_counted",
        "_first",
        "_is_form",
        "_is_packed",
        "_limits",
        "_more",
        "_size",
        "_spool",
        "_spooled",
        "arrived",
        "headers",
        "http_1_0",
        "method",
        "path",
        "peer",
        "query",
        "refusal",
        "request_id",
    )

    def __init__(
        self,
        method: str,
        url: bytes,
        headers: dict[bytes, bytes],
        request_id: str,
        limits: Limits,
    ) -> None:
        self.path, self.query = _split(url)
        self.method = method
        self.headers = headers
        self.request_id = request_id
        self.peer = ""
        self.http_1_0 = False
        self.arrived = 0.0
        self._limits: Final = limits
        self._size = 0
        self._first = b""
        self._more: bytearray | None = None
        self._counted = 0  # bytes of memory taken from the room
        self._spool: SpooledBody | None = None
        self._spooled = 0  # bytes of files taken from the room
        self._is_form = False
        self._is_packed = b"content-encoding" in headers
        self.refusal: GatewayError | None = None
        length = headers.get(b"content-length")
        content_type = headers.get(b"content-type")
        if length is not None and length.isdigit() and int(length) > limits.body:
            self.refusal = self._too_large()
        elif content_type is None or content_type == JSON:
            pass
        elif content_type[:10].lower() == b"multipart/":
            self._is_form = True
            self._spool = SpooledBody(UNCOUNTED_BYTES)

    @property
    def is_form(self) -> bool:
        """Whether the body is a form, which may be large and stays in its file."""
        return self._is_form

    @property
    def is_raw(self) -> bool:
        """Whether the body must be brought from its file, or unpacked, before it is one."""
        return self._is_packed or (self._spool is not None and not self._is_form)

    def _too_large(self) -> PayloadTooLarge:
        return PayloadTooLarge(
            f"the request body is larger than {self._limits.body // 1_048_576} MiB",
            code="payload_too_large",
        )

    def feed(self, body: bytes) -> None:
        """Take a piece of the body; raise `PayloadTooLarge`, or `Unavailable` when there is no room for it."""
        added = len(body)
        size = self._size = self._size + added
        if size > UNCOUNTED_BYTES or self._is_form:
            self._feed_large(body, size)
        elif size == added:
            self._first = body
        else:
            self._append(body)

    def _append(self, body: bytes) -> None:
        more = self._more
        if more is None:
            more = self._more = bytearray(self._first)
            self._first = b""
        more += body

    def _feed_large(self, body: bytes, size: int) -> None:
        limits = self._limits
        if size > limits.body:
            self.close()
            raise self._too_large()
        if self._spool is None:
            if size <= IN_MEMORY_BYTES and limits.room.take_memory(size - self._counted):
                self._counted = size
                if size == len(body):
                    self._first = body
                else:
                    self._append(body)
                return
            self._spill()
        self._write(body)

    def _spill(self) -> None:
        """Go on in a file."""
        self._spool = SpooledBody(0)
        collected = self._collected()
        if collected:
            self._write(collected)
        self._forget()

    def _write(self, body: bytes) -> None:
        assert self._spool is not None, "written to a spool"
        self._limits.room.take_spool(len(body))
        self._spooled += len(body)
        self._spool.append(body)

    def _collected(self) -> bytes:
        return self._first if self._more is None else bytes(self._more)

    def _forget(self) -> None:
        self._first = b""
        self._more = None
        if self._counted:
            self._limits.room.free_memory(self._counted)
            self._counted = 0

    async def bring(self, run: Callable[..., Awaitable[Any]]) -> None:
        """Have the body in memory and unpacked, so that `request` can return it; `run` carries a call to a thread.

        Raises `InvalidRequest`, `PayloadTooLarge`, or `Unavailable` when there is no room in time.
        """
        room = self._limits.room
        encoding = known_encoding(self.headers.get(b"content-encoding", b""))
        if self._is_form:
            if encoding:
                raise InvalidRequest("a form may not be compressed", param="Content-Encoding")
            return
        spool = self._spool
        if spool is not None:
            await room.wait_for_memory(spool.size)
            self._counted += spool.size
            self._first = await run(spool.slice, 0, spool.size)
            self._close_spool()
        if encoding:
            await self._unpack(run, encoding)

    async def _unpack(self, run: Callable[..., Awaitable[Any]], encoding: bytes) -> None:
        packed = self._collected()
        unpacking = Unpacking(packed, encoding, self._limits.body)
        if unpacking.step():
            self._first, self._more = unpacking.whole(), None
            return
        room = self._limits.room
        most = most_unpacked(len(packed), self._limits.body)
        async with self._limits.unpacking:
            await room.wait_for_memory(most)
            self._counted += most
            while not unpacking.step():  # noqa: ASYNC110 -- nothing is waited for
                await asyncio.sleep(0)
            self._first, self._more = await run(unpacking.whole), None
        surplus = most - len(self._first)
        self._counted -= surplus
        room.free_memory(surplus)

    def request(self, clock: Callable[[], float]) -> Request:
        """Return the complete request."""
        body: bytes | SpooledBody
        if self._is_form:
            assert self._spool is not None, "a form is collected in a spool"
            body = self._spool
        else:
            body = self._first if self._more is None else bytes(self._more)
        self._first = b""
        self._more = None
        return Request(
            self.method,
            self.path,
            self.query,
            self.headers,
            self.peer,
            body,
            self.request_id,
            self.arrived,
            int(clock()),
        )

    def bare_request(self) -> Request:
        """Return the request without its body: what the key is checked with before that has come."""
        return Request(
            self.method,
            self.path,
            self.query,
            self.headers,
            self.peer,
            b"",
            self.request_id,
            self.arrived,
            0,
        )

    def done(self) -> None:
        """The request is over: give back the room that its body has taken."""
        if self._counted or self._spool is not None:
            self.close()

    def _close_spool(self) -> None:
        if self._spool is not None:
            self._spool.close()
            self._spool = None
        if self._spooled:
            self._limits.room.free_spool(self._spooled)
            self._spooled = 0

    def close(self) -> None:
        """Throw away what was collected; twice is harmless."""
        self._forget()
        self._close_spool()
