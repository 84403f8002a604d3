"""Migrations: from nothing, again, by several nodes at once, and beside a log database."""

import threading
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from oneapi.store import migrations
from oneapi.store.database import Database, DatabaseAway
from oneapi.store.migrations import HEAD, is_current, migrate
from oneapi.store.tables import LOG_TABLES, metadata
from tests.engines import Engine, new_engine


def test_an_empty_database_gets_every_table(empty_database: Database) -> None:
    assert not is_current(empty_database)
    migrate(empty_database)
    assert is_current(empty_database)
    names = set(inspect(empty_database.engine).get_table_names())
    assert names == {*metadata.tables, "alembic_version"}


def test_every_index_and_column_is_there(database: Database) -> None:
    inspector = inspect(database.engine)
    for table in metadata.sorted_tables:
        columns = {column["name"] for column in inspector.get_columns(table.name)}
        assert columns == {column.name for column in table.columns}
        indexes = {index["name"] for index in inspector.get_indexes(table.name)}
        assert {index.name for index in table.indexes} <= indexes


def test_migrating_twice_changes_nothing(database: Database) -> None:
    migrate(database)
    assert is_current(database)


def test_the_head_that_start_up_compares_is_the_newest_script() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(str(migrations.__file__)).parent))
    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]


def test_nodes_that_migrate_at_once_wait_for_each_other(engine: Engine) -> None:
    name = engine.create_database()
    failures: list[BaseException] = []

    def node() -> None:
        database = engine.open(name)
        try:
            migrate(database)
            assert is_current(database)
        except BaseException as error:  # noqa: BLE001 - shown by the assertion below
            failures.append(error)
        finally:
            database.close()

    threads = [threading.Thread(target=node) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_a_log_database_has_only_what_belongs_to_logs(empty_database: Database) -> None:
    migrate(empty_database, "logs")
    assert is_current(empty_database, "logs")
    assert not is_current(empty_database)
    names = set(inspect(empty_database.engine).get_table_names())
    assert names == {*(table.name for table in LOG_TABLES), "alembic_version_logs"}


def test_logs_may_live_in_the_main_database_under_its_other_name(empty_database: Database) -> None:
    migrate(empty_database, "logs")
    migrate(empty_database)
    assert is_current(empty_database)
    assert is_current(empty_database, "logs")
    assert set(metadata.tables) <= set(inspect(empty_database.engine).get_table_names())


def test_an_older_version_of_ours_is_not_current(database: Database) -> None:
    with database.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    assert not is_current(database)


@pytest.mark.parametrize("kind", ["mysql", "postgresql"])
def test_a_database_that_is_away_is_not_taken_for_an_old_one(kind: str) -> None:
    engine = new_engine(kind)
    database = engine.open("nothing")
    try:
        with pytest.raises(DatabaseAway):
            is_current(database)
    finally:
        database.close()
        engine.close()
