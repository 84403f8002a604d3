"""A customer's whole life: invited, registered, paid in, a key made and used, and what was spent on what."""

from playwright.sync_api import expect

from tests.browser.conftest import Visits
from tests.fakes import FakeVendor
from tests.gateway import Gateway


def test_an_invited_customer_pays_in_makes_a_key_uses_it_and_sees_the_spending(
    gateway: Gateway, visit: Visits, vendor: FakeVendor
) -> None:
    gateway.serve(vendor.url, "gpt-4o-mini", name="secret-vendor")
    (code,) = gateway.api(
        "POST", "/api/redemption/", {"name": "gift", "quota": 1_000_000, "count": 1}
    )
    page = visit(f"/register?aff={gateway.api('GET', '/api/user/aff')}", width=390)
    page.get_by_label("Username").fill("carol")
    page.get_by_label("Password").fill("correct horse")
    page.get_by_role("button", name="Create an account").click()
    expect(page).to_have_url("/dashboard")
    bar = page.get_by_role("navigation")

    bar.get_by_role("link", name="Wallet").click()
    field = page.get_by_label("Code", exact=True)
    expect(field).to_have_attribute("autocapitalize", "none")
    field.fill("no-such-code")
    page.get_by_role("button", name="Redeem").click()
    expect(field).to_have_accessible_description("There is no such code")
    field.fill(code)
    page.get_by_role("button", name="Redeem").click()
    expect(page.get_by_role("main").get_by_text("$\u20092.00").first).to_be_visible()

    bar.get_by_role("link", name="Keys").click()
    page.get_by_role("button", name="New key").first.click()
    drawer = page.get_by_role("dialog")
    drawer.get_by_label("Name", exact=True).fill("phone")
    drawer.get_by_role("button", name="Save").click()
    page.get_by_role("dialog", name="Use the key phone").get_by_role("button", name="Close").click()

    page.goto("/models")
    expect(page.get_by_role("row", name="gpt-4o-mini")).to_contain_text("$\u20090.15")
    page.goto("/playground?model=gpt-4o-mini")
    page.get_by_role("textbox", name="Message").fill("hello")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("first token")).to_be_visible()
    gateway.wait_for_logs(1)

    bar.get_by_role("link", name="Logs").click()
    page.get_by_role("row", name="gpt-4o-mini").get_by_role("link").click()
    expect(drawer).to_contain_text("input")
    expect(drawer).to_contain_text("gpt-4o-mini")
    expect(page.get_by_text("secret-vendor")).to_have_count(0)
    drawer.get_by_role("button", name="Close").click()
    bar.get_by_role("link", name="Dashboard").click()
    expect(page.get_by_role("link", name="gpt-4o-mini")).to_be_visible()
