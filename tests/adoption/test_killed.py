"""An adoption is killed at every statement in turn, and the next start goes on; a dry run says what it would do."""

import os
import signal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine as SqlEngine, MetaData, event, select

from oneapi.app.adoption import REPORT, bring_up_to_date, foresee
from oneapi.store.database import Database
from oneapi.store.migrations import is_current
from tests.adoption.one_api import awkward, recorded
from tests.engines import Engine, Sqlite
from tests.fixtures_path import DATABASES

WRITES = ("CREATE", "ALTER", "UPDATE", "INSERT", "DROP")
Rows = dict[str, list[tuple[Any, ...]]]


def contents(database: Database) -> Rows:
    """Every row of every table, and the columns as the first of them."""
    found = MetaData()
    found.reflect(database.engine)
    with database.connect() as connection:
        return {
            name: [
                tuple(table.columns.keys()),
                *sorted((tuple(row) for row in connection.execute(select(table))), key=repr),
            ]
            for name, table in found.tables.items()
        }


def adopt(engine: Engine, name: str, folder: Path) -> list[str]:
    said: list[str] = []
    database = engine.open(name)
    try:
        bring_up_to_date(database, "main", folder, said.append)
    finally:
        database.close()
    return said


def adopt_until_killed(engine: Engine, name: str, folder: Path, statements: int) -> bool:
    """Adopt in a process that is killed before one more statement than these; say whether it came through."""
    child = os.fork()
    if child == 0:
        left = [statements]

        def count(_connection: Connection, _cursor: Any, statement: str, *_rest: Any) -> None:
            left[0] -= statement.lstrip().split()[0].upper() in WRITES
            if left[0] < 0:
                os.kill(os.getpid(), signal.SIGKILL)

        event.listen(SqlEngine, "before_cursor_execute", count)
        try:
            adopt(engine, name, folder)
        finally:
            os._exit(0)
    return os.WEXITSTATUS(status) == 0 if os.WIFEXITED(status := os.waitpid(child, 0)[1]) else False


def test_an_adoption_that_is_killed_at_any_statement_goes_on(
    engine: Engine, tmp_path: Path
) -> None:
    whole, killed = awkward(engine), awkward(engine)
    adopt(engine, whole, tmp_path)
    # PostgreSQL undoes the whole each time, as SQLite does, and takes longer about it.
    deaths, step = 0, 4 if engine.kind == "postgresql" else 1
    while not adopt_until_killed(engine, killed, tmp_path, deaths):
        deaths += step
    done, expected = engine.open(killed), engine.open(whole)
    try:
        assert deaths > 5
        assert is_current(done)
        assert without_hashes(contents(done)) == without_hashes(contents(expected))
    finally:
        done.close()
        expected.close()


def without_hashes(rows: Rows) -> Rows:
    """A password's hash has salt."""
    place = rows["users"][0].index("password")
    rows["users"] = [row[:place] + row[place + 1 :] for row in rows["users"]]
    return rows


MADE = [
    pytest.param(awkward, id="awkward"),
    pytest.param(
        recorded,
        id="recorded",
        marks=pytest.mark.skipif(DATABASES is None, reason="no recorded databases"),
    ),
]


@pytest.mark.parametrize("make", MADE)
def test_nothing_of_one_api_s_is_lost(make: Any, engine: Engine, tmp_path: Path) -> None:
    name = make(engine)
    database = engine.open(name)
    before = contents(database)
    adopt(engine, name, tmp_path)
    after = contents(database)
    database.close()

    for table, (columns, *rows) in before.items():
        now, *kept = after[table]
        assert set(columns) <= set(now)
        places = [now.index(column) for column in columns]
        narrowed = [tuple(row[place] for place in places) for row in kept]
        assert len([row for row in rows if not _is_among(row, narrowed)]) == 0, table


def _is_among(row: tuple[Any, ...], rows: list[tuple[Any, ...]]) -> bool:
    """NULL may have become a value."""
    return any(
        all(before is None or before == after for before, after in zip(row, other, strict=True))
        for other in rows
    )


def test_a_dry_run_says_what_is_done_then_and_does_nothing(engine: Engine, tmp_path: Path) -> None:
    name = awkward(engine)
    database = engine.open(name)
    before = contents(database)
    foreseen: list[str] = []
    foresee(database, "main", foreseen.append)
    untouched = contents(database)
    database.close()
    said = adopt(engine, name, tmp_path)

    assert untouched == before
    steps = {line.removeprefix("would ") for line in foreseen if line.startswith("would ")}
    assert {line for line in steps if not line.startswith(("copy", "write the setting"))} <= {*said}
    assert (tmp_path / REPORT).read_text("utf-8").splitlines()[1:] == said[1:-1]


def test_a_sqlite_file_is_copied_first(engines: Any, tmp_path: Path) -> None:
    engine: Engine = engines.engine("sqlite")
    assert isinstance(engine, Sqlite)
    name = awkward(engine)
    database = engine.open(name)
    before = contents(database)
    database.close()
    adopt(engine, name, tmp_path)
    copy = engine.path(name).with_name(f"{name}.db.before-adoption")
    copy.rename(engine.path(f"{name}copy"))
    copied = engine.open(f"{name}copy")
    found = contents(copied)
    copied.close()

    assert found == before
    assert oct(engine.path(f"{name}copy").stat().st_mode & 0o777) == "0o600"
