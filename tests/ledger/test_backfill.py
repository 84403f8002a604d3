"""Old log rows are added up once, in slices, also when somebody is killed in between."""

from typing import Any

from sqlalchemy import func, insert, select

from oneapi.ledger.backfill import SLICE, backfill, begin_backfill
from oneapi.store.calendar import day_of, hour_of
from oneapi.store.database import Database
from oneapi.store.enums import LogType
from oneapi.store.tables import logs, usage_hours
from oneapi.store.usage_days import days_of_use
from tests.ledger.scene import person

AT = 1_790_000_000
ROWS = SLICE + 7


def write(database: Database, count: int, **said: Any) -> None:
    row = {"user_id": 1, "token_name": "key1", "created_at": AT, "type": LogType.CONSUME.value}
    row |= {"model_name": "gpt-4o", "channel_id": 7, "quota": 3, "elapsed_time": 10} | said
    with database.begin() as connection:
        connection.execute(insert(logs), [row] * count)


def test_old_rows_are_added_up_once(database: Database) -> None:
    person(database, 1, 1000)
    write(database, ROWS)
    write(database, 5, type=LogType.TOP_UP.value)
    begin_backfill(database, database)
    write(database, 9)  # written by a worker, which counts it itself
    begin_backfill(database, database)
    while backfill(database, database):
        pass
    assert not backfill(database, database)
    columns = (usage_hours.c.hour, usage_hours.c.token_id, usage_hours.c.model_name)
    sums = (usage_hours.c.requests, usage_hours.c.quota, usage_hours.c.elapsed_ms)
    with database.connect() as connection:
        (row,) = connection.execute(select(*columns, *sums, usage_hours.c.failed))
    assert tuple(row) == (AT - AT % 3600, 1, "gpt-4o", ROWS, 3 * ROWS, 10 * ROWS, 0)


def test_rows_whose_time_is_none_are_no_obstacle(database: Database) -> None:
    """Others have written into that table, too: nothing, or milliseconds, or what no calendar has."""
    person(database, 1, 1000)
    for at in (None, 0, 17, -5, AT * 1000, 2**62):
        write(database, 1, created_at=at)
    write(database, 2)
    begin_backfill(database, database)
    while backfill(database, database):
        pass
    with database.connect() as connection:
        query = select(usage_hours.c.hour, usage_hours.c.requests).order_by(usage_hours.c.hour)
        assert [tuple(row) for row in connection.execute(query)] == [
            (hour_of(0), 3),
            (hour_of(AT), 2),
        ]
        assert list(days_of_use(connection)) == [day_of(AT), day_of(0)]


def test_what_has_been_counted_is_not_counted_again(database: Database) -> None:
    person(database, 1, 1000)
    write(database, 3, created_at=AT - 7200)
    write(database, 4)
    values = {column.name: 0 for column in usage_hours.c} | {"hour": AT - AT % 3600, "requests": 4}
    with database.begin() as connection:
        connection.execute(insert(usage_hours), values | {"model_name": "gpt-4o"})
    begin_backfill(database, database)
    while backfill(database, database):
        pass
    with database.connect() as connection:
        assert connection.execute(select(func.sum(usage_hours.c.requests))).scalar() == 7
