"""From a number to what made it."""

from playwright.sync_api import expect

from tests.browser.conftest import Visits
from tests.fakes import FakeVendor, error_answer
from tests.gateway import Gateway


def test_a_row_opens_what_happened_and_how_its_charge_came_about(
    as_root: Visits, vendor: FakeVendor, gateway: Gateway
) -> None:
    gateway.serve("http://127.0.0.1:1", "gpt-4o-mini", name="away", priority=9)
    gateway.serve(vendor.url, "gpt-4o-mini", name="the vendor")
    gateway.chat(gateway.add_key(name="mine"))
    gateway.wait_for_logs(1)
    page = as_root("/log")
    row = page.get_by_role("row", name="gpt-4o-mini")
    expect(row).to_contain_text("after 1 other")
    row.click()
    drawer = page.get_by_role("dialog")
    steps = drawer.get_by_role("listitem")
    expect(steps.nth(1)).to_contain_text("away")
    expect(steps.nth(2)).to_contain_text("the vendor answered")
    expect(drawer).to_contain_text("reported by the vendor")
    expect(drawer).to_contain_text("group factor")
    page.keyboard.press("Escape")
    expect(drawer).to_be_hidden()


def test_the_live_log_shows_a_request_that_is_made_meanwhile(
    as_root: Visits, vendor: FakeVendor, gateway: Gateway
) -> None:
    gateway.serve(vendor.url, "gpt-4o-mini")
    key = gateway.add_key()
    page = as_root("/log?type=2")
    expect(page.get_by_text("No matches")).to_be_visible()
    page.get_by_role("button", name="Live").click()
    gateway.chat(key)
    expect(page.get_by_role("row", name="gpt-4o-mini")).to_be_visible(timeout=15_000)


def test_the_list_can_be_used_by_keys_alone(
    as_root: Visits, vendor: FakeVendor, gateway: Gateway
) -> None:
    vendor.default = error_answer(500)
    gateway.add_channel(vendor.url, name="first")
    page = as_root("/dashboard")
    expect(page.get_by_role("heading", name="Dashboard")).to_be_visible()
    page.keyboard.press("/")
    page.keyboard.type("channels")
    page.keyboard.press("Enter")
    expect(page).to_have_url("/channel")
    expect(page.get_by_role("link", name="first", exact=True)).to_be_visible()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="first")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="first")).to_be_hidden()
    page.keyboard.press("Control+k")
    page.keyboard.type("logs")
    page.keyboard.press("Enter")
    expect(page).to_have_url("/log")
