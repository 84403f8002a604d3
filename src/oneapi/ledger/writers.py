"""Which workers have written charges into the database of late."""

from typing import Any, NamedTuple

from sqlalchemy import Connection, func, select

from oneapi.store.tables.ledger import journal_offsets, leases

_OURS = "#%"  # holders that are no workers begin so


class Writer(NamedTuple):
    """A worker (`host:number`), when it last wrote (unix seconds), and the quota of users that it holds on lease."""

    name: str
    written_at: int
    leased: int


def writers(connection: Connection, since: int, at_most: int = 100) -> list[Writer]:
    """Return the workers that have written since then, the latest first."""
    holder, written_at = journal_offsets.c.holder, journal_offsets.c.updated_at
    query = (
        select(holder, written_at)
        .where(holder.not_like(_OURS), written_at >= since)
        .order_by(written_at.desc(), holder)
        .limit(at_most)
    )
    rows: list[Any] = [tuple(row) for row in connection.execute(query)]
    amount = func.sum(leases.c.amount)
    held = select(leases.c.holder, amount).where(leases.c.account == "user")
    leased = {
        name: int(total) for name, total in connection.execute(held.group_by(leases.c.holder))
    }
    return [Writer(str(name), int(at), leased.get(str(name), 0)) for name, at in rows]
