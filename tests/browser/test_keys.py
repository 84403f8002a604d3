"""Keys as their owner makes and copies them."""

from playwright.sync_api import expect

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
