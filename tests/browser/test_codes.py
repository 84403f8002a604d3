"""Redemption codes as an administrator makes, hands out and withdraws them."""

import re

from playwright.sync_api import expect

from tests.browser.conftest import Visits
from tests.gateway import Gateway


def test_codes_are_made_once_what_is_asked_for_makes_sense(
    as_root: Visits, gateway: Gateway
) -> None:
    page = as_root("/redemption?open=new")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    drawer = page.get_by_role("dialog", name="Make codes")
    for field, wrong, said in (
        ("Name", "", "This is needed"),
        ("Value", "0", "This must be more than 0"),
        ("Value", "much", "This must be a number"),
        ("How many", "101", "At most 100"),
        ("How many", "1.5", "This must be a whole number"),
    ):
        drawer.get_by_label(field).fill(wrong)
        drawer.get_by_role("button", name="Make codes").click()
        expect(drawer.get_by_label(field)).to_have_accessible_description(re.compile(said))
    assert gateway.api("GET", "/api/redemption/") == []
    drawer.get_by_label("Name").fill("winter")
    drawer.get_by_label("Value").fill("2.50")
    drawer.get_by_label("How many").fill("3")
    drawer.get_by_role("button", name="Make codes").click()
    made = page.get_by_role("dialog", name="3 codes made")
    made.get_by_role("button", name="Copy").last.click()
    rows = gateway.api("GET", "/api/redemption/")
    assert [row["quota"] for row in rows] == [1_250_000] * 3
    copied = page.evaluate("navigator.clipboard.readText()").split("\n")
    assert sorted(copied) == sorted(row["key"] for row in rows)
    with page.expect_download() as download:
        made.get_by_role("button", name="Download as text").click()
    assert download.value.suggested_filename == "winter.txt"
    assert download.value.path().read_text().split() == copied


def test_codes_are_changed_and_withdrawn(as_root: Visits, gateway: Gateway) -> None:
    gateway.api("POST", "/api/redemption/", {"name": "gift", "quota": 500_000, "count": 4})
    page = as_root("/redemption")
    expect(page.get_by_role("row", name="gift")).to_have_count(4)
    page.get_by_role("row", name="gift").first.get_by_role("link").click()
    drawer = page.get_by_role("dialog", name="gift")
    drawer.get_by_label("Name").fill("thanks")
    drawer.get_by_role("button", name="Save").click()
    expect(page.get_by_text("thanks saved")).to_be_visible()
    drawer.get_by_role("button", name="Close").click()
    for row in page.get_by_role("row", name="gift").all():
        row.get_by_role("checkbox").click()
    bar = page.get_by_role("region", name="3 selected")
    bar.get_by_role("button", name="Disable").click()
    expect(page.get_by_role("row", name="disabled")).to_have_count(3)
    page.get_by_role("checkbox", name="Select all on this page").click()
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_text("No codes yet")).to_be_visible()
    assert gateway.api("GET", "/api/redemption/") == []
