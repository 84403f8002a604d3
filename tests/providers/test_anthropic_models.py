"""What Claude's generations take, by name, in every spelling of it."""

import pytest

from oneapi.providers.anthropic_models import Traits, traits_of
from tests.providers.anthropic_rules import MODELS

SAMPLING = {"all": "both"}
FORCED = {"always": "yes", "unless_thinking": "plain", "never": "no"}


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.fault("W17", "R6")
def test_a_model_takes_what_its_reference_says(name: str) -> None:
    traits, model = traits_of(name), MODELS[name]
    assert {*traits.thinking, *([traits.off] if traits.off else [])} == {*model.thinking}
    assert SAMPLING.get(traits.sampling, traits.sampling) == model.sampling
    assert traits.efforts == model.efforts
    if model.thinking:
        assert FORCED[traits.forced_tools] == model.forced


@pytest.mark.parametrize(
    ("name", "limit"),
    [
        ("claude-2.1", 4096),
        ("claude-instant-1.2", 4096),
        ("claude-3-opus-20240229", 4096),
        ("claude-3-5-sonnet-20241022", 8192),
        ("claude-3-7-sonnet-latest", 64_000),
        ("claude-sonnet-4-20250514", 64_000),
        ("claude-opus-4-1-20250805", 32_000),
        ("claude-opus-4-5-20251101", 64_000),
        ("claude-haiku-4-5", 64_000),
        ("claude-sonnet-4-6", 64_000),
        ("claude-opus-4-6", 128_000),
        ("claude-opus-4-8", 128_000),
        ("claude-sonnet-5-5", 128_000),
        ("claude-mythos-preview", 128_000),
        ("kimi-k2", 8192),
    ],
)
def test_the_longest_answer(name: str, limit: int) -> None:
    assert traits_of(name).max_tokens == limit


@pytest.mark.parametrize(
    ("name", "same"),
    [
        ("claude-3.5-sonnet", "claude-3-5-sonnet-20241022"),
        ("claude-4-sonnet", "claude-sonnet-4-20250514"),
        ("anthropic/claude-sonnet-4.5", "claude-sonnet-4-5"),
        ("us.anthropic.claude-sonnet-4-5-20250929-v1:0", "claude-sonnet-4-5"),
        ("claude-sonnet-4@20250514", "claude-sonnet-4-0"),
        ("Claude-Haiku-4-5", "claude-haiku-4-5"),
        ("claude-sonnet-5-5[1m]", "claude-sonnet-5-5"),
        ("claude-opus-latest", "claude-opus-5-5"),
        ("claude-opus-5-latest", "claude-opus-5-5"),
        ("claude-3-opus-latest", "claude-3-opus-20240229"),
        ("claude-mythos-preview", "claude-mythos-5"),
        ("claude-opus-6", "claude-opus-5-5"),
    ],
)
def test_spellings_of_one_model(name: str, same: str) -> None:
    assert traits_of(name) == traits_of(same)


def test_other_vendors_models_of_the_dialect_are_none_of_claudes() -> None:
    assert traits_of("kimi-k2") == traits_of("deepseek-v4-pro") == Traits()
    assert not Traits().is_claude
