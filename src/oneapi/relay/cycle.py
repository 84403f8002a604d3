"""One relay request on one HTTP/1.1 connection: `Responder` to the relay, cycle to uvicorn's protocol."""

import asyncio
from typing import TYPE_CHECKING, Any, Final

from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from oneapi.errors import GatewayError
from oneapi.relay.exchange import SDK_REQUEST_IDS, Flow, HeaderPairs, names_request
from oneapi.relay.intake import Intake

if TYPE_CHECKING:
    from oneapi.relay.front import Front
    from oneapi.relay.relay import Relay


class _Heads:
    """Heads of answers as they are at the moment; one event loop, so one of them."""

    __slots__ = ("dated", "kept")

    def __init__(self) -> None:
        self.dated: list[tuple[bytes, bytes]] | None = None
        self.kept: dict[int, dict[bytes, bytes]] = {}  # by status and content type


_HEADS: Final = _Heads()


class _Event:
    """Stands in for the event of uvicorn's cycle, which nobody waits for here."""

    __slots__ = ()

    def set(self) -> None:
        """Do nothing."""


CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"
_PROOF: Final = (200, 201)
_EVENT: Final = _Event()
_OPENAI_ID: Final = b"\r\n%b: " % SDK_REQUEST_IDS[0]
_ANTHROPIC_ID: Final = b"\r\n%b: " % SDK_REQUEST_IDS[1]


class Cycle:
    """One relay request on one connection: `Responder` to the relay, cycle to uvicorn."""

    __slots__ = (
        "_begun",
        "_chunked",
        "_flow",
        "_front",
        "_has_body",
        "_relay",
        "_started",
        "_task",
        "_transport",
        "disconnected",
        "intake",
        "keep_alive",
        "message_event",
        "more_body",
        "response_complete",
    )

    def __init__(
        self, front: "Front", relay: "Relay", transport: Any, intake: Intake, keep_alive: bool
    ) -> None:
        self._front: Final = front
        self._relay: Final = relay
        self._transport: Final = transport
        self._flow: Flow | None = None
        self._task: asyncio.Task[None] | None = None
        self._started = False
        self._begun = False
        self._chunked = True
        self._has_body = intake.method != "HEAD"
        self.intake = intake
        self.keep_alive = keep_alive
        self.response_complete = False
        self.disconnected = False
        self.more_body = True
        self.message_event = _EVENT

    @property
    def left(self) -> bool:
        """Whether the client has closed its connection."""
        return self.disconnected

    def attach(self, flow: Flow | None) -> None:
        """Route back-pressure and departure to `flow`."""
        self._flow = flow
        if flow is not None and self._front.flow.write_paused:
            flow.pause()

    def begin(self) -> None:
        """Hand the request to the relay: the body is complete."""
        self._begun = True
        task = self._relay.begin(self.intake, self)
        if task is not None:
            self.carry(task)

    def carry(self, task: asyncio.Task[None]) -> None:
        """A task goes on with the request."""
        self._task = task
        self._front.tasks.add(task)

    @property
    def receiving(self) -> bool:
        """Whether the rest of the body is what everybody waits for."""
        return self.more_body

    @property
    def begun(self) -> bool:
        """Whether the relay is at work on it."""
        return self._begun

    def done(self) -> None:
        """The relay has finished with the request."""
        self.intake.done()
        if self._task is not None:
            self._front.tasks.discard(self._task)

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

    def _head(self, status: int, content_type: bytes) -> bytes:
        """Return an answer's head up to the request id."""
        if not self._front.is_proven and status in _PROOF:
            self._front.prove()
        return _kept(self._front.state.default_headers, status, content_type)

    def _ids(self, extra: HeaderPairs) -> bytes:
        """Return the request id, and again under the names that SDKs know, unless a vendor's own is there."""
        request_id = self.intake.request_id.encode()
        if extra and names_request(extra):
            return request_id
        return b"".join((request_id, _OPENAI_ID, request_id, _ANTHROPIC_ID, request_id))

    def _rest(self, extra: HeaderPairs) -> bytes:
        """Return what follows the request ids, but what says how long the body is."""
        rest = b"".join([b"\r\n%b: %b" % header for header in extra]) if extra else b""
        return rest if self.keep_alive else rest + b"\r\nconnection: close"

    def send(self, status: int, content_type: bytes, body: bytes, extra: HeaderPairs = ()) -> None:
        """Send a whole answer."""
        if self.disconnected or self.response_complete:
            return
        whole = (
            self._head(status, content_type),
            self._ids(extra),
            self._rest(extra),
            b"" if status == 204 else b"\r\ncontent-length: ",
            b"" if status == 204 else str(len(body)).encode(),
            b"\r\n\r\n",
            body if self._has_body else b"",
        )
        self._transport.write(b"".join(whole))
        self._finish()

    def start(self, status: int, content_type: bytes, extra: HeaderPairs = ()) -> None:
        """Begin an answer of unknown length: chunked, or until close for HTTP/1.0."""
        if self.disconnected or self._started:
            return
        self._started = True
        rest = self._rest(extra)
        if self.intake.http_1_0:
            self._chunked = False
            self.keep_alive = False
        elif self._has_body:
            rest += b"\r\ntransfer-encoding: chunked"
        head = self._head(status, content_type)
        self._transport.write(b"".join((head, self._ids(extra), rest, b"\r\n\r\n")))

    def write(self, body: bytes) -> None:
        """Send a piece."""
        if self.disconnected or not body or not self._has_body:
            return
        if self._chunked:
            self._transport.write(b"%x\r\n%b\r\n" % (len(body), body))
        else:
            self._transport.write(body)

    def end(self, last: bytes = b"") -> None:
        """Send the last piece and the end of the answer, in one write."""
        if self.disconnected or self.response_complete:
            return
        if not self._has_body:
            pass
        elif not self._chunked:
            self._transport.write(last)
        elif last:
            self._transport.write(b"%x\r\n%b\r\n0\r\n\r\n" % (len(last), last))
        else:
            self._transport.write(b"0\r\n\r\n")
        self._finish()

    def cut(self) -> None:
        """Close without the last chunk."""
        if self.disconnected or self.response_complete:
            return
        self.keep_alive = False
        self._finish()

    def admit(self) -> None:
        """Have path and key checked before more of the body is read."""
        self._relay.admit(self.intake, self)

    def wait(self, task: asyncio.Task[None]) -> None:
        """Read nothing until `task` has found out whose key it is."""
        self.carry(task)
        self._front.flow.pause_reading()

    def go_on(self) -> None:
        """Read the body, of which the client may be told that it is welcome."""
        self._admitted()
        intake = self.intake
        said = intake.headers.get(b"expect", b"").lower()
        if said == b"100-continue" and not intake.http_1_0:  # RFC 9110 section 10.1.1
            self._transport.write(CONTINUE)

    def _admitted(self) -> None:
        front = self._front
        if self._task is not None:
            front.tasks.discard(self._task)
            self._task = None
        front.flow.resume_reading()

    def refuse(self, error: GatewayError) -> None:
        """Answer before the body was read; the connection is closed once the rest has been thrown away."""
        self.keep_alive = False
        self._admitted()
        self._relay.refuse(self.intake, self, error)

    def _finish(self) -> None:
        self.response_complete = True
        self._flow = None
        front = self._front
        if self.more_body:
            front.discard()
            return
        if not self.keep_alive:
            self._transport.close()
        front.on_response_complete()


def _kept(dated: list[tuple[bytes, bytes]], status: int, content_type: bytes) -> bytes:
    """Return an answer's head up to the request id; kept until uvicorn's date changes, once a second."""
    heads = _HEADS
    if heads.dated is not dated:
        heads.dated = dated
        heads.kept.clear()
    alike = heads.kept.get(status)
    if alike is None:
        alike = heads.kept[status] = {}
    kept = alike.get(content_type)
    if kept is None:
        lines = b"".join([b"%b: %b\r\n" % header for header in dated])
        kept = alike[content_type] = (
            b"%b%bcontent-type: %b\r\naccess-control-allow-origin: *\r\nx-oneapi-request-id: "
            % (STATUS_LINE[status], lines, content_type)
        )
    return kept
