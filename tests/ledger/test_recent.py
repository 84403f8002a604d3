"""Entries that the flusher gets from memory: the same as in the journal, whatever the journal does meanwhile."""

# pyright: reportPrivateUsage=false
# A full disk can only be made from inside.

import os
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from oneapi.ledger.journal import Journal, Position, Reader
from oneapi.ledger.recent import ENOUGH, Recent
from oneapi.store.database import Database
from tests.ledger.conftest import Opener
from tests.ledger.scene import log_rows_in, money, pay, person, seat, terms, until


def drained(recent: Recent, reader: Reader, start: Position, target: Position) -> list[bytes]:
    """Return everything up to `target` as the flusher gets it: from memory, otherwise from the journal."""
    found: list[bytes] = []
    while start < target:
        taken = recent.take(start, 3)
        if taken is None:
            records = reader.read(start, target, 3)
            taken = records.payloads, records.end
        found += taken[0]
        start = taken[1]
    return found


@settings(deadline=None)
@given(
    sizes=st.lists(st.integers(1, 60), max_size=40),
    most=st.integers(1, 12),
    drain_at=st.sets(st.integers(0, 40)),
    outside=st.sets(st.integers(0, 40)),
    full=st.sets(st.integers(0, 40)),
)
def test_every_entry_comes_once_and_in_order(
    tmp_path_factory: pytest.TempPathFactory,
    sizes: list[int],
    most: int,
    drain_at: set[int],
    outside: set[int],
    full: set[int],
) -> None:
    folder = tmp_path_factory.mktemp("journal")
    journal = Journal(folder, 0, 1, rotate_at=200)
    recent, reader = Recent(journal, most), Reader(folder, 0)
    start, found = journal.position, list[bytes]()
    written: list[bytes] = []
    kept: list[bytes] = []  # written as soon as the disk takes something

    def retry() -> None:
        journal.retry()
        written.extend(kept)
        kept.clear()

    for number, size in enumerate(sizes):
        payload = bytes([number % 255 + 1]) * size
        if journal.room < 200:
            journal.add(journal.make_segment(journal.claim()))
        if number in full:
            _append_to_a_full_disk(journal, recent, payload)
            kept.append(payload)
        else:
            written.append(payload)
            assert journal.append(payload) if number in outside else recent.append(payload, payload)
        if number in drain_at:
            retry()
            found += drained(recent, reader, start, journal.position)
            start = journal.position
    retry()
    found += drained(recent, reader, start, journal.position)
    journal.close()
    assert found == written


def _append_to_a_full_disk(journal: Journal, recent: Recent, payload: bytes) -> None:
    healthy = journal._descriptor
    journal._descriptor = os.open("/dev/full", os.O_WRONLY)
    assert not recent.append(payload, payload)
    journal.keep(payload)
    os.close(journal._descriptor)
    journal._descriptor = healthy


async def test_a_flush_does_not_read_back_what_is_in_memory(
    sqlite_database: Database, opened: Opener, tmp_path: Path
) -> None:
    person(sqlite_database, 1, 1000)
    ledger = await opened(sqlite_database)
    await pay(ledger, 100, 60, "request-1")
    (journal,) = seat(tmp_path).folder.glob("0-*.log")
    journal.write_bytes(bytes(journal.stat().st_size))
    await ledger.flush()
    assert money(sqlite_database).used == 60
    assert [row["request_id"] for row in log_rows_in(sqlite_database)] == ["request-1"]


async def test_many_entries_are_flushed_before_their_time_and_idle_leases_stay(
    sqlite_database: Database, opened: Opener
) -> None:
    person(sqlite_database, 1, 1_000_000)
    ledger = await opened(sqlite_database)
    for number in range(ENOUGH):
        await pay(ledger, 10, 10, f"request-{number}")
    cycle = ledger.leases.cycle
    await until(lambda: money(sqlite_database).requests == ENOUGH)
    assert ledger.leases.cycle == cycle
    assert money(sqlite_database).leased > 0


async def test_what_does_not_fit_in_memory_is_read_from_the_journal(
    sqlite_database: Database, opened: Opener
) -> None:
    person(sqlite_database, 1, 1000)
    ledger = await opened(sqlite_database, its_terms=terms(batch=4))
    ledger.recent = ledger._teller._recent = Recent(ledger.journal, 5)
    for number in range(12):
        await pay(ledger, 10, 10, f"request-{number}")
    await ledger.flush()
    await pay(ledger, 10, 10, "request-12")
    await ledger.flush()
    assert money(sqlite_database).used == 130
    names = [row["request_id"] for row in log_rows_in(sqlite_database)]
    assert names == [f"request-{number}" for number in range(13)]
