"""Deletes rows that have only their time left: sessions and mailed codes that are too old."""

from sqlalchemy import Connection, delete

from oneapi.store.tables import sessions, verifications


def prune_expired(connection: Connection, now: float) -> None:
    """Delete what nobody can use any more; beside requests, so that they do not wait for each other's rows."""
    for table in (sessions, verifications):
        connection.execute(delete(table).where(table.c.expires_at < int(now)))
