"""What chat clients send to a Claude channel, through the running gateway, to a vendor as strict as Anthropic."""

import json
from collections.abc import Iterator
from typing import Any

import openai
import pytest
from pydantic import BaseModel

from tests.fakes import Answer, FakeVendor, Received, json_answer, stream_answer
from tests.gateway import Gateway
from tests.providers.anthropic_rules import MODELS, violations
from tests.server.environment import measured

PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
PICTURE = f"data:image/jpg;base64,{PNG}"
ANTHROPIC = 14


def strict(received: Received) -> Answer:
    """Answer as Anthropic does: with a 400 for what it does not take."""
    request = received.json()
    found = violations(request)
    if found:
        error = {"type": "invalid_request_error", "message": "; ".join(found)}
        return json_answer({"type": "error", "error": error}, 400)
    message: dict[str, Any] = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": request["model"],
        "content": [{"type": "text", "text": '{"name": "Ada"}'}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 5, "output_tokens": 7},
    }
    return stream_answer(*_events(message)) if request.get("stream") else json_answer(message)


def _events(message: dict[str, Any]) -> list[bytes]:
    text = message["content"][0]["text"]
    events: list[dict[str, Any]] = [
        {"type": "message_start", "message": {**message, "content": [], "stop_reason": None}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": message["usage"]},
        {"type": "message_stop"},
    ]
    return [f"event: {e['type']}\ndata: {json.dumps(e)}\n\n".encode() for e in events]


@pytest.fixture(scope="module")
def vendor() -> Iterator[FakeVendor]:
    with FakeVendor.in_thread() as found:
        found.default = strict
        yield found


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory, vendor: FakeVendor) -> Iterator[Gateway]:
    with Gateway(tmp_path_factory.mktemp("gateway"), env=measured()) as running:
        running.serve(vendor.url, ",".join(MODELS), type=ANTHROPIC)
        yield running


def _user(content: Any) -> dict[str, Any]:
    return {"role": "user", "content": content}


def _call(call_id: str, name: str) -> dict[str, Any]:
    return {"id": call_id, "type": "function", "function": {"name": name, "arguments": "{}"}}


def _text(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}


MCP_SCHEMA = {
    "type": "object",
    "properties": {"path": {"type": "string"}, "url": {"type": "string"}},
    "anyOf": [{"required": ["path"]}, {"required": ["url"]}],
}
SENT: dict[str, dict[str, Any]] = {
    "nextchat": {
        "messages": [
            {"role": "system", "content": "You are helpful."},
            {"role": "assistant", "content": "How can I help?"},
            _user(
                [
                    _text("what is this?"),
                    {"type": "image_url", "image_url": {"url": PICTURE}},
                ]
            ),
        ],
        "stream": True,
        "temperature": 0.5,
        "presence_penalty": 0,
        "frequency_penalty": 0,
        "top_p": 1,
    },
    "lobechat": {
        "messages": [{"role": "system", "content": ""}, _user("hi")],
        "frequency_penalty": 0,
        "presence_penalty": 0,
        "temperature": 1,
        "top_p": 1,
        "stream": True,
        "stream_options": {"include_usage": True},
        "tools": [{"type": "function", "function": {"name": "lobe-web", "parameters": MCP_SCHEMA}}],
        "reasoning_effort": "medium",
        "max_tokens": 5000,
        "user": "u" * 300,
    },
    "cherry studio": {
        "messages": [_user("hi"), {"role": "assistant", "content": "\n\n"}, _user("hello?")],
        "temperature": 0.7,
        "top_p": 0.9,
        "enable_thinking": True,
        "thinking_budget": 4096,
        "thinking": {"type": "enabled", "budget_tokens": 4096},
        "chat_template_kwargs": {"enable_thinking": True},
        "stream": True,
    },
    "a program with one set of samplers": {
        "messages": [_user("go"), {"role": "assistant", "content": "So"}, _user("on")],
        "stop": ["\n\n", "\nUser:", ""],
        "temperature": 1.4,
        "top_k": 40,
        "top_p": 0.95,
        "min_p": 0.05,
        "repetition_penalty": 1.1,
        "logit_bias": {},
        "max_tokens": 300,
    },
    "an agent that Kimi served before": {
        "messages": [
            {"role": "system", "content": [_text("S")]},
            _user("go"),
            {
                "role": "assistant",
                "content": " ",
                "reasoning_content": "hmm",
                "tool_calls": [_call("functions.read:0", "read"), _call("functions.ls:1", "ls")],
            },
            {"role": "tool", "tool_call_id": "functions.ls:1", "content": ""},
            {"role": "tool", "tool_call_id": "functions.read:0", "content": [_text("")]},
            _user(""),
        ],
        "tools": [
            {"type": "function", "function": {"name": "read", "parameters": MCP_SCHEMA}},
            {"type": "function", "function": {"name": "ls"}},
        ],
        "tool_choice": "auto",
        "parallel_tool_calls": True,
        "reasoning_effort": "high",
        "store": False,
        "prompt_cache_key": "k",
        "stream": True,
    },
    "only a system prompt": {"messages": [{"role": "system", "content": "Translate: hi"}]},
}


@pytest.mark.fault("W16", "W17", "W18", "W26", "W27", "W34", "W35", "R6")
@pytest.mark.parametrize("client", SENT)
@pytest.mark.parametrize("model", MODELS)
def test_a_client_is_answered(gateway: Gateway, key: str, model: str, client: str) -> None:
    answer = gateway.chat(key, model, **SENT[client])
    assert answer.status == 200, answer.body
    assert b"Ada" in answer.body


class Person(BaseModel):
    """What the SDK's own helper asks for."""

    name: str


@pytest.mark.parametrize("model", ["claude-sonnet-4-20250514", "claude-opus-5-5"])
def test_the_sdk_is_answered_in_the_shape_that_it_asks_for(
    gateway: Gateway, key: str, vendor: FakeVendor, model: str
) -> None:
    client = openai.OpenAI(
        api_key=key, base_url=f"http://127.0.0.1:{gateway.port}/v1", max_retries=0
    )
    with client:
        parsed = client.chat.completions.parse(
            model=model,
            messages=[{"role": "user", "content": "who?"}],
            response_format=Person,
            max_completion_tokens=100,
        )
    sent = vendor.requests[-1].json()
    if model == "claude-opus-5-5":
        assert sent["output_config"]["format"]["type"] == "json_schema"
        assert parsed.choices[0].message.parsed == Person(name="Ada")
    else:
        assert sent["tool_choice"] == {"type": "tool", "name": "json_response"}
