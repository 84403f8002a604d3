"""The whole story of one request: what was used, what each kind of it cost, what was held, which channels were tried."""

import json
from collections.abc import Mapping
from typing import Any, Final, cast

from sqlalchemy import ColumnElement, Connection, RowMapping, select
from typing_extensions import TypedDict

from oneapi.control.answers import Refused
from oneapi.control.logs.queries import ANY_ZONE_SECONDS, time_of
from oneapi.ledger.charging import line_items
from oneapi.ledger.pricing import NANO, ONE, QUOTA_PER_USD, Price
from oneapi.store.tables import channels, logs
from oneapi.wire.usage import COUNTERS, Usage

# A request's row says when it came, and so does its id; One API's does in the time of its place.
_AWAY_SECONDS: Final = (120, ANY_ZONE_SECONDS)


class AttemptView(TypedDict):
    """A channel that was tried and did not answer; `status` is the vendor's. The user is not told its name and `error`."""

    channel_id: int
    channel_name: str
    status: int
    error: str


class LineView(TypedDict):
    """One kind of what was used: `count` units (for `second`, seconds) at `unit_usd` US dollars each, factor left out."""

    unit: str
    count: float
    unit_usd: float
    quota: float


class Story(TypedDict):
    """How a request went and what made its charge.

    `tier`: in which the vendor served, where that has a price of its own; `off_peak`: outside its busy hours.
    `source`: who counted, the vendor (`reported`) or we (`estimated`); `ended`: the rule that ended the answer. `factor`:
    of the group. `hold`, `charge` and `uncollected` in quota. `vendor_request_id`: under which the vendor knows it.
    `choice`: why the last channel. `first_token_ms`: 0 where nobody has seen one. `status`, `code` and `error`: what the
    client of a request that failed was told (499: it had left; 0: it did not fail); `unwritten`: how many more of the same
    user had failed before, and left no row. `operations`: what the last channel has for its
    requests and did to this one; `cost`: what it cost the operator, in quota, where that is known. The user is told neither.
    """

    request_id: str
    vendor_request_id: str
    endpoint: str
    model: str
    asked_model: str
    channel_id: int
    channel_name: str
    source: str
    ended: str
    oddity: str
    attempts: list[AttemptView]
    usage: dict[str, float]
    lines: list[LineView]
    price_source: str
    tier: str
    factor: float
    hold: int
    charge: int
    uncollected: int
    elapsed_ms: int
    first_token_ms: int
    choice: str
    status: int
    code: str
    error: str
    unwritten: int
    operations: list[str]
    cost: int | None


def row_of_request(
    connection: Connection, request_id: str, *conditions: ColumnElement[bool]
) -> RowMapping:
    """Return the row of a request, or refuse. Its id begins with the time, which an index knows."""
    query = select(logs).where(logs.c.request_id == request_id, *conditions)
    at = time_of(request_id)
    spans = [logs.c.created_at.between(at - away, at + away) for away in _AWAY_SECONDS]
    for candidates in [query.where(span) for span in spans] if at else [query]:
        row = connection.execute(candidates.order_by(logs.c.id.desc())).mappings().first()
        if row is not None:
            return row
    raise Refused("request_missing")


def story(row: RowMapping, names: Mapping[int, str], *, tells_all: bool) -> Story:
    """Return the story that a row tells; `names` of channels, which like the errors of vendors are not for everybody."""
    detail = _detail(row["detail"])
    price, usage = _price(detail.get("price")), _counts(detail.get("usage"))
    factor = _whole(detail.get("factor")) or ONE
    attempts = cast("list[list[int]]", detail.get("attempts") or [])
    errors = cast("list[str]", detail.get("errors") or []) if tells_all else []
    channel_id = row["channel_id"] or 0
    return {
        "request_id": row["request_id"] or "",
        "vendor_request_id": str(detail.get("vendor_request_id") or ""),
        "endpoint": str(detail.get("endpoint") or ""),
        "model": row["model_name"] or "",
        "asked_model": str(detail.get("asked_model") or row["model_name"] or ""),
        "channel_id": channel_id,
        "channel_name": names.get(channel_id, ""),
        "source": str(detail.get("source") or ""),
        "ended": str(detail.get("ended") or ""),
        "oddity": str(detail.get("oddity") or ""),
        "attempts": [
            {
                "channel_id": tried,
                "channel_name": names.get(tried, ""),
                "status": status,
                "error": errors[place] if place < len(errors) else "",
            }
            for place, (tried, status) in enumerate(attempts)
        ],
        "usage": usage,
        "lines": [_line(line) for line in line_items(_usage(usage), price)],
        "price_source": price.source,
        "tier": price.tier,
        "factor": factor / ONE,
        "hold": _whole(detail.get("ceiling")),
        "charge": row["quota"] or 0,
        "uncollected": _whole(detail.get("uncollected")),
        "elapsed_ms": row["elapsed_time"] or 0,
        "first_token_ms": _whole(detail.get("first_token_ms")),
        "choice": str(detail.get("choice") or ""),
        "status": _whole(detail.get("status")),
        "code": str(detail.get("failure") or ""),
        "error": str(detail.get("error") or ""),
        "unwritten": _whole(detail.get("unwritten")),
        "operations": cast("list[str]", detail.get("operations") or []) if tells_all else [],
        "cost": cast("int | None", detail.get("cost")) if tells_all else None,
    }


def channels_of(row: RowMapping) -> set[int]:
    """Return the channels that a row's story names."""
    attempts = cast("list[list[int]]", _detail(row["detail"]).get("attempts") or [])
    return {row["channel_id"] or 0, *(tried for tried, _ in attempts)}


def channel_names(connection: Connection, ids: set[int]) -> dict[int, str]:
    """Return the names of channels that are still there."""
    query = select(channels.c.id, channels.c.name).where(channels.c.id.in_(ids))
    return {row.id: row.name or "" for row in connection.execute(query)}


def _line(line: tuple[str, int, int, int]) -> LineView:
    unit, count, each, nano = line
    return {
        "unit": unit,
        "count": count / 1000 if unit == "second" else count,
        "unit_usd": each / NANO / QUOTA_PER_USD,
        "quota": nano / NANO,
    }


def _detail(text: str | None) -> dict[str, Any]:
    """Read a row's detail; rows of One API have none."""
    try:
        detail: Any = json.loads(text or "{}")
    except ValueError:
        return {}
    return cast("dict[str, Any]", detail) if isinstance(detail, dict) else {}


def _price(said: Any) -> Price:
    if not isinstance(said, dict):
        return Price()
    known = cast("dict[str, Any]", said)
    fields = {name: known[name] for name in Price.__struct_fields__ if name in known}
    if "long" in fields:
        fields["long"] = _price(fields["long"])
    return Price(**fields)


def _counts(said: Any) -> dict[str, float]:
    known = cast("dict[str, Any]", said) if isinstance(said, dict) else {}
    return {name: known[name] for name in COUNTERS if known.get(name)}


def _usage(counts: dict[str, float]) -> Usage:
    values: dict[str, Any] = dict(counts)
    return Usage(**values)


def _whole(value: Any) -> int:
    return value if isinstance(value, int) else 0
