"""What a connection meets when it is no relay request: two probes, the management plane, the page.

FastAPI is imported when somebody first asks for it, in a thread, so that running streams do not wait; so are the
page's files listed when somebody first opens it.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, NamedTuple

ALIVE = b'{"status":"alive"}'
Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
AsgiApp = Callable[[Scope, Receive, Send], Awaitable[None]]

# Everything else is an address of the page. (`/v1` comes here only as what the relay does not take.)
MANAGEMENT = ("/api/", "/docs", "/v1", "//v1")


class Readiness(NamedTuple):
    """Whether requests are welcome; `reason`: why not, or what is the matter although they are, in words."""

    is_ready: bool
    reason: str = ""


class Front:
    """An ASGI app that answers `/healthz` and `/readyz` itself and hands the rest to the two apps it builds."""

    def __init__(
        self,
        management: Callable[[], AsgiApp],
        readiness: Callable[[], Readiness],
        page: Callable[[], AsgiApp],
        metrics: AsgiApp,
    ) -> None:
        self._management = _Lazy(management)
        self._page = _Lazy(page)
        self._readiness = readiness
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        match scope["path"]:
            case "/healthz":
                await _answer(scope, send, 200, ALIVE)
            case "/readyz":
                await _answer(scope, send, *ready_answer(self._readiness()))
            case "/metrics":
                await self._metrics(scope, receive, send)
            case path if path.startswith(MANAGEMENT) or path == "/api":
                await self._management(scope, receive, send)
            case _:
                await self._page(scope, receive, send)


class _Lazy:
    """An app that is built in a thread when it is first asked."""

    def __init__(self, build: Callable[[], AsgiApp]) -> None:
        self._build = build
        self._app: AsgiApp | None = None
        self._building = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self._app or await self._built()
        await app(scope, receive, send)

    async def _built(self) -> AsgiApp:
        async with self._building:
            app = self._app
            if app is None:
                app = await asyncio.get_running_loop().run_in_executor(None, self._build)
                self._app = app
            return app


def ready_answer(readiness: Readiness) -> tuple[int, bytes]:
    """Return status and body of `/readyz`."""
    said = {"status": "ready" if readiness.is_ready else "not ready"}
    if readiness.reason:
        said["reason"] = readiness.reason
    return 200 if readiness.is_ready else 503, json.dumps(said, separators=(",", ":")).encode()


async def _answer(scope: Scope, send: Send, status: int, body: bytes) -> None:
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})
