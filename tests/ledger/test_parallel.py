"""Bad days: two hundred requests on a balance for ten, and databases that are stopped under load."""

import asyncio
import contextlib
import sqlite3
from collections.abc import Generator
from pathlib import Path

import pytest

from oneapi.errors import InsufficientQuota, Unavailable
from oneapi.ledger import Ledger
from oneapi.store.database import Database, Patience, open_database
from tests.engines import Engine, new_engine
from tests.ledger.conftest import Opener
from tests.ledger.scene import (
    key_money,
    log_rows_in,
    money,
    pay,
    payer,
    person,
    seat,
    settle,
    terms,
    until,
)

EAGER = terms(flush_seconds=0.05, others_seconds=0.5, database_seconds=30.0)


async def admitted(ledger: Ledger, number: int, gate: asyncio.Event, limited: bool) -> bool:
    """Hold until the gate opens, then use everything; say whether it was admitted."""
    try:
        async with ledger.hold(payer(limited=limited), 100, f"request-{number}") as hold:
            await gate.wait()
            settle(hold, 100)
    except InsufficientQuota:
        return False
    return True


@pytest.mark.parametrize("limited", [False, True])
@pytest.mark.parametrize("workers", [1, 4])
async def test_a_balance_for_ten_admits_ten_of_two_hundred(
    database: Database, opened: Opener, tmp_path: Path, workers: int, limited: bool
) -> None:
    person(database, 1, 1050)
    ledgers = [await opened(database, seat(tmp_path, slot), EAGER) for slot in range(workers)]
    gate = asyncio.Event()
    tasks = [
        asyncio.ensure_future(admitted(ledgers[n % workers], n, gate, limited)) for n in range(200)
    ]
    await until(lambda: sum(task.done() for task in tasks) >= 190, 60)
    gate.set()
    results = await asyncio.gather(*tasks)
    for ledger in ledgers:
        await ledger.aclose()
    assert sum(results) == 10
    assert money(database) == (50, 1000, 10, 0)
    assert key_money(database).used == 1000
    assert len(log_rows_in(database)) == 10


@pytest.mark.parametrize("workers", [1, 4])
async def test_who_uses_little_makes_room_for_others(
    database: Database, opened: Opener, tmp_path: Path, workers: int
) -> None:
    """One after another, requests that hold all and use little are all admitted, on any worker."""
    person(database, 1, 100)
    patient = terms(flush_seconds=0.02, others_seconds=10.0, database_seconds=30.0)
    ledgers = [await opened(database, seat(tmp_path, slot), patient) for slot in range(workers)]
    for number in range(12):
        await pay(ledgers[number % workers], 80, 1, f"request-{number}")
    for ledger in ledgers:
        await ledger.aclose()
    assert money(database) == (88, 12, 12, 0)


@pytest.fixture(params=["mysql", "postgresql"])
def own_engine(request: pytest.FixtureRequest) -> Generator[Engine, None, None]:
    engine = new_engine(request.param)
    engine.start()
    try:
        yield engine
    finally:
        engine.close()


@pytest.mark.parametrize("how", ["stop", "kill"])
async def test_a_server_that_is_stopped_under_load_delays_and_loses_nothing(
    own_engine: Engine, opened: Opener, how: str
) -> None:
    name = own_engine.create_migrated()
    database = own_engine.open(name)
    person(database, 1, 6_400_000)
    person(database, 2, 1000)
    quick = terms(flush_seconds=0.05, database_seconds=1.0)
    ledger = await opened(database, its_terms=quick)
    charged = [await pay(ledger, 100, 10, "request-0")]

    await asyncio.to_thread(getattr(own_engine, how))
    for number in range(1, 200):
        charged.append(await pay(ledger, 100, 10, f"request-{number}"))
        await asyncio.sleep(0.002)
    with pytest.raises(Unavailable) as refused:
        await pay(ledger, 100, 10, "not covered", id=2)
    assert refused.value.retry_after
    await asyncio.to_thread(own_engine.start)

    charged.append(await until_admitted(ledger))
    await until(lambda: money(database).requests == len(charged), 30)
    await ledger.aclose()
    assert money(database) == (6_400_000 - sum(charged), sum(charged), len(charged), 0)
    rows = log_rows_in(database)
    assert len({row["request_id"] for row in rows}) == len(rows) == len(charged)
    database.close()


async def until_admitted(ledger: Ledger) -> int:
    for _ in range(30):
        with contextlib.suppress(Unavailable):
            return await pay(ledger, 100, 10, "request-last")
    raise AssertionError("the database is back and nobody is admitted")


async def test_a_locked_sqlite_file_delays_and_loses_nothing(
    sqlite_database: Database, opened: Opener
) -> None:
    path = sqlite_database.path
    assert path is not None
    impatient = open_database(None, sqlite_path=path, busy_timeout_ms=50)
    person(impatient, 1, 640_000)
    person(impatient, 2, 1000)
    quick = terms(flush_seconds=0.02, database_seconds=1.0)
    ledger = await opened(impatient, its_terms=quick)
    await pay(ledger, 100, 10, "request-0")
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        for number in range(1, 50):
            await pay(ledger, 100, 10, f"request-{number}")
            await asyncio.sleep(0.002)
        with pytest.raises(Unavailable):
            await pay(ledger, 100, 10, "not covered", id=2)
        other.execute("ROLLBACK")
    assert await pay(ledger, 100, 10, "request-50", id=2) == 10
    await ledger.aclose()
    assert money(impatient) == (640_000 - 500, 500, 50, 0)
    impatient.close()


async def test_a_frozen_server_does_not_freeze_those_whom_a_lease_covers(
    own_engine: Engine, opened: Opener
) -> None:
    name = own_engine.create_migrated()
    brief = Patience(connect_seconds=0.3, lock_seconds=1.0, statement_seconds=0.5)
    database = open_database(own_engine.dsn(name), patience=brief)
    person(database, 1, 6_400_000)
    ledger = await opened(database, its_terms=terms(flush_seconds=0.05, database_seconds=0.5))
    await pay(ledger, 100, 10, "request-0")
    await asyncio.to_thread(own_engine.pause)
    try:
        for number in range(1, 100):
            await asyncio.wait_for(pay(ledger, 100, 10, f"request-{number}"), 0.5)
            await asyncio.sleep(0.002)
    finally:
        own_engine.resume()
    await until(lambda: money(database).requests == 100, 30)
    await ledger.aclose()
    assert money(database) == (6_400_000 - 1000, 1000, 100, 0)
    database.close()
