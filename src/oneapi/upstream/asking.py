"""One small request beside the relay, answered whole: what the management plane asks vendors."""

from collections.abc import Awaitable, Callable
from typing import Final, NamedTuple

from oneapi.providers.base import UpstreamRequest
from oneapi.upstream.client import UpstreamClient
from oneapi.upstream.limits import Timeouts

MAX_BYTES: Final = 16 << 20
TIMEOUTS: Final = Timeouts(connect=10.0, first_byte=60.0, idle=60.0, total=120.0)


class WholeAnswer(NamedTuple):
    """A vendor's whole answer; header names are lower-case."""

    status: int
    headers: dict[str, str]
    body: bytes


Ask = Callable[[UpstreamRequest, str | None], Awaitable[WholeAnswer]]
"""Send a request, through a proxy if one is named, under guard where that begins with `GUARDED` (see `egress`).

Raises `UpstreamError` naming the vendor's host.
"""


def asking(
    client: UpstreamClient, max_bytes: int = MAX_BYTES, timeouts: Timeouts = TIMEOUTS
) -> Ask:
    """Return what asks with a client, for an answer of at most `max_bytes`."""

    async def ask(request: UpstreamRequest, proxy: str | None) -> WholeAnswer:
        response = await client.send(request, proxy=proxy, timeouts=timeouts)
        try:
            body = await response.read(max_bytes)
            return WholeAnswer(response.status, dict(response.headers), body)
        finally:
            response.close()

    return ask
