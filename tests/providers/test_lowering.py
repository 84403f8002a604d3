"""What vendors of OpenAI's dialect are sent when the client spoke Anthropic's."""

import json
from typing import Any

import pytest

from oneapi.errors import InvalidRequest
from oneapi.providers import registry
from oneapi.wire.registry import client_dialect
from tests.providers.exchanges import call_to

HELLO = [{"role": "user", "content": "hi"}]
SERVER_TOOL = {"type": "web_search_20250305", "name": "web_search"}


def _sent(number: int = 1, model: str = "gpt-4o", **request: Any) -> dict[str, Any]:
    body = json.dumps({"model": "m", "max_tokens": 9, "messages": HELLO, **request}).encode()
    document = client_dialect("anthropic").to_canonical(body)
    call = call_to(number, model=model, document=document, base_url="https://h")
    return json.loads(registry.dialect("openai").request(call).body)


def _parts(*blocks: dict[str, Any]) -> Any:
    return _sent(messages=[{"role": "user", "content": list(blocks)}])["messages"][0]["content"]


def _calling(*ids: str) -> dict[str, Any]:
    blocks: list[Any] = [{"type": "tool_use", "id": i, "name": "get", "input": {}} for i in ids]
    return {"role": "assistant", "content": blocks}


def test_texts_are_one_text() -> None:
    assert _parts({"type": "text", "text": "a"}, {"type": "text", "text": "b"}) == "a\n\nb"


def test_documents_are_files_or_texts() -> None:
    pdf = {"type": "base64", "media_type": "application/pdf", "data": "JVBE"}
    note = {"type": "text", "media_type": "text/plain", "data": "hi"}
    parts = _parts(
        {"type": "document", "source": pdf},
        {"type": "document", "source": note, "title": "Note"},
        {"type": "image", "source": {"type": "url", "url": "https://h/x"}},
    )
    url = "data:application/pdf;base64,JVBE"
    assert parts[0] == {"type": "file", "file": {"filename": "document.pdf", "file_data": url}}
    assert parts[1] == {"type": "text", "text": "Note\n\nhi"}
    assert parts[2] == {"type": "image_url", "image_url": {"url": "https://h/x"}}


def test_search_results_are_texts() -> None:
    content = [{"type": "text", "text": "found"}]
    result = {"type": "search_result", "title": "T", "source": "S", "content": content}
    assert _parts(result) == "T (S)\nfound"


@pytest.mark.parametrize(
    ("request_fields", "param"),
    [
        ({"tools": [SERVER_TOOL]}, "tools[0].type"),
        ({"mcp_servers": [{"name": "x"}]}, "mcp_servers"),
        (
            {"messages": [{"role": "user", "content": [{"type": "container_upload"}]}]},
            "messages[0].content[0]",
        ),
        (
            {
                "messages": [
                    {"role": "user", "content": [{"type": "document", "source": {"type": "file"}}]}
                ]
            },
            "messages[0].content[0].source.type",
        ),
    ],
)
def test_what_cannot_be_said_is_named(request_fields: dict[str, Any], param: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        _sent(**request_fields)
    assert caught.value.param == param


def test_a_tool_that_finds_tools_is_not_needed() -> None:
    finder = {"type": "tool_search_tool_bm25_20251119", "name": "find"}
    sent = _sent(tools=[finder], tool_choice={"type": "auto"})
    assert "tools" not in sent
    assert "tool_choice" not in sent
    hidden = {"name": "f", "input_schema": {"type": "object"}, "defer_loading": True}
    plain: Any = {"name": "f", "parameters": {"type": "object", "properties": {}}}
    assert _sent(tools=[finder, hidden])["tools"] == [{"type": "function", "function": plain}]


def test_tool_results() -> None:
    results = [
        {"type": "tool_result", "tool_use_id": "a", "is_error": True},
        {
            "type": "tool_result",
            "tool_use_id": "b",
            "content": [{"type": "tool_reference", "tool_name": "f"}],
        },
    ]
    messages = _sent(messages=[_calling("a", "b"), {"role": "user", "content": results}])[
        "messages"
    ]
    assert messages[1:] == [
        {"role": "tool", "tool_call_id": "a", "content": "The tool failed."},
        {"role": "tool", "tool_call_id": "b", "content": "tool: f"},
    ]


def test_an_image_in_the_last_tool_result_follows_it() -> None:
    image = {"type": "image", "source": {"type": "url", "url": "https://h/x"}}
    result = {"type": "tool_result", "tool_use_id": "a", "content": [image]}
    messages = _sent(messages=[_calling("a"), {"role": "user", "content": [result]}])["messages"]
    assert [message["role"] for message in messages] == ["assistant", "tool", "user"]
    assert messages[2]["content"][1]["image_url"] == {"url": "https://h/x"}


@pytest.mark.parametrize(
    ("number", "model", "thinking", "said"),
    [
        (1, "gpt-4o", {"type": "enabled", "budget_tokens": 9000}, {}),
        (1, "gpt-5", {"type": "enabled", "budget_tokens": 2000}, {"reasoning_effort": "low"}),
        (1, "gpt-5", {"type": "enabled", "budget_tokens": 9000}, {"reasoning_effort": "medium"}),
        (1, "o3", {"type": "enabled", "budget_tokens": 90_000}, {"reasoning_effort": "high"}),
        (36, "deepseek-chat", {"type": "adaptive"}, {"thinking": {"type": "enabled"}}),
        (36, "deepseek-chat", {"type": "disabled"}, {"thinking": {"type": "disabled"}}),
        (20, "m", {"type": "adaptive"}, {"reasoning": {"enabled": True}}),
        (20, "m", {"type": "disabled"}, {"reasoning": {"enabled": False}}),
        (28, "mistral-large", {"type": "adaptive"}, {}),
    ],
)
def test_thinking(number: int, model: str, thinking: Any, said: dict[str, Any]) -> None:
    sent = _sent(number, model, thinking=thinking)
    found = {k: sent[k] for k in ("thinking", "reasoning", "reasoning_effort") if k in sent}
    assert found == said


@pytest.mark.fault("W15")
def test_openais_reasoning_models_have_their_own_limit() -> None:
    for number in (1, 3, 8, 50):
        sent = _sent(number, "gpt-5", temperature=0.5, top_p=0.9)
        assert sent["max_completion_tokens"] == 9
        assert not {"max_tokens", "temperature", "top_p"} & sent.keys()
    assert _sent(50, "gpt-4o", temperature=0.5)["max_tokens"] == 9


def test_schemas_and_marks() -> None:
    schema = {"type": "object", "additionalProperties": False}
    sent = _sent(output_config={"format": {"type": "json_schema", "schema": schema}})
    assert sent["response_format"]["json_schema"]["schema"] == schema
    marked = {"type": "text", "text": "S", "cache_control": {"type": "ephemeral"}}
    tool = {"name": "f", "input_schema": {}, "cache_control": {"type": "ephemeral"}}
    sent = _sent(20, system=[marked], tools=[tool])
    assert sent["messages"][0]["content"] == [marked]
    assert sent["tools"][0]["cache_control"] == {"type": "ephemeral"}
    assert "cache_control" not in json.dumps(_sent(1, system=[marked], tools=[tool]))


@pytest.mark.parametrize(("user", "stays"), [("u" * 64, True), ("u" * 65, False)])
def test_a_user_that_is_too_long_is_not_sent(user: str, stays: bool) -> None:
    assert ("user" in _sent(metadata={"user_id": user})) is stays


def test_redacted_thinking_reaches_openrouter() -> None:
    content = [{"type": "redacted_thinking", "data": "x"}, {"type": "text", "text": "yo"}]
    messages = [*HELLO, {"role": "assistant", "content": content}, *HELLO]
    details = _sent(20, messages=messages)["messages"][1]["reasoning_details"]
    assert details[0]["type"] == "reasoning.encrypted"
    assert details[0]["data"] == "x"


def _edited(number: int = 1, body: bytes = b"", **fields: Any) -> Any:
    return registry.dialect("openai").request(call_to(number, body, **fields)).body


def test_usage_is_asked_for_at_the_end_of_the_text() -> None:
    body = b'{"model":"m","x":1.50,"messages":[]} \n'
    fields: dict[str, Any] = {"stream": True, "shows_usage": False}
    tail = b',"stream_options":{"include_usage":true}}'
    assert _edited(body=body, **fields) == b'{"model":"m","x":1.50,"messages":[]' + tail
    assert _edited(body=body, has_stream_options=False, **fields).endswith(tail)
    stated = b'{"model":"m","stream_options":{"include_usage":false,"y":1},"x":1.50}'
    expected = {"model": "m", "stream_options": {"include_usage": True, "y": 1}, "x": 1.5}
    edited = _edited(body=stated, **fields)
    assert json.loads(edited) == expected
    assert b"1.50" in edited


def test_limits_go_where_the_client_put_its_own() -> None:
    for name in ("max_tokens", "max_completion_tokens"):
        body = json.dumps({"model": "m", name: 9}).encode()
        assert json.loads(_edited(body=body, max_output_tokens=5)) == {"model": "m", name: 5}


@pytest.mark.parametrize(
    ("messages", "first"),
    [
        ([], {"role": "system", "content": "P"}),
        ([{"role": "developer", "content": "D"}], {"role": "developer", "content": "P"}),
        ([{"role": "user", "content": "U"}], {"role": "system", "content": "P"}),
    ],
)
def test_a_forced_prompt(messages: list[Any], first: dict[str, Any]) -> None:
    body = json.dumps({"model": "m", "messages": messages}).encode()
    assert json.loads(_edited(body=body, system_prompt="P"))["messages"][0] == first


@pytest.mark.parametrize("body", [b'{"messages":3}', b'{"messages":[3]}', b'{"messages":'])
def test_a_prompt_cannot_be_forced_on_rubbish(body: bytes) -> None:
    with pytest.raises(InvalidRequest):
        _edited(body=body, system_prompt="P")


@pytest.mark.fault("R6")
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("compaction", {"type": "summarize"}),
        ("thread", {"type": "continue", "previous_message_id": "msg_1"}),
    ],
)
def test_what_only_anthropic_remembers_is_refused(name: str, value: Any) -> None:
    with pytest.raises(InvalidRequest, match=f"`{name}` is not supported"):
        _sent(**{name: value})


def test_a_chat_that_anthropic_may_remember_is_told_whole() -> None:
    assert _sent(thread={"type": "create"})["messages"] == HELLO
