"""A `Connection` without a socket: what becomes of an exchange, given the bytes as they are cut."""

import asyncio
from collections.abc import Sequence
from typing import NamedTuple

from oneapi.errors import UpstreamError
from oneapi.upstream import Timeouts
from oneapi.upstream.connection import Connection
from oneapi.upstream.response import Exchange


class Outcome(NamedTuple):
    """`error` is the kind of error, or "" for a whole answer."""

    status: int
    headers: dict[str, str]
    body: bytes
    error: str


class MemoryTransport(asyncio.Transport):
    """Takes everything, is closed by `abort`."""

    def __init__(self) -> None:
        super().__init__()
        self.closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        pass

    def is_closing(self) -> bool:
        return self.closed

    def abort(self) -> None:
        self.closed = True

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass


class LonelyOwner:
    """Remembers what a pool would do."""

    def __init__(self) -> None:
        self.returns = 0

    def joined(self, connection: Connection) -> None:
        pass

    def returned(self, connection: Connection) -> None:
        self.returns += 1

    def lost(self, connection: Connection) -> None:
        pass

    def distrust(self) -> None:
        pass


def outcome(pieces: Sequence[bytes], method: str = "POST") -> Outcome:
    """Feed `pieces`, then end the connection; return what the caller would have got."""
    owner, transport = LonelyOwner(), MemoryTransport()
    connection = Connection(owner)
    connection.connection_made(transport)
    exchange = Exchange("vendor", Timeouts(), method == "HEAD", 0.0)
    assert connection.begin(exchange, b"", 0.0)
    for piece in pieces:
        if piece and not transport.closed and not owner.returns:
            connection.data_received(piece)
    if not owner.returns:
        connection.connection_lost(None)
    return ending(exchange)


def ending(exchange: Exchange) -> Outcome:
    """Return how it ended: `pump` must not wait any more."""
    body: list[bytes] = []
    error = ""
    pumping = exchange.pump(body.append)
    try:
        pumping.send(None)
    except StopIteration:
        pass
    except UpstreamError as raised:
        error = type(raised).__name__
    else:
        raise AssertionError("the exchange waits for ever")
    return Outcome(exchange.status, dict(exchange.headers), b"".join(body), error)
