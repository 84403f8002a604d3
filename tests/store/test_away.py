"""A database that stops, freezes, or comes back: errors within seconds, and then service again."""

import time
from collections.abc import Generator

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError

from oneapi.store.database import Database, DatabaseAway, Patience, is_away, open_database
from oneapi.store.tables import options
from tests.engines import Engine, Engines, free_port, new_engine

QUICK = Patience(connect_seconds=1, lock_seconds=1, statement_seconds=1)


@pytest.fixture(scope="module", params=["mysql", "postgresql"])
def server(request: pytest.FixtureRequest) -> Generator[Engine, None, None]:
    """A server of this module's own, since it is stopped and frozen here."""
    made = new_engine(request.param)
    try:
        made.start()
        yield made
    finally:
        made.close()


@pytest.fixture
def away_database(server: Engine) -> Generator[Database, None, None]:
    server.start()
    opened = open_database(server.dsn(server.create_migrated()), patience=QUICK)
    try:
        yield opened
    finally:
        opened.close()


def write(database: Database, key: str) -> None:
    with database.begin() as connection:
        connection.execute(options.insert().values(key=key, value=""))


def test_a_killed_server_is_away_until_it_is_back(server: Engine, away_database: Database) -> None:
    write(away_database, "before")
    server.kill()
    with pytest.raises(DatabaseAway):
        write(away_database, "during")
    server.start()
    write(away_database, "after")
    with away_database.connect() as connection:
        assert set(connection.scalars(select(options.c.key))) == {"before", "after"}


def test_a_frozen_server_is_away_within_seconds(server: Engine, away_database: Database) -> None:
    write(away_database, "before")
    server.pause()
    try:
        started = time.monotonic()
        with pytest.raises(DatabaseAway):
            write(away_database, "during")
        assert time.monotonic() - started < 8
    finally:
        server.resume()
    write(away_database, "after")


def test_a_server_that_dies_within_a_transaction_is_away(
    server: Engine, away_database: Database
) -> None:
    def die_half_way() -> None:
        with away_database.begin() as connection:
            connection.execute(options.insert().values(key="lost", value=""))
            server.kill()
            connection.execute(options.insert().values(key="never", value=""))

    with pytest.raises(DatabaseAway):
        die_half_way()
    server.start()
    with away_database.connect() as connection:
        assert connection.scalars(select(options.c.key)).all() == []


def test_a_lock_is_not_waited_for_long(away_database: Database) -> None:
    write(away_database, "a")
    change = update(options).values(value="b")

    def change_too() -> None:
        with away_database.begin() as other:
            other.execute(change)

    with away_database.begin() as connection:
        connection.execute(change)
        with pytest.raises(DatabaseAway):
            change_too()


def test_a_slow_statement_is_given_up(away_database: Database) -> None:
    slow = {"mysql": "SELECT SLEEP(30)", "postgresql": "SELECT pg_sleep(30)"}
    started = time.monotonic()

    def ask() -> None:
        with away_database.connect() as connection:
            connection.execute(text(slow[away_database.dialect]))

    with pytest.raises(DatabaseAway):
        ask()
    assert time.monotonic() - started < 8


def test_no_server_at_all_is_away(server: Engine) -> None:
    dsn = server.dsn("x").replace(f":{server.port}", f":{free_port()}")
    database = open_database(dsn, patience=QUICK)
    with pytest.raises(DatabaseAway) as refused:
        write(database, "a")
    assert is_away(refused.value)
    assert is_away(refused.value.__cause__ or ValueError())


def test_a_wrong_password_or_database_is_a_mistake(server: Engine) -> None:
    server.start()
    for dsn in (server.dsn("missing"), server.dsn("mysql").replace("=1@", "=2@")):
        database = open_database(dsn)
        with pytest.raises(DBAPIError) as refused:
            write(database, "a")
        assert not is_away(refused.value)
        database.close()


def test_encryption_is_used_when_there_is_some_and_demanded_when_asked_for(
    engines: Engines,
) -> None:
    engine = engines.engine("mysql")  # it has none
    plain = engine.dsn(engine.create_database()).replace("&tls=false", "")
    for tls in ("", "&tls=preferred", "&tls=false"):
        database = open_database(plain + tls)
        with database.connect() as connection:
            assert connection.scalar(text("SELECT 1")) == 1
        database.close()
    for tls in ("&tls=true", "&tls=skip-verify"):
        database = open_database(plain + tls)
        with pytest.raises(DBAPIError, match="SSL is required") as refused:
            write(database, "a")
        assert not is_away(refused.value)
