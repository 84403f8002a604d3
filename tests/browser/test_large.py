"""Ten thousand channels and a million rows of the log: the page finds, sorts and opens what it does among twenty."""

import time

from playwright.sync_api import expect
from tools.large import fill

from tests.browser.conftest import Visits
from tests.gateway import Gateway

CHANNELS, ROWS = 10_000, 1_000_000


def test_lists_of_a_large_installation_stay_usable(as_root: Visits, gateway: Gateway) -> None:
    fill(gateway.directory / "one-api.db", CHANNELS, ROWS, int(time.time()))
    page = as_root("/channel")
    expect(page.get_by_text("10\u2009000 in all")).to_be_visible()
    page.get_by_role("button", name="Used", exact=True).click()
    expect(page).to_have_url("/channel?sort=used_quota&order=desc")
    page.get_by_role("searchbox", name="Name or number").fill("account 9999")
    expect(page.get_by_text("1 in all")).to_be_visible()
    expect(page.get_by_role("link", name="account 9999")).to_be_visible()

    page.get_by_role("navigation").get_by_role("link", name="Logs").click()
    expect(page.get_by_text("more than 10\u2009000")).to_be_visible()
    page.get_by_role("button", name="Next page").click()
    expect(page.get_by_text("51 – 100")).to_be_visible()
    page.get_by_role("button", name="7 days").click()
    expect(page.get_by_text("in sum")).to_be_visible()
    page.goto("/log?username=user7&type=2")
    rows = page.get_by_role("row").filter(has_text="user7")
    expect(rows).to_have_count(50)
    rows.first.get_by_role("link").click()
    expect(page.get_by_role("dialog").get_by_role("button", name="Copy request ID")).to_be_visible()

    page.goto("/dashboard")
    expect(page.get_by_role("heading", name="Ranking")).to_be_visible()
    expect(page.get_by_role("link", name="claude-sonnet-5-5")).to_be_visible()
