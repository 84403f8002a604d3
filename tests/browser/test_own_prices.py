"""The operator's prices beside the catalogue's."""

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Visits
from tests.gateway import Gateway


def row_of(page: Page, model: str) -> Locator:
    return page.get_by_role("row").filter(has_text=model)


def test_a_price_is_changed_taken_back_and_the_catalogues_are_taken(
    as_root: Visits, gateway: Gateway
) -> None:
    gateway.add_channel("http://127.0.0.1:1", models="gpt-4o,house-model")
    gateway.set_option("CacheRatio", '{"gpt-4o": 0.9}')
    page = as_root("/models")
    page.get_by_role("button", name="Own prices").click()
    expect(row_of(page, "house-model")).to_contain_text("not set")
    row_of(page, "house-model").get_by_role("button", name="house-model", exact=True).click()
    drawer = page.get_by_role("dialog", name="house-model")
    drawer.get_by_label("Input", exact=True).fill("0")
    output = drawer.get_by_label("Output")
    output.fill("8")
    drawer.get_by_role("button", name="Save").click()
    expect(output).to_have_accessible_description("Where input is free, this must be free, too")
    drawer.get_by_label("Input", exact=True).fill("4")
    drawer.get_by_role("button", name="Save").click()
    expect(row_of(page, "house-model")).to_contain_text("own$\u20094.00")
    expect(row_of(page, "house-model")).to_contain_text("$\u20098.00")
    page.get_by_role("button", name="Undo").click()
    expect(row_of(page, "house-model")).to_contain_text("not set")

    before = row_of(page, "gpt-4o").inner_text()
    row_of(page, "gpt-4o").get_by_role("checkbox").click()
    page.get_by_role("region", name="1 selected").get_by_role("button", name="Use").click()
    expect(row_of(page, "gpt-4o")).to_contain_text("catalogue")
    assert gateway.rows("SELECT value FROM options WHERE key = 'CacheRatio'") == [{"value": "{}"}]
    page.get_by_role("button", name="Undo").last.click()
    expect(row_of(page, "gpt-4o")).to_contain_text("own")
    assert row_of(page, "gpt-4o").inner_text() == before
    page.get_by_role("button", name="Use the catalogue’s price (1)").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Use them").click()
    expect(row_of(page, "gpt-4o")).to_contain_text("catalogue")
