"""A database of One API's is taken over by the running product: old keys relay, old passwords sign in, sums are right."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.adoption.one_api import ALICE, awkward, point_at, recorded
from tests.engines import Engine, Sqlite
from tests.fakes import FakeVendor, chat_document, json_answer
from tests.fixtures_path import DATABASES
from tests.gateway import Gateway

MADE = [
    pytest.param(awkward, id="awkward"),
    pytest.param(
        recorded,
        id="recorded",
        marks=pytest.mark.skipif(DATABASES is None, reason="no recorded databases"),
    ),
]
Make = Callable[[Engine], str]
JSON = {"Content-Type": "application/json"}


@pytest.fixture
def vendor() -> Iterator[FakeVendor]:
    with FakeVendor.in_thread(lambda _: json_answer(chat_document("hi", 1010, 300))) as vendor:
        yield vendor


@pytest.fixture(params=MADE)
def adopted(
    request: pytest.FixtureRequest, engine: Engine, vendor: FakeVendor, tmp_path: Path
) -> Iterator[Gateway]:
    make: Make = request.param
    name = make(engine)
    point_at(engine, name, vendor.url)
    if isinstance(engine, Sqlite):
        shutil.move(engine.path(name), tmp_path / "one-api.db")
    dsn = "" if engine.kind == "sqlite" else engine.dsn(name)
    with Gateway(tmp_path, dsn=dsn) as gateway:
        yield gateway
    engine.drop(name)


def alice(gateway: Gateway) -> dict[str, int]:
    row = gateway.rows("SELECT * FROM users WHERE username = 'alice'")[0]
    return {name: row[name] for name in ("id", "quota", "used_quota", "request_count")}


def key_of(gateway: Gateway, name: str) -> str:
    quoted = '"key"' if not gateway.dsn or gateway.dsn.startswith("postgres") else "`key`"
    wanted = f"SELECT {quoted} AS it FROM tokens WHERE name = '{name}' ORDER BY user_id"
    return "sk-" + str(gateway.rows(wanted)[0]["it"]).strip()


def test_an_old_key_relays_and_costs_what_it_cost(adopted: Gateway) -> None:
    before = alice(adopted)

    assert adopted.chat(_own_key(adopted), "gpt-4o").status == 200
    adopted.wait_for_logs(before["request_count"] + 1)
    adopted.stop()
    after = alice(adopted)

    assert after["quota"] == before["quota"] - 2763
    assert after["used_quota"] == before["used_quota"] + 2763
    assert after["request_count"] == before["request_count"] + 1


def test_the_books_balance_whatever_was_in_them(adopted: Gateway) -> None:
    assert adopted.chat(_own_key(adopted), "gpt-4o").status == 200
    adopted.stop()
    ran = adopted.run("check")
    assert (ran.returncode, ran.stderr) == (0, ""), ran.stdout


def _own_key(adopted: Gateway) -> str:
    return key_of(adopted, "laptop" if _is_awkward(adopted) else "main")


def _is_awkward(gateway: Gateway) -> bool:
    return "laptop" in {row["name"] for row in gateway.rows("SELECT name FROM tokens")}


def test_an_old_password_signs_in(adopted: Gateway) -> None:
    login = json.dumps({"username": "alice", "password": ALICE}).encode()
    answer = adopted.request("POST", "/api/user/login", login, JSON)

    assert answer.json()["success"], answer.json()
