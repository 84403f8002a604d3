"""Signing in with an identity provider, as a person does it: the button, the provider's page, back, and the account page."""

from collections.abc import Generator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visits
from tests.browser.test_accessibility import AXE, findings_of
from tests.gateway import Gateway
from tests.identity import CLIENT, SECRET, GitHub, query_of

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


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("error=access_denied&error_description=You+said+no&state=x", "You said no"),
        ("error=access_denied", "GitHub did not sign you in: access_denied"),
        ("state=x", "GitHub sent no code"),
        ("", "GitHub sent no code"),
    ],
)
def test_what_the_provider_refuses_is_told(
    visit: Visits, github: GitHub, query: str, told: str
) -> None:
    page = visit(f"/oauth/github?{query}")
    expect(page.get_by_role("alert")).to_contain_text(told)
    page.get_by_role("button", name="Back to sign-in").click()
    expect(page.get_by_role("button", name="Continue with GitHub")).to_be_visible()


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
