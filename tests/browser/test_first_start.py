"""The first minutes of somebody who follows a tutorial."""

from playwright.sync_api import expect

from tests.browser.conftest import PASSWORD, Visits, sign_in


def test_the_default_password_opens_nothing_but_the_form_for_a_new_one(visit: Visits) -> None:
    page = visit("/dashboard?range=7")
    expect(page).to_have_url("/login?next=%2Fdashboard%3Frange%3D7")
    sign_in(page, "root", "123456")
    page.get_by_label("New password").fill("short")
    page.get_by_label("Once more").fill("short")
    page.get_by_role("button", name="Set password and go on").click()
    expect(page.get_by_label("New password")).to_have_accessible_description("8 to 20 characters")
    page.goto("/dashboard")
    expect(page.get_by_label("New password")).to_be_visible()
    page.get_by_label("New password").fill(PASSWORD)
    page.get_by_label("Once more").fill(PASSWORD)
    page.get_by_role("button", name="Set password and go on").click()
    expect(page).to_have_url("/dashboard")
    expect(page.get_by_role("heading", name="Dashboard")).to_be_visible()


def test_a_wrong_password_says_so_and_keeps_what_was_typed(visit: Visits) -> None:
    page = visit("/login")
    sign_in(page, "root", "not the password")
    expect(page.get_by_role("alert")).to_contain_text("用户名或密码错误")
    expect(page.get_by_label("Username or e-mail")).to_have_value("root")
