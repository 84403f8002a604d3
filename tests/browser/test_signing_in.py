"""Signing in with an identity provider, as a person does it: the button, the provider's page, back, and the account page."""

import json
import socket
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visits
from tests.browser.test_accessibility import AXE, findings_of
from tests.fakes import wait_until
from tests.gateway import Gateway, free_port
from tests.identity import CLIENT, SECRET, GitHub, Lark, WeChat, query_of

QR = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 9 9'/%3E"
JANE = {"sub": "jane", "email": "jane@example.org", "email_verified": True, "name": "Jane Doe"}
OCTOCAT = {"id": 583231, "login": "octocat", "name": "Mona Lisa", "email": None}


def callback_of(gateway: Gateway, provider: str) -> str:
    return f"http://127.0.0.1:{gateway.port}/oauth/{provider}"


@pytest.fixture
def github(gateway: Gateway) -> Generator[GitHub]:
    server = GitHub(callback=callback_of(gateway, "github"), person=dict(OCTOCAT))
    with server.serving():
        for key, value in {
            "GitHubClientId": CLIENT,
            "GitHubClientSecret": SECRET,
            "GitHubAddress": server.url,
            "GitHubOAuthEnabled": "true",
            "ServerAddress": f"http://127.0.0.1:{gateway.port}",
        }.items():
            gateway.set_option(key, value)
        yield server


def test_a_visitor_signs_in_with_github_and_comes_to_where_they_wanted(
    visit: Visits, github: GitHub, gateway: Gateway
) -> None:
    page = visit("/token?q=mine")
    page.get_by_role("button", name="Continue with GitHub").click()
    expect(page).to_have_url("/token?q=mine")
    (user,) = gateway.api("GET", "/api/user/?keyword=github_&size=10")
    assert (user["display_name"], user["github_id"]) == ("Mona Lisa", "583231")


def test_an_invited_visitor_is_the_inviters(
    visit: Visits, github: GitHub, gateway: Gateway
) -> None:
    code = gateway.api("GET", "/api/user/aff")
    page = visit(f"/register?aff={code}")
    page.get_by_role("button", name="Continue with GitHub").click()
    expect(page).to_have_url("/dashboard")
    (user,) = gateway.api("GET", "/api/user/?keyword=github_&size=10")
    assert user["inviter_id"] == 1


def test_an_account_is_connected_and_disconnected(
    as_root: Visits, visit: Visits, github: GitHub
) -> None:
    page = as_root("/setting")
    page.get_by_role("button", name="Connect: GitHub").click()
    expect(page.get_by_text("GitHub is connected")).to_be_visible()
    expect(page.get_by_text("583231")).to_be_visible()
    other = visit("/login")
    other.get_by_role("button", name="Continue with GitHub").click()
    expect(other).to_have_url("/dashboard")
    expect(other.get_by_role("link", name="Channels")).to_be_visible()
    page.get_by_role("button", name="Disconnect: GitHub").click()
    page.get_by_role("button", name="Disconnect", exact=True).click()
    expect(page.get_by_text("GitHub is disconnected")).to_be_visible()
    expect(page.get_by_role("button", name="Connect: GitHub")).to_be_visible()


def test_one_without_a_password_chooses_one_and_may_then_disconnect(
    visit: Visits, github: GitHub, complaints: list[str]
) -> None:
    page = visit("/login?next=/setting")
    page.get_by_role("button", name="Continue with GitHub").click()
    expect(page).to_have_url("/setting")
    page.get_by_role("button", name="Disconnect: GitHub").click()
    page.get_by_role("button", name="Disconnect", exact=True).click()
    expect(page.get_by_text("this is the last way to sign in")).to_be_visible()
    expect(page.get_by_label("Current password")).to_have_count(0)
    page.get_by_label("New password").fill("a new password")
    page.locator("section", has_text="Choose a password").get_by_role("button", name="Save").click()
    expect(page.get_by_label("Current password")).to_be_visible()
    page.get_by_role("button", name="Disconnect: GitHub").click()
    page.get_by_role("button", name="Disconnect", exact=True).click()
    expect(page.get_by_role("button", name="Connect: GitHub")).to_be_visible()


def test_what_the_provider_refuses_is_told(visit: Visits, github: GitHub) -> None:
    github.denies = True
    page = visit("/login")
    page.get_by_role("button", name="Continue with GitHub").click()
    expect(page.get_by_role("alert")).to_contain_text("The user has denied your application access")
    github.denies = False
    page.get_by_role("button", name="Back to sign-in").click()
    page.get_by_role("button", name="Continue with GitHub").click()
    expect(page).to_have_url("/dashboard")


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("error=access_denied&error_description=Call+555&state=x", "GitHub did not sign you in."),
        ("error=access_denied&error_description=Call+555", "GitHub did not sign you in."),
        ("state=x", "GitHub sent no code"),
        ("", "GitHub sent no code"),
    ],
)
def test_a_link_that_nobody_began_says_nothing_of_its_own(
    visit: Visits, github: GitHub, query: str, told: str
) -> None:
    page = visit(f"/oauth/github?{query}")
    expect(page.get_by_role("alert")).to_contain_text(told)
    expect(page.get_by_text("555")).to_have_count(0)


def test_what_another_browser_began_ends_nowhere(
    visit: Visits, github: GitHub, complaints: list[str]
) -> None:
    answer = visit("/login").request.post("/api/oauth/state", data={"provider": "github"})
    query = query_of(answer.json()["data"]["url"])
    page = visit(f"/oauth/github?code={github.agree(query)}&state={query['state']}")
    expect(page.get_by_role("alert")).to_contain_text("begun in another browser")
    assert github.granted
    assert len(complaints) == 1  # the browser's own line about the 403
    assert "403" in complaints.pop()


def test_what_is_off_has_no_button(visit: Visits, gateway: Gateway, github: GitHub) -> None:
    gateway.set_option("GitHubOAuthEnabled", "false")
    page = visit("/login")
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    expect(page.get_by_role("button", name="Continue with GitHub")).to_have_count(0)


def test_without_passwords_the_providers_are_all_there_is(
    visit: Visits, gateway: Gateway, github: GitHub
) -> None:
    gateway.set_option("PasswordLoginEnabled", "false")
    page = visit("/login")
    expect(page.get_by_role("button", name="Continue with GitHub")).to_be_visible()
    expect(page.get_by_label("Password")).to_have_count(0)


@contextmanager
def openid_provider() -> Generator[str]:
    """A provider that others have written, in a process of its own; it knows Jane."""
    port = free_port()
    command = [sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "--port", str(port)]
    known = ["--require-nonce", "true", "--user-claims", json.dumps(JANE)]
    with subprocess.Popen([*command, *known], stderr=subprocess.DEVNULL) as process:
        try:
            wait_until(lambda: is_open(port), 20)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_a_visitor_signs_in_with_a_real_openid_provider(
    visit: Visits, gateway: Gateway, complaints: list[str]
) -> None:
    with openid_provider() as url:
        for key, value in {
            "OidcClientId": "this gateway",
            "OidcClientSecret": "a secret",
            "OidcWellKnown": url,
            "OidcEnabled": "true",
            "ServerAddress": f"http://127.0.0.1:{gateway.port}",
        }.items():
            gateway.set_option(key, value)
        page = visit("/login")
        page.get_by_role("button", name="Continue with OpenID Connect").click()
        page.get_by_placeholder("sub").fill("jane")
        page.get_by_role("button", name="Authorize").click()
        expect(page).to_have_url("/dashboard")
        (user,) = gateway.api("GET", "/api/user/?keyword=jane&size=10")
        assert (user["oidc_id"], user["display_name"]) == ("jane", "Jane Doe")
        denied = visit("/login")
        denied.get_by_role("button", name="Continue with OpenID Connect").click()
        denied.get_by_role("button", name="Deny").click()
        expect(denied.get_by_role("alert")).to_contain_text("OpenID Connect did not sign you in")
    # Of the provider's own page, which wants a style sheet from elsewhere.
    complaints[:] = [one for one in complaints if "Failed to load resource" not in one]


def test_a_visitor_signs_in_with_lark(visit: Visits, gateway: Gateway) -> None:
    lark = Lark(callback=callback_of(gateway, "lark"), person={"open_id": "ou_1", "name": "张三"})
    with lark.serving() as server:
        for key, value in {
            "LarkClientId": CLIENT,
            "LarkClientSecret": SECRET,
            "LarkAddress": server.url,
            "ServerAddress": f"http://127.0.0.1:{gateway.port}",
        }.items():
            gateway.set_option(key, value)
        page = visit("/login", language="zh-CN")
        page.get_by_role("button", name="使用飞书登录").click()
        expect(page).to_have_url("/dashboard")
    (user,) = gateway.api("GET", "/api/user/?keyword=lark_&size=10")
    assert (user["lark_id"], user["display_name"]) == ("ou_1", "张三")


def test_a_visitor_signs_in_with_wechat_and_another_connects_it(
    visit: Visits, as_root: Visits, gateway: Gateway
) -> None:
    wechat = WeChat(codes={"123456": "o6_bmj", "234567": "o6_bmj", "345678": "o6_root"})
    with wechat.serving() as server:
        for key, value in {
            "WeChatServerAddress": server.url,
            "WeChatServerToken": SECRET,
            "WeChatAccountQRCodeImageURL": QR,
            "WeChatAuthEnabled": "true",
        }.items():
            gateway.set_option(key, value)
        page = visit("/login")
        page.get_by_role("button", name="Continue with WeChat").click()
        expect(
            page.get_by_role("img", name="QR code of this site's WeChat account")
        ).to_be_visible()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("Code from WeChat").fill("000000")
        dialog.get_by_role("button", name="Sign in").click()
        expect(dialog.get_by_text("The code is wrong or too old")).to_be_visible()
        dialog.get_by_label("Code from WeChat").fill("123456")
        dialog.get_by_role("button", name="Sign in").click()
        expect(page).to_have_url("/dashboard")
        mine = as_root("/setting")
        for code, told in (
            ("234567", "Another account is connected with it already."),
            ("345678", "WeChat is connected"),
        ):
            if mine.get_by_role("dialog").count() == 0:
                mine.get_by_role("button", name="Connect: WeChat").click()
            dialog = mine.get_by_role("dialog")
            dialog.get_by_label("Code from WeChat").fill(code)
            dialog.get_by_role("button", name="Connect", exact=True).click()
            expect(mine.get_by_text(told)).to_be_visible()
        expect(mine.get_by_text("o6_root")).to_be_visible()


def _settled(page: Page, path: str) -> Page:
    page.goto(path)
    page.wait_for_load_state("networkidle")
    page.evaluate(AXE.read_text("utf-8"))
    return page


def test_axe_finds_nothing_at_the_door(visit: Visits, as_root: Visits, github: GitHub) -> None:
    found: dict[str, list[str]] = {}
    for theme, width in (("light", 1440), ("dark", 1440), ("light", 390)):
        page = visit("/login", theme=theme, width=width)
        for path in ("/login", "/register", "/oauth/github?error=access_denied"):
            if problems := findings_of(_settled(page, path)):
                found[f"{path} {theme} {width}"] = problems
        page = as_root("/setting", theme=theme, width=width)
        if problems := findings_of(_settled(page, "/setting")):
            found[f"/setting {theme} {width}"] = problems
    assert found == {}
