"""The fast lane: uvicorn's own HTTP protocol, in which a relay request never becomes ASGI.

uvicorn keeps parsing, pipelining, flow control and shutdown; when the headers of a relay request are complete, the
connection's cycle is a `Cycle` of ours. It leans on names inside uvicorn, so the version is pinned and
`tests/relay/test_lane.py` pins what is used; `relay.asgi` is the way out.
"""

import asyncio
from typing import TYPE_CHECKING, Any, cast

import httptools
import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from oneapi.errors import GatewayError, InvalidRequest, MethodNotAllowed, PayloadTooLarge
from oneapi.relay.cycle import Cycle, opened
from oneapi.relay.front import FOR_EVER, Front
from oneapi.relay.repeats import learned

if TYPE_CHECKING:
    from uvicorn.server import ServerState

    from oneapi.relay.relay import Relay

RELAY_PREFIXES = (
    b"/v1",
    b"//v1",
    b"/dashboard/billing/",
    b"/chat/completions",
    b"/embeddings",
    b"/messages",
    b"/openai/",
)
HEADER_SECONDS = 30.0
BODY_SECONDS = 60.0
MAX_HEAD_BYTES = 65_536
LESSONS = 8  # heads that a connection may teach
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class LaneProtocol(HttpToolsProtocol):
    """uvicorn's protocol with the relay's lane; `relay` is set by `make_lane`."""

    relay: "Relay"
    parser: Any
    _messages: int = 0  # that have begun
    _lessons: int = LESSONS
    _again: bytes = b""  # the head that asked for another protocol, without that wish

    @property
    def cycle(self) -> Any:
        """The request that came last; uvicorn looks at it and puts its own here."""
        return self.front.cycle

    @cycle.setter
    def cycle(self, cycle: Any) -> None:  # pyright: ignore[reportIncompatibleVariableOverride]
        self.front.cycle = cycle

    def __init__(
        self, config: uvicorn.Config, server_state: "ServerState", app_state: Any, _loop: Any = None
    ) -> None:
        self.front = Front(self, self.relay, server_state)
        # The parser calls straight into the dict; what it looks up on us, it looks up once, when it is made.
        self._fields: dict[bytes, bytes] = {}
        self.on_header = cast("Any", self._fields.__setitem__)
        super().__init__(config, server_state, app_state, _loop)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Put the front before us, and begin the time within which headers must come."""
        super().connection_made(cast("asyncio.Transport", transport))
        front = self.front
        front.transport, front.flow, front.client = self.transport, self.flow, self.client
        front.pipeline = self.pipeline
        front.patience = HEADER_SECONDS
        self.transport.set_protocol(cast("Any", front))
        self.relay.connections.add(front)

    def on_message_begin(self) -> None:
        """Start collecting; uvicorn's scope is made only for requests that become ASGI."""
        self.url = b""
        self._fields.clear()
        self.expect_100_continue = False
        self.front.head_bytes = 0
        self._messages += not self._again
        self.front.patience = HEADER_SECONDS

    def on_headers_complete(self) -> None:
        """Choose the lane."""
        self.front.head_bytes = -1
        parser = self.parser
        if parser.should_upgrade():
            self._again = without_upgrade(parser, self.url, self._fields)
            return
        self._again = b""
        if not self.url.startswith(RELAY_PREFIXES):
            self._become_asgi()
            return
        cycle = opened(self.front, self.relay, parser, self.url, self._fields, self.client)
        previous = self.cycle
        self.front.cycle = cycle
        self.front.patience = BODY_SECONDS
        if previous is None or previous.response_complete:
            cycle.startable = True
            intake = cycle.intake
            if intake.refusal is not None:
                cycle.refuse(intake.refusal)
            elif b"expect" in intake.headers:
                self.transport.write(CONTINUE)
        else:
            self.flow.pause_reading()
            self.pipeline.appendleft(cast("Any", (cycle, None)))

    def _become_asgi(self) -> None:
        url = self.url
        super().on_message_begin()
        self.url = url
        for name, value in self._fields.items():
            super().on_header(name, value)
        self.front.patience = FOR_EVER
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Collect the body; too much of it is refused at once."""
        cycle = self.cycle
        if type(cycle) is not Cycle:
            super().on_body(body)
        elif not cycle.response_complete:
            self.front.patience = BODY_SECONDS
            try:
                cycle.intake.feed(body)
            except PayloadTooLarge as error:
                if cycle.startable:
                    cycle.refuse(error)

    def on_message_complete(self) -> None:
        """Start the request, unless an earlier one on this connection is still open."""
        if self._again:
            return
        cycle = self.cycle
        if type(cycle) is not Cycle:
            super().on_message_complete()
            return
        self.front.patience = FOR_EVER
        cycle.more_body = False
        if cycle.response_complete:
            self.transport.close()
        elif cycle.startable:
            cycle.begin()

    def _start_asgi_task(self, cycle: Any, app: Any) -> None:
        if type(cycle) is not Cycle:
            super()._start_asgi_task(cycle, app)
            return
        cycle.startable = True
        if cycle.intake.refusal is not None:
            cycle.refuse(cycle.intake.refusal)
        elif not cycle.more_body:
            cycle.begin()

    def on_response_complete(self) -> None:
        """An answer over ASGI is complete."""
        self.front.on_response_complete()

    def start_next(self) -> None:
        """Start the pipelined request whose turn it is."""
        cycle, app = self.pipeline.pop()
        self._start_asgi_task(cycle, app)

    def data_received(self, data: bytes) -> None:
        """Feed uvicorn's parser; a request that is not HTTP gets a JSON error in OpenAI's shape."""
        if self.parser is None:
            return
        front = self.front
        is_first = front.rests
        messages = self._messages
        try:
            self._parse(data)
        except httptools.HttpParserError as error:
            said = error.__context__  # what one of our methods raised, which the parser called
            if not isinstance(said, GatewayError):
                said = InvalidRequest("the request is not valid HTTP/1.1")
            self._reject(said)
            return
        if front.head_bytes >= 0:
            front.head_bytes += len(data)
            if front.head_bytes > MAX_HEAD_BYTES:
                self._reject(InvalidRequest("the request's headers are too large", status=431))
        elif is_first and self._lessons and self._messages == messages + 1:
            self._learn(data)

    def _parse(self, data: bytes) -> None:
        """Feed the parser; where it stops for another protocol, which we never speak, let a new one go on.

        A server that does not upgrade ignores `Upgrade` (RFC 9110 section 7.8, read 2026-11-26); llhttp would take
        what follows the head for the other protocol's, and the body for new requests.
        """
        rest = memoryview(data)
        while True:
            try:
                self.parser.feed_data(rest)
            except httptools.HttpParserUpgrade as stopped:
                rest = rest[stopped.args[0] :]
                self.parser = request_parser(self)
                self.parser.feed_data(self._again)
            else:
                return

    def _learn(self, data: bytes) -> None:
        """Remember the head of a request that came whole, and alone."""
        cycle = self.cycle
        if type(cycle) is Cycle and cycle.begun and cycle.keep_alive:
            self._lessons -= 1
            self.front.repeat = learned(data, self.url, cycle.intake)

    def _reject(self, error: GatewayError) -> None:
        cycle = self.cycle
        if type(cycle) is Cycle and not cycle.response_complete:
            cycle.more_body = False
            if not cycle.startable or cycle.begun:
                self.transport.abort()
                return
            cycle.refuse(error)
        elif cycle is None or cycle.response_complete:
            intake = self.relay.intake("GET", b"/", {}, self.client, True)
            refused = Cycle(self.front, self.relay, self.transport, intake, keep_alive=False)
            refused.more_body = False
            refused.refuse(error)
        self.transport.close()


def request_parser(protocol: object) -> httptools.HttpRequestParser:
    """Return a parser as uvicorn sets it up: what follows `Connection: close` is left alone."""
    parser = httptools.HttpRequestParser(protocol)
    parser.set_dangerous_leniencies(lenient_data_after_close=True)
    return parser


def without_upgrade(parser: Any, url: bytes, fields: dict[bytes, bytes]) -> bytes:
    """Return the head that was parsed without its `Upgrade`; raise for `CONNECT`, which is nothing else."""
    method: bytes = parser.get_method()
    if method == b"CONNECT":
        raise MethodNotAllowed("CONNECT is not allowed: this is no proxy", ("GET", "POST"))
    lines = [b"%b %b HTTP/%b" % (method, url, parser.get_http_version().encode())]
    lines += [b"%b: %b" % pair for pair in fields.items() if pair[0].lower() != b"upgrade"]
    return b"\r\n".join((*lines, b"", b""))


def make_lane(relay: "Relay") -> type[LaneProtocol]:
    """Return the protocol class of a server whose relay requests go to `relay`."""
    return type("Lane", (LaneProtocol,), {"relay": relay})
