"""Histories of Messages clients that another vendor has written a part of, on their way to Claude; and all others."""

import json
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from oneapi.errors import UpstreamError
from oneapi.providers import registry
from oneapi.wire.tool_ids import tool_id
from tests.providers.anthropic_rules import violations
from tests.providers.exchanges import call_to, recorded

DIALECT = registry.dialect("anthropic")
CLAUDE = "claude-sonnet-4-5"
BUDGET = {"type": "enabled", "budget_tokens": 2000}
UNSIGNED = {"type": "thinking", "thinking": "hmm", "signature": ""}
SIGNED = {"type": "thinking", "thinking": "hm", "signature": "s"}
MARK = {"cache_control": {"type": "ephemeral"}}
MAX_EXAMPLES = 150


def _passed(body: bytes, model: str = CLAUDE, **fields: Any) -> Any:
    return DIALECT.request(call_to(14, body, model=model, **fields)).body


def _sent(messages: list[Any], model: str = CLAUDE, **fields: Any) -> dict[str, Any]:
    request = {"model": model, "max_tokens": 4000, "messages": messages, **fields}
    sent = json.loads(_passed(json.dumps(request).encode(), model))
    if model == CLAUDE:
        assert violations(sent) == []
    return sent


def _user(content: Any) -> dict[str, Any]:
    return {"role": "user", "content": content}


def _assistant(*blocks: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": [*blocks]}


def _text(text: str, **more: Any) -> dict[str, Any]:
    return {"type": "text", "text": text, **more}


def _use(call_id: str) -> dict[str, Any]:
    return {"type": "tool_use", "id": call_id, "name": "get", "input": {"a": ""}}


def _result(call_id: str, **more: Any) -> dict[str, Any]:
    return {"type": "tool_result", "tool_use_id": call_id, **more}


def _loop(*blocks: Any, call_id: str = "t1") -> list[Any]:
    return [_user("go"), _assistant(*blocks, _use(call_id)), _user([_result(call_id)])]


@pytest.mark.fault("W19")
@pytest.mark.parametrize(
    "space", [('"signature":""'), ('"signature": ""'), ('"signature"\n :\t""')]
)
def test_unsigned_thinking_is_left_out(space: str) -> None:
    messages = [_user("hi"), _assistant(UNSIGNED, _text("yo")), _user("so?")]
    request = {"model": CLAUDE, "max_tokens": 5, "messages": messages}
    body = json.dumps(request, separators=(",", ":")).replace('"signature":""', space).encode()
    sent = json.loads(_passed(body))
    assert sent == {
        **request,
        "messages": [_user("hi"), _assistant(_text("yo")), _user("so?")],
    }


@pytest.mark.fault("W19")
def test_a_message_of_which_nothing_is_left_goes_too() -> None:
    sent = _sent([_user("hi"), _assistant(UNSIGNED), _user("so?")])
    assert sent["messages"] == [_user("hi"), _user("so?")]


@pytest.mark.fault("W19")
def test_what_is_signed_or_redacted_stays() -> None:
    redacted = {"type": "redacted_thinking", "data": "d"}
    messages = [_user("hi"), _assistant(SIGNED, UNSIGNED, redacted, _text("yo")), _user("so?")]
    sent = _sent(messages, thinking=BUDGET)
    assert sent["messages"][1] == _assistant(SIGNED, redacted, _text("yo"))
    assert sent["thinking"] == BUDGET


@pytest.mark.fault("W19")
def test_a_tool_loop_that_has_lost_its_thinking_goes_on_without() -> None:
    edits = [{"type": "clear_thinking_20251015"}, {"type": "clear_tool_uses_20250919"}]
    sent = _sent(_loop(UNSIGNED), thinking=BUDGET, context_management={"edits": edits})
    assert "thinking" not in sent
    assert sent["context_management"] == {"edits": edits[1:]}
    sent = _sent(_loop(UNSIGNED), thinking=BUDGET, context_management={"edits": edits[:1]})
    assert "context_management" not in sent


@pytest.mark.fault("W19")
@pytest.mark.parametrize(
    "messages",
    [
        [*_loop(UNSIGNED), _assistant(_text("done")), _user("and?")],
        [*_loop(UNSIGNED), *_loop(SIGNED, call_id="t2")[1:]],
        _loop(SIGNED, UNSIGNED),
    ],
)
def test_another_loop_is_thought_about(messages: list[Any]) -> None:
    assert _sent(messages, thinking=BUDGET)["thinking"] == BUDGET


@pytest.mark.fault("W19")
def test_adaptive_thinking_needs_no_thinking_before_it() -> None:
    model = "claude-sonnet-4-6"
    sent = _sent(_loop(UNSIGNED), model, thinking={"type": "adaptive"})
    assert sent["thinking"] == {"type": "adaptive"}
    assert sent["messages"][1] == _assistant(_use("t1"))


@pytest.mark.fault("W19")
@pytest.mark.parametrize("model", ["kimi-k2-thinking", "deepseek-v4-pro", "z/GLM-5.3"])
def test_models_that_want_their_unsigned_thinking_back_get_it(model: str) -> None:
    assert _sent(_loop(UNSIGNED), model)["messages"] == _loop(UNSIGNED)


@pytest.mark.fault("W18")
def test_odd_ids_are_rewritten_in_both_places() -> None:
    good = tool_id("functions.get:0")
    assert _sent(_loop(call_id="functions.get:0"))["messages"] == _loop(call_id=good)
    unicode = json.dumps({"model": CLAUDE, "messages": _loop(call_id="ä:0")}).encode()
    assert tool_id("ä:0").encode() in _passed(unicode)


@pytest.mark.fault("W18")
def test_ids_that_come_again_are_told_apart() -> None:
    sent = _sent([*_loop(call_id="call_0"), *_loop(call_id="call_0")[1:]])
    calls = [m["content"][0]["id"] for m in sent["messages"] if m["role"] == "assistant"]
    assert calls[0] == "call_0"
    assert len({*calls}) == 2


@pytest.mark.fault("W16")
def test_empty_texts_are_left_out() -> None:
    system = [_text(""), _text("S")]
    inside = [_text(""), _text("1")]
    messages = [
        _user([_text("hi"), _text("", **MARK)]),
        _assistant(_text(""), _use("t1")),
        _user([_result("t1", content=inside), _text("")]),
        _assistant(_text("")),
        _user("so?"),
    ]
    sent = _sent(messages, system=system)
    assert sent["system"] == [_text("S")]
    assert sent["messages"] == [
        _user([_text("hi", **MARK)]),
        _assistant(_use("t1")),
        _user([_result("t1", content=[_text("1")])]),
        _user("so?"),
    ]
    assert "system" not in _sent([_user("hi")], system=[_text("")])


def test_what_is_repaired_is_mapped_limited_and_prompted_as_well() -> None:
    request = {"model": "m", "max_tokens": 9, "messages": _loop(UNSIGNED), "system": [_text("")]}
    body = json.dumps(request).encode()
    sent = json.loads(
        _passed(body, asked_model="m", max_output_tokens=7, system_prompt="Be brief.")
    )
    assert (sent["model"], sent["max_tokens"], sent["system"]) == (CLAUDE, 7, "Be brief.")
    assert sent["messages"] == _loop()


@pytest.mark.parametrize(
    "body",
    [
        b'{"messages":[{"role":"user","content":[{"type":"text","text":""}]}]}',
        b'{"messages":"","signature":""}',
        b'{"messages":[1],"signature":""}',
        b'{"messages":[{"content":""}],"signature":""}',
        b'{"model":"m","tool_use_id":"a","x":{"tool_use_id":"a"}}',
        b'{"messages":[{"role":"user","content":"\\"signature\\":\\"\\""}]}',
        b'{"messages":[{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":""}]}]}',
    ],
)
def test_what_is_wrong_in_another_way_is_the_vendors_to_refuse(body: bytes) -> None:
    assert _passed(body) is body


@pytest.mark.parametrize(
    "exchange",
    recorded("anthropic/messages", "anthropic/messages_stream", "anthropic/count_tokens"),
)
def test_a_recorded_request_is_not_touched(exchange: Any) -> None:
    body = json.dumps(exchange.request).encode()
    assert _passed(body, exchange.request["model"]) is body


WORDS: Any = st.sampled_from(["hi", " x ", '"signature":""', "\n\n.", "ä"])
IDS: Any = st.sampled_from(["call_0", "functions.get:0", "toolu_1", "ä"])
THOUGHTS: Any = st.lists(st.sampled_from([UNSIGNED, SIGNED]), max_size=2)


@st.composite
def _histories(draw: st.DrawFn) -> list[Any]:
    """Turns as our own answers and Anthropic's have them."""
    messages: list[Any] = [_user(draw(WORDS))]
    for _ in range(draw(st.integers(0, 4))):
        ids = draw(st.lists(IDS, max_size=2, unique=True))
        said = draw(st.lists(st.builds(_text, WORDS), max_size=1))
        blocks = [*draw(THOUGHTS), *said, *map(_use, ids)]
        if not blocks:
            continue
        messages.append(_assistant(*blocks))
        results = [_result(call_id, content=draw(WORDS)) for call_id in draw(st.permutations(ids))]
        messages.append(_user([*results, _text(draw(WORDS))]))
    return messages


def _is_good(request: dict[str, Any]) -> bool:
    return violations(request) == []


@settings(max_examples=MAX_EXAMPLES)
@given(_histories(), st.booleans())
def test_a_good_request_is_not_touched_and_a_broken_one_is_good_afterwards(
    messages: list[Any], thinks: bool
) -> None:
    request: dict[str, Any] = {"model": CLAUDE, "max_tokens": 4000, "messages": messages}
    if thinks:
        request["thinking"] = BUDGET
    body = json.dumps(request).encode()
    sent = _passed(body)
    if _is_good(request):
        assert sent is body
        return
    left = violations(json.loads(sent))
    if left:  # the client asks for thinking beside a loop that never had any
        sent = _after(body, f"messages.1.content.0.type: {left[0]}")
        assert violations(json.loads(sent)) == []


def _after(body: bytes, refusal: str, **fields: Any) -> Any:
    """Return what is sent once Anthropic has refused the request."""
    call = call_to(14, body, model=CLAUDE, **fields)
    adapted = DIALECT.adapt(call, UpstreamError(refusal, status=400))
    assert adapted
    again = call_to(14, body, model=CLAUDE, adapted=adapted, **fields)
    assert not DIALECT.adapt(again, UpstreamError(refusal, status=400))
    return DIALECT.request(again).body


REFUSALS = [
    "messages.1.content.0: Invalid `signature` in `thinking` block",
    "messages.1.content.0.thinking.signature: Field required",
    "messages.1.content.1: `thinking` or `redacted_thinking` blocks in the latest assistant message cannot be modified.",
    "messages.1.content.0.type: Expected `thinking` or `redacted_thinking`, but found `tool_use`. When `thinking` is …",
]


@pytest.mark.fault("W19")
@pytest.mark.parametrize("refusal", REFUSALS)
def test_what_another_account_has_signed_is_left_out_once_it_is_refused(refusal: str) -> None:
    redacted = {"type": "redacted_thinking", "data": "d"}
    request = {
        "model": CLAUDE,
        "max_tokens": 4000,
        "messages": _loop(SIGNED, redacted),
        "thinking": BUDGET,
    }
    body = json.dumps(request).encode()
    assert _passed(body) is body
    sent = json.loads(_after(body, refusal))
    assert sent == {"model": CLAUDE, "max_tokens": 4000, "messages": _loop()}


@pytest.mark.fault("W19")
def test_a_chat_clients_thinking_is_left_out_too() -> None:
    call = {"id": "t1", "type": "function", "function": {"name": "get", "arguments": '{"a": ""}'}}
    message = {"role": "assistant", "tool_calls": [call], "thinking_blocks": [SIGNED]}
    entries = [{"type": "thinking"}, {"type": "server_tool_use", "id": "s"}, {"type": "tool_use"}]
    document = {
        "messages": [
            _user("go"),
            {**message, "content_blocks": entries},
            {"role": "tool", "tool_call_id": "t1", "content": None},
        ],
        "reasoning_effort": "low",
    }
    sent = json.loads(_after(b"{}", REFUSALS[0], document=document))
    assert sent["messages"][1] == _assistant(entries[1], _use("t1"))
    assert "thinking" not in sent


@pytest.mark.fault("W16", "W18")
@pytest.mark.parametrize(
    "refusal",
    [
        "messages: text content blocks must contain non-whitespace text",
        "messages.1.content.0.text: text content blocks must be non-empty",
        "messages.3.content.1: `tool_use` ids must be unique",
        "messages.1.content.1.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'",
    ],
)
def test_every_block_is_looked_at_once_one_is_refused(refusal: str) -> None:
    messages = [_user("hi"), _assistant(_text(" \n"), _use("t1")), _user([_result("t1")])]
    body = json.dumps({"model": CLAUDE, "max_tokens": 5, "messages": messages}).encode()
    assert _passed(body) is body
    assert json.loads(_after(body, refusal))["messages"][1] == _assistant(_use("t1"))


@pytest.mark.fault("R6")
def test_a_field_of_another_vendor_in_a_block_is_left_out_once_it_is_refused() -> None:
    signed = {**_use("t1"), "extra_content": {"google": {"thought_signature": "s"}}}
    messages = [_user("go"), _assistant(signed), _user([_result("t1")])]
    body = json.dumps({"model": CLAUDE, "max_tokens": 5, "messages": messages}).encode()
    refusal = "messages.1.content.0.tool_use.extra_content: Extra inputs are not permitted"
    assert json.loads(_after(body, refusal))["messages"] == _loop()


def test_a_request_is_not_repaired_for_ever() -> None:
    adapted = frozenset(f"without {name}" for name in "abcde")
    call = call_to(14, b"{}", model=CLAUDE, adapted=adapted)
    refusal = "messages.1.content.0.tool_use.f: Extra inputs are not permitted"
    assert not DIALECT.adapt(call, UpstreamError(refusal, status=400))


@pytest.mark.parametrize(
    ("status", "refusal"),
    [
        (400, "max_tokens: 100000 > 64000"),
        (400, "extra_body: Extra inputs are not permitted"),
        (400, "messages.0.content.0.text.foo: Extra inputs are not permitted"),
        (400, "messages.0.content: Input should be a valid list"),
        (400, "thinking.enabled.budget_tokens: Input should be greater than or equal to 1024"),
        (429, REFUSALS[0]),
        (500, REFUSALS[0]),
    ],
)
def test_other_refusals_are_the_clients(status: int, refusal: str) -> None:
    call = call_to(14, b"{}", model=CLAUDE)
    assert not DIALECT.adapt(call, UpstreamError(refusal, status=status))
