"""Vendors that refuse what the gateway itself adds: the client gets its answer from the same channel, at once."""

import json
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tests.fakes import (
    Answer as VendorAnswer,
    FakeVendor,
    Received,
    body_answer,
    chatty,
    event,
    json_answer,
    stream_answer,
)
from tests.gateway import Answer, Gateway, chat_request
from tests.server.environment import measured

_names = count(1)
Refuse = Callable[[Any], VendorAnswer | None]


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    with Gateway(tmp_path_factory.mktemp("gateway"), env=measured()) as running:
        running.set_option("RetryTimes", "1")
        yield running


@pytest.fixture
def vendor() -> Iterator[FakeVendor]:
    with FakeVendor.in_thread() as running:
        yield running


def _picky(refuse: Refuse) -> Callable[[Received], VendorAnswer]:
    return lambda received: refuse(received.json()) or chatty(received)


def _said(message: str, status: int = 400, **more: Any) -> VendorAnswer:
    error = {"message": message, "type": "invalid_request_error", "param": None, "code": None}
    return json_answer({"error": error | more}, status)


def _served(gateway: Gateway, vendor: FakeVendor, refuse: Refuse, **fields: Any) -> str:
    """Route a model of its own to a vendor that refuses."""
    model = fields.pop("model", "m") + f"-{next(_names)}"
    vendor.default = _picky(refuse)
    gateway.serve(vendor.url, model, **({"type": 8} | fields))
    return model


def _ask(gateway: Gateway, key: str, model: str, dialect: str, **fields: Any) -> Answer:
    path = "/v1/chat/completions" if dialect == "openai" else "/v1/messages"
    return gateway.post(key, path, chat_request(model, max_tokens=50, **fields))


EXTRA = {"type": "extra_forbidden", "loc": ["body", "stream_options"], "msg": "Extra inputs…"}
WORDS = {
    "argument": _said("Unrecognized request argument supplied: stream_options"),
    "extra": json_answer({"detail": [EXTRA]}, 422),
    "mistral": json_answer({"object": "error", "message": {"detail": [EXTRA]}}, 422),
    "google": json_answer(
        [{"error": {"code": 400, "message": 'Unknown name "stream_options"'}}], 400
    ),
    "chinese": _said("参数stream_options不支持", code="1210"),
    "param": _said("unsupported parameter", param="stream_options"),
    "camel": _said("unknown key: streamOptions", 404),
    "subfield": _said("`include_usage` is not permitted", 422),
    "server": json_answer({"error": "json: unknown field 'stream_options'"}, 500),
    "text": body_answer(b"stream_options: unknown field", 400, content_type="text/plain"),
    "in_band": stream_answer(event({"error": {"message": "stream_options is not supported"}})),
}


@pytest.mark.fault("W1")
@pytest.mark.parametrize("dialect", ["openai", "anthropic"])
@pytest.mark.parametrize("words", WORDS.values(), ids=WORDS)
def test_a_refused_wish_for_usage_is_left_out_and_remembered(
    gateway: Gateway, key: str, vendor: FakeVendor, words: VendorAnswer, dialect: str
) -> None:
    model = _served(gateway, vendor, lambda said: words if "stream_options" in said else None)
    for asked in (2, 3):  # the second client's request is sent without it
        answer = _ask(gateway, key, model, dialect, stream=True)
        assert answer.status == 200
        assert b"Hel" in answer.body
        assert b"error" not in answer.body
        assert len(vendor.requests) == asked
    rows = [row for row in gateway.wait_for_logs(1) if row["model_name"] == model]
    assert all(row["completion_tokens"] > 0 for row in rows)


@pytest.mark.fault("W1")
def test_what_the_client_itself_said_stays_its_error(
    gateway: Gateway, key: str, vendor: FakeVendor
) -> None:
    words = _said("Unrecognized request argument supplied: stream_options", param="stream_options")
    model = _served(gateway, vendor, lambda said: words if "stream_options" in said else None)
    for wanted in (True, False):
        answer = _ask(
            gateway, key, model, "openai", stream=True, stream_options={"include_usage": wanted}
        )
        assert answer.status == 400
        assert answer.json()["error"]["param"] == "stream_options"
    assert len(vendor.requests) == 2


@pytest.mark.fault("W1")
@pytest.mark.parametrize("dialect", ["openai", "anthropic"])
def test_a_refusal_of_something_else_is_asked_once(
    gateway: Gateway, key: str, vendor: FakeVendor, dialect: str
) -> None:
    words = _said("messages[0].content is too long", param="messages")
    model = _served(gateway, vendor, lambda _: words)
    assert _ask(gateway, key, model, dialect, stream=True).status == 400
    assert len(vendor.requests) == 1


@pytest.mark.fault("W1")
def test_a_guess_that_does_not_help_is_not_remembered(
    gateway: Gateway, key: str, vendor: FakeVendor
) -> None:
    broken = [True]
    words = _said("you wrote stream_options into your prompt")
    model = _served(gateway, vendor, lambda _: words if broken[0] else None)
    assert _ask(gateway, key, model, "openai", stream=True).status == 400
    broken.clear()
    broken.append(False)
    assert _ask(gateway, key, model, "openai", stream=True).status == 200
    assert "stream_options" in vendor.requests[-1].json()


@pytest.mark.fault("W1", "W15")
def test_a_vendor_refuses_one_thing_of_ours_after_the_other(
    gateway: Gateway, key: str, vendor: FakeVendor
) -> None:
    ours = ("stream_options", "max_tokens", "user", "parallel_tool_calls", "reasoning_effort")

    def refuse(said: Any) -> VendorAnswer | None:
        found = next((name for name in ours if name in said), None)
        return _said(f"unsupported parameter: '{found}'", param=found) if found else None

    model = _served(gateway, vendor, refuse, type=1, model="gpt-oss")
    tools = [{"name": "get", "input_schema": {"type": "object"}}]
    wishes: dict[str, Any] = {
        "metadata": {"user_id": "u"},
        "tools": tools,
        "tool_choice": {"type": "auto", "disable_parallel_tool_use": True},
        "output_config": {"effort": "low"},
    }
    assert _ask(gateway, key, model, "anthropic", stream=True, **wishes).status == 200
    assert len(vendor.requests) == 6
    last = vendor.requests[-1].json()
    assert not set(ours) & last.keys()
    assert last["max_completion_tokens"] == 50
    assert _ask(gateway, key, model, "anthropic", stream=True, **wishes).status == 200
    assert len(vendor.requests) == 7


@pytest.mark.fault("W1", "W15")
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("words", "sent"),
    [
        (_said("Unsupported parameter: 'max_tokens'", param="max_tokens"), "max_completion_tokens"),
        (_said("max_tokens is too large: 4096. At most 2048 are supported"), None),
        (_said("Invalid max_tokens value, the valid range is [1,1024]"), None),
    ],
    ids=["name", "value", "range"],
)
def test_a_refused_limit_of_ours_has_another_name_or_is_not_needed(
    gateway: Gateway, vendor: FakeVendor, words: VendorAnswer, sent: str | None, stream: bool
) -> None:
    key = gateway.add_user(f"poor{next(_names)}", 200_000)
    limits = ("max_tokens", "max_completion_tokens") if sent is None else ("max_tokens",)
    model = _served(
        gateway, vendor, lambda said: words if any(name in said for name in limits) else None
    )
    for _ in range(2):
        answer = gateway.post(key, "/v1/chat/completions", chat_request(model, stream=stream))
        assert answer.status == 200
    first, second, third = (request.json() for request in vendor.requests)
    assert first["max_tokens"] == 4096
    for document in (second, third):
        assert {n for n in ("max_tokens", "max_completion_tokens") if n in document} == (
            {sent} if sent else set()
        )


@pytest.mark.fault("W15")
@pytest.mark.parametrize("model", ["gpt-5", "o3", "openai/o3"])
def test_our_limit_has_the_name_that_the_model_takes(
    gateway: Gateway, vendor: FakeVendor, model: str
) -> None:
    key = gateway.add_user(f"poor{next(_names)}", 100_000)
    gateway.serve(vendor.url, model, type=8, group=f"g{next(_names)},default")
    assert gateway.post(key, "/v1/chat/completions", chat_request(model)).status == 200
    sent = vendor.requests[-1].json()
    assert "max_tokens" not in sent
    assert sent["max_completion_tokens"] > 0


NO_DEPLOYMENT = {
    "error": {
        "code": "DeploymentNotFound",
        "message": "The API deployment for this resource does not exist.",
    }
}


@pytest.mark.fault("W33")
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("dialect", ["openai", "anthropic"])
@pytest.mark.parametrize(
    ("deployed", "mapped"), [("az-3.5-x", False), ("az-35-x", False), ("az-35-x", True)]
)
def test_a_deployments_other_spelling_is_tried_once_and_remembered(
    gateway: Gateway,
    key: str,
    vendor: FakeVendor,
    deployed: str,
    mapped: bool,
    dialect: str,
    stream: bool,
) -> None:
    model = f"az-3.5-x-{next(_names)}"
    name = model if "." in deployed else model.replace(".", "")
    asked = f"alias-{next(_names)}" if mapped else model
    mapping = json.dumps({asked: model} if mapped else {})
    vendor.default = lambda got: (
        chatty(got) if f"/{name}/" in got.path else json_answer(NO_DEPLOYMENT, 404)
    )
    gateway.serve(vendor.url, asked, type=3, model_mapping=mapping)
    assert _ask(gateway, key, asked, dialect, stream=stream).status == 200
    wrong = 1 if mapped or "." in deployed else 0
    assert len(vendor.requests) == 1 + wrong
    assert _ask(gateway, key, asked, dialect, stream=stream).status == 200
    assert len(vendor.requests) == 2 + wrong


@pytest.mark.fault("W33")
def test_a_deployment_that_there_is_not_is_said(
    gateway: Gateway, key: str, vendor: FakeVendor
) -> None:
    model = f"az-4.1-{next(_names)}"
    vendor.default = json_answer(NO_DEPLOYMENT, 404)
    gateway.serve(vendor.url, model, type=3)
    answer = _ask(gateway, key, model, "openai")
    assert answer.status == 404
    assert answer.json()["error"]["code"] == "DeploymentNotFound"
    assert len(vendor.requests) == 2


@pytest.mark.fault("W1")
def test_what_was_learned_outlives_a_change_of_another_channel(
    gateway: Gateway, key: str, vendor: FakeVendor, tmp_path: Path
) -> None:
    words = WORDS["argument"]
    model = _served(gateway, vendor, lambda said: words if "stream_options" in said else None)
    assert _ask(gateway, key, model, "openai", stream=True).status == 200
    with FakeVendor.in_thread() as other:
        gateway.serve(other.url, f"other-{tmp_path.name}")
    assert _ask(gateway, key, model, "openai", stream=True).status == 200
    assert len(vendor.requests) == 3


# -- servers of Anthropic's dialect --------------------------------------------------------------------------------

MESSAGE = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "claude",
    "content": [{"type": "text", "text": "Hello"}],
    "stop_reason": "end_turn",
    "usage": {"input_tokens": 5, "output_tokens": 2},
}


def _claude(vendor: FakeVendor, refuse: Refuse) -> None:
    vendor.default = lambda received: refuse(received.json()) or json_answer(MESSAGE)


def _refused(message: str) -> VendorAnswer:
    error = {"type": "invalid_request_error", "message": message}
    return json_answer({"type": "error", "error": error}, 400)


UNKNOWN = "{}: Extra inputs are not permitted"
THINKING = "thinking.type: Input should be 'enabled' or 'disabled'"
HINTED: dict[str, tuple[dict[str, Any], Refuse]] = {
    "effort": (
        {"reasoning_effort": "low"},
        lambda said: _refused(UNKNOWN.format("output_config")) if "output_config" in said else None,
    ),
    "thinking": (
        {"reasoning_effort": "low"},
        lambda said: _refused(THINKING) if "thinking" in said else None,
    ),
    "thinking, of a server in Python": (
        {"reasoning_effort": "low"},
        lambda said: (
            json_answer({"detail": [{"loc": ["body", "thinking"], "msg": "no"}]}, 422)
            if "thinking" in said
            else None
        ),
    ),
    "user": (
        {"user": "someone"},
        lambda said: _refused(UNKNOWN.format("metadata")) if "metadata" in said else None,
    ),
    "parallel": (
        {
            "parallel_tool_calls": False,
            "tools": [{"type": "function", "function": {"name": "get"}}],
        },
        lambda said: (
            _refused(UNKNOWN.format("tool_choice.auto.disable_parallel_tool_use"))
            if "disable_parallel_tool_use" in said["tool_choice"]
            else None
        ),
    ),
}


@pytest.mark.fault("W1")
@pytest.mark.parametrize("kind", HINTED)
def test_what_a_chat_became_for_a_server_of_anthropics_dialect_is_left_out_and_remembered(
    gateway: Gateway, key: str, vendor: FakeVendor, kind: str
) -> None:
    fields, refuse = HINTED[kind]
    model = f"claude-opus-4-6-{next(_names)}"
    _claude(vendor, refuse)
    gateway.serve(vendor.url, model, type=14)
    for asked in (2, 3):
        answer = gateway.chat(key, model, max_tokens=5000, **fields)
        assert answer.status == 200
        assert answer.json()["choices"][0]["message"]["content"] == "Hello"
        assert len(vendor.requests) == asked


@pytest.mark.fault("W1", "W15")
def test_a_limit_that_nobody_named_is_the_vendors_own_where_that_is_lower(
    gateway: Gateway, key: str, vendor: FakeVendor
) -> None:
    model = f"claude-sonnet-4-5-{next(_names)}"
    words = "max_tokens: {} > 8192, which is the maximum allowed number of output tokens for claude"
    _claude(
        vendor,
        lambda said: (
            _refused(words.format(said["max_tokens"])) if said["max_tokens"] > 8192 else None
        ),
    )
    gateway.serve(vendor.url, model, type=14)
    for asked in (2, 3):
        assert gateway.chat(key, model).status == 200
        assert len(vendor.requests) == asked
        assert vendor.requests[-1].json()["max_tokens"] == 8192
    refused = gateway.chat(key, model, max_tokens=9000)
    assert refused.status == 400, "a client's own number is the client's error"
    assert "8192" in refused.json()["error"]["message"]


@pytest.mark.fault("W1")
def test_a_schema_is_said_by_a_tool_where_the_server_knows_no_other_word(
    gateway: Gateway, key: str, vendor: FakeVendor
) -> None:
    model = f"claude-opus-4-6-{next(_names)}"
    called = {"type": "tool_use", "id": "t", "name": "json_response", "input": {"a": 1}}

    def answer(received: Received) -> VendorAnswer:
        if "output_config" in received.json():
            return _refused(UNKNOWN.format("output_config"))
        return json_answer(MESSAGE | {"content": [called], "stop_reason": "tool_use"})

    vendor.default = answer
    gateway.serve(vendor.url, model, type=14)
    schema: Any = {"name": "n", "schema": {"type": "object", "properties": {"a": {}}}}
    shape = {"type": "json_schema", "json_schema": schema}
    for _ in range(2):
        found = gateway.chat(key, model, max_tokens=50, response_format=shape)
        assert json.loads(found.json()["choices"][0]["message"]["content"]) == {"a": 1}
    assert len(vendor.requests) == 3


@pytest.mark.fault("W1")
def test_what_a_client_says_in_anthropics_own_words_is_its_own(
    gateway: Gateway, key: str, vendor: FakeVendor
) -> None:
    model = f"claude-opus-4-6-{next(_names)}"
    _claude(vendor, lambda said: _refused(THINKING) if "thinking" in said else None)
    gateway.serve(vendor.url, model, type=14)
    thinking = {"type": "adaptive"}
    assert gateway.chat(key, model, max_tokens=50, thinking=thinking).status == 400
    assert len(vendor.requests) == 1
    answer = _ask(gateway, key, model, "anthropic", thinking=thinking)
    assert answer.status == 400
    assert len(vendor.requests) == 2
