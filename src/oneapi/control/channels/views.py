"""A channel as `/api` shows it: the vendor's key goes in and never comes out."""

from collections.abc import Sequence

from sqlalchemy import Connection, RowMapping, select
from typing_extensions import TypedDict

from oneapi.control.answers import as_go
from oneapi.control.channels.resting import Rest, rests_by_channel
from oneapi.control.context import Services
from oneapi.providers.targets import without_secrets
from oneapi.store.enums import ChannelStatus
from oneapi.store.tables import channel_watch


class ChannelView(TypedDict):
    """A channel; `key` is always blank, secrets in `config` are stars, which may come back as they are. `balance` in the
    vendor's currency, `response_time` milliseconds.

    `disabled_reason`: why the gateway has disabled it (`key_refused`, `failing`, `slow`, `no_balance`; blank where that is
    not known), `disabled_evidence`: in the vendor's words. `cooling_until`: when the last of `cooling_models`, which rest
    after failures, is asked again (unix seconds; 0: none rests). `guarded`: its address is not root's, and leads to the
    open internet only.
    """

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
    disabled_reason: str
    disabled_evidence: str
    cooling_until: int
    cooling_models: list[str]
    guarded: bool


def channel_views(
    services: Services, connection: Connection, rows: Sequence[RowMapping]
) -> list[ChannelView]:
    """Return the JSON of channels, their keys blank."""
    off = [row["id"] for row in rows if row["status"] == ChannelStatus.AUTO_DISABLED]
    reasons: dict[int, tuple[str, str]] = {}
    if off:
        watched = channel_watch.c
        query = select(watched.channel_id, watched.reason, watched.evidence)
        found = connection.execute(query.where(watched.channel_id.in_(off)))
        reasons = {row.channel_id: (row.reason, row.evidence) for row in found}
    resting = rests_by_channel(services)
    return [
        _view(row, reasons.get(row["id"], ("", "")), resting.get(row["id"], [])) for row in rows
    ]


def channel_view(services: Services, connection: Connection, row: RowMapping) -> ChannelView:
    """Return the JSON of a channel, its key blank."""
    return channel_views(services, connection, [row])[0]


def _view(row: RowMapping, disabled: tuple[str, str], resting: Sequence[Rest]) -> ChannelView:
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
        "config": without_secrets(row["config"]),
        "system_prompt": row["system_prompt"],
        "disabled_reason": disabled[0],
        "disabled_evidence": disabled[1],
        "cooling_until": resting[0].until if resting else 0,
        "cooling_models": [rest.model for rest in resting],
        "guarded": bool(row["guarded"]),
    }
