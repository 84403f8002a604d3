"""Redemption codes, as administrators keep them."""

from typing import Any

import pytest
from sqlalchemy import delete, update

from oneapi.store.tables import logs, redemptions
from tests.control.conftest import ADMIN, ALICE, NOW, World

NEW: dict[str, Any] = {"name": "gift", "quota": 500, "count": 1}


def make(world: World, **changes: Any) -> int:
    assert world.admin.post("/api/redemption/", NEW | changes).json["success"] is True
    return int(world.rows(redemptions)[-1]["id"])


def test_codes_are_made_in_one_go_and_answered(everywhere: World) -> None:
    keys = everywhere.admin.post("/api/redemption/", NEW | {"count": 100}).content
    assert (len(keys), {len(key) for key in keys}) == (100, {32})
    rows = everywhere.rows(redemptions)
    assert [row["key"] for row in rows] == keys
    assert rows[0] == {
        "id": rows[0]["id"],
        "user_id": ADMIN,
        "key": keys[0],
        "status": 1,
        "name": "gift",
        "quota": 500,
        "created_time": NOW,
        "redeemed_time": 0,
    }


def test_a_code_of_nothing_is_worth_the_default(world: World) -> None:
    assert world.row(redemptions, make(world, quota=0))["quota"] == 100


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"name": ""}, "兑换码名称长度必须在1-20之间"),
        ({"name": "名" * 7}, "兑换码名称长度必须在1-20之间"),
        ({"name": None}, "兑换码名称长度必须在1-20之间"),
        ({"count": 0}, "兑换码个数必须大于0"),
        ({"count": None}, "兑换码个数必须大于0"),
        ({"count": 101}, "一次兑换码批量生成的个数不能大于 100"),
        ({"quota": -1}, "invalid parameter `quota`: Input should be greater than or equal to 0"),
    ],
)
def test_bad_codes_are_refused(world: World, change: dict[str, Any], said: str) -> None:
    assert world.admin.post("/api/redemption/", NEW | change).refusal == said
    assert world.rows(redemptions) == []


def test_a_code_is_listed_found_and_shown(everywhere: World) -> None:
    first, second = make(everywhere), make(everywhere, name="other")
    admin = everywhere.admin
    assert [code["id"] for code in admin.get("/api/redemption/?p=0").content] == [second, first]
    for keyword in ("oth", str(second)):
        found = admin.get(f"/api/redemption/search?keyword={keyword}").content
        assert [code["id"] for code in found] == [second]
    shown = admin.get(f"/api/redemption/{second}").content
    assert (shown["name"], shown["count"], shown["redeemed_time"]) == ("other", 0, 0)
    assert admin.get("/api/redemption/99").refusal == "no such redemption code"


def test_name_and_quota_change_together_status_alone(world: World) -> None:
    code_id = make(world)
    everything = {"id": code_id, "name": "new", "quota": 0, "status": 2}
    changed = world.admin.put("/api/redemption/", everything).content
    assert (changed["name"], changed["quota"], changed["status"]) == ("new", 0, 1)
    everything["name"] = "newer"
    changed = world.admin.put("/api/redemption/?status_only=true", everything).content
    assert (changed["name"], changed["status"]) == ("new", 2)


def test_a_redeemed_code_stays_as_it_is(world: World) -> None:
    code_id = make(world)
    with world.database.begin() as connection:
        connection.execute(update(redemptions).values(status=3))
    for path, change in (
        ("/api/redemption/?status_only=1", {"status": 1}),
        ("/api/redemption/", {"quota": 9}),
    ):
        assert "redeemed" in world.admin.put(path, {"id": code_id} | change).refusal
    assert (world.rows(redemptions)[0]["status"], world.rows(redemptions)[0]["quota"]) == (3, 500)


def test_a_redeemed_code_says_who_had_it_as_long_as_the_log_does(everywhere: World) -> None:
    first, second = make(everywhere), make(everywhere)
    code = everywhere.row(redemptions, first)["key"]
    assert everywhere.bob.post("/api/user/topup", {"key": code}).content == 500
    # a credit of the same second, and a row that says nothing of what it was for
    everywhere.admin.post("/api/topup", {"user_id": ALICE, "quota": 1})
    everywhere.put(logs, user_id=ALICE, username="alice", type=1, created_at=NOW)
    listed = everywhere.admin.get("/api/redemption/?size=10").content
    assert {row["id"]: row["redeemed_by"] for row in listed} == {first: "bob", second: ""}
    assert everywhere.admin.get(f"/api/redemption/{first}").content["redeemed_by"] == "bob"
    with everywhere.database.begin() as connection:
        connection.execute(delete(logs))
    assert everywhere.admin.get(f"/api/redemption/{first}").content["redeemed_by"] == ""


def test_nobody_marks_a_code_as_used_by_hand(world: World) -> None:
    used = {"id": make(world), "status": 3}
    assert "`status`" in world.admin.put("/api/redemption/?status_only=1", used).refusal


def test_a_deleted_code_is_gone(world: World) -> None:
    code_id = make(world)
    assert world.admin.delete(f"/api/redemption/{code_id}").json["success"] is True
    assert world.rows(redemptions) == []
    missing = world.admin.put("/api/redemption/", {"id": code_id, "name": "x"})
    assert missing.refusal == "no such redemption code"
