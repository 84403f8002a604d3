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
"""Send a request, through a proxy if one is named; raises `UpstreamError` naming the vendor's host."""


def asking(client: UpstreamClient) -> Ask:
    """Return what asks with a client: at most `MAX_BYTES` within `TIMEOUTS`."""

    async def ask(request: UpstreamRequest, proxy: str | None) -> WholeAnswer:
        response = await client.send(request, proxy=proxy, timeouts=TIMEOUTS)
        try:
            body = await response.read(MAX_BYTES)
            return WholeAnswer(response.status, dict(response.headers), body)
        finally:
            response.close()

    return ask
