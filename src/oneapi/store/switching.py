"""Switching channels off and on, on evidence: the one place where the gateway does so by itself.

What a person has switched off (`DISABLED`) stays off, and what a person has switched on meanwhile is not taken for what was
tested before: each change is made only from the state that the evidence is about.
"""

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, case, func, insert, select, update

from oneapi.store import changes
from oneapi.store.database import Database
from oneapi.store.enums import ChannelStatus, LogType
from oneapi.store.tables import abilities, channel_watch, channels, logs

_EVIDENCE_MAX: Final = 1000


class Reason(StrEnum):
    """Why a channel was switched; the names are on the wire and in log rows."""

    KEY_REFUSED = "key_refused"
    FAILING = "failing"
    SLOW = "slow"
    NO_BALANCE = "no_balance"
    PASSED = "passed"


# In One API's language, as its other log rows are stored; for other readers rows are worded anew.
_IN_CHINESE: Final = {
    Reason.KEY_REFUSED: "供应商拒绝了密钥",
    Reason.FAILING: "最近的请求失败过多",
    Reason.SLOW: "响应过慢",
    Reason.NO_BALANCE: "余额不足",
    Reason.PASSED: "测试通过",
}


@dataclass(frozen=True, slots=True)
class Switched:
    """A channel that was switched; `is_on`: to be used again. `evidence` is in the vendor's words."""

    channel_id: int
    name: str
    is_on: bool
    reason: Reason
    evidence: str


def switch_off(
    connection: Connection, channel_id: int, reason: Reason, evidence: str, now: int
) -> Switched | None:
    """Take an enabled channel out of routing; `None` if it is not enabled."""
    return _switch(connection, channel_id, False, reason, evidence, now)


def switch_on(
    connection: Connection, channel_id: int, reason: Reason, evidence: str, now: int
) -> Switched | None:
    """Put a channel back that the gateway has switched off; `None` if it is not in that state."""
    return _switch(connection, channel_id, True, reason, evidence, now)


def _switch(
    connection: Connection, channel_id: int, is_on: bool, reason: Reason, evidence: str, now: int
) -> Switched | None:
    before, after = ChannelStatus.ENABLED, ChannelStatus.AUTO_DISABLED
    if is_on:
        before, after = after, before
    mine = channels.c.id == channel_id
    changed = connection.execute(
        update(channels).where(mine, channels.c.status == before).values(status=after)
    )
    if changed.rowcount != 1:
        return None
    routes = abilities.c.channel_id == channel_id
    connection.execute(update(abilities).where(routes).values(enabled=is_on))
    _remember(connection, channel_id, "" if is_on else reason, evidence, now)
    changes.publish(connection, "channels", str(channel_id), now)
    name = connection.scalar(select(channels.c.name).where(mine)) or f"#{channel_id}"
    return Switched(channel_id, name, is_on, reason, evidence[:_EVIDENCE_MAX])


def _remember(
    connection: Connection, channel_id: int, reason: str, evidence: str, now: int
) -> None:
    """Keep why; `evidence` without a reason is none. A switch in the second of one that was told is later than that."""
    values: dict[str, Any] = {
        "reason": reason,
        "evidence": evidence[:_EVIDENCE_MAX] if reason else "",
    }
    told_at = func.coalesce(channel_watch.c.told_at, 0)
    at = case((told_at >= now, told_at + 1), else_=now)
    mine = channel_watch.c.channel_id == channel_id
    changed = update(channel_watch).where(mine).values(changed_at=at, **values)
    if connection.execute(changed).rowcount == 0:
        made = {"channel_id": channel_id, "changed_at": now}
        connection.execute(insert(channel_watch).values(made | values))


def in_chinese(switched: Switched) -> str:
    """Return what happened in One API's language."""
    words = "已重新启用" if switched.is_on else "已被禁用"
    reason = _IN_CHINESE[switched.reason]
    content = f"渠道「{switched.name}」（#{switched.channel_id}）{words}，原因：{reason}"
    return f"{content}；{switched.evidence}" if switched.evidence else content


def take_untold(database: Database) -> list[Switched]:
    """Return what was switched and not told yet, each switch once, whichever process asks."""
    watch = channel_watch.c
    told_at = func.coalesce(watch.told_at, 0)
    untold = select(channel_watch, channels.c.name).join(
        channels, channels.c.id == watch.channel_id
    )
    with database.connect() as connection:
        found = list(connection.execute(untold.where(watch.changed_at > told_at)).mappings())
    taken: list[Switched] = []
    for row in found:
        mine = (watch.channel_id == row["channel_id"], watch.changed_at == row["changed_at"])
        with database.begin() as connection:
            changed = connection.execute(
                update(channel_watch)
                .where(*mine, watch.changed_at > told_at)
                .values(told_at=row["changed_at"])
            )
        if changed.rowcount == 1:
            name = row["name"] or f"#{row['channel_id']}"
            is_on = not row["reason"]
            reason = Reason.PASSED if is_on else Reason(row["reason"])
            taken.append(Switched(row["channel_id"], name, is_on, reason, row["evidence"]))
    return taken


def log_switched(log_database: Database, switched: Switched, now: int) -> None:
    """Write a row of the log: which channel, which way, why, on what evidence."""
    detail: dict[str, Any] = {
        "channel_state": "enabled" if switched.is_on else "disabled",
        "channel": switched.name,
        "id": switched.channel_id,
        "why": switched.reason,
        "said": switched.evidence,
    }
    row = {
        "user_id": 0,
        "created_at": now,
        "type": LogType.SYSTEM,
        "content": in_chinese(switched),
        "detail": json.dumps(detail, ensure_ascii=False),
        "channel_id": switched.channel_id,
    }
    with log_database.begin() as connection:
        connection.execute(insert(logs).values(row))
