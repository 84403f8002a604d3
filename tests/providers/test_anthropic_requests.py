"""What a chat becomes for Claude: the parts that differ between models, and what cannot be said."""

import json
from typing import Any

import pytest
from hypothesis import example, given, settings, strategies as st

from oneapi.errors import InvalidRequest
from oneapi.providers import registry
from oneapi.providers.anthropic_request import vendor_document
from oneapi.wire.registry import client_dialect
from tests.providers.exchanges import call_to

HELLO = [{"role": "user", "content": "hi"}]
TOOL = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}


def _sent(model: str = "claude-sonnet-4-5", **document: Any) -> dict[str, Any]:
    document = {"messages": HELLO, **document}
    return vendor_document(call_to(14, model=model, document=document), document)


def test_the_limit_is_the_models_unless_somebody_names_one() -> None:
    assert _sent()["max_tokens"] == 64_000
    assert _sent(max_tokens=5)["max_tokens"] == 5
    assert _sent(max_tokens=5, max_completion_tokens=6)["max_tokens"] == 6
    document = {"messages": HELLO}
    call = call_to(14, model="claude-sonnet-4-5", document=document, max_output_tokens=7)
    assert vendor_document(call, document)["max_tokens"] == 7


def test_effort_is_a_budget_for_older_models() -> None:
    sent = _sent(reasoning_effort="high", max_tokens=4000, temperature=0.3)
    assert sent["thinking"] == {"type": "enabled", "budget_tokens": 3999}
    assert "temperature" not in sent
    assert "thinking" not in _sent(reasoning_effort="high", max_tokens=500)
    assert "thinking" not in _sent(reasoning_effort="high", tools=[TOOL], tool_choice="required")
    assert "thinking" not in _sent("claude-3-5-haiku-latest", reasoning_effort="high")


def test_effort_adapts_newer_models() -> None:
    sent = _sent("claude-sonnet-4-6", reasoning_effort="minimal")
    assert sent["thinking"] == {"type": "adaptive"}
    assert sent["output_config"] == {"effort": "low"}
    assert _sent("claude-opus-4-7", reasoning_effort="none")["thinking"] == {"type": "disabled"}
    assert "thinking" not in _sent("claude-fable-5", reasoning_effort="none")
    assert "thinking" not in _sent("claude-opus-4-7")


def test_a_clients_own_thinking_is_left_alone() -> None:
    thinking = {"type": "enabled", "budget_tokens": 1024}
    sent = _sent(thinking=thinking, reasoning_effort="low")
    assert sent["thinking"] == thinking
    assert "output_config" not in sent


def _loop(**more: Any) -> list[Any]:
    call = {"id": "t", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    return [
        *HELLO,
        {"role": "assistant", "content": None, "tool_calls": [call], **more},
        {"role": "tool", "tool_call_id": "t", "content": "1"},
    ]


def test_a_tool_loop_whose_thinking_was_not_kept_goes_on_without() -> None:
    assert "thinking" not in _sent(messages=_loop(), reasoning_effort="low")
    kept = {"thinking_blocks": [{"type": "thinking", "thinking": "hm", "signature": "s"}]}
    assert "thinking" in _sent(messages=_loop(**kept), reasoning_effort="low")


def test_content_null_with_calls_keeps_the_calls() -> None:
    assistant = _sent(messages=_loop())["messages"][1]
    assert assistant["content"] == [{"type": "tool_use", "id": "t", "name": "f", "input": {}}]


@pytest.mark.parametrize("arguments", ["not json", "[1]", '{"a":'])
def test_arguments_that_are_no_object_are_kept(arguments: str) -> None:
    messages = _loop()
    messages[1]["tool_calls"][0]["function"]["arguments"] = arguments
    block = _sent(messages=messages)["messages"][1]["content"][0]
    assert block["input"] == {"raw_arguments": arguments}


def test_old_function_calls() -> None:
    messages = [
        *HELLO,
        {"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": "{}"}},
        {"role": "function", "name": "f", "content": "1"},
    ]
    sent = _sent(messages=messages, functions=[TOOL["function"]], function_call="auto")
    assert sent["messages"][1]["content"][0]["id"] == "call_1"
    assert sent["messages"][2]["content"][0]["tool_use_id"] == "call_1"
    assert sent["tools"] == [{"name": "f", "input_schema": {"type": "object"}}]
    assert sent["tool_choice"] == {"type": "auto"}


@pytest.mark.parametrize(
    ("choice", "parallel", "said"),
    [
        ("auto", None, {"type": "auto"}),
        ("none", None, {"type": "none"}),
        ("none", False, {"type": "none"}),
        ("required", None, {"type": "any"}),
        ("required", True, {"type": "any"}),
        (None, False, {"type": "auto", "disable_parallel_tool_use": True}),
        ({"type": "function", "function": {"name": "f"}}, None, {"type": "tool", "name": "f"}),
    ],
)
def test_tool_choice(choice: Any, parallel: bool | None, said: dict[str, Any]) -> None:
    given: dict[str, Any] = {"tool_choice": choice, "parallel_tool_calls": parallel}
    fields = {name: value for name, value in given.items() if value is not None}
    assert _sent(tools=[TOOL], **fields)["tool_choice"] == said
    assert "tool_choice" not in _sent(**fields)


UNSAYABLE: list[tuple[dict[str, Any], str]] = [
    ({"n": 2}, "n"),
    ({"modalities": ["text", "audio"]}, "modalities"),
    ({"stop": 5}, "stop"),
    ({"tools": [{"type": "custom", "custom": {"name": "x"}}]}, "tools[0].type"),
    ({"tools": [5]}, "tools[0].function.name"),
    ({"tools": "f"}, "tools"),
    ({"tools": [TOOL], "tool_choice": "maybe"}, "tool_choice"),
    ({"tools": [TOOL], "tool_choice": {"type": "custom"}}, "tool_choice.type"),
    ({"tools": [TOOL], "tool_choice": {"type": "function"}}, "tool_choice.function.name"),
    ({"tools": [TOOL], "tool_choice": 5}, "tool_choice"),
    ({"tools": [TOOL], "tool_choice": {"function": {"name": "g"}}}, "tool_choice"),
    (
        {"tools": [{"function": {"name": "web_search"}}], "web_search_options": {}},
        "web_search_options",
    ),
    ({"stop": [5, "END"]}, "stop"),
    ({"thinking": True}, "thinking"),
    ({"messages": [{"role": "user", "content": " "}]}, "messages"),
    ({"messages": [{"role": "judge", "content": "x"}]}, "messages[0].role"),
    ({"messages": [{"role": "user", "content": 5}]}, "messages[0].content"),
    ({"messages": [{"role": "user", "content": [5]}]}, "messages[0].content[0]"),
    ({"messages": [{"role": "user", "content": [{}]}]}, "messages[0].content[0].type"),
]
PARTS: list[tuple[dict[str, Any], str]] = [
    ({"type": "input_audio", "input_audio": {}}, ""),
    ({"type": "image_url", "image_url": {"url": "ftp://h/x"}}, ".image_url.url"),
    ({"type": "image_url", "image_url": {}}, ".image_url"),
    ({"type": "image_url", "image_url": {"url": "data:image/png,raw"}}, ".image_url.url"),
    ({"type": "file", "file": {}}, ".file"),
    ({"type": "file", "file": {"file_data": "data:text/plain;base64,/w=="}}, ".file.file_data"),
    ({"type": "text", "text": None}, ".text"),
]
UNSAYABLE_PARTS: list[tuple[dict[str, Any], str]] = [
    ({"messages": [{"role": "user", "content": [part]}]}, f"messages[0].content[0]{path}")
    for part, path in PARTS
]


@pytest.mark.parametrize(("fields", "param"), UNSAYABLE + UNSAYABLE_PARTS)
def test_what_cannot_be_said_is_named(fields: dict[str, Any], param: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        _sent(**fields)
    assert caught.value.param == param


def test_thinking_survives_two_turns_through_an_openai_client() -> None:
    dialect, client = registry.dialect("anthropic"), client_dialect("openai")
    messages: list[Any] = [{"role": "user", "content": "go"}]
    blocks: list[Any] = []
    for turn in (1, 2):
        content: list[Any] = [
            {"type": "thinking", "thinking": f"thought {turn}", "signature": f"sig {turn}"},
            {"type": "redacted_thinking", "data": f"secret {turn}"},
            {"type": "tool_use", "id": f"t{turn}", "name": "f", "input": {"n": turn}},
        ]
        blocks.append(content)
        reply: dict[str, Any] = {
            "id": "msg_1",
            "content": content,
            "stop_reason": "tool_use",
            "usage": {},
        }
        call = call_to(14, model="claude-sonnet-4-5", document={"messages": messages})
        rendered = json.loads(
            client.render(dialect.response(call, json.dumps(reply).encode()).document, None)
        )
        messages.append(rendered["choices"][0]["message"])
        messages.append({"role": "tool", "tool_call_id": f"t{turn}", "content": "done"})
    sent = _sent(messages=messages)["messages"]
    assert [sent[1]["content"], sent[3]["content"]] == blocks


def test_a_message_that_the_client_changed_is_read_as_it_is_now() -> None:
    message = {
        "role": "assistant",
        "content": "changed",
        "content_blocks": [{"type": "text", "length": 2}, {"type": "text", "length": 3}],
    }
    sent = _sent(messages=[*HELLO, message])["messages"][1]["content"]
    assert sent == [{"type": "text", "text": "changed"}]


NAMES = st.sampled_from(
    [
        *("role", "content", "type", "text", "image_url", "url", "tool_calls", "function", "name"),
        *("arguments", "user", "assistant", "tool", "system", "thinking_blocks", "content_blocks"),
        *("length", "index", "signature", "tool_use", "file", "file_data", "reasoning_content"),
    ]
)
MAX_EXAMPLES = 50
RUBBISH = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | NAMES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=5),
    max_leaves=20,
)
FIELDS = st.sampled_from(
    [
        *("messages", "tools", "tool_choice", "stop", "response_format", "thinking", "stream"),
        *("reasoning_effort", "max_tokens", "temperature", "user", "functions", "modalities", "n"),
    ]
)
ROLES = st.sampled_from(["system", "user", "assistant", "tool", "function"])


def _message(role: str, fields: dict[str, Any]) -> dict[str, Any]:
    return {**fields, "role": role}


MESSAGES: Any = st.builds(_message, ROLES, st.dictionaries(NAMES, RUBBISH))


@settings(max_examples=MAX_EXAMPLES)
@given(st.lists(MESSAGES, min_size=1, max_size=4), st.dictionaries(FIELDS, RUBBISH))
@example(
    [{"role": "assistant", "content_blocks": [None]}], {"n": [], "functions": 1, "modalities": 1}
)
@example([{"role": "assistant", "content_blocks": [{"type": []}]}], {"thinking": {"type": []}})
@example([{"role": "assistant", "content": [{"type": "tool_use"}]}], {})
@example([{"role": "system", "content": [{"type": "tool_result", "content": []}]}], {})
def test_rubbish_is_said_or_refused(messages: list[Any], fields: dict[str, Any]) -> None:
    document = {**fields, "messages": messages}
    for number, model in ((14, "claude-sonnet-4-5"), (14, "claude-3-haiku"), (1, "o3"), (20, "m")):
        call = call_to(number, model=model, document=document)
        try:
            request = registry.dialect(call.service.dialect).request(call)
        except InvalidRequest:
            continue
        assert json.loads(request.body)["messages"] is not None


@settings(max_examples=MAX_EXAMPLES)
@given(
    st.dictionaries(st.sampled_from(["system", "tools", "thinking", "metadata"]), RUBBISH),
    st.lists(MESSAGES, min_size=1, max_size=4),
)
def test_rubbish_from_an_anthropic_client_is_said_or_refused(
    fields: dict[str, Any], messages: list[Any]
) -> None:
    body = json.dumps({**fields, "messages": messages, "model": "m", "max_tokens": 5}).encode()
    try:
        document = client_dialect("anthropic").to_canonical(body)
    except InvalidRequest:
        return
    for number in (1, 14, 20, 36):
        call = call_to(number, model="gpt-5", document=document)
        try:
            request = registry.dialect(call.service.dialect).request(call)
        except InvalidRequest:
            continue
        assert json.loads(request.body)["messages"] is not None
