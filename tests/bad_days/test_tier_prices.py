"""The tier in which the vendor has served decides what is charged; the one that the client asks for, what is held."""

import json
from collections.abc import Iterator
from math import ceil
from typing import Any

import pytest

from tests.fakes import (
    Answer,
    FakeVendor,
    Received,
    chat_document,
    chat_events,
    json_answer,
    message_document,
    message_events,
    stream_answer,
)
from tests.gateway import Gateway, chat_request

# USD per million: gpt-5.1 1.25/10, priority twice that, flex half; claude-opus-5 5/25, fast twice that.
GIVEN, MADE = 20, 1_000
PLAIN = {"gpt-5.1": 5_012.5, "claude-opus-5": 12_550}
COUNTS = {"input_tokens": GIVEN, "output_tokens": MADE}
SWITCH = {"config": json.dumps({"allow_service_tier": True})}


def served(received: Received) -> Answer:
    """Answer in the tier that the prompt names; the words are those of the vendor's reference."""
    asked = received.json()
    text = asked["messages"][-1]["content"]
    said: dict[str, str] = json.loads(text if isinstance(text, str) else text[0]["text"])
    if received.path.endswith("/messages"):
        return _message({**COUNTS, **said}, streams=asked.get("stream") is True)
    if asked.get("stream") is True:
        chunks = chat_events(["hi"], usage=(GIVEN, MADE))
        return stream_answer(*(_said(chunk, said) for chunk in chunks))
    return json_answer({**chat_document("hi", GIVEN, MADE), **said})


def _said(chunk: bytes, said: dict[str, str]) -> bytes:
    data = chunk.removeprefix(b"data: ").strip()
    if not data.startswith(b"{"):
        return chunk
    return b"data: " + json.dumps({**json.loads(data), **said}).encode() + b"\n\n"


def _message(counts: dict[str, Any], *, streams: bool) -> Answer:
    message = message_document(counts)
    return stream_answer(*message_events(message)) if streams else json_answer(message)


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    with (
        FakeVendor.in_thread(served) as vendor,
        Gateway(tmp_path_factory.mktemp("gateway")) as running,
    ):
        running.serve(vendor.url, "gpt-5.1", **SWITCH)
        running.serve(vendor.url, "claude-opus-5", type=14, **SWITCH)
        running.serve(vendor.url, "gemini-2.5-pro", type=51, **SWITCH)
        left_out = {"operations": [{"do": "delete", "name": "service_tier"}]}
        config = json.dumps({"allow_service_tier": True, **left_out})
        running.serve(vendor.url, "gpt-5.2", config=config)
        yield running


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/messages"])
@pytest.mark.parametrize(
    ("model", "asked", "said", "times"),
    [
        ("gpt-5.1", {"service_tier": "priority"}, {"service_tier": "priority"}, 2),
        ("gpt-5.1", {"service_tier": "priority"}, {"service_tier": "default"}, 1),
        ("gpt-5.1", {"service_tier": "flex"}, {"service_tier": "flex"}, 0.5),
        ("gpt-5.1", {}, {"service_tier": "priority"}, 2),
        ("gpt-5.1", {}, {}, 1),
        ("claude-opus-5", {"speed": "fast"}, {"speed": "fast"}, 2),
        ("claude-opus-5", {"speed": "fast"}, {"speed": "standard"}, 1),
        ("claude-opus-5", {}, {"service_tier": "standard", "inference_geo": "us"}, 1.1),
    ],
)
def test_what_was_served_is_charged(
    gateway: Gateway,
    path: str,
    stream: bool,
    model: str,
    asked: dict[str, str],
    said: dict[str, str],
    times: float,
) -> None:
    prompt = [{"role": "user", "content": json.dumps(said)}]
    request = chat_request(model, messages=prompt, max_tokens=2000, stream=stream, **asked)
    answer = gateway.post(gateway.add_key(), path, request)
    assert answer.status == 200, answer.body
    story = gateway.story(answer)
    assert story["charge"] == ceil(round(PLAIN[model] * times, 3))
    assert story["charge"] == ceil(round(sum(line["quota"] for line in story["lines"]), 3))
    assert bool(story["tier"]) == (times != 1)
    assert not asked or story["hold"] >= story["charge"]


UNTOLD = [
    pytest.param("/v1/chat/completions", "gemini-2.5-pro", "service_tier", id="not taken by it"),
    pytest.param("/v1/chat/completions", "gpt-5.2", "service_tier", id="deleted by the channel"),
    pytest.param("/v1/chat/completions", "claude-opus-5", "service_tier", id="not converted"),
    pytest.param("/v1/messages", "gpt-5.1", "service_tier", id="not converted either"),
    pytest.param("/v1/messages", "gpt-5.1", "speed", id="of another vendor"),
]


@pytest.mark.fault("A1")
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize(("path", "model", "name"), UNTOLD)
def test_a_tier_that_the_vendor_was_not_told_is_not_charged(
    gateway: Gateway, path: str, model: str, name: str, stream: bool
) -> None:
    """Nor has it served so, as far as it says."""
    prompt = [{"role": "user", "content": "{}"}]
    request = chat_request(model, messages=prompt, max_tokens=2000, stream=stream)
    plain = gateway.story(gateway.post(gateway.add_key(), path, request))
    answer = gateway.post(gateway.add_key(), path, {**request, name: "fast"})
    assert answer.status == 200, answer.body
    story = gateway.story(answer)
    assert (story["tier"], story["charge"]) == ("", plain["charge"])


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_a_vendor_that_says_no_tier_has_served_as_it_was_told(
    gateway: Gateway, stream: bool
) -> None:
    prompt = [{"role": "user", "content": "{}"}]
    asked = {"messages": prompt, "max_tokens": 2000, "service_tier": "priority"}
    answer = gateway.chat(gateway.add_key(), "gpt-5.1", stream=stream, **asked)
    story = gateway.story(answer)
    assert (story["tier"], story["charge"]) == ("priority", ceil(2 * PLAIN["gpt-5.1"]))
    assert story["hold"] >= story["charge"]


@pytest.mark.fault("A1")
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_a_dear_tier_that_nobody_asked_for_takes_no_more_than_there_is(
    gateway: Gateway, stream: bool
) -> None:
    """Believable, so it is charged above the hold, as far as the balance goes: decisions 20 and 40."""
    balance = 5_600
    key = gateway.add_user(f"poor-{stream}", balance)
    said = json.dumps({"service_tier": "priority"})
    prompt = [{"role": "user", "content": said}]
    answer = gateway.chat(key, "gpt-5.1", messages=prompt, max_tokens=MADE, stream=stream)
    assert answer.status == 200, answer.body
    story = gateway.story(answer)
    assert story["hold"] < balance
    assert (story["tier"], story["charge"]) == ("priority", balance)
