"""The connections of one origin: idle ones last-in first-out, a bound on all, a queue for who waits.

Last-in first-out keeps a few connections warm and lets the others expire before the vendor closes
them under a request. But first they rest: what a vendor says too much it says right behind an answer, and once the next
request is sent, nobody can tell it from that one's answer (decision 29).
"""

import asyncio
import ssl
from collections import deque
from collections.abc import Callable
from typing import Any, Final, cast

import structlog

from oneapi.errors import UpstreamError, UpstreamTimeout
from oneapi.upstream.connection import Connection, timeout
from oneapi.upstream.heads import Origin
from oneapi.upstream.limits import Limits
from oneapi.upstream.names import Address, Resolve, reason_of, resolved
from oneapi.upstream.rounds import Rounds

MAX_DISTRUST_SECONDS: Final = 3600.0
MANY_RESTING: Final = 64  # while more than that rest, this is long enough:
LEAST_REST_SECONDS: Final = 0.005
HEARD: Final = 0.25  # of its rest; a connection that was heard for less is asked before it is used

log = structlog.get_logger()


class Pool:
    """All connections of one origin."""

    def __init__(
        self,
        origin: Origin,
        limits: Limits,
        tls: Callable[[], ssl.SSLContext],
        clock: Callable[[], float],
        rounds: Rounds,
        resolve: Resolve = resolved,
    ) -> None:
        self.connections: set[Connection] = set()
        self._origin = origin
        self._limits = limits
        self._tls = tls
        self._clock = clock
        self._resolve = resolve
        self._rounds = rounds
        self._resting: deque[Connection] = deque()  # the longest first, as those that have rested
        self._idle: deque[Connection] = deque()
        self._max_idle = limits.max_idle_per_origin
        self._opening = 0  # being opened, or promised to one that waited
        self._waiting: deque[asyncio.Future[Connection | None]] = deque()
        self._closed = False
        self._distrusted_until = 0.0
        self._distrust_seconds = limits.distrust_seconds

    @property
    def idle(self) -> int:
        """Return how many connections wait for a request."""
        return len(self._idle) + len(self._resting)

    def take(self, now: float) -> Connection | None:
        """Return the connection used last of those that have rested and are silent, if there is one."""
        resting, idle = self._resting, self._idle
        enough = self._limits.rest_seconds
        if len(resting) > MANY_RESTING:
            enough = min(enough, LEAST_REST_SECONDS)
        since = now - enough
        while resting and resting[0].idle_since <= since:
            idle.append(resting.popleft())
        heard_since = self._rounds.passed_on() - enough * HEARD
        while idle:
            connection = idle.pop()
            if connection.idle_since <= heard_since:  # we would know what it has said
                if connection.is_open():
                    return connection
                continue
            if connection.is_silent():
                return connection
            connection.idle_since = now  # the event loop will find out what it has to say
            resting.append(connection)
        if resting and self._is_full and resting[0].is_silent():
            return resting.popleft()
        return None

    @property
    def _is_full(self) -> bool:
        return len(self.connections) + self._opening >= self._limits.max_connections_per_origin

    async def obtain(self, seconds: float, fresh: bool) -> Connection:
        """Open a connection, or wait for one when there are too many; at most `seconds`.

        `fresh`: only a new one will do, in place of one that died; it does not queue again.
        """
        if self._is_full and not fresh:
            connection = await self._wait(seconds)
            if connection is not None:
                return connection
        else:
            self._opening += 1
        try:
            async with asyncio.timeout(seconds):
                return await self._open(seconds)
        except TimeoutError as error:
            raise timeout(self._origin.label, "accept a connection", seconds, "connect") from error
        finally:
            self._opening -= 1
            self._promise()

    async def _wait(self, seconds: float) -> Connection | None:
        """Return a connection that became free, or `None` with the right to open one."""
        turn: asyncio.Future[Connection | None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            async with asyncio.timeout(seconds):
                return await turn
        except TimeoutError as error:
            self._decline(turn)
            raise UpstreamTimeout(
                f"no connection to {self._origin.label} became free within {seconds:g} s"
                " (connect timeout)",
                channel_at_fault=False,
            ) from error
        except asyncio.CancelledError:
            self._decline(turn)
            raise

    def _decline(self, turn: asyncio.Future[Connection | None]) -> None:
        """Leave the queue; pass on what was given in the same moment."""
        if not turn.done() or turn.cancelled():
            self._waiting = deque(other for other in self._waiting if other is not turn)
            return
        given = turn.result()
        if given is not None:
            self.returned(given)
        else:
            self._opening -= 1
            self._promise()

    async def _open(self, seconds: float) -> Connection:
        addresses = await self._resolve(self._origin.host, self._origin.port)
        failure: OSError | None = None
        for tried, address in enumerate(addresses):
            try:
                # One dead address must not eat the time of those after it.
                last = tried == len(addresses) - 1
                async with asyncio.timeout(None if last else seconds / len(addresses)):
                    return await self._connect(address)
            except ssl.SSLCertVerificationError as error:
                text = (
                    f"the certificate of {self._origin.label} is not valid: {error.verify_message}"
                )
                raise UpstreamError(text) from error
            except OSError as error:  # TimeoutError is one of them
                failure = error
        reason = reason_of(failure)
        raise UpstreamError(f"cannot connect to {self._origin.label}: {reason}") from failure

    async def _connect(self, address: Address) -> Connection:
        numeric, port, family = address
        secure = self._origin.scheme == "https"
        _, connection = await asyncio.get_running_loop().create_connection(
            cast("Callable[[], Any]", lambda: Connection(self)),
            numeric,
            port,
            family=family,
            ssl=self._tls() if secure else None,
            server_hostname=self._origin.host if secure else None,
        )
        return connection

    # From the connections.

    def joined(self, connection: Connection) -> None:
        """Count a connection that is up."""
        self.connections.add(connection)
        if self._closed:
            connection.abort()

    def returned(self, connection: Connection) -> None:
        """Give a free connection to who waits longest, or keep it."""
        if self._distrusted_until and self._clock() < self._distrusted_until:
            connection.abort()
            return
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(connection)
                return
        if len(self._idle) + len(self._resting) >= self._max_idle:
            connection.abort()
            return
        connection.idle_since = self._clock()
        self._resting.append(connection)

    def lost(self, connection: Connection) -> None:
        """Forget a connection; somebody may open another."""
        self.connections.discard(connection)
        for waiting in (self._idle, self._resting):
            if connection in waiting:
                waiting.remove(connection)
        self._promise()

    def distrust(self) -> None:
        """Use no connection twice for a while, each time longer: strays cannot be told from answers."""
        now = self._clock()
        if now >= self._distrusted_until:
            seconds = self._distrust_seconds
            self._distrusted_until = now + seconds
            self._distrust_seconds = min(seconds * 2, MAX_DISTRUST_SECONDS)
            log.warning("unasked_answer", vendor=self._origin.label, reuse_again_in=seconds)
        idle = [*self._idle, *self._resting]
        self._idle.clear()
        self._resting.clear()
        for connection in idle:
            connection.abort()
        for connection in list(self.connections):
            connection.doubt()

    def _promise(self) -> None:
        while self._waiting and not self._is_full:
            turn = self._waiting.popleft()
            if not turn.done():
                self._opening += 1
                turn.set_result(None)

    # From the client.

    def sweep(self, now: float) -> None:
        """Expire idle connections, oldest first, and check the time of the others."""
        for idle in (self._idle, self._resting):
            while idle and now - idle[0].idle_since >= self._limits.idle_seconds:
                idle.popleft().abort()
        for connection in list(self.connections):
            connection.check(now)

    def close(self) -> None:
        """Abandon everything; who still uses or waits for a connection gets an error."""
        self._closed = True
        self._max_idle = 0
        waiting, self._waiting = self._waiting, deque()
        for turn in waiting:
            if not turn.done():
                turn.set_exception(UpstreamError("the client is being closed", retryable=False))
        for connection in list(self.connections):
            exchange = connection.exchange
            if exchange is not None:
                exchange.close()
            connection.abort()
