"""Makes `src/oneapi/ledger/prices.json` from the vendors' published prices.

Sources, later ones winning: One API's default ratios (`ledger/one_api.json`), put right where their
unit is wrong; the data of the PyPI package `genai-prices` (MIT; facts with the vendors' pages as
sources); `price_corrections.toml`, kept by hand.
Run it as `.venv/bin/python tools/build_prices.py`; the suite fails when the file is not current.
"""

import json
import sys
import tomllib
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from importlib.metadata import version
from pathlib import Path
from typing import Any, cast

from genai_prices import types
from genai_prices.data import providers

from oneapi.ledger.one_api import model_ratios

HERE = Path(__file__).parent
TARGET = HERE.parent / "src" / "oneapi" / "ledger" / "prices.json"
READ = date(2026, 11, 21)  # when the sources were last read

Line = dict[str, Any]

# Whose price a plain model name means: the first that sells it. The others' prices hold for their own channel types.
PREFERRED = [
    *("openai", "anthropic", "google", "x-ai", "deepseek", "mistral", "moonshotai", "zhipuai"),
    *("zai", "minimax", "cohere", "perplexity", "meta", "groq", "voyageai", "arcee", "openrouter"),
    *("cerebras", "together", "novita", "fireworks", "cloudflare", "aws"),
]
CHANNEL_TYPES = {
    "google": (24, 42, 51),
    "x-ai": (45,),
    "deepseek": (36,),
    "mistral": (28,),
    "moonshotai": (25,),
    "zhipuai": (16,),
    "minimax": (27,),
    "cohere": (35,),
    "groq": (29,),
    "openrouter": (20,),
    "together": (39,),
    "novita": (41,),
    "cloudflare": (37,),
    "aws": (33,),
}
FIELDS = {
    "input_mtok": "input",
    "output_mtok": "output",
    "cache_read_mtok": "cache_read",
    "cache_write_mtok": "cache_write",
    "cache_write_1h_mtok": "cache_write_1h",
    "input_audio_mtok": "audio_input",
    "output_audio_mtok": "audio_output",
    "input_mchars": "character",
}
PER_HOUR = ("input_audio_hours", "audio_hours")


class Table:
    """The file in the making: models, and the sources that they refer to."""

    def __init__(self) -> None:
        self.models: dict[str, Line] = {}
        self.refs: list[tuple[str, str]] = []

    def add(self, name: str, line: Line, source: str) -> None:
        """Set a model's line."""
        self.models[name] = line | {"ref": self.ref(source)}

    def ref(self, source: str) -> int:
        """Return the number of a source."""
        ref = (source, READ.isoformat())
        if ref not in self.refs:
            self.refs.append(ref)
        return self.refs.index(ref)

    def write(self, target: Path, slips: dict[str, Decimal]) -> None:
        """Write one model per line, so that changes can be read."""
        refs = [{"source": source, "date": day} for source, day in self.refs]
        lines = [
            f"{json.dumps(name, ensure_ascii=False)}:{_json(self.models[name])}"
            for name in sorted(self.models)
        ]
        slip_lines = [f"{json.dumps(name)}:{ratio:f}" for name, ratio in sorted(slips.items())]
        target.write_text(
            '{"refs":[\n'
            + ",\n".join(json.dumps(ref) for ref in refs)
            + '\n],"models":{\n'
            + ",\n".join(lines)
            + '\n},"slips":{\n'
            + ",\n".join(slip_lines)
            + "\n}}\n",
            encoding="utf-8",
        )


def _json(line: Line) -> str:
    parts: list[str] = []
    for key, value in line.items():
        if isinstance(value, dict):
            text = _json(cast("Line", value))
        elif isinstance(value, Decimal):
            text = _number(value)
        else:
            text = json.dumps(value)
        parts.append(f'"{key}":{text}')
    return "{" + ",".join(parts) + "}"


def _number(value: Decimal) -> str:
    text = f"{round(value, 9):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def prices_now(model: types.ModelInfo) -> types.ModelPrice:
    """Return a model's prices of today; of prices by time of day the dearest."""
    if not isinstance(model.prices, list):
        return model.prices
    started: list[types.ModelPrice] = []
    for conditional in model.prices:
        constraint = conditional.constraint
        if isinstance(constraint, types.StartDateConstraint):
            if constraint.start_date > READ:
                continue
            started = [conditional.prices]
        elif constraint is None:
            started = [conditional.prices]
        else:
            started.append(conditional.prices)
    return max(started, key=lambda prices: _base(prices.input_mtok) or Decimal(0))


def _base(value: Any) -> Decimal | None:
    return value.base if isinstance(value, types.TieredPrices) else value


def _line(model: types.ModelInfo, name: str) -> Line | None:
    prices = prices_now(model)
    line = _flat(prices, None)
    if "image" in name and (made := _base(getattr(prices, "output_image_mtok", None))):
        line["output"] = max(made, line.get("output", Decimal(0)))  # what is made is an image
    if name.startswith(("gpt-image", "chatgpt-image")):
        shown = _base(getattr(prices, "input_image_mtok", None)) or Decimal(0)
        line["input"] = max(shown, line["input"])  # usage does not say which input was an image
        line.pop("cache_read", None)
    starts = sorted(
        {
            tier.start
            for field in FIELDS
            if isinstance(value := getattr(prices, field, None), types.TieredPrices)
            for tier in value.tiers
        }
    )
    inner = line
    for start in starts:
        inner["long_from"] = start
        inner["long"] = _flat(prices, start)
        inner = inner["long"]
    if not line:
        return None
    if model.context_window:
        line["context"] = model.context_window
    return line


def _flat(prices: types.ModelPrice, start: int | None) -> Line:
    line: Line = {}
    for field, unit in FIELDS.items():
        value = getattr(prices, field, None)
        if isinstance(value, types.TieredPrices):
            tiers = [t.price for t in value.tiers if start is not None and t.start <= start]
            value = tiers[-1] if tiers else value.base
        if value is not None:
            line[unit] = value
    hours = next((h for f in PER_HOUR if (h := getattr(prices, f, None)) is not None), None)
    if hours is not None:
        line["second"] = hours / 3600
    requests = getattr(prices, "requests_kcount", None)
    if requests is not None:
        line["call"] = requests / 1000
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


def add_published(table: Table) -> None:
    """Add every model of the vendors whose names a client may use."""
    known = {provider.id: provider for provider in providers}
    for vendor in PREFERRED:
        provider = known[vendor]
        source = _source(provider)
        for model in provider.models:
            for name in dict.fromkeys(_names(model)):
                line = _line(model, name)
                if line is None:
                    continue
                if name not in table.models:
                    table.add(name, line, source)
                elif _differs(table.models[name], line):
                    types = table.models[name].setdefault("types", {})
                    for channel_type in CHANNEL_TYPES.get(vendor, ()):
                        types.setdefault(str(channel_type), line | {"ref": table.ref(source)})


def _differs(one: Line, other: Line) -> bool:
    plain = ("input", "output", "cache_read", "second", "character")
    return any(one.get(unit) != other.get(unit) for unit in plain)


def _source(provider: types.Provider) -> str:
    urls = provider.pricing_urls or ["https://github.com/pydantic/genai-prices"]
    return f"{urls[0]} (genai-prices {version('genai-prices')})"


def published(name: str, vendors: list[str]) -> tuple[Line, str] | None:
    """Return what one of these vendors asks for a model, by the vendor's own rules of naming."""
    for provider in providers:
        if provider.id in vendors:
            for model in provider.models:
                if model.match.is_match(name.lower()) and (line := _line(model, name)):
                    return line, _source(provider)
    return None


def add_one_api(table: Table, rules: dict[str, Any], ratios: dict[str, Decimal]) -> None:
    """Add what One API prices and nobody else does, in dollars per million tokens."""
    for name, ratio in ratios.items():
        if name in table.models or ratio < 0:
            continue
        for prefix, vendors in rules["vendors"].items():
            if name.startswith(prefix) and (found := published(name, vendors)):
                table.add(name, *found)
                break
        else:
            _add_ratio(table, rules, name, ratio)


def _add_ratio(table: Table, rules: dict[str, Any], name: str, ratio: Decimal) -> None:
    line: Line
    source = rules["source"]["one_api"]
    dollars = ratio * 2
    if name.startswith(tuple(rules["yuan"]["prefixes"])):
        dollars = ratio / 71 * 1000 / rules["yuan"]["per_dollar"]
        source = rules["source"]["one_api_yuan"]
    if name.startswith(tuple(rules["images"]["prefixes"])):
        table.add(name, {"image": dollars / 1000}, source)
        return
    if name in rules["per_thousand"]["names"]:
        dollars *= 1000
    if name.startswith(tuple(rules["per_million"]["prefixes"])):
        dollars /= 1000
    completion = Decimal(rules["completion"].get(name, 1))
    line = {"input": dollars, "output": dollars * completion}
    table.add(name, line, source)


def add_corrections(table: Table, rules: dict[str, Any]) -> None:
    """Add what is kept by hand; it wins over everything else."""
    for group in rules["correct"]:
        source = group["source"]
        scale = 1 / Decimal(rules["yuan"]["per_dollar"]) if group.get("yuan") else Decimal(1)
        for name, fields in group["models"].items():
            line = {
                unit: value * scale if isinstance(value, Decimal | int) and scale != 1 else value
                for unit, value in fields.items()
            }
            table.add(name, line, source)


def add_limits(table: Table, rules: dict[str, Any]) -> None:
    """Add the longest answers that models give: the longest prefix of the name decides."""
    limits = sorted(rules["max_output"].items(), key=lambda rule: -len(rule[0]))
    for name, line in table.models.items():
        bare = name.split("/")[-1].replace("claude-3.", "claude-3-")
        found = next((tokens for prefix, tokens in limits if bare.startswith(prefix)), None)
        if found and line.get("output"):
            line["max_output"] = min(int(found), line.get("context", int(found)))


def slips(rules: dict[str, Any], ratios: dict[str, Decimal]) -> dict[str, Decimal]:
    """Return One API's ratios that are wrong by their unit, or by taking the answer's price for the prompt's."""
    wrong = set(rules["per_thousand"]["names"]) | set(rules["groq"]["names"])
    million = tuple(rules["per_million"]["prefixes"])
    return {
        name: ratio
        for name, ratio in ratios.items()
        if ratio > 0 and (name in wrong or name.startswith(million) or _is_openrouter(rules, name))
    }


def _is_openrouter(rules: dict[str, Any], name: str) -> bool:
    return "/" in name and not name.startswith(tuple(rules["replicate"]["prefixes"]))


def build() -> Table:
    """Return the whole table."""
    rules = tomllib.loads((HERE / "price_corrections.toml").read_text(), parse_float=Decimal)
    table = Table()
    add_published(table)
    add_one_api(table, rules, one_api_ratios())
    add_corrections(table, rules)
    add_limits(table, rules)
    return table


def one_api_ratios() -> dict[str, Decimal]:
    """Return One API's default `ModelRatio`, as it is."""
    return model_ratios()


def main() -> None:
    """Write the file (or the one named on the command line)."""
    rules = tomllib.loads((HERE / "price_corrections.toml").read_text(), parse_float=Decimal)
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else TARGET
    build().write(target, slips(rules, one_api_ratios()))


if __name__ == "__main__":
    main()
