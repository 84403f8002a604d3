"""Reads the package `model-prices` (MIT): prices with a history, checked against the vendors' pages.

Source: https://github.com/wakamex/model-prices, `snapshot.json`.
"""

import re
from collections.abc import Iterator
from decimal import Decimal

from tools.model_data.offers import Line, Offer, in_steps, is_free, ordered
from tools.model_data.packages import document, pinned, read_on

PACKAGE = "model-prices"
# Its providers that have another name here; `byteplus` sells abroad what `volcengine` does at home.
VENDORS = {
    "xai": "x-ai",
    "stepfun-ai": "stepfun",
    "tencent-tokenhub": "tencent",
    "amazon-bedrock": "aws",
}
OUTSIDE = ("cursor", "cognition", "nova")  # sold in editors, or given away
# Names of what is no chat; the package does not say.
SOUNDS = re.compile(
    "asr|audio|embed|image|live|lyria|moderation|ocr|omni|realtime|"
    "rerank|speech|transcri|tts|veo|voice|whisper"
)
UNITS = ("input", "output", "cache_read", "cache_write")


def offers() -> Iterator[Offer]:
    """Yield the prices in force on the day that the packages were read; of those by the hour the dearest."""
    version, _ = pinned()[PACKAGE]
    read = document(PACKAGE)
    day = read_on().isoformat()
    peaks = {
        schedule["provider"]: Decimal(schedule["peak_multiplier"])
        for schedule in read["schedules"]["schedule"]
        if "peak_multiplier" in schedule
        and schedule["valid_from"] <= day < schedule.get("valid_until", "9")
    }
    for vendor, models in sorted(read["prices"].items()):
        if vendor in OUTSIDE:
            continue
        for name, modes in sorted(models.items()):
            rates = _in_force(modes.get("standard", ()), day)
            thinking = _in_force(modes.get("thinking", ()), day)
            if rates is None:
                continue
            line = _line(rates, thinking or {}, peaks.get(vendor, Decimal(1)))
            if is_free(line):
                line = {}
            source = f"{rates['source']} (model-prices {version})"
            facts: Line = {"kind": "chat"} if line.get("output") and not SOUNDS.search(name) else {}
            yield Offer(
                PACKAGE, VENDORS.get(vendor, vendor), name, ordered(line, name), source, facts
            )


def _in_force(history: list[Line], day: str) -> Line | None:
    started = [entry["rates"] for entry in history if (entry["start"] or "") <= day]
    return started[-1] if started else None


def _line(rates: Line, thinking: Line, factor: Decimal) -> Line:
    tiers = {tier["above"]: tier for tier in thinking.get("tiers", ())}
    longer = {"cache_write_1h_multiple": rates.get("cache_write_1h_multiple")}
    steps = [(0, _units(rates, thinking, factor))]
    steps += [
        (tier["above"], _units(tier | longer, tiers.get(tier["above"], {}), factor))
        for tier in rates.get("tiers", ())
    ]
    return in_steps(steps)


def _units(rates: Line, thinking: Line, factor: Decimal) -> Line:
    line = {unit: Decimal(rates[unit]) * factor for unit in UNITS if unit in rates}
    if (
        "output" in thinking and "output" in line
    ):  # whether a model has thought is not always said: the dearer
        line["output"] = max(line["output"], Decimal(thinking["output"]) * factor)
    if line.get("cache_write") == 0:
        del line["cache_write"]
    multiple = rates.get("cache_write_1h_multiple")
    if multiple and "input" in line and "cache_write" in line:
        line["cache_write_1h"] = line["input"] * Decimal(multiple)
    return line
