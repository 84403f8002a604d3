"""A channel's operations on the running product: in every lane, in its story, and never beyond what was held."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.bad_days.test_service_tiers import served
from tests.fakes import (
    Answer as VendorAnswer,
    FakeVendor,
    Received,
    chat_document,
    error_answer,
    json_answer,
)
from tests.gateway import ACCESS, Gateway, chat_request
from tests.server.environment import measured

OPERATIONS: list[dict[str, Any]] = [
    {"in": "body", "do": "set", "name": "temperature", "value": 0.25},
    {"in": "body", "do": "set", "name": "max_tokens", "value": 9},
    {"in": "header", "do": "set", "name": "X-Title", "value": "{client_header:x-app} {api_key}"},
    {"in": "body", "do": "set", "name": "top_k", "value": 1, "when": {"models": ["no-*"]}},
]
DONE = ["set temperature", "set max_tokens", "set header x-title"]
LANES = [
    pytest.param("/v1/chat/completions", "gpt-ops", id="chat"),
    pytest.param("/v1/chat/completions", "claude-ops", id="chat to Anthropic"),
    pytest.param("/v1/messages", "claude-ops", id="Messages"),
    pytest.param("/v1/messages", "gpt-ops", id="Messages to OpenAI"),
]


def config(*operations: dict[str, Any], **more: Any) -> dict[str, str]:
    return {"config": json.dumps({"operations": list(operations), **more})}


@pytest.fixture(scope="module")
def vendor() -> Iterator[FakeVendor]:
    with FakeVendor.in_thread(served) as vendor:
        yield vendor


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory, vendor: FakeVendor) -> Iterator[Gateway]:
    with Gateway(tmp_path_factory.mktemp("gateway"), env=measured()) as running:
        running.serve(vendor.url, "gpt-ops", **config(*OPERATIONS))
        running.serve(vendor.url, "claude-ops", type=14, **config(*OPERATIONS))
        yield running


@pytest.mark.parametrize(("path", "model"), LANES)
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_operations_work_in_every_lane(
    gateway: Gateway, vendor: FakeVendor, key: str, path: str, model: str, stream: bool
) -> None:
    request = chat_request(model, max_tokens=50, stream=stream, temperature=1)
    for _ in range(2):  # the second one finds its key in memory
        answer = gateway.post(key, path, request, {"X-App": "cline"})
        assert answer.status == 200, answer.body

        received = vendor.requests[-1]
        sent = received.json()
        assert (sent["temperature"], sent["max_tokens"], "top_k" in sent) == (0.25, 9, False)
        assert sent["model"] == model
        assert received.headers["x-title"] == "cline sk-vendor"
        assert gateway.story(answer)["operations"] == DONE


def test_an_operation_that_is_not_due_is_not_told(gateway: Gateway, vendor: FakeVendor) -> None:
    request = chat_request("gpt-ops", max_tokens=5, temperature=0.25)
    answer = gateway.post(gateway.add_key(), "/v1/chat/completions", request)
    assert answer.status == 200
    assert "x-title" not in vendor.requests[-1].headers
    assert vendor.requests[-1].json() == request
    assert gateway.story(answer)["operations"] == []


def test_what_failed_tells_what_was_done_to_it(gateway: Gateway, vendor: FakeVendor) -> None:
    vendor.script(error_answer(400))
    request = chat_request("gpt-ops", temperature=1)
    answer = gateway.post(gateway.add_key(), "/v1/chat/completions", request)
    assert answer.status == 400
    assert "set temperature" in gateway.story(answer)["operations"]


@pytest.mark.parametrize("endpoint", ["embeddings", "completions"])
def test_other_endpoints_are_operated_on(
    gateway: Gateway, vendor: FakeVendor, endpoint: str
) -> None:
    usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
    vendor.script(
        json_answer({"data": [{"embedding": [1.0]}], "choices": [{"text": "x"}], "usage": usage})
    )
    asked = {"model": "gpt-ops", "input": "hi", "prompt": "hi", "max_tokens": 5}
    answer = gateway.post(gateway.add_key(), f"/v1/{endpoint}", asked)
    assert answer.status == 200, answer.body
    assert vendor.requests[-1].json() == asked | {"temperature": 0.25}


def test_a_channel_that_is_tried_does_what_it_does(gateway: Gateway, vendor: FakeVendor) -> None:
    channel = gateway.serve(vendor.url, "tried", **config(*OPERATIONS[:1]))
    vendor.script(json_answer(chat_document("ok")))
    gateway.api("POST", f"/api/channel/{channel}/test", {})
    assert vendor.requests[-1].json()["temperature"] == 0.25


ADDED: list[dict[str, Any]] = [
    {"in": "body", "do": "set", "name": "max_tokens", "value": 100_000},
    {"in": "body", "do": "default", "name": "max_tokens", "value": 100_000},
    {"in": "body", "do": "rename", "name": "max_tokens", "to": "max_completion_tokens"},
    {
        "in": "body",
        "do": "append",
        "name": "messages",
        "value": {"role": "user", "content": "many words " * 200},
    },
    {"in": "body", "do": "set", "name": "chat_template_kwargs", "value": {"x": "y" * 3000}},
]


def greedy(received: Received) -> VendorAnswer:
    """Answer as a vendor that counts every byte of what it was sent, and writes as much as it may."""
    sent = received.json()
    limit = sent.get("max_tokens") or sent.get("max_completion_tokens") or 16_384
    return json_answer(chat_document("x", len(received.body), limit))


@pytest.mark.parametrize("operation", ADDED, ids=lambda said: f"{said['do']} {said['name']}")
@pytest.mark.parametrize("limit", [None, 50], ids=["no limit", "a limit"])
def test_what_is_charged_is_never_above_what_was_held(
    gateway: Gateway, vendor: FakeVendor, operation: dict[str, Any], limit: int | None
) -> None:
    model = f"held-{ADDED.index(operation)}-{limit}"
    mapping = json.dumps({model: "gpt-4o-mini"})
    gateway.serve(vendor.url, model, model_mapping=mapping, **config(operation))
    vendor.script(greedy)
    request = chat_request(model) | ({} if limit is None else {"max_tokens": limit})
    answer = gateway.post(gateway.add_key(), "/v1/chat/completions", request)
    assert answer.status == 200, answer.body
    told = gateway.story(answer)
    assert 0 < told["charge"] <= told["hold"]
    assert told["source"] == "reported"


@pytest.mark.parametrize("prompts", [1, 3])
def test_texts_beside_the_prompt_of_a_completion_are_held_for(
    gateway: Gateway, vendor: FakeVendor, prompts: int
) -> None:
    model = f"suffixed-{prompts}"
    suffix = "many words " * 400
    operation = {"in": "body", "do": "set", "name": "suffix", "value": suffix}
    gateway.serve(
        vendor.url, model, model_mapping=json.dumps({model: "gpt-4o-mini"}), **config(operation)
    )
    read = prompts * (len(suffix) + 2)  # the vendor counts every byte
    usage = {"prompt_tokens": read, "completion_tokens": 5, "total_tokens": read + 5}
    vendor.script(json_answer({"choices": [{"text": "x"}], "usage": usage}))
    asked = {"model": model, "prompt": ["hi"] * prompts, "max_tokens": 5}
    answer = gateway.post(gateway.add_key(), "/v1/completions", asked)
    assert answer.status == 200, answer.body
    told = gateway.story(answer)
    assert 0 < told["charge"] <= told["hold"]


def test_a_wrong_operation_is_refused_with_its_place(gateway: Gateway) -> None:
    wrong = [*OPERATIONS, {"in": "body", "do": "set", "name": "model", "value": "gpt-5"}]
    row = {"type": 1, "key": "sk-x", "name": "n", "models": "m", **config(*wrong)}
    reply = gateway.request(
        "POST",
        "/api/channel/",
        json.dumps(row).encode(),
        {"Authorization": ACCESS, "Content-Type": "application/json"},
    ).json()
    assert (reply["success"], reply["code"]) == (False, "bad_field")
    assert reply["field"] == "config.operations[4].name"
    assert "config.operations[4].name" in reply["message"]
