"""A browser before the running product: the headless shell of Debian's Chromium, driven by Playwright.

Every page that a test opens is listened to: an error or a violation of the content security policy fails the test.
"""

from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Locator,
    Page,
    sync_playwright,
)
from tools.chromium import launched

from oneapi.web.site import BUILT
from tests.fakes import FakeVendor
from tests.gateway import Gateway

PASSWORD = "correct-horse"

# DEBUG switches the limit of sign-ins off, which the tests would meet.
ENVIRONMENT = {"DEBUG": "true"}

Visits = Callable[..., Page]


@pytest.fixture(scope="package")
def browser() -> Generator[Browser]:
    assert (BUILT / "index.html").exists(), "the page is not built: make web"
    with sync_playwright() as playwright:
        started = launched(playwright)
        yield started
        started.close()


@pytest.fixture
def gateway(tmp_path: Path) -> Generator[Gateway]:
    with Gateway(tmp_path / "gateway", env=ENVIRONMENT) as running:
        yield running


@pytest.fixture
def complaints() -> list[str]:
    """What browsers complained of; a test that expects some clears it."""
    return []


@pytest.fixture
def visit(browser: Browser, gateway: Gateway, complaints: list[str]) -> Generator[Visits]:
    """Open an address in a browser of its own."""
    contexts: list[BrowserContext] = []

    def heard(message: ConsoleMessage) -> None:
        if message.type == "error":
            complaints.append(message.text)

    def opened(
        path: str,
        language: str = "en-US",
        theme: str = "light",
        width: int = 1440,
        zone: str | None = None,
    ) -> Page:
        context = browser.new_context(
            base_url=f"http://127.0.0.1:{gateway.port}",
            locale=language,
            color_scheme="dark" if theme == "dark" else "light",
            viewport={"width": width, "height": 860},
            reduced_motion="reduce",
            timezone_id=zone,
        )
        context.set_default_timeout(10_000)
        contexts.append(context)
        page = context.new_page()
        page.on("console", heard)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(path)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def vendor() -> Generator[FakeVendor]:
    with FakeVendor.in_thread() as running:
        yield running


@pytest.fixture
def as_root(gateway: Gateway, visit: Visits) -> Visits:
    """Open an address as root, whose password is no longer the default one."""
    gateway.api("PUT", "/api/user/self", {"password": PASSWORD})

    def opened(path: str, **how: Any) -> Page:
        page = visit("/logo.svg", **how)  # of the same origin, and drawn at once
        answer = page.request.post(
            "/api/user/login", data={"username": "root", "password": PASSWORD}
        )
        assert answer.json()["success"]
        page.evaluate("localStorage.setItem('signed-in', 'yes')")
        page.goto(path)
        return page

    return opened


def sign_in(page: Page | Locator, name: str = "root", password: str = PASSWORD) -> None:
    """Fill in the form that is open."""
    page.get_by_label("Username or e-mail").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
