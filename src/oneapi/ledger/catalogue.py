"""What `prices.json` says of each model: prices as data, with source and date.

`make models` makes the file.
"""

from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache
from typing import Final

import msgspec

from oneapi.wire.model_lines import ModelLines, Source


class Entry(msgspec.Struct, frozen=True):
    """A model in `prices.json`: USD per million tokens or characters, per second, per image, per
    call.

    `images` is USD per image by `size` or `quality size`; `search` one search that the vendor makes,
    where that is not the usual price; `thought` a token of reasoning, where it costs less than what is
    drawn. `long`: the whole request, when its input is longer than
    `long_from` tokens. `tiers` of the vendor's service: factors of the prices of tokens, and of reading the
    cache; `off_peak`: the factor in `off_hours`, minutes of the week from Monday in UTC. `ref` is the index of
    source and date, `types` what vendors of other channel types ask for a model of the same name.
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
    thought: Decimal = Decimal(0)
    search: Decimal | None = None
    long_from: int = 0
    long: "Entry | None" = None
    tiers: dict[str, tuple[Decimal, Decimal]] = {}
    off_peak: Decimal | None = None
    off_hours: tuple[tuple[int, int], ...] = ()
    ref: int = 0
    types: dict[int, "Entry"] = {}


class _Slips(msgspec.Struct):
    slips: dict[str, Decimal] = {}


_lines: Final = ModelLines("oneapi.ledger", "prices.json", Entry)


@lru_cache(maxsize=4096)
def entry(model: str, channel_type: int = 0) -> Entry | None:
    """Return what our table says of a model; a dated name falls back on the undated one."""
    known = _lines.find(model)
    return None if known is None else known.types.get(channel_type, known)


def source(model: str) -> Source | None:
    """Return where the table's price of a model comes from."""
    known = entry(model)
    return None if known is None else _lines.sources[known.ref]


def slips() -> dict[str, Decimal]:
    """Return the ratios that One API ships and that are wrong by their unit: nobody chose those."""
    return _slips().slips


def entries() -> Iterator[tuple[str, Entry]]:
    """Yield every model of the table; takes a while, for lists that people ask for."""
    return _lines.items()


@lru_cache(maxsize=1)
def _slips() -> _Slips:
    return _lines.whole(_Slips)
