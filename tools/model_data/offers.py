"""What one package says of one model at one vendor, in the words of `prices.json` and `models.json`."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

Line = dict[str, Any]

# In the order in which the files say them.
UNITS = (
    *(
        "input",
        "output",
        "cache_read",
        "cache_write",
        "cache_write_1h",
        "audio_input",
        "audio_output",
    ),
    *("image", "images", "second", "character", "call", "thought", "search", "long_from", "long"),
    *("tiers", "off_peak", "off_hours"),
)
MILLION = 1_000_000


@dataclass
class Offer:
    """A model at a vendor: prices (`line`, empty where there is none), what it can do (`facts`), and where that stands."""

    package: str
    vendor: str
    name: str
    line: Line
    source: str
    facts: Line = field(default_factory=dict)


def ordered(line: Line, name: str = "") -> Line:
    """Return a line in the order of `UNITS`, without prices that say nothing.

    A usage does not say which of its tokens were an image: where a model draws, all of them cost what those of images do.
    """
    shown, made = line.get("image_input"), line.get("image_output")
    line = dict(line)
    if made:
        line["output"] = max(made, line.get("output") or made)
    if shown and "image" in name and shown > (line.get("input") or 0):
        line["input"] = shown
        line.pop("cache_read", None)
    if isinstance(line.get("long"), dict):
        line["long"] = ordered(line["long"], name)
    return {unit: line[unit] for unit in UNITS if line.get(unit) not in (None, {}, [])}


def in_steps(steps: Iterable[tuple[int, Line]]) -> Line:
    """Return prices by length of the prompt as one line: (more than so many tokens, prices), the shortest first."""
    first: Line | None = None
    inner: Line = {}
    for start, line in sorted(steps, key=lambda step: step[0]):
        if first is None:
            first = inner = line
        elif any(inner.get(unit) != price for unit, price in line.items()):
            longer = {u: p for u, p in inner.items() if u not in ("long", "long_from")} | line
            inner["long_from"] = start
            inner["long"] = longer
            inner = longer
    return first or {}


def per_million(value: Any) -> Decimal:
    """Return USD per million of what is named in USD per unit."""
    return Decimal(value) * MILLION


def flat(line: Line, prefix: str = "") -> dict[str, Decimal]:
    """Return every price of a line by name, those of long prompts behind `long.`."""
    found: dict[str, Decimal] = {}
    for unit, value in ordered(line).items():
        if unit == "long":
            found |= flat(value, prefix + "long.")
        elif unit not in ("images", "search", "thought", "tiers", "off_peak", "off_hours"):
            found[prefix + unit] = Decimal(value)
    return found


def is_free(line: Line) -> bool:
    """Say whether a line asks nothing for anything: packages write 0 where they do not know."""
    return not any(flat(line).values())
