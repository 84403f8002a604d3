"""Reads the package `genai-prices` (MIT): facts with the vendors' pages as sources, and their rules of naming."""

from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from importlib.metadata import version
from typing import Any

from genai_prices import types
from genai_prices.data import providers
from tools.model_data.offers import Line, Offer, in_steps, ordered
from tools.model_data.packages import read_on

PACKAGE = "genai-prices"
FIELDS = {
    "input_mtok": "input",
    "output_mtok": "output",
    "cache_read_mtok": "cache_read",
    "cache_write_mtok": "cache_write",
    "cache_write_1h_mtok": "cache_write_1h",
    "input_audio_mtok": "audio_input",
    "output_audio_mtok": "audio_output",
    "input_image_mtok": "image_input",
    "output_image_mtok": "image_output",
    "input_mchars": "character",
}
PER_HOUR = ("input_audio_hours", "audio_hours")


def offers() -> Iterator[Offer]:
    """Yield what is asked for every name that a client may use."""
    for provider in providers:
        for model in provider.models:
            line = _line(model)
            facts: Line = {"context": model.context_window} if model.context_window else {}
            for name in dict.fromkeys(_names(model)):
                yield Offer(
                    PACKAGE, provider.id, name, ordered(line, name), _source(provider), facts
                )


def published(name: str, vendors: list[str]) -> tuple[Line, str] | None:
    """Return what one of these vendors asks for a model, by the vendor's own rules of naming."""
    for provider in providers:
        if provider.id in vendors:
            for model in provider.models:
                if model.match.is_match(name.lower()) and (line := _line(model)):
                    return ordered(line, name), _source(provider)
    return None


def _prices_now(model: types.ModelInfo) -> types.ModelPrice:
    """Return a model's prices of the day that it was read; of prices by time of day the dearest."""
    if not isinstance(model.prices, list):
        return model.prices
    started: list[types.ModelPrice] = []
    for conditional in model.prices:
        constraint = conditional.constraint
        if isinstance(constraint, types.StartDateConstraint):
            if constraint.start_date > read_on():
                continue
            started = [conditional.prices]
        elif constraint is None:
            started = [conditional.prices]
        else:
            started.append(conditional.prices)
    return max(started, key=lambda prices: _base(prices.input_mtok) or Decimal(0))


def _base(value: Any) -> Decimal | None:
    return value.base if isinstance(value, types.TieredPrices) else value


def _line(model: types.ModelInfo) -> Line:
    prices = _prices_now(model)
    starts = {
        tier.start
        for field in FIELDS
        if isinstance(value := getattr(prices, field, None), types.TieredPrices)
        for tier in value.tiers
    }
    line = in_steps((start, _flat(prices, start)) for start in sorted({0} | starts))
    hours = next((h for f in PER_HOUR if (h := getattr(prices, f, None)) is not None), None)
    if hours is not None:
        line["second"] = hours / 3600
    requests = getattr(prices, "requests_kcount", None)
    if requests is not None:
        line["call"] = requests / 1000
    return line


def _flat(prices: types.ModelPrice, start: int) -> Line:
    line: Line = {}
    for field, unit in FIELDS.items():
        value = getattr(prices, field, None)
        if isinstance(value, types.TieredPrices):
            tiers = [tier.price for tier in value.tiers if tier.start <= start]
            value = tiers[-1] if tiers else value.base
        if value is not None:
            line[unit] = value
    return line


def _names(model: types.ModelInfo) -> Iterator[str]:
    yield model.id
    clauses: list[Any] = [model.match]
    while clauses:
        clause = clauses.pop(0)
        if isinstance(clause, types.ClauseOr):
            clauses.extend(clause.or_)
        elif isinstance(clause, types.ClauseEquals):
            yield clause.equals


@cache
def _version() -> str:
    return version(PACKAGE)


def _source(provider: types.Provider) -> str:
    urls = provider.pricing_urls or ["https://github.com/pydantic/genai-prices"]
    return f"{urls[0]} (genai-prices {_version()})"
