"""What fails is counted, and told row by row as far as that stays bounded; it never costs anything."""

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select

from oneapi.ledger import Failure, Hold, delete_failed
from oneapi.ledger.failures import ALL_BURST, USER_BURST, USER_SECONDS, FailureRows
from oneapi.ledger.retention import DAY, SLICE
from oneapi.store.database import Database, open_database
from oneapi.store.enums import LogType
from oneapi.store.tables import LOG_TABLES, logs, metadata, usage_hours
from tests.ledger.conftest import Opener
from tests.ledger.scene import (
    ONE,
    PRICE,
    Clock,
    facts,
    log_rows_in,
    money,
    pay,
    payer,
    person,
    usage,
)

NOW = 1_790_000_000


def fail(hold: Hold, status: int = 502, **said: Any) -> None:
    told = facts(ended="failed", attempts=((7, status),), errors=("overloaded",), **said)
    hold.fail(told, Failure(status, "bad_response_status_code", "the vendor is overloaded"))


def hours_in(database: Database) -> dict[str, int]:
    with database.connect() as connection:
        rows = connection.execute(select(usage_hours)).mappings().all()
    return {name: sum(row[name] for row in rows) for name in ("requests", "failed", "elapsed_ms")}


async def test_a_failure_leaves_a_row_and_costs_nothing(opened: Opener, database: Database) -> None:
    person(database, 1, 1000)
    ledger = await opened(database)
    async with ledger.hold(payer(), 100, "request-1") as hold:
        fail(hold)
    await pay(ledger, 100, 60, "request-2")
    await ledger.flush()
    charged, failed = log_rows_in(database)
    assert (failed["type"], failed["quota"], charged["type"]) == (LogType.FAILED, 0, 2)
    assert (failed["content"], failed["request_id"]) == (
        "502：the vendor is overloaded",
        "request-1",
    )
    detail = json.loads(failed["detail"])
    assert (detail["failure"], detail["status"]) == ("bad_response_status_code", 502)
    assert (detail["attempts"], detail["errors"]) == ([[7, 502]], ["overloaded"])
    assert (money(database).used, money(database).requests) == (60, 1)
    assert hours_in(database) == {"requests": 2, "failed": 1, "elapsed_ms": 2468}


async def test_a_client_that_leaves_is_no_failure(opened: Opener, database: Database) -> None:
    person(database, 1, 1000)
    ledger = await opened(database)
    async with ledger.hold(payer(), 100, "request-1") as hold:
        fail(hold, 499)
    await ledger.flush()
    assert hours_in(database)["requests"] == 1
    assert hours_in(database)["failed"] == 0
    assert [row["type"] for row in log_rows_in(database)] == [LogType.FAILED]


async def test_an_answer_that_broke_off_is_charged_and_failed(
    opened: Opener, database: Database
) -> None:
    person(database, 1, 1000)
    ledger = await opened(database)
    for number, rule in enumerate(("complete", "client_left", "upstream_broke")):
        async with ledger.hold(payer(), 100, f"request-{number}") as hold:
            hold.settle(usage(10), PRICE, ONE, facts(ended=rule, first_token_ms=250))
    await ledger.flush()
    assert hours_in(database)["failed"] == 1
    with database.connect() as connection:
        counted = connection.execute(select(usage_hours.c.first_token_300)).scalar_one()
    assert counted == 3


async def test_a_flood_is_counted_whole_and_told_in_part(
    opened: Opener, database: Database, clock: Clock
) -> None:
    person(database, 1, 1000)
    ledger = await opened(database)
    for number in range(1500):
        async with ledger.hold(payer(), 0, f"request-{number}") as hold:
            fail(hold)
    await ledger.flush()
    assert hours_in(database) == {"requests": 1500, "failed": 1500, "elapsed_ms": 1500 * 1234}
    assert len(log_rows_in(database)) == USER_BURST
    clock.now += USER_SECONDS
    async with ledger.hold(payer(), 0, "later") as hold:
        fail(hold)
    await ledger.flush()
    assert json.loads(log_rows_in(database)[-1]["detail"])["unwritten"] == 1500 - USER_BURST


async def test_without_days_to_keep_them_failures_are_counted_only(
    opened: Opener, database: Database
) -> None:
    person(database, 1, 1000)
    ledger = await opened(database)
    ledger.failure_rows.wanted = lambda: False
    async with ledger.hold(payer(), 0, "request-1") as hold:
        fail(hold)
    await ledger.flush()
    assert log_rows_in(database) == []
    assert hours_in(database)["failed"] == 1


def test_all_users_together_are_bounded_by_time_and_by_what_is_charged() -> None:
    rows = FailureRows()

    def written(charges: int) -> int:
        claims = [rows.claim(user, NOW, charges) for user in range(2 * ALL_BURST)]
        return sum(claim is not None for claim in claims)

    assert written(0) == ALL_BURST
    assert written(0) == 0
    assert written(100) == 50


def test_many_users_take_no_memory_for_ever() -> None:
    rows = FailureRows()
    for user in range(20_000):
        rows.claim(user, NOW + user * 10, 0)
    assert len(rows._users) <= 4096  # pyright: ignore[reportPrivateUsage] - nothing else shows it


@pytest.mark.parametrize("elsewhere", [False, True])
def test_failures_leave_after_their_days_and_nothing_else_does(
    database: Database, tmp_path: Path, elsewhere: bool
) -> None:
    place = database
    if elsewhere:
        place = open_database(None, sqlite_path=tmp_path / "logs.db")
        metadata.create_all(place.engine, tables=LOG_TABLES)
    assert delete_failed(database, place, NOW, 7) == 0  # the beginning
    kinds = [(LogType.FAILED, NOW - 3 * DAY)] * (SLICE + 5) + [
        (LogType.FAILED, NOW),
        (LogType.CONSUME, NOW - 3 * DAY),
    ]
    with place.begin() as connection:
        rows = [{"user_id": 1, "type": int(kind), "created_at": at} for kind, at in kinds]
        connection.execute(insert(logs), rows)
    assert delete_failed(database, place, NOW, 7) == 0
    assert delete_failed(database, place, NOW + 5 * DAY, 7) == SLICE + 5
    left = [(row["type"], row["created_at"]) for row in log_rows_in(place)]
    assert left == [(LogType.FAILED, NOW), (LogType.CONSUME, NOW - 3 * DAY)]
    assert delete_failed(database, place, NOW + 5 * DAY, 0) == 1
    if elsewhere:
        place.close()
