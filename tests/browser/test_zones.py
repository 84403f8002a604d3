"""A reader whose clock is not the site's: a container counts in UTC, and who looks at it does not."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visits
from tests.fakes import FakeVendor
from tests.gateway import Gateway


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "America/Los_Angeles", "Asia/Kolkata"])
@pytest.mark.parametrize("span", ["today", "7"])
def test_what_was_spent_stands_in_the_chart_wherever_the_reader_is(
    as_root: Visits, vendor: FakeVendor, gateway: Gateway, zone: str, span: str
) -> None:
    gateway.serve(vendor.url, "gpt-4o-mini")
    assert gateway.chat(gateway.add_key(), "gpt-4o-mini").status == 200
    page = as_root(f"/dashboard?range={span}", zone=zone)
    chart = page.get_by_role("img", name="Spend per", exact=False)
    expect(chart.locator("rect[rx='1']")).to_have_count(1)
