"""A disk that fills up under a ledger: who was admitted is recorded, nobody else is admitted, and it passes by itself."""

# pyright: reportPrivateUsage=false
# The tasks that must survive are inside.

import contextlib
import os
import resource
from collections.abc import Generator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from oneapi.errors import StorageFailed, Unavailable
from oneapi.ledger import Condition, Hold, Ledger
from oneapi.ledger.journal import PROMISE, ROTATE_AT, Journal, Reader
from oneapi.store.database import Database, DatabaseAway, open_database
from oneapi.store.migrations import migrate
from tests.ledger.conftest import Opener
from tests.ledger.scene import (
    crash,
    money,
    pay,
    payer,
    person,
    seat,
    settle,
    terms,
    until,
)
from tests.small_disk import SmallDisk, can_mount, limit_files, mounted, small_disk
from tests.sources import needs_sources

RICH = 10**9
FULL = Condition("the disk is full", is_ready=False)
pytestmark = pytest.mark.fault("A4")


@pytest.fixture
def disk(tmp_path: Path) -> Generator[SmallDisk, None, None]:
    with small_disk(tmp_path / "disk", 4) as made:
        yield made


@pytest.fixture
def database_on_disk(disk: SmallDisk) -> Generator[Database, None, None]:
    database = open_database(None, sqlite_path=disk.folder / "one-api.db")
    migrate(database)
    person(database, 1, RICH)
    yield database
    database.close()


async def _admit_all(ledger: Ledger) -> list[Hold]:
    """Begin requests until one is refused for want of room."""
    holds: list[Hold] = []
    refused: StorageFailed | None = None
    while refused is None and len(holds) < 10_000:
        try:
            holds.append(await ledger.hold(payer(), 10, f"request-{len(holds)}").__aenter__())
        except StorageFailed as error:
            refused = error
    assert refused is not None
    assert (refused.status, refused.code) == (503, "disk_full")
    assert refused.retry_after
    return holds


@pytest.mark.skipif(not can_mount(), reason="takes room that was allocated; see the summary")
async def test_on_a_full_disk_whoever_was_admitted_is_recorded_and_nobody_else_is_admitted(
    sqlite_database: Database, opened: Opener, disk: SmallDisk
) -> None:
    ledger = await opened(sqlite_database, seat(disk.folder), quota=RICH)
    await pay(ledger, RICH // 2, 0, "makes the lease large")
    disk.fill()
    holds = await _admit_all(ledger)
    assert len(holds) >= ROTATE_AT // PROMISE - 1
    for hold in holds:
        assert settle(hold, 7, model="m" * 300, attempts=((1, 500),) * 5) == 7
    await crash(ledger)
    disk.free()
    await opened(sqlite_database, seat(disk.folder))
    assert money(sqlite_database).used == 7 * len(holds)
    assert money(sqlite_database).requests == len(holds) + 1


async def test_there_is_room_again_as_soon_as_the_disk_has_some(
    sqlite_database: Database, opened: Opener, disk: SmallDisk
) -> None:
    ledger = await opened(sqlite_database, seat(disk.folder), quota=RICH)
    assert ledger.condition == Condition()
    await pay(ledger, RICH // 2, 0, "makes the lease large")
    disk.fill()
    holds = await _admit_all(ledger)
    assert ledger.condition == FULL
    disk.free()
    await until(lambda: ledger.condition == Condition())
    holds.append(await ledger.hold(payer(), 10, "more").__aenter__())
    for hold in holds:
        hold.release("done")
    assert all(not task.done() for task in ledger._tasks)


@pytest.mark.skipif(not can_mount(), reason="asks the file system; see the summary")
async def test_an_idle_ledger_knows_that_the_disk_is_full(
    sqlite_database: Database, opened: Opener, disk: SmallDisk
) -> None:
    ledger = await opened(sqlite_database, seat(disk.folder))
    disk.fill()
    assert ledger.condition == FULL
    disk.free()
    assert ledger.condition == Condition()


@contextlib.contextmanager
def _a_disk_that_breaks_its_promise() -> Generator[None, None, None]:
    limit_files([os.getpid()], 0)
    try:
        yield
    finally:
        limit_files([os.getpid()], resource.RLIM_INFINITY)


async def test_a_whole_answer_that_cannot_be_recorded_is_no_answer(
    sqlite_database: Database, opened: Opener
) -> None:
    ledger = await opened(sqlite_database, quota=1000)
    hold = await ledger.hold(payer(), 100, "request-1").__aenter__()
    with _a_disk_that_breaks_its_promise():
        with pytest.raises(StorageFailed):
            settle(hold, 60)
        assert hold.is_open
        hold.release("StorageFailed")
        assert not ledger.condition.is_ready
        with pytest.raises(StorageFailed):
            await pay(ledger, 10, 10, "request-2")
    await until(lambda: ledger.condition.is_ready)
    assert await pay(ledger, 10, 10, "request-3") == 10
    await ledger.aclose()
    assert money(sqlite_database) == (990, 10, 1, 0)


async def test_what_was_cut_off_is_charged_as_soon_as_it_can_be_recorded(
    sqlite_database: Database, opened: Opener
) -> None:
    ledger = await opened(sqlite_database, quota=1000)
    hold = await ledger.hold(payer(), 100, "request-1").__aenter__()
    with _a_disk_that_breaks_its_promise():
        assert settle(hold, 60, ended="client_left") == 60
        with pytest.raises(StorageFailed):
            await pay(ledger, 10, 10, "request-2")
    await ledger.flush()
    assert await pay(ledger, 10, 10, "request-3") == 10
    await ledger.aclose()
    assert money(sqlite_database) == (930, 70, 2, 0)


async def test_a_database_on_a_full_disk_is_waited_for(
    opened: Opener, disk: SmallDisk, database_on_disk: Database
) -> None:
    ledger = await opened(database_on_disk, seat(disk.folder))
    await pay(ledger, RICH // 2, 1000, "makes the lease large")
    disk.fill()
    with capture_logs() as lines:
        paid = 0
        while (error := await _flush_failure(ledger)) is None:  # the write-ahead log has room left
            paid += await pay(ledger, 10, 10, f"request-{paid}")
        assert "the disk is full" in str(error)
        assert await pay(ledger, 10, 10, "still covered by the lease") == 10
        assert await _flush_failure(ledger) is not None
        assert ledger.condition == FULL
    assert len([line for line in lines if line["event"] == "ledger_job_failed"]) == 1
    disk.free()
    await until(lambda: ledger.condition == Condition())
    await ledger.aclose()
    assert money(database_on_disk) == (RICH - 1010 - paid, 1010 + paid, 2 + paid // 10, 0)


async def _flush_failure(ledger: Ledger) -> Unavailable | None:
    try:
        await ledger.flush()
    except Unavailable as error:
        return error
    return None


async def test_a_start_on_a_full_disk_fails_frees_the_seat_and_leaves_nothing(
    sqlite_database: Database, opened: Opener, disk: SmallDisk
) -> None:
    ledger = await opened(sqlite_database, seat(disk.folder))
    await ledger.aclose()
    before = set(seat(disk.folder).folder.iterdir())
    disk.fill()
    with pytest.raises(OSError, match=r"space|large"):
        await opened(sqlite_database, seat(disk.folder))
    assert set(seat(disk.folder).folder.iterdir()) <= before
    disk.free()
    await opened(sqlite_database, seat(disk.folder))


async def test_a_replay_on_a_full_disk_fails_as_if_the_database_were_away(
    opened: Opener, disk: SmallDisk, database_on_disk: Database
) -> None:
    ledger = await opened(database_on_disk, seat(disk.folder))
    for number in range(2000):  # more than the database has room for
        await pay(ledger, 10, 10, f"request-{number}")
    await crash(ledger)
    disk.fill()
    with pytest.raises(DatabaseAway, match="full"):
        await opened(database_on_disk, seat(disk.folder))
    disk.free()
    await opened(database_on_disk, seat(disk.folder))
    assert money(database_on_disk) == (RICH - 20_000, 20_000, 2000, 0)


@pytest.mark.skipif(not can_mount(), reason="takes a file system of its own; see the summary")
async def test_a_disk_without_an_inode_is_full(
    sqlite_database: Database, opened: Opener, tmp_path: Path
) -> None:
    person(sqlite_database, 1, RICH)
    with mounted(tmp_path / "disk", "size=64m,nr_inodes=40") as folder:
        disk = SmallDisk(folder)
        ledger = await opened(sqlite_database, seat(folder))
        await pay(ledger, RICH // 2, 0, "makes the lease large")
        disk.take_every_inode()
        assert ledger.condition == FULL
        holds = await _admit_all(ledger)
        disk.free_inodes()
        await until(lambda: ledger.condition == Condition())
        for hold in holds:
            hold.release("done")
        await ledger.aclose()


async def test_tasks_outlive_a_lack_of_descriptors(
    sqlite_database: Database, opened: Opener
) -> None:
    person(sqlite_database, 1, RICH)
    eager = terms(flush_seconds=0.02, sync_seconds=0.02, batch=10)
    ledger = await opened(sqlite_database, its_terms=eager)
    await pay(ledger, RICH // 2, 10, "makes the lease large")
    await ledger.flush()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    taken = ledger.journal.room - 100 * PROMISE
    ledger.journal.room -= taken  # more is wanted
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
    try:
        for number in range(20):
            assert await pay(ledger, 10, 10, f"request-{number}") == 10
        await until(
            lambda: ledger.condition.words == "the disk takes nothing (Too many open files)"
        )
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        ledger.journal.room += taken
    await until(lambda: money(sqlite_database).used == 210)
    await until(lambda: ledger.condition == Condition())
    assert all(not task.done() for task in ledger._tasks)


@needs_sources
async def test_a_task_that_dies_by_a_mistake_is_told(
    sqlite_database: Database, opened: Opener
) -> None:
    ledger = await opened(sqlite_database)
    told: list[bool] = []
    ledger.on_broken = lambda: told.append(True)
    ledger.journal.retry = lambda: 1 // 0  # type: ignore[method-assign, return-value]
    await until(lambda: bool(told))
    with pytest.raises(Unavailable, match="stopping"):
        await pay(ledger, 1, 1, "request-1")
    del ledger.journal.retry


def test_where_nothing_can_be_allocated_room_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(descriptor: int, offset: int, size: int) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(os, "posix_fallocate", refuse)
    journal = Journal(tmp_path, 0, 1)
    file = tmp_path / "0-1.log"
    assert file.stat().st_size == ROTATE_AT + PROMISE
    assert file.stat().st_blocks * 512 >= ROTATE_AT
    assert journal.append(b"one")
    journal.close()
    assert Reader(tmp_path, 0).read(journal.position._replace(position=0)).payloads == [b"one"]
    assert file.stat().st_size < 100
