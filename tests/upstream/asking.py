"""Short ways to ask a vendor in the upstream tests."""

import asyncio
from typing import Any

from oneapi.providers.base import Headers, UpstreamRequest
from oneapi.upstream import UpstreamClient, UpstreamResponse
from tests.fakes import FakeVendor

LIMIT = 64 << 20
SECONDS = 20.0


def post(vendor: FakeVendor, body: Any = b"{}", headers: Headers = ()) -> UpstreamRequest:
    return UpstreamRequest("POST", f"{vendor.url}/v1/x", headers, body)


async def ask(client: UpstreamClient, vendor: FakeVendor, **given: Any) -> UpstreamResponse:
    """Send a POST; fail the test rather than hang."""
    async with asyncio.timeout(SECONDS):
        return await client.send(post(vendor), **given)


async def whole(client: UpstreamClient, vendor: FakeVendor, **given: Any) -> bytes:
    """Return the body of a POST."""
    async with asyncio.timeout(SECONDS):
        return await (await client.send(post(vendor), **given)).read(LIMIT)


async def pumped(response: UpstreamResponse) -> list[bytes]:
    """Return the pieces of the body as they came."""
    pieces: list[bytes] = []
    async with asyncio.timeout(SECONDS):
        await response.pump(pieces.append)
    return pieces
