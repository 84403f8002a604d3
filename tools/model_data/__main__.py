"""`make models`: writes `prices.json`, `models.json` and the report of what the packages disagree about.

Later ones win: One API's default ratios (`one_api.json`), the packages (`settling.PACKAGES`), `ours.toml`.
"""

import argparse
import tomllib
from decimal import Decimal
from itertools import chain
from pathlib import Path
from typing import Any

from tools.model_data import dated, genai, litellm, models_dev, older, packages, settling
from tools.model_data.offers import Line, Offer
from tools.model_data.tables import Models, Prices
from tools.model_data.vendors import PREFERRED

HERE = Path(__file__).parent
PACKAGE = packages.ROOT / "src" / "oneapi"
READ = (genai, litellm, dated, models_dev)
PLACES = {
    "prices.json": PACKAGE / "ledger",
    "models.json": PACKAGE / "providers",
    "disagreements.md": HERE,
}


def build(places: dict[str, Path]) -> None:
    """Write the three files; raise `Unsettled` where the packages disagree and nobody has said who is right."""
    rules = tomllib.loads((HERE / "ours.toml").read_text(encoding="utf-8"), parse_float=Decimal)
    settled = settling.rules()
    offers = [o for o in chain(*(package.offers() for package in READ)) if o.vendor in PREFERRED]
    chosen, differences = settling.settle(offers, settled)
    settling.check(differences, settled)
    chosen.sort(key=lambda offer: (PREFERRED.index(offer.vendor), offer.name))
    day = packages.read_on().isoformat()
    prices = _prices(chosen, rules, day)
    prices.write(places["prices.json"] / "prices.json", older.slips(rules))
    _models(chosen, rules, prices, day).write(places["models.json"] / "models.json")
    report = _report(differences, rules, prices)
    (places["disagreements.md"] / "disagreements.md").write_text(report, encoding="utf-8")


def _prices(chosen: list[Offer], rules: dict[str, Any], day: str) -> Prices:
    prices = Prices(day)
    varying = litellm.varying()
    for offer in chosen:
        if offer.line:
            offer.line |= varying.get((offer.vendor, offer.name), {})
        prices.offer(offer)
    for name, (line, source) in older.older(rules, set(prices.models)).items():
        prices.add(name, line, source, rules["source"]["one_api_read"])
    for name, line, group in _ours(rules):
        prices.add(name, line, group["source"], str(group["read"]))
    _complete(prices, chosen, rules)
    return prices


def _complete(prices: Prices, chosen: list[Offer], rules: dict[str, Any]) -> None:
    """Add what no package says: tiers, the tokens of reasoning of what draws, a gateway's prices of sound."""
    for group in rules["vary"]:
        for name in group["models"]:
            prices.vary(name, group["tiers"])
    for group in rules["think"]:
        for name, usd in group["models"].items():
            prices.think(name, usd)
    for offer in chosen:
        if offer.vendor == "openrouter":
            prices.sound(offer.name)


def _models(chosen: list[Offer], rules: dict[str, Any], prices: Prices, day: str) -> Models:
    models = Models(day)
    for offer in chosen:
        models.offer(offer)
    for vendor, name in litellm.resellers():
        models.reseller(vendor, name)
    for name, line, group in _ours(rules):
        if name.endswith(")"):  # a price for one type of channels
            continue
        facts: Line = {"context": line["context"]} if "context" in line else {}
        if line.get("output"):
            facts["kind"] = "chat"
        models.offer(Offer("ours", group["vendor"], name, line, group["source"], facts))
    models.limit(
        rules["max_output"], {name for name, line in prices.models.items() if line.get("output")}
    )
    return models


def _ours(rules: dict[str, Any]) -> list[tuple[str, Line, dict[str, Any]]]:
    """Return what is kept by hand: (model, line in USD, the group that says where it stands)."""
    found: list[tuple[str, Line, dict[str, Any]]] = []
    for group in rules["correct"]:
        scale = 1 / Decimal(rules["yuan"]["per_dollar"]) if group.get("yuan") else Decimal(1)
        found += [(name, _scaled(line, scale), group) for name, line in group["models"].items()]
    return found


def _scaled(line: Line, scale: Decimal) -> Line:
    """Return prices in USD; of lengths and limits the numbers stay."""
    return {
        unit: _scaled(value, scale)
        if isinstance(value, dict)
        else value
        if unit in ("long_from", "context")
        else Decimal(value) * scale
        for unit, value in line.items()
    }


def _report(differences: list[settling.Disagreement], rules: dict[str, Any], prices: Prices) -> str:
    ours = {name for name, _, _ in _ours(rules)}
    lines = [
        "# Where the packages disagree by more than 5 %",
        "",
        "Written by `make models`; who is right is said in `settled.toml`. USD per million tokens.",
        "",
        "| vendor | model | price | "
        + " | ".join(settling.PACKAGES)
        + " | taken | why | page read |",
        "|---|---|---|" + "---|" * len(settling.PACKAGES) + "---|---|---|",
    ]
    for found in sorted(differences, key=lambda d: (d.vendor, d.name, d.unit)):
        said = [
            f"{found.said[p].normalize():f}" if p in found.said else "" for p in settling.PACKAGES
        ]
        assert found.rule is not None
        taken = "ours.toml" if found.name in ours else found.rule.take
        row = (found.vendor, found.name, found.unit, *said, taken, found.rule.why, found.rule.read)
        lines.append("| " + " | ".join(row) + " |")
    dated_lines = sum(1 for line in prices.models.values() if "ref" in line)
    lines += ["", f"{dated_lines} names have a price."]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Build, into a folder where one is named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--into", type=Path, help="write into this folder, for a comparison")
    options = parser.parse_args()
    try:
        build(PLACES if options.into is None else dict.fromkeys(PLACES, options.into))
    except settling.Unsettled as open_questions:
        raise SystemExit(str(open_questions)) from None


if __name__ == "__main__":
    main()
