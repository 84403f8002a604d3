"""Whatever a Messages client's history looks like, what OpenAI is sent keeps to OpenAI's rules."""

import itertools
import json
from typing import Any

import pytest
from hypothesis import given, strategies as st

from oneapi.providers import registry
from oneapi.wire.registry import client_dialect
from tests.providers.exchanges import call_to
from tests.providers.openai_rules import violations

OPENAI = registry.dialect("openai")
ANTHROPIC = client_dialect("anthropic")


def _sent(number: int = 1, **request: Any) -> dict[str, Any]:
    body = json.dumps({"model": "m", "max_tokens": 9, **request}).encode()
    document = ANTHROPIC.to_canonical(body)
    call = call_to(number, model="gpt-4o", document=document, base_url="https://h")
    return json.loads(OPENAI.request(call).body)


def _text(said: str) -> dict[str, Any]:
    return {"type": "text", "text": said}


def _use(call_id: str) -> dict[str, Any]:
    return {"type": "tool_use", "id": call_id, "name": "get", "input": {"of": call_id}}


def _result(call_id: str, content: Any = "1", **more: Any) -> dict[str, Any]:
    return {"type": "tool_result", "tool_use_id": call_id, "content": content, **more}


def _assistant(*blocks: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": list(blocks)}


def _user(*blocks: Any) -> dict[str, Any]:
    return {"role": "user", "content": list(blocks)}


GO: Any = _user(_text("go"))


def _shown(messages: list[Any]) -> list[Any]:
    """Return roles with what matters of each message."""
    return [
        (
            m["role"],
            m.get("tool_call_id") or [c["id"] for c in m.get("tool_calls", ())] or m["content"],
        )
        for m in messages
    ]


@pytest.mark.fault("W14")
def test_results_come_first_and_what_was_said_between_comes_after() -> None:
    history: list[Any] = [
        GO,
        _assistant(_use("t1"), _use("t2")),
        _user(_text("note"), _result("t1"), _text("mid"), _result("t2", "2")),
    ]
    assert _shown(_sent(messages=history)["messages"][1:]) == [
        ("assistant", ["t1", "t2"]),
        ("tool", "t1"),
        ("tool", "t2"),
        ("user", "note\n\nmid"),
    ]


@pytest.mark.fault("W14")
def test_results_come_in_the_order_of_the_calls_and_a_system_message_after_them() -> None:
    history: list[Any] = [
        GO,
        _assistant(_use("a"), _use("b")),
        _user(_result("b", "2")),
        {"role": "system", "content": "be brief"},
        _user(_result("a", "1"), _text("then")),
    ]
    messages = _sent(messages=history)["messages"]
    assert [m["role"] for m in messages] == ["user", "assistant", "tool", "tool", "system", "user"]
    assert [m["content"] for m in messages[2:4]] == ["1", "2"]


@pytest.mark.fault("R4")
def test_assistant_messages_in_a_row_are_one() -> None:
    thought = {"type": "thinking", "thinking": "hmm", "signature": ""}
    history: list[Any] = [
        GO,
        _assistant(thought, _text("I "), _use("t1")),
        {"role": "assistant", "content": "look"},
        _assistant(_use("t2")),
        _user(_result("t1"), _result("t2")),
    ]
    messages = _sent(36, messages=history)["messages"]
    assert _shown(messages[1:]) == [("assistant", ["t1", "t2"]), ("tool", "t1"), ("tool", "t2")]
    assert messages[1]["content"] == "I look"
    assert messages[1]["reasoning_content"] == "hmm"


@pytest.mark.fault("R4")
def test_user_messages_in_a_row_are_one() -> None:
    messages = _sent(messages=[GO, {"role": "user", "content": "now"}])["messages"]
    assert messages == [{"role": "user", "content": "go\n\nnow"}]


@pytest.mark.fault("R6")
def test_a_failed_tool_is_said_to_have_failed() -> None:
    history: list[Any] = [
        GO,
        _assistant(_use("t")),
        _user(_result("t", "no such file", is_error=True)),
    ]
    assert _sent(messages=history)["messages"][2]["content"] == "The tool failed: no such file"
    history: list[Any] = [
        GO,
        _assistant(_use("t")),
        _user(_result("t", [_text("x")], is_error=False)),
    ]
    assert _sent(messages=history)["messages"][2]["content"] == "x"


@pytest.mark.fault("R6")
def test_empty_and_repeated_ids_become_ids() -> None:
    history: list[Any] = [
        GO,
        _assistant(_use(""), _use("x"), _use("x")),
        _user(_result("x", "second"), _result("", "first"), _result("x", "third")),
    ]
    messages = _sent(messages=history)["messages"]
    ids = [call["id"] for call in messages[1]["tool_calls"]]
    assert len({*ids, ""}) == 4
    assert [m["tool_call_id"] for m in messages[2:]] == ids
    assert [m["content"] for m in messages[2:]] == ["first", "second", "third"]


def test_long_ids_are_shortened_on_both_sides() -> None:
    long = "toolu_" + "x" * 60
    messages = _sent(messages=[GO, _assistant(_use(long)), _user(_result(long))])["messages"]
    assert len(messages[1]["tool_calls"][0]["id"]) == 9
    assert messages[2]["tool_call_id"] == messages[1]["tool_calls"][0]["id"]


def test_a_call_without_result_and_a_result_without_call() -> None:
    history: list[Any] = [
        GO,
        _assistant(_use("t1"), _use("t2")),
        _user(_result("t9"), _result("t1")),
    ]
    messages = _sent(messages=history)["messages"]
    assert _shown(messages[1:]) == [
        ("assistant", ["t1", "t2"]),
        ("tool", "t1"),
        ("tool", "t2"),
        ("user", "Result of tool call t9: 1"),
    ]
    assert messages[3]["content"] == "(no result)"


def test_a_document_of_texts_is_a_text() -> None:
    source = {"type": "content", "content": [_text("a"), _text("b")]}
    document = {"type": "document", "title": "T", "source": source}
    assert _sent(messages=[_user(document)])["messages"][0]["content"] == "T\n\na\n\nb"
    image = {"type": "image", "source": {"type": "url", "url": "https://h/x"}}
    mixed = {"type": "document", "source": {"type": "content", "content": [_text("a"), image]}}
    parts = _sent(messages=[_user(mixed)])["messages"][0]["content"]
    assert [part["type"] for part in parts] == ["text", "image_url"]
    plain = {"type": "document", "source": {"type": "content", "content": "all"}}
    assert _sent(messages=[_user(plain)])["messages"][0]["content"] == "all"


# -- schemas of tools -----------------------------------------------------------------------------------------------

OBJECT: Any = {"type": "object", "properties": {"a": {}}, "required": ["a"]}


SCHEMAS: list[Any] = [
    ({"type": "object"}, set(), None),
    ({}, set(), None),
    ({"type": "object", "properties": None}, set(), None),
    ({"type": ["object", "null"], "properties": {"a": {}}}, {"a"}, None),
    ({"anyOf": [OBJECT, {"properties": {"b": {}}, "required": ["b"]}]}, {"a", "b"}, None),
    ({"oneOf": [OBJECT, {**OBJECT, "properties": {"c": {}}}]}, {"a", "c"}, ["a"]),
    ({"allOf": [OBJECT, {"properties": {"b": {}}, "required": ["b"]}]}, {"a", "b"}, ["a", "b"]),
    ({"$ref": "#/$defs/X", "$defs": {"X": OBJECT}}, {"a"}, ["a"]),
    ({"anyOf": [{"$ref": "#/$defs/X"}], "$defs": {"X": {"$ref": "#/$defs/X"}}}, set(), None),
    ({"type": "object", "properties": {"a": {}}, "enum": [1], "not": {}}, {"a"}, None),
]


@pytest.mark.fault("W24")
@pytest.mark.parametrize(("schema", "properties", "required"), SCHEMAS)
def test_a_schema_says_an_object_and_its_properties(
    schema: Any, properties: set[str], required: Any
) -> None:
    sent = _sent(messages=[GO], tools=[{"name": "get", "input_schema": schema}])
    assert violations(sent) == []
    found = sent["tools"][0]["function"]["parameters"]
    assert found["properties"].keys() == properties
    assert found.get("required") == required


def test_a_good_schema_stays_as_it_is() -> None:
    schema: Any = {**OBJECT, "additionalProperties": False, "$defs": {}, "x-y": 1}
    sent = _sent(messages=[GO], tools=[{"name": "get", "input_schema": schema}])
    assert sent["tools"][0]["function"]["parameters"] == schema


# -- random histories -----------------------------------------------------------------------------------------------

_ids = st.sampled_from(["", "a", "b", "c", "long-" + "x" * 50])
_said = st.sampled_from(["", " ", "hi", "你好"]).map(_text)
_image = st.just({"type": "image", "source": {"type": "url", "url": "https://h/x"}})
_thoughts = st.sampled_from(
    [
        {"type": "thinking", "thinking": "t", "signature": ""},
        {"type": "redacted_thinking", "data": "x"},
    ]
)
_inner = st.one_of(st.just("r"), st.none(), st.lists(st.one_of(_said, _image), max_size=2))
_results = st.builds(_result, _ids, _inner, is_error=st.booleans())
_assistants = st.lists(st.one_of(_said, _ids.map(_use), _thoughts), max_size=4).map(
    lambda blocks: _assistant(*blocks)
)
_users = st.lists(st.one_of(_said, _results, _image), max_size=4).map(lambda found: _user(*found))


def _plain(role: str, content: str) -> dict[str, Any]:
    return {"role": role, "content": content}


_strings = st.builds(
    _plain, st.sampled_from(["user", "assistant", "system"]), st.sampled_from(["", "x"])
)
_histories = st.lists(st.one_of(_assistants, _users, _strings), min_size=1, max_size=8)


@pytest.mark.fault("W14", "R4", "R6")
@given(history=_histories)
def test_no_history_breaks_openais_rules(history: list[Any]) -> None:
    assert violations(_sent(messages=history)) == []


@pytest.mark.fault("R6")
@given(history=_histories)
def test_no_history_breaks_mistrals_order(history: list[Any]) -> None:
    messages = _sent(28, messages=history)["messages"]
    pairs = itertools.pairwise(messages)
    assert all(b["role"] in {"tool", "assistant"} for a, b in pairs if a["role"] == "tool")
    assert violations({"messages": messages}) == []


@pytest.mark.fault("W14", "R4")
@given(history=_histories)
def test_nothing_that_was_said_is_lost(history: list[Any]) -> None:
    said = json.dumps(_sent(messages=history)["messages"], ensure_ascii=False)
    for message in history:
        if isinstance(message["content"], str):
            assert message["content"] in said
            continue
        for block in message["content"]:
            assert block.get("text", "") in said
            if block["type"] == "image":
                assert "https://h/x" in said
