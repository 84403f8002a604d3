"""What a log row says beyond One API's columns."""

from typing import Any

import msgspec


class Detail(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """The JSON in `logs.detail` of a charged request. `usage`: what `Usage.counts` returns.

    `oddity`: what the vendor reported and could not be believed. `uncollected`: what the user did not have, of the charge.
    """

    source: str
    ended: str
    usage: dict[str, Any]
    price: msgspec.Raw
    factor: int
    ceiling: int
    endpoint: str
    asked_model: str = ""
    attempts: tuple[tuple[int, int], ...] = ()
    oddity: str = ""
    uncollected: int = 0
    uncollected_from_key: int = 0
    vendor_request_id: str = ""


class Missing(msgspec.Struct, frozen=True):
    """What a detail says of quota that was owed and not there."""

    uncollected: int = 0
