"""What a log row says beyond One API's columns."""

from typing import Any

import msgspec


class Detail(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """The JSON in `logs.detail` of a charged request. `usage`: what `Usage.counts` returns."""

    source: str
    ended: str
    usage: dict[str, Any]
    price: msgspec.Raw
    factor: int
    ceiling: int
    endpoint: str
    asked_model: str = ""
    attempts: tuple[tuple[int, int], ...] = ()
    clamped: bool = False
    oddity: str = ""
    uncollected: int = 0
    uncollected_from_key: int = 0
