"""The fast lane inside uvicorn's HTTP protocol: a relay request never becomes ASGI, everything else does.

uvicorn keeps its ASGI cycle, flow control and shutdown; `front` and `reader` do the rest. It leans on names inside
uvicorn, so the version is pinned and `tests/relay/test_lane.py` pins what is used; `relay.asgi` is the way out.
"""

import asyncio
from typing import TYPE_CHECKING, Any, cast

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from oneapi.relay.front import HEADER_SECONDS, Front
from oneapi.relay.reader import Reader

if TYPE_CHECKING:
    from uvicorn.server import ServerState

    from oneapi.relay.relay import Relay


class LaneProtocol(HttpToolsProtocol):
    """uvicorn's protocol with the relay's lane; `relay` is set by `make_lane`."""

    relay: "Relay"
    parser: Any

    @property
    def cycle(self) -> Any:
        """The request that came last; uvicorn looks at it and puts its own here."""
        return self.front.cycle

    @cycle.setter
    def cycle(self, cycle: Any) -> None:  # pyright: ignore[reportIncompatibleVariableOverride]
        self.front.cycle = cycle

    def __init__(
        self, config: Config, server_state: "ServerState", app_state: Any, _loop: Any = None
    ) -> None:
        self.front = Front(self, self.relay, server_state)
        super().__init__(config, server_state, app_state, _loop)
        self.front.reader = Reader(self.front, self.relay, self)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Put the front before us, and begin the time within which headers must come."""
        super().connection_made(cast("asyncio.Transport", transport))
        front = self.front
        front.transport, front.flow, front.client = self.transport, self.flow, self.client
        front.patience = HEADER_SECONDS
        self.transport.set_protocol(cast("Any", front))
        if not self.relay.connections.add(front):
            front.turn_away()

    def become_asgi(self, parser: Any, url: bytes, fields: dict[bytes, bytes]) -> None:
        """Serve a request whose head is complete over ASGI."""
        self.parser = parser
        self.on_message_begin()
        self.url = url
        for name, value in fields.items():
            self.on_header(name, value)
        self.on_headers_complete()

    def on_response_complete(self) -> None:
        """An answer over ASGI is complete."""
        self.front.on_response_complete()


def make_lane(relay: "Relay") -> type[LaneProtocol]:
    """Return the protocol class of a server whose relay requests go to `relay`."""
    return type("Lane", (LaneProtocol,), {"relay": relay})
