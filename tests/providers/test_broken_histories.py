"""Histories that were cut off or stopped amid a call: what the vendor would refuse is told in words it takes."""

import json
from typing import Any

import pytest

from oneapi.providers import registry
from oneapi.wire.registry import client_dialect
from tests.providers.exchanges import call_to, sent_to_claude

TOOL_CALL = {"id": "t", "type": "function", "function": {"name": "get", "arguments": "{}"}}
CALLING = {"role": "assistant", "content": None, "tool_calls": [TOOL_CALL]}
USE: dict[str, Any] = {
    "role": "assistant",
    "content": [{"type": "tool_use", "id": "t", "name": "get", "input": {}}],
}
NOTHING = {"type": "tool_result", "tool_use_id": "t", "content": "(no result)"}


@pytest.mark.fault("W14", "R4")
@pytest.mark.parametrize(
    ("after", "wanted"),
    [
        ([{"role": "user", "content": "never mind"}], [NOTHING, {"type": "text", "text": "never mind"}]),
        ([], [NOTHING]),
    ],
)  # fmt: skip
def test_a_call_that_was_never_answered_has_a_result(after: Any, wanted: Any) -> None:
    sent = sent_to_claude(messages=[{"role": "user", "content": "a"}, CALLING, *after])
    assert sent["messages"][1:] == [USE, {"role": "user", "content": wanted}]


@pytest.mark.fault("W14", "R4")
def test_some_of_several_calls_are_answered() -> None:
    second = {**TOOL_CALL, "id": "u"}
    calling = {**CALLING, "tool_calls": [TOOL_CALL, second]}
    answer = {"role": "tool", "tool_call_id": "u", "content": "r"}
    sent = sent_to_claude(messages=[{"role": "user", "content": "a"}, calling, answer])
    results = sent["messages"][2]["content"]
    assert sorted(result["tool_use_id"] for result in results) == ["t", "u"]


@pytest.mark.fault("W14", "R4")
def test_a_result_whose_call_was_cut_off_is_told() -> None:
    answer = {"role": "tool", "tool_call_id": "t", "content": "r"}
    sent = sent_to_claude(messages=[answer, {"role": "user", "content": "a"}])
    assert sent["messages"][0] == {
        "role": "user",
        "content": [{"type": "text", "text": "Result of tool call t: r"}],
    }


@pytest.mark.fault("W16")
def test_a_refusal_in_a_history_is_what_was_said() -> None:
    refused = {"role": "assistant", "content": None, "refusal": "I will not."}
    sent = sent_to_claude(
        messages=[{"role": "user", "content": "a"}, refused, {"role": "user", "content": "b"}]
    )
    assert sent["messages"][1] == {"role": "assistant", "content": "I will not."}


@pytest.mark.fault("W27")
@pytest.mark.parametrize("stops", [[], None])
def test_no_stop_sequences_are_not_said_to_openai(stops: Any) -> None:
    body = json.dumps(
        {
            "model": "m",
            "max_tokens": 9,
            "messages": [{"role": "user", "content": "a"}],
            "stop_sequences": stops,
        }
    ).encode()
    document = client_dialect("anthropic").to_canonical(body)
    call = call_to(8, body, document=document, base_url="http://v")
    assert "stop" not in json.loads(registry.dialect("openai").request(call).body)
