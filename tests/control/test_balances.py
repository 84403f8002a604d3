"""What people see as a balance counts what workers hold on lease; what administrators set accounts for it."""

from collections.abc import Callable

import pytest
from sqlalchemy import update

from oneapi.store.tables import logs, tokens, users
from oneapi.store.tables.ledger import leases
from tests.control.conftest import ALICE, NOW, World


def lease(world: World, account: str, account_id: int, amount: int, holder: str = "node:0") -> None:
    world.add(
        leases,
        holder=holder,
        account=account,
        account_id=account_id,
        amount=amount,
        renewed_at=NOW,
    )


def test_a_users_balance_is_shown_with_all_leases(everywhere: World) -> None:
    lease(everywhere, "user", ALICE, 30)
    lease(everywhere, "user", ALICE, 200, "node:1")
    lease(everywhere, "key", ALICE, 4000)
    assert everywhere.alice.get("/api/user/self").content["quota"] == 1230
    listed = everywhere.admin.get("/api/user/").content
    assert {user["username"]: user["quota"] for user in listed} == {
        "root": 1000,
        "admin": 1000,
        "alice": 1230,
        "bob": 1000,
    }


@pytest.mark.parametrize(("wanted", "column"), [(1500, 1200), (500, 200), (300, 0)])
def test_setting_a_balance_leaves_leases_alone(everywhere: World, wanted: int, column: int) -> None:
    lease(everywhere, "user", ALICE, 300)
    everywhere.admin.put("/api/user/", {"id": ALICE, "quota": wanted})
    assert everywhere.row(users, ALICE)["quota"] == column
    assert everywhere.alice.get("/api/user/self").content["quota"] == wanted


def test_a_balance_below_what_is_on_lease_ends_up_at_what_is_on_lease(world: World) -> None:
    lease(world, "user", ALICE, 300)
    world.admin.put("/api/user/", {"id": ALICE, "quota": 100})
    assert world.row(users, ALICE)["quota"] == 0
    assert world.alice.get("/api/user/self").content["quota"] == 300


@pytest.mark.fault("A10")
@pytest.mark.parametrize(
    ("quota", "balance", "holds"), [(1500, 1500, False), (300, 300, False), (100, 300, True)]
)
def test_the_answer_says_what_the_balance_is(
    everywhere: World, quota: int, balance: int, holds: bool
) -> None:
    lease(everywhere, "user", ALICE, 300)
    reply = everywhere.admin.put("/api/user/", {"id": ALICE, "quota": quota}, accept_language="en")
    assert reply.content == {"quota": balance}
    assert ("still hold quota" in reply.json["message"]) == holds
    assert everywhere.alice.get("/api/user/self").content["quota"] == balance
    assert everywhere.published("users") == [str(ALICE)]


@pytest.mark.fault("A10")
def test_what_comes_back_from_a_lease_meanwhile_is_taken(worlds: Callable[..., World]) -> None:
    def comes_back(_: float) -> None:
        with world.database.begin() as connection:
            connection.execute(update(leases).values(amount=50))
            connection.execute(update(users).where(users.c.id == ALICE).values(quota=250))

    world = worlds(pause=comes_back)
    lease(world, "user", ALICE, 300)
    reply = world.admin.put("/api/user/", {"id": ALICE, "quota": 100})
    assert reply.content == {"quota": 100}
    assert reply.json["message"] == ""
    assert world.row(users, ALICE)["quota"] == 50


def test_a_full_row_that_comes_back_is_no_credit(world: World) -> None:
    lease(world, "user", ALICE, 300)
    world.admin.put("/api/user/", world.admin.get(f"/api/user/{ALICE}").content)
    assert world.row(users, ALICE)["quota"] == 1000
    assert world.rows(logs) == []


def test_a_keys_limit_is_shown_and_set_with_leases(everywhere: World) -> None:
    alice = everywhere.alice
    made = alice.post("/api/token/", {"name": "k", "remain_quota": 700}).content
    lease(everywhere, "key", made["id"], 300)
    assert [key["remain_quota"] for key in alice.get("/api/token/").content] == [1000]
    changed = alice.put("/api/token/", {"id": made["id"], "remain_quota": 450}).content
    assert changed["remain_quota"] == 450
    assert everywhere.row(tokens, made["id"])["remain_quota"] == 150
    alice.put("/api/token/", changed | {"name": "renamed"})
    assert everywhere.row(tokens, made["id"])["remain_quota"] == 150


def test_an_unlimited_key_may_say_minus_one_as_one_apis_page_does(world: World) -> None:
    made = world.alice.post("/api/token/", {"name": "k", "remain_quota": 700}).content
    document = made | {"unlimited_quota": True, "remain_quota": -1}
    assert world.alice.put("/api/token/", document).content["remain_quota"] == 0
