"""`one-api import`: one-hub's and new-api's databases, on each engine; their people and keys go on here."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import MetaData, select

from oneapi.store.database import Database
from tests.adoption import foreign
from tests.adoption.one_api import awkward
from tests.engines import Engine, Engines, Sqlite
from tests.fakes import FakeVendor, chat_document, json_answer
from tests.fixtures_path import DATABASES
from tests.gateway import Gateway
from tests.server.environment import clean


@dataclass
class Import:
    """A source, and where it goes to."""

    kind: str
    source: str  # its DSN
    folder: Path
    target: str  # the DSN, empty for SQLite

    def run(self, kind: str = "") -> tuple[int, list[str], str]:
        ran = subprocess.run(
            [sys.executable, "-m", "oneapi", "import", kind or self.kind, self.source],
            cwd=self.folder,
            env={**clean(), "SQL_DSN": self.target, "DATA_DIR": str(self.folder)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return ran.returncode, ran.stdout.splitlines(), ran.stderr

    def gateway(self) -> Gateway:
        return Gateway(self.folder, dsn=self.target)


@pytest.fixture
def vendor() -> Iterator[FakeVendor]:
    with FakeVendor.in_thread(lambda _: json_answer(chat_document("hi", 1000, 300))) as vendor:
        yield vendor


@pytest.fixture(params=["new-api", "one-hub"])
def brought(
    request: pytest.FixtureRequest, engine: Engine, vendor: FakeVendor, tmp_path: Path
) -> Iterator[Import]:
    source, target = engine.create_database(), engine.create_database()
    if engine.kind == "mysql":
        engine.execute(
            *(f"ALTER DATABASE {name} CHARACTER SET utf8mb4" for name in (source, target))
        )
    database = engine.open(source)
    foreign.make(database, request.param, vendor.url)
    database.close()
    dsn = "" if isinstance(engine, Sqlite) else engine.dsn(target)
    yield Import(request.param, engine.dsn(source), tmp_path, dsn)
    engine.drop(source)
    engine.drop(target)


def contents(database: Database) -> dict[str, list[Any]]:
    found = MetaData()
    found.reflect(database.engine)
    with database.connect() as connection:
        return {
            name: sorted((tuple(row) for row in connection.execute(select(table))), key=repr)
            for name, table in found.tables.items()
        }


def test_an_old_key_relays_and_an_old_password_signs_in(brought: Import) -> None:
    status, said, refused = brought.run()
    assert status == 0, refused
    key = foreign.KEY if brought.kind == "new-api" else foreign.LONG_KEY
    login = json.dumps({"username": "alice", "password": foreign.PASSWORD}).encode()
    with brought.gateway() as gateway:
        signed_in = gateway.request(
            "POST", "/api/user/login", login, {"Content-Type": "application/json"}
        )
        answer = gateway.chat(f"sk-{key}", "gpt-4o")
        gateway.wait_for_logs(1)
        gateway.stop()
        alice = gateway.rows("SELECT id, quota FROM users WHERE username = 'alice'")[0]

    assert signed_in.json()["success"], signed_in.json()
    assert answer.status == 200, answer.body
    # (1000 + 300 x 4) x 2 x 0.5, of the balance and the rewards.
    assert (alice["id"], alice["quota"]) == (7, 1_000_050 - 2200)
    assert f"this report is in {brought.folder / 'import.txt'}" in said


NOTED = "SELECT value FROM installation WHERE name LIKE 'github_login %'"


def test_what_has_no_place_is_said_and_the_rest_is_there(brought: Import) -> None:
    _, said, _ = brought.run()
    text = "\n".join(said)
    gateway = brought.gateway()
    keys = {row["name"]: dict(row) for row in gateway.rows("SELECT * FROM tokens")}
    channels = {row["name"]: dict(row) for row in gateway.rows("SELECT * FROM channels")}
    people = {row["id"]: dict(row) for row in gateway.rows("SELECT * FROM users")}
    codes = [row["status"] for row in gateway.rows("SELECT status FROM redemptions ORDER BY id")]

    assert (keys["limited"]["models"], keys["limited"]["subnet"]) == ("gpt-4o", "10.0.0.0/8,::1")
    assert (keys["laptop"]["remain_quota"], len(keys)) == (0, 2)
    assert channels["another number"]["type"] == (27 if brought.kind == "new-api" else 36)
    assert (channels["of another world"]["status"], "deleted" in channels) == (2, False)
    assert (people[8]["status"], people[8]["username"][:8]) == (3, "deleted_")
    assert (people[9]["role"], people[9]["group"]) == (1, "default")
    assert codes == [1, 2]
    # one-hub's number wins over its login; a login that looks like a number is noted, new-api's are numbers.
    assert people[3]["github_id"] == ("583231" if brought.kind == "one-hub" else "octocat")
    noted = [row["value"] for row in gateway.rows(NOTED)]
    assert noted == ([7] if brought.kind == "one-hub" else [])
    assert "of another world, type 99" in text
    assert "users with sign-in with Telegram: 1 (alice)" in text


def test_the_source_is_not_written_to_and_a_second_run_is_refused(
    brought: Import, engine: Engine
) -> None:
    name = brought.source.rpartition("/")[2].partition("?")[0].removesuffix(".db")
    database = engine.open(name)
    before = contents(database)
    brought.run()
    first = brought.gateway().rows("SELECT COUNT(*) AS n FROM users")[0]["n"]
    status, said, refused = brought.run()

    assert contents(database) == before
    database.close()
    assert (status, said) == (1, [])
    assert "has it been imported before?" in refused
    assert brought.gateway().rows("SELECT COUNT(*) AS n FROM users")[0]["n"] == first == 4


def test_another_program_s_database_is_refused(brought: Import) -> None:
    other = "one-hub" if brought.kind == "new-api" else "new-api"
    status, _, refused = brought.run(other)

    assert status == 1
    assert f"this looks like {brought.kind}'s database" in refused


@pytest.mark.parametrize("brought", ["new-api"], indirect=True)  # whose channels have several
def test_several_keys_of_a_channel_become_channels(brought: Import) -> None:
    brought.run()
    rows = brought.gateway().rows("SELECT * FROM channels WHERE name LIKE 'several%' ORDER BY id")

    assert [(row["name"], row["key"], row["status"]) for row in rows] == [
        ("several", "k1", 1),
        ("several (2)", "k2", 3),
    ]


def test_one_api_s_own_database_is_no_place_for_an_import(engines: Engines, tmp_path: Path) -> None:
    engine = engines.engine("sqlite")
    assert isinstance(engine, Sqlite)
    shutil.move(engine.path(awkward(engine)), tmp_path / "one-api.db")
    source = engine.create_database()
    database = engine.open(source)
    foreign.make(database, "new-api", "")
    database.close()
    status, _, refused = Import("new-api", engine.dsn(source), tmp_path, "").run()
    tables = Gateway(tmp_path).rows("SELECT name FROM sqlite_master WHERE name = 'leases'")

    assert (status, "this database is One API's" in refused) == (1, True)
    assert tables == []


@pytest.mark.skipif(DATABASES is None, reason="no recorded databases")
def test_a_database_that_new_api_made(tmp_path: Path) -> None:
    assert DATABASES is not None
    shutil.copy(DATABASES / "new-api.sqlite", tmp_path / "new-api.db")
    status, said, _ = Import("new-api", "new-api.db", tmp_path, "").run()
    login = json.dumps({"username": "alice", "password": foreign.PASSWORD}).encode()
    with Gateway(tmp_path) as gateway:
        answer = gateway.request(
            "POST", "/api/user/login", login, {"Content-Type": "application/json"}
        )
    users = {row["username"]: row["quota"] for row in gateway.rows("SELECT * FROM users")}

    assert status == 0
    assert answer.json()["success"]
    assert users["alice"] == 4_995_608
    assert "  6 channels" in said
