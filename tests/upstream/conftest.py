"""The upstream tests run on both event loops: uvloop as in production, asyncio as a second opinion."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

import pytest
import pytest_asyncio
import uvloop

from oneapi.upstream import Limits, Timeouts, UpstreamClient
from tests.fakes import FakeVendor
from tests.upstream.proxies import SERVERS, Proxy, running

LIMITS = Limits(sweep_seconds=0.01, rest_seconds=0)
TIMEOUTS = Timeouts(connect=5.0, first_byte=10.0, idle=10.0)


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    if config.getoption("--plain"):
        return {"uvloop": uvloop.new_event_loop}
    return {"uvloop": uvloop.new_event_loop, "asyncio": asyncio.SelectorEventLoop}


@pytest_asyncio.fixture
async def vendor() -> AsyncIterator[FakeVendor]:
    async with FakeVendor() as vendor:
        yield vendor


@pytest_asyncio.fixture
async def new_client() -> AsyncIterator[Callable[..., UpstreamClient]]:
    """Make clients that are closed after the test; keyword arguments as for `UpstreamClient`."""
    made: list[UpstreamClient] = []

    def new(**given: Any) -> UpstreamClient:
        arguments: dict[str, Any] = {"limits": LIMITS, "timeouts": TIMEOUTS, **given}
        client = UpstreamClient(**arguments)
        made.append(client)
        return client

    yield new
    for client in made:
        await client.aclose()
        assert client.connections == 0


@pytest_asyncio.fixture
async def client(new_client: Callable[..., UpstreamClient]) -> UpstreamClient:
    return new_client()


@pytest.fixture(params=SERVERS)
def scheme(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest_asyncio.fixture
async def proxy(scheme: str) -> AsyncIterator[Proxy]:
    async with running(SERVERS[scheme], Proxy()) as proxy:
        yield proxy
