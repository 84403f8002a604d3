"""Clients that want to set their own price: several words for one limit, dense prompts, more than the balance can pay."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.bad_days.test_overdraft import burst_of
from tests.bad_days.test_service_tiers import MESSAGE
from tests.fakes import (
    Answer,
    FakeVendor,
    Received,
    chat_document,
    event,
    json_answer,
    message_document,
    message_events,
    stream_answer,
    wait_until,
)
from tests.gateway import Gateway, chat_request

LIMITS = ("max_tokens", "max_completion_tokens", "max_output_tokens", "n_predict", "max_new_tokens")
PRICE = json.dumps({"gpt-4o-mini": 1, "claude-sonnet-4-5": 1})


def greedy(received: Received) -> Answer:
    """A vendor that obeys the largest limit it finds, in any word, and has a token in every byte of the prompt."""
    sent = received.json()
    made = max((sent[name] for name in LIMITS if sent.get(name)), default=5)
    read = len(received.body) if "dense" in str(sent.get("user")) else 50
    if received.path.endswith("/messages"):
        usage = {"input_tokens": read, "output_tokens": made}
        return json_answer(message_document(usage))
    return json_answer(chat_document("hi", read, made))


@pytest.fixture(scope="module")
def vendor() -> Iterator[FakeVendor]:
    with FakeVendor.in_thread(greedy) as vendor:
        yield vendor


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory, vendor: FakeVendor) -> Iterator[Gateway]:
    with Gateway(tmp_path_factory.mktemp("gateway")) as running:
        for name in ("ModelRatio", "CompletionRatio"):
            running.set_option(name, PRICE)
        running.serve(vendor.url, "gpt-4o-mini")
        running.serve(vendor.url, "claude-sonnet-4-5,claude-sonnet-4-0", type=14)
        yield running


CLIENTS = [
    pytest.param("/v1/chat/completions", "gpt-4o-mini", id="chat"),
    pytest.param("/v1/chat/completions", "claude-sonnet-4-5", id="chat to Anthropic"),
    pytest.param("/v1/messages", "claude-sonnet-4-5", id="Messages"),
    pytest.param("/v1/messages", "gpt-4o-mini", id="Messages to OpenAI"),
]


@pytest.mark.fault("A1")
@pytest.mark.parametrize(("path", "model"), CLIENTS)
@pytest.mark.parametrize("other", LIMITS[1:])
def test_a_limit_is_sent_once_and_is_the_smallest_that_was_named(
    gateway: Gateway, vendor: FakeVendor, path: str, model: str, other: str
) -> None:
    key = gateway.add_key()
    request = chat_request(model, max_tokens=100_000, **{other: 3})

    answer = gateway.post(key, path, request)

    assert (answer.status, answer.headers["x-oneapi-max-tokens"]) == (200, "3")
    sent = vendor.requests[-1].json()
    assert [sent[name] for name in LIMITS if name in sent] == [3]


@pytest.mark.fault("A1")
@pytest.mark.parametrize(("path", "model"), CLIENTS)
@pytest.mark.parametrize("name", ["n_predict", "num_predict"])
def test_a_native_word_for_no_limit_is_none_and_lifts_no_other(
    gateway: Gateway, vendor: FakeVendor, path: str, model: str, name: str
) -> None:
    """Sent by clients of llama.cpp and Ollama; it beats `max_tokens` there."""
    answer = gateway.post(gateway.add_key(), path, chat_request(model, max_tokens=3, **{name: -1}))

    assert (answer.status, answer.headers["x-oneapi-max-tokens"]) == (200, "3")
    sent = vendor.requests[-1].json()
    assert (sent["max_tokens"], name in sent) == (3, False)


@pytest.mark.fault("A1", "A2")
@pytest.mark.parametrize(("path", "model"), CLIENTS)
@pytest.mark.parametrize("name", ["models", "fallbacks"])
def test_no_other_model_is_served_at_the_price_of_the_one_that_was_checked(
    gateway: Gateway, vendor: FakeVendor, path: str, model: str, name: str
) -> None:
    key = gateway.add_key()
    asked = len(vendor.requests)
    for limits in ({"max_tokens": 7}, {"max_tokens": 7, "stream": True}):
        answer = gateway.post(key, path, chat_request(model, **limits, **{name: ["dear"]}))
        assert (answer.status, len(vendor.requests)) == (400, asked)
        assert f"`{name}`" in answer.json()["error"]["message"]
    assert gateway.post(key, path, chat_request(model, max_tokens=7, **{name: []})).status == 200


BRACKETS = {"stop": ["["] * 70}
OTHERS: list[dict[str, Any]] = [
    {"tools": [{"type": "advisor_20260301", "name": "advisor", "model": "dear"}]},
    {"tools": [{"type": "advisor_20260301", "name": "advisor", "Model": "dear"}]},
    {"tools": [{"type": "openrouter:advisor", "parameters": {"model": "dear"}}]},
    {"tools": [{"type": "openrouter:fusion"}]},
    {"tools": [None, {"type": "openrouter:fusion"}]},
    {"tools": [{"type": "openrouter:images", "parameters": {"a": [{"image_model": "dear"}]}}]},
    {"plugins": [{"id": "fusion", "analysis_models": ["dear", "dearer"]}]},
    {"plugins": [{}, {"id": "fusion"}]},
    {**BRACKETS, "plugins": [{"id": "fusion"}]},
]


@pytest.mark.fault("A1", "A2")
@pytest.mark.parametrize(("path", "model"), CLIENTS)
@pytest.mark.parametrize("others", OTHERS, ids=str)
def test_what_the_vendor_does_beside_the_answer_asks_no_other_model(
    gateway: Gateway, vendor: FakeVendor, path: str, model: str, others: dict[str, Any]
) -> None:
    key = gateway.add_key()
    asked = len(vendor.requests)
    (field,) = others.keys() - {"stop"}
    for stream in (False, True):
        answer = gateway.post(key, path, chat_request(model, max_tokens=7, stream=stream, **others))
        assert (answer.status, len(vendor.requests)) == (400, asked)
        assert f"`{field}[" in answer.json()["error"]["message"]


@pytest.mark.fault("A1")
def test_tools_of_the_clients_own_may_speak_of_models(gateway: Gateway, vendor: FakeVendor) -> None:
    schema = {"type": "object", "properties": {"model": {"type": "string"}, "models": {}}}
    function = {"name": "advisor", "description": "model", "parameters": schema}
    key = gateway.add_key()

    said = chat_request(max_tokens=7, tools=[{"type": "function", "function": function}])
    assert gateway.post(key, "/v1/chat/completions", said).status == 200

    same = {"type": "advisor_20260301", "name": "advisor", "model": "claude-sonnet-4-5"}
    custom = {"name": "subagent", "input_schema": schema}
    said = chat_request("claude-sonnet-4-5", max_tokens=7, tools=[same, custom])
    assert gateway.post(key, "/v1/messages", said).status == 200
    assert vendor.requests[-1].json()["tools"] == [same, custom]


ITERATIONS = [
    {"type": "compaction", "input_tokens": 190_000, "output_tokens": 3500},
    {"type": "message", "input_tokens": 23_000, "output_tokens": 1000},
]
COMPACTED = {"input_tokens": 23_000, "output_tokens": 1000, "iterations": ITERATIONS}


@pytest.mark.fault("R1")
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("path", ["/v1/messages", "/v1/chat/completions"])
def test_a_compaction_that_the_client_asks_for_is_charged(
    gateway: Gateway, vendor: FakeVendor, path: str, stream: bool
) -> None:
    message = {**MESSAGE, "usage": COMPACTED}
    start: dict[str, Any] = {
        **MESSAGE,
        "content": [],
        "stop_reason": None,
        "usage": {"input_tokens": 23_000},
    }
    ends: dict[str, Any] = {
        "type": "message_delta",
        "delta": {"stop_reason": "end_turn"},
        "usage": COMPACTED,
    }
    begins: dict[str, Any] = {"type": "message_start", "message": start}
    _, *text, _, stop = message_events(MESSAGE)
    events = [event(begins), *text, event(ends), stop]
    vendor.script(stream_answer(*events) if stream else json_answer(message))
    name = f"sums{stream}{path.count('/')}".lower()
    key = gateway.add_user(name, 2_000_000)

    said = chat_request("claude-sonnet-4-5", max_tokens=2000, stream=stream)
    said["context_management"] = {"edits": [{"type": "compact_20260112"}]}
    assert gateway.post(key, path, said).status == 200

    user = wait_for_requests(gateway, name, 1)
    assert user["used_quota"] == 190_000 + 23_000 + 3500 + 1000


@pytest.mark.fault("A1")
@pytest.mark.parametrize(("path", "model"), CLIENTS)
def test_one_limit_travels_as_it_is(
    gateway: Gateway, vendor: FakeVendor, path: str, model: str
) -> None:
    key = gateway.add_key()

    answer = gateway.post(key, path, chat_request(model, max_tokens=7))

    assert "x-oneapi-max-tokens" not in answer.headers
    assert vendor.requests[-1].json()["max_tokens"] == 7


def overspent(received: Received) -> Answer:
    """A vendor that made far more than it was allowed to."""
    document = chat_document("hi", 50, 100_000)
    return json_answer(document)


@pytest.mark.fault("A1", "R1")
def test_a_burst_on_a_small_balance_takes_all_of_it_and_the_rest_is_seen(
    gateway: Gateway, vendor: FakeVendor
) -> None:
    key = gateway.add_user("greedy", 2000)
    vendor.default = overspent
    try:
        statuses = asyncio.run(burst_of(gateway.port, key, 14, chat_request(max_tokens=1)))
    finally:
        vendor.default = greedy
    served = statuses[200]
    assert served >= 1
    user = wait_for_requests(gateway, "greedy", served)
    assert (user["quota"], user["used_quota"]) == (0, 2000)
    rows = gateway.rows("SELECT * FROM logs WHERE type = 2 AND username = 'greedy'")
    missing = [json.loads(row["detail"]).get("uncollected", 0) for row in rows]
    assert sum(row["quota"] for row in rows) == 2000
    assert sum(missing) == served * 100_050 - 2000
    said = check(gateway)
    assert f"not collected, because the balance was too small: {sum(missing)}" in said
    assert "balances + leases + used quota are what was credited" in said


def wait_for_requests(gateway: Gateway, name: str, count: int) -> Any:
    def flushed() -> Any:
        return gateway.rows(
            "SELECT * FROM users WHERE username = :name AND request_count = :count",
            name=name,
            count=count,
        )

    wait_until(flushed)
    return flushed()[0]


def check(gateway: Gateway) -> str:
    """What `one-api check` says of the running installation."""
    done = gateway.run("check")
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.fault("A1")
def test_a_dense_prompt_buys_no_more_than_the_balance(gateway: Gateway, vendor: FakeVendor) -> None:
    key = gateway.add_user("dense", 14_000)
    dense = chat_request(max_tokens=1, user="dense")
    dense["messages"][0]["content"] = "0123456789" * 3_000

    assert gateway.post(key, "/v1/chat/completions", dense).status == 403

    dense["messages"][0]["content"] = "0123456789" * 1_000
    asked = len(vendor.requests)
    answer = gateway.post(key, "/v1/chat/completions", dense)
    assert answer.status == 200
    wait_for_requests(gateway, "dense", 1)
    (row,) = gateway.rows("SELECT * FROM logs WHERE type = 2 AND username = 'dense'")
    assert row["quota"] == len(vendor.requests[asked].body) + 1


@pytest.mark.fault("A1")
def test_a_prompt_in_words_is_looked_at_closely_before_it_is_refused(
    gateway: Gateway, vendor: FakeVendor
) -> None:
    key = gateway.add_user("thrifty", 20_000)
    prose = chat_request(max_tokens=1)
    prose["messages"][0]["content"] = "quite some words " * 1_800  # 30 600 bytes

    assert gateway.post(key, "/v1/chat/completions", prose).status == 200


@pytest.mark.fault("W30")
def test_a_dollar_is_enough_for_a_document_that_fills_the_window(
    gateway: Gateway, vendor: FakeVendor
) -> None:
    key = gateway.add_user("reader", 500_000)
    source = {"type": "base64", "media_type": "application/pdf", "data": "A" * (8 << 20)}
    request = chat_request("claude-sonnet-4-0", max_tokens=1000)
    request["messages"][0]["content"] = [{"type": "document", "source": source}]

    answer = gateway.post(key, "/v1/messages", request)

    assert answer.status == 200, answer.body
