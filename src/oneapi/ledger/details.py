"""What a log row says beyond One API's columns."""

from typing import Any

import msgspec


class Detail(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """The JSON in `logs.detail` of a charged request. `usage`: what `Usage.counts` returns.

    `oddity`: what the vendor reported and could not be believed. `uncollected`: what the user did not have, of the charge.
    `errors`: what the attempts before said; `choice`: why the last channel was chosen; `operations`: what that channel's
    own have made of the request. `cost`: what the request cost the operator, quota, where that is known.
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
    choice: str = ""
    first_token_ms: int = 0
    errors: tuple[str, ...] = ()
    operations: tuple[str, ...] = ()
    cost: int | None = None


class FailureDetail(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """The JSON in `logs.detail` of a request that was not charged.

    `failure`: the code of the error that the client was told, `error` its message. `unwritten`: how many more of the same
    user have failed since the row before, and left none.
    """

    failure: str
    status: int
    error: str
    ended: str
    ceiling: int
    endpoint: str
    asked_model: str = ""
    attempts: tuple[tuple[int, int], ...] = ()
    errors: tuple[str, ...] = ()
    choice: str = ""
    vendor_request_id: str = ""
    unwritten: int = 0
    operations: tuple[str, ...] = ()


class Missing(msgspec.Struct, frozen=True):
    """What a detail says of quota that was owed and not there."""

    uncollected: int = 0
