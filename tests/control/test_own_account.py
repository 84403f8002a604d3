"""What people do with their own account, and redeeming."""

from sqlalchemy import update

from oneapi.store.tables import abilities, logs, redemptions, users
from tests.control.browser import Asked
from tests.control.conftest import ALICE, BOB, NOW, World, access_token

USER_FIELDS = [
    "id",
    "username",
    "password",
    "display_name",
    "role",
    "status",
    "email",
    "github_id",
    "wechat_id",
    "lark_id",
    "oidc_id",
    "verification_code",
    "access_token",
    "quota",
    "used_quota",
    "request_count",
    "group",
    "aff_code",
    "inviter_id",
]


def test_ones_own_account_has_every_field_and_no_secret(world: World) -> None:
    account = world.alice.get("/api/user/self").content
    assert list(account) == [*USER_FIELDS, "must_change_password", "has_password"]
    assert (account["password"], account["access_token"]) == ("", "")
    assert (account["username"], account["quota"], account["group"]) == ("alice", 1000, "default")


def test_only_what_is_not_blank_changes(world: World) -> None:
    before = world.row(users, ALICE)
    world.alice.put("/api/user/self", {"username": "", "display_name": "A.", "password": ""})
    assert world.row(users, ALICE) == before | {"display_name": "A."}
    world.alice.put("/api/user/self", {"username": "alicia", "display_name": None})
    assert world.row(users, ALICE) == before | {"display_name": "A.", "username": "alicia"}
    assert world.published("users") == [str(ALICE)] * 2


def test_nobody_makes_themselves_rich_or_mighty(world: World) -> None:
    before = world.row(users, ALICE)
    greedy = {"id": BOB, "role": 100, "quota": 10**9, "group": "vip", "status": 1}
    assert world.alice.put("/api/user/self", greedy).json["success"] is True
    assert world.row(users, ALICE) == before


def test_what_is_wrong_with_the_input_is_said(world: World) -> None:
    put = world.alice.put
    assert put("/api/user/self", {"password": "short"}).refusal.startswith("输入不合法 `password`")
    assert put("/api/user/self", {"password": "𝄞" * 20}).refusal.startswith("输入不合法 `password`")
    assert "`display_name`" in put("/api/user/self", {"display_name": "x" * 21}).refusal
    assert "`username`" in put("/api/user/self", {"username": "thirteen_char"}).refusal
    assert put("/api/user/self", {"username": "bob"}).refusal == "this username is taken"


def test_a_long_name_from_an_identity_provider_may_stay(world: World) -> None:
    with world.database.begin() as connection:
        connection.execute(
            update(users).where(users.c.id == ALICE).values(username="github_1000000")
        )
    changed = {"username": "github_1000000", "display_name": "A."}
    assert world.alice.put("/api/user/self", changed).json["success"] is True


def test_a_new_access_token_replaces_the_old_one(world: World) -> None:
    made = world.alice.get("/api/user/token").content
    assert (len(made), made != access_token(ALICE)) == (32, True)
    assert world.alice.get("/api/user/self").json["success"] is False
    assert world.visitor(authorization=made).get("/api/user/self").content["id"] == ALICE


def test_the_invitation_code_is_made_once(world: World) -> None:
    with world.database.begin() as connection:
        connection.execute(update(users).where(users.c.id == ALICE).values(aff_code=""))
    code = world.alice.get("/api/user/aff").content
    assert len(code) == 4
    assert world.alice.get("/api/user/aff").content == code
    assert world.bob.get("/api/user/aff").content == f"aff{BOB}"


def test_available_models_are_those_of_ones_group_sorted(everywhere: World) -> None:
    for group, model, is_on in [
        ("default", "b", True),
        ("default", "a", True),
        ("default", "off", False),
        ("vip", "v", True),
        ("default", "", True),
    ]:
        everywhere.add(abilities, group=group, model=model, channel_id=1, enabled=is_on)
    assert everywhere.alice.get("/api/user/available_models").content == ["a", "b"]


def a_code(world: World, quota: int = 500, status: int = 1) -> str:
    key = f"{quota:032x}"
    world.put(redemptions, key=key, quota=quota, status=status, name="gift", created_time=NOW)
    return key


def test_redeeming_adds_the_quota_once_and_leaves_a_trace(world: World) -> None:
    key = a_code(world)
    assert world.alice.post("/api/user/topup", {"key": key}).content == 500
    assert world.alice.post("/api/user/topup", {"key": key}).refusal == "兑换失败，该兑换码已被使用"
    assert world.row(users, ALICE)["quota"] == 1500
    assert world.rows(redemptions)[0]["status"] == 3
    assert world.rows(redemptions)[0]["redeemed_time"] == NOW
    assert [(row["user_id"], row["type"]) for row in world.rows(logs)] == [(ALICE, 1)]


def test_unknown_disabled_and_missing_codes_are_told_apart(world: World) -> None:
    post = world.alice.post
    assert post("/api/user/topup", {"key": "0" * 32}).refusal == "兑换失败，无效的兑换码"
    disabled = a_code(world, status=2)
    assert post("/api/user/topup", {"key": disabled}).refusal == "兑换失败，该兑换码已被使用"
    for nothing in ({}, {"key": ""}, {"key": "  "}, {"key": None}):
        assert post("/api/user/topup", nothing).refusal == "未提供兑换码"


def test_a_hundred_at_once_redeem_one_code_once(everywhere: World) -> None:
    key = a_code(everywhere)
    asked = [Asked("POST", "/api/user/topup", {"key": key})] * 100
    replies = everywhere.alice.together(asked)
    assert sorted(reply.json["success"] for reply in replies) == [False] * 99 + [True]
    assert everywhere.row(users, ALICE)["quota"] == 1500
    assert len(everywhere.rows(logs)) == 1


def test_people_close_their_own_account_and_root_does_not(world: World) -> None:
    assert world.root.delete("/api/user/self").refusal == "不能删除超级管理员账户"
    assert world.alice.delete("/api/user/self/").json["success"] is True
    row = world.row(users, ALICE)
    assert (row["status"], row["username"].startswith("deleted_")) == (3, True)
    assert world.alice.get("/api/user/self").refusal == "用户已被封禁"
