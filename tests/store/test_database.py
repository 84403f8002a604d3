"""Transactions, conditional updates and conflicts: the same on the three engines."""

import threading
from typing import Any

import pytest
from sqlalchemy import Table, func, select, text, update
from sqlalchemy.exc import IntegrityError, ProgrammingError

from oneapi.store.database import Database, DatabaseAway, is_away, open_database
from oneapi.store.tables import changes, channels, logs, options, tokens, users
from oneapi.store.tables.ledger import leases
from tests.engines import Engine


def count(database: Database, table: Table) -> int:
    with database.connect() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


def add_user(database: Database, name: str, **values: Any) -> int:
    row = {"username": name, "access_token": name, "aff_code": name, "password": "x"} | values
    with database.begin() as connection:
        key = connection.execute(users.insert().values(row)).inserted_primary_key
        assert key is not None
        return int(key[0])


def test_a_conditional_update_counts_the_rows_that_matched(database: Database) -> None:
    number = add_user(database, "a", quota=10)
    take = update(users).where(users.c.id == number, users.c.quota >= 10)
    with database.begin() as connection:
        unchanged = connection.execute(take.values(quota=10)).rowcount
        taken = connection.execute(take.values(quota=users.c.quota - 10)).rowcount
        refused = connection.execute(take.values(quota=users.c.quota - 10)).rowcount
    assert (unchanged, taken, refused) == (1, 1, 0)


def test_parallel_conditional_updates_never_take_more_than_there_is(database: Database) -> None:
    number = add_user(database, "a", quota=10)
    taken: list[int] = []

    def take() -> None:
        for _ in range(5):
            with database.begin() as connection:
                statement = update(users).where(users.c.id == number, users.c.quota >= 1)
                taken.append(connection.execute(statement.values(quota=users.c.quota - 1)).rowcount)

    threads = [threading.Thread(target=take) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(taken), sum(taken)) == (30, 10)
    with database.connect() as connection:
        assert connection.scalar(select(users.c.quota)) == 0


def test_an_error_rolls_the_transaction_back(database: Database) -> None:
    def fail() -> None:
        with database.begin() as connection:
            connection.execute(options.insert().values(key="a", value="b"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert count(database, options) == 0


def test_a_mistake_of_ours_is_not_an_absence(database: Database) -> None:
    add_user(database, "a")
    with pytest.raises(IntegrityError) as twice:
        add_user(database, "a")
    assert not is_away(twice.value)
    with pytest.raises(Exception, match="nonsense") as wrong, database.begin() as connection:
        connection.execute(text("SELECT nonsense FROM users"))
    assert not isinstance(wrong.value, DatabaseAway)
    assert not is_away(wrong.value)


def test_an_insert_can_ignore_what_is_there(database: Database) -> None:
    insert = database.insert_ignore(options)
    with database.begin() as connection:
        first = connection.execute(insert.values(key="a", value="1")).rowcount
        second = connection.execute(insert.values(key="a", value="2")).rowcount
        kept = connection.scalar(select(options.c.value))
    assert (first, second, kept) == (1, 0, "1")


def test_an_upsert_replaces_and_adds(database: Database) -> None:
    keys = ("holder", "account", "account_id")
    upsert = database.upsert(leases, keys, update=("renewed_at",), add=("amount",))
    row = {"holder": "n:1", "account": "user", "account_id": 1}
    with database.begin() as connection:
        connection.execute(upsert, [row | {"amount": 5, "renewed_at": 1}])
        connection.execute(upsert, [row | {"amount": 7, "renewed_at": 2}])
        found = connection.execute(select(leases.c.amount, leases.c.renewed_at)).one()
    assert found == (12, 2)


def test_defaults_are_one_api_s(database: Database) -> None:
    with database.begin() as connection:
        connection.execute(tokens.insert().values(key="k", name="n"))
        connection.execute(channels.insert().values(name="n"))
        connection.execute(logs.insert().values(type=2))
        key = connection.execute(select(tokens)).mappings().one()
        channel = connection.execute(select(channels)).mappings().one()
        log = connection.execute(select(logs)).mappings().one()
    assert (key["status"], key["expired_time"], key["unlimited_quota"]) == (1, -1, False)
    assert (key["models"], key["subnet"], key["created_time"]) == (None, "", 0)
    assert (channel["group"], channel["status"], channel["balance"]) == ("default", 1, 0.0)
    assert (channel["model_mapping"], channel["base_url"], channel["other"]) == ("", "", None)
    assert (log["is_stream"], log["username"], log["detail"]) == (False, "", None)


def test_a_short_key_is_read_without_padding_and_found_by_itself(database: Database) -> None:
    with database.begin() as connection:
        connection.execute(tokens.insert().values(key="my-short_key", unlimited_quota=True))
        row = connection.execute(select(tokens).where(tokens.c.key == "my-short_key")).one()
        longer = select(tokens).where(tokens.c.key == "my-short_key" + "x" * 60)
        assert connection.execute(longer).first() is None
    assert (row.key, row.unlimited_quota) == ("my-short_key", True)


def test_case_matters_and_every_script_fits(database: Database) -> None:
    with database.begin() as connection:
        rows = [{"key": "abc", "name": "密钥 🔑"}, {"key": "ABC", "name": "é"}]
        connection.execute(tokens.insert(), rows)
        name = connection.scalar(select(tokens.c.name).where(tokens.c.key == "abc"))
    assert name == "密钥 🔑"


def test_long_lists_fit_into_a_channel(database: Database) -> None:
    groups = ",".join(f"group-{n}" for n in range(80))
    mapping = "{" + "x" * 5000 + "}"
    with database.begin() as connection:
        connection.execute(channels.insert().values(group=groups, model_mapping=mapping))
        found = connection.execute(select(channels.c.group, channels.c.model_mapping)).one()
    assert found == (groups, mapping)


def test_a_value_that_does_not_fit_is_refused_not_cut(engine: Engine) -> None:
    name = engine.create_database()
    database = engine.open(name)
    with database.begin() as connection:
        connection.execute(text("CREATE TABLE t (a VARCHAR(3) CHECK (length(a) <= 3))"))
    with pytest.raises(Exception, match=r".") as refused, database.begin() as connection:
        connection.execute(text("INSERT INTO t VALUES ('abcd')"))
    assert not is_away(refused.value)
    database.close()


def test_numbers_of_deleted_rows_are_not_given_out_again(sqlite_database: Database) -> None:
    first = add_user(sqlite_database, "a")
    with sqlite_database.begin() as connection:
        connection.execute(users.delete())
    assert add_user(sqlite_database, "b") > first


def test_a_key_is_found_by_its_index(engine: Engine, database: Database) -> None:
    statement = select(tokens.c.id).where(tokens.c.key == f"{7:048}")
    with database.begin() as connection:
        rows = [{"key": f"{n:048}", "name": "n"} for n in range(2000)]
        connection.execute(tokens.insert(), rows)
        if database.dialect == "postgresql":
            connection.execute(text("ANALYZE tokens"))
        compiled = statement.compile(database.engine)
        explain = "EXPLAIN QUERY PLAN " if database.dialect == "sqlite" else "EXPLAIN "
        plan = connection.exec_driver_sql(explain + str(compiled), compiled_parameters(compiled))
        assert "idx_tokens_key" in " ".join(str(row) for row in plan)


def compiled_parameters(compiled: Any) -> Any:
    parameters = compiled.construct_params()
    if compiled.positional:
        return tuple(parameters[name] for name in compiled.positiontup)
    return parameters


def test_writers_on_sqlite_wait_for_each_other_and_then_give_up(tmp_path: object) -> None:
    path = f"{tmp_path}/a.db"
    first = open_database(None, sqlite_path=path)
    second = open_database(None, sqlite_path=path, busy_timeout_ms=50)
    with first.begin() as connection:
        connection.execute(text("CREATE TABLE t (a INTEGER)"))
        with pytest.raises(DatabaseAway) as locked, second.begin():
            pass
    assert is_away(locked.value)
    with second.begin() as connection:
        connection.execute(text("INSERT INTO t VALUES (1)"))
        mode = connection.exec_driver_sql("PRAGMA journal_mode").scalar()
        synchronous = connection.exec_driver_sql("PRAGMA synchronous").scalar()
    assert (mode, synchronous) == ("wal", 1)
    first.close()
    second.close()


def test_readers_see_what_is_committed_and_do_not_block_writers(database: Database) -> None:
    with database.connect() as reader:
        assert reader.execute(select(func.count()).select_from(changes)).scalar_one() == 0
        with database.begin() as writer:
            writer.execute(changes.insert().values(topic="settings", ref="a", created_at=1))
    assert count(database, changes) == 1


def test_one_node_at_a_time_is_exclusive(database: Database) -> None:
    inside: list[int] = []
    worst: list[int] = []

    def enter(number: int) -> None:
        with database.exclusively("test") as connection:
            inside.append(number)
            worst.append(len(inside))
            connection.execute(options.insert().values(key=str(number), value=""))
            inside.remove(number)

    threads = [threading.Thread(target=enter, args=(n,)) for n in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert worst == [1] * 5
    assert count(database, options) == 5


def test_a_missing_table_is_a_mistake(empty_database: Database) -> None:
    with pytest.raises(Exception, match="users") as missing, empty_database.connect() as connection:
        connection.execute(select(users))
    assert isinstance(missing.value, ProgrammingError) or empty_database.dialect == "sqlite"
    assert not is_away(missing.value)
