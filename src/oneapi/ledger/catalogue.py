"""What `prices.json` says of each model: prices as data, with source and date.

Loaded once, when first asked; a model's line is decoded when that model is asked for, so that
thousands of them cost neither start-up time nor memory. `make models` makes the file.
"""

from decimal import Decimal
from functools import lru_cache
from importlib import resources

import msgspec

from oneapi.wire.model_names import undated


class Entry(msgspec.Struct, frozen=True):
    """A model in `prices.json`: USD per million tokens or characters, per second, per image, per
    call.

    `images` is USD per image by `size` or `quality size`; `search` one search that the vendor makes,
    where that is not the usual price. `long`: the whole request, when its input is longer than
    `long_from` tokens. `ref` is the index of source and date, `types` what vendors of other channel
    types ask for a model of the same name.
    """

    input: Decimal = Decimal(0)
    output: Decimal = Decimal(0)
    cache_read: Decimal | None = None
    cache_write: Decimal | None = None
    cache_write_1h: Decimal | None = None
    audio_input: Decimal | None = None
    audio_output: Decimal | None = None
    image: Decimal = Decimal(0)
    images: dict[str, Decimal] = {}
    second: Decimal = Decimal(0)
    character: Decimal = Decimal(0)
    call: Decimal = Decimal(0)
    search: Decimal | None = None
    long_from: int = 0
    long: "Entry | None" = None
    ref: int = 0
    types: dict[int, "Entry"] = {}


class Source(msgspec.Struct, frozen=True):
    """Where a price was read (URL), and when."""

    source: str
    date: str


class _Table(msgspec.Struct):
    refs: list[Source]
    models: dict[str, msgspec.Raw]
    slips: dict[str, Decimal] = {}


@lru_cache(maxsize=1)
def _table() -> _Table:
    text = resources.files("oneapi.ledger").joinpath("prices.json").read_bytes()
    return msgspec.json.decode(text, type=_Table)


@lru_cache(maxsize=4096)
def entry(model: str, channel_type: int = 0) -> Entry | None:
    """Return what our table says of a model; a dated name falls back on the undated one."""
    models = _table().models
    raw = models.get(model)
    if raw is None:
        raw = models.get(undated(model))
    if raw is None:
        return None
    known = msgspec.json.decode(raw, type=Entry)
    return known.types.get(channel_type, known)


def source(model: str) -> Source | None:
    """Return where the table's price of a model comes from."""
    known = entry(model)
    return None if known is None else _table().refs[known.ref]


def slips() -> dict[str, Decimal]:
    """Return the ratios that One API ships and that are wrong by their unit: nobody chose those."""
    return _table().slips


def entries() -> list[tuple[str, Entry]]:
    """Return every model of the table; takes a while, for lists that people ask for."""
    models = _table().models
    return [(name, msgspec.json.decode(raw, type=Entry)) for name, raw in models.items()]
