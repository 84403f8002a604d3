"""Who may read `/metrics`: whoever asks from this machine, and whoever has the token.

A proxy on this machine asks for others: a request that says it was forwarded needs the token like any from elsewhere.
"""

import hmac
from collections.abc import Awaitable, Callable
from typing import Any, Final

from oneapi.server.front import Message, Receive, Scope, Send
from oneapi.wire.client_address import address_of

_FORWARDED: Final = (b"forwarded", b"via", b"x-real-ip", b"cf-connecting-ip", b"true-client-ip")
_REFUSAL: Final = b"metrics need the bearer token of the setting MetricsToken\n"


class Metrics:
    """An ASGI app. `read` returns content type and text, `bearer` what opens it to others ("": nothing does)."""

    def __init__(
        self, read: Callable[[], Awaitable[tuple[str, bytes]]], bearer: Callable[[], str]
    ) -> None:
        self._read = read
        self._bearer = bearer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["method"] not in ("GET", "HEAD"):
            await _answer(scope, send, 405, "text/plain", b"", (b"allow", b"GET, HEAD"))
        elif is_local(scope) or self._has_bearer(scope):
            await _answer(scope, send, 200, *await self._read())
        else:
            await _answer(
                scope, send, 401, "text/plain", _REFUSAL, (b"www-authenticate", b"Bearer")
            )

    def _has_bearer(self, scope: Scope) -> bool:
        wanted = self._bearer().encode()
        said = dict(scope["headers"]).get(b"authorization", b"")
        kind, _, given = said.partition(b" ")
        is_bearer = kind.lower() == b"bearer"
        return bool(wanted) and is_bearer and hmac.compare_digest(given.strip(), wanted)


def is_local(scope: Scope) -> bool:
    """Say whether a request comes from this machine, and from nobody behind it."""
    peer = scope.get("client")
    address = address_of(peer[0]) if peer is not None else None
    names = [name.lower() for name, _ in scope["headers"]]
    return (
        address is not None
        and address.is_loopback
        and not any(name in _FORWARDED or name.startswith(b"x-forwarded") for name in names)
    )


async def _answer(
    scope: Scope, send: Send, status: int, kind: str, body: bytes, *more: tuple[bytes, bytes]
) -> None:
    headers: list[Any] = [
        (b"content-type", kind.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        *more,
    ]
    start: Message = {"type": "http.response.start", "status": status, "headers": headers}
    await send(start)
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})
