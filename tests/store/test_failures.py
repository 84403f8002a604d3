"""What passes by itself is told from what does not, whoever says it: the system, SQLite, a driver, a real server."""

import errno
import os
import sqlite3
from collections.abc import Generator
from pathlib import Path

import pymysql
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, OperationalError
from structlog.testing import capture_logs

from oneapi.store.backup import checkpoint
from oneapi.store.database import Database, DatabaseAway, is_away, open_database
from oneapi.store.failures import condition, is_full, is_full_here
from oneapi.store.outages import LONGEST_PAUSE_SECONDS, Outage
from tests.engines import Engines
from tests.small_disk import SmallDisk, can_mount, small_disk

pytestmark = pytest.mark.fault("A4")
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
PASSING = (errno.EIO, errno.EROFS, errno.EMFILE, errno.ENFILE)
MISTAKES = (errno.ENOENT, errno.EACCES, errno.EISDIR)


def failed(number: int) -> OSError:
    return OSError(number, os.strerror(number))


def told(number: int, message: str) -> OperationalError:
    return OperationalError("INSERT", {}, pymysql.err.OperationalError(number, message))


@pytest.mark.parametrize("number", [*FULL, *PASSING, *MISTAKES])
def test_what_the_system_says(number: int) -> None:
    error = failed(number)
    assert is_away(error) is (number not in MISTAKES)
    assert is_full(error) is is_full_here(error) is (number in FULL)
    assert condition(error).startswith("the disk is full" if number in FULL else "the disk takes")


@pytest.mark.parametrize(
    ("number", "message"),
    [
        (3, "Error writing file '/tmp/MYfd' (Errcode: 28 \"No space left on device\")"),
        (20, "Disk is full writing '/tmp/x' (OS errno 28 - No space left on device)"),
        (1005, 'Can\'t create table `x` (errno: 28 "No space left on device")'),
        (1021, "Disk full (/tmp/x); waiting for someone to free some space..."),
        (1026, "Error writing file 'x' (errno: 28 - No space left on device)"),
        (1026, "Error writing file 'x' (errno: 122 - Disk quota exceeded)"),
        (1030, "Got error 28 from storage engine"),
        (1114, "The table 'logs' is full"),
        (1180, 'Got error 28 "No space left on device" during COMMIT'),
    ],
)
def test_what_mysql_says_of_a_full_disk(number: int, message: str) -> None:
    error = told(number, message)
    assert is_away(error)
    assert is_full(error)
    assert not is_full_here(error)
    assert condition(error) == "the disk of the database is full"


@pytest.mark.parametrize(
    ("number", "message", "passes"),
    [
        (
            1005,
            'Can\'t create table `x` (errno: 150 "Foreign key constraint is incorrectly formed")',
            False,
        ),
        (1030, "Got error 5 from storage engine", True),
        (1062, "Duplicate entry '28' for key 'PRIMARY'", False),
        (1146, "Table 'x.error 281' doesn't exist", False),
        (2006, "Server has gone away", True),
    ],
)
def test_what_mysql_says_of_something_else(number: int, message: str, passes: bool) -> None:
    error = told(number, message)
    assert is_away(error) is passes
    assert not is_full(error)


def test_a_reason_is_found_behind_what_it_was_raised_as() -> None:
    away = DatabaseAway("cannot be opened")
    away.__cause__ = failed(errno.ENOSPC)
    assert is_full(away)
    assert condition(away) == "the disk is full"
    assert condition(DatabaseAway("locked")) == "the database is away"
    assert not is_away(ValueError("a mistake"))


@pytest.fixture
def disk(tmp_path: Path) -> Generator[SmallDisk, None, None]:
    with small_disk(tmp_path / "disk", 2) as made:
        yield made


def write(database: Database, rows: int = 1) -> None:
    with database.begin() as connection:
        for _ in range(rows):
            connection.execute(text("INSERT INTO things VALUES (:row)"), {"row": "x" * 5000})


def write_until_full(database: Database) -> DatabaseAway:
    for _ in range(2000):
        try:
            write(database, 20)
        except DatabaseAway as error:
            return error
    raise AssertionError("there was always room")


def test_sqlite_on_a_full_disk_is_away_and_comes_back(disk: SmallDisk) -> None:
    database = open_database(None, sqlite_path=disk.folder / "one-api.db")
    with database.begin() as connection:
        connection.execute(text("CREATE TABLE things (row TEXT)"))
    disk.fill()
    error = write_until_full(database)
    assert is_full_here(error)
    assert "the disk is full" in str(error)
    with database.connect() as connection:  # what is there can be read
        before = connection.scalar(text("SELECT count(*) FROM things"))
    disk.free()
    write(database)
    with database.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM things")) == before + 1
        assert connection.scalar(text("PRAGMA integrity_check")) == "ok"
    database.close()


@pytest.mark.skipif(not can_mount(), reason="takes a file system of its own; see the summary")
def test_a_checkpoint_on_a_full_disk_is_a_database_that_is_away(disk: SmallDisk) -> None:
    database = open_database(None, sqlite_path=disk.folder / "one-api.db")
    with database.begin() as connection:
        connection.execute(text("CREATE TABLE things (row TEXT)"))
    write(database, 60)
    disk.fill()
    with pytest.raises(DatabaseAway, match="the disk is full"):
        checkpoint(database)
    disk.free()
    assert checkpoint(database)
    database.close()


@pytest.mark.skipif(not can_mount(), reason="takes a file system of its own; see the summary")
def test_a_database_that_cannot_be_made_is_away(disk: SmallDisk) -> None:
    disk.fill()
    database = open_database(None, sqlite_path=disk.folder / "one-api.db")
    with pytest.raises(DatabaseAway) as refused, database.connect():
        pass
    assert is_full_here(refused.value)
    disk.free()
    with database.begin() as connection:
        connection.execute(text("CREATE TABLE things (row TEXT)"))
    database.close()


@pytest.mark.server
@pytest.mark.skipif(not can_mount(), reason="takes a file system of its own; see the summary")
@pytest.mark.parametrize("kind", ["mysql", "postgresql"])
def test_a_server_whose_disk_is_full_is_away_and_comes_back(
    engines: Engines, tmp_path: Path, kind: str
) -> None:
    engine = engines.engine(kind)
    dsn = engine.dsn(engine.create_database())
    folder = engine.folder / "small"
    with small_disk(folder, 6) as disk:
        own = folder / "tables"
        own.mkdir(mode=0o777)
        own.chmod(0o777)
        if kind == "postgresql":
            engine.execute(f"CREATE TABLESPACE small LOCATION '{_owned(own)}'")
        database = open_database(dsn)
        with database.begin() as connection:
            where = "TABLESPACE small" if kind == "postgresql" else f"DATA DIRECTORY = '{own}'"
            connection.execute(text(f"CREATE TABLE things (row_text TEXT) {where}"))
        disk.fill()
        error = _write_until_full(database)
        assert is_away(error)
        assert is_full(error)
        assert not is_full_here(error)
        assert condition(error) == "the disk of the database is full"
        disk.free()
        with database.begin() as connection:
            connection.execute(text("INSERT INTO things VALUES ('y')"))
        with database.begin() as connection:
            connection.execute(text("DROP TABLE things"))
        database.close()
        if kind == "postgresql":
            engine.execute("DROP TABLESPACE small")


def _owned(folder: Path) -> Path:
    """PostgreSQL wants to own the folder."""
    import pwd

    if os.geteuid() == 0:
        owner = pwd.getpwnam("postgres")
        os.chown(folder, owner.pw_uid, owner.pw_gid)
    return folder


def _write_until_full(database: Database) -> DatabaseAway:
    for _ in range(2000):
        try:
            with database.begin() as connection:
                connection.execute(
                    text("INSERT INTO things VALUES (:row)"), {"row": os.urandom(4000).hex()}
                )
        except DatabaseAway as error:
            return error
    raise AssertionError("there was always room")


def test_a_raw_error_of_sqlite_is_read_too(tmp_path: Path) -> None:
    with pytest.raises(sqlite3.OperationalError) as refused:
        sqlite3.connect(tmp_path / "nowhere" / "one-api.db")
    assert is_away(refused.value)
    assert not is_full(refused.value)


def test_a_statement_that_is_wrong_is_a_mistake(sqlite_database: Database) -> None:
    with pytest.raises(DBAPIError) as refused, sqlite_database.connect() as connection:
        connection.execute(text("SELECT nothing FROM nowhere"))
    assert not is_away(refused.value)


def test_an_outage_is_said_once_for_each_reason_and_paused_for_longer_each_time() -> None:
    outage = Outage("checkpoint")
    with capture_logs() as lines:
        pauses = [outage.pause(0.5)]
        for number in (errno.ENOSPC, errno.ENOSPC, errno.EMFILE, errno.EMFILE):
            outage.failed(failed(number))
            pauses.append(outage.pause(0.5))
        outage.succeeded()
        outage.succeeded()
    assert pauses == [0.5, 1.0, 2.0, LONGEST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS]
    assert outage.pause(600) == 600
    assert [(line["event"], line.get("condition")) for line in lines] == [
        ("task_waits", "the disk is full"),
        ("task_waits", "the disk takes nothing (Too many open files)"),
        ("task_goes_on", None),
    ]
