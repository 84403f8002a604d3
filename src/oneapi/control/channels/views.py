"""A channel as `/api` shows it: the vendor's key goes in and never comes out."""

from typing import Any

from sqlalchemy import RowMapping

from oneapi.control.answers import as_go


def channel_view(row: RowMapping) -> dict[str, Any]:
    """Return the JSON of a channel, its key blank."""
    return {
        "id": row["id"],
        "type": row["type"] or 0,
        "key": "",
        "status": row["status"] or 0,
        "name": row["name"] or "",
        "weight": row["weight"],
        "created_time": row["created_time"] or 0,
        "test_time": row["test_time"] or 0,
        "response_time": row["response_time"] or 0,
        "base_url": row["base_url"],
        "other": row["other"],
        "balance": as_go(row["balance"] or 0),
        "balance_updated_time": row["balance_updated_time"] or 0,
        "models": row["models"] or "",
        "group": row["group"] or "",
        "used_quota": row["used_quota"] or 0,
        "model_mapping": row["model_mapping"],
        "priority": row["priority"],
        "config": row["config"] or "",
        "system_prompt": row["system_prompt"],
    }
