"""What a channel costs its operator: with each request, in the hours, in the story, and in the metrics."""

from collections.abc import Iterator
from typing import Any

import pytest

from oneapi.ledger.costs import cost_of
from oneapi.ledger.encoding import encoded_price
from oneapi.ledger.entry import Settled
from oneapi.ledger.pricing import ONE, Price
from oneapi.providers.adjusting import adjustments_in, check
from oneapi.providers.operations import OperationError
from oneapi.wire.usage import Usage
from tests.fakes import FakeVendor, chat_document, json_answer
from tests.gateway import Gateway
from tests.ledger.scene import facts, payer
from tests.server.environment import measured

PRICE = Price(input=1_000_000_000, output=2_000_000_000)


def settled(**said: Any) -> Settled:
    usage = Usage(input_tokens=100, output_tokens=10)
    raw = encoded_price(PRICE)
    return Settled("r", payer(), 0, 0, 0, 0, 3 * ONE, usage, raw, facts(**said))


@pytest.mark.parametrize(
    ("factor", "cost"), [(ONE, 120), (ONE // 2, 60), (ONE // 7, 18), (0, 0), (-1, None)]
)
def test_the_cost_is_a_factor_on_the_list_price_whatever_the_group_pays(
    factor: int, cost: int | None
) -> None:
    assert cost_of(settled(cost_factor=factor)) == cost


def test_what_an_older_version_wrote_has_no_cost() -> None:
    assert cost_of(settled()) is None


@pytest.mark.parametrize(
    ("said", "factor"), [(0.6, 600_000_000), ("0.6", 600_000_000), (0, 0), (1, ONE), (None, -1)]
)
def test_a_factor_is_read(said: Any, factor: int) -> None:
    found = adjustments_in({"cost_factor": said})
    assert (-1 if found is None else found.cost_factor) == factor
    assert found is None or not found.changes_requests


@pytest.mark.parametrize("said", [-1, 1001, "x", True, [1], float("inf"), {"a": 1}])
def test_what_is_no_factor_is_refused(said: Any) -> None:
    with pytest.raises(OperationError, match="cost_factor"):
        check({"cost_factor": said})


@pytest.fixture(scope="module")
def vendor() -> Iterator[FakeVendor]:
    with FakeVendor.in_thread(lambda _: json_answer(chat_document("x", 50_000, 5_000))) as vendor:
        yield vendor


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory, vendor: FakeVendor) -> Iterator[Gateway]:
    with Gateway(tmp_path_factory.mktemp("gateway"), env=measured()) as running:
        for model, config in (("half", '{"cost_factor": 0.5}'), ("unknown", "")):
            mapping = f'{{"{model}": "gpt-4o-mini"}}'
            running.serve(vendor.url, model, model_mapping=mapping, config=config)
        yield running


def test_a_request_of_a_channel_that_says_what_it_costs_has_a_cost(gateway: Gateway) -> None:
    key = gateway.add_key()
    stories = {name: gateway.story(gateway.chat(key, name)) for name in ("half", "unknown")}
    charge = stories["half"]["charge"]
    assert charge == stories["unknown"]["charge"] > 1000
    assert stories["half"]["cost"] == -(-charge // 2)
    assert stories["unknown"]["cost"] is None

    sums = gateway.api("GET", "/api/dashboard?scope=site")["sums"]
    assert (sums["quota"], sums["cost"], sums["costed"]) == (2 * charge, -(-charge // 2), charge)

    scraped = gateway.request("GET", "/metrics")
    lines = scraped.body.decode().splitlines()
    costs = [line for line in lines if line.startswith("oneapi_cost_quota_total")]
    assert sorted(float(line.rsplit(" ", 1)[1]) for line in costs) == [0.0, -(-charge // 2)]
