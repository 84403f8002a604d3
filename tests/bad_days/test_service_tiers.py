"""Clients that pick a dearer tier of the vendor's service while they are charged the plain price."""

import itertools
import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.fakes import (
    Answer,
    FakeVendor,
    Received,
    chat_document,
    chat_events,
    error_answer,
    json_answer,
    message_document,
    message_events,
    stream_answer,
)
from tests.gateway import Gateway, chat_request

DEAR = [
    ("service_tier", "priority"),
    ("service_tier", "flex"),
    ("service_tier", "fast"),
    ("service_tier", "Priority"),
    ("service_tier", ["priority"]),
    ("speed", "fast"),
    ("inference_geo", "us"),
]
PLAIN = [
    ("service_tier", "auto"),
    ("service_tier", "default"),
    ("service_tier", "standard_only"),
    ("speed", "standard"),
    ("service_tier", None),
]
CLIENTS = [
    pytest.param("/v1/chat/completions", "gpt-4o-mini", id="chat"),
    pytest.param("/v1/chat/completions", "claude-sonnet-4-5", id="chat to Anthropic"),
    pytest.param("/v1/messages", "claude-sonnet-4-5", id="Messages"),
    pytest.param("/v1/messages", "gpt-4o-mini", id="Messages to OpenAI"),
]
SAME_DIALECT = [CLIENTS[0], CLIENTS[2]]
SWITCH = {"config": json.dumps({"allow_service_tier": True})}
MESSAGE = message_document({"input_tokens": 9, "output_tokens": 3})


def served(received: Received) -> Answer:
    streams = received.json().get("stream") is True
    if received.path.endswith("/messages"):
        return stream_answer(*message_events(MESSAGE)) if streams else json_answer(dict(MESSAGE))
    return (
        stream_answer(*chat_events(["hi"])) if streams else json_answer(chat_document("hi", 9, 3))
    )


@pytest.fixture(scope="module")
def vendor() -> Iterator[FakeVendor]:
    with FakeVendor.in_thread(served) as vendor:
        yield vendor


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory, vendor: FakeVendor) -> Iterator[Gateway]:
    with Gateway(tmp_path_factory.mktemp("gateway")) as running:
        running.serve(vendor.url, "gpt-4o-mini,text-embedding-3-small,tts-1,davinci-002")
        running.serve(vendor.url, "claude-sonnet-4-5", type=14)
        running.serve(vendor.url, "gpt-4o", **SWITCH)
        running.serve(vendor.url, "claude-opus-4-5", type=14, **SWITCH)
        yield running


@pytest.mark.fault("A1")
@pytest.mark.parametrize(("path", "model"), CLIENTS)
@pytest.mark.parametrize(("name", "word"), DEAR)
def test_a_tier_that_the_client_picks_stays_here(
    gateway: Gateway, vendor: FakeVendor, path: str, model: str, name: str, word: Any
) -> None:
    key = gateway.add_key()
    for stream in (False, True):
        request = chat_request(model, max_tokens=7, stream=stream, **{name: word})
        answer = gateway.post(key, path, request)
        assert answer.status == 200, answer.body
        sent = vendor.requests[-1].json()
        assert (name in sent, sent["model"], sent["max_tokens"]) == (False, model, 7)
        assert (sent["messages"][0]["role"], sent.get("stream", False)) == ("user", stream)


@pytest.mark.fault("A1")
@pytest.mark.parametrize(("path", "model"), SAME_DIALECT)
@pytest.mark.parametrize(("name", "word"), PLAIN)
def test_a_word_that_picks_nothing_travels(
    gateway: Gateway, vendor: FakeVendor, path: str, model: str, name: str, word: Any
) -> None:
    body = json.dumps(chat_request(model, max_tokens=7, **{name: word})).encode()
    headers = {"Authorization": f"Bearer {gateway.add_key()}", "Content-Type": "application/json"}

    assert gateway.request("POST", path, body, headers).status == 200

    assert vendor.requests[-1].body == body


@pytest.mark.fault("A1")
@pytest.mark.parametrize(
    ("path", "model"), [("/v1/chat/completions", "gpt-4o"), ("/v1/messages", "claude-opus-4-5")]
)
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_a_channel_may_let_its_clients_pick(
    gateway: Gateway, vendor: FakeVendor, path: str, model: str, stream: bool
) -> None:
    picked = {"service_tier": "priority", "speed": "fast", "inference_geo": "us"}

    request = chat_request(model, max_tokens=7, stream=stream, **picked)
    assert gateway.post(gateway.add_key(), path, request).status == 200

    assert vendor.requests[-1].json().items() >= picked.items()


@pytest.mark.fault("A1")
@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/messages"])
def test_each_channel_of_a_request_is_sent_what_it_allows(
    gateway: Gateway, vendor: FakeVendor, path: str
) -> None:
    """The first fails; whichever of the two lanes the channels are in, the second is told its own."""
    model = f"tiers-{path.rpartition('/')[2]}"
    for number, (kind, switch) in enumerate(itertools.product((1, 14), ({}, SWITCH))):
        gateway.serve(vendor.url, model, type=kind, priority=number, **switch)
    vendor.script(*[error_answer(500)] * 3)
    first = len(vendor.requests)
    gateway.set_option("RetryTimes", "5")

    request = chat_request(model, max_tokens=7, service_tier="priority")
    assert gateway.post(gateway.add_key(), path, request).status == 200

    sent = vendor.requests[first:]
    told = {(r.path.endswith("/messages"), "service_tier" in r.json()) for r in sent if r.path}
    same = path.endswith("/messages")
    assert told == {(same, True), (same, False), (not same, False)}


def test_how_fast_is_spoken_is_no_tier(gateway: Gateway, vendor: FakeVendor) -> None:
    vendor.script(Answer((b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n\xff\xfb\x90",)))
    spoken = {"model": "tts-1", "input": "hi", "voice": "alloy", "speed": "1.5"}

    assert gateway.post(gateway.add_key(), "/v1/audio/speech", spoken).status == 200

    assert vendor.requests[-1].json() == spoken


@pytest.mark.fault("A1")
def test_speech_has_a_tier_beside_its_speed(gateway: Gateway, vendor: FakeVendor) -> None:
    vendor.script(Answer((b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n\xff\xfb\x90",)))
    spoken = {"model": "tts-1", "input": "hi", "voice": "alloy", "speed": 1.5}
    asked = {**spoken, "service_tier": "priority"}

    assert gateway.post(gateway.add_key(), "/v1/audio/speech", asked).status == 200

    assert vendor.requests[-1].json() == spoken


@pytest.mark.fault("A1")
def test_other_endpoints_have_tiers_as_well(gateway: Gateway, vendor: FakeVendor) -> None:
    key = gateway.add_key()
    vendor.script(json_answer({"data": [{"embedding": [1.0]}], "usage": {"prompt_tokens": 1}}))
    asked = {"model": "text-embedding-3-small", "input": "hi", "service_tier": "priority"}
    assert gateway.post(key, "/v1/embeddings", asked).status == 200
    assert "service_tier" not in vendor.requests[-1].json()

    vendor.script(json_answer({"choices": [{"text": "hi"}], "usage": {"prompt_tokens": 1}}))
    asked = {"model": "davinci-002", "prompt": "hi", "max_tokens": 3, "service_tier": "priority"}
    assert gateway.post(key, "/v1/completions", asked).status == 200
    assert "service_tier" not in vendor.requests[-1].json()
