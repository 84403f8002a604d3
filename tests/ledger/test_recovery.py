"""What dead workers leave behind is applied once, and their leases go home."""

# pyright: reportPrivateUsage=false
# A crash, a full disk or a moment in between can only be made from inside.

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from oneapi.errors import Unavailable
from oneapi.ledger import Ledger, Seat
from oneapi.ledger.accounts import begin_offset, offset
from oneapi.ledger.journal import Position, SlotLock
from oneapi.ledger.recovery import reclaim
from oneapi.ledger.teller import Desk
from oneapi.store.database import Database, DatabaseAway
from tests.ledger import scene
from tests.ledger.conftest import Opener
from tests.ledger.scene import (
    Clock,
    FailingDatabase,
    crash,
    key_money,
    leases_in,
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


async def test_a_restarted_worker_applies_what_its_predecessor_charged(
    database: Database, opened: Opener, tmp_path: Path
) -> None:
    person(database, 1, 1000)
    ledger = await opened(database)
    await pay(ledger, 100, 60, "request-1", limited=True)
    await ledger.flush()
    await pay(ledger, 100, 40, "request-2", limited=True)
    await ledger.hold(payer(), 300, "open when it died").__aenter__()
    ledger.journal.append(b"torn")
    journal = seat(tmp_path).folder / "0-1.log"
    journal.write_bytes(journal.read_bytes()[: ledger.journal.size - 2])
    await crash(ledger)

    await opened(database)
    assert money(database) == (900, 100, 2, 0)
    assert key_money(database) == (900, 100, 0, 0)
    assert [row["request_id"] for row in log_rows_in(database)] == ["request-1", "request-2"]
    assert leases_in(database, "node:0") == {}


async def test_many_restarts_apply_each_charge_once(
    sqlite_database: Database, opened: Opener
) -> None:
    person(sqlite_database, 1, 10_000)
    for number in range(6):
        ledger = await opened(sqlite_database)
        await pay(ledger, 100, 10, f"request-{number}")
        await crash(ledger)
    await opened(sqlite_database)
    assert money(sqlite_database) == (9940, 60, 6, 0)


async def test_a_neighbour_adopts_the_journal_of_a_slot_that_is_gone(
    sqlite_database: Database, opened: Opener, tmp_path: Path
) -> None:
    person(sqlite_database, 1, 1000)
    gone = await opened(sqlite_database, seat(tmp_path, 5))
    await pay(gone, 100, 60, "request-1")
    await crash(gone)
    await opened(sqlite_database, seat(tmp_path, 0))
    assert money(sqlite_database) == (940, 60, 1, 0)
    assert list(seat(tmp_path).folder.glob("5-*.log")) == []


async def test_a_living_neighbour_is_left_alone(
    sqlite_database: Database, opened: Opener, tmp_path: Path
) -> None:
    person(sqlite_database, 1, 1000)
    living = await opened(sqlite_database, seat(tmp_path, 5))
    await pay(living, 100, 60, "request-1")
    await opened(sqlite_database, seat(tmp_path, 0))
    assert money(sqlite_database) == (900, 0, 0, 100)


async def test_leases_nobody_renews_go_home_after_their_journal(
    database: Database, opened: Opener, tmp_path: Path, clock: Clock
) -> None:
    person(database, 1, 1000)
    survivor = await opened(database, seat(tmp_path, 0))
    neighbour = await opened(database, seat(tmp_path, 1))
    stranger = await opened(database, seat(tmp_path, 0, "elsewhere"))
    await pay(neighbour, 100, 60, "request-1")
    await pay(stranger, 100, 30, "request-2")
    await crash(neighbour)
    await crash(stranger)
    desk: Desk = survivor._desk
    clock.now += 600
    assert reclaim(desk.databases, desk.seat, desk.orders(), 600) == 0
    clock.now += 1
    await survivor._teller._reclaim()
    assert money(database) == (940, 60, 1, 0)
    await opened(database, seat(tmp_path, 0, "elsewhere"))  # the stranger comes back
    assert money(database) == (910, 90, 2, 0)


@pytest.mark.parametrize(
    "meanwhile",
    [
        "UPDATE leases SET renewed_at = renewed_at + 700",  # its worker is back
        "UPDATE leases SET amount = amount - 1",  # its worker flushes
        "DELETE FROM leases",  # another one was faster
    ],
)
async def test_a_lease_that_changes_meanwhile_is_not_reclaimed(
    sqlite_database: Database, opened: Opener, clock: Clock, tmp_path: Path, meanwhile: str
) -> None:
    person(sqlite_database, 1, 1000)
    ledger = await opened(sqlite_database)
    hold = await ledger.hold(payer(), 100, "request-1").__aenter__()
    clock.now += 700

    def change(connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith("DELETE FROM leases WHERE"):
            connection.exec_driver_sql(meanwhile)

    event.listen(sqlite_database.engine, "before_cursor_execute", change)
    databases, elsewhere = ledger._desk.databases, seat(tmp_path, 0, "other")
    assert reclaim(databases, elsewhere, ledger._desk.orders(), 600) == 0
    event.remove(sqlite_database.engine, "before_cursor_execute", change)
    assert money(sqlite_database).quota == 900
    hold.release("done")


async def test_a_lease_is_not_returned_twice(sqlite_database: Database, opened: Opener) -> None:
    person(sqlite_database, 1, 1000)
    ledger = await opened(sqlite_database)
    await ledger.hold(payer(), 100, "request-1").__aenter__()
    await crash(ledger)

    def be_faster(connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith("DELETE FROM leases WHERE"):
            connection.exec_driver_sql("UPDATE users SET quota = quota + 100")
            connection.exec_driver_sql("DELETE FROM leases")

    event.listen(sqlite_database.engine, "before_cursor_execute", be_faster)
    await opened(sqlite_database)
    event.remove(sqlite_database.engine, "before_cursor_execute", be_faster)
    assert money(sqlite_database) == (1000, 0, 0, 0)


async def test_a_journal_is_not_replayed_by_two(
    sqlite_database: Database, opened: Opener, tmp_path: Path
) -> None:
    person(sqlite_database, 1, 1000)
    ledger = await opened(sqlite_database)
    await pay(ledger, 100, 60, "request-1")
    # A lock that does not work (some network file systems): another one replays what we are about to flush.
    ledger._lock.release()
    thief = Ledger(sqlite_database, seat(tmp_path), Clock(), terms=terms())
    await thief.start()
    assert money(sqlite_database) == (940, 60, 1, 0)
    with pytest.raises(Unavailable):
        await ledger.flush()
    await until(lambda: not ledger._is_open)  # it knows that it has been replaced
    with pytest.raises(Unavailable, match="stopping"):
        await pay(ledger, 100, 60, "request-2")
    with pytest.raises(Unavailable, match="stopping"):
        await ledger.flush()
    assert money(sqlite_database) == (940, 60, 1, 0)
    assert len(log_rows_in(sqlite_database)) == 1
    await thief.aclose()
    lock = SlotLock.take(seat(tmp_path).folder, 0)
    assert lock is not None
    ledger._lock = lock


async def test_a_seat_that_is_taken_is_said_so(
    sqlite_database: Database, opened: Opener, tmp_path: Path
) -> None:
    await opened(sqlite_database)
    second = Ledger(sqlite_database, seat(tmp_path), Clock(), terms=terms(lock_seconds=0.2))
    with pytest.raises(RuntimeError, match="another process"):
        await second.start()


async def test_a_predecessor_may_take_a_moment_to_die(
    sqlite_database: Database, opened: Opener, tmp_path: Path
) -> None:
    lock = SlotLock.take(seat(tmp_path).folder, 0)
    assert lock is not None
    starting = asyncio.ensure_future(opened(sqlite_database))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert not starting.done()
    lock.release()
    await starting


async def test_a_start_without_a_database_fails_and_frees_the_seat(
    sqlite_database: Database, opened: Opener
) -> None:
    away = FailingDatabase(sqlite_database)
    away.is_away = True
    with pytest.raises(DatabaseAway):
        await opened(away)
    away.is_away = False
    await opened(away)


async def test_a_database_that_fell_back_in_time_gets_the_charges_again(
    sqlite_database: Database, opened: Opener
) -> None:
    person(sqlite_database, 1, 1000)
    ledger = await opened(sqlite_database)
    await pay(ledger, 100, 60, "request-1")
    with sqlite_database.connect() as connection:
        before = offset(connection, "node:0")
    assert before is not None
    await ledger.flush()
    # A replica that had not got the last transaction took over.
    with sqlite_database.begin() as connection:
        for statement in (
            "UPDATE users SET used_quota = 0, request_count = 0",
            "DELETE FROM logs",
            "UPDATE leases SET amount = 100",
            f"UPDATE journal_offsets SET position = {before.position} WHERE holder = 'node:0'",
        ):
            connection.exec_driver_sql(statement)
    await pay(ledger, 10, 10, "request-2")
    with pytest.raises(Unavailable):
        await ledger.flush()
    await ledger.flush()
    await ledger.aclose()
    assert money(sqlite_database) == (930, 70, 2, 0)


async def test_an_offset_that_is_gone_is_written_again(
    sqlite_database: Database, opened: Opener
) -> None:
    person(sqlite_database, 1, 1000)
    ledger = await opened(sqlite_database)
    await pay(ledger, 100, 60, "request-1")
    with sqlite_database.begin() as connection:
        connection.exec_driver_sql("DELETE FROM journal_offsets WHERE holder = 'node:0'")
    with pytest.raises(Unavailable):
        await ledger.flush()
    await ledger.flush()
    await ledger.aclose()
    assert money(sqlite_database) == (940, 60, 1, 0)


async def test_log_rows_go_into_their_own_database(
    database: Database, sqlite_database: Database, opened: Opener, clock: Clock
) -> None:
    person(database, 1, 150)
    ledger = await opened(database, log_database=sqlite_database)
    await pay(ledger, 100, 10, "request-1")
    await pay(ledger, 100, 390, "request-2")
    await ledger.flush()
    rows = log_rows_in(sqlite_database)
    assert [(row["request_id"], row["quota"]) for row in rows] == [
        ("request-1", 10),
        ("request-2", 140),
    ]
    assert json.loads(rows[1]["detail"])["uncollected"] == 250
    assert [row["request_id"] for row in log_rows_in(database)] == ["request-2"]
    assert money(database).used == 150


async def test_a_log_database_that_is_away_delays_only_log_rows(
    sqlite_database: Database, database: Database, opened: Opener, tmp_path: Path
) -> None:
    person(sqlite_database, 1, 1000)
    logs = FailingDatabase(database)
    ledger = await opened(sqlite_database, log_database=logs)
    logs.is_away = True
    await pay(ledger, 100, 10, "request-1")
    for _ in range(2):
        with pytest.raises(Unavailable):
            await ledger.flush()
    assert money(sqlite_database).used == 10
    await crash(ledger)
    other = await opened(sqlite_database, seat(tmp_path, 1), log_database=logs)
    assert list(seat(tmp_path).folder.glob("0-*.log"))
    await other.aclose()
    logs.is_away = False
    await opened(sqlite_database, seat(tmp_path, 2), log_database=logs)
    assert [row["request_id"] for row in log_rows_in(database)] == ["request-1"]
    assert list(seat(tmp_path).folder.glob("0-*.log")) == []


async def test_closing_does_not_wait_long_for_a_log_database_that_hangs(
    sqlite_database: Database, engines: object, opened: Opener, tmp_path: Path
) -> None:
    import time

    from oneapi.store.database import open_database
    from oneapi.store.migrations import migrate

    person(sqlite_database, 1, 1000)
    real = open_database(None, sqlite_path=tmp_path / "logs.db")
    migrate(real)
    hanging = FailingDatabase(real)
    ledger = await opened(sqlite_database, log_database=hanging, its_terms=terms(close_seconds=0.3))
    await pay(ledger, 100, 10, "request-1")
    hanging.on_begin = lambda: time.sleep(1)
    await ledger.aclose()
    assert money(sqlite_database) == (990, 10, 1, 0)
    real.close()


def test_a_seat_names_its_holder(tmp_path: Path) -> None:
    assert Seat("node", 3, tmp_path).holder == "node:3"
    assert Seat("node", 3, tmp_path).beside(4).holder == "node:4"


async def test_a_journal_that_lost_its_end_in_a_power_cut_does_not_swallow_new_charges(
    sqlite_database: Database, opened: Opener, tmp_path: Path
) -> None:
    person(sqlite_database, 1, 1000)
    ledger = await opened(sqlite_database)
    await pay(ledger, 100, 60, "request-1")
    await ledger.flush()
    await crash(ledger)
    (seat(tmp_path).folder / "0-1.log").write_bytes(b"")
    ledger = await opened(sqlite_database)
    await pay(ledger, 100, 30, "request-2")
    await ledger.aclose()
    assert money(sqlite_database) == (910, 90, 2, 0)


async def test_all_journals_lost_but_the_offset_kept(
    sqlite_database: Database, opened: Opener
) -> None:
    person(sqlite_database, 1, 1000)
    with sqlite_database.begin() as connection:
        begin_offset(connection, "node:0", Position(9, 500), 0)
    ledger = await opened(sqlite_database)
    assert ledger.journal.position == Position(10, 0)
    async with ledger.hold(payer(), 100, "request-1") as hold:
        settle(hold, 5)
    await ledger.flush()
    assert money(sqlite_database).used == 5
    assert scene.NEVER
