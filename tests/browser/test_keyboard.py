"""Whoever has no mouse makes a channel and a key, and reads the log."""

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import Visits
from tests.fakes import FakeVendor
from tests.gateway import Gateway

FURTHEST = 60


def reach(page: Page, name: str) -> None:
    """Press Tab until what has this name has the focus."""
    for _ in range(FURTHEST):
        page.keyboard.press("Tab")
        focused = page.evaluate(
            """() => {
                const at = document.activeElement;
                const labels = [...(at?.labels ?? [])].map((label) => label.innerText);
                return at ? [at.ariaLabel, ...labels, at.innerText].filter(Boolean).map((one) => one.trim()) : [];
            }"""
        )
        if name in [text.split("\n")[0] for text in focused]:
            return
    raise AssertionError(f"{name!r} cannot be reached by Tab")


def go(page: Page, place: str) -> None:
    """Go somewhere by the search for everything."""
    page.keyboard.press("/")
    page.keyboard.type(place)
    expect(page.get_by_role("dialog").get_by_role("combobox")).to_have_value(place)
    expect(page.get_by_role("option", name=re.compile(place)).first).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=place, level=1)).to_be_visible()


def test_a_channel_a_key_and_the_log_by_the_keyboard_alone(
    as_root: Visits, vendor: FakeVendor, gateway: Gateway
) -> None:
    page = as_root("/dashboard")
    expect(page.get_by_role("link", name="Add a channel")).to_be_visible()
    go(page, "Channels")
    expect(page.get_by_text("No channels yet")).to_be_visible()
    reach(page, "Add channel")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Add channel")).to_be_visible()
    for label, text in (
        ("Name", "my vendor"),
        ("Key", "sk-vendor"),
        ("Base URL", vendor.url),
        ("Models", "gpt-4o-mini"),
    ):
        reach(page, label)
        page.keyboard.type(text)
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Remove gpt-4o-mini")).to_be_visible()
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("link", name="my vendor")).to_be_visible()

    go(page, "Keys")
    reach(page, "New key")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="New key")).to_be_visible()
    page.keyboard.type("mine")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("dialog", name="Use the key mine")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="mine")).to_be_visible()

    (key,) = gateway.api("GET", "/api/token/?size=10&keyword=mine")
    gateway.chat(f"sk-{key['key']}")
    gateway.wait_for_logs(1)
    go(page, "Logs")
    expect(page.get_by_role("row", name="gpt-4o-mini")).to_be_visible()  # not the list before
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_contain_text("my vendor answered")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
