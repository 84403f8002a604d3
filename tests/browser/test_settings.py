"""The site's settings as root changes them."""

from playwright.sync_api import expect

from tests.browser.conftest import Visits
from tests.gateway import Gateway


def test_settings_are_found_changed_together_and_refused_where_they_stand(
    as_root: Visits, gateway: Gateway
) -> None:
    page = as_root("/setting?tab=site")
    page.get_by_label("Search settings").fill("SystemName")
    page.get_by_label("Name of the site").fill("My gateway")
    page.get_by_label("Search settings").fill("GitHubOAuthEnabled")
    switch = page.get_by_role("switch")
    switch.click()
    expect(page.get_by_text("2 changes")).to_be_visible()
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_text("1 change", exact=True)).to_be_visible()
    expect(switch).to_have_accessible_description(
        "“Sign-in with GitHub” cannot be switched on before “GitHub client id” is set"
    )
    expect(page).to_have_title("My gateway")

    # who has changed it, and from what
    page.get_by_label("Search settings").fill("SystemName")
    expect(page.get_by_text("Changed by root")).to_be_visible()
    page.get_by_role("button", name="Put back").click()
    expect(page.get_by_label("Name of the site")).to_have_value("One API")
    options = {row["key"]: row["value"] for row in gateway.api("GET", "/api/option/")}
    assert (options["SystemName"], options["GitHubOAuthEnabled"]) == ("My gateway", "false")
