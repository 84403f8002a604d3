"""Deletes rows that have only their time left: sessions and mailed codes that are too old, and what was changed long ago."""

from typing import Final

from sqlalchemy import Connection, delete, select

from oneapi.store.database import Database
from oneapi.store.tables import audit, sessions, verifications

_DAY_SECONDS: Final = 86_400
_AT_ONCE: Final = 1000


def prune_expired(connection: Connection, now: float) -> None:
    """Delete what nobody can use any more; beside requests, so that they do not wait for each other's rows."""
    for table in (sessions, verifications):
        connection.execute(delete(table).where(table.c.expires_at < int(now)))


def prune_audit(database: Database, now: int, days: int) -> None:
    """Delete what administrators have changed more than `days` ago, some at a time; 0 keeps it for ever."""
    if not days:
        return
    old = select(audit.c.id).where(audit.c.at < now - days * _DAY_SECONDS).limit(_AT_ONCE)
    while True:
        with database.begin() as connection:
            ids = list(connection.scalars(old))
            if not ids:
                return
            connection.execute(delete(audit).where(audit.c.id.in_(ids)))
