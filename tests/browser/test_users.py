"""Users as an administrator adds, changes, tops up and closes them."""

import re
from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.conftest import PASSWORD, Visits, sign_in
from tests.gateway import Gateway


def test_what_is_wrong_with_a_user_is_said_at_its_field(as_root: Visits, gateway: Gateway) -> None:
    page = as_root("/user?open=new")
    drawer = page.get_by_role("dialog")
    drawer.get_by_role("button", name="Save").click()
    for field in ("Username", "Password"):
        expect(drawer.get_by_label(field)).to_have_accessible_description(
            re.compile("This is needed")
        )
    drawer.get_by_label("Username").fill("a-name-that-is-too-long")
    expect(drawer.get_by_label("Username")).to_have_accessible_description(
        re.compile("At most 12 characters")
    )
    drawer.get_by_label("Username").fill("root")
    drawer.get_by_label("Password").fill("short")
    drawer.get_by_role("button", name="Save").click()
    expect(drawer.get_by_label("Password")).to_have_attribute("aria-invalid", "true")
    expect(drawer.get_by_label("Username")).to_have_value("root")
    drawer.get_by_label("Password").fill("long enough")
    drawer.get_by_role("button", name="Save").click()
    expect(drawer.get_by_label("Username")).to_have_attribute("aria-invalid", "true")
    drawer.get_by_label("Username").fill("dora")
    drawer.get_by_label("Display name").fill("Dora")
    drawer.get_by_role("button", name="Save").click()
    expect(page.get_by_text("User dora added")).to_be_visible()
    expect(page.get_by_role("row", name="dora")).to_contain_text("Dora")
    assert [user["username"] for user in gateway.api("GET", "/api/user/")] == ["dora", "root"]


def test_a_user_is_changed_topped_up_and_closed(
    as_root: Visits, visit: Visits, gateway: Gateway, complaints: list[str]
) -> None:
    user = _add(gateway, "dora")
    page = as_root(f"/user?open={user['id']}")
    drawer = page.get_by_role("dialog", name="dora")
    drawer.get_by_label("Balance").fill("-1")
    drawer.get_by_role("button", name="Save").click()
    expect(drawer.get_by_label("Balance")).to_have_accessible_description(
        re.compile("At least .*0")
    )
    drawer.get_by_label("Balance").fill("3")
    drawer.get_by_label("Password").fill("another horse")
    # what another administrator does meanwhile stays
    gateway.api("PUT", "/api/user/", {"id": user["id"], "display_name": "Dora D."})
    drawer.get_by_role("button", name="Save").click()
    expect(page.get_by_text("User dora saved")).to_be_visible()
    expect(drawer.get_by_label("Password")).to_have_value("")
    assert gateway.api("GET", f"/api/user/{user['id']}")["display_name"] == "Dora D."
    drawer.get_by_role("button", name="Top up").click()
    dialog = page.get_by_role("dialog", name="Top up · dora")
    dialog.get_by_role("button", name="Top up").click()
    expect(dialog.get_by_label("Amount")).to_have_accessible_description(
        re.compile("This is needed")
    )
    dialog.get_by_label("Amount").fill("1.50")
    dialog.get_by_label("Remark").fill("paid by transfer")
    dialog.get_by_role("button", name="Top up").click()
    expect(page.get_by_text("dora topped up")).to_be_visible()
    assert gateway.api("GET", f"/api/user/{user['id']}")["quota"] == 2_250_000

    theirs = visit("/login")
    sign_in(theirs, "dora", "another horse")
    expect(theirs).to_have_url("/dashboard")
    theirs.goto("/topup")
    expect(theirs.get_by_role("listitem").filter(has_text="paid by transfer")).to_contain_text(
        "1.50"
    )

    drawer.get_by_role("button", name="More").click()
    page.get_by_role("menuitem", name="Delete").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_text("dora closed")).to_be_visible()
    expect(page.get_by_role("row", name="dora")).to_have_count(0)
    theirs.reload()
    expect(theirs.get_by_role("button", name="Sign in")).to_be_visible()
    complaints.clear()  # of the session that is no more


def test_selected_users_are_disabled_enabled_and_closed_together(
    as_root: Visits, gateway: Gateway
) -> None:
    for name in ("amy", "bob", "cleo"):
        _add(gateway, name)
    page = as_root("/user?sort=username&order=asc")
    _select(page, "amy", "bob")
    page.get_by_role("button", name="Disable", exact=True).click()
    expect(page.get_by_text("Disable: 2 done")).to_be_visible()
    expect(page.get_by_role("row", name="disabled")).to_have_count(2)
    _select(page, "amy", "root")
    page.get_by_role("button", name="Enable", exact=True).click()
    expect(page.get_by_role("row", name="disabled")).to_have_count(1)
    _select(page, "amy", "cleo")
    page.get_by_role("region", name="2 selected").get_by_role("button", name="Group").click()
    dialog = page.get_by_role("dialog", name="Group of 2 users")
    dialog.get_by_role("combobox").click()
    page.get_by_role("option", name="vip", exact=True).click()
    dialog.get_by_role("button", name="Save").click()
    expect(page.get_by_text("2 users are in the group vip now")).to_be_visible()
    expect(page.get_by_role("row", name="vip")).to_have_count(2)
    messages = page.get_by_role("region", name="Notifications")
    messages.get_by_role("button", name="Undo").last.click()
    expect(page.get_by_role("row", name="vip")).to_have_count(0)
    page.get_by_role("button", name="Select none").click()
    _select(page, "bob", "root")
    page.get_by_role("button", name="Delete", exact=True).click()
    question = page.get_by_role("alertdialog")
    expect(question).to_contain_text("2 accounts are closed; their log rows stay.")
    question.get_by_role("button", name="Delete").click()
    # What cannot be done is told by name; the rest is done.
    expect(page.get_by_text(re.compile("^root: "))).to_be_visible()
    expect(page.get_by_role("row", name="bob")).to_have_count(0)
    names = {user["username"] for user in gateway.api("GET", "/api/user/")}
    assert names == {"amy", "cleo", "root"}


def test_ones_own_account_says_what_is_wrong_at_its_field(as_root: Visits) -> None:
    page = as_root("/setting")
    page.get_by_label("Username").fill("")
    page.get_by_role("button", name="Save").first.click()
    expect(page.get_by_label("Username")).to_have_accessible_description(
        re.compile("This is needed")
    )
    page.get_by_label("Username").fill("root")
    old, new = page.get_by_label("Current password"), page.get_by_label("New password")
    old.fill("not this one")
    new.fill("correct-horse-2")
    page.get_by_role("button", name="Save").nth(1).click()
    expect(old).to_have_attribute("aria-invalid", "true")
    old.fill(PASSWORD)
    new.fill("short")
    page.get_by_role("button", name="Save").nth(1).click()
    expect(new).to_have_attribute("aria-invalid", "true")
    new.fill("correct-horse-2")
    page.get_by_role("button", name="Save").nth(1).click()
    expect(new).to_have_value("")


def _add(gateway: Gateway, name: str) -> dict[str, Any]:
    gateway.api("POST", "/api/user/", {"username": name, "password": PASSWORD})
    (user,) = gateway.api("GET", f"/api/user/search?keyword={name}")
    return user


def _select(page: Page, *names: str) -> None:
    for name in names:
        page.get_by_role("checkbox", name=f"Select {name}", exact=True).click()


def test_a_users_keys_lead_to_what_they_were_used_for(as_root: Visits, gateway: Gateway) -> None:
    user = _add(gateway, "dora")
    page = as_root(f"/user?open={user['id']}")
    drawer = page.get_by_role("dialog", name="dora")
    key = drawer.get_by_role("listitem").filter(has=page.get_by_role("link", name="default"))
    expect(key).to_contain_text("enabled")
    expect(key).to_contain_text(re.compile(r"sk-….{4}"))
    key.get_by_role("link", name="default").click()
    expect(page).to_have_url(re.compile(r"/log\?username=dora&token_name=default"))
