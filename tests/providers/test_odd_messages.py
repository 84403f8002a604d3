"""Messages streams of servers that speak Anthropic's dialect their own way, to chat clients: nothing is lost or mixed."""

import json
from typing import Any

import pytest

from oneapi.providers import registry
from tests.providers.assembly import openai_completion
from tests.providers.exchanges import call_to
from tests.providers.relaying import relayed


def event(kind: str, **fields: Any) -> bytes:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **fields})}\n\n".encode()


def begin(index: int, block: Any) -> bytes:
    return event("content_block_start", index=index, content_block=block)


def text(index: int, said: str) -> bytes:
    return event("content_block_delta", index=index, delta={"type": "text_delta", "text": said})


def thought(index: int, **delta: Any) -> bytes:
    return event("content_block_delta", index=index, delta=delta)


def given(index: int, piece: Any) -> bytes:
    delta = {"type": "input_json_delta", "partial_json": piece}
    return event("content_block_delta", index=index, delta=delta)


def stop(index: int) -> bytes:
    return event("content_block_stop", index=index)


def use(name: str = "get", **fields: Any) -> dict[str, Any]:
    return {"type": "tool_use", "name": name, "input": {}, **fields}


START = event("message_start", message={"id": "m", "content": [], "usage": {"input_tokens": 3}})
END = event("message_delta", delta={"stop_reason": "tool_use"}, usage={"output_tokens": 3})
LAST = event("message_stop")
EMPTY_TEXT = {"type": "text", "text": ""}


def completed(*events: bytes) -> Any:
    call = call_to(14, document={"messages": []}, stream=True)
    found = relayed(call, START, *events, LAST, client="openai")
    assert found.failure is None
    return openai_completion(found.out)["choices"][0]


def calls(choice: Any) -> list[tuple[str, str, str]]:
    return [
        (call["id"], call["function"]["name"], call["function"]["arguments"])
        for call in choice["message"].get("tool_calls", ())
    ]


CALLS: dict[str, tuple[list[bytes], list[tuple[str, str, str]]]] = {
    "blocks that are mixed": (
        [
            *(begin(0, use(id="a")), begin(1, use("put", id="b")), given(0, '{"x"'), given(1, "{")),
            *(given(0, ":1}"), given(1, '"y":2}'), stop(0), stop(1)),
        ],
        [("a", "get", '{"x":1}'), ("b", "put", '{"y":2}')],
    ),
    "no id": ([begin(0, use()), stop(0)], [("call_req-1_0", "get", "{}")]),
    "the same id twice": (
        [begin(0, use(id="a")), stop(0), begin(1, use(id="a")), stop(1)],
        [("a", "get", "{}"), ("a_1", "get", "{}")],
    ),
    "all of it at once, without an end": (
        [begin(0, use(id="a", input={"x": 1}))],
        [("a", "get", '{"x":1}')],
    ),
    "arguments as an object": (
        [begin(0, use(id="a")), given(0, {"x": 1}), stop(0)],
        [("a", "get", '{"x":1}')],
    ),
    "always the same index": (
        [begin(0, EMPTY_TEXT), stop(0), begin(0, use(id="a")), given(0, '{"x":1}'), stop(0)],
        [("a", "get", '{"x":1}')],
    ),
}


@pytest.mark.fault("W10")
@pytest.mark.parametrize("kind", CALLS)
def test_calls_are_told_apart(kind: str) -> None:
    events, wanted = CALLS[kind]
    choice = completed(*events, END)
    assert calls(choice) == wanted
    assert choice["finish_reason"] == "tool_calls"


@pytest.mark.fault("W31")
@pytest.mark.parametrize(
    "events",
    [[text(0, "hi")], [begin(0, EMPTY_TEXT), text(1, "h"), text(1, "i")], [text(0, "hi"), stop(0)]],
)
def test_a_text_whose_block_has_not_begun_is_said(events: list[bytes]) -> None:
    assert completed(*events, END)["message"]["content"] == "hi"


@pytest.mark.fault("W25")
def test_a_thought_that_comes_whole_is_signed() -> None:
    block = {"type": "thinking", "thinking": "hm", "signature": "sig"}
    message = completed(begin(0, block), stop(0), begin(1, use(id="a")), stop(1), END)["message"]
    assert message["thinking_blocks"] == [{"index": 0, **block}]
    assert message["reasoning_content"] == "hm"


@pytest.mark.fault("W25")
def test_a_thought_and_a_text_under_one_block_are_told_apart() -> None:
    said = thought(0, type="thinking_delta", thinking="hm")
    message = completed(begin(0, EMPTY_TEXT), said, text(0, "a"), END)["message"]
    assert (message["reasoning_content"], message["content"]) == ("hm", "a")


@pytest.mark.fault("W9")
@pytest.mark.parametrize(("block", "finish"), [(EMPTY_TEXT, "stop"), (use(id="a"), "tool_calls")])
def test_an_end_without_a_reason_has_one(block: Any, finish: str) -> None:
    assert completed(begin(0, block), text(1, "a"))["finish_reason"] == finish


@pytest.mark.fault("W10")
def test_calls_of_a_whole_message_are_told_apart() -> None:
    blocks = [use(), use(id="a", input='{"x":1}'), use(id="a", input=None)]
    body = json.dumps({"id": "m", "content": blocks, "stop_reason": "tool_use"}).encode()
    reply = registry.dialect("anthropic").response(call_to(14, document={"messages": []}), body)
    wanted = [("call_req-1_0", "get", "{}"), ("a", "get", '{"x":1}'), ("a_2", "get", "{}")]
    assert calls(reply.document["choices"][0]) == wanted


TEXT_BLOCK = [begin(0, EMPTY_TEXT), text(0, "hi"), stop(0)]
CALL_BLOCK = [begin(0, use(id="a")), given(0, "{}"), stop(0)]
ENDS: list[tuple[str | None, str, str]] = [
    ("end_turn", "stop", "tool_calls"),
    ("tool_use", "stop", "tool_calls"),
    ("stop", "stop", "tool_calls"),
    (None, "stop", "tool_calls"),
    ("eos", "stop", "tool_calls"),
    ("length", "length", "length"),
    ("MAX_TOKENS", "length", "length"),
    ("stop_sequence", "stop", "stop"),
    ("pause_turn", "stop", "stop"),
    ("sensitive", "content_filter", "content_filter"),
]


@pytest.mark.fault("W9")
@pytest.mark.parametrize(("reason", "of_text", "of_call"), ENDS)
def test_the_end_for_chat_clients_follows_what_was_said(
    reason: str | None, of_text: str, of_call: str
) -> None:
    last = event("message_delta", delta={"stop_reason": reason}, usage={"output_tokens": 3})
    for blocks, finish in ((TEXT_BLOCK, of_text), (CALL_BLOCK, of_call)):
        assert completed(*blocks, last)["finish_reason"] == finish
    for block, finish in (({"type": "text", "text": "hi"}, of_text), (use(id="a"), of_call)):
        body = json.dumps({"id": "m", "content": [block], "stop_reason": reason}).encode()
        reply = registry.dialect("anthropic").response(call_to(14, document={"messages": []}), body)
        assert reply.document["choices"][0]["finish_reason"] == finish


@pytest.mark.fault("W9", "W11")
def test_counts_amid_an_answer_do_not_end_it() -> None:
    counts = event("message_delta", delta={}, usage={"output_tokens": 1})
    call = call_to(14, document={"messages": []}, stream=True)
    events = [begin(0, EMPTY_TEXT), text(0, "He"), counts, text(0, "llo"), stop(0), END, LAST]
    found = relayed(call, START, *events, client="openai")
    lines = [line[6:] for line in found.out.splitlines() if line.startswith(b"data: {")]
    choices = [chunk["choices"][0] for chunk in map(json.loads, lines) if chunk["choices"]]
    assert "".join(choice["delta"].get("content") or "" for choice in choices) == "Hello"
    assert [choice["finish_reason"] for choice in choices if choice["finish_reason"]] == ["stop"]
