"""Files that hold keys or charges are the owner's alone, from their first moment."""

import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Generator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import select, text

from oneapi.ledger.journal import SlotLock
from oneapi.store.backup import backup
from oneapi.store.bus import Bus
from oneapi.store.database import Database, open_database
from oneapi.store.private_files import close_to_others, make_private_folder
from oneapi.store.tables import users
from tests.gateway import Gateway

pytestmark = pytest.mark.fault("A10")


@pytest.fixture(params=[0o000, 0o022, 0o077])
def umask(request: pytest.FixtureRequest) -> Generator[int, None, None]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def modes(folder: Path) -> dict[str, int]:
    return {path.name: mode(path) for path in folder.iterdir() if not path.is_dir()}


def write_something(database: Database) -> None:
    with database.begin() as connection:
        connection.execute(text("CREATE TABLE IF NOT EXISTS things (id INTEGER)"))


def test_a_sqlite_database_is_private_with_all_that_stands_beside_it(
    tmp_path: Path, umask: int
) -> None:
    database = open_database(None, sqlite_path=tmp_path / "one-api.db")
    write_something(database)
    assert modes(tmp_path) == dict.fromkeys(
        ("one-api.db", "one-api.db-wal", "one-api.db-shm"), 0o600
    )
    database.close()


def test_a_sqlite_database_that_was_open_to_others_is_closed(tmp_path: Path) -> None:
    path = tmp_path / "one-api.db"
    with closing(sqlite3.connect(path)) as other:
        other.execute("PRAGMA journal_mode = WAL")
        other.execute("CREATE TABLE left (id INTEGER)")
        for file in tmp_path.iterdir():
            file.chmod(0o664)
        database = open_database(None, sqlite_path=path)
        write_something(database)
        assert set(modes(tmp_path).values()) == {0o600}
        database.close()


def test_a_database_in_memory_leaves_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    database = open_database(None, sqlite_path=":memory:")
    write_something(database)
    database.close()
    assert list(tmp_path.iterdir()) == []


def test_connecting_again_frees_no_lock_of_another_connection(tmp_path: Path) -> None:
    path = tmp_path / "one-api.db"
    first = open_database(None, sqlite_path=path)
    write_something(first)
    with first.connect() as reader:
        reader.execute(select(text("1")))
        second = open_database(None, sqlite_path=path)
        write_something(second)
        second.close()
        # A process that is the last one to leave deletes the log: it must see that we are still there.
        program = f"import sqlite3; sqlite3.connect({str(path)!r}).execute('SELECT * FROM things')"
        subprocess.run([sys.executable, "-c", program], check=True)
        assert (tmp_path / "one-api.db-wal").exists()
    first.close()


def test_a_journal_s_folder_and_its_files_are_private(tmp_path: Path, umask: int) -> None:
    folder = tmp_path / "data" / "journal"
    lock = SlotLock.take(folder, 0)
    assert lock is not None
    assert mode(folder) == 0o700
    assert mode(folder.parent) == 0o700
    assert set(modes(folder).values()) == {0o600}
    lock.release()


def test_a_journal_s_folder_that_was_open_to_others_is_closed(tmp_path: Path) -> None:
    folder = tmp_path / "journal"
    folder.mkdir()
    folder.chmod(0o755)
    lock = SlotLock.take(folder, 0)
    assert lock is not None
    lock.release()
    assert mode(folder) == 0o700
    assert mode(tmp_path) == 0o700, "pytest's own; what is not the journal's stays as it is"


def test_a_folder_that_is_narrower_still_stays_so(tmp_path: Path) -> None:
    folder = tmp_path / "journal"
    folder.mkdir(mode=0o500)
    make_private_folder(folder)
    assert mode(folder) == 0o500


def test_what_is_not_there_or_not_ours_is_left_alone(tmp_path: Path) -> None:
    close_to_others(tmp_path / "missing", 0o600)
    close_to_others(Path("/proc/self/status"), 0o000)


async def test_the_bus_is_private(tmp_path: Path, umask: int) -> None:
    bus = Bus(tmp_path / "data", 0, lambda topic, payload: None)
    bus.start()
    assert set(modes(tmp_path / "data").values()) == {0o600}
    assert mode(tmp_path / "data") == 0o700
    bus.close()


def test_a_backup_is_private(sqlite_database: Database, tmp_path: Path, umask: int) -> None:
    with sqlite_database.begin() as connection:
        connection.execute(users.insert().values(username="u", password="", access_token="a"))
    backup(sqlite_database, tmp_path / "copy.db")
    assert mode(tmp_path / "copy.db") == 0o600


@pytest.mark.server
def test_everything_that_the_product_keeps_is_private(tmp_path: Path) -> None:
    (tmp_path / "node-id").write_text("older")
    (tmp_path / "node-id").chmod(0o644)
    with Gateway(tmp_path) as gateway:
        gateway.add_key()
        kept = {path for path in tmp_path.rglob("*") if path.name != "output.txt"}
        kept -= {tmp_path / "logs", *(tmp_path / "logs").iterdir()}
        open_to_others = [path.name for path in kept if mode(path) & 0o077]
    assert {"one-api.db", "journal", "node-id", "session-secret"} <= {path.name for path in kept}
    assert open_to_others == []
    assert (tmp_path / "node-id").read_text() == "older"
