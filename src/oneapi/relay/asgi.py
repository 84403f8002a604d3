"""The relay over plain ASGI: for tests, and for any server that is not uvicorn. Slower than the lane, same answers."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from oneapi.errors import GatewayError
from oneapi.relay.exchange import SDK_REQUEST_IDS, Flow, HeaderPairs, names_request
from oneapi.relay.intake import Intake

if TYPE_CHECKING:
    from oneapi.relay.relay import Relay

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

HIGH_WATER_BYTES = 65_536


class _Welcome:
    """Waits for the relay to say whether a body is welcome."""

    def __init__(self) -> None:
        self._decided: asyncio.Future[GatewayError | None]
        self._decided = asyncio.get_running_loop().create_future()
        self._task: asyncio.Task[None] | None = None

    def wait(self, task: asyncio.Task[None]) -> None:
        """Wait for `task`."""
        self._task = task

    def go_on(self) -> None:
        """It is."""
        self._decided.set_result(None)

    def refuse(self, error: GatewayError) -> None:
        """It is not."""
        self._decided.set_result(error)

    async def refusal(self) -> GatewayError | None:
        """Return why the body is not welcome, `None` if it is."""
        try:
            return await self._decided
        finally:
            if self._task is not None:
                self._task.cancel()


class AsgiResponder:
    """Queues what the relay writes; `drain` sends it."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake
        self._flow: Flow | None = None
        self._queue: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()
        self._request_id = intake.request_id.encode()
        self._headers: HeaderPairs = (
            (b"x-oneapi-request-id", self._request_id),
            (b"access-control-allow-origin", b"*"),
        )
        self._ended = False
        self._queued = 0  # bytes
        self.left = False
        self.task: asyncio.Task[None] | None = None

    def attach(self, flow: Flow | None) -> None:
        """Route departure to `flow`."""
        self._flow = flow

    def lost(self) -> None:
        """The client is gone."""
        if self.left or self._ended:
            return
        self.left = True
        if self._flow is not None:
            self._flow.client_left()
        elif self.task is not None:
            self.task.cancel()

    def send(self, status: int, content_type: bytes, body: bytes, extra: HeaderPairs = ()) -> None:
        """Send a whole answer."""
        length = (b"content-length", str(len(body)).encode())
        self.start(status, content_type, (length, *extra))
        self.end(body)

    def start(self, status: int, content_type: bytes, extra: HeaderPairs = ()) -> None:
        """Begin an answer."""
        headers = [(b"content-type", content_type), *self._headers, *extra]
        if not names_request(extra):
            headers += [(name, self._request_id) for name in SDK_REQUEST_IDS]
        self._queue.put_nowait(
            {"type": "http.response.start", "status": status, "headers": headers}
        )

    def write(self, body: bytes) -> None:
        """Send a piece; who sends faster than the client reads is told to pause."""
        self._queued += len(body)
        if self._queued > HIGH_WATER_BYTES and self._flow is not None:
            self._flow.pause()
        self._queue.put_nowait({"type": "http.response.body", "body": body, "more_body": True})

    def end(self, last: bytes = b"") -> None:
        """Send the last piece."""
        self._ended = True
        self._queue.put_nowait({"type": "http.response.body", "body": last, "more_body": False})

    def carry(self, task: asyncio.Task[None]) -> None:
        """A task goes on with the request."""
        self.task = task

    def done(self) -> None:
        """Make sure that `drain` ends, and give back what the body took."""
        self._intake.done()
        self._queue.put_nowait(None)

    def cut(self) -> None:
        """Stop without an end; the server closes the connection."""
        self._ended = True

    async def drain(self, send: Send) -> None:
        """Send what is written until the end."""
        while (message := await self._queue.get()) is not None:
            if not self.left:
                await send(message)
            if message.get("more_body"):
                before, self._queued = self._queued, self._queued - len(message["body"])
                if self._queued <= HIGH_WATER_BYTES < before and self._flow is not None:
                    self._flow.resume()


async def serve(relay: "Relay", scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """Serve one HTTP request of a relay path."""
    query = scope["query_string"]
    url = scope.get("raw_path", scope["path"].encode()) + (b"?" + query if query else b"")
    intake = relay.intake(scope["method"], url, dict(scope["headers"]), scope["client"], False)
    responder = AsgiResponder(intake)
    if intake.refusal is None:
        welcome = _Welcome()
        relay.admit(intake, welcome)
        intake.refusal = await welcome.refusal()
    more = intake.refusal is None
    try:
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                intake.close()
                return
            intake.feed(message.get("body", b""))
            more = message.get("more_body", False)
    except GatewayError as error:
        intake.refusal = error
    if intake.refusal is not None:
        relay.refuse(intake, responder, intake.refusal)
        responder.done()
        await responder.drain(send)
        return
    async with asyncio.TaskGroup() as group:
        responder.task = relay.begin(intake, responder)
        watch = group.create_task(_watch(receive, responder))
        await responder.drain(send)
        watch.cancel()


async def _watch(receive: Receive, responder: AsgiResponder) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    responder.lost()
