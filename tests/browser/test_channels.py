"""Channels as an operator keeps them."""

import json
import re

from playwright.sync_api import expect

from tests.browser.conftest import Visits, sign_in
from tests.fakes import FakeVendor, chat_document, error_answer, json_answer
from tests.gateway import Gateway


def test_a_channel_is_filled_in_tested_and_saved(
    as_root: Visits, vendor: FakeVendor, gateway: Gateway
) -> None:
    vendor.script(error_answer(401, "no such key"), json_answer(chat_document("I am the vendor.")))
    page = as_root("/channel")
    page.get_by_role("button", name="Add channel").first.click()
    drawer = page.get_by_role("dialog")
    drawer.get_by_label("Name", exact=True).fill("my vendor")
    drawer.get_by_label("Key").fill("sk-vendor")
    drawer.get_by_label("Base URL").fill(vendor.url)
    drawer.get_by_label("Models", exact=True).fill("gpt-4o-mini")
    drawer.get_by_label("Models", exact=True).press("Enter")
    drawer.get_by_label("Cost factor").press_sequentially("0.65")
    expect(drawer.get_by_label("Cost factor")).to_have_value("0.65")
    drawer.get_by_label("Priority").fill("\uff0d\uff17")  # as a keyboard for Chinese types it
    drawer.get_by_role("button", name="Test before saving").click()
    expect(drawer.get_by_role("alert")).to_contain_text("no such key")
    drawer.get_by_role("button", name="Test before saving").click()
    expect(drawer.get_by_role("status")).to_contain_text("I am the vendor.")
    drawer.get_by_role("button", name="Save").click()
    expect(page.get_by_role("link", name="my vendor")).to_be_visible()
    (channel,) = gateway.api("GET", "/api/channel/")
    assert (channel["base_url"], channel["models"]) == (vendor.url, "gpt-4o-mini")
    assert channel["key"] == ""
    assert (json.loads(channel["config"]), channel["priority"]) == ({"cost_factor": 0.65}, -7)

    # What somebody else changes while the drawer is open stays, and pressing twice is pressing once.
    page.get_by_role("link", name="my vendor").click()
    expect(drawer.get_by_label("Name", exact=True)).to_have_value("my vendor")
    gateway.api("PUT", "/api/channel/", {"id": channel["id"], "models": "gpt-4o-mini,other"})
    saved: list[str] = []
    page.on("request", lambda asked: saved.append(asked.method) if asked.method == "PUT" else None)
    drawer.get_by_label("Name", exact=True).fill("our vendor")
    page.evaluate(
        """() => {
            const twice = [0, 1].map(() => new KeyboardEvent("keydown", { key: "Enter", ctrlKey: true, bubbles: true }));
            for (const key of twice) document.activeElement.dispatchEvent(key);
        }"""
    )
    expect(page.get_by_role("link", name="our vendor")).to_be_visible()
    (channel,) = gateway.api("GET", "/api/channel/")
    assert (channel["name"], channel["models"]) == ("our vendor", "gpt-4o-mini,other")
    assert saved == ["PUT"]


def test_what_is_wrong_is_said_at_its_field_and_nothing_typed_is_lost(
    as_root: Visits, complaints: list[str]
) -> None:
    page = as_root("/channel?open=new")
    drawer = page.get_by_role("dialog")
    drawer.get_by_role("button", name="Save").click()
    expect(drawer.get_by_label("Name", exact=True)).to_have_accessible_description("This is needed")
    drawer.get_by_label("Name", exact=True).fill("x")
    drawer.get_by_label("Key").fill("sk-1")
    drawer.get_by_label("Base URL").fill("ftp://nowhere")
    models = drawer.get_by_label("Models", exact=True)
    expect(models).to_have_accessible_description("This is needed")
    models.fill("house-model")
    models.press("Enter")
    page.request.post("/api/user/logout")  # in another tab
    drawer.get_by_role("button", name="Save").click()
    again = page.get_by_role("dialog", name="Your session has ended")
    sign_in(again)
    expect(again).to_be_hidden()
    complaints.clear()  # of the session that had ended
    drawer.get_by_role("button", name="Save").click()
    expect(drawer.get_by_label("Base URL")).to_have_accessible_description(
        "Must be an http:// or https:// address without a user name"
    )
    expect(drawer.get_by_label("Key")).to_have_value("sk-1")
    models.press("Escape")
    question = page.get_by_role("alertdialog")
    question.get_by_role("button", name="Cancel").click()
    expect(drawer.get_by_label("Base URL")).to_have_value("ftp://nowhere")
    expect(drawer.get_by_role("button", name="Remove house-model")).to_be_visible()
    page.keyboard.press("Escape")
    question.get_by_role("button", name="Discard changes").click()
    expect(drawer).to_be_hidden()
    expect(page).to_have_url("/channel")


def test_selected_channels_are_disabled_and_deleted_together(
    as_root: Visits, gateway: Gateway
) -> None:
    for number in range(3):
        gateway.add_channel("http://127.0.0.1:1", name=f"channel-{number}")
    page = as_root("/channel?sort=name&order=asc")
    expect(page.get_by_role("row")).to_have_count(4)
    for key in "jxjx":  # the first, and the second
        page.keyboard.press(key)
    bar = page.get_by_role("region", name="2 selected")
    bar.get_by_role("button", name="Disable").click()
    expect(page.get_by_role("row", name="disabled")).to_have_count(2)
    page.get_by_role("checkbox", name="Select all on this page").click()
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_text("No channels yet")).to_be_visible()
    assert json.dumps(gateway.api("GET", "/api/channel/")) == "[]"


def test_several_channels_are_changed_together_and_that_is_taken_back(
    as_root: Visits, gateway: Gateway
) -> None:
    for number in range(3):
        gateway.add_channel("http://127.0.0.1:1", name=f"channel-{number}", priority=number)
    page = as_root("/channel?sort=name&order=asc")
    expect(page.get_by_role("row")).to_have_count(4)
    for key in "jxjx":  # the first, and the second
        page.keyboard.press(key)
    page.get_by_role("region", name="2 selected").get_by_role("button", name="Change").click()
    dialog = page.get_by_role("dialog", name="Change 2 channels")
    expect(dialog.get_by_role("button", name="Save")).to_be_disabled()
    dialog.get_by_label("Weight").fill("many")
    expect(dialog.get_by_label("Weight")).to_have_accessible_description(
        "This must be a whole number"
    )
    dialog.get_by_label("Weight").fill("")
    dialog.get_by_label("Priority").fill("7")
    dialog.get_by_role("button", name="Save").click()
    for number, priority in enumerate(("7", "7", "2")):
        field = page.get_by_label(f"Priority: channel-{number}")
        expect(field).to_have_value(priority)
    page.get_by_role("button", name="Undo").click()
    for number in range(3):
        expect(page.get_by_label(f"Priority: channel-{number}")).to_have_value(str(number))

    page.get_by_role("region", name="2 selected").get_by_role("button", name="Disable").click()
    expect(page.get_by_role("row", name="disabled")).to_have_count(2)
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("row", name="disabled")).to_have_count(0)
    gateway.api("PUT", "/api/channel/", {"id": 3, "status": 2})
    page.get_by_role("main").get_by_role("button", name="More").click()
    page.get_by_role("menuitem", name="Delete disabled channels").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_text("One channel deleted")).to_be_visible()
    expect(page.get_by_role("row")).to_have_count(3)


def test_a_vendor_is_found_by_its_name_and_says_what_it_needs(
    as_root: Visits, gateway: Gateway
) -> None:
    page = as_root("/channel?open=new")
    drawer = page.get_by_role("dialog")
    expect(drawer.get_by_role("combobox", name="Vendor", exact=True)).to_have_value("OpenAI")
    drawer.get_by_role("combobox", name="Vendor", exact=True).fill("Perplex")
    page.get_by_role("option", name="Perplexity").click()
    expect(drawer.get_by_placeholder("pplx-…")).to_be_visible()
    expect(drawer.get_by_role("link", name="Get a key")).to_have_attribute(
        "href", "https://www.perplexity.ai/account/api/keys"
    )
    drawer.get_by_label("Name", exact=True).fill("answers")
    drawer.get_by_label("Key").fill("sk-proj-of-another-vendor")
    drawer.get_by_role("button", name="Save").click()
    expect(drawer.get_by_label("Key")).to_have_accessible_description(re.compile("a key of OpenAI"))
    drawer.get_by_role("combobox", name="Vendor", exact=True).fill("Workers")
    page.get_by_role("option", name="Cloudflare Workers AI").click()
    drawer.get_by_label("Account ID").fill("0a1b2c")
    drawer.get_by_label("Key").fill("cf-key")
    drawer.get_by_role("button", name="Save").click()
    expect(page.get_by_role("link", name="answers")).to_be_visible()
    (channel,) = gateway.api("GET", "/api/channel/")
    assert (channel["type"], json.loads(channel["config"])) == (37, {"user_id": "0a1b2c"})
    # the vendor's models have come with it, and those of the one before have gone
    vendors = gateway.api("GET", "/api/providers")
    assert channel["models"] == ",".join(next(v for v in vendors if v["type"] == 37)["models"])


def test_channels_are_put_in_order_and_show_their_last_day(
    as_root: Visits, vendor: FakeVendor, gateway: Gateway
) -> None:
    for name, priority in (("first", 9), ("second", 5)):
        gateway.add_channel("http://127.0.0.1:1", name=name, priority=priority)
    gateway.serve(vendor.url, "busy-model", name="third", priority=1)
    gateway.chat(gateway.add_key(), "busy-model")
    gateway.wait_for_logs(1)

    page = as_root("/channel")
    busy = page.get_by_role("row", name="third")
    expect(busy.get_by_role("img", name="1 request in 24 hours, 0 failed")).to_be_visible()
    expect(page.get_by_role("button", name="Move third")).to_have_count(0)
    page.get_by_role("button", name="Priority").click()
    page.get_by_role("button", name="Move third").hover()
    page.mouse.down()
    page.get_by_role("row", name="first").hover()
    page.mouse.up()
    names = page.get_by_role("row").get_by_role("link")
    expect(names).to_have_text(["third", "first", "second"])
    expect(page.get_by_label("Priority: third")).to_have_value("10")

    page.get_by_role("button", name="Move third").focus()
    page.keyboard.press("ArrowDown")
    expect(names).to_have_text(["first", "third", "second"])
    expect(page.get_by_role("button", name="Move third")).to_be_focused()
    page.get_by_role("button", name="Undo").last.click()
    expect(names).to_have_text(["third", "first", "second"])


def test_operations_are_rows_and_what_is_wrong_with_one_is_said_at_them(
    as_root: Visits, gateway: Gateway
) -> None:
    channel = gateway.add_channel("http://127.0.0.1:1", name="with operations")
    page = as_root(f"/channel?open={channel}")
    drawer = page.get_by_role("dialog")
    drawer.get_by_label("Cost factor").fill("0.6")
    drawer.get_by_role("button", name="Add status").click()
    drawer.get_by_label("Status", exact=True).fill("429")
    drawer.get_by_role("button", name="Add operation").click()
    drawer.get_by_label("Name of operation 1").fill("model")
    drawer.get_by_label("Value of operation 1").fill("gpt-5")
    drawer.get_by_role("button", name="Save").click()
    group = drawer.get_by_role("group", name="Operation 1")
    expect(drawer.get_by_text("config.operations[0].name")).to_be_visible()
    group.get_by_label("Name of operation 1").fill("temperature")
    group.get_by_label("Value of operation 1").fill("0.5")
    drawer.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Channel with operations saved")).to_be_visible()
    assert json.loads(gateway.api("GET", f"/api/channel/{channel}")["config"]) == {
        "cost_factor": 0.6,
        "status_mapping": {"429": "retry"},
        "operations": [{"in": "body", "do": "set", "name": "temperature", "value": 0.5}],
    }


def test_operations_can_be_pasted_as_json(as_root: Visits, gateway: Gateway) -> None:
    channel = gateway.add_channel("http://127.0.0.1:1", name="pasted")
    page = as_root(f"/channel?open={channel}")
    drawer = page.get_by_role("dialog")
    operations = [{"in": "header", "do": "set", "name": "x-a", "value": "b"}]
    drawer.get_by_role("button", name="As JSON").click()
    drawer.get_by_label("As JSON", exact=True).fill(json.dumps({"operations": operations}))
    drawer.get_by_role("button", name="As rows").click()
    expect(drawer.get_by_label("Value of operation 1")).to_have_value("b")
    drawer.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Channel pasted saved")).to_be_visible()
    saved = json.loads(gateway.api("GET", f"/api/channel/{channel}")["config"])
    assert saved == {"operations": operations}
