"""The table of prices: complete, current, right where One API's was wrong, and quick to load."""

import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from oneapi.ledger.catalogue import entries, entry, slips, source
from oneapi.ledger.charging import charge, line_items
from oneapi.ledger.one_api import model_ratios
from oneapi.ledger.pricing import ONE, PriceList, default_model_ratio
from oneapi.wire.usage import Usage

ROOT = Path(__file__).parents[2]
MILLION = 1_000_000


def dollars(usage: Usage, model: str, channel_type: int = 0) -> Decimal:
    """Return what a usage costs in USD, rounded to a hundredth of a cent."""
    quota = charge(usage, PriceList({}).price(model, channel_type), ONE)
    return round(Decimal(quota) / 500_000, 4)


def test_every_model_of_one_api_has_a_price() -> None:
    missing = [model for model in model_ratios() if PriceList({}).price(model).source != "table"]

    assert missing == []


def test_no_price_is_negative() -> None:
    negative = [
        model
        for model, known in entries()
        for unit in known.__struct_fields__
        if isinstance(value := getattr(known, unit), Decimal | int) and value < 0
    ]

    assert negative == []


def test_every_price_has_a_source_and_a_date() -> None:
    for model in ("gpt-4o", "qwen-max", "step-1-8k", "openrouter/auto", "ERNIE-4.0-8K"):
        found = source(model)
        assert found is not None
        assert found.source.startswith("https://")
        assert found.date.count("-") == 2
    assert source("nobody-knows-me") is None


@pytest.mark.parametrize(
    ("model", "input_usd", "output_usd"),
    [
        ("gpt-4o", "2.5", "10"),
        ("o3-mini", "1.1", "4.4"),
        ("claude-3-5-sonnet-20241022", "3", "15"),
        ("llama-3.1-70b-versatile", "0.59", "0.79"),
        ("step-1-8k", "0.7143", "2.8571"),
        ("meta/meta-llama-3.1-405b-instruct", "9.5", "9.5"),
        ("meta/meta-llama-3-70b-instruct", "0.65", "2.75"),
        ("openai/gpt-4o", "2.5", "10"),
        ("anthropic/claude-3.5-sonnet", "3", "15"),
        ("ERNIE-4.0-8K", "17.1429", "17.1429"),
        ("qwen-max", "0.3429", "1.3714"),
        ("moonshot-v1-8k", "0.2", "2"),
        ("hunyuan-large", "0.5714", "1.7143"),
        ("Baichuan4-Turbo", "2.1429", "2.1429"),
        ("360gpt2-pro", "0.2857", "0.7143"),
        ("ernie-4.5-turbo-128k", "0.1143", "0.4571"),
        ("yi-lightning", "0.1414", "0.1414"),
    ],
)
def test_a_million_tokens_cost_what_the_vendor_asks(
    model: str, input_usd: str, output_usd: str
) -> None:
    assert dollars(Usage(input_tokens=MILLION // 10), model) * 10 == pytest.approx(
        Decimal(input_usd), abs=Decimal("0.001")
    )
    assert dollars(Usage(output_tokens=MILLION), model) == Decimal(output_usd)


def test_models_newer_than_one_api_have_prices_with_their_caches() -> None:
    price = PriceList({}).price("claude-opus-4-5-20251101")

    assert (price.input, price.output) == (2_500_000_000, 12_500_000_000)
    assert price.cache_read == 250_000_000
    assert price.cache_write == 3_125_000_000
    assert price.cache_write_1h == 5_000_000_000
    assert PriceList({}).price("gpt-5").source == "table"


def test_routing_by_the_vendor_costs_something() -> None:
    assert PriceList({}).price("openrouter/auto").input > 0


def test_free_models_are_free() -> None:
    assert PriceList({}).price("deepseek/deepseek-r1:free").is_free
    assert PriceList({}).price("text-moderation-latest").is_free
    assert not PriceList({}).price("gpt-4o").is_free


def test_a_vendor_whose_price_differs_has_a_key_of_its_own() -> None:
    listed = PriceList({})

    assert listed.price("openai/gpt-oss-120b", 29) != listed.price("openai/gpt-oss-120b", 20)


def test_one_apis_wrong_entries_are_known_and_right_ones_are_not_among_them() -> None:
    assert slips()["llama-3.1-70b-versatile"] == Decimal("0.000295")
    assert slips()["step-1-8k"] == Decimal("0.000355")
    assert slips()["meta/llama-2-70b"] == 325
    assert slips()["openai/gpt-4o"] == 5
    assert not {"gpt-4o", "dall-e-3", "black-forest-labs/flux-dev"} & slips().keys()


def test_the_defaults_that_the_api_shows_are_positive_numbers() -> None:
    ratios = default_model_ratio()

    assert ratios["gpt-4o"] == 1.25
    assert ratios["dall-e-3"] == 20
    assert ratios["tts-1"] == 7.5
    assert all(ratio >= 0 for ratio in ratios.values())


def test_an_unknown_name_is_no_entry() -> None:
    assert entry("nobody-knows-me") is None


@pytest.mark.parametrize(
    ("model", "channel_type", "input_usd", "output_usd"),
    [
        ("gpt-5.5", 1, "5", "30"),
        ("gpt-6.2-astra", 1, "8", "40"),
        ("gpt-6.2-sol", 1, "2", "10"),
        ("claude-opus-5-5", 14, "4", "20"),
        ("gemini-3.8-flash", 51, "0.75", "3.75"),
        ("deepseek-v4-pro", 36, "1.32", "3.96"),
        ("qwen3.8-max", 49, "2", "6"),
        ("kimi-k3", 25, "3", "15"),
        ("glm-5.2", 16, "1.103", "3.862"),
        ("doubao-seed-2-1-pro-260915", 40, "0.8625", "4.3125"),
        ("MiniMax-M3", 27, "0.3", "1.2"),
        ("grok-4.7", 45, "2", "6"),
        ("mistral-large-4", 28, "1.36", "4.18"),
        ("LongCat-2.0", 50, "0.3", "1.2"),
        ("step-3.7-flash", 32, "0.2", "1.15"),
        ("MiniMaxAI/MiniMax-M3", 1, "0.3", "1.2"),
        ("MiniMaxAI/MiniMax-M3", 1130, "0.28", "1.1"),  # DeepInfra's own price for it
        ("Qwen/Qwen2.5-VL-72B-Instruct", 1134, "0.25", "0.75"),  # Nebius's
    ],
)
def test_models_of_2026_cost_what_their_vendors_ask(
    model: str, channel_type: int, input_usd: str, output_usd: str
) -> None:
    price = PriceList({}).price(model, channel_type)

    assert price.source == "table"
    assert Decimal(price.input) / 500_000_000 == pytest.approx(Decimal(input_usd))
    assert Decimal(price.output) / 500_000_000 == pytest.approx(Decimal(output_usd))


def test_steps_of_a_long_prompt_are_read_in_their_order() -> None:
    price = PriceList({}).price("qwen3-max", 49)
    second = price.long
    assert second is not None
    third = second.long
    assert third is not None

    assert (price.long_from, second.long_from) == (32_000, 128_000)
    assert price.input < second.input < third.input


def test_the_files_are_what_their_maker_makes(tmp_path: Path) -> None:
    maker = [sys.executable, "-m", "tools.model_data", "--into", str(tmp_path)]
    subprocess.run(maker, cwd=ROOT, check=True)

    for name in (
        "src/oneapi/ledger/prices.json",
        "src/oneapi/providers/models.json",
        "tools/model_data/disagreements.md",
    ):
        assert (tmp_path / Path(name).name).read_bytes() == (ROOT / name).read_bytes(), name


def test_a_vendor_in_china_that_only_one_package_has_is_priced_for_its_channels() -> None:
    listed = PriceList({})
    there, elsewhere = (listed.price("Qwen/Qwen3-32B", kind) for kind in (44, 50))

    assert there.source == elsewhere.source == "table"
    assert there.input > elsewhere.input
    assert listed.price("Pro/moonshotai/Kimi-K2.6", 44).input == 475_000_000


def test_what_a_gateway_draws_or_speaks_costs_no_less_than_at_its_vendor() -> None:
    """OpenRouter passes its vendors' prices on; the packages leave those of images and sound out."""
    prices = PriceList({})
    seen = 0
    for name, _ in entries():
        gateway, vendor = prices.price(name, 20), prices.price(name.rpartition("/")[2])
        if not name.startswith(("google/gemini", "openai/gpt")) or vendor.source != "table":
            continue
        if ":" not in name and gateway.input >= vendor.input:
            seen += 1
            units = ("output", "audio_input", "audio_output")
            assert all(getattr(gateway, unit) >= getattr(vendor, unit) for unit in units), name
    assert seen > 50


def test_what_a_model_that_draws_thinks_costs_what_text_does() -> None:
    price = PriceList({}).price("gemini-3-pro-image")
    usage = Usage(input_tokens=1_000, output_tokens=1_420, reasoning_tokens=300)

    assert charge(usage, price, ONE) == (1_000 * 2 + 1_120 * 120 + 300 * 12) // 2
    lines = {unit: units for unit, units, _, _ in line_items(usage, price)}
    assert lines == {"input": 1_000, "output": 1_120, "thought": 300}
