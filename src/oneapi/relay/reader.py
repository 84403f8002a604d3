"""Reads the requests of one client connection: message by message, each with a head that everybody would read alike.

llhttp judges letters and framing; `heads` what it lets through; `cuts` sees to it that nothing behind a request is looked
at before that has been answered. A relay request becomes a `Cycle`, everything else goes to uvicorn's ASGI part.
"""

import asyncio
from typing import TYPE_CHECKING, Any, Final, Protocol

import httptools
import msgspec

from oneapi.errors import (
    GatewayError,
    HttpVersionNotSupported,
    InvalidRequest,
    MethodNotAllowed,
    RequestTimedOut,
)
from oneapi.relay.cuts import Cuts
from oneapi.relay.cycle import Cycle
from oneapi.relay.exchange import JSON
from oneapi.relay.front import FOR_EVER, Front
from oneapi.relay.heads import Head, origin_form
from oneapi.relay.repeats import learned

if TYPE_CHECKING:
    from oneapi.relay.relay import Relay

RELAY_PREFIXES: Final = (
    b"/v1",
    b"//v1",
    b"/dashboard/billing/",
    b"/chat/completions",
    b"/embeddings",
    b"/messages",
    b"/openai/",
)
MANAGEMENT_PREFIX: Final = b"/api"
MAX_HEAD_BYTES: Final = 65_536
MAX_HELD_BYTES: Final = 65_536
MAX_FRAMING: Final = 8  # bytes around a chunked body for each byte of it, beyond a head's worth
LESSONS: Final = 8  # heads that a connection may teach
MAX_TURN: Final = 16  # requests of one connection that are answered before others have their turn
_SLASH: Final = 47


class AsgiPart(Protocol):
    """uvicorn's half of a connection."""

    def become_asgi(self, parser: Any, url: bytes, fields: dict[bytes, bytes]) -> None:
        """Serve a request whose head is complete over ASGI; `front.cycle` is its cycle from then on."""
        ...

    def on_body(self, body: bytes) -> None:
        """Take a piece of such a request's body."""
        ...

    def on_message_complete(self) -> None:
        """Take the end of such a request's body."""
        ...


class Reader:
    """The parser of one connection, and what it calls back; `url` is the target of the request that came last."""

    __slots__ = (
        "_again",
        "_asgi",
        "_chunk_bytes",
        "_cuts",
        "_front",
        "_head",
        "_head_bytes",
        "_is_chunked",
        "_is_parsing",
        "_lessons",
        "_messages",
        "_relay",
        "_upload",
        "on_header",
        "parser",
        "url",
    )

    def __init__(self, front: Front, relay: "Relay", asgi: AsgiPart) -> None:
        self._front: Final = front
        self._relay: Final = relay
        self._asgi: Final = asgi
        self._cuts: Final = Cuts()
        self._head: Final = Head()
        self._again = b""  # the head that asked for another protocol, without that wish
        self._head_bytes = 0  # of the head that is being read
        self._is_chunked = False
        self._chunk_bytes = 0  # of a chunked body with its sizes, extensions and trailers
        self._messages = 0  # that are complete
        self._is_parsing = False
        self._upload: Cycle | None = (
            None  # whose key is to be checked before more of its body is read
        )
        self._lessons = LESSONS
        self.url = b""
        self.on_header: Any = self._head.add
        self.parser: Any = request_parser(self)

    def on_message_begin(self) -> None:
        """Start collecting."""
        self.url = b""
        self._head.begin()
        self._front.begin_head()

    def on_url(self, url: bytes) -> None:
        """Take the target, or a piece of it."""
        self.url = self.url + url if self.url else url

    def on_headers_complete(self) -> None:
        """Judge the head and choose the lane; what is raised here goes to the client, and the connection ends."""
        parser, head = self.parser, self._head
        fields = head.fields
        keeps: bool = parser.should_keep_alive()
        version = "1.1"
        # Who says nothing and keeps the connection speaks HTTP/1.1; asking the parser makes a text.
        if not keeps or b"connection" in fields or b"proxy-connection" in fields:
            version = parser.get_http_version()
        length = head.check(version)
        if parser.should_upgrade():
            self._again = without_upgrade(parser, self.url, fields)
            return
        self._again = b""
        head.is_open = False
        self._cuts.body_left = length
        self._is_chunked = b"transfer-encoding" in fields
        self._chunk_bytes = 0
        url = self.url
        if url[0] != _SLASH:
            url = self.url = origin_form(url)
        front = self._front
        front.begin_body()
        if not url.startswith(RELAY_PREFIXES):
            self._asgi.become_asgi(parser, url, fields)
            return
        method = parser.get_method().decode("ascii")
        intake = self._relay.intake(method, url, fields, front.client, version == "1.0")
        keeps = keeps and version == "1.1"
        front.cycle = cycle = Cycle(front, self._relay, front.transport, intake, keeps)
        if intake.refusal is not None:
            cycle.refuse(intake.refusal)
        else:
            self._upload = cycle

    def on_body(self, body: bytes) -> None:
        """Collect the body; too much of it is refused at once."""
        front = self._front
        front.body_bytes += len(body)
        cycle = front.cycle
        if cycle.response_complete:
            return
        front.patience = front.client_seconds
        if type(cycle) is not Cycle:
            self._asgi.on_body(body)
            return
        try:
            cycle.intake.feed(body)
        except GatewayError as error:
            cycle.refuse(error)

    def on_message_complete(self) -> None:
        """Start the request, now that it is whole."""
        if self._again:
            return
        front = self._front
        front.is_open = False
        self._head.is_open = True
        self._head_bytes = 0
        self._messages += 1
        cycle = front.cycle
        front.patience = FOR_EVER
        if type(cycle) is not Cycle:
            self._asgi.on_message_complete()
            return
        self._upload = None
        cycle.more_body = False
        if cycle.response_complete:
            front.transport.close()
        else:
            cycle.begin()

    def take(self, data: bytes) -> None:
        """Take the requests in `data`, one after the other, and learn the head of one that came whole and alone."""
        front = self._front
        if front.held:
            self._hold(front.held + data)
            return
        messages = self._messages
        is_first = not front.is_open and front.is_free
        self._parse(data)
        if is_first and self._messages == messages + 1 and self._lessons and not front.held:
            self._learn(data)

    def go_on(self) -> None:
        """Take what was held back, if its turn has come."""
        front = self._front
        if front.held and front.is_free and not self._is_parsing and self.parser is not None:
            held, front.held = front.held, b""
            self._parse(held)
            if not front.held:
                front.flow.resume_reading()

    def _parse(self, data: bytes) -> None:
        """Feed the parser message by message; what stands behind one that is not answered yet is held back."""
        front, cuts = self._front, self._cuts
        at, size = 0, len(data)
        last = self._messages + MAX_TURN
        self._is_parsing = True
        try:
            while at < size and self.parser is not None:
                if at and not front.is_open:
                    if front.transport.is_closing():
                        break
                    if not front.is_free or self._messages == last:
                        self._hold(data[at:])
                        break
                end = cuts.next(data, at)
                self._feed(data if end - at == size else memoryview(data)[at:end], end - at)
                at = end
        except httptools.HttpParserError as error:
            self._reject(_said(error))
        except GatewayError as error:
            self._reject(error)
        finally:
            self._is_parsing = False
        upload = self._upload
        if upload is not None:
            self._upload = None
            if not upload.response_complete:
                upload.admit()

    def _hold(self, rest: bytes) -> None:
        """Keep what stands behind an open request; it is read on only to hear when the client leaves."""
        front = self._front
        front.held = rest
        if len(rest) > MAX_HELD_BYTES:
            front.flow.pause_reading()
        if front.is_free:
            asyncio.get_running_loop().call_soon(self.go_on)

    def _feed(self, piece: Any, size: int) -> None:
        """Feed the parser; where it stops for another protocol, which we never speak, let a new one go on.

        A server that does not upgrade ignores `Upgrade` (RFC 9110 section 7.8, read 2026-11-26); llhttp would take
        what follows the head for the other protocol's, and the body for new requests.
        """
        if self._head.is_open:
            self._head_bytes += size
            if self._head_bytes > MAX_HEAD_BYTES:
                raise InvalidRequest("the request's headers are too large", status=431)
        elif self._is_chunked:
            self._chunk_bytes += size
        try:
            self.parser.feed_data(piece)
        except httptools.HttpParserUpgrade:
            self.parser = request_parser(self)
            self.parser.feed_data(self._again)
        if self._is_chunked:
            body = self._front.body_bytes
            if self._chunk_bytes - body > MAX_HEAD_BYTES + MAX_FRAMING * body:
                raise InvalidRequest("the body's chunks carry more around the body than body")

    def _learn(self, data: bytes) -> None:
        """Remember the head of a request that came whole, and alone."""
        cycle = self._front.cycle
        if type(cycle) is Cycle and cycle.begun and cycle.keep_alive:
            self._lessons -= 1
            self._front.repeat = learned(data, self.url, cycle.intake)

    def _reject(self, error: GatewayError) -> None:
        """Say what is wrong, and take nothing more: nobody knows where the next request would begin."""
        front = self._front
        cycle = front.cycle
        if front.is_free:
            if self._head.is_open:  # otherwise it is the rest of a body that nobody waits for
                method = self.parser.get_method().decode("ascii")
                self._answer(method, error)
        elif type(cycle) is Cycle:
            cycle.refuse(error)
        elif cycle.response_started:
            front.transport.abort()
        else:
            self._answer(cycle.scope["method"], error)
            cycle.disconnected = True
            cycle.message_event.set()
            front.cycle = None
        self.parser = None
        front.linger()

    def _answer(self, method: str, error: GatewayError) -> None:
        """Answer for a request that never became a cycle of ours, in the dialect of its path."""
        front = self._front
        url = origin_form(self.url) if self.url else b"/"
        intake = self._relay.intake(method, url, {}, front.client, True)
        refused = Cycle(front, self._relay, front.transport, intake, keep_alive=False)
        if url.startswith(MANAGEMENT_PREFIX):
            document = {"success": False, "message": error.message}
            refused.keep_alive = False
            refused.send(error.status, JSON, msgspec.json.encode(document))
        else:
            refused.refuse(error)

    def give_up(self) -> None:
        """What is being received has not come in time."""
        self._reject(RequestTimedOut("the request did not come in time"))

    def close(self) -> None:
        """The connection is gone."""
        self.parser = None


def _said(error: httptools.HttpParserError) -> GatewayError:
    """Return what one of our methods raised, which the parser called; otherwise what the parser means."""
    raised = error.__context__
    if isinstance(raised, GatewayError):
        return raised
    if any(words in str(error) for words in ("HTTP version", "PRI")):
        return HttpVersionNotSupported("this is not HTTP/1.1, and nothing else is spoken here")
    return InvalidRequest("the request is not valid HTTP/1.1")


def request_parser(protocol: object) -> Any:
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
    lines += [b"%b: %b" % pair for pair in fields.items() if pair[0] != b"upgrade"]
    return b"\r\n".join((*lines, b"", b""))
