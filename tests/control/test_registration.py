"""Opening an account: who may, what a new user is given, the codes and links that are mailed."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import update

from oneapi.control.context import RateLimits
from oneapi.control.sign_in.codes import ATTEMPTS_MAX, LIFE_SECONDS, MAILS_AT_ONCE
from oneapi.store.rate_limit import Limit
from oneapi.store.tables import logs, options, tokens, users, verifications
from tests.control.browser import Asked, Reply
from tests.control.conftest import ALICE, BOB, PASSWORD, World

CAROL = {"username": "carol", "password": "correct horse"}
EMAIL = "carol@gmail.com"


def set_options(world: World, **texts: str) -> None:
    for key, value in texts.items():
        world.add(options, key=key, value=value)


@pytest.fixture
def mailing(world: World) -> World:
    """A site that sends mail, and asks for proof of an address."""
    set_options(
        world,
        SMTPServer="mail.example.com",
        EmailVerificationEnabled="true",
        ServerAddress="https://site.example",
    )
    return world


def register(world: World, **more: Any) -> Reply:
    return world.visitor().post("/api/user/register", CAROL | more)


def mailed_code(world: World, email: str = EMAIL) -> str:
    assert world.visitor().post("/api/verification", {"email": email}).json["success"] is True
    found = re.search(r"\b\d{6}\b", world.mails[-1].text)
    assert found
    return found[0]


def mailed_link(world: World, email: str = "alice@example.com") -> dict[str, str]:
    assert world.visitor().post("/api/reset_password", {"email": email}).json["success"] is True
    found = re.search(
        r"https://site.example/user/reset\?email=(\S+)&token=(\w+)", world.mails[-1].text
    )
    assert found
    return {"email": found[1].replace("%40", "@"), "token": found[2]}


def new_user(world: World, name: str = "carol") -> dict[str, Any]:
    return next(row for row in world.rows(users) if row["username"] == name)


def test_a_visitor_opens_an_account_and_signs_in(everywhere: World) -> None:
    visitor = everywhere.visitor()
    reply = visitor.post("/api/user/register", CAROL)
    assert reply.json == {"success": True, "message": ""}
    assert "set-cookie" not in reply.headers
    row = new_user(everywhere)
    assert (row["role"], row["status"], row["group"], row["quota"]) == (1, 1, "default", 0)
    assert (row["display_name"], row["email"], row["inviter_id"]) == ("carol", "", 0)
    assert len(row["access_token"]) == 32
    keys = [key for key in everywhere.rows(tokens) if key["user_id"] == row["id"]]
    assert [(key["name"], key["unlimited_quota"], key["expired_time"]) for key in keys] == [
        ("default", True, -1)
    ]
    assert visitor.post("/api/user/login", CAROL).content["username"] == "carol"


def test_nobody_registers_as_more_than_they_are(world: World) -> None:
    greedy = {"role": 100, "quota": 10**9, "group": "vip", "status": 2, "id": 1, "inviter_id": BOB}
    register(world, **greedy, access_token="a" * 32)
    row = new_user(world)
    assert (row["role"], row["quota"], row["group"], row["status"]) == (1, 0, "default", 1)
    assert (row["inviter_id"], row["access_token"] != "a" * 32) == (0, True)


@pytest.mark.parametrize(
    ("option", "code"),
    [
        ("RegisterEnabled", "registration_off"),
        ("PasswordRegisterEnabled", "password_registration_off"),
    ],
)
def test_the_operator_closes_the_door(world: World, option: str, code: str) -> None:
    set_options(world, **{option: "false"})
    before = world.rows(users)
    assert register(world).json["code"] == code
    assert world.rows(users) == before


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"username": ""}, "username"),
        ({"username": "thirteen_char"}, "username"),
        ({"username": "a\nb"}, "username"),
        ({"username": "alice"}, "username"),
        ({"password": "short"}, "password"),
        ({"password": "x" * 21}, "password"),
        ({"password": None}, "password"),
    ],
)
def test_what_is_wrong_is_named(world: World, more: dict[str, Any], field: str) -> None:
    before = world.rows(users)
    assert register(world, **more).json["field"] == field
    assert world.rows(users) == before


def test_everybody_gets_their_grant_once(everywhere: World) -> None:
    set_options(everywhere, QuotaForNewUser="100", QuotaForInvitee="20", QuotaForInviter="3")
    register(everywhere, aff_code=f"aff{BOB}")
    row = new_user(everywhere)
    assert (row["quota"], row["inviter_id"]) == (120, BOB)
    assert everywhere.row(users, BOB)["quota"] == 1003
    said = [(log["user_id"], log["type"], log["content"]) for log in everywhere.rows(logs)]
    assert said == [
        (row["id"], 4, "新用户注册赠送 ＄0.000200 额度"),
        (row["id"], 4, "使用邀请码赠送 ＄0.000040 额度"),
        (BOB, 4, "邀请用户赠送 ＄0.000006 额度"),
    ]
    assert register(everywhere, aff_code=f"aff{BOB}").json["success"] is False
    assert everywhere.row(users, BOB)["quota"] == 1003
    assert everywhere.bob.get("/api/user/invited").content == {"people": 1, "quota": 3}
    assert everywhere.alice.get("/api/user/invited").content == {"people": 0, "quota": 0}


@pytest.mark.parametrize("aff_code", ["", "none", f"aff{ALICE}"])
def test_an_unknown_inviter_or_a_disabled_one_is_none(world: World, aff_code: str) -> None:
    with world.database.begin() as connection:
        connection.execute(update(users).where(users.c.id == ALICE).values(status=2))
        connection.execute(update(users).where(users.c.id == BOB).values(aff_code=""))
    set_options(world, QuotaForInvitee="20", QuotaForInviter="3")
    assert register(world, aff_code=aff_code).json["success"] is True
    assert (new_user(world)["inviter_id"], new_user(world)["quota"]) == (0, 0)


def test_many_at_once_get_a_name_once(everywhere: World) -> None:
    set_options(everywhere, QuotaForInviter="3")
    asked = [Asked("POST", "/api/user/register", CAROL | {"aff_code": f"aff{BOB}"})] * 8
    replies = everywhere.visitor().together(asked)
    assert sorted(reply.json["success"] for reply in replies) == [False] * 7 + [True]
    assert everywhere.row(users, BOB)["quota"] == 1003


def test_a_mailed_code_proves_an_address_once(mailing: World) -> None:
    code = mailed_code(mailing)
    assert mailing.mails[-1].to == EMAIL
    assert register(mailing, email="Carol@Gmail.com", verification_code=f" {code} ").json["success"]
    assert new_user(mailing)["email"] == EMAIL
    again = CAROL | {"username": "carla", "email": EMAIL, "verification_code": code}
    assert mailing.visitor().post("/api/user/register", again).json["code"] == "bad_email_code"


def test_a_code_used_by_many_at_once_serves_one(everywhere: World) -> None:
    set_options(everywhere, SMTPServer="mail.example.com", EmailVerificationEnabled="true")
    code = mailed_code(everywhere)
    asked = [
        Asked(
            "POST",
            "/api/user/register",
            CAROL | {"username": f"carol{number}", "email": EMAIL, "verification_code": code},
        )
        for number in range(ATTEMPTS_MAX)
    ]
    replies = everywhere.visitor().together(asked)
    assert [reply.json["success"] for reply in replies].count(True) == 1
    assert len([row for row in everywhere.rows(users) if row["email"] == EMAIL]) == 1


def test_a_code_of_another_address_proves_nothing(mailing: World) -> None:
    code = mailed_code(mailing)
    reply = register(mailing, email="other@gmail.com", verification_code=code)
    assert (reply.json["code"], reply.json["field"]) == ("bad_email_code", "verification_code")


def test_what_is_no_address_is_told_so_at_its_field(mailing: World) -> None:
    reply = mailing.visitor().post("/api/verification", {"email": "nomail"}, accept_language="zh")
    assert (reply.json["field"], reply.json["reason"]) == ("email", "必须是邮箱地址")


@pytest.mark.parametrize("told", [{}, {"email": EMAIL}, {"verification_code": "123456"}])
def test_address_and_code_are_both_needed(mailing: World, told: dict[str, str]) -> None:
    assert register(mailing, **told).refusal == "管理员开启了邮箱验证，请输入邮箱地址和验证码"


def test_a_code_is_guessed_a_few_times_only(mailing: World) -> None:
    code = mailed_code(mailing)
    wrong = f"{(int(code) + 1) % 10**6:06d}"
    for _ in range(ATTEMPTS_MAX):
        reply = register(mailing, email=EMAIL, verification_code=wrong)
        assert reply.refusal == "验证码错误或已过期"
    assert register(mailing, email=EMAIL, verification_code=code).json["success"] is False


def test_a_name_that_is_taken_does_not_cost_the_code(mailing: World) -> None:
    code = mailed_code(mailing)
    for _ in range(ATTEMPTS_MAX + 1):
        taken = register(mailing, username="alice", email=EMAIL, verification_code=code)
        assert taken.json["code"] == "user_exists"
    assert register(mailing, email=EMAIL, verification_code=code).json["success"] is True


def test_a_code_lives_for_ten_minutes(mailing: World) -> None:
    code = mailed_code(mailing)
    mailing.clock.advance(LIFE_SECONDS)
    assert register(mailing, email=EMAIL, verification_code=code).json["success"] is False


def test_a_new_code_replaces_the_old_one(mailing: World) -> None:
    old = mailed_code(mailing)
    new = mailed_code(mailing)
    assert old != new
    assert register(mailing, email=EMAIL, verification_code=old).json["success"] is False
    assert register(mailing, email=EMAIL, verification_code=new).json["success"] is True


def test_who_reads_the_table_learns_no_code(mailing: World) -> None:
    code = mailed_code(mailing)
    link = mailed_link(mailing)
    stored = str(mailing.rows(verifications))
    assert code not in stored
    assert link["token"] not in stored
    assert EMAIL not in stored


@pytest.mark.parametrize("path", ["/api/verification", "/api/reset_password"])
def test_the_answer_does_not_tell_whose_an_address_is(mailing: World, path: str) -> None:
    emails = ["alice@example.com", "nobody@example.com"]
    replies = [mailing.visitor().post(path, {"email": email}) for email in emails]
    assert replies[0].json == replies[1].json == {"success": True, "message": ""}
    refused = [
        [mailing.visitor().post(path, {"email": email}) for _ in range(MAILS_AT_ONCE)][-1]
        for email in emails
    ]
    assert [reply.status for reply in refused] == [429, 429]
    assert refused[0].headers["retry-after"] == refused[1].headers["retry-after"]


def test_the_owner_of_a_taken_address_is_told_and_gets_no_code(mailing: World) -> None:
    mailing.visitor().post("/api/verification", {"email": "ALICE@example.com"})
    assert "https://site.example/login" in mailing.mails[-1].text
    assert not re.search(r"\d{6}", mailing.mails[-1].text)


def test_few_mails_go_to_one_address_whoever_asks(mailing: World) -> None:
    def ask(email: str, address: str, path: str = "/api/verification") -> int:
        return mailing.visitor(address).post(path, {"email": email}).status

    for number in range(MAILS_AT_ONCE):
        assert ask(EMAIL, f"198.51.100.{number}") == 200
    assert ask("CAROL@gmail.com", "198.51.100.9") == 429
    assert ask(EMAIL, "198.51.100.10", "/api/reset_password") == 429
    assert ask("dave@gmail.com", "198.51.100.9") == 200
    mailing.clock.advance(300)
    assert ask(EMAIL, "198.51.100.11") == 200
    assert len(mailing.mails) == MAILS_AT_ONCE + 2


def test_few_mails_to_one_address_hold_against_many_at_once(everywhere: World) -> None:
    set_options(everywhere, SMTPServer="mail.example.com")
    asked = [Asked("POST", "/api/verification", {"email": EMAIL})] * 12
    replies = everywhere.visitor().together(asked)
    sent = [reply.status for reply in replies].count(200)
    assert 1 <= sent <= MAILS_AT_ONCE
    assert len(everywhere.mails) == sent


def test_one_address_of_clients_asks_for_few(worlds: Callable[..., World]) -> None:
    world = worlds(rate_limits=RateLimits(Limit(0, 1), Limit(2, 1200), Limit(0, 1)))
    set_options(world, SMTPServer="mail.example.com")
    statuses = [
        world.visitor().post("/api/verification", {"email": f"{name}@gmail.com"}).status
        for name in "abc"
    ]
    assert statuses == [200, 200, 429]


@pytest.mark.parametrize(
    "email",
    [
        "", "carol", "carol@", "@gmail.com", "a b@gmail.com", "a@b@gmail.com", "carol@gmail",
        "carol@gmail.com\nBcc: x@y.z", "carol@gmail.com,dave@gmail.com", "<carol@gmail.com>",
        "x" * 50 + "@gmail.com", "\u00e9@gmail.com", "a..b@gmail.com",
    ],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/api/verification", "/api/reset_password"])
def test_what_is_no_address_gets_no_mail(mailing: World, path: str, email: str) -> None:
    assert mailing.visitor().post(path, {"email": email}).json["field"] == "email"
    assert mailing.mails == []


def test_only_domains_on_the_list_get_a_code(mailing: World) -> None:
    set_options(mailing, EmailDomainRestrictionEnabled="true", EmailDomainWhitelist="A.example,b.c")
    post = mailing.visitor().post
    for email in ("carol@gmail.com", "carol@sub.a.example", "carol@xa.example"):
        assert post("/api/verification", {"email": email}).json["code"] == "email_domain"
    assert post("/api/verification", {"email": "carol@a.EXAMPLE"}).json["success"] is True


def test_without_a_mail_server_the_answer_says_so(world: World) -> None:
    for path in ("/api/verification", "/api/reset_password"):
        assert world.visitor().post(path, {"email": EMAIL}).json["code"] == "mail_not_set_up"


def test_mails_speak_the_readers_language(mailing: World) -> None:
    set_options(mailing, SystemName="My <b>Site</b>")
    mailing.visitor().post("/api/verification", {"email": EMAIL}, accept_language="zh-CN")
    mail = mailing.mails[-1]
    assert mail.subject == "My <b>Site</b> 邮箱验证邮件"
    assert "My &lt;b&gt;Site&lt;/b&gt;" in mail.html
    mailing.visitor().post("/api/verification", {"email": EMAIL})
    assert "Your code" in mailing.mails[-1].text


def test_scripts_ask_by_get_and_other_sites_pages_do_not(mailing: World) -> None:
    for path in ("/api/verification", "/api/reset_password"):
        get = mailing.visitor().get
        assert (
            get(f"{path}?email=alice@example.com", sec_fetch_site="cross-site").json["code"]
            == "use_post"
        )
        assert mailing.mails == []
        assert get(f"{path}?email=alice@example.com").json["success"] is True
        assert len(mailing.mails) == 1
        mailing.mails.clear()


class TestReset:
    """Getting back into an account by its address."""

    def test_the_owner_chooses_a_new_password(self, mailing: World) -> None:
        before = mailing.visitor()
        before.post("/api/user/login", {"username": "alice", "password": PASSWORD})
        link = mailed_link(mailing)
        new = link | {"password": "another horse"}
        assert mailing.visitor().post("/api/user/reset", new).content == ""
        assert before.get("/api/user/self").status == 401
        login = {"username": "alice", "password": "another horse"}
        assert mailing.visitor().post("/api/user/login", login).json["success"] is True
        assert mailing.published("users") == [str(ALICE)]

    def test_without_a_choice_one_is_made_up_as_one_api_does(self, mailing: World) -> None:
        made = mailing.visitor().post("/api/user/reset", mailed_link(mailing)).content
        assert len(made) == 16
        login = {"username": "alice", "password": made}
        assert mailing.visitor().post("/api/user/login", login).json["success"] is True

    def test_a_link_works_once(self, everywhere: World) -> None:
        set_options(everywhere, SMTPServer="mail", ServerAddress="https://site.example")
        asked = [Asked("POST", "/api/user/reset", mailed_link(everywhere))] * 4
        replies = everywhere.visitor().together(asked)
        assert sorted(reply.json["success"] for reply in replies) == [False] * 3 + [True]

    @pytest.mark.parametrize(
        "change",
        [{"token": "0" * 32}, {"token": ""}, {"email": "bob@example.com"}, {"email": ""}],
    )
    def test_another_link_opens_nothing(self, mailing: World, change: dict[str, str]) -> None:
        before = mailing.rows(users)
        reply = mailing.visitor().post("/api/user/reset", mailed_link(mailing) | change)
        assert reply.refusal == "重置链接非法或已过期"
        assert mailing.rows(users) == before

    def test_guessing_does_not_spoil_the_owners_link(self, mailing: World) -> None:
        link = mailed_link(mailing)
        for _ in range(2 * ATTEMPTS_MAX):
            mailing.visitor().post("/api/user/reset", link | {"token": "0" * 32})
        assert mailing.visitor().post("/api/user/reset", link).json["success"] is True

    def test_a_link_lives_for_ten_minutes(self, mailing: World) -> None:
        link = mailed_link(mailing)
        mailing.clock.advance(LIFE_SECONDS)
        assert mailing.visitor().post("/api/user/reset", link).json["success"] is False

    def test_a_bad_password_does_not_cost_the_link(self, mailing: World) -> None:
        link = mailed_link(mailing)
        short = mailing.visitor().post("/api/user/reset", link | {"password": "short"})
        assert short.json["field"] == "password"
        assert mailing.visitor().post("/api/user/reset", link).json["success"] is True

    def test_a_code_is_no_link_and_a_link_no_code(self, mailing: World) -> None:
        code = mailed_code(mailing)
        reset = {"email": EMAIL, "token": code}
        assert mailing.visitor().post("/api/user/reset", reset).json["success"] is False
        link = mailed_link(mailing)
        asked = {"email": link["email"], "verification_code": link["token"]}
        assert register(mailing, **asked).json["code"] == "bad_email_code"

    def test_accounts_that_share_an_address_get_a_link_each(self, mailing: World) -> None:
        with mailing.database.begin() as connection:
            shared = update(users).where(users.c.id == BOB).values(email="Alice@example.com")
            connection.execute(shared)
        mailing.visitor().post("/api/reset_password", {"email": "alice@example.com"})
        first, second = mailing.mails
        assert ("alice" in first.text, "bob" in second.text) == (True, True)
        secret = re.search(r"token=(\w+)", second.text)
        assert secret
        reset = {"email": "alice@example.com", "token": secret[1], "password": "another horse"}
        before = mailing.row(users, ALICE)
        assert mailing.visitor().post("/api/user/reset", reset).json["success"] is True
        assert mailing.row(users, ALICE) == before
        assert (
            mailing.visitor()
            .post("/api/user/login", {"username": "bob", "password": "another horse"})
            .json["success"]
        )

    @pytest.mark.parametrize("status", [2, 3])
    def test_a_closed_account_is_not_reset(self, mailing: World, status: int) -> None:
        link = mailed_link(mailing)
        with mailing.database.begin() as connection:
            connection.execute(update(users).where(users.c.id == ALICE).values(status=status))
        assert mailing.visitor().post("/api/user/reset", link).json["success"] is False
        mailing.mails.clear()
        mailing.visitor().post("/api/reset_password", {"email": "alice@example.com"})
        assert mailing.mails == []
