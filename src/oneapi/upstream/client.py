"""The only door to vendors: `UpstreamClient.send` returns when the status line and headers are there.

The way of a repeated request to a warm vendor: one dict look-up for its head, one connection popped
from a list, one write, one future; the body often comes with the head.
"""

import asyncio
import ssl
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from oneapi.errors import UpstreamError
from oneapi.providers.base import GUARDED, Headers, UpstreamRequest
from oneapi.upstream.bodies import SEGMENT_BYTES, Body
from oneapi.upstream.connection import Connection, timeout
from oneapi.upstream.heads import Head, Origin, located, render
from oneapi.upstream.limits import Limits, Timeouts
from oneapi.upstream.names import Resolve, resolved
from oneapi.upstream.pool import Pool
from oneapi.upstream.redirects import MAX_HOPS, REDIRECTS, redirected
from oneapi.upstream.response import Ended, Exchange, UnansweredError, UpstreamResponse
from oneapi.upstream.rounds import Rounds

if TYPE_CHECKING:
    from oneapi.upstream.egress import Guard
    from oneapi.upstream.proxied import ProxiedClient

MAX_KEPT_HEADS: Final = 1024
COPIED_BYTES: Final = 8 << 10  # a body up to this size is sent in one piece with its head
CLOSING_ROUNDS = 100  # turns of the loop in which aborted transports report their end

Key = tuple[str, str, Headers]


class _Near:
    """Head and pool of a request whose headers are the very object that they were the last time."""

    __slots__ = ("head", "headers", "method", "pool", "url")

    def __init__(self, request: UpstreamRequest, head: Head, pool: Pool) -> None:
        self.method: Final = request.method
        self.url: Final = request.url
        self.headers: Final = request.headers
        self.head: Final = head
        self.pool: Final = pool


class UpstreamClient:
    """Connections to all vendors; one per event loop. `proxy` (http, https, socks5 URL) is the default one.

    `guard` judges where requests go whose `proxy` begins with `GUARDED`; without one, nothing inside is allowed to them.
    """

    def __init__(
        self,
        *,
        proxy: str | None = None,
        timeouts: Timeouts = Timeouts(),  # noqa: B008 - frozen
        limits: Limits = Limits(),  # noqa: B008 - frozen
        ca_file: Path | None = None,
        clock: Callable[[], float] = time.monotonic,
        guard: "Guard | None" = None,
    ) -> None:
        self._proxy = proxy or None
        self._timeouts = timeouts
        self._limits = limits
        self._ca_file = ca_file
        self._clock = clock
        self._guard: Any = guard
        self.resolve: Resolve = resolved
        self._guarded: UpstreamClient | None = None
        self._heads: dict[Key, tuple[Head, Pool]] = {}
        self._near: dict[
            int, _Near
        ] = {}  # by the identity of the headers: a look-up that hashes no texts
        self.pools: dict[Origin, Pool] = {}
        self._proxied: dict[str, ProxiedClient] = {}
        self._rounds: Rounds | None = None
        self._tls: ssl.SSLContext | None = None
        self._sweeper: asyncio.TimerHandle | None = None
        self._closed = False

    async def send(
        self,
        request: UpstreamRequest,
        *,
        proxy: str | None = None,
        timeouts: Timeouts | None = None,
        hops: int = 0,
    ) -> UpstreamResponse:
        """Send `request`; return its answer as soon as there is a head.

        Follows redirects (see `redirects`); `hops` have been made already. A request whose reused
        connection died before a byte of an answer came is sent once more on a new one. Raises
        `UpstreamError` (or `UpstreamTimeout`) naming the vendor's host, and `InvalidRequest` for
        what must not be sent. Cancelling closes the connection.
        """
        if timeouts is None:
            timeouts = self._timeouts
        if proxy or self._proxy:
            return await self._send_otherwise(request, proxy or "", timeouts, hops)
        key = (request.method, request.url, request.headers)
        kept = self._heads.get(key)
        head, pool = kept if kept is not None else self._render(key)
        now = self._clock()
        deadline = now + timeouts.total if timeouts.total > 0 else 0.0
        connection = pool.take(now)
        retried = False
        while True:
            if connection is None:
                connection = await self._connection(pool, timeouts, deadline, retried)
            exchange = Exchange(head.host, timeouts, head.bodiless, deadline)
            reused, connection.used = connection.used, True
            try:
                await self._ask(connection, exchange, head, request.body)
            except UnansweredError:
                if retried or not reused:
                    raise
                retried = True
                connection = None
            else:
                if exchange.status not in REDIRECTS:
                    return exchange
                return await self._onward(request, exchange, proxy, timeouts, hops)

    async def _send_otherwise(
        self, request: UpstreamRequest, proxy: str, timeouts: Timeouts, hops: int
    ) -> UpstreamResponse:
        """Send a request through a proxy, or under guard: to addresses that were looked at, and no others."""
        own, address = proxy, ""
        if proxy.startswith(GUARDED):
            own = proxy[len(GUARDED) :]
            if not own and not self._proxy:
                return await self._open_client().send(request, timeouts=timeouts, hops=hops)
            own, address = await self._pinned(request, own, timeouts)
        answer = await self._through(own or self._proxy or "", request, timeouts, address)
        if answer.status not in REDIRECTS:
            return answer
        return await self._onward(request, answer, proxy, timeouts, hops)

    def _open_client(self) -> "UpstreamClient":
        """Return the client that knows the open internet only; its connections are nobody else's."""
        if self._guarded is None:
            self._guarded = UpstreamClient(
                timeouts=self._timeouts,
                limits=self._limits,
                ca_file=self._ca_file,
                clock=self._clock,
            )
            self._guarded.resolve = self._present_guard().addresses
        return self._guarded

    def _present_guard(self) -> Any:
        from oneapi.upstream.egress import Guard

        if self._guard is None:
            self._guard = Guard()
        return self._guard

    async def _pinned(
        self, request: UpstreamRequest, proxy: str, timeouts: Timeouts
    ) -> tuple[str, str]:
        from oneapi.upstream.egress import pinned

        try:
            async with asyncio.timeout(timeouts.connect):
                return await pinned(self._present_guard(), request, proxy)
        except TimeoutError as error:
            host = located(request.url)[0].label
            raise timeout(host, "be found", timeouts.connect, "connect") from error

    async def _onward(
        self,
        request: UpstreamRequest,
        answer: UpstreamResponse,
        proxy: str | None,
        timeouts: Timeouts,
        hops: int,
    ) -> UpstreamResponse:
        """Send the request to where its vendor points, or return the answer that points there."""
        onward = redirected(request, answer.headers.get("location"))
        if onward is None or hops >= MAX_HOPS:
            return answer
        answer.close()
        return await self.send(onward, proxy=proxy, timeouts=timeouts, hops=hops + 1)

    def send_now(
        self, request: UpstreamRequest, timeouts: Timeouts, limit: int, ended: Ended
    ) -> Exchange | None:
        """Send a small request on a connection that is there; `None` when there is none, or it takes more than that.

        For whole answers only: `ended` is called once, with the exchange, when the body is complete (at most `limit`
        bytes) or the exchange has failed; never before this returns.
        """
        body = request.body
        if self._proxy or type(body) is not bytes or len(body) > SEGMENT_BYTES:
            return None
        near = self._near.get(id(request.headers))
        if (
            near is None
            or near.headers is not request.headers
            or near.url != request.url
            or near.method != request.method
        ):
            near = self._approach(request)
            if near is None:
                return None
        now = self._clock()
        connection = near.pool.take(now)
        if connection is None:
            return None
        head = near.head
        deadline = now + timeouts.total if timeouts.total > 0 else 0.0
        exchange = Exchange(head.host, timeouts, head.bodiless, deadline)
        exchange.expect_whole(limit, ended)
        connection.used = True
        if len(body) > COPIED_BYTES:
            begun = connection.begin(exchange, head.opening(len(body)), now, body)
        else:
            begun = connection.begin(exchange, head.message(body), now)
        return exchange if begun else None

    def _approach(self, request: UpstreamRequest) -> _Near | None:
        kept = self._heads.get((request.method, request.url, request.headers))
        if kept is None:
            return None
        if len(self._near) >= MAX_KEPT_HEADS:
            self._near.clear()
        near = self._near[id(request.headers)] = _Near(request, *kept)
        return near

    async def _ask(self, connection: Connection, exchange: Exchange, head: Head, body: Any) -> None:
        """Send the request and wait for the head of its answer."""
        if type(body) is bytes and len(body) <= SEGMENT_BYTES:
            message, segments = head.message(body), None
        else:
            message, segments = (
                head.opening(body.size if isinstance(body, Body) else len(body)),
                body,
            )
        answered = exchange.answered = asyncio.get_running_loop().create_future()
        if not connection.begin(exchange, message, self._clock()):
            raise UnansweredError(f"{exchange.host} closed the connection before it answered")
        try:
            if segments is not None:
                await self._upload(connection, exchange, segments)
            await answered
        except BaseException:
            answered.cancel()
            exchange.close()
            raise

    async def _upload(self, connection: Connection, exchange: Exchange, body: Any) -> None:
        """Send a large body as fast as the vendor takes it; stop as soon as it answers."""
        for segment in body.segments() if isinstance(body, Body) else _sliced(body):
            connection.send_more(segment)
            await connection.writable()
            if connection.exchange is not exchange or exchange.status:
                return
        connection.sent(self._clock())

    async def _through(
        self, proxy: str, request: UpstreamRequest, timeouts: Timeouts, address: str = ""
    ) -> UpstreamResponse:
        # aiohttp costs 0.2 s and 15 MB to import: only who configures a proxy pays.
        from oneapi.upstream.proxied import ProxiedClient

        client = self._proxied.get(proxy)
        if client is None:
            client = ProxiedClient(proxy, self._context(), self._limits)
            self._proxied[proxy] = client
        return await client.send(request, timeouts, address)

    def _render(self, key: Key) -> tuple[Head, Pool]:
        head = render(*key)
        pool = self.pools.get(head.origin)
        if pool is None:
            if self._rounds is None:
                self._rounds = Rounds(asyncio.get_running_loop(), self._clock)
            pool = self.pools[head.origin] = Pool(
                head.origin, self._limits, self._context, self._clock, self._rounds, self.resolve
            )
        heads = self._heads
        if len(heads) >= MAX_KEPT_HEADS:
            del heads[next(iter(heads))]
        heads[key] = head, pool
        return head, pool

    async def _connection(
        self, pool: Pool, timeouts: Timeouts, deadline: float, fresh: bool
    ) -> Connection:
        if self._closed:
            raise UpstreamError("the client is closed", retryable=False)
        seconds = timeouts.connect
        if deadline:
            seconds = min(seconds, max(0.0, deadline - self._clock()))
        connection = await pool.obtain(seconds, fresh)
        if self._sweeper is None:
            self._plan_sweep()
        return connection

    def _context(self) -> ssl.SSLContext:
        if self._tls is None:
            self._tls = ssl.create_default_context(cafile=self._ca_file)
            self._tls.set_alpn_protocols(["http/1.1"])
        return self._tls

    def _plan_sweep(self) -> None:
        loop = asyncio.get_running_loop()
        self._sweeper = loop.call_later(self._limits.sweep_seconds, self._sweep)

    def _sweep(self) -> None:
        """Check all connections; one timer for all of them, none while there is nothing to check."""
        now = self._clock()
        for pool in self.pools.values():
            pool.sweep(now)
        self._sweeper = None
        if self.connections:
            self._plan_sweep()

    @property
    def connections(self) -> int:
        """Return how many connections are open."""
        return sum(len(pool.connections) for pool in self.pools.values())

    @property
    def idle(self) -> int:
        """Return how many of them wait for a request."""
        return sum(pool.idle for pool in self.pools.values())

    @property
    def kept_heads(self) -> int:
        """Return how many rendered heads are kept."""
        return len(self._heads)

    async def aclose(self) -> None:
        """Close every connection; requests that are on their way fail."""
        self._closed = True
        if self._sweeper is not None:
            self._sweeper.cancel()
            self._sweeper = None
        for pool in self.pools.values():
            pool.close()
        for _ in range(CLOSING_ROUNDS):
            if not self.connections:
                break
            await asyncio.sleep(0)
        for client in self._proxied.values():
            await client.aclose()
        if self._guarded is not None:
            await self._guarded.aclose()


def _sliced(body: bytes) -> Iterator[memoryview]:
    view = memoryview(body)
    for at in range(0, len(view), SEGMENT_BYTES):
        yield view[at : at + SEGMENT_BYTES]
