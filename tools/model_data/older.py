"""Prices of models that only One API knows: its default ratios, put right where their unit is wrong."""

from decimal import Decimal
from typing import Any

from tools.model_data import genai
from tools.model_data.offers import Line

from oneapi.ledger.one_api import model_ratios

Priced = dict[str, tuple[Line, str]]


def older(rules: dict[str, Any], known: set[str]) -> Priced:
    """Return line and source of every name that One API prices and nobody else does."""
    found: Priced = {}
    for name, ratio in model_ratios().items():
        if name not in known and ratio >= 0:
            found[name] = _published(rules, name) or _from_ratio(rules, name, ratio)
    return found


def slips(rules: dict[str, Any]) -> dict[str, Decimal]:
    """Return One API's ratios that are wrong by their unit, or by taking the answer's price for the prompt's."""
    wrong = set(rules["per_thousand"]["names"]) | set(rules["groq"]["names"])
    million = tuple(rules["per_million"]["prefixes"])
    return {
        name: ratio
        for name, ratio in model_ratios().items()
        if ratio > 0 and (name in wrong or name.startswith(million) or _is_openrouter(rules, name))
    }


def _is_openrouter(rules: dict[str, Any], name: str) -> bool:
    return "/" in name and not name.startswith(tuple(rules["replicate"]["prefixes"]))


def _published(rules: dict[str, Any], name: str) -> tuple[Line, str] | None:
    for prefix, vendors in rules["vendors"].items():
        if name.startswith(prefix) and (found := genai.published(name, vendors)):
            return found
    return None


def _from_ratio(rules: dict[str, Any], name: str, ratio: Decimal) -> tuple[Line, str]:
    source = rules["source"]["one_api"]
    dollars = ratio * 2
    if name.startswith(tuple(rules["yuan"]["prefixes"])):
        dollars = ratio / 71 * 1000 / rules["yuan"]["per_dollar"]
        source = rules["source"]["one_api_yuan"]
    if name.startswith(tuple(rules["images"]["prefixes"])):
        return {"image": dollars / 1000}, source
    if name in rules["per_thousand"]["names"]:
        dollars *= 1000
    if name.startswith(tuple(rules["per_million"]["prefixes"])):
        dollars /= 1000
    completion = Decimal(rules["completion"].get(name, 1))
    return {"input": dollars, "output": dollars * completion}, source
