"""How `make models` makes one price of what several packages say."""

from decimal import Decimal
from typing import Any

import pytest
from tools.model_data.offers import Offer, in_steps
from tools.model_data.settling import Rule, Unsettled, check, settle


def offer(package: str, name: str = "thinker", **line: Any) -> Offer:
    prices = {unit: Decimal(str(price)) for unit, price in line.items()}
    return Offer(package, "vendor", name, prices, f"https://{package}.example")


def rule(take: str, **line: Any) -> Rule:
    prices = {unit: Decimal(str(price)) for unit, price in line.items()}
    return Rule(
        "vendor", ["think*"], take, "https://vendor.example/prices", "2026-11-26", "so", prices
    )


def test_what_agrees_within_a_twentieth_is_the_first_package_s() -> None:
    said = [offer("litellm", input=1.04, output=4), offer("genai-prices", input=1, output=4)]
    chosen, differences = settle(said, [])

    assert differences == []
    assert [(o.package, o.line["input"]) for o in chosen] == [("genai-prices", 1)]


def test_the_others_add_what_the_first_leaves_out() -> None:
    said = [
        offer("genai-prices", input=1, output=4),
        offer("litellm", input=1, output=4, cache_write_1h=2),
    ]
    chosen, _ = settle(said, [])

    assert chosen[0].line["cache_write_1h"] == 2


def test_the_others_add_to_a_step_of_the_same_length_only() -> None:
    for start, added in ((1_000, {"input": 2, "output": 8, "cache_write": 3}), (2_000, None)):
        one = offer("genai-prices", input=1, output=4)
        one.line |= {"long_from": 1_000, "long": {"input": Decimal(2), "output": Decimal(8)}}
        other = offer("litellm", input=1, output=4, cache_write=1.5)
        other.line |= {"long_from": start, "long": {"input": Decimal(2), "cache_write": Decimal(3)}}
        chosen, _ = settle([one, other], [])

        assert chosen[0].line["long"] == (added or {"input": 2, "output": 8})
        assert ("cache_write" in chosen[0].line) is (added is not None)


def test_a_disagreement_that_nobody_settled_fails_and_names_both() -> None:
    said = [offer("genai-prices", input=1, output=4), offer("litellm", input=1, output=5)]
    _, differences = settle(said, [])

    with pytest.raises(Unsettled, match="vendor thinker: output: genai-prices 4, litellm 5"):
        check(differences, [])


def test_a_settled_one_is_the_named_package_s_with_what_nobody_disputes() -> None:
    said = [
        offer("genai-prices", input=1, output=4, cache_read=0.1),
        offer("litellm", input=1, output=5),
    ]
    settled = [rule("litellm")]
    chosen, differences = settle(said, settled)
    check(differences, settled)

    assert chosen[0].line == {"input": 1, "output": 5, "cache_read": Decimal("0.1")}
    assert chosen[0].source == "https://litellm.example"


def test_who_is_wrong_about_the_input_adds_nothing() -> None:
    said = [
        offer("genai-prices", input=2, output=5, cache_read=0.2),
        offer("litellm", input=1, output=5),
    ]
    chosen, _ = settle(said, [rule("litellm")])

    assert chosen[0].line == {"input": 1, "output": 5}


def test_a_settled_one_may_be_the_vendor_s_page() -> None:
    said = [offer("genai-prices", input=1, output=4), offer("litellm", input=1, output=5)]
    settled = [rule("page", input=2, output=6)]
    chosen, differences = settle(said, settled)
    check(differences, settled)

    assert chosen[0].line == {"input": 2, "output": 6}
    assert chosen[0].source == "https://vendor.example/prices (read 2026-11-26)"


def test_prices_of_a_page_that_nobody_read_fail() -> None:
    said = [offer("genai-prices", input=1, output=4), offer("litellm", input=1, output=5)]
    unread = rule("page", input=2, output=6)
    unread.read = ""

    with pytest.raises(Unsettled, match="say when"):
        settle(said, [unread])


def test_a_rule_that_settles_nothing_any_more_fails() -> None:
    settled = [rule("litellm")]
    _, differences = settle([offer("genai-prices", input=1)], settled)

    with pytest.raises(Unsettled, match="nothing to settle"):
        check(differences, settled)


def test_steps_by_length_are_one_line_and_a_step_without_a_change_is_none() -> None:
    line = in_steps(
        [(128_000, {"input": 3}), (0, {"input": 1, "output": 2}), (32_000, {"input": 1})]
    )

    assert line == {
        "input": 1,
        "output": 2,
        "long_from": 128_000,
        "long": {"input": 3, "output": 2},
    }
