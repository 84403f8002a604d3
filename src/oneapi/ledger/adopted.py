"""What a database sold at before it was ours, kept in force until its operator takes newer prices.

One API's prices are compiled in: the database says only what its operator changed. At adoption they are written beside
it, as the options `AdoptedModelRatio` and `AdoptedCompletionRatio`, which nothing else writes; taking a newer price
removes a model from them. Not kept, because One API has no notion of them: prices of cached input, sound and long
prompts, which follow the table in proportion.
"""

import json
import re
from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal
from typing import Any, Final, NamedTuple, cast

from oneapi.ledger import one_api
from oneapi.ledger.pricing import ONE, Price, PriceList, searching
from oneapi.store.settings import lenient_ratios

RATIOS: Final = "AdoptedModelRatio"
COMPLETIONS: Final = "AdoptedCompletionRatio"

# The operator's option, and what is kept beside it.
_PAIRS: Final = (("ModelRatio", RATIOS), ("CompletionRatio", COMPLETIONS))
_TYPED: Final = re.compile(r"(.+)\((\d+)\)")  # `model(channel type)`
_UNITS: Final = (
    *("input", "output", "cache_read", "cache_write"),
    *("image", "second", "character", "call"),
)
# A kind, what its price is held against, and its name.
_OTHER_KINDS: Final = (
    ("cache_read", "input", "cached"),
    ("cache_write", "input", "written to the cache"),
    ("cache_write_1h", "input", "written for an hour"),
    ("audio_input", "input", "sound in"),
    ("audio_output", "output", "sound out"),
    ("thought", "output", "reasoning"),
)


class Difference(NamedTuple):
    """A model whose price would change; `channel_type` 0 where no channel serves it."""

    model: str
    channel_type: int
    now: Price
    then: Price


def kept(options: Mapping[str, str], served: Iterable[str]) -> dict[str, str]:
    """Return the options that keep One API's prices in force, for one that had these options.

    `served`: the vendors' names of the models that its channels serve; those that nobody had priced cost 30 there.
    """
    chosen = lenient_ratios(options.get("ModelRatio", ""))
    ratios = {name: ratio for name, ratio in one_api.model_ratios().items() if ratio >= 0}
    priced = {bare_name(name) for name in (*ratios, *chosen)}
    ratios |= {model: one_api.UNKNOWN_RATIO for model in served if model not in priced}
    completions = {
        name: one_api.completion_ratio(name)
        for name in (*ratios, *chosen)
        if name == bare_name(name) or name in one_api.model_ratios()
    }
    return {RATIOS: _text(ratios), COMPLETIONS: _text(completions)}


def bare_name(name: str) -> str:
    """Return a key of a ratio option without its channel type."""
    typed = _TYPED.fullmatch(name)
    return typed[1] if typed else name


def names(options: Mapping[str, str]) -> list[str]:
    """Return the models whose adopted price is in force."""
    return sorted({bare_name(name) for name in lenient_ratios(options.get(RATIOS, ""))})


def own_names(options: Mapping[str, str]) -> set[str]:
    """Return the models that the operator has priced: not as One API had them built in."""
    built_in = one_api.model_ratios()
    return {
        bare_name(name)
        for name, ratio in lenient_ratios(options.get("ModelRatio", "")).items()
        if built_in.get(name) != ratio
    }


def taking(options: Mapping[str, str], models: Collection[str], named: bool) -> dict[str, str]:
    """Return the options that change when newer prices are taken for these models.

    `named`: the operator has named each of them, so that prices of their own go too; else only what was built in.
    """
    changed: dict[str, str] = {}
    for own, adopted in _PAIRS:
        for option, any_value in ((adopted, True), (own, named)):
            before = _object(options.get(option, ""))
            after = {
                name: value
                for name, value in before.items()
                if bare_name(name) not in models
                or not (any_value or _is_built_in(option, name, value))
            }
            if after != before:
                changed[option] = _json(after)
    return changed


def differences(
    options: Mapping[str, str],
    changed: Mapping[str, str],
    models: Iterable[str],
    served: Mapping[str, Collection[int]],
) -> list[Difference]:
    """Return what would cost something else with the changed options; `served`: model to channel types."""
    now, then = PriceList(options), PriceList({**options, **changed})
    found = [
        Difference(model, kind, now.price(model, kind), then.price(model, kind))
        for model in models
        for kind in sorted(served.get(model, ())) or (0,)
    ]
    return [difference for difference in found if _differs(difference.now, difference.then)]


def words(price: Price) -> str:
    """Say a price in USD: input and output per million tokens, and what else it has a price for."""
    if price.call:
        return f"{_usd(price.call)} a call"
    parts: list[str] = []
    if price.input or price.output:
        parts.append(f"{_usd(price.input * 10**6)} / {_usd(price.output * 10**6)}")
    elif price.image:
        parts.append(f"{_usd(price.image)} an image")
    elif price.second:
        parts.append(f"{_usd(price.second * 60)} a minute")
    elif price.character:
        parts.append(f"{_usd(price.character * 10**6)} a million characters")
    if price.long is not None:
        parts.append(f"{words(price.long)} from {price.long_from} tokens")
    if price.off_peak:
        parts.append(f"{price.off_peak / ONE:g} of it off peak")
    return ", ".join(parts) or "free"


def other_kinds(now: Price, then: Price) -> list[str]:
    """Say what differs beside input and output, and not just in proportion to them: cached input, sound, searches, tiers."""
    said: list[str] = []
    for unit, beside, name in _OTHER_KINDS:
        before, after = getattr(now, unit), getattr(then, unit)
        base, new_base = getattr(now, beside), getattr(then, beside)
        is_priced = after and after != new_base
        if is_priced and abs(before * new_base - after * base) > before * new_base // 1000:
            said.append(f"{name} {_usd(before * 10**6)} -> {_usd(after * 10**6)}")
    before, after = searching(now).search, searching(then).search
    if before != after and after:
        said.append(f"a search {_usd(before)} -> {_usd(after)}")
    tiers = {name: factor for name, factor, _ in then.tiers}
    if tiers != {name: factor for name, factor, _ in now.tiers}:
        said.append(", ".join(f"{name} {factor / ONE:g} times" for name, factor in tiers.items()))
    return said


def _differs(now: Price, then: Price) -> bool:
    # A ratio is read as the price of any unit; only those matter that the model has.
    units = [unit for unit in _UNITS if getattr(then, unit)] or ["input", "output"]
    if then.source == "default":
        units = ["input", "output"]
    return (
        (now.long, now.off_peak, now.tiers) != (then.long, then.off_peak, then.tiers)
        or any(getattr(now, u) != getattr(then, u) for u in units)
        or bool(other_kinds(now, then))
    )


def _is_built_in(option: str, name: str, value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return False
    if option == "ModelRatio":
        return one_api.model_ratios().get(name) == value
    return one_api.completion_ratio(name) == value


def _usd(nano_quota: int) -> str:
    return f"{nano_quota / (500_000 * 10**9):.6g}"


def _object(text: str) -> dict[str, Any]:
    try:
        read: Any = json.loads(text or "{}", parse_float=Decimal)
    except (ValueError, RecursionError):
        return {}
    return cast("dict[str, Any]", read) if isinstance(read, dict) else {}


def _text(ratios: Mapping[str, Decimal]) -> str:
    return _json(dict(sorted(ratios.items())))


def _json(ratios: Mapping[str, Any]) -> str:
    plain = {k: float(v) if isinstance(v, Decimal) else v for k, v in ratios.items()}
    return json.dumps(plain, ensure_ascii=False, separators=(",", ":"))
