"""One client connection, between its transport and the lane: serves requests whose head is known, and keeps the time.

A request that repeats the head of an earlier one never reaches the lane's parser; everything else does.
"""

from typing import TYPE_CHECKING, Any, Final, Protocol

from oneapi.relay.cycle import Cycle
from oneapi.relay.repeats import Repeat

if TYPE_CHECKING:
    from oneapi.relay.relay import Relay

HEADER_SECONDS: Final = 30.0
BODY_SECONDS: Final = 60.0
IDLE_SECONDS: Final = 75.0
DISCARD_SECONDS: Final = 10.0
FOR_EVER: Final = float("inf")


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
    0: as before.
    """

    __slots__ = (
        "_deadline",
        "_lane",
        "_relay",
        "client",
        "cycle",
        "flow",
        "held",
        "is_open",
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
        self.is_open = False
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

    def sweep(self, now: float) -> None:
        """Close the connection if what it is waiting for has not come in time."""
        if self.patience:
            self._deadline = now + self.patience
            self.patience = 0.0
        if now <= self._deadline or self.transport.is_closing():
            return
        cycle = self.cycle
        if cycle is None or cycle.response_complete or (type(cycle) is Cycle and cycle.receiving):
            self.transport.close()
