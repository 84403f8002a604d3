"""Copies of a SQLite database: exact ones while serving, and what a plain `cp` relies on.

The other engines have their own programs for it.
"""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from oneapi.store.database import Database
from oneapi.store.private_files import make_private_file

_PROGRAMS = {"mysql": "mysqldump (mariadb-dump)", "postgresql": "pg_dump"}


def backup(database: Database, path: Path) -> None:
    """Write an exact copy to `path` while others write; replaces a file that is there.

    The copy is one moment's state, in one file, and is never half there. Raises `ValueError` with one sentence.
    """
    source = _file(database)
    if path.exists() and path.samefile(source):
        raise ValueError(f"the backup {str(path)!r} is the database itself")
    unfinished = path.with_name(f"{path.name}.{os.getpid()}.unfinished")
    try:
        with closing(sqlite3.connect(source)) as reader, closing(_private(unfinished)) as writer:
            # All pages in one step: in smaller steps every write elsewhere would start it over.
            reader.backup(writer, pages=-1)
            writer.execute("PRAGMA journal_mode = DELETE")
        unfinished.replace(path)
    except (sqlite3.Error, OSError) as error:
        raise ValueError(f"the backup {str(path)!r} cannot be written: {error}") from error
    finally:
        unfinished.unlink(missing_ok=True)


def _private(path: Path) -> sqlite3.Connection:
    make_private_file(path)  # it holds every key
    return sqlite3.connect(path)


def checkpoint(database: Database) -> bool:
    """Move what the write-ahead log holds into the database file, and sync it.

    Called every few seconds, so that a plain `cp` of the file misses no more than that. Never waits
    for readers or writers; says whether everything was moved. Other engines: nothing to do. Raises `DatabaseAway`.
    """
    if database.dialect != "sqlite":
        return True
    with database.outside() as connection:
        checkpointed = connection.exec_driver_sql("PRAGMA wal_checkpoint(PASSIVE)")
        busy, in_log, moved = checkpointed.one()
    return bool(busy == 0 and in_log == moved)


def _file(database: Database) -> Path:
    if database.path is None:
        program = _PROGRAMS[database.dialect]
        raise ValueError(
            f"a {database.dialect} database is backed up by its own program: {program}"
        )
    if not database.path.exists():
        raise ValueError(f"there is no database file {str(database.path)!r}")
    return database.path
