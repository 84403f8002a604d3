"""One client connection, between its transport and the lane: serves requests whose head is known, and keeps the time.

A request that repeats the head of an earlier one never reaches the lane's parser; everything else does.
"""

from typing import TYPE_CHECKING, Any, Final, Protocol

from oneapi.relay.cycle import Cycle
from oneapi.relay.repeats import Repeat
from oneapi.relay.write_progress import WriteProgress

if TYPE_CHECKING:
    from oneapi.relay.relay import Relay

HEADER_SECONDS: Final = 30.0
IDLE_SECONDS: Final = 75.0
DISCARD_SECONDS: Final = 10.0
FOR_EVER: Final = float("inf")
LEAST_RATE: Final = (
    1024  # bytes of a body in a second, on average, once the client has had time to begin
)
_TOO_MANY_BODY: Final = (
    b'{"error":{"message":"too many connections; try again later",'
    b'"type":"rate_limit_error","param":null,"code":"too_many_connections"}}'
)
TOO_MANY: Final = (
    b"HTTP/1.1 429 Too Many Requests\r\ncontent-type: application/json\r\nretry-after: 5\r\n"
    b"connection: close\r\ncontent-length: %d\r\n\r\n%b" % (len(_TOO_MANY_BODY), _TOO_MANY_BODY)
)


class Lane(Protocol):
    """uvicorn's half of a connection."""

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        ...

    def pause_writing(self) -> None:
        """The client is slow."""
        ...

    def resume_writing(self) -> None:
        """The client has caught up."""
        ...


class Front:
    """What transport and cycles see of a connection; most of its parts are uvicorn's.

    `cycle`: the request that came last, ours or uvicorn's. `is_open`: a request is being received. `held`: what came
    behind a request that is not answered yet. `patience`: the seconds that the next sweep gives whoever is waited for;
    0: as before. `body_bytes`: what has come of the body that is being received. `is_ending`: nothing that comes is taken.
    """

    __slots__ = (
        "_body_since",
        "_deadline",
        "_head_seconds",
        "_lane",
        "_progress",
        "_relay",
        "body_bytes",
        "client",
        "client_seconds",
        "cycle",
        "flow",
        "held",
        "is_ending",
        "is_open",
        "is_proven",
        "patience",
        "reader",
        "repeat",
        "state",
        "tasks",
        "transport",
    )

    def __init__(self, lane: Lane, relay: "Relay", state: Any) -> None:
        self._lane: Final = lane
        self._relay: Final = relay
        self._deadline = FOR_EVER
        self.state: Final = state
        self.tasks: Final[set[Any]] = state.tasks
        self.reader: Any = None  # a `Reader`, which knows us
        self.transport: Any = None
        self.flow: Any = None
        self.client: tuple[str, int] | None = None
        self.cycle: Any = None
        self.repeat: Repeat | None = None
        self.body_bytes = 0
        self._body_since = 0.0
        self._progress: Final = WriteProgress()
        self.client_seconds: Final[float] = relay.client_seconds
        self._head_seconds: Final = min(HEADER_SECONDS, relay.client_seconds)
        self.is_open = False
        self.is_ending = False
        self.is_proven = False
        self.held = b""
        self.patience = 0.0

    @property
    def is_free(self) -> bool:
        """Whether the request that came last has been answered."""
        cycle = self.cycle
        return cycle is None or cycle.response_complete

    @property
    def rests(self) -> bool:
        """Whether the next bytes begin a request, and no other one is open."""
        return not self.is_open and not self.held and self.is_free

    @property
    def address(self) -> str:
        """The other side's address, empty for none."""
        return self.client[0] if self.client else ""

    @property
    def is_waiting(self) -> bool:
        """Whether nothing but the client is waited for."""
        return self.is_open or self.is_free

    def drop(self) -> None:
        """End the connection at once."""
        self.transport.abort()

    def turn_away(self) -> None:
        """Say that there are too many connections, and end this one."""
        self.is_ending = True
        self.transport.write(TOO_MANY)
        self.transport.close()

    def prove(self) -> None:
        """A good key was used on it."""
        self.is_proven = True
        self._relay.connections.prove(self)

    def data_received(self, data: bytes) -> None:
        """Serve a request whose head is known; leave the rest to the reader."""
        repeat = self.repeat
        if repeat is not None and self.rests:
            body = repeat.body(data)
            if body is not None:
                self.cycle = cycle = repeat.cycle(self, self._relay, self.client, body)
                self.patience = FOR_EVER
                cycle.begin()
                return
        self.reader.take(data)

    def eof_received(self) -> None:
        """A client that sends nothing more may not have done reading; the transport closes."""

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the open exchange, and uvicorn."""
        self._relay.connections.discard(self)
        cycle = self.cycle
        if type(cycle) is Cycle and not cycle.response_complete:
            cycle.lost()
        self._lane.connection_lost(exc)
        self.reader.close()
        self.cycle = self.reader = None  # they point back at us

    def pause_writing(self) -> None:
        """Stop the vendor when the client is slow."""
        self._lane.pause_writing()
        cycle = self.cycle
        if type(cycle) is Cycle:
            cycle.pause()

    def resume_writing(self) -> None:
        """Let the vendor go on."""
        self._lane.resume_writing()
        cycle = self.cycle
        if type(cycle) is Cycle:
            cycle.resume()

    def on_response_complete(self) -> None:
        """Take the request behind it, or wait for one; `sweep` closes what idles too long."""
        if self.transport.is_closing():
            return
        self.patience = IDLE_SECONDS
        if self.held:
            self.reader.go_on()
            return
        flow = self.flow
        if flow.read_paused:
            flow.resume_reading()

    def discard(self) -> None:
        """Read and throw away the rest of a refused body for a bounded time, so that the client sees our answer."""
        self.is_ending = True
        self.patience = DISCARD_SECONDS
        self.flow.resume_reading()

    def linger(self) -> None:
        """Say that nothing more will come from us, and throw away for a bounded time what still comes."""
        self.discard()
        self.repeat = None
        self.held = b""
        self.is_open = True  # nothing is a request any more
        if not self.transport.is_closing() and self.transport.can_write_eof():
            self.transport.write_eof()

    def begin_head(self) -> None:
        """A request begins."""
        self.begin_body()
        self.is_open = True
        self.patience = self._head_seconds

    def begin_body(self) -> None:
        """A head is complete; its body begins."""
        self.body_bytes = 0
        self._body_since = 0.0
        self.patience = self.client_seconds

    def sweep(self, now: float) -> None:
        """End the connection if what it is waiting for has not come in time, or the client takes nothing."""
        transport = self.transport
        if self._progress.is_stalled(transport, now, self.client_seconds):
            transport.abort()
            return
        if self.patience:
            self._deadline = now + self.patience
            self.patience = 0.0
        if transport.is_closing():
            return
        if now > self._deadline or (self.is_open and self._is_too_slow(now)):
            if self.is_open and not self.is_ending:
                self.reader.give_up()
            else:
                transport.close()

    def _is_too_slow(self, now: float) -> bool:
        """Whether a request comes with less than the least rate; time in which we read nothing does not count."""
        if self.flow.read_paused:
            self._body_since = 0.0
        elif not self._body_since:
            self._body_since = now + self.client_seconds / 2 - self.body_bytes / LEAST_RATE
        return bool(self._body_since) and now > self._body_since + self.body_bytes / LEAST_RATE
