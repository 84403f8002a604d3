"""Signing in with GitHub: what its reference says, and what people try."""

from collections.abc import Callable, Generator
from typing import Any

import pytest
from sqlalchemy import func, select, update

from oneapi.control.oauth.github import api_of
from oneapi.store import former_logins
from oneapi.store.database import Database
from oneapi.store.tables import options, sessions, tokens, users, verifications
from tests.control.browser import Asked, Browser, Reply
from tests.control.conftest import ALICE, BOB, PASSWORD, World
from tests.fakes import html_answer, json_answer
from tests.identity import CLIENT, SECRET, GitHub, query_of

OCTOCAT = {"id": 583231, "login": "octocat", "name": "Mona Lisa", "email": "mona@public.example"}
OTHER = {"id": 999, "login": "octocat", "name": "Impostor", "email": None}


@pytest.fixture
def github() -> Generator[GitHub]:
    server = GitHub(callback="https://site.example/oauth/github", person=dict(OCTOCAT))
    with server.serving():
        yield server


def switched_on(world: World, github: GitHub, **more: str) -> World:
    values = {
        "GitHubOAuthEnabled": "true",
        "GitHubClientId": CLIENT,
        "GitHubClientSecret": SECRET,
        "GitHubAddress": f"{github.url}/",
        "ServerAddress": "https://site.example/",
    }
    for key, value in (values | more).items():
        world.add(options, key=key, value=value)
    return world


@pytest.fixture
def site(world: World, github: GitHub) -> World:
    return switched_on(world, github)


def sent_to(visitor: Browser, **document: Any) -> dict[str, str]:
    """Begin; return what the provider's page is asked."""
    begun = visitor.post("/api/oauth/state", {"provider": "github", **document}).content
    query = query_of(begun["url"])
    assert query["state"] == begun["state"]
    return query


def came_back(visitor: Browser, github: GitHub, **document: Any) -> Reply:
    """Go to the provider's page, agree, and come back."""
    query = sent_to(visitor, **document)
    return visitor.get(f"/api/oauth/github?code={github.agree(query)}&state={query['state']}")


def account_of(world: World, name: str) -> dict[str, Any]:
    return next(row for row in world.rows(users) if row["username"] == name)


def signed_in(world: World, name: str) -> Browser:
    visitor = world.visitor()
    visitor.post("/api/user/login", {"username": name, "password": PASSWORD})
    return visitor


def test_a_stranger_gets_an_account_of_their_own(site: World, github: GitHub) -> None:
    site.add(options, key="QuotaForNewUser", value="500")
    github.emails = [
        {"email": "old@example.org", "primary": False, "verified": True},
        {"email": "Mona@Example.org", "primary": True, "verified": True},
    ]
    visitor = site.visitor()
    person = came_back(visitor, github).content
    assert person == {
        "id": 5,
        "username": "github_5",
        "display_name": "Mona Lisa",
        "role": 1,
        "status": 1,
    }
    row = account_of(site, "github_5")
    assert (row["github_id"], row["email"], row["password"]) == ("583231", "mona@example.org", "")
    assert row["quota"] == 500
    assert [key["name"] for key in site.rows(tokens) if key["user_id"] == 5] == ["default"]
    assert visitor.get("/api/user/self").content["username"] == "github_5"
    assert came_back(site.visitor(), github).content["id"] == 5
    assert len(site.rows(users)) == 5


def test_the_invitation_counts(site: World, github: GitHub) -> None:
    site.add(options, key="QuotaForInvitee", value="7")
    came_back(site.visitor(), github, aff_code="aff4")
    row = account_of(site, "github_5")
    assert (row["inviter_id"], row["quota"]) == (BOB, 7)


def test_nobody_gets_an_account_while_registration_is_off(site: World, github: GitHub) -> None:
    site.add(options, key="RegisterEnabled", value="false")
    reply = came_back(site.visitor(), github)
    assert reply.json["code"] == "registration_off"
    assert len(site.rows(users)) == 4


def test_one_who_renamed_themselves_stays_who_they_are(site: World, github: GitHub) -> None:
    came_back(site.visitor(), github)
    github.person = {**OCTOCAT, "login": "renamed"}
    assert came_back(site.visitor(), github).content["id"] == 5
    github.person = dict(OTHER)
    assert came_back(site.visitor(), github).content["id"] == 6


def test_a_binding_by_login_is_honoured_once(site: World, github: GitHub) -> None:
    with site.database.begin() as connection:
        connection.execute(update(users).where(users.c.id == ALICE).values(github_id="octocat"))
    assert came_back(site.visitor(), github).content["id"] == ALICE
    assert site.row(users, ALICE)["github_id"] == "583231"
    github.person = dict(OTHER)
    assert came_back(site.visitor(), github).content["id"] == 5


def test_a_login_of_digits_is_nobodys_number(site: World, github: GitHub) -> None:
    """Alice was bound by One API as the login 583231; octocat's number is the same."""
    with site.database.begin() as connection:
        connection.execute(update(users).where(users.c.id == ALICE).values(github_id="583231"))
        former_logins.note(connection)
    assert came_back(site.visitor(), github).content["id"] == 5
    github.person = {"id": 42, "login": "583231", "name": "Alice"}
    assert came_back(site.visitor(), github).content["id"] == ALICE
    assert site.row(users, ALICE)["github_id"] == "42"
    github.person = dict(OCTOCAT)
    assert came_back(site.visitor(), github).content["id"] == 5


def test_a_login_like_somebodys_number_opens_nothing(site: World, github: GitHub) -> None:
    came_back(site.visitor(), github)
    github.person = {"id": 43, "login": "583231", "name": "Thief"}
    assert came_back(site.visitor(), github).content["id"] == 6


def test_an_address_never_leads_to_an_account(site: World, github: GitHub) -> None:
    github.person = {**OCTOCAT, "email": "alice@example.com"}
    github.emails = [{"email": "alice@example.com", "primary": True, "verified": True}]
    assert came_back(site.visitor(), github).content["id"] == 5
    assert account_of(site, "github_5")["email"] == ""


@pytest.mark.parametrize(
    "emails",
    [
        [{"email": "carol@example.org", "primary": True, "verified": False}],
        [{"email": "carol@example.org", "primary": True, "verified": "true"}],
        [{"email": "not an address", "primary": True, "verified": True}],
        ["carol@example.org", None, 5],
    ],
)
def test_an_address_that_is_not_proved_is_not_kept(
    site: World, github: GitHub, emails: list[Any]
) -> None:
    github.emails = emails
    came_back(site.visitor(), github)
    assert account_of(site, "github_5")["email"] == ""


def test_the_provider_is_asked_with_pkce_and_the_secret_stays_here(
    site: World, github: GitHub
) -> None:
    query = sent_to(site.visitor())
    assert query["client_id"] == CLIENT
    assert query["code_challenge_method"] == "S256"
    assert SECRET not in str(query)
    came_back(site.visitor(), github)
    assert "code_verifier=" in github.asked[0].body.decode()


class TestState:
    def test_of_another_browser(self, site: World, github: GitHub) -> None:
        query = sent_to(site.visitor())
        address = f"/api/oauth/github?code={github.agree(query)}&state={query['state']}"
        for other in (site.visitor(), self.begun(site)):
            reply = other.get(address)
            assert (reply.status, reply.refusal) == (403, "state is empty or not same")
        assert github.asked == []

    @staticmethod
    def begun(site: World) -> Browser:
        visitor = site.visitor()
        sent_to(visitor)
        return visitor

    def test_is_good_once(self, site: World, github: GitHub) -> None:
        visitor = site.visitor()
        query = sent_to(visitor)
        address = f"/api/oauth/github?code={github.agree(query)}&state={query['state']}"
        assert visitor.get(address).json["success"] is True
        assert visitor.get(f"{address}&code={github.agree(query)}").status == 403

    def test_is_good_once_even_when_the_code_was_wrong(self, site: World, github: GitHub) -> None:
        visitor = site.visitor()
        query = sent_to(visitor)
        reply = visitor.get(f"/api/oauth/github?code=wrong&state={query['state']}")
        assert reply.json["code"] == "provider_denied"
        address = f"/api/oauth/github?code={github.agree(query)}&state={query['state']}"
        assert visitor.get(address).status == 403

    def test_of_two_at_once_one_signs_in(self, site: World, github: GitHub) -> None:
        visitor = site.visitor()
        query = sent_to(visitor)
        addresses = [
            f"/api/oauth/github?code={github.agree(query)}&state={query['state']}" for _ in "12345"
        ]
        replies = visitor.together([Asked("GET", address) for address in addresses])
        assert sorted(reply.status for reply in replies) == [200, 403, 403, 403, 403]

    def test_grows_old(self, site: World, github: GitHub) -> None:
        visitor = site.visitor()
        query = sent_to(visitor)
        site.clock.advance(601)
        address = f"/api/oauth/github?code={github.agree(query)}&state={query['state']}"
        assert visitor.get(address).status == 403

    @pytest.mark.parametrize(
        "state", ["", "x", "%00", "a.b", "WzEsMiwzLDRd.sig", "x" * 5000, "%E4%B8%AD"]
    )
    def test_that_is_no_state(self, site: World, github: GitHub, state: str) -> None:
        visitor = self.begun(site)
        reply = visitor.get(f"/api/oauth/github?code=c&state={state}")
        assert reply.json["success"] is False
        assert github.asked == []

    def test_for_another_provider(self, site: World, github: GitHub) -> None:
        site.add(options, key="LarkClientId", value="lark")
        visitor = site.visitor()
        query = sent_to(visitor)
        assert visitor.get(f"/api/oauth/lark?code=c&state={query['state']}").status == 403

    def test_two_tabs_do_not_disturb_each_other(self, site: World, github: GitHub) -> None:
        visitor = site.visitor()
        first, second = sent_to(visitor), sent_to(visitor)
        for query in (first, second):
            address = f"/api/oauth/github?code={github.agree(query)}&state={query['state']}"
            assert visitor.get(address).json["success"] is True

    def test_of_one_apis_pages_still_works(self, site: World, github: GitHub) -> None:
        visitor = site.visitor()
        state = visitor.get("/api/oauth/state").content
        code = github.agree({"state": state})
        reply = visitor.get(f"/api/oauth/github?code={code}&state={state}")
        assert reply.content["username"] == "github_5"

    def test_cookie_is_hidden_and_short_lived(self, site: World) -> None:
        reply = site.visitor().post("/api/oauth/state", {"provider": "github"})
        cookie = reply.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=lax" in cookie
        assert "max-age=600" in cookie

    def test_leaves_no_secret_in_the_database(self, site: World) -> None:
        visitor = site.visitor()
        query = sent_to(visitor)
        (row,) = site.rows(verifications)
        assert query["state"] not in row.values()


class TestBinding:
    def test_binds_the_account_that_is_signed_in(self, site: World, github: GitHub) -> None:
        alice = signed_in(site, "alice")
        assert came_back(alice, github, bind=True).json == {"success": True, "message": "bind"}
        assert site.row(users, ALICE)["github_id"] == "583231"
        assert came_back(site.visitor(), github).content["id"] == ALICE

    def test_somebody_elses(self, site: World, github: GitHub) -> None:
        came_back(signed_in(site, "alice"), github, bind=True)
        reply = came_back(signed_in(site, "bob"), github, bind=True)
        assert reply.refusal == "该 GitHub 账户已被绑定"
        assert (site.row(users, BOB)["github_id"] or "") == ""

    def test_for_another_account_than_began(self, site: World, github: GitHub) -> None:
        """Mallory's page sends Bob back with a state that Alice's account began in the same browser."""
        visitor = signed_in(site, "alice")
        query = sent_to(visitor, bind=True)
        visitor.post("/api/user/login", {"username": "bob", "password": PASSWORD})
        address = f"/api/oauth/github?code={github.agree(query)}&state={query['state']}"
        assert visitor.get(address).status == 403
        assert github.asked == []

    def test_when_the_session_has_ended(self, site: World, github: GitHub) -> None:
        visitor = signed_in(site, "alice")
        query = sent_to(visitor, bind=True)
        visitor.post("/api/user/logout")
        address = f"/api/oauth/github?code={github.agree(query)}&state={query['state']}"
        assert visitor.get(address).status == 401

    def test_is_not_for_visitors(self, site: World) -> None:
        reply = site.visitor().post("/api/oauth/state", {"provider": "github", "bind": True})
        assert reply.status == 401

    def test_signing_in_where_somebody_is_signed_in_binds_nothing(
        self, site: World, github: GitHub
    ) -> None:
        visitor = signed_in(site, "alice")
        assert came_back(visitor, github).content["id"] == 5
        assert (site.row(users, ALICE)["github_id"] or "") == ""
        assert visitor.get("/api/user/self").content["id"] == 5

    def test_is_taken_back_while_a_password_is_left(self, site: World, github: GitHub) -> None:
        alice = signed_in(site, "alice")
        came_back(alice, github, bind=True)
        assert alice.delete("/api/oauth/github").json["success"] is True
        assert site.row(users, ALICE)["github_id"] == ""
        assert came_back(site.visitor(), github).content["id"] == 5

    def test_the_last_way_in_stays(self, site: World, github: GitHub) -> None:
        visitor = site.visitor()
        came_back(visitor, github)
        assert visitor.delete("/api/oauth/github").json["code"] == "last_way_in"
        visitor.put("/api/user/self", {"password": "a new password"})
        assert visitor.delete("/api/oauth/github").json["success"] is True

    def test_a_password_is_no_way_in_while_passwords_are_off(
        self, site: World, github: GitHub
    ) -> None:
        alice = signed_in(site, "alice")
        came_back(alice, github, bind=True)
        site.add(options, key="PasswordLoginEnabled", value="false")
        assert alice.delete("/api/oauth/github").json["code"] == "last_way_in"


def test_a_new_session_begins(site: World, github: GitHub) -> None:
    visitor = site.visitor()
    came_back(visitor, github)
    before = dict(visitor.cookies)
    came_back(visitor, github)
    assert visitor.cookies["session"] != before["session"]
    assert len(site.rows(sessions)) == 1


@pytest.mark.parametrize("status", [2, 3])
def test_a_disabled_account_stays_outside(site: World, github: GitHub, status: int) -> None:
    with site.database.begin() as connection:
        values = {"github_id": "583231", "status": status}
        connection.execute(update(users).where(users.c.id == ALICE).values(values))
    visitor = site.visitor()
    assert came_back(visitor, github).refusal == "用户已被封禁"
    assert "session" not in visitor.cookies
    assert len(site.rows(users)) == 4


def test_off_means_off(world: World, github: GitHub) -> None:
    switched_on(world, github)
    visitor = world.visitor()
    query = sent_to(visitor)
    world.root.put("/api/option", {"key": "GitHubOAuthEnabled", "value": "false"})
    for reply in (
        visitor.get(f"/api/oauth/github?code={github.agree(query)}&state={query['state']}"),
        visitor.post("/api/oauth/state", {"provider": "github"}),
    ):
        assert reply.refusal == "管理员未开启通过 GitHub 登录以及注册"


@pytest.mark.parametrize(
    "person",
    [{}, {"id": 0}, {"id": -5}, {"id": 10**30}, {"id": True}, {"id": "583231"}, {"id": None}],
)
def test_a_person_without_a_number_is_nobody(
    site: World, github: GitHub, person: dict[str, Any]
) -> None:
    github.person = {"login": "octocat", **person}
    assert came_back(site.visitor(), github).json["code"] == "provider_refused"
    assert len(site.rows(users)) == 4


@pytest.mark.parametrize(
    "answer",
    [
        html_answer(200),
        html_answer(502),
        json_answer([]),
        json_answer({"error": "incorrect_client_credentials"}),
        json_answer({"access_token": ""}),
        json_answer({"access_token": 5}),
    ],
)
def test_what_is_no_grant_signs_nobody_in(worlds: Callable[..., World], answer: Any) -> None:
    github = GitHub(callback="https://site.example/oauth/github")
    with github.serving() as server:
        site = switched_on(worlds(), github)
        visitor = site.visitor()
        query = sent_to(visitor)
        server.script(answer)
        reply = visitor.get(f"/api/oauth/github?code=c&state={query['state']}")
        assert reply.json["code"] in ("provider_refused", "provider_denied")
        assert len(site.rows(users)) == 4


@pytest.mark.parametrize(
    "address", ["no-address", "javascript:alert(1)//", "ftp://github.com", "http://"]
)
def test_nobody_is_sent_to_what_is_no_page(worlds: Callable[..., World], address: str) -> None:
    site = switched_on(worlds(), GitHub(), GitHubAddress=address)
    reply = site.visitor().post("/api/oauth/state", {"provider": "github"})
    assert reply.json["code"] == "provider_refused"


@pytest.mark.parametrize("address", ["http://127.0.0.1:1", "http://a b"])
def test_a_provider_that_is_away_is_named(worlds: Callable[..., World], address: str) -> None:
    github = GitHub()
    site = switched_on(worlds(), github, GitHubAddress=address)
    visitor = site.visitor()
    query = sent_to(visitor)
    reply = visitor.get(f"/api/oauth/github?code=c&state={query['state']}")
    assert reply.json["code"] == "provider_away"


def test_one_person_who_comes_twice_at_once_gets_one_account(
    everywhere: World, github: GitHub
) -> None:
    site = switched_on(everywhere, github)
    visitor = site.visitor()
    asked: list[Asked] = []
    for _ in range(4):
        query = sent_to(visitor)
        asked.append(
            Asked("GET", f"/api/oauth/github?code={github.agree(query)}&state={query['state']}")
        )
    replies = visitor.together(asked)
    assert {reply.content["id"] for reply in replies} == {5}
    with site.database.connect() as connection:
        bound = select(func.count()).where(users.c.github_id == "583231")
        assert connection.scalar(bound) == 1


def test_where_the_api_of_a_github_is() -> None:
    assert api_of("https://github.com") == "https://api.github.com"
    assert api_of("https://octocorp.ghe.com") == "https://api.octocorp.ghe.com"
    assert api_of("https://github.example.com") == "https://github.example.com/api/v3"


def test_logins_of_digits_are_noted_once(database: Database) -> None:
    with database.begin() as connection:
        for number, bound in enumerate(["octocat", "12345", "", None, "٤٢"], start=1):
            values = {"username": f"u{number}", "password": "", "github_id": bound}
            connection.execute(users.insert().values(values | {"aff_code": f"a{number}"}))
        former_logins.note(connection)
        former_logins.note(connection)
        ids = {row.username: row.id for row in connection.execute(select(users))}
        assert former_logins.noted(connection, ids.values()) == {ids["u2"]}
        former_logins.forget(connection, ids["u2"])
        assert former_logins.noted(connection, ids.values()) == frozenset()
