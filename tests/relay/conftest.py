"""A vendor and the running product before it, one of each for a module whose tests want nothing else of them."""

from collections.abc import Iterator

import pytest

from tests.fakes import FakeVendor
from tests.gateway import Gateway
from tests.server.environment import measured


@pytest.fixture(scope="module")
def vendor() -> Iterator[FakeVendor]:
    with FakeVendor.in_thread() as vendor:
        yield vendor


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory, vendor: FakeVendor) -> Iterator[Gateway]:
    with Gateway(tmp_path_factory.mktemp("gateway"), env=measured()) as running:
        running.serve(vendor.url, "gpt-4o-mini")
        yield running


@pytest.fixture(scope="module")
def key(gateway: Gateway) -> str:
    return gateway.add_key()
