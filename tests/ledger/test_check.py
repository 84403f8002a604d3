"""`one-api check` finds what is wrong, and only that."""

from pathlib import Path

import pytest
from sqlalchemy import delete, insert, update

from oneapi.ledger import check
from oneapi.ledger.check import Report
from oneapi.store.database import Database
from oneapi.store.tables import tokens, usage_days, users
from oneapi.store.tables.ledger import leases
from tests.ledger.conftest import Opener
from tests.ledger.scene import Clock, crash, pay, payer, person, seat, settle


def checked(database: Database, folder: Path, clock: Clock) -> Report:
    return check(database, None, seat(folder).folder, "node", int(clock.now))


async def test_a_sound_installation_is_said_to_be_sound(
    database: Database, opened: Opener, tmp_path: Path, clock: Clock
) -> None:
    person(database, 1, 1000)
    ledger = await opened(database)
    async with ledger.hold(payer(limited=True), 100, "request-1") as hold:
        settle(hold, 60)
        report = checked(database, tmp_path, clock)
    assert report.problems == []
    assert report.is_good
    assert "balances + leases + used quota are what was credited: 1000" in report.notes
    assert "2 open leases hold 200" in report.notes
    assert "journal of node:0: 1 charges (60) are still to be applied" in report.notes
    assert "journal of slot 0: its worker lives" in report.notes


@pytest.mark.fault("A1", "R1")
async def test_what_could_not_be_collected_is_said(
    database: Database, opened: Opener, tmp_path: Path, clock: Clock
) -> None:
    for id in (1, 2, 3):
        person(database, id, 1000)
    ledger = await opened(database)
    await pay(ledger, 100, 60, "request-1")
    assert (
        "everything that was charged could be collected" in checked(database, tmp_path, clock).notes
    )
    for number, id in enumerate((2, 3)):
        await pay(ledger, 100, 1500, f"request-{id}-{number}", id=id)
        await ledger.flush()
    await ledger.aclose()
    report = checked(database, tmp_path, clock)
    assert report.is_good
    said = "not collected, because the balance was too small: 1000 of 2 requests (users 2, 3)"
    assert said in report.notes


async def test_days_are_held_against_hours(
    database: Database, opened: Opener, tmp_path: Path, clock: Clock
) -> None:
    person(database, 1, 1000)
    ledger = await opened(database)
    await pay(ledger, 100, 60, "request-1")
    await ledger.aclose()
    said = "days of the statistics are what their hours add up to"
    assert said in checked(database, tmp_path, clock).notes
    with database.begin() as connection:
        connection.execute(update(usage_days).values(day=usage_days.c.day + 3600))
    report = checked(database, tmp_path, clock)
    assert report.is_good
    assert any("another time zone" in note for note in report.notes)
    with database.begin() as connection:
        values = {"day": usage_days.c.day - 3600, "quota": 61}
        connection.execute(update(usage_days).values(values).where(usage_days.c.channel_id >= 0))
    (problem,) = checked(database, tmp_path, clock).problems
    assert "not what their hours add up to: 2026-09-2" in problem


async def test_a_torn_journal_of_a_dead_worker_is_described(
    sqlite_database: Database, opened: Opener, tmp_path: Path, clock: Clock
) -> None:
    person(sqlite_database, 1, 1000)
    ledger = await opened(sqlite_database)
    await pay(ledger, 100, 60, "request-1")
    await crash(ledger)
    with (seat(tmp_path).folder / "0-1.log").open("r+b") as file:
        file.seek(ledger.journal.size)
        file.write(b"torn")
    report = checked(sqlite_database, tmp_path, clock)
    assert report.is_good
    assert "journal of node:0: 4 torn or damaged bytes are skipped" in report.notes
    assert "journal of slot 0: nobody writes it" in report.notes


def test_a_database_without_a_ledger_is_not_judged(
    sqlite_database: Database, tmp_path: Path, clock: Clock
) -> None:
    report = checked(sqlite_database, tmp_path / "nowhere", clock)
    assert report.is_good
    assert any("nothing to compare" in note for note in report.notes)


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        (update(users).values(quota=-5), "below zero: balance of users 1"),
        (update(tokens).values(remain_quota=-5), "below zero: remaining quota of keys 1"),
        (update(leases).values(amount=-5), "below zero: lease of accounts 1"),
        (update(users).values(quota=5000), "credited were 1000: +4100"),
        (update(leases).values(renewed_at=0), "that no worker has renewed or returned: 1"),
        (update(leases).values(account_id=77), "of accounts that do not exist: 77"),
    ],
)
async def test_damage_is_found(
    database: Database,
    opened: Opener,
    tmp_path: Path,
    clock: Clock,
    damage: object,
    problem: str,
) -> None:
    person(database, 1, 1000)
    ledger = await opened(database)
    await ledger.hold(payer(), 100, "request-1").__aenter__()
    with database.begin() as connection:
        connection.execute(damage)  # pyright: ignore[reportArgumentType, reportCallIssue]
    report = checked(database, tmp_path, clock)
    assert not report.is_good
    assert any(problem in line for line in report.problems), report.problems
    await crash(ledger)


async def test_debts_that_were_there_before_are_no_mistake(
    database: Database, opened: Opener, tmp_path: Path, clock: Clock
) -> None:
    """One API charges below zero; what it has left behind says nothing of our books."""
    for id in (1, 2):
        person(database, id, -5 * id)
    ledger = await opened(database)
    report = checked(database, tmp_path, clock)
    assert report.problems == []
    assert "below zero since before this program: balance of users 1, 2" in report.notes
    assert "below zero since before this program: remaining quota of keys 1, 2" in report.notes
    with database.begin() as connection:
        connection.execute(update(users).where(users.c.id == 1).values(quota=-6))
    assert "below zero: balance of users 1, 2" in checked(database, tmp_path, clock).problems
    await ledger.aclose()


async def test_a_negative_remainder_of_an_unlimited_key_means_nothing(
    sqlite_database: Database, tmp_path: Path, clock: Clock
) -> None:
    person(sqlite_database, 1, 1000)
    with sqlite_database.begin() as connection:
        connection.execute(update(tokens).values(remain_quota=-5, unlimited_quota=True))
    assert checked(sqlite_database, tmp_path, clock).is_good


def test_many_findings_are_cut_short(
    sqlite_database: Database, tmp_path: Path, clock: Clock
) -> None:
    with sqlite_database.begin() as connection:
        connection.execute(delete(users))
        rows = [
            {"username": f"u{n}", "password": "", "quota": -1, "access_token": f"t{n}"}
            for n in range(25)
        ]
        for number, row in enumerate(rows):
            connection.execute(insert(users), row | {"aff_code": f"a{number}"})
    (problem,) = checked(sqlite_database, tmp_path, clock).problems
    assert problem.endswith("19, 20 …")
