"""Everybody can read and use every page: axe finds nothing, in either theme, wide and narrow."""

from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

from tests.architecture.project import ROOT
from tests.browser.conftest import Visits
from tests.fakes import FakeVendor
from tests.gateway import Gateway

AXE = ROOT / "web/node_modules/axe-core/axe.min.js"
PAGES = (
    "/dashboard",
    "/channel",
    "/channel?open=1",
    "/channel?open=new",
    "/token",
    "/token?open=1",
    "/log",
    "/log?open={request}",
    "/audit",
    "/job",
    "/user",
    "/user?open=1",
    "/redemption",
    "/redemption?open=new",
    "/topup",
    "/playground",
    "/models",
    "/models?tab=own&open=gpt-4o-mini",
    "/status",
    "/setting",
    "/setting?tab=site",
    "/about",
)


# All that a theme can break; the other rules do not look at colours.
CONTRAST = "color-contrast"


def findings_of(page: Page, rule: str = "") -> list[str]:
    """Run axe, which must be in the page already: all its rules, or one."""
    options: dict[str, Any] = {"resultTypes": ["violations"]}
    found: Any = page.evaluate(
        "options => axe.run(options)", options | ({"runOnly": [rule]} if rule else {})
    )
    return [
        f"{violation['id']}: {node['html'][:160]} {node['failureSummary'][:300]}"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]


def findings_in_both_themes(page: Page) -> list[str]:
    """Return what axe has to say of a page that is opened in the light theme, which it is in again afterwards."""
    page.wait_for_load_state("networkidle")
    page.evaluate(AXE.read_text("utf-8"))  # a script element would be stopped by the policy
    found = findings_of(page)
    page.emulate_media(color_scheme="dark")
    expect(page.locator("[data-theme=dark]")).to_have_count(1)
    found += findings_of(page, CONTRAST)
    page.emulate_media(color_scheme="light")
    return found


def test_axe_finds_nothing(as_root: Visits, vendor: FakeVendor, gateway: Gateway) -> None:
    assert Path(AXE).exists(), "axe-core is not installed: make web"
    gateway.serve(vendor.url, "gpt-4o-mini", name="the vendor")
    gateway.chat(gateway.add_key(name="mine"))
    request = gateway.wait_for_logs(1)[0]["request_id"]
    gateway.api("POST", "/api/redemption/", {"name": "a code", "quota": 5, "count": 1})
    findings: dict[str, list[str]] = {}
    for width in (1440, 390):
        page = as_root("/dashboard", width=width)
        for path in PAGES:
            page.goto(path.format(request=request))
            if found := findings_in_both_themes(page):
                findings[f"{path} {width}"] = found
    assert findings == {}
