"""What root writes for the site's visitors: Markdown and HTML, drawn and never run."""

from playwright.sync_api import expect

from tests.browser.conftest import Visits
from tests.gateway import Gateway

HOME = """<div style="text-align: center; position: fixed"><h1>Our <em>models</em></h1></div>

Write to **us** in <span style="color: rgb(200, 0, 0)">red</span>: [shop](https://shop.example/)

<script>document.title = "run"</script><a href="javascript:alert(1)">no</a>

`<b style="color: red">`
"""


def test_html_of_the_home_page_is_drawn_and_nothing_in_it_runs(
    visit: Visits, gateway: Gateway
) -> None:
    gateway.set_option("HomePageContent", HOME)
    page = visit("/")
    main = page.get_by_role("main")
    heading = main.get_by_role("heading", name="Our models")
    expect(heading).to_have_css("text-align", "center")
    expect(heading.locator("..")).to_have_css("position", "static")
    expect(main.get_by_text("red", exact=True)).to_have_css("color", "rgb(200, 0, 0)")
    expect(main.get_by_role("link", name="shop")).to_have_attribute("href", "https://shop.example/")
    expect(main.get_by_role("link")).to_have_count(1)
    expect(main).to_contain_text('<b style="color:red">')
    expect(page).to_have_title("One API")


def test_the_footer_stands_under_every_page(as_root: Visits, gateway: Gateway) -> None:
    gateway.set_option("Footer", '<a href="https://beian.example/">ICP 1234</a>')
    gateway.set_option("HomePageContent", "Hello.")
    page = as_root("/dashboard")
    for path in ("/dashboard", "/about", "/"):
        page.goto(path)
        expect(page.get_by_role("contentinfo").get_by_role("link", name="ICP 1234")).to_be_visible()


def test_visitors_see_it_before_they_sign_in(visit: Visits, gateway: Gateway) -> None:
    gateway.set_option("Footer", "<b>ICP 1234</b>")
    gateway.set_option("Notice", "<b>Closed</b> on Sunday")
    page = visit("/login")
    expect(page.get_by_role("contentinfo")).to_have_text("ICP 1234")
    page.goto("/about")
    expect(page.get_by_role("complementary", name="Notice")).to_have_text("Closed on SundayGot it")
