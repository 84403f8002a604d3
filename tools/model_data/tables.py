"""`prices.json` and `models.json` in the making."""

import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

from tools.model_data.offers import Line, Offer, ordered
from tools.model_data.vendors import CHANNEL_TYPES, slug

FACTS = (
    "kind",
    "vendors",
    "context",
    "output",
    "takes",
    "gives",
    "tools",
    "reasoning",
    "cache",
    "retires",
    "successor",
)
_PLAIN = ("input", "output", "cache_read", "second", "character", "image", "call", "long")


class Refs:
    """Where things stand and when that was read, each once."""

    def __init__(self, day: str) -> None:
        self.day = day
        self.rows: dict[tuple[str, str], int] = {}

    def number(self, source: str, day: str = "") -> int:
        """Return the number of a source."""
        return self.rows.setdefault((source, day or self.day), len(self.rows))

    def text(self) -> str:
        """Return them as JSON, one a line."""
        rows = ({"source": source, "date": day} for source, day in self.rows)
        return "[\n" + ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "\n]"


class Prices:
    """`prices.json`."""

    def __init__(self, day: str) -> None:
        self.models: dict[str, Line] = {}
        self.refs = Refs(day)

    def add(self, name: str, line: Line, source: str, day: str = "") -> None:
        """Set a model's line; what other types of channels ask for it stays."""
        types = self.models.get(name, {}).get("types")
        others = {"types": types} if types else {}
        self.models[name] = ordered(line) | {"ref": self.refs.number(source, day)} | others

    def offer(self, offer: Offer) -> None:
        """Add what a vendor asks; a name that another vendor has already keeps that one's price for all other channels."""
        if not offer.line:
            return
        before = self.models.get(offer.name)
        if before is None:
            self.add(offer.name, offer.line, offer.source)
        elif any(before.get(unit) != offer.line.get(unit) for unit in _PLAIN):
            types = before.setdefault("types", {})
            for kind in CHANNEL_TYPES.get(offer.vendor, ()):
                types.setdefault(str(kind), offer.line | {"ref": self.refs.number(offer.source)})

    def vary(self, name: str, tiers: dict[str, Decimal]) -> None:
        """Say what a model costs in tiers of the vendor's service, as factors."""
        line = self.models[name]
        known = line.get("tiers", {})
        line["tiers"] = known | {tier: [each, each] for tier, each in tiers.items()}

    def think(self, name: str, usd: Decimal) -> None:
        """Say what a token of reasoning costs of a model that asks more for what it draws."""
        line = self.models[name]
        others = {unit: line.pop(unit) for unit in ("ref", "types") if unit in line}
        self.models[name] = ordered(line | {"thought": usd}) | others

    def sound(self, name: str) -> None:
        """Give a gateway's model its vendor's prices of sound, where its text costs what the vendor's does.

        What the gateway asks for sound (`audio`, `audio_output` in OpenRouter's list of models) is what the vendor asks; the
        packages leave it out, and sound would cost what text does.
        """
        line, own = self.models.get(name, {}), self.models.get(_bare(name), {})
        if (
            "/" not in name
            or not line
            or any(line.get(unit) != own.get(unit) for unit in ("input", "output"))
        ):
            return
        heard = {u: own[u] for u in ("audio_input", "audio_output") if u in own and u not in line}
        others = {unit: line[unit] for unit in ("ref", "types") if unit in line}
        self.models[name] = ordered(line | heard) | others

    def write(self, target: Path, slips: dict[str, Decimal]) -> None:
        """Write one model a line, so that changes can be read."""
        slipped = ",\n".join(
            f"{json.dumps(name)}:{ratio:f}" for name, ratio in sorted(slips.items())
        )
        text = f'{{"refs":{self.refs.text()},"models":{_rows(self.models)},"slips":{{\n{slipped}\n}}}}\n'
        target.write_text(text, encoding="utf-8")


class Models:
    """`models.json`."""

    def __init__(self, day: str) -> None:
        self.facts: dict[str, Line] = {}
        self.vendors: dict[str, list[str]] = {}
        self.refs = Refs(day)

    def offer(self, offer: Offer) -> None:
        """Add a vendor that has a model, and what it says of it; of who says the same thing the first counts."""
        vendors = self.vendors.setdefault(offer.name, [])
        if slug(offer.vendor) not in vendors:
            vendors.append(slug(offer.vendor))
        facts = self.facts.setdefault(offer.name, {"ref": self.refs.number(offer.source)})
        for name, value in offer.facts.items():
            facts.setdefault(name, value)

    def reseller(self, vendor: str, name: str) -> None:
        """Add a vendor that has a model beside its maker."""
        vendors = self.vendors.get(name)
        if vendors is not None and vendor not in vendors:
            vendors.append(vendor)

    def limit(self, rules: dict[str, int], writes: set[str]) -> None:
        """Add the longest answers where no package says them: the longest prefix of the name decides."""
        ordered_rules = sorted(rules.items(), key=lambda rule: -len(rule[0]))
        for name, facts in self.facts.items():
            bare = name.split("/")[-1].replace("claude-3.", "claude-3-")
            found = next((most for prefix, most in ordered_rules if bare.startswith(prefix)), None)
            if found and name in writes and "output" not in facts:
                facts["output"] = min(int(found), facts.get("context", int(found)))

    def write(self, target: Path) -> None:
        """Write one model a line."""
        rows: dict[str, Line] = {}
        for name, facts in self.facts.items():
            known = facts | {"vendors": self.vendors[name]}
            rows[name] = {field: known[field] for field in FACTS if known.get(field)} | {
                "ref": facts["ref"]
            }
        target.write_text(
            f'{{"refs":{self.refs.text()},"models":{_rows(rows)}}}\n', encoding="utf-8"
        )


def _bare(name: str) -> str:
    """Return a gateway's name of a model as its vendor has it: without the vendor and the day."""
    return re.sub(r"-20\d{6}$", "", name.rpartition("/")[2])


def _rows(models: dict[str, Line]) -> str:
    rows = (
        f"{json.dumps(name, ensure_ascii=False)}:{_json(models[name])}" for name in sorted(models)
    )
    return "{\n" + ",\n".join(rows) + "\n}"


def _json(value: Any) -> str:
    if isinstance(value, dict):
        parts = cast("Line", value).items()
        return "{" + ",".join(f'"{key}":{_json(inner)}' for key, inner in parts) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(_json, cast("list[Any]", value))) + "]"
    if isinstance(value, Decimal):
        text = f"{round(value, 9):f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
