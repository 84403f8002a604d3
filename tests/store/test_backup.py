"""Backups of SQLite: exact ones while others write, and plain copies after a checkpoint."""

import shutil
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select, update

from oneapi.store.backup import backup, checkpoint
from oneapi.store.database import Database, open_database
from oneapi.store.tables import logs, users


def add_log(database: Database, amount: int) -> None:
    """Write one log row and the sum of all, in one transaction."""
    with database.begin() as connection:
        connection.execute(insert(logs).values(quota=amount, content="x" * 500))
        connection.execute(update(users).values(used_quota=users.c.used_quota + amount))


def add_user(database: Database) -> None:
    with database.begin() as connection:
        row = {"username": "u", "password": "", "access_token": "a", "aff_code": "a"}
        connection.execute(users.insert().values(row))


def figures(path: Path) -> tuple[int, int, str]:
    """The sum of log rows, the user's sum, and SQLite's own verdict on the file."""
    with closing(sqlite3.connect(path)) as connection:
        total = connection.execute("SELECT coalesce(sum(quota), 0) FROM logs").fetchone()[0]
        used = connection.execute("SELECT used_quota FROM users").fetchone()[0]
        verdict = connection.execute("PRAGMA integrity_check").fetchone()[0]
    return total, used, verdict


def test_a_backup_while_others_write_is_one_moment_s_state(
    sqlite_database: Database, tmp_path: Path
) -> None:
    add_user(sqlite_database)
    done = threading.Event()
    wrote = threading.Event()

    def write() -> None:
        while not done.is_set():
            add_log(sqlite_database, 3)
            wrote.set()

    writer = threading.Thread(target=write)
    writer.start()
    assert wrote.wait(10)
    for number in range(5):
        backup(sqlite_database, tmp_path / f"{number}.db")
    done.set()
    writer.join()
    for number in range(5):
        total, used, verdict = figures(tmp_path / f"{number}.db")
        assert (total, verdict) == (used, "ok")
        assert total > 0


def test_a_backup_replaces_an_older_one_and_is_a_single_private_file(
    sqlite_database: Database, tmp_path: Path
) -> None:
    add_user(sqlite_database)
    target = tmp_path / "a.db"
    target.write_text("older")
    backup(sqlite_database, target)
    assert [path.name for path in tmp_path.iterdir()] == ["a.db"]
    assert target.stat().st_mode & 0o777 == 0o600
    restored = open_database(None, sqlite_path=target)
    with restored.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(users)) == 1
    restored.close()


def test_a_plain_copy_after_a_checkpoint_has_everything(
    sqlite_database: Database, tmp_path: Path
) -> None:
    add_user(sqlite_database)
    add_log(sqlite_database, 5)
    assert sqlite_database.path is not None
    assert checkpoint(sqlite_database)
    shutil.copy(sqlite_database.path, tmp_path / "copy.db")
    assert figures(tmp_path / "copy.db") == (5, 5, "ok")


def test_without_a_checkpoint_a_plain_copy_lacks_the_latest(
    sqlite_database: Database, tmp_path: Path
) -> None:
    add_user(sqlite_database)
    assert checkpoint(sqlite_database)
    add_log(sqlite_database, 5)
    assert sqlite_database.path is not None
    shutil.copy(sqlite_database.path, tmp_path / "copy.db")
    assert figures(tmp_path / "copy.db") == (0, 0, "ok")


def test_a_checkpoint_does_not_wait_for_a_reader(sqlite_database: Database) -> None:
    add_user(sqlite_database)
    with sqlite_database.connect() as reader:
        reader.execute(select(users)).all()
        add_log(sqlite_database, 5)
        assert not checkpoint(sqlite_database)
    assert checkpoint(sqlite_database)


def test_a_backup_onto_itself_is_refused(sqlite_database: Database) -> None:
    assert sqlite_database.path is not None
    with pytest.raises(ValueError, match="the database itself"):
        backup(sqlite_database, sqlite_database.path)


def test_a_backup_of_nothing_is_refused(tmp_path: Path) -> None:
    missing = open_database(None, sqlite_path=tmp_path / "none.db")
    with pytest.raises(ValueError, match="no database file"):
        backup(missing, tmp_path / "copy.db")


@pytest.mark.parametrize(("kind", "program"), [("mysql", "mysqldump"), ("postgresql", "pg_dump")])
def test_servers_have_their_own_programs(kind: str, program: str, tmp_path: Path) -> None:
    database = open_database(f"{kind}://u:p@127.0.0.1/d")
    with pytest.raises(ValueError, match=program):
        backup(database, tmp_path / "copy")
    assert checkpoint(database)
