"""Whatever stands where something else should: a client gets a 400, a vendor's answer is none, nothing else is raised."""

import json
import random
from contextlib import suppress
from copy import deepcopy
from typing import Any

import pytest

from oneapi.errors import InvalidRequest, UpstreamError
from oneapi.providers import registry
from oneapi.providers.base import Call
from oneapi.relay.offers import Offer
from oneapi.relay.translation import WholeTranslation, joined_answer
from oneapi.wire.endpoints import Endpoint
from oneapi.wire.registry import client_dialect
from oneapi.wire.usage import Usage
from tests.providers.exchanges import call_to
from tests.providers.relaying import relayed

ROUNDS = 250
PIXEL = "iVBORw0KGgo="
ODD: list[Any] = [
    *(None, True, 0, -1, 1.5, "", " ", "x", [], {}, ["x"], [{}], [None], [["x"]], {"a": [1]}),
    *({"type": "text"}, [{"type": "text"}], [{"type": "text", "text": None}], {"type": []}),
]
SCHEMA: Any = {"type": "object", "properties": {"a": {}}, "anyOf": [{"required": ["a"]}]}
IMAGE = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PIXEL}}
TEXT = {"type": "text", "text": "t"}
CALL = {"id": "c1", "type": "function", "function": {"name": "get", "arguments": '{"a":1}'}}
THOUGHT = {"type": "thinking", "thinking": "h", "signature": "s"}
USE = {"type": "tool_use", "id": "t1", "name": "get", "input": {"a": 1}}
SEARCH = {"type": "server_tool_use", "id": "s1", "name": "web_search", "input": {"q": 1}}
FOUND: Any = {"type": "web_search_tool_result", "tool_use_id": "s1", "content": []}
PAPER = {"type": "document", "source": {"type": "content", "content": [TEXT, IMAGE]}}
HIT = {"type": "search_result", "title": "t", "source": "s", "content": [TEXT]}
RESULT = {"type": "tool_result", "tool_use_id": "t1", "is_error": True, "content": [TEXT, IMAGE]}
MESSAGES: dict[str, Any] = {
    "model": "m",
    "max_tokens": 100,
    "system": [TEXT],
    "stop_sequences": ["E"],
    "top_k": 3,
    "thinking": {"type": "enabled", "budget_tokens": 2000},
    "tool_choice": {"type": "tool", "name": "get", "disable_parallel_tool_use": True},
    "metadata": {"user_id": "u"},
    "output_config": {"effort": "low", "format": {"type": "json_schema", "schema": SCHEMA}},
    "tools": [{"name": "get", "description": "d", "input_schema": SCHEMA, "strict": True}],
    "messages": [
        {"role": "user", "content": [TEXT, IMAGE, PAPER, HIT]},
        {"role": "assistant", "content": [THOUGHT, TEXT, USE, SEARCH, FOUND]},
        {"role": "user", "content": [RESULT, TEXT]},
        {"role": "system", "content": "s"},
    ],
}
CHAT: dict[str, Any] = {
    "model": "m",
    "max_tokens": 5,
    "stop": ["a"],
    "temperature": 0.4,
    "user": "u",
    "reasoning_effort": "low",
    "parallel_tool_calls": False,
    "n": 1,
    "top_p": 0.5,
    "response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": SCHEMA}},
    "tool_choice": {"type": "function", "function": {"name": "get"}},
    "tools": [{"type": "function", "function": {"name": "get", "parameters": SCHEMA}}],
    "messages": [
        {"role": "system", "content": "s"},
        {
            "role": "user",
            "content": [
                TEXT,
                {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PIXEL}"}},
                {"type": "file", "file": {"file_data": "JVBERi0=", "filename": "f"}},
            ],
        },
        {
            "role": "assistant",
            "content": [TEXT],
            "tool_calls": [CALL],
            "thinking_blocks": [THOUGHT],
        },
        {"role": "tool", "tool_call_id": "c1", "content": [TEXT]},
        {"role": "assistant", "content": None, "function_call": {"name": "g", "arguments": "{}"}},
        {"role": "function", "name": "g", "content": "q"},
    ],
}
COUNTS = {"prompt_tokens": 1, "completion_tokens": 2, "prompt_tokens_details": {"cached_tokens": 0}}
SAID = {"role": "assistant", "content": "hi", "reasoning_content": "r", "tool_calls": [CALL]}
PARTS = {"content": [TEXT, {"type": "thinking", "thinking": [TEXT]}]}
CHOICE = {"index": 0, "message": SAID, "finish_reason": "stop", "logprobs": {}, "stop_reason": 5}
COMPLETION: Any = {"id": "c", "model": "m", "choices": [CHOICE], "usage": COUNTS}
MESSAGE: Any = {
    "id": "m",
    "content": [THOUGHT, TEXT, USE, SEARCH, FOUND],
    "stop_reason": "end_turn",
    "usage": {"input_tokens": 1, "output_tokens": 2, "server_tool_use": {"web_search_requests": 1}},
}
CHUNKS: Any = [
    {"id": "c", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}], "usage": counts}
    for delta, finish, counts in (
        ({"role": "assistant", "content": ""}, None, None),
        ({"content": "a"}, None, None),
        (PARTS, None, None),
        ({"tool_calls": [{"index": 0, **CALL}, {"index": 1, **CALL}]}, None, None),
        ({"tool_calls": [{"index": 1, "function": {"arguments": " "}}]}, None, None),
        ({}, "tool_calls", COUNTS),
    )
]
EVENTS: Any = [
    {"type": "message_start", "message": {"id": "m", "usage": {"input_tokens": 1}}},
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "t"}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "citations_delta", "citation": {}}},
    {"type": "content_block_stop", "index": 0},
    {"type": "content_block_start", "index": 1, "content_block": USE},
    {"type": "content_block_delta", "index": 1, "delta": {"type": "input_json_delta", "partial_json": "{"}},
    {"type": "content_block_stop", "index": 1},
    {"type": "message_delta", "delta": {"stop_reason": "tool_use"}, "usage": {"output_tokens": 3}},
    {"type": "message_stop"},
]  # fmt: skip


def places(value: Any) -> list[tuple[Any, Any]]:
    """Return every place in a document: what holds it, and its name or number there."""
    items: list[tuple[Any, Any]] = []
    if isinstance(value, dict | list):
        names: Any = list(value) if isinstance(value, dict) else range(len(value))  # pyright: ignore[reportUnknownArgumentType,reportUnknownVariableType]
        for name in names:
            items += [(value, name), *places(value[name])]
    return items


def changed(document: Any, chance: random.Random) -> Any:
    """Return a document with something else in one place, or with nothing there."""
    document = deepcopy(document)
    holder, name = chance.choice(places(document))
    if chance.random() < 0.25:
        del holder[name]
    else:
        holder[name] = deepcopy(chance.choice(ODD))
    return document


def stream(events: list[Any]) -> bytes:
    return b"".join(b"data: %b\n\n" % json.dumps(event).encode() for event in events)


def ask(client: str, number: int, model: str, document: Any) -> None:
    body = json.dumps(document).encode()
    dialect = registry.dialect("anthropic" if number == 14 else "openai")
    said = None if client == dialect.name else client_dialect(client).to_canonical(body)
    for adapted in (frozenset[str](), frozenset({"messages"}), frozenset({"thinking_blocks"})):
        dialect.request(
            call_to(number, body, document=said, model=model, adapted=adapted, base_url="http://v")
        )


ASKED = [
    *(("anthropic", 8, "m"), ("anthropic", 28, "m"), ("anthropic", 36, "m"), ("anthropic", 20, "m")),
    *(("anthropic", 51, "gemini-3"), ("anthropic", 14, "claude-sonnet-4-5"), ("openai", 28, "m")),
    *(("openai", 14, "claude-3-haiku"), ("openai", 14, "claude-opus-5-5"), ("openai", 14, "m")),
]  # fmt: skip


@pytest.mark.fault("W26", "A10")
@pytest.mark.parametrize(("client", "number", "model"), ASKED)
def test_an_odd_request(client: str, number: int, model: str) -> None:
    chance = random.Random(f"{client} {number} {model}")
    for _ in range(ROUNDS):
        document = changed(MESSAGES if client == "anthropic" else CHAT, chance)
        with suppress(InvalidRequest):
            ask(client, number, model, document)


@pytest.mark.fault("W8", "W11")
@pytest.mark.parametrize(("number", "answer"), [(8, COMPLETION), (14, MESSAGE)])
def test_an_odd_answer(number: int, answer: Any) -> None:
    chance = random.Random(number)
    call = call_to(number, document={"messages": []})
    dialect = registry.dialect(call.service.dialect)
    for _ in range(ROUNDS):
        body = json.dumps(changed(answer, chance)).encode()
        with suppress(UpstreamError):
            dialect.usage(call, body)
            dialect.output_tokens(call, body)
            reply = dialect.response(call, body)
            for name in ("openai", "anthropic"):
                client_dialect(name).render(reply.document, reply.usage)
        for name in ("openai", "anthropic"):
            as_stream(call, body, name)


def as_stream(call: Call, body: bytes, client: str) -> None:
    """Say a whole answer to a client that asked for a stream."""
    dialect = registry.dialect(call.service.dialect)
    offer = Offer(call.service, dialect, client)
    whole = WholeTranslation(
        client_dialect(client), offer, call, lambda reply: reply.usage or Usage()
    )
    whole.feed(body)
    whole.finish()


@pytest.mark.fault("W10", "W11", "W31")
@pytest.mark.parametrize(("number", "events"), [(8, CHUNKS), (14, EVENTS)])
def test_an_odd_stream(number: int, events: Any) -> None:
    chance = random.Random(number)
    call = call_to(number, document={"messages": []}, stream=True)
    dialect = registry.dialect(call.service.dialect)
    for _ in range(ROUNDS):
        said = stream(changed(events, chance))
        for name in ("openai", "anthropic"):
            relayed(call, said, client=name)
        with suppress(UpstreamError):
            joined_answer(dialect, call, said)


PICTURE = {"b64_json": "eA==", "revised_prompt": "r"}
COUNTED = {"input_tokens": 5, "output_tokens": 9, "input_tokens_details": {"text_tokens": 5}}
TEXTS: Any = [
    {"object": "text_completion", "choices": [{"text": "a", "index": 0, "logprobs": None}]},
    {
        "choices": [
            {"text": "b", "index": 0, "finish_reason": "stop", "logprobs": {"tokens": ["b"]}}
        ]
    },
    {"choices": [], "usage": COUNTS},
]
PICTURES: Any = [
    {"type": "image_generation.partial_image", "partial_image_index": 0, **PICTURE},
    {"type": "image_generation.completed", "usage": COUNTED, "created_at": 1, **PICTURE},
]
HEARD: Any = [
    {"type": "transcript.text.delta", "delta": "a"},
    {"type": "transcript.text.done", "text": "a", "usage": {"type": "duration", "seconds": 1}},
]
SPOKEN: Any = [
    {"type": "speech.audio.delta", "audio": "eA=="},
    {"type": "speech.audio.done", "usage": COUNTED},
]
VERBOSE = {"text": "a", "duration": "1", "segments": [{"end": 1}], "words": [{"end": 1}]}
OTHERS: Any = [
    (Endpoint.COMPLETIONS, TEXTS, {"choices": [{"text": "a", "index": 0}], "usage": COUNTS}),
    (Endpoint.IMAGES, PICTURES, {"created": 1, "data": [PICTURE], "usage": COUNTED}),
    (Endpoint.TRANSCRIPTIONS, HEARD, {**VERBOSE, "usage": None}),
    (Endpoint.SPEECH, SPOKEN, {"error": {"message": "m", "code": 1}}),
]


@pytest.mark.fault("W8", "W11", "W29")
@pytest.mark.parametrize(("endpoint", "events", "answer"), OTHERS, ids=lambda case: str(case)[:9])
def test_odd_answers_of_other_endpoints(endpoint: Endpoint, events: Any, answer: Any) -> None:
    chance = random.Random(endpoint.value)
    call = call_to(8, b'{"input":"a"}', endpoint=endpoint, stream=True)
    dialect = registry.dialect("openai")
    for _ in range(ROUNDS):
        said = stream(changed(events, chance))
        relayed(call, said)
        with suppress(UpstreamError):
            joined_answer(dialect, call, said)
        body = json.dumps(changed(answer, chance)).encode()
        with suppress(UpstreamError):
            dialect.usage(call, body)
            dialect.output_tokens(call, body)
        as_stream(call, body, "openai")


@pytest.mark.fault("W29")
def test_probabilities_may_begin_later_than_the_text() -> None:
    tokens = [None, {"content": [{"token": "a"}]}, None, {"content": [{"token": "b"}]}]
    chunks = [
        {"choices": [{"index": 0, "delta": {"content": said}, "logprobs": sure}]}
        for said, sure in zip(("", "a", "", "b"), tokens, strict=True)
    ]
    nothing: dict[str, Any] = {}
    ended = {"choices": [{"index": 0, "delta": nothing, "finish_reason": "stop"}]}
    reply = joined_answer(registry.dialect("openai"), call_to(8), stream([*chunks, ended]))
    (choice,) = reply.document["choices"]
    assert choice["message"]["content"] == "ab"
    assert choice["logprobs"] == {"content": [{"token": "a"}, {"token": "b"}]}


@pytest.mark.fault("W26")
@pytest.mark.parametrize(
    ("block", "param"),
    [
        ({**RESULT, "content": [TEXT, {"type": "text"}]}, "[1].text"),
        ({**RESULT, "content": ["a"]}, "[0]"),
        ({**RESULT, "content": {"a": 1}}, ""),
        ({**PAPER, "source": {"type": "content", "content": [{"type": "text"}]}}, "[0].text"),
    ],
)
def test_what_is_no_content_is_named(block: Any, param: str) -> None:
    turns = [{"role": "assistant", "content": [USE]}, {"role": "user", "content": [block]}]
    inside = "source.content" if block["type"] == "document" else "content"
    with pytest.raises(InvalidRequest) as raised:
        ask("anthropic", 8, "m", {**MESSAGES, "messages": turns})
    assert raised.value.param == f"messages[1].content[0].{inside}{param}"
