"""Databases that go away, answers that get lost, leases that others took back, disks that are full, workers that stop."""

# pyright: reportPrivateUsage=false
# A crash, a full disk or a moment in between can only be made from inside.

import asyncio
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import delete, insert, update

from oneapi.errors import Unavailable
from oneapi.ledger import Ledger
from oneapi.ledger.accounts import Ref
from oneapi.store.database import Database
from oneapi.store.tables import tokens, users
from oneapi.store.tables.ledger import leases
from tests.ledger.conftest import Opener
from tests.ledger.scene import (
    Clock,
    FailingDatabase,
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


async def test_leases_carry_requests_while_the_database_is_away(
    sqlite_database: Database, opened: Opener
) -> None:
    away = FailingDatabase(sqlite_database)
    ledger = await opened(away, its_terms=terms(database_seconds=1.0), quota=64_000)
    await pay(ledger, 100, 10, "request-1")
    away.is_away = True
    for number in range(9):
        assert await pay(ledger, 100, 100, f"carried-{number}") == 100
    with pytest.raises(Unavailable) as refused:
        await pay(ledger, 100, 100, "too much")
    assert refused.value.retry_after
    with pytest.raises(Unavailable):
        await ledger.flush()
    away.is_away = False
    assert await pay(ledger, 100, 100, "request-2") == 100
    await ledger.aclose()
    assert money(sqlite_database) == (64_000 - 1010, 1010, 11, 0)


async def test_an_outage_takes_nothing_out_of_a_lease(
    sqlite_database: Database, opened: Opener
) -> None:
    away = FailingDatabase(sqlite_database)
    ledger = await opened(away, quota=1000)
    await pay(ledger, 100, 10, "request-1")
    away.is_away = True
    for _ in range(4):
        with pytest.raises(Unavailable):
            await ledger.flush()
    hangs, go_on = threading.Event(), threading.Event()

    def hang() -> None:
        hangs.set()
        go_on.wait(10)

    away.on_begin = hang
    flushing = asyncio.ensure_future(ledger.flush())
    await until(hangs.is_set)
    assert ledger.hold_now(payer(), 90, "request-2") is not None
    go_on.set()
    with pytest.raises(Unavailable):
        await flushing


async def test_an_account_that_cannot_be_refilled_is_asked_again_later(
    sqlite_database: Database, opened: Opener
) -> None:
    away = FailingDatabase(sqlite_database)
    ledger = await opened(away, quota=64_000)
    await pay(ledger, 100, 100, "request-1")
    away.is_away = True
    with pytest.raises(Unavailable):
        await ledger.flush()
    for number in range(6):
        await pay(ledger, 100, 100, f"carried-{number}")
    away.is_away = False
    await ledger.flush()
    assert ledger.leases.users[1].free > 1000


async def test_who_stops_waiting_in_the_moment_of_admission_gives_it_back(
    sqlite_database: Database, opened: Opener
) -> None:
    ledger = await opened(sqlite_database, quota=1000)
    hold = ledger.hold(payer(), 100, "request-1")
    task = asyncio.ensure_future(hold.__aenter__())
    # Looking at every turn of the loop, we are always one step ahead of the task that was admitted.
    users = ledger.leases.users
    while 1 not in users or not users[1].held:  # noqa: ASYNC110 - each turn is meant
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ledger.leases.users[1].held == 0
    assert ledger.leases.users[1].free == 100


async def test_who_stops_waiting_before_leaves_no_trace(
    sqlite_database: Database, opened: Opener
) -> None:
    away = FailingDatabase(sqlite_database)
    ledger = await opened(away, quota=1000)
    away.is_away = True
    task = asyncio.ensure_future(pay(ledger, 100, 1, "request-1"))
    await until(lambda: bool(ledger._teller._waiters))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not ledger._teller._waiters


async def test_closing_refuses_those_who_come_and_those_who_wait(
    sqlite_database: Database, opened: Opener
) -> None:
    away = FailingDatabase(sqlite_database)
    ledger = await opened(away, its_terms=terms(close_seconds=0.2), quota=1000)
    away.is_away = True
    task = asyncio.ensure_future(pay(ledger, 100, 1, "request-1"))
    await until(lambda: bool(ledger._teller._waiters))
    await ledger.aclose()
    with pytest.raises(Unavailable, match="stopping"):
        await task
    with pytest.raises(Unavailable, match="stopping"):
        await pay(ledger, 0, 0, "request-2")


async def test_a_ledger_that_never_started_closes(
    sqlite_database: Database, tmp_path: Path
) -> None:
    await Ledger(sqlite_database, seat(tmp_path), Clock()).aclose()


async def test_closing_while_the_database_is_away_leaves_everything_to_the_next_start(
    sqlite_database: Database, opened: Opener
) -> None:
    away = FailingDatabase(sqlite_database)
    ledger = await opened(away, quota=1000)
    await pay(ledger, 100, 60, "request-1")
    away.is_away = True
    await ledger.aclose()
    assert money(sqlite_database) == (900, 0, 0, 100)
    await opened(sqlite_database)
    assert money(sqlite_database) == (940, 60, 1, 0)


async def test_closing_does_not_wait_for_a_database_that_hangs(
    sqlite_database: Database, opened: Opener
) -> None:
    hanging = FailingDatabase(sqlite_database)
    ledger = await opened(hanging, its_terms=terms(close_seconds=0.05), quota=1000)
    await pay(ledger, 100, 60, "request-1")
    hanging.on_begin = lambda: time.sleep(0.5)
    await ledger.aclose()
    assert not ledger._tasks


async def test_a_hold_that_outlives_the_ledger_cannot_settle(
    sqlite_database: Database, opened: Opener
) -> None:
    ledger = await opened(sqlite_database, quota=1000)
    hold = await ledger.hold(payer(), 100, "request-1").__aenter__()
    await ledger.aclose()
    with pytest.raises(OSError, match="descriptor"):
        settle(hold, 10)
    assert money(sqlite_database) == (1000, 0, 0, 0)


async def test_a_ledger_whose_task_dies_refuses_requests(
    sqlite_database: Database, opened: Opener
) -> None:
    broken = FailingDatabase(sqlite_database)
    ledger = await opened(broken, quota=1000)

    def fail() -> None:
        raise ZeroDivisionError

    broken.on_begin = fail
    with pytest.raises(Unavailable):
        await pay(ledger, 100, 1, "request-1")
    with pytest.raises(Unavailable, match="stopping"):
        await pay(ledger, 100, 1, "request-2")
    await ledger.aclose()
    assert not ledger._tasks


@pytest.mark.parametrize("fault", ["refused", "rolled back", "answer lost"])
async def test_a_transaction_of_unknown_end_is_looked_up(
    database: Database, opened: Opener, fault: str
) -> None:
    failing = FailingDatabase(database)
    person(database, 1, 1000)
    ledger = await opened(failing)
    failing.faults = [fault]
    await pay(ledger, 100, 60, "request-1", limited=True)  # acquires
    assert ledger.leases.users[1].amount == money(database).leased
    failing.faults = [fault]
    with pytest.raises(Unavailable):
        await ledger.flush()
    failing.faults = ["", fault] if fault == "answer lost" else [fault]  # it looks first
    with suppress(Unavailable):
        await ledger.flush()  # now also returns what is idle
    for _ in range(3):
        await ledger.flush()
    assert len(log_rows_in(database)) == 1
    assert money(database) == (940, 60, 1, 0)
    assert key_money(database) == (940, 60, 0, 0)


async def test_a_lease_is_not_trusted_when_it_was_not_renewed_for_long(
    sqlite_database: Database, opened: Opener, clock: Clock
) -> None:
    away = FailingDatabase(sqlite_database)
    ledger = await opened(away, its_terms=terms(database_seconds=1.0), quota=64_000)
    await pay(ledger, 100, 10, "request-1")
    away.is_away = True
    clock.now += 301
    with pytest.raises(Unavailable):
        await pay(ledger, 100, 10, "request-2")
    away.is_away = False
    assert await pay(ledger, 100, 10, "request-3") == 10


async def test_leases_in_use_are_renewed(
    sqlite_database: Database, opened: Opener, clock: Clock, tmp_path: Path
) -> None:
    ledger = await opened(sqlite_database, quota=1000)
    async with ledger.hold(payer(), 100, "request-1") as hold:
        for _ in range(8):
            clock.now += 100
            await ledger.flush()
        await opened(sqlite_database, seat(tmp_path, 0, "other"))
        assert money(sqlite_database).leased == 100
        settle(hold, 50)


async def test_a_lease_that_others_reclaimed_is_collected_from_the_account(
    database: Database, opened: Opener, clock: Clock, tmp_path: Path
) -> None:
    person(database, 1, 1000)
    ledger = await opened(database)
    hold = await ledger.hold(payer(limited=True), 100, "request-1").__aenter__()
    await pay(ledger, 50, 40, "request-2", limited=True)
    clock.now += 601
    await opened(database, seat(tmp_path, 0, "other"))
    assert money(database) == (1000, 0, 0, 0)
    settle(hold, 70)
    await ledger.flush()
    assert money(database).used == key_money(database).used == 110
    assert money(database).total == key_money(database).total == 1000
    assert ledger.leases.users[1].amount == money(database).leased


async def test_a_lease_that_shrank_pays_what_it_has_and_the_account_the_rest(
    database: Database, opened: Opener
) -> None:
    person(database, 1, 1000)
    ledger = await opened(database)
    await pay(ledger, 100, 90, "request-1")
    with database.begin() as connection:
        connection.execute(update(leases).values(amount=50))
        connection.execute(update(users).values(quota=users.c.quota + 50))
    await ledger.flush()
    assert money(database) == (910, 90, 1, 0)
    assert ledger.leases.account(Ref("user", 1)).amount == 0


async def test_a_worker_that_slept_looks_before_it_grants(
    sqlite_database: Database, opened: Opener, clock: Clock, tmp_path: Path
) -> None:
    ledger = await opened(sqlite_database, quota=64_000)
    await pay(ledger, 100, 0, "request-1")
    clock.now += 700
    await opened(sqlite_database, seat(tmp_path, 0, "other"))  # takes the lease of the sleeper back
    await pay(ledger, 100, 0, "request-2")
    assert ledger.leases.users[1].amount == money(sqlite_database).leased == 1000


async def test_a_lease_that_vanished_is_noticed_at_the_next_refill(
    sqlite_database: Database, opened: Opener
) -> None:
    ledger = await opened(sqlite_database, quota=1000)
    hold = await ledger.hold(payer(), 100, "request-1").__aenter__()
    with sqlite_database.begin() as connection:
        connection.execute(delete(leases))
        connection.execute(update(users).values(quota=1000))
    await pay(ledger, 50, 0, "request-2")
    assert ledger.leases.users[1].amount == money(sqlite_database).leased
    hold.release("done")
    await ledger.aclose()
    assert money(sqlite_database) == (1000, 0, 1, 0)


@pytest.mark.parametrize("fault", ["refused", "rolled back", "answer lost"])
async def test_a_return_that_fails_leaves_the_lease_in_use(
    sqlite_database: Database, opened: Opener, fault: str
) -> None:
    failing = FailingDatabase(sqlite_database)
    ledger = await opened(failing, quota=1000)
    await pay(ledger, 100, 60, "request-1")
    await ledger.flush()
    failing.faults = [fault]
    await ledger.flush()
    await until(lambda: not ledger._teller._is_doubtful)
    account = ledger.leases.account(Ref("user", 1))
    assert account.amount == account.free == money(sqlite_database).leased
    assert account.free == (0 if fault == "answer lost" else 40)
    await ledger.flush()
    await ledger.flush()
    assert money(sqlite_database) == (940, 60, 1, 0)


async def test_an_idle_lease_goes_home_beside_a_debt(
    sqlite_database: Database, opened: Opener
) -> None:
    person(sqlite_database, 1, 150)
    person(sqlite_database, 2, 1000)
    ledger = await opened(sqlite_database)
    await pay(ledger, 100, 60, "request-1", id=2)
    await ledger.flush()
    await pay(ledger, 100, 300, "request-2")
    await ledger.flush()
    assert money(sqlite_database) == (0, 150, 1, 0)
    assert money(sqlite_database, 2) == (940, 60, 1, 0)


async def test_nothing_is_flushed_in_doubt(sqlite_database: Database, opened: Opener) -> None:
    failing = FailingDatabase(sqlite_database)
    ledger = await opened(failing, quota=1000)
    await pay(ledger, 100, 60, "request-1")
    failing.faults = ["answer lost", "refused", "refused", "refused"]
    for _ in range(2):
        with pytest.raises(Unavailable):
            await ledger.flush()
    await until(lambda: not ledger._teller._is_doubtful)
    await ledger.flush()
    assert money(sqlite_database) == (940, 60, 1, 0)


async def test_a_doubt_that_cannot_be_settled_admits_nobody(
    sqlite_database: Database, opened: Opener
) -> None:
    failing = FailingDatabase(sqlite_database)
    ledger = await opened(failing, quota=1000)
    hold = await ledger.hold(payer(), 100, "request-1").__aenter__()
    with sqlite_database.begin() as connection:
        connection.execute(delete(leases))
        connection.execute(update(users).values(quota=1000))
    failing.faults = ["", "refused", "refused"]
    assert await pay(ledger, 50, 0, "request-2") == 0
    assert failing.faults == []
    assert ledger.leases.users[1].amount == money(sqlite_database).leased
    hold.release("done")


async def test_an_account_that_is_gone_loses_nothing_else(
    sqlite_database: Database, opened: Opener
) -> None:
    ledger = await opened(sqlite_database, quota=1000)
    async with ledger.hold(payer(limited=True), 100, "request-1") as hold:
        with sqlite_database.begin() as connection:
            connection.execute(delete(tokens))
        settle(hold, 60)
    await ledger.aclose()
    assert money(sqlite_database) == (940, 60, 1, 0)


async def test_files_that_are_in_the_database_are_deleted(
    sqlite_database: Database, opened: Opener, tmp_path: Path
) -> None:
    ledger = await opened(sqlite_database, its_terms=terms(rotate_at=2000, batch=7), quota=100_000)
    for number in range(50):
        await pay(ledger, 10, 10, f"request-{number}")
    folder = seat(tmp_path).folder
    assert len(list(folder.glob("0-*.log"))) > 3
    await ledger.flush()
    ours = {ledger.journal.position.seq, *(spare.seq for spare in ledger.journal._spares)}
    assert {int(path.stem.partition("-")[2]) for path in folder.glob("0-*.log")} == ours
    assert money(sqlite_database).requests == 50


async def test_time_alone_flushes_syncs_and_reclaims(
    sqlite_database: Database, opened: Opener
) -> None:
    person(sqlite_database, 1, 1000)
    quick = terms(flush_seconds=0.02, sync_seconds=0.02, lease_ttl=1)
    ledger = await opened(sqlite_database, its_terms=quick)
    await pay(ledger, 100, 60, "request-1")
    with sqlite_database.begin() as connection:
        whose = {"holder": "gone:0", "account": "user", "account_id": 1}
        connection.execute(insert(leases), whose | {"amount": 5, "renewed_at": 0})
    await until(lambda: money(sqlite_database) == (945, 60, 1, 0))
    await until(lambda: not ledger.journal._is_dirty)


async def test_a_hold_may_be_taken_at_once_or_not_at_all(
    sqlite_database: Database, opened: Opener
) -> None:
    ledger = await opened(sqlite_database, quota=1000)
    assert ledger.hold_now(payer(), 100, "request-1") is None
    await pay(ledger, 100, 0, "request-2")
    hold = ledger.hold_now(payer(), 100, "request-3")
    assert hold is not None
    assert hold.is_open
    settle(hold, 60)
    assert not hold.is_open
    await ledger.aclose()
    assert money(sqlite_database) == (940, 60, 2, 0)


async def test_a_busy_key_is_refilled_too(sqlite_database: Database, opened: Opener) -> None:
    ledger = await opened(sqlite_database, quota=64_000)
    for number in range(8):
        await pay(ledger, 100, 100, f"request-{number}", limited=True)
    await until(lambda: key_money(sqlite_database).leased > 1000)


async def test_callers_that_come_during_a_flush_get_their_own(
    sqlite_database: Database, opened: Opener
) -> None:
    slow = FailingDatabase(sqlite_database)
    ledger = await opened(slow, quota=64_000)
    await pay(ledger, 100, 10, "request-1")
    begun = threading.Event()
    go_on = threading.Event()

    def hold_up() -> None:
        begun.set()
        go_on.wait(10)

    slow.on_begin = hold_up
    first = asyncio.ensure_future(ledger.flush())
    impatient = asyncio.ensure_future(ledger.flush())
    await until(begun.is_set)
    impatient.cancel()
    await pay(ledger, 100, 10, "request-2")
    second = asyncio.ensure_future(ledger.flush())
    await asyncio.sleep(0)
    go_on.set()
    await asyncio.gather(first, second)
    assert money(sqlite_database).used == 20


async def test_who_waits_for_a_flush_hears_that_the_teller_died(
    sqlite_database: Database, opened: Opener
) -> None:
    broken = FailingDatabase(sqlite_database)
    ledger = await opened(broken, quota=1000)
    await pay(ledger, 100, 10, "request-1")

    def fail() -> None:
        raise ZeroDivisionError

    broken.on_begin = fail
    impatient = ledger._teller.flushed()
    impatient.cancel()
    with pytest.raises(Unavailable):
        await ledger.flush()


async def test_who_waits_is_told_when_the_gateway_stops_and_others_have_left(
    sqlite_database: Database, opened: Opener
) -> None:
    away = FailingDatabase(sqlite_database)
    ledger = await opened(away, quota=1000)
    away.is_away = True
    left = ledger._teller.queue(ledger.hold(payer(), 100, "request-1"))
    left.future.cancel()
    stays = asyncio.ensure_future(pay(ledger, 100, 1, "request-2"))
    await until(lambda: len(ledger._teller._waiters) == 2)
    ledger._teller.stop()
    with pytest.raises(Unavailable, match="stopping"):
        await stays
