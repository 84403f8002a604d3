"""What root has written for everybody: the home page, the page about the site, the foot, prices, and a chat."""

from playwright.sync_api import expect

from tests.browser.conftest import Visits
from tests.browser.test_accessibility import findings_in_both_themes
from tests.fakes import FakeVendor
from tests.gateway import Gateway


def test_a_visitor_reads_what_root_has_written(
    visit: Visits, vendor: FakeVendor, gateway: Gateway
) -> None:
    gateway.serve(vendor.url, "gpt-4o-mini")
    page = visit("/prices")
    expect(page).to_have_url("/login?next=%2Fmodels")
    gateway.set_option("HomePageContent", "# Welcome\n\nAll models, **one** key.")
    gateway.set_option("About", "Since 2024.")
    gateway.set_option(
        "Footer", '<p style="color: rgb(1, 2, 3)">Ours <a href="https://a.example/">A</a></p>'
    )
    gateway.set_option("PublicPricesEnabled", "true")

    page = visit("/")
    expect(page.get_by_role("heading", name="Welcome")).to_be_visible()
    foot = page.get_by_role("contentinfo")
    # its styles hold, though the policy forbids those that stand in HTML
    expect(foot.get_by_text("Ours")).to_have_css("color", "rgb(1, 2, 3)")
    expect(foot.get_by_role("link", name="A")).to_have_attribute("href", "https://a.example/")
    page.get_by_role("link", name="About").click()
    expect(page.get_by_text("Since 2024.")).to_be_visible()
    page.get_by_role("link", name="Models").click()
    expect(page).to_have_url("/prices")
    row = page.get_by_role("row", name="gpt-4o-mini")
    expect(row).to_contain_text("$ 0.15")
    page.get_by_label("Search models").fill("nothing like this")
    expect(page.get_by_text("No matches")).to_be_visible()
    page.get_by_role("link", name="Sign in").click()
    expect(page.get_by_role("contentinfo")).to_contain_text("Ours")


def test_the_chat_is_a_place_where_the_site_has_one(as_root: Visits, gateway: Gateway) -> None:
    places = as_root("/dashboard").get_by_role("navigation")
    expect(places.get_by_role("link", name="Keys", exact=True)).to_be_visible()
    expect(places.get_by_role("link", name="Chat", exact=True)).to_have_count(0)
    gateway.set_option("ChatLink", f"http://127.0.0.1:{gateway.port}/about")
    key = gateway.add_key(name="for the chat")
    page = as_root("/dashboard")
    page.get_by_role("navigation").get_by_role("link", name="Chat", exact=True).click()
    frame = page.locator("iframe")
    expect(frame).to_have_attribute("title", "Chat")
    assert key in (frame.get_attribute("src") or "")
    expect(page.get_by_role("heading", name="Chat", level=1)).to_be_visible()


def test_a_home_page_of_another_place_is_framed(visit: Visits, gateway: Gateway) -> None:
    gateway.set_option("About", "Said elsewhere.")
    gateway.set_option("HomePageContent", f"http://127.0.0.1:{gateway.port}/about")
    page = visit("/")
    expect(page.frame_locator("iframe").get_by_text("Said elsewhere.")).to_be_visible()
    gateway.set_option("HomePageContent", "Said here.")
    page = visit("/")
    expect(page.get_by_text("Said here.")).to_be_visible()
    expect(page.locator("iframe")).to_have_count(0)


def test_axe_finds_nothing_in_what_root_has_written(
    visit: Visits, as_root: Visits, vendor: FakeVendor, gateway: Gateway
) -> None:
    gateway.serve(vendor.url, "gpt-4o-mini")
    for name, value in (
        ("HomePageContent", "# Welcome\n\nAll [models](/prices), **one** key."),
        ("About", "## Since 2024\n\n| a | b |\n|---|---|\n| 1 | 2 |"),
        ("Footer", 'Ours <a href="https://a.example/">A</a>'),
        ("Notice", "Closed on *Sunday*."),
        ("PublicPricesEnabled", "true"),
        ("ChatLink", f"http://127.0.0.1:{gateway.port}/about"),
    ):
        gateway.set_option(name, value)
    gateway.add_key(name="for the chat")
    findings: dict[str, list[str]] = {}
    for width in (1440, 390):
        for path, opened in (
            ("/", visit),
            ("/about", visit),
            ("/prices", visit),
            ("/chat", as_root),
        ):
            if found := findings_in_both_themes(opened(path, width=width)):
                findings[f"{path} {width}"] = found
    assert findings == {}
