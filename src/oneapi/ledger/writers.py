"""Which workers have written charges into the database of late."""

from typing import Any

from sqlalchemy import Connection, select

from oneapi.store.tables.ledger import journal_offsets

_OURS = "#%"  # holders that are no workers begin so


def writers(connection: Connection, since: int, at_most: int = 100) -> list[tuple[str, int]]:
    """Return workers (`host:number`) that have written since then, and when they last did (unix seconds), latest first."""
    holder, written_at = journal_offsets.c.holder, journal_offsets.c.updated_at
    query = (
        select(holder, written_at)
        .where(holder.not_like(_OURS), written_at >= since)
        .order_by(written_at.desc(), holder)
        .limit(at_most)
    )
    rows: list[Any] = [tuple(row) for row in connection.execute(query)]
    return [(str(name), int(at)) for name, at in rows]
