"""What One API had compiled in: its ratios, and its rules for what is not in them.

An adopted database does not hold them, so they are kept here: what it sold at is known again, mistakes included.
Source: github.com/songquanpeng/one-api, `relay/billing/ratio/model.go` of February 2025 (read 2026-11-21).
"""

import json
from decimal import Decimal
from functools import lru_cache
from importlib import resources
from typing import Final

# Of a model that nobody had priced: 60 USD per million tokens.
UNKNOWN_RATIO: Final = Decimal(30)


@lru_cache(maxsize=1)
def _tables() -> dict[str, dict[str, Decimal]]:
    text = resources.files("oneapi.ledger").joinpath("one_api.json").read_bytes()
    read = json.loads(text, parse_float=Decimal)
    return {
        table: {name: Decimal(ratio) for name, ratio in ratios.items()}
        for table, ratios in read.items()
    }


def model_ratios() -> dict[str, Decimal]:
    """Return the built-in `ModelRatio`, -500000 for `openrouter/auto` included."""
    return _tables()["model_ratios"]


def completion_ratio(model: str) -> Decimal:
    """Return what an answer's token cost over one of the prompt, where the operator named nothing."""
    named = _tables()["completion_ratios"].get(model)
    return completion_rule(model) if named is None else named


def completion_rule(model: str) -> Decimal:
    """Return what the first letters of a model's name say of its answers' price; 1 when nothing."""
    if model.startswith("gpt-3.5"):
        if model == "gpt-3.5-turbo" or model.endswith("0125"):
            return Decimal(3)
        return Decimal(2) if model.endswith("1106") else Decimal(4) / 3
    if model.startswith("gpt-4") and not model.startswith(("gpt-4o", "gpt-4-turbo")):
        return Decimal(3) if model.endswith("preview") else Decimal(2)
    for prefix, ratio in _tables()["completion_prefixes"].items():
        if model.startswith(prefix):
            return ratio
    return Decimal(1)
