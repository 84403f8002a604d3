"""What a model costs by the tier that served, and by the hour, as the vendors say it."""

from datetime import UTC, datetime

import pytest

from oneapi.ledger.charging import charge, line_items
from oneapi.ledger.encoding import encoded_price
from oneapi.ledger.entry import decoded_price
from oneapi.ledger.pricing import NANO, ONE, QUOTA_PER_USD, Price, PriceList
from oneapi.ledger.variants import dearest, in_force, varies
from oneapi.wire.usage import Usage

LISTED = PriceList({})
MILLION = Usage(1_000_000, 1_000_000)


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


NOON = at("2026-11-26 12:30")


def usd(price: Price) -> tuple[float, float, float]:
    """USD per million tokens: input, cached input, output."""
    per_million = 1_000_000 / NANO / QUOTA_PER_USD
    return tuple(each * per_million for each in (price.input, price.cache_read, price.output))  # pyright: ignore[reportReturnType]


@pytest.mark.parametrize(
    ("model", "served", "expected"),
    [
        # https://openai.com/api-fast-mode/ (read 2026-11-26)
        ("gpt-5.4", "priority", (5, 0.5, 30)),
        ("gpt-5.5", "fast", (12.5, 1.25, 75)),
        ("gpt-5.1", "priority", (2.5, 0.25, 20)),
        ("gpt-5.1", "default", (1.25, 0.125, 10)),
        ("gpt-5.1", "scale", (1.25, 0.125, 10)),
        ("gpt-5.1", "flex", (0.625, 0.0625, 5)),
        ("gemini-2.5-pro", "flex", (0.625, 0.125, 5)),
        ("claude-opus-5", "standard fast global", (10, 1, 50)),
        ("claude-opus-5", "standard us", (5.5, 0.55, 27.5)),
        ("claude-opus-5", "fast us", (11, 1.1, 55)),
        ("claude-opus-5", "priority", (5, 0.5, 25)),  # bought beforehand
        ("gpt-4o-audio-preview", "priority", (2.5, 2.5, 10)),
    ],
)
def test_the_tier_that_served_says_the_price(
    model: str, served: str, expected: tuple[float, float, float]
) -> None:
    assert usd(in_force(LISTED.price(model), served, NOON)) == pytest.approx(expected)


def test_a_long_prompt_is_dearer_in_every_tier() -> None:
    price = in_force(LISTED.price("gpt-6.1-sol"), "priority", NOON)
    assert price.long is not None
    assert usd(price.long) == pytest.approx((8, 0.4, 30))
    assert charge(Usage(300_000, 0), price, ONE) == charge(Usage(300_000, 0), price.long, ONE)


@pytest.mark.parametrize(
    ("moment", "is_peak"),
    [
        ("2026-11-26 00:59", False),  # a Thursday
        ("2026-11-26 01:00", True),
        ("2026-11-26 03:59", True),
        ("2026-11-26 04:00", False),
        ("2026-11-26 06:00", True),
        ("2026-11-26 10:00", False),
        ("2026-11-27 09:59", True),
        ("2026-11-28 02:00", False),
        ("2026-11-29 02:00", False),
        ("2026-11-30 02:00", True),
    ],
)
def test_deepseek_asks_half_outside_its_weekdays_peak(moment: str, is_peak: bool) -> None:
    price = LISTED.price("deepseek-v4-pro")
    expected = (1.32, 0.044, 3.96) if is_peak else (0.66, 0.022, 1.98)
    found = in_force(price, "", at(moment))
    assert usd(found) == pytest.approx(expected)
    assert found.tier == ("" if is_peak else "off_peak")


def test_what_is_held_is_the_dearest_that_may_be_served() -> None:
    openai, deepseek = LISTED.price("gpt-5.1"), LISTED.price("deepseek-v4-pro")
    assert usd(dearest(openai, "priority")) == pytest.approx((2.5, 0.25, 20))
    assert usd(dearest(openai, "flex")) == usd(openai)
    assert usd(dearest(deepseek, "")) == usd(deepseek)


def test_an_operators_own_price_has_no_hours_and_keeps_its_tiers() -> None:
    listed = PriceList({"ModelRatio": '{"deepseek-v4-pro": 3, "gpt-5.1": 3}'})
    assert not varies(listed.price("deepseek-v4-pro"))
    assert usd(in_force(listed.price("gpt-5.1"), "priority", NOON))[0] == pytest.approx(12)


def test_what_is_charged_is_journaled_as_a_plain_price_that_says_its_tier() -> None:
    price = in_force(LISTED.price("gpt-5.1"), "priority", NOON)
    assert not varies(price)
    assert decoded_price(encoded_price(price)) == price
    assert price.tier == "priority"
    lines = line_items(MILLION, price)
    assert charge(MILLION, price, ONE) == sum(line[3] for line in lines) // NANO == 11_250_000


def test_a_cheap_tier_makes_a_dear_one_beside_it_no_cheaper_to_hold() -> None:
    tiers = (("flex", ONE // 2, ONE // 2), ("fast", 6 * ONE, 6 * ONE))
    price = Price(input=100, output=200, cache_read=10, source="test", tiers=tiers)
    held = dearest(price, "flex fast")
    for served in ("fast", "flex fast", "flex", ""):
        charged = in_force(price, served, NOON)
        assert charged.output <= held.output
        assert charged.cache_read <= held.cache_read
