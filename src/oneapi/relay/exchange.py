"""What the relay sees of a client: a frozen `Request` and a small `Responder`, whatever server stands in front.

Two responders exist: the fast lane inside uvicorn's protocol (`relay.lane`) and one over ASGI (`relay.asgi`).
"""

import asyncio
from typing import Any, Final, Protocol

JSON: Final = b"application/json"
EVENT_STREAM: Final = b"text/event-stream; charset=utf-8"
HeaderPairs = tuple[tuple[bytes, bytes], ...]
# Where OpenAI's and Anthropic's SDKs look for the id that they show with an error.
# Sources: `_exceptions.py` and `_response.py` of the packages openai 3.54.0 and anthropic 2.12.0 (read 2026-11-25).
SDK_REQUEST_IDS: Final = (b"x-request-id", b"request-id")


class Request:
    """One client request, body included; nobody changes it.

    `headers` has lower-case names. `body` is bytes, or an `upstream.bodies.SpooledBody` for multipart
    endpoints. `arrived` is monotonic seconds, `created_at` unix seconds.
    """

    __slots__ = (
        "arrived",
        "body",
        "created_at",
        "headers",
        "method",
        "path",
        "peer",
        "query",
        "request_id",
    )

    def __init__(
        self,
        method: str,
        path: str,
        query: str,
        headers: dict[bytes, bytes],
        peer: str,
        body: Any,
        request_id: str,
        arrived: float,
        created_at: int,
    ) -> None:
        self.method: Final = method
        self.path: Final = path
        self.query: Final = query
        self.headers: Final = headers
        self.peer: Final = peer
        self.body: Final = body
        self.request_id: Final = request_id
        self.arrived: Final = arrived
        self.created_at: Final = created_at

    def header(self, name: bytes) -> str:
        """Return a header's value as text, empty when absent."""
        return self.headers.get(name, b"").decode("latin-1")


def names_request(headers: HeaderPairs) -> bool:
    """Whether a vendor's own request id is among the headers that are passed on."""
    return any(name in SDK_REQUEST_IDS for name, _ in headers)


class Flow(Protocol):
    """Who wants to hear how the client's side of a stream is doing."""

    def pause(self) -> None:
        """The client reads slower than the vendor sends."""
        ...

    def resume(self) -> None:
        """The client caught up."""
        ...

    def client_left(self) -> None:
        """The client closed its connection."""
        ...


class Responder(Protocol):
    """Where an answer goes. Writing after the client left is harmless and does nothing."""

    @property
    def left(self) -> bool:
        """Whether the client has closed its connection."""
        ...

    def attach(self, flow: Flow | None) -> None:
        """Tell `flow` about back-pressure and departure; without one, departure cancels the request's task."""
        ...

    def send(self, status: int, content_type: bytes, body: bytes, extra: HeaderPairs = ()) -> None:
        """Send a whole answer."""
        ...

    def start(self, status: int, content_type: bytes, extra: HeaderPairs = ()) -> None:
        """Begin an answer of unknown length."""
        ...

    def write(self, body: bytes) -> None:
        """Send a piece of an answer that was begun."""
        ...

    def end(self, last: bytes = b"") -> None:
        """Send the last piece and end the answer properly."""
        ...

    def carry(self, task: asyncio.Task[None]) -> None:
        """A task goes on with the request; the client's departure cancels it unless a flow is attached."""
        ...

    def done(self) -> None:
        """The relay has finished with the request, whatever became of it."""
        ...

    def cut(self) -> None:
        """Break off, so that the client can see that the answer is not whole."""
        ...
