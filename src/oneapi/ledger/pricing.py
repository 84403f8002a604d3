"""What a unit costs: `Price` and `PriceList`.

Money is whole numbers: prices are nano-quota per unit (500 000 quota = 1 USD; One API's ratio 1 = 1
quota per token = 10^9 nano-quota), factors are scaled 10^9. An operator's ratio options win over
the table `prices.json`, which `make models` makes from the vendors' published prices.
"""

import json
from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Decimal
from functools import lru_cache
from typing import Final, Self

import msgspec
from msgspec.structs import replace

from oneapi.ledger import one_api
from oneapi.ledger.catalogue import Entry, entries, entry, slips
from oneapi.store.settings import Settings, lenient_ratios

__all__ = [
    "NANO",
    "ONE",
    "QUOTA_PER_USD",
    "UNITS",
    "Price",
    "PriceList",
    "chosen_text",
    "default_completion_ratio",
    "default_group_ratio",
    "default_model_ratio",
    "searching",
]

NANO: Final = 10**9
QUOTA_PER_USD: Final = 500_000
ONE: Final = 10**9  # the factor 1


class Price(msgspec.Struct, frozen=True, omit_defaults=True):
    """Nano-quota per unit; `image` is one image, `call` one request whatever it used.

    `thought` is a token of reasoning, where it costs less than what else the model puts out (it draws); 0: the same.
    `source` says who named it: `option`, `table` or `default`. `long` is what the whole request
    costs when its input is longer than `long_from` tokens (some vendors price long contexts so, in
    several steps). `search` is one search that the vendor makes, where that has a price of its own;
    see `searching`. `tiers`: of the vendor's service, (name, factor of all prices of tokens, factor of reading the cache),
    scaled 10^9; `off_peak`: the factor in `off_hours`, minutes of the week from Monday in UTC, (from, to); `tier`: of which
    of them this is the price. See `ledger.variants`.
    """

    input: int = 0
    output: int = 0
    cache_read: int = 0
    cache_write: int = 0
    cache_write_1h: int = 0
    audio_input: int = 0
    audio_output: int = 0
    image: int = 0
    second: int = 0
    character: int = 0
    call: int = 0
    thought: int = 0
    source: str = ""
    long_from: int = 0
    search: int = 0
    long: "Price | None" = None
    tiers: tuple[tuple[str, int, int], ...] = ()
    off_peak: int = 0
    off_hours: tuple[tuple[int, int], ...] = ()
    tier: str = ""

    @property
    def is_free(self) -> bool:
        """Say whether no usage whatever costs anything."""
        tokens = self.input or self.output or self.cache_read or self.cache_write
        dearer = self.cache_write_1h or self.audio_input or self.audio_output or self.thought
        return not (
            tokens
            or dearer
            or self.long
            or self.image
            or self.second
            or self.character
            or self.call
        )


# Anthropic, OpenAI and xAI all ask 10 USD for a thousand. Sources: https://platform.claude.com/docs/en/about-claude/pricing,
# https://platform.openai.com/docs/pricing, https://docs.x.ai/docs/models (read 2026-11-26).
_SEARCH: Final = QUOTA_PER_USD * NANO // 100


@lru_cache(maxsize=1024)
def searching(price: Price) -> Price:
    """Return a price with what the vendor's own searches cost; what is free, or paid by the call, stays so.

    Apart, because nearly no request searches, and every log row says its price.
    """
    known = price.search or price.call or price.is_free
    return price if known else replace(price, search=_SEARCH)


def _nano(amount: Decimal) -> int:
    return int((amount * NANO).to_integral_value(ROUND_HALF_EVEN))


def _per_million(usd: Decimal) -> int:
    return _nano(usd * QUOTA_PER_USD / 1_000_000)


def _per_unit(usd: Decimal) -> int:
    return _nano(usd * QUOTA_PER_USD)


def _or(value: Decimal | None, default: Decimal) -> Decimal:
    return default if value is None else value


def _from_entry(known: Entry) -> Price:
    cache_write = _or(known.cache_write, known.input)
    return Price(
        input=_per_million(known.input),
        output=_per_million(known.output),
        cache_read=_per_million(_or(known.cache_read, known.input)),
        cache_write=_per_million(cache_write),
        cache_write_1h=_per_million(_or(known.cache_write_1h, cache_write)),
        audio_input=_per_million(_or(known.audio_input, known.input)),
        audio_output=_per_million(_or(known.audio_output, known.output)),
        image=_per_unit(known.image),
        second=_per_unit(known.second),
        character=_per_million(known.character),
        call=_per_unit(known.call),
        thought=_per_million(known.thought),
        search=_per_unit(known.search or Decimal(0)),
        source="table",
        long_from=known.long_from,
        long=None if known.long is None else _from_entry(known.long),
        tiers=tuple(
            (name, _nano(each), _nano(cache)) for name, (each, cache) in known.tiers.items()
        ),
        off_peak=_nano(known.off_peak or Decimal(0)),
        off_hours=known.off_hours,
    )


# What is counted and costs something each; a search does too, but by no ratio.
UNITS: Final = tuple(
    name for name in Price.__struct_fields__[: Price.__struct_fields__.index("source")]
)


def _scaled(price: Price, ratio: Decimal) -> dict[str, int]:
    """Return every unit of a price, scaled so that its input price becomes `ratio` quota.

    What the vendor asks for a search has nothing to do with tokens.
    """
    wanted = _nano(ratio)
    return {unit: getattr(price, unit) * wanted // price.input for unit in UNITS}


def _completion_rule(model: str) -> Decimal:
    """Return a guess of output price : input price, for a model that no table knows."""
    return Decimal(4) if model.startswith(("o3", "o4")) else one_api.completion_rule(model)


def _bare(model: str) -> str:
    """Return the name without the `-internet` that asks Ali and Cohere to search the web."""
    if model.endswith("-internet") and model.startswith(("qwen-", "command-")):
        return model.removesuffix("-internet")
    return model


class PriceList:
    """The prices in force: an operator's options over our table. Immutable; made anew when an
    option changes.

    `options` are One API's option texts by key (`ModelRatio`, `CompletionRatio`, `GroupRatio`) and
    ours (`CacheRatio`, `CacheWriteRatio`, `AudioRatio`: factors of the input price; `ModelPrice`:
    USD per call). What is not a price in an adopted database (negative, not a number) counts as not
    said. `AdoptedModelRatio` and `AdoptedCompletionRatio` are what a database sold at before it was ours
    (`ledger.adopted`): they win over the table, and the operator's own options over them.
    """

    def __init__(self, options: Mapping[str, str]) -> None:
        self._adopted = lenient_ratios(options.get("AdoptedModelRatio", ""))
        self._ratios = self._adopted | _chosen(options.get("ModelRatio", ""))
        adopted_completions = lenient_ratios(options.get("AdoptedCompletionRatio", ""))
        self._completions = adopted_completions | lenient_ratios(options.get("CompletionRatio", ""))
        self._cache_reads = lenient_ratios(options.get("CacheRatio", ""))
        self._cache_writes = lenient_ratios(options.get("CacheWriteRatio", ""))
        self._audio = lenient_ratios(options.get("AudioRatio", ""))
        self._calls = lenient_ratios(options.get("ModelPrice", ""))
        groups = lenient_ratios(options.get("GroupRatio", ""))
        self._factors = {group: int(ratio * ONE) for group, ratio in groups.items()}
        self._prices: dict[tuple[str, int], Price] = {}

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """Return the prices that a state of the settings means."""
        return cls(settings.texts)

    def factor(self, group: str) -> int:
        """Return a group's factor, scaled 10^9; a group that nobody named pays the plain price."""
        return self._factors.get(group, ONE)

    def price(self, model: str, channel_type: int = 0) -> Price:
        """Return what a model costs at a type of vendor; its name is the vendor's, after mapping."""
        found = self._prices.get((model, channel_type))
        if found is None:
            if len(self._prices) >= _CACHED_PRICES:
                self._prices.clear()
            found = self._look_up(_bare(model), channel_type)
            self._prices[model, channel_type] = found
        return found

    def image_price(self, model: str, channel_type: int, size: str, quality: str) -> Price:
        """Return the price with `image` for a size and quality; the dearest where that is open."""
        price = self.price(model, channel_type)
        known = entry(_bare(model))
        if not price.image or known is None or not known.images or not known.image:
            return price
        usd = known.images.get(f"{quality} {size}") or known.images.get(size)
        if usd is None:
            usd = known.images["1024x1024"] if size == "" else max(known.images.values())
        return replace(price, image=_nano(price.image * usd / known.image / NANO))

    def _look_up(self, model: str, channel_type: int) -> Price:
        special = f"{model}({channel_type})"
        call = self._calls.get(special, self._calls.get(model))
        if call is not None:
            return Price(call=_per_unit(call), source="option")
        for name in (special, model):
            known = entry(name, channel_type)
            ratio = self._ratios.get(name)
            if ratio is not None and (name in self._adopted or not _is_default(name, ratio)):
                base = self._from_ratio(ratio, known or entry(model), model, channel_type)
            elif known is not None:
                base = self._from_table(known, model, channel_type)
            else:
                continue
            return self._adjusted(base, (special, model))
        completion = self._completions.get(special, self._completions.get(model, Decimal(1)))
        return self._adjusted(
            _plain(one_api.UNKNOWN_RATIO, completion, "default"), (special, model)
        )

    def _from_table(self, known: Entry, model: str, channel_type: int) -> Price:
        price = _from_entry(known)
        completion = self._completions.get(f"{model}({channel_type})")
        if completion is None:
            completion = self._completions.get(model)
        if completion is None or not price.input or _is_default_completion(model, completion):
            return price
        output = _nano(completion * price.input / NANO)
        return replace(price, output=output, thought=0, source="option", long=None, off_peak=0)

    def _from_ratio(
        self, ratio: Decimal, known: Entry | None, model: str, channel_type: int
    ) -> Price:
        completion = self._completion(known, model, channel_type)
        plain = _plain(ratio, completion, "option")
        table = None if known is None else _from_entry(known)
        if table is None or table.is_free:
            return plain
        if table.input:
            scaled = _scaled(table, ratio)
            scaled["output"], scaled["thought"] = plain.output, 0
            return replace(table, **scaled, source="option", long_from=0, long=None, off_peak=0)
        return Price(
            output=plain.output if table.output else 0,
            image=plain.image if table.image else 0,
            second=plain.second if table.second else 0,
            character=plain.character if table.character else 0,
            source="option",
        )

    def _completion(self, known: Entry | None, model: str, channel_type: int) -> Decimal:
        for name in (f"{model}({channel_type})", model):
            ratio = self._completions.get(name)
            if ratio is not None:
                return ratio
        if known is not None and known.input:
            return known.output / known.input
        return _completion_rule(model)

    def _adjusted(self, price: Price, names: tuple[str, str]) -> Price:
        """Apply the options that name cache and audio prices as factors of the input price."""
        changes: dict[str, int | None] = {}
        for ratios, units in (
            (self._cache_reads, ("cache_read",)),
            (self._cache_writes, ("cache_write", "cache_write_1h")),
            (self._audio, ("audio_input", "audio_output")),
        ):
            ratio = next((ratios[name] for name in names if name in ratios), None)
            if ratio is not None:
                changes |= {unit: _by_factor(price, unit, ratio) for unit in units}
        if not changes:
            return price
        return replace(price, **changes, source="option", long=None)


_CACHED_PRICES: Final = (
    10_000  # names come from clients; the cache must not grow with their imagination
)


def _by_factor(price: Price, unit: str, ratio: Decimal) -> int:
    wanted = _nano(ratio * price.input / NANO)
    if unit == "cache_write_1h" and price.cache_write:
        return wanted * price.cache_write_1h // price.cache_write
    if unit == "audio_output":
        text, audio = price.input, price.audio_input
        known = audio not in {0, text}
        return wanted * price.audio_output // audio if known else _nano(ratio * price.output / NANO)
    return wanted


def _plain(ratio: Decimal, completion: Decimal, source: str) -> Price:
    """Return One API's reading of a ratio: quota per token or character, 1/1000 of an image's."""
    per_token = _nano(ratio)
    output = _nano(ratio * completion)
    return Price(
        input=per_token,
        output=output,
        cache_read=per_token,
        cache_write=per_token,
        cache_write_1h=per_token,
        audio_input=per_token,
        audio_output=output,
        image=per_token * 1000,
        second=per_token * 10 // 3,  # One API's 15 for whisper-1 is 0.006 USD per minute
        character=per_token,
        source=source,
    )


def _is_default(name: str, ratio: Decimal) -> bool:
    """Say whether an option repeats what the table says: then nobody chose it, and the table may change."""
    known = entry(name)
    return known is not None and ratio == ratio_of(known)


def _is_default_completion(model: str, completion: Decimal) -> bool:
    known = entry(model)
    return known is not None and completion == completion_of(known)


def _chosen(text: str) -> dict[str, Decimal]:
    """Return the ratios that an operator chose.

    One API saves its whole built-in table together with any change. Such a table is recognised by
    the -500000 that it ships for `openrouter/auto`; in it, its slips of unit (Groq, StepFun,
    Replicate, OpenRouter) are nobody's choice.
    """
    ratios = lenient_ratios(text)
    if '"openrouter/auto"' in text and "openrouter/auto" not in ratios:
        shipped = slips()
        return {name: ratio for name, ratio in ratios.items() if shipped.get(name) != ratio}
    return ratios


def default_model_ratio() -> dict[str, float]:
    """Return our table as One API's `ModelRatio`: quota per token, 1/1000 of an image's price.

    A person who saves it unchanged has chosen nothing: such entries mean the table's prices.
    """
    return {name: float(ratio_of(known)) for name, known in entries()}


def default_completion_ratio() -> dict[str, float]:
    """Return our table as One API's `CompletionRatio`: output price over input price."""
    return {
        name: float(completion_of(known))
        for name, known in entries()
        if known.input and known.output != known.input
    }


def chosen_text(option: str, text: str, adopted: str) -> str:
    """Return what of a ratio option somebody chose, when it is our whole table with some changes.

    Whoever edits what `/api/option` shows sends thousands of entries back; kept as they are, they would
    be that operator's prices from the day on which the table names newer ones. A short list is kept to
    the letter. `adopted`: the option of what a database sold at before, which is shown over the table.
    """
    repeats = {"ModelRatio": _is_default, "CompletionRatio": _is_default_completion}.get(option)
    if repeats is None or len(text) < _SHORT_TEXT:
        return text
    ratios, before = lenient_ratios(text), lenient_ratios(adopted)
    repeated = {
        name
        for name, ratio in ratios.items()
        if (before[name] == ratio if name in before else repeats(name, ratio))
    }
    if len(repeated) < _MANY_REPEATED:
        return text
    left = {name: ratio for name, ratio in json.loads(text).items() if name not in repeated}
    return json.dumps(left, ensure_ascii=False)


_SHORT_TEXT: Final = 10_000
_MANY_REPEATED: Final = 500


def default_group_ratio() -> dict[str, float]:
    """Return One API's groups and their factors."""
    return {"default": 1.0, "vip": 1.0, "svip": 1.0}


def ratio_of(known: Entry) -> Decimal:
    """Return a model's price in One API's form."""
    if known.input:
        return known.input / 2
    if known.image:
        return known.image * QUOTA_PER_USD / 1000
    if known.second:
        return known.second * QUOTA_PER_USD * 3 / 10
    return known.character / 2


def completion_of(known: Entry) -> Decimal:
    """Return output price over input price, to nine places; 1 where there is no input price."""
    return round(known.output / known.input, 9) if known.input else Decimal(1)
