"""What runs long, as an operator sees it: begun, followed, looked at again."""

from playwright.sync_api import expect

from tests.browser.conftest import Visits
from tests.fakes import FakeVendor, chat_document, error_answer, json_answer, silence
from tests.gateway import Gateway


def test_all_channels_are_tested_and_the_results_stay(
    as_root: Visits, vendor: FakeVendor, gateway: Gateway
) -> None:
    gateway.add_channel(vendor.url, name="good")
    gateway.add_channel(vendor.url, name="bad", models="gpt-bad")
    vendor.default = json_answer(chat_document("I am here."))
    gateway.api("PUT", "/api/channel/", {"id": 2, "base_url": "http://127.0.0.1:1"})
    page = as_root("/channel")
    page.get_by_role("button", name="Test all").click()
    page.get_by_role("dialog").get_by_role("button", name="Test", exact=True).click()
    dialog = page.get_by_role("dialog", name="Test channels")
    expect(dialog).to_contain_text("done · 2 done, 1 failed")
    expect(dialog).to_contain_text("I am here.")
    expect(dialog.get_by_role("listitem").first).to_contain_text("bad")
    dialog.get_by_role("button", name="Close").last.click()
    expect(page).to_have_url("/channel")
    page.get_by_role("navigation").get_by_role("link", name="Jobs").click()
    page.get_by_role("link", name="Test channels").click()
    expect(page.get_by_role("dialog")).to_contain_text("I am here.")


def test_selected_channels_are_tested_and_a_job_is_cancelled(
    as_root: Visits, vendor: FakeVendor, gateway: Gateway
) -> None:
    for number in range(3):
        gateway.add_channel(vendor.url, name=f"channel-{number}")
    vendor.default = silence()
    page = as_root("/channel?sort=name&order=asc")
    expect(page.get_by_role("row")).to_have_count(4)
    for key in "jxjx":
        page.keyboard.press(key)
    page.get_by_role("region", name="2 selected").get_by_role("button", name="Test").click()
    page.get_by_role("dialog").get_by_role("button", name="Test", exact=True).click()
    dialog = page.get_by_role("dialog", name="Test channels")
    expect(dialog).to_contain_text("running · 0 / 2")
    dialog.get_by_role("button", name="Cancel the job").click()
    expect(dialog).to_contain_text("cancelled")


def test_one_channel_is_tested_at_once(
    as_root: Visits, vendor: FakeVendor, gateway: Gateway
) -> None:
    gateway.add_channel(vendor.url, name="mine")
    vendor.script(error_answer(401, "no such key"))
    page = as_root("/channel")
    page.get_by_role("button", name="Test: mine").click()
    expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("no such key")


def test_old_rows_of_the_log_are_deleted(as_root: Visits, gateway: Gateway) -> None:
    page = as_root("/log")
    page.get_by_role("button", name="Delete old rows").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_role("dialog", name="Delete log rows")).to_contain_text("done · 0 done")
    (job,) = gateway.api("GET", "/api/jobs")
    assert (job["kind"], job["state"]) == ("delete_logs", "done")


def test_balances_are_updated_and_shown(
    as_root: Visits, vendor: FakeVendor, gateway: Gateway
) -> None:
    gateway.add_channel(vendor.url, name="kimi", type=25)
    vendor.default = json_answer({"code": 0, "data": {"available_balance": 49.5}})
    page = as_root("/channel")
    page.get_by_role("main").get_by_role("button", name="More").click()
    page.get_by_role("menuitem", name="Update balances").click()
    dialog = page.get_by_role("dialog", name="Update balances")
    expect(dialog.get_by_role("listitem")).to_contain_text("49.50")
    dialog.get_by_role("button", name="Close").last.click()
    expect(page.get_by_role("row", name="kimi")).to_contain_text("49.50")
