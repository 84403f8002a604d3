"""One client connection, between its transport and the lane: serves requests whose head is known, and keeps the time.

A request that repeats the head of an earlier one never reaches the lane's parser; everything else does.
"""

from typing import TYPE_CHECKING, Any, Final, Protocol

from oneapi.relay.cycle import Cycle
from oneapi.relay.repeats import Repeat

if TYPE_CHECKING:
    from oneapi.relay.relay import Relay

IDLE_SECONDS: Final = 75.0
DISCARD_SECONDS: Final = 10.0
FOR_EVER: Final = float("inf")


class Lane(Protocol):
    """uvicorn's protocol with the relay's lane in it."""

    def data_received(self, data: bytes) -> None:
        """Parse what has come."""
        ...

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        ...

    def pause_writing(self) -> None:
        """The client is slow."""
        ...

    def resume_writing(self) -> None:
        """The client has caught up."""
        ...

    def start_next(self) -> None:
        """Start the pipelined request whose turn it is."""
        ...


class Front:
    """What transport and cycles see of a connection; most of its parts are uvicorn's.

    `cycle`: the request that came last, ours or uvicorn's. `head_bytes`: of a head that is not complete, otherwise -1.
    `patience`: the seconds that the next sweep gives whoever is waited for; 0: as before.
    """

    __slots__ = (
        "_deadline",
        "_lane",
        "_relay",
        "client",
        "cycle",
        "flow",
        "head_bytes",
        "patience",
        "pipeline",
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
        self.transport: Any = None
        self.flow: Any = None
        self.pipeline: Any = None
        self.client: tuple[str, int] | None = None
        self.cycle: Any = None
        self.repeat: Repeat | None = None
        self.head_bytes = -1
        self.patience = 0.0

    @property
    def rests(self) -> bool:
        """Whether the next bytes begin a request, and no other one is open."""
        cycle = self.cycle
        if self.head_bytes >= 0:
            return False
        return cycle is None or (cycle.response_complete and not cycle.more_body)

    def data_received(self, data: bytes) -> None:
        """Serve a request whose head is known; leave the rest to the lane."""
        repeat = self.repeat
        if repeat is not None and self.rests:
            body = repeat.body(data)
            if body is not None:
                self.cycle = cycle = repeat.cycle(self, self._relay, self.client, body)
                self.patience = FOR_EVER
                cycle.begin()
                return
        self._lane.data_received(data)

    def eof_received(self) -> None:
        """A client that sends nothing more may not have done reading; the transport closes."""

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the open exchange, and uvicorn."""
        self._relay.connections.discard(self)
        cycle = self.cycle
        if type(cycle) is Cycle and not cycle.response_complete:
            cycle.lost()
        self._lane.connection_lost(exc)
        self.cycle = None  # it points back at us

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
        """Start the next pipelined request, or wait for one; `sweep` closes what idles too long."""
        if self.transport.is_closing():
            return
        flow = self.flow
        if flow.read_paused:
            flow.resume_reading()
        if self.pipeline:
            self._lane.start_next()
        else:
            self.patience = IDLE_SECONDS

    def discard(self) -> None:
        """Read and throw away the rest of a refused body for a bounded time, so that the client sees our answer."""
        self.patience = DISCARD_SECONDS

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
