"""One API's prices stay in force where it had them compiled in, and go when newer ones are taken."""

import json
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from oneapi.ledger import adopted, one_api
from oneapi.ledger.pricing import (
    NANO,
    ONE,
    Price,
    PriceList,
    default_completion_ratio,
    default_model_ratio,
)


def adopt(served: tuple[str, ...] = (), **options: Any) -> dict[str, str]:
    """The options of a database after its adoption."""
    texts = {name: json.dumps(value) for name, value in options.items()}
    return texts | adopted.kept(texts, served)


def ratios(texts: dict[str, str], model: str, kind: int = 0) -> tuple[Decimal, Decimal]:
    price = PriceList(texts).price(model, kind)
    return Decimal(price.input) / NANO, Decimal(price.output) / NANO


def test_every_model_of_one_api_s_costs_what_it_cost() -> None:
    listed = PriceList(adopt())
    wrong: set[str] = set()
    for name, ratio in one_api.model_ratios().items():
        model, _, kind = name.rstrip(")").partition("(")
        price = listed.price(model, int(kind or 0))
        if price.input and abs(price.input - ratio * NANO) > 1:
            wrong.add(name)
        output = ratio * one_api.completion_ratio(name) * NANO
        if price.input and price.output and abs(price.output - output) > 1:
            wrong.add(name)

    assert wrong == {"openrouter/auto"}  # which had a price below zero


@pytest.mark.parametrize(
    ("model", "kind", "asked"),
    [
        ("gpt-4o", 1, (2.5, 10)),
        ("o3-mini", 1, (1.5, 1.5)),
        ("deepseek-reasoner", 36, (0.275, 1.095)),
        ("gpt-4-0125-preview", 1, (5, 15)),
        ("gpt-35-turbo", 3, (30, 30)),
        ("llama3-8b-8192", 33, (0.15, 0.3)),
        ("llama-3.1-8b-instant", 29, (0.000025, 0.000025)),
    ],
)
def test_what_the_original_asked(model: str, kind: int, asked: tuple[float, float]) -> None:
    assert [float(ratio) for ratio in ratios(adopt((model,)), model, kind)] == pytest.approx(asked)


def test_an_operator_s_price_wins_and_its_answers_cost_what_the_rule_said() -> None:
    texts = adopt(("gpt-5",), ModelRatio={"gpt-4o": 3, "gpt-5": 0.625})

    assert ratios(texts, "gpt-4o") == (3, 12)
    assert ratios(texts, "gpt-5") == (Decimal("0.625"), Decimal("0.625"))


def test_a_model_that_nobody_knew_and_nobody_sold_has_our_price() -> None:
    assert PriceList(adopt()).price("gpt-5") == PriceList({}).price("gpt-5")


def test_an_operator_s_completion_ratio_wins_for_a_vendor_of_its_own_too() -> None:
    texts = adopt(ModelRatio={"gpt-4o(3)": 2}, CompletionRatio={"gpt-4o": 3})

    assert ratios(texts, "gpt-4o", 3) == (2, 6)


def test_a_price_like_our_table_s_is_still_the_operator_s() -> None:
    assert ratios(adopt(ModelRatio={"gpt-4o": 1.25}), "gpt-4o") == (Decimal("1.25"), 5)


def test_saving_what_the_page_shows_changes_no_price() -> None:
    before = adopt()
    shown = {
        "ModelRatio": json.dumps(default_model_ratio() | json.loads(before[adopted.RATIOS])),
        "CompletionRatio": json.dumps(
            default_completion_ratio() | json.loads(before[adopted.COMPLETIONS])
        ),
    }
    then, now = PriceList(before), PriceList(before | shown)

    assert [m for m in one_api.model_ratios() if then.price(m) != now.price(m)] == []


def test_taking_all_leaves_our_table_and_what_the_operator_chose() -> None:
    whole = {name: float(ratio) for name, ratio in one_api.model_ratios().items()}
    texts = adopt(("gpt-35-turbo",), ModelRatio=whole | {"gpt-4": 20})
    models = set(adopted.names(texts)) - adopted.own_names(texts)
    after = PriceList(texts | adopted.taking(texts, models, named=False))
    ours = PriceList({})

    assert adopted.own_names(texts) == {"gpt-4"}
    assert after.price("gpt-4").input == 20 * NANO
    assert [m for m in (*whole, "gpt-35-turbo") if after.price(m) != ours.price(m)] == ["gpt-4"]


def test_taking_one_changes_one_even_the_operator_s_own_when_named() -> None:
    texts = adopt(ModelRatio={"gpt-4o": 9}, CompletionRatio={"gpt-4o": 9})
    after = texts | adopted.taking(texts, {"gpt-4o"}, named=True)

    assert PriceList(after).price("gpt-4o") == PriceList({}).price("gpt-4o")
    assert PriceList(after).price("gpt-4") == PriceList(texts).price("gpt-4")


def test_options_that_cannot_be_read_are_left_as_they_are() -> None:
    texts = {"ModelRatio": "{broken", "CompletionRatio": "[]"}
    texts |= adopted.kept(texts, ())
    changed = adopted.taking(texts, {"gpt-4o"}, named=True)

    assert set(changed) == {adopted.RATIOS, adopted.COMPLETIONS}
    assert ratios(texts, "gpt-4o") == (Decimal("2.5"), 10)


def test_the_differences_name_what_changes_and_nothing_else() -> None:
    texts = adopt()
    models = ["gpt-4o", "gpt-4o-mini", "claude-3-haiku-20240307"]
    changed = adopted.taking(texts, set(models), named=False)
    found = adopted.differences(texts, changed, models, {"gpt-4o": {1}})

    assert [(d.model, d.channel_type) for d in found] == [("gpt-4o", 1)]
    assert adopted.words(found[0].now) == "5 / 20"
    assert adopted.words(found[0].then) == "2.5 / 10"


def test_what_is_no_proportion_of_the_price_is_named() -> None:
    plain = Price(input=2 * 10**9, output=8 * 10**9, cache_read=2 * 10**9, audio_input=2 * 10**9)
    newer = msgspec.structs.replace(
        plain,
        cache_read=10**9,
        audio_input=20 * 10**9,
        search=7 * 10**12,
        off_peak=ONE // 2,
        tiers=(("priority", 2 * ONE, 2 * ONE),),
    )
    assert adopted.other_kinds(plain, newer) == [
        "cached 4 -> 2",
        "sound in 4 -> 40",
        "a search 0.01 -> 0.014",
        "priority 2 times",
    ]
    assert adopted.words(newer) == "4 / 16, 0.5 of it off peak"
    dearer = msgspec.structs.replace(
        newer, input=4 * 10**9, output=16 * 10**9, cache_read=2 * 10**9, audio_input=40 * 10**9
    )
    assert adopted.other_kinds(newer, dearer) == []
