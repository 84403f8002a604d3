"""How much was delivered, when nobody says: texts, thoughts, refusals, calls; never what lies around them."""

import json
from typing import Any

import pytest

from oneapi.providers import registry
from oneapi.providers.base import Call
from oneapi.wire.endpoints import Endpoint
from oneapi.wire.sse import event_bytes
from tests.providers.exchanges import call_to
from tests.providers.relaying import relayed

OPENAI = registry.dialect("openai")
ANTHROPIC = registry.dialect("anthropic")
CHINESE = "一个中国人" * 40  # 200 characters, some 150 tokens
CALL = {"id": "c", "type": "function", "function": {"name": "get", "arguments": '{"a": 1}'}}
LOGPROBS = {"content": [{"token": "hi", "logprob": -0.1, "bytes": [104, 105], "top_logprobs": []}]}


def openai(message: dict[str, Any], **choice: Any) -> dict[str, Any]:
    return {
        "id": "c1",
        "object": "chat.completion",
        "created": 1,
        "model": "m",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop", **choice}],
    }


def anthropic(*blocks: dict[str, Any]) -> dict[str, Any]:
    return {"id": "msg_1", "type": "message", "role": "assistant", "content": list(blocks)}


WHOLE: list[tuple[Any, Endpoint, dict[str, Any] | bytes, int]] = [
    (OPENAI, Endpoint.CHAT, openai({"role": "assistant", "content": "hi"}), 1),
    (OPENAI, Endpoint.CHAT, openai({"content": "hi"}, logprobs=LOGPROBS), 1),
    (OPENAI, Endpoint.CHAT, openai({"content": CHINESE}), 150),
    (OPENAI, Endpoint.CHAT, openai({"content": None, "refusal": "I will not."}), 3),
    (OPENAI, Endpoint.CHAT, openai({"content": "", "reasoning_content": "h" * 40}), 10),
    (OPENAI, Endpoint.CHAT, openai({"content": "", "reasoning": "h" * 40}), 10),
    (OPENAI, Endpoint.CHAT, openai({"content": None, "tool_calls": [CALL]}), 3),
    (OPENAI, Endpoint.CHAT, openai({"function_call": {"name": "get", "arguments": "{}"}}), 2),
    (OPENAI, Endpoint.CHAT, openai({"content": [{"type": "text", "text": "h" * 40}]}), 10),
    (OPENAI, Endpoint.CHAT, openai({"audio": {"data": "A" * 9999, "transcript": "h" * 40}}), 10),
    (OPENAI, Endpoint.CHAT, openai({"content": "", "images": [{"image_url": "A" * 9999}]}), 0),
    (OPENAI, Endpoint.COMPLETIONS, {"choices": [{"text": "h" * 40}, {"text": "h" * 40}]}, 20),
    (OPENAI, Endpoint.EMBEDDINGS, {"data": [{"embedding": [0.123] * 1536}]}, 0),
    (OPENAI, Endpoint.IMAGES, {"data": [{"b64_json": "A" * 9999}]}, 0),
    (OPENAI, Endpoint.TRANSCRIPTIONS, {"text": "h" * 40, "segments": [{"tokens": [1] * 99}]}, 10),
    (OPENAI, Endpoint.TRANSCRIPTIONS, b"h" * 40, 10),
    (OPENAI, Endpoint.CHAT, {"choices": [7, {"message": "x"}]}, 0),
    (ANTHROPIC, Endpoint.CHAT, anthropic({"type": "text", "text": "ok"}), 1),
    (
        ANTHROPIC,
        Endpoint.CHAT,
        anthropic(
            {"type": "thinking", "thinking": "h" * 20, "signature": "S" * 999},
            {"type": "redacted_thinking", "data": "D" * 999},
            {"type": "text", "text": "h" * 20},
        ),
        10,
    ),
    (
        ANTHROPIC,
        Endpoint.CHAT,
        anthropic({"type": "tool_use", "name": "get", "input": {"a": 1}}),
        3,
    ),
    (ANTHROPIC, Endpoint.CHAT, b"no JSON", 0),
]


@pytest.mark.fault("W2")
@pytest.mark.parametrize(("dialect", "endpoint", "answer", "tokens"), WHOLE)
def test_a_whole_answer_is_its_texts(
    dialect: Any, endpoint: Endpoint, answer: dict[str, Any] | bytes, tokens: int
) -> None:
    plain = answer if isinstance(answer, bytes) else json.dumps(answer, ensure_ascii=False).encode()
    escaped = answer if isinstance(answer, bytes) else json.dumps(answer).encode()

    for body in (plain, escaped):
        assert dialect.output_tokens(call_to(1, endpoint=endpoint), body) == tokens


def streaming(call: Call, *chunks: dict[str, Any]) -> int:
    """Return what a stream that breaks off after these chunks is estimated to be."""
    return relayed(
        call, *(event_bytes(json.dumps(chunk).encode()) for chunk in chunks)
    ).output_tokens


def chunk(**choice: Any) -> dict[str, Any]:
    return {"id": "c", "object": "chat.completion.chunk", "choices": [{"index": 0, **choice}]}


def words(count: int, **choice: Any) -> list[dict[str, Any]]:
    return [chunk(delta={"content": "word"}, **choice) for _ in range(count)]


def reporting() -> Call:
    """A call to a target that has reported usage before: most of its chunks are not decoded."""
    call = call_to(1, stream=True)
    streaming(call, *words(1), {"choices": [], "usage": {"prompt_tokens": 1}})
    return call


@pytest.mark.fault("W2")
@pytest.mark.parametrize(
    "more",
    [
        {"delta": {"audio": {"data": "A" * 50_000}}},
        {"delta": {"content": "", "images": [{"image_url": {"url": "A" * 50_000}}]}},
    ],
    ids=["audio", "image"],
)
def test_what_is_no_text_is_not_delivered_text(more: dict[str, Any]) -> None:
    call = reporting()

    assert streaming(call, *words(20)) == 20
    assert streaming(call, *words(10), chunk(**more), *words(10)) == 20


@pytest.mark.fault("W2")
def test_log_probabilities_are_no_text() -> None:
    long = {"content": [{"token": "x", "bytes": [1] * 80, "top_logprobs": []}]}
    chunks = [*words(3, logprobs=LOGPROBS), *words(17, logprobs=long)]

    assert streaming(reporting(), *chunks) == 20


@pytest.mark.fault("W2")
def test_a_long_chunk_of_a_stream_is_counted_as_what_it_is() -> None:
    assert streaming(reporting(), *words(3), chunk(delta={"content": "x" * 4000})) == 1003


@pytest.mark.fault("W2")
@pytest.mark.parametrize("client", ["openai", "anthropic"])
def test_what_is_spoken_is_delivered_text(client: str) -> None:
    spoken = [chunk(delta={"audio": {"transcript": "word"}}) for _ in range(9)]
    call = call_to(8, stream=True, document={"messages": []})
    events = [event_bytes(json.dumps(one).encode()) for one in [*spoken, *words(1)]]
    assert relayed(call, *events, client=client).output_tokens == 10


@pytest.mark.fault("W2")
def test_what_only_details_think_is_delivered_text() -> None:
    details = [{"type": "reasoning.text", "text": "word"}]
    thoughts = [chunk(delta={"reasoning_details": details}) for _ in range(9)]
    assert streaming(reporting(), *thoughts, *words(1)) == 10
