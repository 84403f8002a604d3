"""The first minutes of somebody who follows a tutorial."""

from playwright.sync_api import expect

from tests.browser.conftest import PASSWORD, Visits, sign_in
from tests.fakes import FakeVendor
from tests.gateway import Gateway


def test_from_the_default_password_to_an_answer_and_its_price(
    visit: Visits, vendor: FakeVendor, gateway: Gateway
) -> None:
    page = visit("/token")
    expect(page).to_have_url("/login?next=%2Ftoken")
    sign_in(page, "root", "123456")

    # nothing is open but the form for a password of one's own
    page.get_by_label("New password").fill("short")
    page.get_by_label("Once more").fill("short")
    page.get_by_role("button", name="Set password and go on").click()
    expect(page.get_by_label("New password")).to_have_accessible_description("8 to 20 characters")
    page.goto("/dashboard")
    page.get_by_label("New password").fill(PASSWORD)
    page.get_by_label("Once more").fill(PASSWORD)
    page.get_by_role("button", name="Set password and go on").click()
    expect(page).to_have_url("/dashboard")

    # the steps: a channel that answers
    page.get_by_role("link", name="Add a channel").click()
    drawer = page.get_by_role("dialog")
    drawer.get_by_label("Name", exact=True).fill("my vendor")
    drawer.get_by_label("Key").fill("sk-vendor")
    drawer.get_by_label("Base URL").fill(vendor.url)
    drawer.get_by_label("Models", exact=True).fill("gpt-4o-mini")
    drawer.get_by_label("Models", exact=True).press("Enter")
    drawer.get_by_role("button", name="Test before saving").click()
    expect(drawer.get_by_role("status")).to_contain_text("Test passed")
    drawer.get_by_role("button", name="Save").click()
    expect(page.get_by_role("link", name="my vendor")).to_be_visible()

    # a key, and the line for a shell
    page.get_by_role("navigation").get_by_role("link", name="Keys").click()
    page.get_by_role("button", name="New key").first.click()
    drawer.get_by_label("Name", exact=True).fill("first key")
    drawer.get_by_role("button", name="Save").click()
    guide = page.get_by_role("dialog", name="Use the key first key")
    expect(guide.locator("pre")).to_contain_text("/v1/chat/completions")
    guide.get_by_role("button", name="Close").click()

    # a chat, and the row that says what it cost
    page.get_by_role("navigation").get_by_role("link", name="Playground").click()
    page.get_by_role("textbox", name="Message").fill("hello")
    page.keyboard.press("Enter")
    expect(page.get_by_text("first token")).to_be_visible()
    gateway.wait_for_logs(1)
    page.get_by_role("navigation").get_by_role("link", name="Logs").click()
    row = page.get_by_role("row", name="first key")
    expect(row).to_be_visible()
    row.click()
    expect(page.get_by_role("dialog")).to_contain_text("my vendor answered")


def test_a_wrong_password_says_so_and_keeps_what_was_typed(visit: Visits) -> None:
    page = visit("/login")
    sign_in(page, "root", "not the password")
    expect(page.get_by_role("alert")).to_contain_text("Name or password is wrong")
    expect(page.get_by_label("Username or e-mail")).to_have_value("root")
