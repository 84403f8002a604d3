"""What administrators do with the accounts of others."""

from typing import Any

import pytest
from sqlalchemy import insert, update

from oneapi.store.tables import logs, options, tokens, users
from tests.control.conftest import ADMIN, ALICE, BOB, PASSWORD, ROOT, World

NEW = {"username": "carol", "password": "carols own", "display_name": "Carol"}


def test_lists_show_everybody_but_the_deleted_and_no_secret(everywhere: World) -> None:
    set_status(everywhere, BOB, 3)
    listed = everywhere.admin.get("/api/user/").content
    assert [user["id"] for user in listed] == [ALICE, ADMIN, ROOT]
    found = everywhere.admin.get("/api/user/search?keyword=").content
    assert [user["id"] for user in found] == [BOB, ALICE, ADMIN, ROOT]
    for user in listed + found:
        assert (user["access_token"], user["password"]) == ("", "")


def set_status(world: World, user_id: int, status: int) -> None:
    with world.database.begin() as connection:
        connection.execute(update(users).where(users.c.id == user_id).values(status=status))


def test_lists_can_be_ordered(everywhere: World) -> None:
    orders = ("quota", "used_quota", "request_count")
    with everywhere.database.begin() as connection:
        for user_id, amount in ((ROOT, 20), (ADMIN, 40), (ALICE, 10), (BOB, 30)):
            query = update(users).where(users.c.id == user_id)
            connection.execute(query.values(dict.fromkeys(orders, amount)))
    listed = [everywhere.admin.get(f"/api/user/?order={order}").content for order in orders]
    assert [[user["id"] for user in page] for page in listed] == [[ADMIN, BOB, ROOT, ALICE]] * 3


def test_search_is_by_id_or_prefix(everywhere: World) -> None:
    expected = {
        "al": [ALICE],
        "4": [BOB],
        "bob@": [BOB],
        "Root%20U": [ROOT],
        "%25": [],
        "_ob": [],
        "nobody": [],
    }
    search = "/api/user/search?keyword="
    found = {keyword: everywhere.admin.get(search + keyword).content for keyword in expected}
    assert {keyword: [user["id"] for user in page] for keyword, page in found.items()} == expected


def test_a_search_is_not_cut_into_pages_unless_one_is_asked_for(world: World) -> None:
    for number in range(12):
        world.put(users, username=f"user{number}", password="", aff_code=f"c{number}")
    assert len(world.admin.get("/api/user/search?keyword=user").content) == 12
    assert len(world.admin.get("/api/user/search?keyword=user&p=1").content) == 2


def test_a_script_that_searches_for_everybody_gets_everybody(everywhere: World) -> None:
    people = [
        {"username": f"user{number}", "password": "", "aff_code": f"c{number}"}
        for number in range(2500)
    ]
    with everywhere.database.begin() as connection:
        connection.execute(insert(users), people)
    assert len(everywhere.admin.get("/api/user/search?keyword=user").content) == 2500


def test_administrators_see_those_below_them_and_root_sees_all(world: World) -> None:
    assert world.admin.get(f"/api/user/{ALICE}").content["username"] == "alice"
    for user_id in (ADMIN, ROOT):
        assert world.admin.get(f"/api/user/{user_id}").refusal == "无权获取同级或更高等级用户的信息"
        assert world.root.get(f"/api/user/{user_id}").content["id"] == user_id
    assert world.root.get("/api/user/99").refusal == "no such user"


def test_a_new_user_gets_the_gift_the_key_and_nothing_else(everywhere: World) -> None:
    everywhere.add(options, key="QuotaForNewUser", value="700")
    reply = everywhere.admin.post("/api/user/", NEW | {"role": 1, "quota": 10**9})
    assert reply.json == {"success": True, "message": ""}
    carol = everywhere.rows(users)[-1]
    assert (carol["username"], carol["display_name"], carol["role"]) == ("carol", "Carol", 1)
    assert (carol["quota"], carol["group"], carol["status"]) == (700, "default", 1)
    assert (len(carol["access_token"]), len(carol["aff_code"])) == (32, 4)
    key = everywhere.rows(tokens)[0]
    assert (key["user_id"], key["name"], key["unlimited_quota"]) == (carol["id"], "default", True)
    assert (key["remain_quota"], key["expired_time"], len(key["key"])) == (-1, -1, 48)
    assert [(log["user_id"], log["type"]) for log in everywhere.rows(logs)] == [(carol["id"], 4)]


def test_a_new_user_can_sign_in(world: World) -> None:
    world.admin.post("/api/user/", NEW)
    visitor = world.visitor()
    signed_in = visitor.post("/api/user/login", {"username": "carol", "password": "carols own"})
    assert signed_in.content["display_name"] == "Carol"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"username": ""}, "`username`"),
        ({"username": "thirteen_char"}, "`username`"),
        ({"password": "short"}, "`password`"),
        ({"password": None}, "`password`"),
        ({"display_name": "x" * 21}, "`display_name`"),
        ({"username": "alice"}, "this username is taken"),
        ({"role": 10}, "role as high"),
        ({"role": 100}, "role as high"),
    ],
)
def test_a_bad_new_user_is_refused_whole(world: World, change: dict[str, Any], said: str) -> None:
    assert said in world.admin.post("/api/user/", NEW | change).refusal
    assert len(world.rows(users)) == 4
    assert world.rows(tokens) == []


def test_what_was_sent_is_written_and_nothing_else(world: World) -> None:
    before = world.row(users, ALICE)
    document = {"id": ALICE, "display_name": "", "group": "vip", "email": "a@b.c", "password": ""}
    unassignable = {"access_token": "x", "used_quota": 9, "request_count": 9, "inviter_id": 9}
    reply = world.admin.put("/api/user/", document | unassignable | {"aff_code": "mine"})
    assert reply.json == {"success": True, "message": ""}
    assert world.row(users, ALICE) == before | {
        "display_name": "",
        "group": "vip",
        "email": "a@b.c",
    }
    assert world.published("users") == [str(ALICE)]


def test_a_full_row_that_comes_back_changes_nothing(world: World) -> None:
    before = world.row(users, ALICE)
    world.admin.put("/api/user/", world.admin.get(f"/api/user/{ALICE}").content)
    assert world.row(users, ALICE) == before


@pytest.mark.parametrize("quota", [0, 5_000_000])
def test_the_balance_is_set_by_the_ledger_and_leaves_a_trace(everywhere: World, quota: int) -> None:
    everywhere.admin.put("/api/user/", {"id": ALICE, "quota": quota})
    assert everywhere.row(users, ALICE)["quota"] == quota
    assert [(log["user_id"], log["type"]) for log in everywhere.rows(logs)] == [(ALICE, 3)]


@pytest.mark.parametrize("quota", [-2763, 2**63 - 1])
def test_a_balance_that_one_api_left_may_come_back(everywhere: World, quota: int) -> None:
    """Its clients send a user whole; such a balance is one that nobody may be given anew."""
    with everywhere.database.begin() as connection:
        connection.execute(update(users).where(users.c.id == ALICE).values(quota=quota))
    row = everywhere.admin.get(f"/api/user/{ALICE}").content | {"group": "vip"}
    assert everywhere.admin.put("/api/user/", row).json["success"] is True
    now = everywhere.row(users, ALICE)
    assert (now["quota"], now["group"]) == (quota, "vip")
    less = everywhere.admin.put("/api/user/", {"id": ALICE, "quota": quota - 1}).json
    assert (less["code"], less["field"]) == ("bad_field", "quota")


def test_a_new_password_from_an_administrator_works_and_ends_sessions(world: World) -> None:
    visitor = world.visitor()
    visitor.post("/api/user/login", {"username": "alice", "password": PASSWORD})
    world.admin.put("/api/user/", {"id": ALICE, "password": "chosen for her"})
    assert visitor.get("/api/user/self").status == 401
    again = {"username": "alice", "password": "chosen for her"}
    assert visitor.post("/api/user/login", again).json["success"] is True


def test_root_who_sets_their_own_password_here_stays_signed_in(world: World) -> None:
    visitor = world.visitor()
    visitor.post("/api/user/login", {"username": "root", "password": PASSWORD})
    visitor.put("/api/user/", {"id": ROOT, "password": "another root's"})
    assert visitor.get("/api/user/self").content["id"] == ROOT


@pytest.mark.parametrize(
    ("who", "document", "said"),
    [
        ("admin", {"id": ADMIN, "display_name": "me"}, "same or a higher level"),
        ("admin", {"id": ROOT, "quota": 5}, "same or a higher level"),
        ("admin", {"id": ALICE, "role": 10}, "role as high"),
        ("admin", {"id": ALICE, "role": 100}, "role as high"),
        ("root", {"id": ROOT, "role": 1}, "root user"),
        ("root", {"id": ROOT, "status": 2}, "root user"),
        ("root", {"id": 99, "status": 2}, "no such user"),
        ("root", {"id": ALICE, "username": "bob"}, "taken"),
        ("root", {"id": ALICE, "quota": -1}, "`quota`"),
        ("root", {"id": ALICE, "status": 7}, "`status`"),
        ("root", {"status": 1}, "`id`"),
    ],
)
def test_a_change_that_may_not_be_is_refused_whole(
    world: World, who: str, document: dict[str, Any], said: str
) -> None:
    before = world.rows(users)
    assert said in getattr(world, who).put("/api/user/", document).refusal
    assert world.rows(users) == before


def test_root_may_do_what_administrators_may_not(world: World) -> None:
    world.root.put("/api/user/", {"id": ALICE, "role": 10})
    assert world.row(users, ALICE)["role"] == 10
    world.root.put("/api/user/", {"id": ROOT, "display_name": "The Root"})
    assert world.row(users, ROOT)["display_name"] == "The Root"


def test_deleting_frees_the_name_and_keeps_the_row(world: World) -> None:
    assert world.admin.delete(f"/api/user/{ALICE}").json == {"success": True, "message": ""}
    gone = world.row(users, ALICE)
    assert gone["status"] == 3
    assert gone["username"].startswith("deleted_")
    assert world.alice.get("/api/user/self").refusal == "用户已被封禁"
    assert world.published("users") == [str(ALICE)]


@pytest.mark.parametrize(
    ("who", "victim"), [("admin", ADMIN), ("admin", ROOT), ("root", ROOT), ("root", 99)]
)
def test_equals_betters_and_root_are_not_deleted(world: World, who: str, victim: int) -> None:
    assert getattr(world, who).delete(f"/api/user/{victim}").json["success"] is False
    assert {row["status"] for row in world.rows(users)} == {1}


@pytest.mark.parametrize(
    ("action", "role", "status"),
    [("disable", 1, 2), ("enable", 1, 1), ("delete", 1, 3), ("promote", 10, 1), ("demote", 1, 1)],
)
def test_root_manages(world: World, action: str, role: int, status: int) -> None:
    answer = world.root.post("/api/user/manage", {"username": "alice", "action": action}).content
    assert answer == {"role": role, "status": status}
    assert (world.row(users, ALICE)["role"], world.row(users, ALICE)["status"]) == (role, status)
    assert world.published("users") == [str(ALICE)]


@pytest.mark.parametrize(
    ("who", "username", "action", "said"),
    [
        ("admin", "alice", "promote", "only the root"),
        ("admin", "admin", "disable", "same or a higher"),
        ("admin", "root", "disable", "same or a higher"),
        ("root", "root", "disable", "root user"),
        ("root", "root", "delete", "root user"),
        ("root", "root", "demote", "root user"),
        ("root", "nobody", "disable", "no such user"),
        ("root", "alice", "praise", "praise"),
    ],
)
def test_what_may_not_be_managed(
    world: World, who: str, username: str, action: str, said: str
) -> None:
    before = world.rows(users)
    reply = getattr(world, who).post("/api/user/manage", {"username": username, "action": action})
    assert said in reply.refusal
    assert world.rows(users) == before


def test_promoting_root_leaves_root_root(world: World) -> None:
    world.root.post("/api/user/manage", {"username": "root", "action": "promote"})
    assert world.row(users, ROOT)["role"] == 100


def test_a_top_up_adds_and_leaves_a_trace(everywhere: World) -> None:
    document = {"user_id": ALICE, "quota": 250, "remark": "order 17"}
    assert everywhere.admin.post("/api/topup", document).json["success"] is True
    assert everywhere.row(users, ALICE)["quota"] == 1250
    log = everywhere.rows(logs)[0]
    assert (log["type"], log["quota"], log["user_id"]) == (1, 250, ALICE)
    assert "order 17" in log["content"]


def test_a_negative_top_up_is_refused(world: World) -> None:
    reply = world.admin.post("/api/topup", {"user_id": ALICE, "quota": -1})
    assert reply.refusal == "quota 不能为负数！"
    assert world.row(users, ALICE)["quota"] == 1000
