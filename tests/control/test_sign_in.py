"""Signing in with a password: sessions, their end, and the default password."""

from collections.abc import Callable
from typing import Any

import pytest
from itsdangerous import URLSafeSerializer
from sqlalchemy import update

from oneapi.control.sign_in.session import COOKIE
from oneapi.store.tables import installation, options, users
from tests.control.browser import Browser, Reply
from tests.control.conftest import ADMIN, ALICE, DEFAULT_HASH, NOW, PASSWORD, ROOT, World

GOOD = {"username": "alice", "password": PASSWORD}


def sign_in(visitor: Browser, username: str = "alice", password: str = PASSWORD) -> Reply:
    return visitor.post("/api/user/login", {"username": username, "password": password})


def set_user(world: World, user_id: int, **values: object) -> None:
    with world.database.begin() as connection:
        connection.execute(update(users).where(users.c.id == user_id).values(values))


def test_signing_in_answers_who_one_is_and_opens_a_session(world: World) -> None:
    visitor = world.visitor()
    assert sign_in(visitor).content == {
        "id": ALICE,
        "username": "alice",
        "display_name": "Alice",
        "role": 1,
        "status": 1,
    }
    assert visitor.get("/api/user/self").content["id"] == ALICE


def test_an_email_address_serves_as_a_name(world: World) -> None:
    assert sign_in(world.visitor(), "alice@example.com").content["id"] == ALICE


def test_blanks_around_a_name_are_no_part_of_it(everywhere: World) -> None:
    assert sign_in(everywhere.visitor(), " alice \n").json["success"] is True


def test_nobodys_name_keeps_the_owner_of_an_address_outside(world: World) -> None:
    world.put(
        users,
        username="alice@example.com",
        password=DEFAULT_HASH,
        status=1,
        role=1,
        aff_code="x",
        access_token="b" * 32,
    )
    for password, user_id in ((PASSWORD, ALICE), ("123456", 5)):
        signed_in = {"username": "alice@example.com", "password": password}
        assert world.visitor().post("/api/user/login", signed_in).content["id"] == user_id
    wrong = {"username": "alice@example.com", "password": "guess"}
    assert world.visitor().post("/api/user/login", wrong).json["code"] == "login_failed"


def test_signing_out_ends_the_session(world: World) -> None:
    visitor = world.visitor()
    sign_in(visitor)
    visitor.post("/api/user/logout")
    assert visitor.get("/api/user/self").status == 401


def test_the_cookie_is_hidden_from_scripts_and_other_sites(world: World) -> None:
    attributes = sign_in(world.visitor()).headers["set-cookie"].lower()
    assert "httponly" in attributes
    assert "samesite=lax" in attributes
    assert "max-age=2592000" in attributes
    assert "; secure" not in attributes


def test_the_cookie_stays_on_https_when_a_trusted_proxy_says_so(world: World) -> None:
    behind_proxy = world.visitor("127.0.0.1", x_forwarded_proto="https")
    stranger = world.visitor("8.8.8.8", x_forwarded_proto="https")
    assert "; secure" in sign_in(behind_proxy).headers["set-cookie"].lower()
    assert "; secure" not in sign_in(stranger).headers["set-cookie"].lower()


@pytest.mark.parametrize(
    ("username", "password"),
    [("alice", "wrong password"), ("nobody", PASSWORD), ("alice", "x" * 100), ("alice", "é" * 40)],
)
def test_a_wrong_name_and_a_wrong_password_are_answered_alike(
    world: World, username: str, password: str
) -> None:
    reply = sign_in(world.visitor(), username, password)
    assert (reply.status, reply.refusal) == (200, "用户名或密码错误，或用户已被封禁")
    assert "set-cookie" not in reply.headers


def test_an_account_without_a_password_cannot_be_entered_with_one(world: World) -> None:
    set_user(world, ALICE, password="")
    assert sign_in(world.visitor()).json["success"] is False


@pytest.mark.parametrize("document", [{}, {"username": "alice"}, {"password": PASSWORD}])
def test_name_and_password_are_both_needed(world: World, document: dict[str, str]) -> None:
    assert world.visitor().post("/api/user/login", document).refusal == "invalid parameter"


def test_root_can_switch_password_login_off(world: World) -> None:
    world.add(options, key="PasswordLoginEnabled", value="false")
    assert sign_in(world.visitor()).refusal == "管理员关闭了密码登录"


@pytest.mark.parametrize("status", [2, 3])
def test_a_disabled_or_deleted_user_is_out_at_once(world: World, status: int) -> None:
    visitor = world.visitor()
    sign_in(visitor)
    set_user(world, ALICE, status=status)
    assert visitor.get("/api/user/self").refusal == "用户已被封禁"
    assert COOKIE not in visitor.cookies
    assert sign_in(visitor).json["success"] is False
    assert world.alice.get("/api/user/self").refusal == "用户已被封禁"


def test_a_role_taken_away_is_gone_at_once(world: World) -> None:
    visitor = world.visitor()
    sign_in(visitor, "admin")
    assert visitor.get("/api/user/").content != []
    set_user(world, ADMIN, role=1)
    assert visitor.get("/api/user/").refusal == "无权进行此操作，权限不足"


@pytest.mark.parametrize("told", [{}, {"original_password": "a guess"}])
def test_in_a_session_a_new_password_needs_the_old_one(world: World, told: dict[str, str]) -> None:
    visitor = world.visitor()
    sign_in(visitor)
    reply = visitor.put("/api/user/self", {"password": "another horse"} | told).json
    assert (reply["code"], reply["field"]) == ("wrong_password", "original_password")
    assert sign_in(world.visitor()).json["success"] is True
    assert world.alice.put("/api/user/self", {"password": "another horse"}).json["success"] is True


def test_signing_out_and_a_new_access_token_go_by_post_too(world: World) -> None:
    visitor = world.visitor()
    sign_in(visitor)
    made = visitor.post("/api/user/token").content
    assert world.visitor(authorization=made).get("/api/user/self").content["id"] == ALICE
    assert visitor.post("/api/user/logout").json["success"] is True
    assert visitor.get("/api/user/self").status == 401


def test_a_new_password_ends_the_other_sessions_and_not_ones_own(world: World) -> None:
    here, elsewhere = world.visitor(), world.visitor()
    sign_in(here)
    sign_in(elsewhere)
    new = {"password": "another horse", "original_password": PASSWORD}
    assert here.put("/api/user/self", new).json["success"] is True
    assert here.get("/api/user/self").status == 200
    assert elsewhere.get("/api/user/self").status == 401
    assert sign_in(world.visitor(), "alice", "another horse").json["success"] is True


def test_a_session_ends_after_thirty_days(world: World) -> None:
    visitor = world.visitor()
    sign_in(visitor)
    world.clock.advance(30 * 24 * 3600)
    assert visitor.get("/api/user/self").status == 200
    world.clock.advance(1)
    assert visitor.get("/api/user/self").status == 401


@pytest.mark.parametrize("secret", ["another secret", ""])
def test_a_session_that_we_did_not_sign_is_none(world: World, secret: str) -> None:
    visitor = world.visitor()
    said = {"id": ROOT, "at": world.clock(), "pw": "", "default": False}
    visitor.cookies[COOKIE] = URLSafeSerializer(secret, salt="oneapi.session").dumps(said)
    assert visitor.get("/api/user/self").status == 401


def test_a_session_that_another_sites_page_uses_is_none(world: World) -> None:
    visitor = world.visitor()
    sign_in(visitor)
    before = world.row(users, ALICE)["access_token"]
    assert visitor.post("/api/user/token", sec_fetch_site="cross-site").status == 401
    assert world.row(users, ALICE)["access_token"] == before
    assert visitor.post("/api/user/token", sec_fetch_site="same-origin").content


def test_a_session_wins_over_an_access_token(world: World) -> None:
    visitor = world.by_access_token(ROOT)
    sign_in(visitor)
    assert visitor.get("/api/user/self").content["username"] == "alice"


@pytest.mark.parametrize("form", ["{}", "Bearer {}"])
def test_an_access_token_works_with_and_without_bearer(world: World, form: str) -> None:
    access_token = world.row(users, ROOT)["access_token"]
    visitor = world.visitor("8.8.8.8", authorization=form.format(access_token))
    assert visitor.get("/api/user/self").content["username"] == "root"


@pytest.mark.parametrize("header", ["Bearer nobody's", "x", "Bearer ", "Bearer  ", "\x00", "é\x01"])
def test_an_unknown_access_token_is_a_business_error(world: World, header: str) -> None:
    set_user(world, ALICE, access_token="")
    reply = world.visitor(authorization=header).get("/api/user/self")
    assert (reply.status, reply.refusal) == (200, "无权进行此操作，access token 无效")


def test_without_session_and_access_token_the_answer_is_401(world: World) -> None:
    reply = world.visitor().get("/api/user/self")
    assert (reply.status, reply.refusal) == (401, "无权进行此操作，未登录且未提供 access token")


class TestDefaultPassword:
    """Root's published password opens the door from inside, to change the lock."""

    @pytest.fixture
    def fresh(self, worlds: Callable[..., World]) -> World:
        world = worlds()
        set_user(world, ROOT, password=DEFAULT_HASH)
        return world

    def test_from_a_public_address_it_is_refused_and_the_answer_says_what_to_do(
        self, fresh: World
    ) -> None:
        behind_proxy = fresh.visitor("10.0.0.1", x_forwarded_for="8.8.8.8")
        for visitor in (fresh.visitor("8.8.8.8"), behind_proxy):
            assert "one-api reset-password" in sign_in(visitor, "root", "123456").refusal
            assert visitor.cookies == {}

    def test_in_the_first_hour_it_opens_from_anywhere(self, fresh: World) -> None:
        fresh.add(installation, name="made_at", value=NOW)
        fresh.clock.advance(3599)
        visitor = fresh.visitor("8.8.8.8")
        behind_proxy = fresh.visitor("127.0.0.1", x_forwarded_for="8.8.8.8")
        stranger = fresh.visitor("8.8.8.8", x_forwarded_for="192.168.1.5")
        for one in (visitor, behind_proxy, stranger):
            assert sign_in(one, "root", "123456").json["success"] is True
            assert 'PUT /api/user/self with {"password": ' in one.get("/api/channel/").refusal
        fresh.clock.advance(1)
        for one in (visitor, behind_proxy, stranger):
            refusal = sign_in(one, "root", "123456").refusal
            for way in ("one-api reset-password root", "tunnel", "INITIAL_ROOT_PASSWORD"):
                assert way in refusal

    def test_from_a_private_address_it_only_serves_to_change_it(self, fresh: World) -> None:
        visitor = fresh.visitor("192.168.1.5")
        assert sign_in(visitor, "root", "123456").json["success"] is True
        assert visitor.get("/api/user/self").content["username"] == "root"
        assert visitor.get("/api/status").status == 200
        for path in ("/api/channel/", "/api/user/token", "/api/option/", "/api/token/"):
            assert 'PUT /api/user/self with {"password": ' in visitor.get(path).refusal
        assert "PUT" in visitor.put("/api/user/self", {"display_name": "me"}).refusal

    def test_once_changed_the_same_session_may_do_everything(self, fresh: World) -> None:
        visitor = fresh.visitor("192.168.1.5")
        sign_in(visitor, "root", "123456")
        old_cookie = dict(visitor.cookies)
        assert "8 to 20" in visitor.put("/api/user/self", {"password": "123456"}).refusal
        visitor.put("/api/user/self", {"password": "not so default"})
        assert visitor.get("/api/channel/").content == []
        visitor.cookies = old_cookie
        assert visitor.get("/api/user/self").status == 401

    def test_access_tokens_work_without_changing_it(self, fresh: World) -> None:
        assert fresh.root.get("/api/channel/").content == []


FORGED: list[Any] = [
    None,
    [],
    "root",
    {},
    {"id": 1},
    {"id": "1", "at": NOW, "pw": "x", "default": False},
    {"id": True, "at": NOW, "pw": "x", "default": False},
    {"id": 10**30, "at": NOW, "pw": "x", "default": False},
    {"id": -1, "at": NOW, "pw": "x", "default": False},
    {"id": 1, "at": "now", "pw": "x", "default": False},
    {"id": 1, "at": None, "pw": "x", "default": False},
    {"id": 1, "at": 10**30, "pw": "x", "default": False},
    {"id": 1, "at": NOW, "pw": None, "default": False},
    {"id": 1, "at": NOW, "pw": "\u00fc", "default": False},
    {"id": 1, "at": NOW, "pw": "x", "default": {}},
    {"id": [1], "at": [NOW], "pw": ["x"], "default": [False]},
]


@pytest.mark.fault("A10")
@pytest.mark.parametrize("said", FORGED)
def test_a_cookie_of_another_shape_is_no_session(world: World, said: Any) -> None:
    visitor = world.visitor()
    secret = world.services.session_secret
    visitor.cookies[COOKIE] = URLSafeSerializer(secret, salt="oneapi.session").dumps(said)
    for path in ("/api/user/self", "/api/channel/", "/api/log/self"):
        assert visitor.get(path).status == 401
    assert visitor.get("/api/status").status == 200


@pytest.mark.fault("A10")
@pytest.mark.parametrize("cookie", ["", "x", "a.b", "a.b.c", ".", "e30.x", "\xff", "x" * 9000, '"'])
def test_a_cookie_that_nobody_signed_is_no_session(world: World, cookie: str) -> None:
    assert world.visitor(cookie=f"{COOKIE}={cookie}").get("/api/user/self").status == 401
