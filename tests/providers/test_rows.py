"""What single vendors and models of OpenAI's dialect are sent, because they take it differently."""

import json
from typing import Any

import pytest

from oneapi.errors import InvalidRequest
from oneapi.providers import registry
from oneapi.providers.openai_models import quirks_of_model
from oneapi.providers.quirks import NO_QUIRKS, Quirks
from oneapi.wire.registry import client_dialect
from tests.providers.exchanges import call_to

HELLO = [{"role": "user", "content": "hi"}]
HOST = "https://h"
OPENAI = registry.dialect("openai")


def _passed(number: int, model: str = "m", **document: Any) -> dict[str, Any]:
    """Return what a client of OpenAI's dialect makes the vendor see."""
    body = json.dumps({"model": model, "messages": HELLO, **document}).encode()
    fields: dict[str, Any] = {"stream": document.get("stream", False)}
    options = document.get("stream_options")
    fields |= {"shows_usage": bool(options), "has_stream_options": options is not None}
    return json.loads(
        OPENAI.request(call_to(number, body, model=model, base_url=HOST, **fields)).body
    )


def _lowered(number: int, model: str = "m", **request: Any) -> dict[str, Any]:
    """Return what a client of Anthropic's dialect makes the vendor see."""
    body = json.dumps({"model": "m", "max_tokens": 9, "messages": HELLO, **request}).encode()
    document = client_dialect("anthropic").to_canonical(body)
    fields: dict[str, Any] = {"stream": request.get("stream", False), "has_stream_options": False}
    call = call_to(number, model=model, document=document, base_url=HOST, **fields)
    return json.loads(OPENAI.request(call).body)


CALL = {"id": "call_abcdefghij", "type": "function", "function": {"name": "f", "arguments": "{}"}}
TOOLS_USED = [
    *HELLO,
    {"role": "assistant", "content": None, "tool_calls": [CALL]},
    {"role": "tool", "tool_call_id": "call_abcdefghij", "content": "1"},
    {"role": "user", "content": "and?"},
]


@pytest.mark.fault("R6")
def test_mistral_is_not_sent_what_it_refuses() -> None:
    sent = _passed(
        28,
        stream=True,
        stream_options={"include_usage": True},
        max_completion_tokens=7,
        store=False,
        seed=3,
        user="u",
        top_p=0.5,
        x_new_field=1,
    )
    assert sent == {
        "model": "m",
        "messages": HELLO,
        "stream": True,
        "max_tokens": 7,
        "random_seed": 3,
        "top_p": 0.5,
        "x_new_field": 1,
    }


@pytest.mark.fault("R6")
@pytest.mark.parametrize(("number", "model"), [(28, "m"), (8, "mistral-small-latest")])
def test_mistral_wants_an_assistant_between_a_result_and_a_user(number: int, model: str) -> None:
    messages = _passed(number, model, messages=TOOLS_USED)["messages"]
    assert [m["role"] for m in messages] == ["user", "assistant", "tool", "assistant", "user"]
    call_id = messages[1]["tool_calls"][0]["id"]
    assert call_id == messages[2]["tool_call_id"]
    assert len(call_id) == 9
    assert call_id.isalnum()


@pytest.mark.fault("R6")
def test_mistral_over_messages() -> None:
    history: list[Any] = [
        *HELLO,
        {
            "role": "assistant",
            "content": [{"type": "tool_use", "id": "t", "name": "f", "input": {}}],
        },
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "t", "content": "1"},
                {"type": "text", "text": "go on"},
            ],
        },
    ]
    sent = _lowered(28, messages=history, stream=True)
    assert "stream_options" not in sent
    assert sent["max_tokens"] == 9
    assert [m["role"] for m in sent["messages"]] == [
        "user",
        "assistant",
        "tool",
        "assistant",
        "user",
    ]


def test_two_limits_become_the_smaller_one() -> None:
    assert _passed(28, max_tokens=5, max_completion_tokens=9)["max_tokens"] == 5
    assert _passed(36, max_tokens=9, max_completion_tokens=5)["max_tokens"] == 5
    assert "max_tokens" not in _passed(36, max_completion_tokens=None)


@pytest.mark.fault("R6")
@pytest.mark.parametrize("number", [28, 36])
def test_a_developer_is_a_system_where_there_is_none(number: int) -> None:
    messages = _passed(number, messages=[{"role": "developer", "content": "d"}, *HELLO])["messages"]
    assert messages[0] == {"role": "system", "content": "d"}


def test_groq_and_gemini_are_not_sent_what_they_refuse() -> None:
    replayed = [*HELLO, {"role": "assistant", "content": "x", "reasoning_content": "y"}, *HELLO]
    assert "reasoning_content" not in _passed(29, messages=replayed)["messages"][1]
    assert "store" not in _passed(29, store=True)
    assert "metadata" not in _passed(51, metadata={"a": "b"}, store=True)


@pytest.mark.parametrize("number", [1, 8, 28, 36, 50, 51])
def test_what_is_nothing_special_stays_the_same_bytes(number: int) -> None:
    body = b'{"model":"m",  "messages":[{"role":"user","content":"hi"}], "x":1.50}'
    assert OPENAI.request(call_to(number, body, base_url=HOST)).body is body


@pytest.mark.parametrize("messages", [3, [3, None, {"role": 4}], "tool", [{"role": "tool"}]])
def test_rubbish_is_the_vendors_to_refuse(messages: Any) -> None:
    document: dict[str, Any] = {"messages": messages, "store": 1, "developer": 1}
    assert _passed(28, **document)["messages"] == messages


@pytest.mark.fault("R6")
@pytest.mark.parametrize(
    ("model", "wanted", "said"),
    [
        ("gpt-5.1", "max", "high"),
        ("gpt-5.1-codex-max", "max", "xhigh"),
        ("gpt-5.2", "max", "xhigh"),
        ("gpt-5.6-terra", "max", "max"),
        ("openai/gpt-5", "xhigh", "high"),
        ("gpt-5-pro", "low", "high"),
        ("o3-mini", "max", "high"),
        ("gpt-oss-120b", "max", "high"),
        ("gpt-6-sol", "max", "max"),
        ("gpt-5-chat-latest", "high", None),
        ("gpt-4o", "high", None),
    ],
)
def test_effort_is_said_in_a_word_that_the_model_knows(
    model: str, wanted: str, said: str | None
) -> None:
    sent = _lowered(8, model, output_config={"effort": wanted})
    assert sent.get("reasoning_effort") == said


def test_deepseek_takes_every_word_for_effort() -> None:
    for wanted in ("low", "xhigh", "max"):
        assert _lowered(36, output_config={"effort": wanted})["reasoning_effort"] == wanted


@pytest.mark.parametrize(("number", "most"), [(1, 4), (3, 4), (36, 16)])
def test_more_stop_sequences_than_are_taken_are_refused(number: int, most: int) -> None:
    assert len(_lowered(number, stop_sequences=["x"] * most)["stop"]) == most
    with pytest.raises(InvalidRequest) as caught:
        _lowered(number, stop_sequences=["x"] * (most + 1))
    assert caught.value.param == "stop_sequences"
    assert len(_lowered(8, stop_sequences=["x"] * 99)["stop"]) == 99


THOUGHT: Any = {"type": "thinking", "thinking": "hmm", "signature": ""}
USED: Any = {"type": "tool_use", "id": "t", "name": "f", "input": {}}
RESULT: Any = {"type": "tool_result", "tool_use_id": "t", "content": "1"}


def _after_a_call(*blocks: Any) -> list[Any]:
    said = {"role": "assistant", "content": list(blocks)}
    return [*HELLO, said, {"role": "user", "content": [RESULT]}]


@pytest.mark.fault("W25")
@pytest.mark.parametrize(
    ("number", "model", "kept"),
    [
        (8, "deepseek-v4-pro", True),
        (50, "moonshotai/kimi-k2.5", True),
        (50, "glm-5.3", True),
        (8, "MiniMax-M3", True),
        (36, "m", True),
        (8, "gpt-4o", False),
        (29, "moonshotai/kimi-k2", False),
    ],
)
def test_reasoning_goes_back_where_it_is_wanted(number: int, model: str, kept: bool) -> None:
    message = _lowered(number, model, messages=_after_a_call(THOUGHT, USED))["messages"][1]
    assert ("reasoning_content" in message) is kept


@pytest.mark.fault("R6")
def test_a_signature_of_gemini_goes_back() -> None:
    signed = {**USED, "extra_content": {"google": {"thought_signature": "SIG"}}}
    for number, model in ((51, "gemini-3-pro"), (51, "gemini-2.5-pro"), (8, "gemini-3-pro")):
        message = _lowered(number, model, messages=_after_a_call(signed))["messages"][1]
        assert message["tool_calls"][0]["extra_content"] == signed["extra_content"]
    message = _lowered(8, "gpt-4o", messages=_after_a_call(signed))["messages"][1]
    assert "extra_content" not in message["tool_calls"][0]


@pytest.mark.fault("R6")
def test_a_call_of_another_vendor_gets_a_stand_in_for_its_signature() -> None:
    message = _lowered(51, "gemini-3-pro", messages=_after_a_call(USED))["messages"][1]
    google = message["tool_calls"][0]["extra_content"]["google"]
    assert google == {"thought_signature": "skip_thought_signature_validator"}
    message = _lowered(51, "gemini-2.5-pro", messages=_after_a_call(USED))["messages"][1]
    assert "extra_content" not in message["tool_calls"][0]


def test_a_row_is_right_where_a_model_says_something_else() -> None:
    row = Quirks(limit="max_tokens", efforts=(), roles=(("a", "b"),))
    model = quirks_of_model("gpt-5")
    both = row.over(model)
    assert (both.limit, both.efforts, both.samples) == ("max_tokens", (), False)
    assert NO_QUIRKS.over(model) == model
    assert quirks_of_model("llama") is NO_QUIRKS
