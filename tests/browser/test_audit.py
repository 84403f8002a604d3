"""What administrators have changed, as an operator looks it up."""

from playwright.sync_api import expect

from tests.browser.conftest import Visits
from tests.fakes import FakeVendor
from tests.gateway import Gateway


def test_a_change_is_found_and_shown_before_and_after(
    as_root: Visits, vendor: FakeVendor, gateway: Gateway
) -> None:
    channel = gateway.add_channel(vendor.url, name="mine", priority=1)
    gateway.api("PUT", "/api/channel/", {"id": channel, "priority": 7, "key": "sk-other"})
    gateway.set_option("Notice", "Hello.")
    page = as_root("/audit")
    expect(page.get_by_role("row")).to_have_count(4)
    expect(page.get_by_role("row").nth(1)).to_contain_text("Notice")
    page.get_by_role("link", name="Channel: changed").click()
    dialog = page.get_by_role("dialog", name="Channel: changed · mine")
    expect(dialog.get_by_role("row", name="Priority 1 7")).to_be_visible()
    expect(dialog.get_by_role("row", name="Key *** ***")).to_be_visible()
    expect(dialog).to_contain_text("root (#1) · 127.0.0.1 · by access token")
    expect(dialog).not_to_contain_text("sk-other")
    dialog.get_by_role("button", name="Close").last.click()
    expect(page).to_have_url("/audit")


def test_the_list_is_filtered_by_its_address(as_root: Visits, gateway: Gateway) -> None:
    gateway.set_option("Notice", "Hello.")
    gateway.add_user("carol", 1000)
    page = as_root("/audit?kind=user&action=top_up")
    expect(page.get_by_role("row")).to_have_count(2)
    expect(page.get_by_role("row").nth(1)).to_contain_text("carol")
