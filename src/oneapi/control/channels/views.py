"""A channel as `/api` shows it: the vendor's key goes in and never comes out."""

from sqlalchemy import RowMapping
from typing_extensions import TypedDict

from oneapi.control.answers import as_go


class ChannelView(TypedDict):
    """A channel; `key` is always blank, `balance` in the vendor's currency, `response_time` milliseconds."""

    id: int
    type: int
    key: str
    status: int
    name: str
    weight: int | None
    created_time: int
    test_time: int
    response_time: int
    base_url: str | None
    other: str | None
    balance: float
    balance_updated_time: int
    models: str
    group: str
    used_quota: int
    model_mapping: str | None
    priority: int | None
    config: str
    system_prompt: str | None


def channel_view(row: RowMapping) -> ChannelView:
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
