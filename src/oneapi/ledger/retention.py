"""Failed requests leave the log after some days, whatever else stays in it. Blocking; for one worker of a node."""

from typing import Final

from sqlalchemy import delete, select, update

from oneapi.store.database import Database
from oneapi.store.enums import LogType
from oneapi.store.tables import logs, progress

NAME: Final = "failed_rows_deleted_before"  # `place`: unix seconds
SLICE: Final = 1000  # rows per transaction
DAY: Final = 86_400


def delete_failed(main: Database, log_database: Database, now: int, days: int) -> int:
    """Delete the rows of failures that are older than `days`; return how many.

    Everything before the place that is kept is gone already, and not looked through again.
    """
    before = now - days * DAY
    place = _place(main, before)
    deleted = 0
    while place < before:
        old = (
            select(logs.c.id, logs.c.created_at)
            .where(logs.c.created_at >= place, logs.c.created_at < before)
            .where(logs.c.type == LogType.FAILED.value)
            .order_by(logs.c.created_at)
            .limit(SLICE)
        )
        with log_database.begin() as connection:
            rows = connection.execute(old).all()
            ids = [row.id for row in rows]
            if ids:
                connection.execute(delete(logs).where(logs.c.id.in_(ids)))
        deleted += len(ids)
        place = rows[-1].created_at if len(ids) == SLICE else before
        with main.begin() as connection:
            connection.execute(update(progress).where(progress.c.name == NAME).values(place=place))
    return deleted


def _place(main: Database, before: int) -> int:
    """Return where to begin: on a database that has no failures yet, at the first of them that would be too old."""
    with main.begin() as connection:
        begin = main.insert_ignore(progress)
        connection.execute(begin, {"name": NAME, "place": before})
        return connection.execute(
            select(progress.c.place).where(progress.c.name == NAME)
        ).scalar_one()
