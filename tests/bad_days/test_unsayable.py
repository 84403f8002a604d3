"""Requests that the vendor of one channel cannot be told, while that of another can."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.bad_days.test_service_tiers import served
from tests.fakes import FakeVendor, error_answer, wait_until
from tests.gateway import Gateway, chat_request

CHAT, MESSAGES = "/v1/chat/completions", "/v1/messages"
OPENAI, ANTHROPIC = 1, 14
SERVER = {"type": "url", "url": "https://mcp.example", "name": "m"}
# What a client says that only a vendor of its own dialect understands, and the first channel's type.
SAID = [
    pytest.param(CHAT, ANTHROPIC, {"n": 2}, "n", id="several answers"),
    pytest.param(CHAT, ANTHROPIC, {"modalities": ["text", "audio"]}, "modalities", id="sound"),
    pytest.param(MESSAGES, OPENAI, {"mcp_servers": [SERVER]}, "mcp_servers", id="MCP"),
    pytest.param(
        MESSAGES,
        OPENAI,
        {"tools": [{"type": "code_execution_20250522", "name": "c"}]},
        "tools[0].type",
        id="a tool of the vendor's",
    ),
    pytest.param(
        MESSAGES,
        OPENAI,
        {"messages": [{"role": "critic", "content": "hi"}]},
        "messages[0].role",
        id="what we cannot read ourselves",
    ),
]


@pytest.fixture(scope="module")
def vendor() -> Iterator[FakeVendor]:
    with FakeVendor.in_thread(served) as vendor:
        yield vendor


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory, vendor: FakeVendor) -> Iterator[Gateway]:
    with Gateway(tmp_path_factory.mktemp("gateway")) as running:
        running.set_option("RetryTimes", "0")
        for first, second in ((OPENAI, ANTHROPIC), (ANTHROPIC, OPENAI)):
            running.serve(vendor.url, f"both-{first}", type=first, priority=2)
            running.serve(vendor.url, f"both-{first}", type=second, priority=1)
            running.serve(vendor.url, f"only-{first}", type=first)
        yield running


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize(("path", "first", "said", "param"), SAID)
def test_it_goes_to_a_channel_that_can_be_told(
    gateway: Gateway,
    vendor: FakeVendor,
    path: str,
    first: int,
    said: dict[str, Any],
    param: str,
    stream: bool,
) -> None:
    key = gateway.add_key()

    request = chat_request(f"both-{first}", max_tokens=7, stream=stream) | said
    answer = gateway.post(key, path, request)

    assert answer.status == 200, answer.body
    assert vendor.requests[-1].path == path
    plain = gateway.post(key, path, chat_request(f"both-{first}", max_tokens=7))
    assert plain.status == 200
    assert vendor.requests[-1].path != path, "the channel that could not be told has no fault"


@pytest.mark.parametrize(("path", "first", "said", "param"), SAID)
def test_only_when_no_vendor_can_be_told_it_is_an_error(
    gateway: Gateway, vendor: FakeVendor, path: str, first: int, said: dict[str, Any], param: str
) -> None:
    asked = len(vendor.requests)
    for stream in (False, True):
        request = chat_request(f"only-{first}", max_tokens=7, stream=stream) | said
        answer = gateway.post(gateway.add_key(), path, request)
        assert (answer.status, len(vendor.requests)) == (400, asked)
        assert f"`{param}`" in answer.json()["error"]["message"]


def test_the_error_of_a_vendor_that_was_asked_wins(gateway: Gateway, vendor: FakeVendor) -> None:
    vendor.script(error_answer(500, "no room"))

    answer = gateway.post(gateway.add_key(), CHAT, chat_request(f"both-{ANTHROPIC}", n=2))

    assert answer.status == 500
    assert answer.json()["error"]["message"].startswith("no room")


def test_a_channel_that_could_not_be_told_is_no_attempt(
    gateway: Gateway, vendor: FakeVendor
) -> None:
    for number in range(3):
        gateway.serve(vendor.url, "many", type=ANTHROPIC, priority=9 - number)
    gateway.serve(vendor.url, "many", type=OPENAI, priority=1)

    assert gateway.post(gateway.add_key(), CHAT, chat_request("many", n=2)).status == 200

    sql = "SELECT * FROM logs WHERE model_name = 'many'"
    wait_until(lambda: gateway.rows(sql))
    assert "attempts" not in json.loads(gateway.rows(sql)[0]["detail"])


def test_a_key_that_names_its_channel_is_told_why_it_cannot_be(
    gateway: Gateway, vendor: FakeVendor
) -> None:
    channel = gateway.serve(vendor.url, "pinned", type=ANTHROPIC)
    gateway.serve(vendor.url, "pinned", type=OPENAI)
    key = f"{gateway.add_key()}-{channel}"

    answer = gateway.post(key, CHAT, chat_request("pinned", n=2))

    assert (answer.status, answer.json()["error"]["param"]) == (400, "n")
