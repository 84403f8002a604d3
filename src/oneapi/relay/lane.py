"""The fast lane: uvicorn's own HTTP protocol, in which a relay request never becomes ASGI.

uvicorn keeps parsing, pipelining, flow control and shutdown; when the headers of a relay request are complete, the
connection's cycle is a `Cycle` of ours. It leans on names inside uvicorn, so the version is pinned and
`tests/relay/test_lane.py` pins what is used; `relay.asgi` is the way out.
"""

import asyncio
from typing import TYPE_CHECKING, Any, cast

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from oneapi.errors import GatewayError, InvalidRequest, PayloadTooLarge
from oneapi.relay.cycle import Cycle, opened
from oneapi.relay.repeats import Repeat, learned

if TYPE_CHECKING:
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
IDLE_SECONDS = 75.0
DISCARD_SECONDS = 10.0
FOR_EVER = float("inf")
MAX_HEAD_BYTES = 65_536
LESSONS = 8  # heads that a connection may teach
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class LaneProtocol(HttpToolsProtocol):
    """uvicorn's protocol with the relay's lane; `relay` is set by `make_lane`."""

    relay: "Relay"
    cycle: Any  # ours or uvicorn's
    parser: Any
    _deadline: float = FOR_EVER
    _patience: float = 0.0  # what the next sweep makes a deadline of
    _head_bytes: int = -1
    _messages: int = 0  # that the parser has seen begin
    _lessons: int = LESSONS
    _repeat: Repeat | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin the time within which headers must come."""
        super().connection_made(cast("asyncio.Transport", transport))
        self._patience = HEADER_SECONDS
        self.relay.connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the open exchange, and those still queued behind it."""
        self.relay.connections.discard(self)
        cycle = self.cycle
        if type(cycle) is Cycle and not cycle.response_complete:
            cycle.lost()
        super().connection_lost(exc)
        self.cycle = None  # it points back at us

    def __init__(self, *arguments: Any, **named: Any) -> None:
        # The parser calls straight into the dict; what it looks up on us, it looks up once, when it is made.
        self._fields: dict[bytes, bytes] = {}
        self.on_header = cast("Any", self._fields.__setitem__)
        super().__init__(*arguments, **named)

    def on_message_begin(self) -> None:
        """Start collecting; uvicorn's scope is made only for requests that become ASGI."""
        self.url = b""
        self._fields.clear()
        self.expect_100_continue = False
        self._head_bytes = 0
        self._messages += 1
        self._patience = HEADER_SECONDS

    def on_headers_complete(self) -> None:
        """Choose the lane."""
        self._head_bytes = -1
        parser = self.parser
        if not self.url.startswith(RELAY_PREFIXES) or parser.should_upgrade():
            self._become_asgi()
            return
        cycle = opened(self, self.relay, parser, self.url, self._fields, self.client)
        previous = self.cycle
        self.cycle = cycle
        self._patience = BODY_SECONDS
        if previous is None or previous.response_complete:
            cycle.startable = True
            intake = cycle.intake
            if intake.refusal is not None:
                cycle.refuse(intake.refusal)
            elif b"expect" in intake.headers:
                self.transport.write(CONTINUE)
        else:
            self.flow.pause_reading()
            self.pipeline.appendleft((self.cycle, cast("Any", None)))

    def _become_asgi(self) -> None:
        url = self.url
        super().on_message_begin()
        self.url = url
        for name, value in self._fields.items():
            super().on_header(name, value)
        self._patience = FOR_EVER
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Collect the body; too much of it is refused at once."""
        cycle = self.cycle
        if type(cycle) is not Cycle:
            super().on_body(body)
        elif not cycle.response_complete:
            self._patience = BODY_SECONDS
            try:
                cycle.intake.feed(body)
            except PayloadTooLarge as error:
                if cycle.startable:
                    cycle.refuse(error)

    def on_message_complete(self) -> None:
        """Start the request, unless an earlier one on this connection is still open."""
        cycle = self.cycle
        if type(cycle) is not Cycle:
            super().on_message_complete()
            return
        self._patience = FOR_EVER
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
        """Start the next pipelined request, or wait for one; `sweep` closes what idles too long."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        if self.flow.read_paused:
            self.flow.resume_reading()
        if self.pipeline:
            cycle, app = self.pipeline.pop()
            self._start_asgi_task(cycle, app)
        else:
            self._patience = IDLE_SECONDS

    def discard(self) -> None:
        """Read and throw away the rest of a refused body for a bounded time, so that the client sees our answer."""
        self._patience = DISCARD_SECONDS

    def sweep(self, now: float) -> None:
        """Close the connection if what it is waiting for has not come in time."""
        if self._patience:
            self._deadline = now + self._patience
            self._patience = 0.0
        if now <= self._deadline or self.transport.is_closing():
            return
        cycle = self.cycle
        if cycle is None or cycle.response_complete or (type(cycle) is Cycle and cycle.receiving):
            self.transport.close()

    def data_received(self, data: bytes) -> None:
        """Feed uvicorn's parser; a request that is not HTTP gets a JSON error in OpenAI's shape."""
        parser = self.parser
        if parser is None:
            return
        cycle = self.cycle
        is_first = self._head_bytes < 0 and (
            cycle is None or (cycle.response_complete and not cycle.more_body)
        )
        if is_first and self._repeat is not None:
            body = self._repeat.body(data)
            if body is not None:
                self._again(self._repeat, body)
                return
        messages = self._messages
        try:
            parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            pass
        except httptools.HttpParserError:
            self._reject(InvalidRequest("the request is not valid HTTP/1.1"))
            return
        if self._head_bytes >= 0:
            self._head_bytes += len(data)
            if self._head_bytes > MAX_HEAD_BYTES:
                self._reject(InvalidRequest("the request's headers are too large", status=431))
        elif is_first and self._lessons and self._messages == messages + 1:
            self._learn(data)

    def _learn(self, data: bytes) -> None:
        """Remember the head of a request that came whole, and alone."""
        cycle = self.cycle
        if type(cycle) is Cycle and cycle.begun and cycle.keep_alive:
            self._lessons -= 1
            self._repeat = learned(data, self.url, cycle.intake)

    def _again(self, repeat: Repeat, body: bytes) -> None:
        """Serve a request whose head is known."""
        self.cycle = cycle = repeat.cycle(self, self.relay, self.client, body)
        self._patience = FOR_EVER
        cycle.begin()

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
            refused = Cycle(self, self.relay, self.transport, intake, keep_alive=False)
            refused.more_body = False
            refused.refuse(error)
        self.transport.close()

    def pause_writing(self) -> None:
        """Stop the vendor when the client is slow."""
        super().pause_writing()
        cycle = self.cycle
        if type(cycle) is Cycle:
            cycle.pause()

    def resume_writing(self) -> None:
        """Let the vendor go on."""
        super().resume_writing()
        cycle = self.cycle
        if type(cycle) is Cycle:
            cycle.resume()


def make_lane(relay: "Relay") -> type[LaneProtocol]:
    """Return the protocol class of a server whose relay requests go to `relay`."""
    return type("Lane", (LaneProtocol,), {"relay": relay})
