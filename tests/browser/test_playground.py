"""The playground: what a program would send, tried by hand."""

import json
import struct
import zlib
from typing import Any

from playwright.sync_api import expect

from tests.browser.conftest import Visits
from tests.browser.test_accessibility import AXE, findings_of
from tests.fakes import (
    Answer,
    FakeVendor,
    Received,
    chat_chunk,
    chat_events,
    event,
    stream_answer,
    usage_document,
)
from tests.gateway import Gateway

FORMULA = r"The area is \(\pi r^2\), for $5."
TOOL = '{"name": "get_weather", "parameters": {"type": "object"}}'


def picture() -> bytes:
    """One red pixel as PNG."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + content))
        return struct.pack(">I", len(content)) + kind + content + check

    size = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"\0\xff\0\0")
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    )


def weather_call() -> Answer:
    call = {
        "index": 0,
        "id": "call_1",
        "type": "function",
        "function": {"name": "get_weather", "arguments": '{"city": "Oslo"}'},
    }
    return stream_answer(
        event(chat_chunk({"role": "assistant", "tool_calls": [call]})),
        event(chat_chunk({}, "tool_calls")),
        event({"object": "chat.completion.chunk", "choices": [], "usage": usage_document(9, 7)}),
        b"data: [DONE]\n\n",
    )


def asked_for(received: Received) -> Answer:
    """Call the tool until somebody has answered; one of the two models writes a formula."""
    asked: dict[str, Any] = received.json()
    if asked["model"] == "second":
        return stream_answer(*chat_events([FORMULA]))
    if asked["messages"][-1]["role"] == "tool":
        return stream_answer(*chat_events(["It is ", asked["messages"][-1]["content"]]))
    return weather_call()


def test_two_models_with_a_picture_a_tool_and_a_formula(
    as_root: Visits, gateway: Gateway, vendor: FakeVendor
) -> None:
    vendor.default = asked_for
    gateway.serve(vendor.url, "first,second")
    key = gateway.add_key(name="mine")
    page = as_root("/playground?model=first")
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_role("combobox", name="Second model")).to_have_value("second")
    page.get_by_role("button", name="Tools").click()
    dialog = page.get_by_role("dialog")
    field = dialog.get_by_label("Tools as JSON")
    field.fill("[{}]")
    expect(field).to_have_accessible_description("This is no list of tools: each needs a name")
    field.fill(TOOL)
    dialog.get_by_role("button", name="Apply").click()
    expect(page.get_by_role("button", name="One tool")).to_be_visible()
    page.locator("input[type=file]").set_input_files(
        {"name": "red.png", "mimeType": "image/png", "buffer": picture()}
    )
    expect(page.get_by_role("img", name="Picture 1")).to_be_visible()
    page.get_by_role("textbox", name="Message").fill("How is the weather here?")
    page.keyboard.press("Enter")

    left, right = (
        page.get_by_role("region", name="first"),
        page.get_by_role("region", name="second"),
    )
    expect(right.locator("math")).to_contain_text("π")
    expect(right).to_contain_text("for $5.")
    expect(right.get_by_text("$\u20090.00", exact=False)).to_be_visible()  # what it cost
    left.get_by_label("Result of get_weather").fill("sunny")
    expect(page.get_by_role("button", name="Send", exact=True)).to_be_disabled()
    left.get_by_role("button", name="Send the result").click()
    expect(left).to_contain_text("It is sunny")

    asked = [one.json() for one in vendor.requests]
    (last,) = [one for one in asked if one["messages"][-1]["role"] == "tool"]
    assert last["messages"][0]["content"][1]["image_url"]["url"].startswith(
        "data:image/png;base64,"
    )
    assert last["messages"][1]["tool_calls"][0]["function"]["arguments"] == '{"city": "Oslo"}'
    assert last["tools"] == [{"type": "function", "function": json.loads(TOOL)}]

    page.evaluate(AXE.read_text("utf-8"))
    assert findings_of(page) == []
    page.get_by_role("button", name="The request as code").click()
    dialog.get_by_role("button", name="Python").click()
    expect(dialog.locator("pre")).to_contain_text("client.chat.completions.create(")
    expect(dialog.locator("pre")).to_contain_text(f'api_key="sk-…{key[-4:]}"')
    expect(dialog.locator("pre")).not_to_contain_text(key)
    assert findings_of(page) == []
