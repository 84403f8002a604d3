"""A key as `/api` shows it to its owner."""

from typing import Any

from sqlalchemy import RowMapping


def key_view(row: RowMapping, leased: int) -> dict[str, Any]:
    """Return the JSON of a key; `leased` is what workers hold of its limit at the moment."""
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
        "remain_quota": (row["remain_quota"] or 0) + leased,
        "unlimited_quota": bool(row["unlimited_quota"]),
        "used_quota": row["used_quota"] or 0,
        "models": row["models"],
        "subnet": row["subnet"],
    }
