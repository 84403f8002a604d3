"""The door of the management plane: what happens to every request before FastAPI sees it.

Request id, client address, One API's global rate limit, the body's limit, and tolerance: a trailing slash more or
less and a missing content type mean the same, without redirects.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from oneapi.control.answers import refused, sentence
from oneapi.control.bodies import Bodies, BodyTooLargeError, ClientLeftError, NoRoomError
from oneapi.control.context import Services
from oneapi.store.rate_limit import RateLimiter
from oneapi.wire.client_address import FORWARDING, Client, counted_as

RETRY_AFTER: Final = "5"  # seconds
REQUEST_ID_HEADER: Final = "X-Oneapi-Request-Id"
_STRANGERS_SAID: Final = 16
_LOOSE_TYPES = ("", "application/x-www-form-urlencoded", "text/plain")

log = structlog.get_logger()


def request_id(clock: Callable[[], float], new_id: Callable[[], str]) -> str:
    """Return an id in One API's form: UTC seconds as digits, nanoseconds of the second, eight random digits."""
    nanoseconds = int(clock() * 1_000_000_000)
    seconds, fraction = divmod(nanoseconds, 1_000_000_000)
    at = datetime.fromtimestamp(seconds, UTC)
    return f"{at:%Y%m%d%H%M%S}{fraction}{int(new_id()[-12:], 16) % 100_000_000:08d}"


class Gate:
    """ASGI middleware; `is_api` requests also pass the limits."""

    def __init__(self, app: ASGIApp, services: Services) -> None:
        self._app = app
        self._services = services
        self._bodies = Bodies()
        self._limiter = RateLimiter(
            services.rate_limits.api, services.clock, services.debts, "api "
        )
        self._strangers: set[str] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        marked = self._mark(scope)

        async def send_marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[REQUEST_ID_HEADER] = marked
            await send(message)

        if is_api(scope["path"]):
            await self._admit(scope, receive, send_marked)
        else:
            await self._app(scope, receive, send_marked)

    def _mark(self, scope: Scope) -> str:
        headers = Headers(scope=scope)
        peer = scope.get("client")
        host = str(peer[0]) if peer else ""
        proxies = self._services.proxies
        client = proxies.client(host, forwarding := _forwarding(headers))
        if forwarding and not proxies.trusts(host):
            self._warn(host)
        forwarded_proto = headers.get("x-forwarded-proto", "") if proxies.trusts(host) else ""
        marked = request_id(self._services.clock, self._services.new_id)
        scope.setdefault("state", {}).update(
            request_id=marked,
            client=client,
            is_https=(forwarded_proto or scope["scheme"]) == "https",
            asked_path=scope["path"],
        )
        return marked

    def _warn(self, peer: str) -> None:
        """Say once of each of the first few proxies that nobody trusts them: mostly they only are not configured."""
        if peer not in self._strangers and len(self._strangers) < _STRANGERS_SAID:
            self._strangers.add(peer)
            log.warning("proxy_not_trusted", peer=peer, setting="TRUSTED_PROXIES")

    async def _admit(self, scope: Scope, receive: Receive, send: Send) -> None:
        wait = self._limiter.wait_seconds(counted_as(scope["state"]["client"].address))
        if wait:
            await too_many(wait)(scope, receive, send)
            return
        headers = Headers(scope=scope)
        language = headers.get("accept-language", "")
        try:
            body = await self._bodies.read(headers, receive)
        except BodyTooLargeError as error:
            message = sentence("too_large", language, limit=error.limit)
            await refused(message, status=413)(scope, receive, send)
            return
        except NoRoomError:
            busy = refused(sentence("busy", language), status=503)
            busy.headers["Retry-After"] = RETRY_AFTER
            await busy(scope, receive, send)
            return
        except ClientLeftError:
            return
        await self._app(_normalised(scope, bool(body)), _replayed(body, receive), send)


def is_api(path: str) -> bool:
    """Tell whether the path belongs to the management API."""
    return path == "/api" or path.startswith("/api/")


def too_many(wait_seconds: int) -> Response:
    """Answer 429 as One API does, with an empty body; how long to wait is in the header."""
    return Response(status_code=429, headers={"Retry-After": str(wait_seconds)})


def _replayed(body: bytes, receive: Receive) -> Receive:
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return messages.pop() if messages else await receive()

    return replay


def _normalised(scope: Scope, has_body: bool) -> Scope:
    """Return the scope with one spelling of the path, and JSON as the type of a body that does not say."""
    path: str = scope["path"]
    changed = {**scope, "path": path.rstrip("/") or "/"}
    declared = Headers(scope=scope).get("content-type", "").partition(";")[0].strip().lower()
    if has_body and declared in _LOOSE_TYPES:
        others = [pair for pair in scope["headers"] if pair[0].lower() != b"content-type"]
        changed["headers"] = [*others, (b"content-type", b"application/json")]
    return changed


def _forwarding(headers: Headers) -> dict[bytes, bytes]:
    """Return what proxies say of the client, repeated headers joined."""
    found = {name: ",".join(headers.getlist(name.decode())) for name in FORWARDING}
    return {name: value.encode("latin-1") for name, value in found.items() if value}


def client_of(request: Request) -> Client:
    """Return where the request comes from."""
    client: Client = request.state.client
    return client
