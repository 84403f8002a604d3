"""Prices and charges: exact to the unit, total on whatever a vendor reports, the operator's options first."""

import json
from fractions import Fraction
from math import ceil
from typing import Any

import pytest
from hypothesis import given, strategies as st

from oneapi.ledger.charging import charge
from oneapi.ledger.pricing import (
    NANO,
    ONE,
    QUOTA_PER_USD,
    UNITS,
    Price,
    PriceList,
    default_completion_ratio,
    default_group_ratio,
    default_model_ratio,
    searching,
)
from oneapi.store.settings import Settings
from oneapi.wire.usage import COUNTERS, Usage

CLAUDE = Price(
    input=3 * NANO // 2,
    output=15 * NANO // 2,
    cache_read=3 * NANO // 20,
    cache_write=15 * NANO // 8,
    cache_write_1h=3 * NANO,
    audio_input=3 * NANO // 2,
    audio_output=15 * NANO // 2,
)


def options(**tables: dict[str, Any]) -> PriceList:
    return PriceList({name: json.dumps(table) for name, table in tables.items()})


class TestCharge:
    def test_one_apis_worked_example(self) -> None:
        usage = Usage(input_tokens=1010, output_tokens=300)
        price = options(ModelRatio={"gpt-4o": 2.5}, CompletionRatio={"gpt-4o": 4}).price("gpt-4o")

        assert charge(usage, price, ONE) == 5525

    def test_cached_and_written_tokens_have_their_own_prices(self) -> None:
        usage = Usage(
            input_tokens=10_000,
            output_tokens=100,
            cached_tokens=6_000,
            cache_write_tokens=2_000,
            cache_write_1h_tokens=1_000,
        )

        expected = 1_000 * 1.5 + 6_000 * 0.15 + 2_000 * 1.875 + 1_000 * 3 + 100 * 7.5
        assert charge(usage, CLAUDE, ONE) == expected

    def test_sound_has_its_own_price_both_ways(self) -> None:
        price = Price(input=NANO, output=4 * NANO, audio_input=16 * NANO, audio_output=32 * NANO)
        usage = Usage(
            input_tokens=100, audio_input_tokens=40, output_tokens=50, audio_output_tokens=30
        )

        assert charge(usage, price, ONE) == 60 + 40 * 16 + 20 * 4 + 30 * 32

    def test_rounding_happens_once_and_upwards(self) -> None:
        price = Price(input=NANO // 3, output=NANO // 3)

        assert charge(Usage(input_tokens=1, output_tokens=1), price, ONE) == 1
        assert charge(Usage(input_tokens=3, output_tokens=4), price, ONE) == 3

    def test_whatever_costs_anything_costs_at_least_one(self) -> None:
        assert charge(Usage(input_tokens=1), Price(input=1), 1) == 1

    def test_nothing_used_or_nothing_asked_costs_nothing(self) -> None:
        assert charge(Usage(), CLAUDE, ONE) == 0
        assert charge(Usage(input_tokens=5), CLAUDE, 0) == 0
        assert charge(Usage(input_tokens=5), Price(), ONE) == 0

    def test_units_that_are_no_tokens(self) -> None:
        price = Price(image=7 * NANO, second=50 * NANO, character=NANO // 2, call=3 * NANO)

        assert charge(Usage(images=2), price, ONE) == 3 + 14
        assert charge(Usage(seconds=1.5), price, ONE) == 3 + 75
        assert charge(Usage(characters=11), price, ONE) == ceil(3 + 5.5)

    def test_a_minute_of_whisper_costs_what_the_vendor_asks(self) -> None:
        price = PriceList({}).price("whisper-1")

        assert charge(Usage(seconds=60.0), price, ONE) == 0.006 * QUOTA_PER_USD

    def test_a_long_context_costs_more_as_a_whole(self) -> None:
        price = PriceList({}).price("claude-sonnet-4-5")

        short = charge(Usage(input_tokens=200_000, output_tokens=10), price, ONE)
        long = charge(Usage(input_tokens=200_001, output_tokens=10), price, ONE)

        assert short == 300_000 + 75
        assert long == ceil(600_003 + 112.5)

    def test_what_is_no_token_costs_the_same_however_long_the_prompt_is(self) -> None:
        longer = Price(input=2 * NANO, long_from=1_000, long=Price(input=3 * NANO))
        price = Price(input=NANO, call=5 * NANO, search=7 * NANO, long_from=100, long=longer)

        assert charge(Usage(input_tokens=100, searches=2), price, ONE) == 100 + 14 + 5
        assert charge(Usage(input_tokens=101, searches=2), price, ONE) == 202 + 14 + 5
        assert charge(Usage(input_tokens=1_001, searches=2), price, ONE) == 3_003 + 14 + 5

    def test_a_search_costs_what_its_vendor_asks(self) -> None:
        listed = PriceList({})

        for model, usd in (
            ("gpt-5.5", 0.01),
            ("gemini-2.5-pro", 0.035),
            ("gemini-3.8-flash", 0.014),
        ):
            assert searching(listed.price(model)).search == usd * QUOTA_PER_USD * NANO

    @pytest.mark.parametrize(
        "usage",
        [
            Usage(input_tokens=-5, output_tokens=-7, cached_tokens=-1),
            Usage(seconds=float("nan"), images=-3),
            Usage(seconds=float("inf"), characters=-1),
            Usage(input_tokens=None, output_tokens="9"),
            Usage(input_tokens=True),
            Usage(cache_write_tokens=-9),
            Usage(cache_write_1h_tokens="9"),
        ],
    )
    def test_nonsense_costs_nothing(self, usage: Usage) -> None:
        assert charge(usage, Price(input=NANO, output=NANO, second=NANO, image=NANO), ONE) == 0

    def test_an_absurd_count_still_fits_into_a_column(self) -> None:
        dear = Price(input=10**18, output=10**18)

        assert charge(Usage(input_tokens=10**30, output_tokens=10**30), dear, ONE) < 2**63

    def test_more_written_than_there_was_is_charged_as_all_written(self) -> None:
        usage = Usage(input_tokens=10, cached_tokens=10, cache_write_tokens=1_000)

        assert charge(usage, CLAUDE, ONE) == 1_875

    def test_an_absurd_length_still_fits_into_a_column(self) -> None:
        assert 0 < charge(Usage(seconds=1e306), Price(second=NANO), ONE) < 2**63

    def test_more_cached_than_there_was_is_charged_as_all_cached(self) -> None:
        usage = Usage(input_tokens=10, cached_tokens=1_000)

        assert charge(usage, CLAUDE, ONE) == charge(
            Usage(input_tokens=1_000, cached_tokens=1_000), CLAUDE, ONE
        )


counts = st.integers(min_value=-(10**6), max_value=10**9)
prices = st.builds(
    Price,
    **{unit: st.integers(0, 10**12) for unit in (*UNITS, "search")},
)


tokens = st.integers(0, 10**7)


@given(st.tuples(tokens, tokens, tokens, tokens, tokens), prices, st.integers(0, 10**10))
def test_a_chat_is_charged_exactly(
    counted: tuple[int, int, int, int, int], price: Price, factor: int
) -> None:
    plain, outputs, cached, written, longer = counted
    thought = outputs // 3
    usage = Usage(
        input_tokens=plain + cached + written + longer,
        output_tokens=outputs,
        cached_tokens=cached,
        cache_write_tokens=written,
        cache_write_1h_tokens=longer,
        reasoning_tokens=thought,
    )
    nano = plain * price.input + outputs * price.output + cached * price.cache_read
    nano += written * price.cache_write + longer * price.cache_write_1h + price.call
    if price.thought:
        nano += thought * (price.thought - price.output)

    assert charge(usage, price, factor) == ceil(Fraction(nano * factor, NANO * ONE))


@given(
    st.builds(
        Usage,
        **{name: counts for name in COUNTERS if name != "seconds"},
        seconds=st.floats(allow_nan=True, allow_infinity=True),
    ),
    prices,
    st.integers(0, 10**10),
)
def test_no_usage_is_charged_below_zero_or_beyond_a_column(
    usage: Usage, price: Price, factor: int
) -> None:
    assert 0 <= charge(usage, price, factor) < 2**63


class TestLookup:
    def test_the_table_prices_a_model_that_no_option_names(self) -> None:
        price = PriceList({}).price("gpt-4o")

        assert (price.input, price.output, price.cache_read) == (
            1_250_000_000,
            5_000_000_000,
            625_000_000,
        )
        assert price.source == "table"

    def test_an_option_wins_and_the_cache_keeps_its_relation(self) -> None:
        price = options(ModelRatio={"gpt-4o": 5}).price("gpt-4o")

        assert (price.input, price.output, price.cache_read) == (5 * NANO, 20 * NANO, 5 * NANO // 2)
        assert price.source == "option"

    def test_an_unknown_model_costs_one_apis_default(self) -> None:
        price = PriceList({}).price("nobody-knows-me")

        assert (price.input, price.output, price.source) == (30 * NANO, 30 * NANO, "default")

    def test_a_model_known_to_the_option_only_caches_at_the_input_price(self) -> None:
        price = options(ModelRatio={"mine": 0.1}).price("mine")

        assert price.input == price.cache_read == price.cache_write == NANO // 10

    @pytest.mark.parametrize("model", ["qwen-plus-internet", "command-r-internet"])
    def test_internet_is_stripped(self, model: str) -> None:
        listed = PriceList({})

        assert listed.price(model) == listed.price(model.removesuffix("-internet"))

    def test_the_channel_types_own_key_comes_first(self) -> None:
        listed = options(ModelRatio={"m(33)": 1, "m": 2})

        assert listed.price("m", 33).input == NANO
        assert listed.price("m", 1).input == 2 * NANO
        assert PriceList({}).price("llama3-8b-8192", 33).input == 150_000_000

    def test_our_table_for_the_channel_type_comes_before_an_option_for_the_model(self) -> None:
        assert (
            options(ModelRatio={"llama3-8b-8192": 9}).price("llama3-8b-8192", 33).input
            == 150_000_000
        )

    def test_an_option_for_the_model_wins_over_another_vendors_price(self) -> None:
        assert (
            options(ModelRatio={"openai/gpt-oss-120b": 9}).price("openai/gpt-oss-120b", 29).input
            == 9 * NANO
        )

    def test_an_options_completion_ratio_goes_with_the_tables_input_price(self) -> None:
        price = options(CompletionRatio={"gpt-4o": 2, "gpt-4o(3)": 1}).price("gpt-4o")
        azure = options(CompletionRatio={"gpt-4o": 2, "gpt-4o(3)": 1}).price("gpt-4o", 3)

        assert (price.input, price.output) == (1_250_000_000, 2_500_000_000)
        assert azure.output == 1_250_000_000

    @pytest.mark.parametrize(
        ("model", "ratio"),
        [
            ("gpt-3.5-turbo-mine-0125", 3),
            ("gpt-3.5-mine-1106", 2),
            ("gpt-4-mine-preview", 3),
            ("gpt-4-mine", 2),
            ("gpt-4o-mine", 4),
            ("o3-mine", 4),
            ("claude-3-mine", 5),
            ("claude-mine", 3),
            ("gemini-mine", 3),
            ("deepseek-mine", 2),
            ("mine", 1),
        ],
    )
    def test_one_apis_rules_for_completions_of_unknown_models(self, model: str, ratio: int) -> None:
        assert options(ModelRatio={model: 1}).price(model).output == ratio * NANO

    def test_negative_and_wrong_ratios_of_an_adopted_database_count_as_not_said(self) -> None:
        listed = PriceList(
            {
                "ModelRatio": '{"openrouter/auto": -500000, "mine": "3", "gpt-4o": null, "b": true}',
                "GroupRatio": '{"vip": -1, "svip": 0.5}',
                "CompletionRatio": "{",
            }
        )

        assert listed.price("openrouter/auto").source == "table"
        assert listed.price("mine").source == "default"
        assert listed.price("b").source == "default"
        assert listed.price("gpt-4o").source == "table"
        assert (listed.factor("vip"), listed.factor("svip")) == (ONE, ONE // 2)

    def test_one_apis_slips_of_unit_are_nobodys_choice(self) -> None:
        shipped = {"openrouter/auto": -500_000, "llama-3.1-8b-instant": 2.5e-05, "gpt-4o": 2.5}

        listed = options(ModelRatio=shipped)

        assert listed.price("llama-3.1-8b-instant").input == 25_000_000
        assert listed.price("gpt-4o").input == 2_500_000_000

    def test_a_slip_that_an_operator_chose_alone_is_a_choice(self) -> None:
        listed = options(ModelRatio={"llama-3.1-8b-instant": 2.5e-05})

        assert listed.price("llama-3.1-8b-instant").input == 25_000

    def test_saving_our_defaults_changes_no_price(self) -> None:
        saved = options(
            ModelRatio=default_model_ratio(), CompletionRatio=default_completion_ratio()
        )
        fresh = PriceList({})

        changed = [m for m in default_model_ratio() if saved.price(m) != fresh.price(m)]

        assert changed == []

    def test_a_price_per_call_wins_over_all(self) -> None:
        price = options(ModelPrice={"gpt-4o": 0.1}, ModelRatio={"gpt-4o": 9}).price("gpt-4o")

        assert charge(Usage(input_tokens=10**6, output_tokens=10**6), price, ONE) == 50_000

    def test_factors_of_cache_and_sound(self) -> None:
        listed = options(
            ModelRatio={"mine": 1},
            CompletionRatio={"mine": 2},
            CacheRatio={"mine": 0.1},
            CacheWriteRatio={"mine": 1.25, "claude-sonnet-4-0": 2},
            AudioRatio={"mine": 16, "gpt-audio": 10},
        )
        mine, audio = listed.price("mine"), listed.price("gpt-audio")

        assert (mine.cache_read, mine.cache_write) == (NANO // 10, 5 * NANO // 4)
        assert (mine.audio_input, mine.audio_output) == (16 * NANO, 32 * NANO)
        assert audio.audio_output == 2 * audio.audio_input == 20 * audio.input
        claude = listed.price("claude-sonnet-4-0")
        assert (claude.cache_write, claude.cache_write_1h) == (3 * NANO, 48 * NANO // 10)

    def test_a_price_is_looked_up_once(self) -> None:
        listed = PriceList({})

        assert listed.price("gpt-4o", 1) is listed.price("gpt-4o", 1)

    def test_groups_have_factors(self) -> None:
        listed = PriceList.from_settings(Settings({"GroupRatio": '{"vip": 0.8, "free": 0}'}))

        assert listed.factor("vip") == 800_000_000
        assert listed.factor("free") == 0
        assert listed.factor("nobody") == ONE
        assert default_group_ratio() == {"default": 1, "vip": 1, "svip": 1}

    def test_names_that_clients_invent_do_not_fill_the_memory(self) -> None:
        listed = PriceList({})

        for number in range(10_050):
            listed.price(f"invented-{number}")

        assert len(listed._prices) <= 10_000  # pyright: ignore[reportPrivateUsage]


class TestImages:
    @pytest.mark.parametrize(
        ("model", "size", "quality", "usd"),
        [
            ("dall-e-3", "1024x1024", "standard", "0.04"),
            ("dall-e-3", "1024x1024", "hd", "0.08"),
            ("dall-e-3", "1792x1024", "hd", "0.12"),
            ("dall-e-3", "", "", "0.04"),
            ("dall-e-2", "256x256", "", "0.016"),
            ("dall-e-2", "", "", "0.02"),
            ("dall-e-2", "auto", "", "0.02"),
            ("black-forest-labs/flux-schnell", "1024x1024", "", "0.003"),
        ],
    )
    def test_an_image_costs_by_size_and_quality(
        self, model: str, size: str, quality: str, usd: str
    ) -> None:
        price = PriceList({}).image_price(model, 1, size, quality)

        assert charge(Usage(images=3), price, ONE) == 3 * QUOTA_PER_USD * Fraction(usd)

    def test_an_operators_ratio_is_a_thousandth_of_an_image_and_sizes_keep_their_relation(
        self,
    ) -> None:
        listed = options(ModelRatio={"dall-e-3": 10, "my-painter": 2})

        hd = listed.image_price("dall-e-3", 1, "1792x1024", "hd")
        assert charge(Usage(images=1), hd, ONE) == 30_000
        mine = listed.image_price("my-painter", 1, "1x1", "")
        assert charge(Usage(images=1), mine, ONE) == 2_000

    def test_models_that_report_tokens_cost_nothing_per_image(self) -> None:
        price = options(ModelRatio={"gpt-image-1": 7}).image_price("gpt-image-1", 1, "", "")

        assert price.image == 0
        assert price.input == 7 * NANO


class TestSpeech:
    def test_speech_costs_by_character(self) -> None:
        assert charge(Usage(characters=1000), PriceList({}).price("tts-1"), ONE) == 7_500
        dearer = options(ModelRatio={"tts-1": 15}).price("tts-1")
        assert charge(Usage(characters=1000), dearer, ONE) == 15_000

    def test_an_operators_ratio_for_whisper_means_what_it_meant(self) -> None:
        usual = options(ModelRatio={"whisper-1": 15}).price("whisper-1")
        half = options(ModelRatio={"whisper-1": 7.5}).price("whisper-1")

        assert charge(Usage(seconds=60), usual, ONE) == 3_000
        assert charge(Usage(output_tokens=200), usual, ONE) == 3_000
        assert charge(Usage(seconds=60), half, ONE) == 1_500
