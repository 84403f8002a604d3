"""Who cannot pay is told what it may cost, what is left, in the site's money, and the largest limit that would do."""

from typing import Any

import pytest
from hypothesis import given, strategies as st
from msgspec.structs import replace

from oneapi.ledger.pricing import Price
from oneapi.relay.ceiling import Demand, ceiling, largest_limit
from oneapi.store.money import money
from oneapi.store.settings import Settings
from oneapi.wire.endpoints import Endpoint

TEXTS = st.sampled_from([Endpoint.CHAT, Endpoint.COMPLETIONS, Endpoint.EDITS])


@pytest.mark.fault("R7")
@given(
    TEXTS,
    st.integers(0, 10_000),
    st.integers(1, 10**9),
    st.integers(1, 10**10),
    st.integers(1, 10**10),
    st.integers(0, 10**7),
    st.integers(1, 4),
)
def test_the_limit_that_is_named_is_the_largest_that_can_be_paid(
    endpoint: Endpoint, tokens: int, per_input: int, per_output: int, factor: int, left: int, n: int
) -> None:
    price = Price(input=per_input, output=per_output, source="test")
    wanted = Demand(endpoint, tokens, 10**9, n)
    limit = largest_limit(wanted, price, factor, left)
    assert limit is not None
    if limit:
        assert ceiling(replace(wanted, limit=limit), price, factor, None, left).quota <= left
    assert ceiling(replace(wanted, limit=limit + 1), price, factor, None, left).quota > left


@pytest.mark.parametrize(
    ("texts", "quota", "said"),
    [
        ({}, 400_200, "$0.8004 (400200 quota)"),
        ({}, 500_000, "$1.00 (500000 quota)"),
        ({}, 1, "$0.000002 (1 quota)"),
        ({}, 0, "$0.00 (0 quota)"),
        ({}, -250_000, "-$0.50 (-250000 quota)"),
        ({"QuotaPerUnit": "1000"}, 1500, "$1.50 (1500 quota)"),
        ({"DisplayInCurrencyEnabled": "false"}, 7, "7 quota"),
    ],
)
def test_money_is_shown_as_the_site_shows_it(texts: dict[str, Any], quota: int, said: str) -> None:
    assert money(Settings(texts), quota) == said
