"""A request that the express lane hands to the pipeline goes where the express lane had chosen, or further."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.fakes import FakeVendor, error_answer, wait_until
from tests.gateway import Answer, Gateway, chat_request


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Gateway]:
    with Gateway(tmp_path) as running:
        yield running


def converted(gateway: Gateway, key: str) -> Answer:
    """Ask in a dialect that the vendor does not speak: express work never."""
    return gateway.post(key, "/v1/messages", chat_request("gpt-4o-mini", max_tokens=9))


def test_channels_of_equal_weight_share_converted_requests(gateway: Gateway) -> None:
    with FakeVendor.in_thread() as first, FakeVendor.in_thread() as second:
        for vendor in (first, second):
            gateway.serve(vendor.url, "gpt-4o-mini", weight=1)
        key = gateway.add_key()
        assert {converted(gateway, key).status for _ in range(10)} == {200}
        assert (len(first.requests), len(second.requests)) == (5, 5)


def test_a_converted_request_may_be_the_probe_of_a_resting_channel(gateway: Gateway) -> None:
    with FakeVendor.in_thread() as vendor:
        gateway.serve(vendor.url, "gpt-4o-mini,other")
        key = gateway.add_key()
        vendor.script(error_answer(429, "slow down", [("Retry-After", "1")]))
        assert converted(gateway, key).status == 429
        rested_at = time.monotonic() + 1.2
        wait_until(lambda: time.monotonic() > rested_at)
        assert gateway.chat(key, "other", max_tokens=9).status == 200, "quota is on lease again"
        assert converted(gateway, key).status == 200


@pytest.mark.parametrize("ask", [Gateway.chat, converted])
def test_a_channel_that_cannot_be_asked_is_passed_over(
    gateway: Gateway, ask: Callable[[Gateway, str], Answer]
) -> None:
    with FakeVendor.in_thread() as vendor:
        gateway.serve(vendor.url, "gpt-4o-mini,other")
        gateway.serve("", "gpt-4o-mini", type=8, priority=9)
        key = gateway.add_key()
        assert gateway.chat(key, "other", max_tokens=9).status == 200, "quota is on lease"
        assert ask(gateway, key).status == 200
