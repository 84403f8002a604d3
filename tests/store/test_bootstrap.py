"""The first run: root and its first key, once, whoever comes first."""

import threading

import bcrypt
import pytest
from sqlalchemy import func, select

from oneapi.store.bootstrap import (
    FirstRun,
    bootstrap,
    has_first_password,
    is_first_hour,
    root_api_key,
)
from oneapi.store.database import Database
from oneapi.store.tables import changes, options, tokens, users

FRESH = "0123456789abcdef0123456789abcdef"
OWN_HASH = bcrypt.hashpw(b"own", bcrypt.gensalt(4)).decode()


def test_root_is_made_as_one_api_makes_it(database: Database) -> None:
    done = bootstrap(database, now=1_700_000_000, fresh_access_token=FRESH)
    assert done == FirstRun(root_id=1, made_root=True, made_api_key=False)
    with database.connect() as connection:
        root = connection.execute(select(users)).mappings().one()
        assert connection.scalar(select(func.count()).select_from(tokens)) == 0
    assert (root["username"], root["display_name"], root["role"]) == ("root", "Root User", 100)
    assert (root["quota"], root["aff_code"], root["status"]) == (500_000_000_000_000, "", 1)
    assert (root["access_token"], root["group"]) == (FRESH, "default")
    assert bcrypt.checkpw(b"123456", root["password"].encode())


def test_the_first_key_comes_from_the_environment(database: Database) -> None:
    bootstrap(
        database,
        now=1_700_000_000,
        fresh_access_token=FRESH,
        initial_root_token="sk-my-first_key",
        initial_root_access_token="f" * 32,
    )
    with database.connect() as connection:
        key = connection.execute(select(tokens)).mappings().one()
        access_token = connection.scalar(select(users.c.access_token))
        told = {(row.topic, row.ref) for row in connection.execute(select(changes))}
    assert (key["id"], key["user_id"], key["key"]) == (1, 1, "my-first_key")
    assert (key["name"], key["expired_time"], key["status"]) == ("Initial Root Token", -1, 1)
    assert (key["unlimited_quota"], key["remain_quota"]) == (True, 500_000_000_000_000)
    assert (key["created_time"], key["accessed_time"]) == (1_700_000_000, 1_700_000_000)
    assert access_token == "f" * 32
    assert told == {("users", "1"), ("tokens", "my-first_key")}


def test_nothing_happens_when_there_is_a_user(database: Database) -> None:
    with database.begin() as connection:
        row = {"username": "li", "password": "", "access_token": "a", "aff_code": "a"}
        connection.execute(users.insert().values(row))
    done = bootstrap(database, now=1, fresh_access_token=FRESH, initial_root_token="k")
    assert done == FirstRun()
    with database.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(tokens)) == 0


def test_nodes_that_start_at_once_make_one_root(database: Database) -> None:
    done: list[FirstRun] = []

    def node(number: int) -> None:
        fresh = f"{number:032}"
        done.append(bootstrap(database, now=1, fresh_access_token=fresh, initial_root_token="k"))

    threads = [threading.Thread(target=node, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(run.made_root for run in done) == [False, False, False, True]
    with database.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(users)) == 1


@pytest.mark.parametrize(
    ("text", "key"),
    [("", ""), ("sk-abc", "abc"), (" abc\n", "abc"), ("a-b_C1", "a-b_C1"), ("x" * 48, "x" * 48)],
)
def test_a_key_is_stored_without_its_prefix(text: str, key: str) -> None:
    assert root_api_key(text) == key


@pytest.mark.parametrize("text", ["a b", "ключ", "x" * 49, "a.b", "a\nb"])
def test_an_unusable_key_is_refused_in_one_line(sqlite_database: Database, text: str) -> None:
    with pytest.raises(ValueError, match=r"^INITIAL_ROOT_TOKEN [^\n]+$"):
        bootstrap(sqlite_database, now=1, fresh_access_token=FRESH, initial_root_token=text)


def test_an_unusable_access_token_is_refused_in_one_line(sqlite_database: Database) -> None:
    with pytest.raises(ValueError, match=r"^INITIAL_ROOT_ACCESS_TOKEN [^\n]+$"):
        bootstrap(
            sqlite_database, now=1, fresh_access_token=FRESH, initial_root_access_token="x" * 33
        )


@pytest.mark.parametrize("stored", ["", "no hash at all", OWN_HASH], ids=["none", "no hash", "own"])
def test_the_first_password_is_known_until_it_is_changed(
    sqlite_database: Database, stored: str
) -> None:
    assert not has_first_password(sqlite_database)
    bootstrap(sqlite_database, now=1_700_000_000, fresh_access_token=FRESH)
    assert has_first_password(sqlite_database)
    with sqlite_database.begin() as connection:
        connection.execute(users.update().values(password=stored))
    assert not has_first_password(sqlite_database)


def test_a_database_that_we_made_has_one_first_hour(database: Database) -> None:
    with database.connect() as connection:
        assert not is_first_hour(connection, 1_700_000_000)
    bootstrap(database, now=1_700_000_000, fresh_access_token=FRESH)
    with database.connect() as connection:
        told = [is_first_hour(connection, 1_700_000_000 + at) for at in (-1, 0, 3599, 3600)]
    assert told == [False, True, True, False]


def test_a_database_that_was_used_before_has_none(database: Database) -> None:
    with database.begin() as connection:
        connection.execute(options.insert().values(key="SystemName", value="theirs"))
    assert bootstrap(database, now=1_700_000_000, fresh_access_token=FRESH).made_root
    with database.connect() as connection:
        assert not is_first_hour(connection, 1_700_000_000)


def test_the_first_password_comes_from_the_environment(database: Database) -> None:
    bootstrap(
        database,
        now=1_700_000_000,
        fresh_access_token=FRESH,
        initial_root_password="correct horse",
    )
    assert not has_first_password(database)
    with database.connect() as connection:
        stored = connection.scalar(select(users.c.password)) or ""
    assert bcrypt.checkpw(b"correct horse", stored.encode())
