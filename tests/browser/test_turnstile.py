"""Cloudflare's check before the forms that it guards, from the widget to the server that is asked."""

from collections.abc import Generator
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import ENVIRONMENT, Visits
from tests.browser.test_accessibility import AXE, findings_of
from tests.browser.turnstile import HOST, SCRIPT, Cloudflare
from tests.fakes import wait_until
from tests.gateway import Gateway, free_port
from tests.upstream.test_mail import Post

WIDGET = "iframe[title^='Widget site-key']"


@pytest.fixture
def cloudflare() -> Cloudflare:
    return Cloudflare()


@pytest.fixture
def gateway(tmp_path: Path, cloudflare: Cloudflare) -> Generator[Gateway]:
    """The product with the check switched on, and a mail server."""
    controller = Controller(Post(), hostname="127.0.0.1", port=free_port(), enable_SMTPUTF8=True)
    controller.start()
    with (
        cloudflare.serving(tmp_path) as environment,
        Gateway(tmp_path / "gateway", env=ENVIRONMENT | environment) as running,
    ):
        for key, value in {
            "SMTPServer": "127.0.0.1",
            "SMTPPort": str(controller.port),
            "SMTPFrom": "noreply@site.example",
            "TurnstileSiteKey": "site-key",
            "TurnstileSecretKey": "the secret",
            "TurnstileCheckEnabled": "true",
        }.items():
            running.set_option(key, value)
        wait_until(lambda: HOST in policy_of(running))  # it follows the settings within a second
        yield running
    controller.stop()


def policy_of(gateway: Gateway) -> str:
    return gateway.request("GET", "/register").headers["content-security-policy"]


def with_script(page: Page) -> Page:
    """Give the browser what Cloudflare would."""

    def answer(route: Route) -> None:
        if "/turnstile/v0/api.js" in route.request.url:
            route.fulfill(body=SCRIPT, content_type="text/javascript")
        else:
            route.fulfill(body="<p>frame</p>", content_type="text/html")

    page.context.route(f"https://{HOST}/**", answer)
    return page


def test_a_visitor_registers_behind_the_check(
    visit: Visits, gateway: Gateway, cloudflare: Cloudflare
) -> None:
    page = with_script(visit("/login"))
    expect(page.locator(WIDGET)).to_have_count(0)
    page.get_by_role("link", name="Create an account").click()
    expect(page.locator(WIDGET)).to_be_visible()
    page.get_by_label("Username").fill("root")
    page.get_by_label("Password").fill("correct horse")
    page.get_by_role("button", name="Create an account").click()
    expect(page.get_by_text("this username is taken")).to_be_visible()
    page.get_by_label("Username").fill("carol")
    page.get_by_role("button", name="Create an account").click()
    expect(page).to_have_url("/dashboard")
    assert cloudflare.accepted == ["proof-1", "proof-2"]


def test_a_password_is_reset_behind_the_check(
    visit: Visits, gateway: Gateway, cloudflare: Cloudflare
) -> None:
    page = with_script(visit("/login"))
    page.get_by_role("link", name="Forgotten the password?").click()
    page.get_by_label("E-mail", exact=True).fill("carol@gmail.com")
    page.get_by_role("button", name="Send the link").click()
    expect(page.get_by_role("status").first).to_contain_text("a mail with a link is on its way")
    cloudflare.refuses = True
    page.get_by_role("button", name="Send the link").click()
    expect(page.get_by_role("alert")).to_contain_text("Cloudflare did not confirm")


def test_an_address_is_changed_behind_the_check(
    as_root: Visits, gateway: Gateway, cloudflare: Cloudflare
) -> None:
    page = with_script(as_root("/dashboard"))
    page.goto("/setting")
    page.get_by_role("button", name="Change: E-mail").click()
    page.get_by_label("E-mail", exact=True).fill("root@gmail.com")
    page.get_by_role("button", name="Send code").click()
    expect(page.get_by_text("a code is on its way")).to_be_visible()
    assert cloudflare.accepted == ["proof-1"]


def test_the_policy_is_widened_for_it_and_only_while_it_is_on(gateway: Gateway) -> None:
    policy = policy_of(gateway)
    assert f"script-src 'self' https://{HOST};" in policy
    assert f"frame-src https://{HOST};" in policy
    gateway.set_option("TurnstileCheckEnabled", "false")
    wait_until(lambda: HOST not in policy_of(gateway))


def test_nothing_is_loaded_from_cloudflare_while_it_is_off(visit: Visits, gateway: Gateway) -> None:
    gateway.set_option("TurnstileCheckEnabled", "false")
    page = visit("/login")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/register")
    page.get_by_label("Username").fill("carol")
    page.get_by_label("Password").fill("correct horse")
    page.get_by_role("button", name="Create an account").click()
    expect(page).to_have_url("/dashboard")
    assert [url for url in asked if HOST in url] == []


def test_a_script_that_is_blocked_is_told_and_tried_again(
    visit: Visits, gateway: Gateway, complaints: list[str]
) -> None:
    page = visit("/login")
    page.context.route(f"https://{HOST}/**", lambda route: route.abort())
    page.goto("/register")
    expect(page.get_by_text("could not be loaded")).to_be_visible()
    expect(page.get_by_role("button", name="Create an account")).to_be_disabled()
    page.context.unroute(f"https://{HOST}/**")
    with_script(page)
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(WIDGET)).to_be_visible()
    expect(page.get_by_role("button", name="Create an account")).to_be_enabled()
    complaints[:] = [one for one in complaints if "Failed to load resource" not in one]


def test_axe_finds_nothing_beside_the_widget(visit: Visits, gateway: Gateway) -> None:
    for theme in ("light", "dark"):
        page = with_script(visit("/login", theme=theme))
        for path in ("/register", "/reset"):
            page.goto(path)
            expect(page.locator(WIDGET)).to_be_visible()
            page.evaluate(AXE.read_text("utf-8"))
            assert findings_of(page) == []
