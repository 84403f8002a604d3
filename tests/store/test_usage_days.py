"""Days are what their hours add up to: filled by the migration, mended where hours were written alone, in any time zone."""

import random
import threading
from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import Connection, delete, func, insert, select, text, update

from oneapi.ledger.flusher import add_use
from oneapi.store.calendar import HOUR, day_of, hour_of, next_day
from oneapi.store.database import Database
from oneapi.store.migrations import migrate
from oneapi.store.tables import usage_days, usage_hours
from oneapi.store.tables.statistics import ALL, COUNTERS
from oneapi.store.usage_days import DayMender, compared, days_of_use, mend, mend_days
from tests.clocks import time_zone

NOW = 1_790_000_000
Row = dict[str, Any]


def hours(count: int, days: int = 4, seed: int = 5) -> list[Row]:
    """Return rows of different hours, users, keys, channels and models."""
    chance = random.Random(seed)
    found: dict[tuple[int, ...], Row] = {}
    for _ in range(count):
        hour = hour_of(NOW - chance.randrange(days * 24 * HOUR))
        user, channel, model = chance.randrange(3), chance.randrange(3), chance.randrange(2)
        row: Row = {name: chance.randrange(9) for name in COUNTERS}
        row |= {"hour": hour, "user_id": user, "token_id": 10 * user + chance.randrange(2)}
        row |= {"channel_id": channel, "model_name": ("gpt-4o", "Gpt-4o")[model]}
        found[hour, user, row["token_id"], channel, model] = row
    return list(found.values())


def write_hours(database: Database, rows: Sequence[Row]) -> None:
    with database.begin() as connection:
        connection.execute(insert(usage_hours), list(rows))


def days(database: Database) -> list[tuple[Any, ...]]:
    with database.connect() as connection:
        return sorted(tuple(row) for row in connection.execute(select(usage_days)))


def add_up(connection: Connection) -> bool:
    found = [compared(connection, day, next_day(day)) for day in days_of_use(connection)]
    return bool(found) and all(day == (True, 0) for day in found)


def test_what_is_written_together_adds_up(database: Database) -> None:
    rows = hours(200)
    for place in range(0, len(rows), 7):
        with database.begin() as connection:
            add_use(connection, rows[place : place + 7])
    written = days(database)
    with database.connect() as connection:
        assert add_up(connection)
        total = connection.scalar(select(func.sum(usage_hours.c.quota)))
        by_plane = select(func.sum(usage_days.c.quota)).group_by(usage_days.c.user_id == ALL)
        assert list(connection.scalars(by_plane)) == [total, total]
    with database.begin() as connection:
        connection.execute(delete(usage_days))
    assert mend_days(database) == 5
    assert days(database) == written


def test_the_migration_fills_days_from_hours_once(database: Database) -> None:
    write_hours(database, hours(200))
    for _ in range(2):  # as after a kill between filling and saying so
        with database.begin() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = '0010'"))
        migrate(database)
        with database.connect() as connection:
            assert add_up(connection)


def test_a_database_from_before_days_is_filled(database: Database) -> None:
    write_hours(database, hours(50))
    with database.begin() as connection:
        connection.execute(text("DROP TABLE usage_days"))
        connection.execute(text("UPDATE alembic_version SET version_num = '0010'"))
    migrate(database)
    with database.connect() as connection:
        assert add_up(connection)


def test_hours_of_an_older_node_are_mended_without_touching_the_rest(database: Database) -> None:
    with database.begin() as connection:
        add_use(connection, hours(100))
    whole = days(database)
    assert mend_days(database) == 0
    write_hours(database, [row | {"model_name": "of an older version"} for row in hours(20)])
    assert mend_days(database) > 0
    assert mend_days(database) == 0
    assert [row for row in days(database) if row[4] != "of an older version"] == whole


def test_mending_beside_writers_counts_nothing_twice(database: Database) -> None:
    write_hours(database, hours(100, days=1))

    def serve() -> None:
        for number in range(30):
            row = hours(1, days=1, seed=number)
            with database.begin() as connection:
                add_use(connection, row)

    def mend_all() -> None:
        for _ in range(5):
            for day in (day_of(NOW), day_of(NOW - 24 * HOUR)):
                with database.exclusively("usage_days") as connection:
                    mend(connection, day)

    threads = [threading.Thread(target=work) for work in (serve, mend_all)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.connect() as connection:
        assert add_up(connection)


@pytest.mark.parametrize(
    ("before", "after"),
    [("Asia/Shanghai", "UTC"), ("America/New_York", "Asia/Kolkata"), ("UTC", "Africa/Cairo")],
)
def test_days_are_cut_anew_in_another_time_zone(
    sqlite_database: Database, before: str, after: str
) -> None:
    with time_zone(before), sqlite_database.begin() as connection:
        add_use(connection, hours(100, days=9))
    with time_zone(after):
        with sqlite_database.connect() as connection:
            assert not add_up(connection)
        assert mend_days(sqlite_database) > 0
        with sqlite_database.connect() as connection:
            assert add_up(connection)
            begins = set(connection.scalars(select(usage_days.c.day)))
        assert begins == {day_of(begin) for begin in begins}


def test_after_the_first_look_only_the_last_days_are_looked_at(sqlite_database: Database) -> None:
    write_hours(sqlite_database, hours(100, days=9))
    mender = DayMender(sqlite_database, lambda: NOW)
    mender.mend()
    with sqlite_database.begin() as connection:
        old = usage_hours.c.hour < NOW - 6 * 24 * HOUR
        connection.execute(update(usage_hours).values(quota=1000).where(old))
        connection.execute(update(usage_hours).values(quota=2000).where(~old))
    mender.mend()
    with sqlite_database.connect() as connection:
        last, *_, oldest = days_of_use(connection)
        assert compared(connection, last, next_day(last)).adds_up
        assert not compared(connection, oldest, next_day(oldest)).adds_up
