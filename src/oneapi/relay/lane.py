"""The fast lane: uvicorn's own HTTP protocol, in which a relay request never becomes ASGI.

uvicorn keeps parsing, pipelining, flow control and shutdown; when the headers of a relay request are complete, the
connection's cycle is an `Exchange` of ours. It leans on names inside uvicorn, so the version is pinned and
`tests/relay/test_lane.py` pins what is used; `relay.asgi` is the way out.
"""

import asyncio
from typing import TYPE_CHECKING, Any, cast

import httptools
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from oneapi.errors import GatewayError, InvalidRequest, PayloadTooLarge
from oneapi.relay.exchange import Flow, HeaderPairs
from oneapi.relay.intake import Intake

if TYPE_CHECKING:
    from oneapi.relay import Relay

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
MAX_HEAD_BYTES = 65_536
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class _Event:
    """Stands in for the event of uvicorn's cycle, which nobody waits for here."""

    __slots__ = ()

    def set(self) -> None:
        """Do nothing."""


_EVENT = _Event()


class _Heads:
    """Heads of answers as they are at the moment; one event loop, so one of them."""

    __slots__ = ("dated", "kept")

    def __init__(self) -> None:
        self.dated: list[tuple[bytes, bytes]] | None = None
        self.kept: dict[tuple[int, bytes], bytes] = {}


_HEADS = _Heads()


class Exchange:
    """One relay request on one connection: `Responder` to the relay, cycle to uvicorn."""

    __slots__ = (
        "_begun",
        "_chunked",
        "_flow",
        "_protocol",
        "_started",
        "_task",
        "disconnected",
        "intake",
        "keep_alive",
        "message_event",
        "more_body",
        "response_complete",
        "startable",
    )

    def __init__(self, protocol: "LaneProtocol", intake: Intake, keep_alive: bool) -> None:
        self._protocol = protocol
        self._flow: Flow | None = None
        self._task: asyncio.Task[None] | None = None
        self._started = False
        self._begun = False
        self._chunked = True
        self.intake = intake
        self.keep_alive = keep_alive
        self.response_complete = False
        self.disconnected = False
        self.more_body = True
        self.startable = False
        self.message_event = _EVENT

    @property
    def left(self) -> bool:
        """Whether the client has closed its connection."""
        return self.disconnected

    def attach(self, flow: Flow | None) -> None:
        """Route back-pressure and departure to `flow`."""
        self._flow = flow
        if flow is not None and self._protocol.flow.write_paused:
            flow.pause()

    def begin(self) -> None:
        """Hand the request to the relay: the body is complete and no earlier request is open."""
        self._begun = True
        task = self._protocol.relay.begin(self.intake, self)
        if task is not None:
            self.carry(task)

    def carry(self, task: asyncio.Task[None]) -> None:
        """A task goes on with the request."""
        self._task = task
        self._protocol.tasks.add(task)

    @property
    def receiving(self) -> bool:
        """Whether the rest of the body is what everybody waits for."""
        return self.more_body and self.startable

    @property
    def begun(self) -> bool:
        """Whether the relay is at work on it."""
        return self._begun

    def done(self) -> None:
        """The relay has finished with the request."""
        if self._task is not None:
            self._protocol.tasks.discard(self._task)

    def lost(self) -> None:
        """The connection is gone: tell whoever listens, or cancel the task."""
        self.disconnected = True
        if self._flow is not None:
            self._flow.client_left()
        elif self._task is not None:
            self._task.cancel()
        if self.more_body:
            self.intake.close()

    def pause(self) -> None:
        """Pass back-pressure on."""
        if self._flow is not None:
            self._flow.pause()

    def resume(self) -> None:
        """Pass the end of back-pressure on."""
        if self._flow is not None:
            self._flow.resume()

    def _head(self, status: int, content_type: bytes, extra: HeaderPairs) -> bytes:
        head = self._protocol.head(status, content_type)
        head = b"%b%b\r\n" % (head, self.intake.request_id.encode())
        if extra:
            head += b"".join(b"%b: %b\r\n" % header for header in extra)
        return head if self.keep_alive else head + b"connection: close\r\n"

    def send(self, status: int, content_type: bytes, body: bytes, extra: HeaderPairs = ()) -> None:
        """Send a whole answer."""
        if self.disconnected or self.response_complete:
            return
        head = self._head(status, content_type, extra)
        if status == 204:
            self._protocol.transport.write(head + b"\r\n")
        else:
            message = b"%bcontent-length: %d\r\n\r\n%b" % (head, len(body), body)
            self._protocol.transport.write(message)
        self._finish()

    def start(self, status: int, content_type: bytes, extra: HeaderPairs = ()) -> None:
        """Begin an answer of unknown length: chunked, or until close for HTTP/1.0."""
        if self.disconnected or self._started:
            return
        self._started = True
        head = self._head(status, content_type, extra)
        if self.intake.http_1_0:
            self._chunked = False
            self.keep_alive = False
            self._protocol.transport.write(head + b"\r\n")
        else:
            self._protocol.transport.write(head + b"transfer-encoding: chunked\r\n\r\n")

    def write(self, body: bytes) -> None:
        """Send a piece."""
        if self.disconnected or not body:
            return
        if self._chunked:
            self._protocol.transport.write(b"%x\r\n%b\r\n" % (len(body), body))
        else:
            self._protocol.transport.write(body)

    def end(self, last: bytes = b"") -> None:
        """Send the last piece and the end of the answer, in one write."""
        if self.disconnected or self.response_complete:
            return
        if not self._chunked:
            self._protocol.transport.write(last)
        elif last:
            self._protocol.transport.write(b"%x\r\n%b\r\n0\r\n\r\n" % (len(last), last))
        else:
            self._protocol.transport.write(b"0\r\n\r\n")
        self._finish()

    def cut(self) -> None:
        """Close without the last chunk."""
        if self.disconnected or self.response_complete:
            return
        self.keep_alive = False
        self._finish()

    def refuse(self, error: GatewayError) -> None:
        """Answer before the body was read; the connection is closed once the rest has been thrown away."""
        self.keep_alive = False
        self._protocol.relay.refuse(self.intake, self, error)

    def _finish(self) -> None:
        self.response_complete = True
        self._flow = None
        protocol = self._protocol
        if self.more_body:
            protocol.discard()
            return
        if not self.keep_alive:
            protocol.transport.close()
        protocol.on_response_complete()


class LaneProtocol(HttpToolsProtocol):
    """uvicorn's protocol with the relay's lane; `relay` is set by `make_lane`."""

    relay: "Relay"
    cycle: Any  # ours or uvicorn's
    parser: Any
    _deadline: float = 0.0
    _head_bytes: int = -1

    def connection_made(self, transport: asyncio.Transport) -> None:
        """Begin the time within which headers must come."""
        super().connection_made(transport)
        self._deadline = self.loop.time() + HEADER_SECONDS
        self.relay.connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the open exchange, and those still queued behind it."""
        self.relay.connections.discard(self)
        cycle = self.cycle
        if type(cycle) is Exchange and not cycle.response_complete:
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
        self._deadline = self.loop.time() + HEADER_SECONDS

    def on_headers_complete(self) -> None:
        """Choose the lane."""
        self._head_bytes = -1
        parser = self.parser
        if not self.url.startswith(RELAY_PREFIXES) or parser.should_upgrade():
            self._become_asgi()
            return
        headers = {name.lower(): value for name, value in self._fields.items()}
        old = parser.get_http_version() != "1.1"
        intake = self.relay.intake(
            parser.get_method().decode("ascii"), self.url, headers, self.client, old
        )
        exchange = Exchange(self, intake, not old and parser.should_keep_alive())
        previous = self.cycle
        self.cycle = exchange
        self._deadline = self.loop.time() + BODY_SECONDS
        if previous is None or previous.response_complete:
            exchange.startable = True
            if intake.refusal is not None:
                exchange.refuse(intake.refusal)
            elif b"expect" in headers:
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
        self._deadline = float("inf")
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Collect the body; too much of it is refused at once."""
        cycle = self.cycle
        if type(cycle) is not Exchange:
            super().on_body(body)
        elif not cycle.response_complete:
            self._deadline = self.loop.time() + BODY_SECONDS
            try:
                cycle.intake.feed(body)
            except PayloadTooLarge as error:
                if cycle.startable:
                    cycle.refuse(error)

    def on_message_complete(self) -> None:
        """Start the request, unless an earlier one on this connection is still open."""
        cycle = self.cycle
        if type(cycle) is not Exchange:
            super().on_message_complete()
            return
        self._deadline = float("inf")
        cycle.more_body = False
        if cycle.response_complete:
            self.transport.close()
        elif cycle.startable:
            cycle.begin()

    def _start_asgi_task(self, cycle: Any, app: Any) -> None:
        if type(cycle) is not Exchange:
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
            self._deadline = self.loop.time() + IDLE_SECONDS

    def discard(self) -> None:
        """Read and throw away the rest of a refused body for a bounded time, so that the client sees our answer."""
        self._deadline = self.loop.time() + DISCARD_SECONDS

    def head(self, status: int, content_type: bytes) -> bytes:
        """Return an answer's head up to the request id; kept until uvicorn's date changes, once a second."""
        dated = self.server_state.default_headers
        heads = _HEADS
        if heads.dated is not dated:
            heads.dated = dated
            heads.kept.clear()
        kept = heads.kept.get((status, content_type))
        if kept is None:
            lines = b"".join(b"%b: %b\r\n" % header for header in dated)
            kept = heads.kept[status, content_type] = (
                b"%b%bcontent-type: %b\r\naccess-control-allow-origin: *\r\nx-oneapi-request-id: "
                % (STATUS_LINE[status], lines, content_type)
            )
        return kept

    def sweep(self, now: float) -> None:
        """Close the connection if what it is waiting for has not come in time."""
        if now <= self._deadline or self.transport.is_closing():
            return
        cycle = self.cycle
        if (
            cycle is None
            or cycle.response_complete
            or (type(cycle) is Exchange and cycle.receiving)
        ):
            self.transport.close()

    def data_received(self, data: bytes) -> None:
        """Feed uvicorn's parser; a request that is not HTTP gets a JSON error in OpenAI's shape."""
        parser = self.parser
        if parser is None:
            return
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

    def _reject(self, error: GatewayError) -> None:
        cycle = self.cycle
        if type(cycle) is Exchange and not cycle.response_complete:
            cycle.more_body = False
            if not cycle.startable or cycle.begun:
                self.transport.abort()
                return
            cycle.refuse(error)
        elif cycle is None or cycle.response_complete:
            intake = self.relay.intake("GET", b"/", {}, self.client, True)
            exchange = Exchange(self, intake, keep_alive=False)
            exchange.more_body = False
            exchange.refuse(error)
        self.transport.close()

    def pause_writing(self) -> None:
        """Stop the vendor when the client is slow."""
        super().pause_writing()
        cycle = self.cycle
        if type(cycle) is Exchange:
            cycle.pause()

    def resume_writing(self) -> None:
        """Let the vendor go on."""
        super().resume_writing()
        cycle = self.cycle
        if type(cycle) is Exchange:
            cycle.resume()


def make_lane(relay: "Relay") -> type[LaneProtocol]:
    """Return the protocol class of a server whose relay requests go to `relay`."""
    return type("Lane", (LaneProtocol,), {"relay": relay})
