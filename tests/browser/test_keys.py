"""Keys as their owner makes and copies them."""

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Visits
from tests.gateway import Gateway


def test_a_key_is_made_and_copied_into_a_program(as_root: Visits, gateway: Gateway) -> None:
    page = as_root("/token")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="New key").first.click()
    drawer = page.get_by_role("dialog")
    drawer.get_by_label("Name", exact=True).fill("nextchat")
    drawer.get_by_role("switch", name="No limit of its own").click()
    drawer.get_by_label("Spending limit").fill("2.50")
    drawer.get_by_role("button", name="Save").click()
    guide = page.get_by_role("dialog", name="Use the key nextchat")
    expect(guide).to_be_visible()
    made = gateway.api("GET", "/api/token/")[0]
    assert (made["remain_quota"], made["unlimited_quota"], made["expired_time"]) == (
        1_250_000,
        False,
        -1,
    )
    guide.get_by_role("button", name="Claude Code", exact=True).click()
    expect(guide.locator("pre")).to_contain_text(
        f'ANTHROPIC_BASE_URL="http://127.0.0.1:{gateway.port}"'
    )
    assert made["key"] not in page.content()
    guide.get_by_role("button", name="Copy").click()
    expect(page.get_by_text("Copied: Claude Code")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert f'ANTHROPIC_AUTH_TOKEN="sk-{made["key"]}"' in copied
    guide.get_by_role("button", name="Close").click()
    row = page.get_by_role("row", name="nextchat")
    expect(row).to_contain_text(f"sk-…{made['key'][-4:]}")
    row.get_by_role("button", name="Copy the key").click()
    expect(page.get_by_text("Copied: key nextchat")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == f"sk-{made['key']}"


def test_what_is_wrong_with_a_key_is_said_at_its_field(as_root: Visits, gateway: Gateway) -> None:
    page = as_root("/token?open=new")
    drawer = page.get_by_role("dialog")
    drawer.get_by_role("switch", name="No limit of its own").click()
    drawer.get_by_label("Spending limit").fill("-1")
    drawer.get_by_label("Networks").fill("300.0.0.1/8")
    # Whoever does not finish with Enter or a comma means it, too.
    drawer.get_by_label("Spending limit").click()
    drawer.get_by_role("button", name="Save").click()
    expect(drawer.get_by_label("Name", exact=True)).to_have_accessible_description(
        re.compile("This is needed")
    )
    expect(drawer.get_by_label("Spending limit")).to_have_accessible_description(
        re.compile("At least")
    )
    drawer.get_by_label("Name", exact=True).fill("office")
    drawer.get_by_label("Spending limit").fill("4")
    drawer.get_by_role("button", name="Save").click()
    expect(drawer.get_by_label("Networks")).to_have_accessible_description(
        re.compile("300.0.0.1/8")
    )
    assert len(gateway.api("GET", "/api/token/")) == 1  # the one that a new installation has
    drawer.get_by_role("button", name="Remove 300.0.0.1/8").click()
    drawer.get_by_label("Networks").press_sequentially("10.0.0.0/8,")
    _expire_in_2031(page, drawer)
    drawer.get_by_role("button", name="Save").click()
    guide = page.get_by_role("dialog", name="Use the key office")
    expect(guide).to_be_visible()
    made = gateway.api("GET", "/api/token/")[0]
    assert (made["subnet"], made["remain_quota"]) == ("10.0.0.0/8", 2_000_000)
    assert 1_924_000_000 < made["expired_time"] < 1_957_000_000

    # What was used or changed while the drawer was open stays.
    guide.get_by_role("button", name="Close").click()
    page.get_by_role("row", name="office").get_by_role("link").first.click()
    expect(drawer.get_by_label("Name", exact=True)).to_have_value("office")
    gateway.api("PUT", "/api/token/", {"id": made["id"], "remain_quota": 7, "expired_time": -1})
    drawer.get_by_label("Name", exact=True).fill("home")
    drawer.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Key home saved")).to_be_visible()
    kept = gateway.api("GET", f"/api/token/{made['id']}")
    assert (kept["name"], kept["remain_quota"], kept["expired_time"]) == ("home", 7, -1)


def test_selected_keys_are_disabled_enabled_and_deleted_together(
    as_root: Visits, gateway: Gateway
) -> None:
    for name in ("one", "two", "three"):
        gateway.api("POST", "/api/token/", {"name": name, "unlimited_quota": True})
    page = as_root("/token")
    for name in ("one", "two"):
        page.get_by_role("checkbox", name=f"Select {name}", exact=True).click()
    bar = page.get_by_role("region", name="2 selected")
    bar.get_by_role("button", name="Disable").click()
    expect(page.get_by_role("row", name="disabled")).to_have_count(2)
    page.get_by_role("checkbox", name="Select two").click()
    page.get_by_role("region", name="1 selected").get_by_role("button", name="Enable").click()
    expect(page.get_by_role("row", name="disabled")).to_have_count(1)
    page.get_by_role("checkbox", name="Select all on this page").click()
    page.get_by_role("button", name="Delete").click()
    question = page.get_by_role("alertdialog")
    expect(question).to_contain_text("these 4 keys stop working at once")
    question.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("No keys yet")).to_be_visible()
    assert gateway.api("GET", "/api/token/") == []


def _expire_in_2031(page: Page, drawer: Locator) -> None:
    """A time typed by half is not never; one of which the year is typed anew stays."""
    expires = drawer.get_by_label("Expires")
    expires.click()
    page.keyboard.type("1231")
    drawer.get_by_role("button", name="Save").click()
    expect(expires).to_have_accessible_description("This is no whole date and time")
    drawer.get_by_role("button", name="30 days").click()
    expires.press("ArrowRight")
    expires.press("ArrowRight")
    page.keyboard.type("2031")
    expect(expires).to_have_value(re.compile("^2031-"))
