"""Signing in with Lark (Feishu), and with WeChat through a server of the operator's."""

from collections.abc import Generator
from typing import Any

import pytest
from sqlalchemy import update

from oneapi.control.oauth.lark import pages_of
from oneapi.store import former_logins
from oneapi.store.tables import options, users
from tests.control.browser import Browser, Reply
from tests.control.conftest import ALICE, BOB, PASSWORD, World
from tests.fakes import html_answer, json_answer
from tests.identity import CLIENT, SECRET, Lark, WeChat, query_of


def switched_on(world: World, **values: str) -> World:
    for key, value in values.items():
        world.add(options, key=key, value=value)
    return world


def signed_in(world: World, name: str) -> Browser:
    visitor = world.visitor()
    visitor.post("/api/user/login", {"username": name, "password": PASSWORD})
    return visitor


class TestLark:
    @pytest.fixture
    def lark(self) -> Generator[Lark]:
        server = Lark(callback="https://site.example/oauth/lark")
        server.person = {"open_id": "ou_1", "union_id": "on_1", "name": "张三", "email": "z@a.cn"}
        with server.serving():
            yield server

    @pytest.fixture
    def site(self, world: World, lark: Lark) -> World:
        return switched_on(
            world,
            LarkClientId=CLIENT,
            LarkClientSecret=SECRET,
            LarkAddress=lark.url,
            ServerAddress="https://site.example",
        )

    @staticmethod
    def came_back(visitor: Browser, lark: Lark, **document: Any) -> Reply:
        begun = visitor.post("/api/oauth/state", {"provider": "lark", **document}).content
        query = query_of(begun["url"])
        return visitor.get(f"/api/oauth/lark?code={lark.agree(query)}&state={query['state']}")

    def test_a_stranger_gets_an_account_of_their_own(self, site: World, lark: Lark) -> None:
        person = self.came_back(site.visitor(), lark).content
        assert (person["username"], person["display_name"]) == ("lark_5", "张三")
        row = site.row(users, 5)
        assert (row["lark_id"], row["email"]) == ("ou_1", "")
        assert self.came_back(site.visitor(), lark).content["id"] == 5

    def test_an_account_is_bound(self, site: World, lark: Lark) -> None:
        self.came_back(signed_in(site, "alice"), lark, bind=True)
        assert site.row(users, ALICE)["lark_id"] == "ou_1"
        reply = self.came_back(signed_in(site, "bob"), lark, bind=True)
        assert reply.refusal == "该飞书账户已被绑定"

    def test_an_account_with_a_former_github_login_is_found(self, site: World, lark: Lark) -> None:
        """One API had bound Alice by a GitHub login of digits: that says nothing of her account at Lark."""
        with site.database.begin() as connection:
            bound = {"github_id": "583231", "lark_id": "ou_1"}
            connection.execute(update(users).where(users.c.id == ALICE).values(bound))
            former_logins.note(connection)
        assert self.came_back(site.visitor(), lark).content["id"] == ALICE
        assert len(site.rows(users)) == 4

    @pytest.mark.parametrize("takes_back", [False, True])
    def test_a_former_github_login_stays_one(
        self, site: World, lark: Lark, takes_back: bool
    ) -> None:
        """Forgotten, the login 583231 would be GitHub's number 583231, which is somebody else."""
        with site.database.begin() as connection:
            bound = update(users).where(users.c.id == ALICE).values(github_id="583231")
            connection.execute(bound)
            former_logins.note(connection)
        alice = signed_in(site, "alice")
        self.came_back(alice, lark, bind=True)
        if takes_back:
            assert alice.delete("/api/oauth/lark").json["success"] is True
        with site.database.connect() as connection:
            assert former_logins.noted(connection, [ALICE]) == {ALICE}

    @pytest.mark.parametrize("person", [{}, {"open_id": ""}, {"open_id": None}, {"open_id": 5}])
    def test_a_person_without_an_id_is_nobody(
        self, site: World, lark: Lark, person: dict[str, Any]
    ) -> None:
        """One API made such a person an account and signed them in."""
        lark.person = {"name": "Nobody", **person}
        assert self.came_back(site.visitor(), lark).json["code"] == "provider_refused"
        assert len(site.rows(users)) == 4

    def test_a_wrong_code_makes_nobody(self, site: World, lark: Lark) -> None:
        visitor = site.visitor()
        begun = visitor.post("/api/oauth/state", {"provider": "lark"}).content
        reply = visitor.get(f"/api/oauth/lark?code=wrong&state={begun['state']}")
        assert reply.json["code"] == "provider_refused"
        assert len(site.rows(users)) == 4

    @pytest.mark.parametrize(
        "answer",
        [
            json_answer({"code": 20003, "error": "invalid_grant", "error_description": "no"}),
            json_answer({"code": 0}),
            json_answer({"code": 20003, "access_token": "access-1"}),
            html_answer(200),
        ],
    )
    def test_what_is_no_grant_signs_nobody_in(self, world: World, answer: Any) -> None:
        server = Lark(callback="https://site.example/oauth/lark", person={"open_id": "ou_1"})
        with server.serving() as fake:
            server.access["access-1"] = dict(server.person)
            site = switched_on(world, LarkClientId=CLIENT, LarkAddress=server.url)
            visitor = site.visitor()
            begun = visitor.post("/api/oauth/state", {"provider": "lark"}).content
            fake.script(answer)
            reply = visitor.get(f"/api/oauth/lark?code=c&state={begun['state']}")
        assert reply.json["code"] in ("provider_refused", "provider_denied")
        assert len(site.rows(users)) == 4

    def test_is_off_without_an_id(self, world: World) -> None:
        reply = world.visitor().post("/api/oauth/state", {"provider": "lark"})
        assert reply.refusal == "管理员未开启通过飞书登录以及注册"

    def test_where_people_agree(self) -> None:
        assert pages_of("https://open.feishu.cn") == "https://accounts.feishu.cn"
        assert pages_of("https://open.larksuite.com") == "https://accounts.larksuite.com"
        assert (
            pages_of("https://open.feishu.cn.evil.example") == "https://open.feishu.cn.evil.example"
        )
        assert pages_of("http://lark.internal:8080") == "http://lark.internal:8080"


class TestWeChat:
    @pytest.fixture
    def wechat(self) -> Generator[WeChat]:
        server = WeChat()
        with server.serving():
            yield server

    @pytest.fixture
    def site(self, world: World, wechat: WeChat) -> World:
        return switched_on(
            world,
            WeChatAuthEnabled="true",
            WeChatServerAddress=f"{wechat.url}/",
            WeChatServerToken=SECRET,
        )

    @staticmethod
    def typed_in(visitor: Browser, code: str, **document: Any) -> Reply:
        begun = visitor.post("/api/oauth/state", {"provider": "wechat", **document}).content
        assert begun["url"] == ""
        path = "/api/oauth/wechat/bind" if document.get("bind") else "/api/oauth/wechat"
        return visitor.post(path, {"code": code, "state": begun["state"]})

    def test_a_stranger_gets_an_account_of_their_own(self, site: World, wechat: WeChat) -> None:
        wechat.codes = {"123456": "o6_bmj", "654321": "o6_bmj"}
        person = self.typed_in(site.visitor(), "123456").content
        assert (person["username"], person["display_name"]) == ("wechat_5", "WeChat User")
        assert site.row(users, 5)["wechat_id"] == "o6_bmj"
        assert self.typed_in(site.visitor(), " 654321 ").content["id"] == 5

    def test_one_apis_way_needs_a_state_now(self, site: World, wechat: WeChat) -> None:
        wechat.codes = {"123456": "o6_bmj"}
        visitor = site.visitor()
        assert visitor.get("/api/oauth/wechat?code=123456").status == 403
        assert wechat.asked == []
        state = visitor.get("/api/oauth/state").content
        reply = visitor.get(f"/api/oauth/wechat?code=123456&state={state}")
        assert reply.content["username"] == "wechat_5"

    @pytest.mark.parametrize("code", ["wrong", "12&code=123456", "%", "中文"])
    def test_a_wrong_code(self, site: World, wechat: WeChat, code: str) -> None:
        wechat.codes = {"123456": "o6_bmj"}
        assert self.typed_in(site.visitor(), code).refusal == "验证码错误或已过期"
        assert len(site.rows(users)) == 4

    def test_an_account_is_bound_with_a_state_that_was_made_for_it(
        self, site: World, wechat: WeChat
    ) -> None:
        wechat.codes = {"1": "o6_bmj", "2": "o6_bmj", "3": "o6_other"}
        alice = signed_in(site, "alice")
        assert self.typed_in(alice, "1", bind=True).json["success"] is True
        assert site.row(users, ALICE)["wechat_id"] == "o6_bmj"
        reply = self.typed_in(signed_in(site, "bob"), "2", bind=True)
        assert reply.refusal == "该微信账号已被绑定"
        begun = alice.post("/api/oauth/state", {"provider": "wechat"}).content
        reply = alice.post("/api/oauth/wechat/bind", {"code": "3", "state": begun["state"]})
        assert reply.status == 403

    def test_scripts_bind_as_they_did(self, site: World, wechat: WeChat) -> None:
        wechat.codes = {"1": "o6_bmj", "2": "o6_other"}
        reply = site.bob.get("/api/oauth/wechat/bind?code=1")
        assert reply.json == {"success": True, "message": ""}
        assert site.row(users, BOB)["wechat_id"] == "o6_bmj"
        bob = signed_in(site, "bob")
        assert bob.get("/api/oauth/wechat/bind?code=2").json["code"] == "use_post"

    def test_a_server_that_does_not_know_us_is_named(self, site: World, wechat: WeChat) -> None:
        with site.database.begin() as connection:
            written = update(options).where(options.c.key == "WeChatServerToken")
            connection.execute(written.values(value="wrong"))
        reply = self.typed_in(site.visitor(), "1")
        assert (reply.json["code"], "127.0.0.1" in reply.refusal) == ("provider_refused", True)

    @pytest.mark.parametrize(
        "answer",
        [
            json_answer({"success": False, "message": "no", "data": "o6_bmj"}),
            json_answer({"success": True, "data": " "}),
            json_answer({"success": True, "data": None}),
            json_answer({"success": True, "data": 5}),
            json_answer({"success": True, "data": "x" * 192}),
            html_answer(200),
        ],
    )
    def test_what_is_no_id_signs_nobody_in(self, world: World, answer: Any) -> None:
        server = WeChat()
        with server.serving() as fake:
            site = switched_on(world, WeChatAuthEnabled="true", WeChatServerAddress=server.url)
            fake.script(answer)
            assert self.typed_in(site.visitor(), "1").json["success"] is False
        assert len(site.rows(users)) == 4

    def test_off_means_off(self, world: World) -> None:
        reply = world.visitor().post("/api/oauth/state", {"provider": "wechat"})
        assert reply.refusal == "管理员未开启通过微信登录以及注册"
