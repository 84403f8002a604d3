"""A key as `/api` shows it to its owner."""

from collections.abc import Sequence

from sqlalchemy import Connection, RowMapping
from typing_extensions import TypedDict

from oneapi.ledger import leased


class KeyView(TypedDict):
    """A key of one's own, in full; `expired_time` is -1 for never."""

    id: int
    user_id: int
    key: str
    status: int
    name: str
    created_time: int
    accessed_time: int
    expired_time: int
    remain_quota: int
    unlimited_quota: bool
    used_quota: int
    models: str | None
    subnet: str | None


def key_views(connection: Connection, rows: Sequence[RowMapping]) -> list[KeyView]:
    """Return the JSON of keys, with what workers hold of their limits at the moment."""
    held = leased(connection, "key", [row["id"] for row in rows])
    return [_view(row, held.get(row["id"], 0)) for row in rows]


def _view(row: RowMapping, held: int) -> KeyView:
    expires_at = row["expired_time"]
    return {
        "id": row["id"],
        "user_id": row["user_id"] or 0,
        "key": row["key"] or "",
        "status": row["status"] or 0,
        "name": row["name"] or "",
        "created_time": row["created_time"] or 0,
        "accessed_time": row["accessed_time"] or 0,
        "expired_time": -1 if expires_at is None else expires_at,
        "remain_quota": (row["remain_quota"] or 0) + held,
        "unlimited_quota": bool(row["unlimited_quota"]),
        "used_quota": row["used_quota"] or 0,
        "models": row["models"],
        "subnet": row["subnet"],
    }
