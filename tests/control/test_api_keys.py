"""Keys: one's own only."""

from typing import Any

import pytest
from sqlalchemy import update

from oneapi.store.tables import tokens
from tests.control.browser import Browser
from tests.control.conftest import ALICE, NOW, World

KEY_FIELDS = [
    "id",
    "user_id",
    "key",
    "status",
    "name",
    "created_time",
    "accessed_time",
    "expired_time",
    "remain_quota",
    "unlimited_quota",
    "used_quota",
    "models",
    "subnet",
]


def make(who: Browser, **document: Any) -> dict[str, Any]:
    return who.post("/api/token/", {"name": "a key"} | document).content


def test_a_new_key_is_answered_in_full_with_one_apis_defaults(everywhere: World) -> None:
    made = make(everywhere.alice)
    assert list(made) == KEY_FIELDS
    assert len(made["key"]) == 48
    expected = {
        "user_id": ALICE,
        "status": 1,
        "name": "a key",
        "created_time": NOW,
        "accessed_time": NOW,
        "expired_time": -1,
        "remain_quota": 0,
        "unlimited_quota": False,
        "used_quota": 0,
        "models": None,
        "subnet": "",
    }
    assert {name: made[name] for name in expected} == expected
    assert everywhere.published("tokens") == [made["key"]]
    assert everywhere.alice.get(f"/api/token/{made['id']}").content == made


def test_a_key_holds_what_was_asked_for(everywhere: World) -> None:
    wanted = {
        "name": "令牌",
        "expired_time": NOW + 60,
        "remain_quota": 5000,
        "unlimited_quota": True,
        "models": "gpt-4o, gpt-4o ,,o1",
        "subnet": "10.0.0.0/8,2001:db8::/32",
    }
    made = make(everywhere.alice, **wanted)
    assert {name: made[name] for name in wanted} == wanted | {"models": "gpt-4o,o1"}


def test_commas_may_be_chinese_ones(world: World) -> None:
    made = make(world.alice, models="a，b , c", subnet="10.0.0.0/8 ，192.168.0.0/16,")
    assert (made["models"], made["subnet"]) == ("a,b,c", "10.0.0.0/8,192.168.0.0/16")


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"name": "x" * 31}, "参数错误：令牌名称过长"),
        ({"name": "名" * 11}, "参数错误：令牌名称过长"),
        ({"subnet": "10.0.0.0/8,nowhere"}, "参数错误：无效的网段：nowhere"),
        ({"subnet": "10.0.0.1"}, "参数错误：无效的网段：10.0.0.1"),
        (
            {"name": "a\nb"},
            "invalid parameter `name`: must not contain line breaks or other characters that cannot be seen",
        ),
        ({"remain_quota": -5}, "invalid parameter `remain_quota`: must not be negative"),
    ],
)
def test_a_bad_key_is_refused(world: World, document: dict[str, Any], said: str) -> None:
    assert world.alice.post("/api/token/", document).refusal == said
    made = make(world.alice)
    assert world.alice.put("/api/token/", made | document).refusal == said
    assert world.alice.get("/api/token/").content == [made]


def test_the_keys_of_others_do_not_exist(world: World) -> None:
    made = make(world.alice)
    for who in (world.bob, world.admin, world.root):
        assert who.get("/api/token/").content == []
        assert who.get("/api/token/search?keyword=a").content == []
        assert who.get(f"/api/token/{made['id']}").refusal == "no such token"
        assert who.put("/api/token/", {"id": made["id"], "name": "mine"}).refusal == "no such token"
        assert who.delete(f"/api/token/{made['id']}").refusal == "no such token"
    assert world.alice.get("/api/token/").content == [made]


def test_lists_are_ordered_as_asked(everywhere: World) -> None:
    alice = everywhere.alice
    poor, rich, endless = (
        make(alice, remain_quota=quota, unlimited_quota=unlimited)["id"]
        for quota, unlimited in ((1, False), (9, False), (0, True))
    )
    use(everywhere, poor, 7)

    def ids(order: str) -> list[int]:
        return [key["id"] for key in alice.get(f"/api/token/?order={order}").content]

    assert ids("") == [endless, rich, poor]
    assert ids("remain_quota") == [endless, rich, poor]
    assert ids("used_quota") == [poor, endless, rich]


def use(world: World, key_id: int, quota: int) -> None:
    with world.database.begin() as connection:
        query = update(tokens).where(tokens.c.id == key_id)
        connection.execute(query.values(used_quota=quota))


def test_search_is_by_the_beginning_of_the_name(world: World) -> None:
    make(world.alice, name="work")
    make(world.alice, name="homework")
    found = world.alice.get("/api/token/search?keyword=work").content
    assert [key["name"] for key in found] == ["work"]


def test_what_was_sent_is_replaced_but_not_the_status(world: World) -> None:
    made = make(world.alice, models="a,b", subnet="10.0.0.0/8", remain_quota=10)
    change = {"id": made["id"], "models": None, "subnet": "", "status": 2, "name": ""}
    changed = world.alice.put("/api/token/", change).content
    assert changed == made | {"models": None, "name": "", "subnet": "10.0.0.0/8"} | {"subnet": ""}
    assert world.published("tokens") == [made["key"]] * 2


def test_zero_is_a_value(world: World) -> None:
    made = make(world.alice, remain_quota=10, unlimited_quota=True, expired_time=NOW + 9)
    zeros = {"id": made["id"], "remain_quota": 0, "unlimited_quota": False, "expired_time": 0}
    changed = world.alice.put("/api/token/", zeros).content
    assert (changed["remain_quota"], changed["unlimited_quota"]) == (0, False)
    assert changed["expired_time"] == -1


def test_with_status_only_nothing_else_changes(world: World) -> None:
    made = make(world.alice, remain_quota=10)
    everything = made | {"status": 2, "name": "other", "remain_quota": 99}
    changed = world.alice.put("/api/token/?status_only=true", everything).content
    assert changed == made | {"status": 2}


@pytest.mark.parametrize("quota", [0, 10**12])
def test_the_limit_is_set_by_the_ledger(everywhere: World, quota: int) -> None:
    made = make(everywhere.alice, remain_quota=500)
    changed = everywhere.alice.put("/api/token/", {"id": made["id"], "remain_quota": quota})
    assert changed.content["remain_quota"] == quota
    assert everywhere.row(tokens, made["id"])["remain_quota"] == quota


def test_a_key_that_one_api_let_go_below_zero_can_still_be_renamed(world: World) -> None:
    made = make(world.alice)
    with world.database.begin() as connection:
        query = update(tokens).where(tokens.c.id == made["id"])
        connection.execute(query.values(remain_quota=-5))
    renamed = world.alice.put("/api/token/", made | {"remain_quota": -5, "name": "new"}).content
    assert (renamed["name"], renamed["remain_quota"]) == ("new", -5)


def test_a_key_below_zero_does_not_get_a_limit_there(world: World) -> None:
    made = make(world.alice, unlimited_quota=True)
    with world.database.begin() as connection:
        query = update(tokens).where(tokens.c.id == made["id"])
        connection.execute(query.values(remain_quota=-5))
    limited = {"id": made["id"], "unlimited_quota": False}
    assert world.alice.put("/api/token/", limited).json["field"] == "remain_quota"
    assert world.row(tokens, made["id"])["unlimited_quota"] is True
    repaired = world.alice.put("/api/token/", limited | {"remain_quota": 7}).content
    assert (repaired["unlimited_quota"], repaired["remain_quota"]) == (False, 7)


@pytest.mark.parametrize(
    ("state", "repair", "said"),
    [
        ({"status": 3, "expired_time": NOW - 1}, {"expired_time": NOW + 9}, "令牌已过期，无法启用"),
        ({"status": 4, "remain_quota": 0}, {"remain_quota": 5}, "令牌可用额度已用尽，无法启用"),
        (
            {"status": 4, "remain_quota": 0},
            {"unlimited_quota": True},
            "令牌可用额度已用尽，无法启用",
        ),
    ],
)
def test_an_expired_or_exhausted_key_is_enabled_only_once_repaired(
    world: World, state: dict[str, int], repair: dict[str, Any], said: str
) -> None:
    made = make(world.alice)
    with world.database.begin() as connection:
        connection.execute(update(tokens).where(tokens.c.id == made["id"]).values(state))
    enable = {"id": made["id"], "status": 1}
    assert said in world.alice.put("/api/token/?status_only=1", enable).refusal
    assert world.alice.put("/api/token/", enable | repair).json["success"] is True
    enabled = world.alice.put("/api/token/?status_only=1", enable).content
    assert enabled["status"] == 1


def test_a_deleted_key_is_gone_and_the_relay_hears_of_it(world: World) -> None:
    made = make(world.alice)
    assert world.alice.delete(f"/api/token/{made['id']}/").json["success"] is True
    assert world.rows(tokens) == []
    assert world.published("tokens") == [made["key"]] * 2
    assert len(world.nudges) == 2


def test_an_administrator_sees_the_keys_of_a_user_and_none_of_them_whole(everywhere: World) -> None:
    made = [make(everywhere.alice, name=name) for name in ("first", "second")]
    make(everywhere.bob)
    everywhere.put(tokens, user_id=ALICE, name="short", key="hunter2", status=1)
    said = everywhere.admin.get(f"/api/user/{ALICE}/tokens?size=10&sort=name&order=asc")
    rows = [row for row in said.content if row["name"] in ("first", "second", "short")]
    assert [(row["name"], row["tail"]) for row in rows] == [
        ("first", made[0]["key"][-4:]),
        ("second", made[1]["key"][-4:]),
        ("short", ""),
    ]
    assert said.json["total"] == len(said.content)
    plain = everywhere.admin.get(f"/api/user/{ALICE}/tokens").content
    assert {row["id"] for row in plain} == {row["id"] for row in said.content}
    assert not {"key", "user_id"} & rows[0].keys()
    hidden = everywhere.admin.get("/api/user/1/tokens")
    assert hidden.json["code"] == "user_level_hidden"
