"""Answers of vendors that are not as they should be, and usage of every endpoint."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import example, given, settings, strategies as st

from oneapi.errors import UpstreamError
from oneapi.providers import registry
from oneapi.providers.openai_watch import OpenAIWatcher
from oneapi.wire.endpoints import Endpoint
from oneapi.wire.registry import client_dialect
from oneapi.wire.sse import event_bytes
from oneapi.wire.usage import Usage
from tests.providers.exchanges import call_to
from tests.providers.relaying import relayed

OPENAI = registry.dialect("openai")


def _usage(endpoint: Endpoint, answer: Any, body: bytes = b"{}") -> Usage | None:
    data = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    return OPENAI.usage(call_to(1, body, endpoint=endpoint), data)


COUNTS: list[tuple[dict[str, Any], Usage]] = [
    ({"prompt_tokens": 5, "completion_tokens": 2}, Usage(input_tokens=5, output_tokens=2)),
    ({"prompt_tokens": 5, "completion_tokens": None}, Usage(input_tokens=5)),
    ({"prompt_tokens": 5.0, "completion_tokens": 1.5}, Usage(input_tokens=5, output_tokens=2)),
    ({"prompt_tokens": 0, "input_tokens": 5}, Usage(input_tokens=5)),
    ({"total_tokens": 9, "completion_tokens": 2}, Usage(input_tokens=7, output_tokens=2)),
    ({"input_tokens": 3, "output_tokens": 4}, Usage(input_tokens=3, output_tokens=4)),
    (
        {"prompt_tokens": 5, "prompt_cache_hit_tokens": 3, "completion_tokens": 1},
        Usage(input_tokens=5, output_tokens=1, cached_tokens=3),
    ),
    ({"prompt_tokens": 5, "cached_tokens": 3}, Usage(input_tokens=5, cached_tokens=3)),
    # What the cache held stands beside the prompt: it does not fit into it, or the total says so.
    (
        {
            "prompt_tokens": 50,
            "completion_tokens": 10,
            "total_tokens": 60,
            "prompt_tokens_details": {"cached_tokens": 5450},
        },
        Usage(input_tokens=5500, output_tokens=10, cached_tokens=5450),
    ),
    (
        {"prompt_tokens": 50, "cache_read_input_tokens": 400, "cache_creation_input_tokens": 30},
        Usage(input_tokens=480, cached_tokens=400, cache_write_tokens=30),
    ),
    (
        {"prompt_tokens": 60, "completion_tokens": 5, "total_tokens": 115, "cached_tokens": 50},
        Usage(input_tokens=110, output_tokens=5, cached_tokens=50),
    ),
    ({"prompt_tokens": 0, "cached_tokens": 50}, Usage(input_tokens=50, cached_tokens=50)),
    # What Claude wrote to its cache, in the words of other gateways: LiteLLM's, new-api's, old and new.
    (
        {
            "prompt_tokens": 900,
            "prompt_tokens_details": {
                "cached_tokens": 300,
                "cache_creation_tokens": 500,
                "cache_creation_token_details": {
                    "ephemeral_5m_input_tokens": 100,
                    "ephemeral_1h_input_tokens": 400,
                },
            },
            "cache_creation_input_tokens": 500,
            "cache_read_input_tokens": 300,
        },
        Usage(
            input_tokens=900,
            cached_tokens=300,
            cache_write_tokens=100,
            cache_write_1h_tokens=400,
        ),
    ),
    (
        {
            "prompt_tokens": 900,
            "completion_tokens": 1,
            "prompt_tokens_details": {"cached_tokens": 0, "cached_creation_tokens": 500},
            "claude_cache_creation_5_m_tokens": 0,
            "claude_cache_creation_1_h_tokens": 0,
        },
        Usage(input_tokens=900, output_tokens=1, cache_write_tokens=500),
    ),
    (
        {
            "prompt_tokens": 900,
            "completion_tokens": 1,
            "prompt_tokens_details": {"cached_creation_tokens": 500, "cache_write_tokens": 500},
            "claude_cache_creation_1_h_tokens": 500,
        },
        Usage(input_tokens=900, output_tokens=1, cache_write_1h_tokens=500),
    ),
    (
        {"prompt_tokens": 9, "cache_creation": {"ephemeral_1h_input_tokens": 40}},
        Usage(input_tokens=49, cache_write_1h_tokens=40),
    ),
    (
        {
            "prompt_tokens": 5,
            "completion_tokens": 2,
            "prompt_tokens_details": {"audio_tokens": 900},
            "completion_tokens_details": {"audio_tokens": 900},
        },
        Usage(input_tokens=5, output_tokens=2, audio_input_tokens=5, audio_output_tokens=2),
    ),
    (
        {"prompt_tokens": 5, "completion_tokens": 2, "server_tool_use": {"web_search_requests": 3}},
        Usage(input_tokens=5, output_tokens=2, searches=3),
    ),
    (
        {"prompt_tokens": 5, "completion_tokens": 2}
        | {"completion_tokens_details": {"reasoning_tokens": 9}},
        Usage(input_tokens=5, output_tokens=11, reasoning_tokens=9),
    ),
    (
        {
            "prompt_tokens": 50,
            "completion_tokens": 20,
            "prompt_tokens_details": {
                "cached_tokens": 3,
                "audio_tokens": 4,
                "cache_write_tokens": 6,
            },
            "completion_tokens_details": {"reasoning_tokens": 7, "audio_tokens": 8},
        },
        Usage(
            input_tokens=50,
            output_tokens=20,
            cached_tokens=3,
            audio_input_tokens=4,
            cache_write_tokens=6,
            reasoning_tokens=7,
            audio_output_tokens=8,
        ),
    ),
]


@pytest.mark.fault("W22", "R1")
@pytest.mark.parametrize(("counts", "usage"), COUNTS)
def test_counts_as_vendors_spell_them(counts: dict[str, Any], usage: Usage) -> None:
    assert (
        _usage(Endpoint.CHAT, {"choices": [{"message": {"content": "a"}}], "usage": counts})
        == usage
    )
    stream = event_bytes(json.dumps({"choices": [], "usage": counts}).encode())
    assert relayed(call_to(1, stream=True), stream).usage == usage


ODD: list[dict[str, Any]] = [
    {"prompt_tokens": -5, "completion_tokens": 2},
    {"prompt_tokens": 5, "completion_tokens": -1, "total_tokens": 4},
    {"prompt_tokens": "5", "completion_tokens": 2},
    {"prompt_tokens": True, "completion_tokens": 2},
    {"prompt_tokens": 5, "completion_tokens": 1e300},
    {"prompt_tokens": 5, "completion_tokens": 2, "prompt_tokens_details": {"cached_tokens": -1}},
    {"prompt_tokens": 5, "completion_tokens": 2, "prompt_cache_hit_tokens": "all"},
    {"prompt_tokens": 5, "completion_tokens": 2, "claude_cache_creation_1_h_tokens": -1},
    {"prompt_tokens": 5, "prompt_tokens_details": {"cached_creation_tokens": "2"}},
    {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": -7},
]


@pytest.mark.fault("W3", "A6")
@pytest.mark.parametrize("counts", ODD, ids=str)
def test_what_cannot_be_counted_is_kept_for_the_log_and_counts_nothing(
    counts: dict[str, Any],
) -> None:
    answer = json.dumps({"choices": [{"message": {"content": "hi"}}], "usage": counts}).encode()
    stream = event_bytes(json.dumps({"choices": [], "usage": counts}).encode())
    passed = relayed(call_to(1, stream=True), stream).usage
    reply = OPENAI.response(call_to(1), answer)
    for usage in (OPENAI.usage(call_to(1), answer), passed, reply.usage):
        assert usage is not None
        assert (usage.counts(), usage.says_something) == ({}, False)
        assert str(next(iter(counts.values()))) in usage.oddity
    assert reply.document["usage"] is None


@pytest.mark.fault("W4")
@pytest.mark.parametrize("parts", [{}, {"prompt_tokens": 0, "completion_tokens": 0}], ids=str)
def test_a_total_without_parts_is_kept_apart(parts: dict[str, Any]) -> None:
    usage = _usage(
        Endpoint.CHAT,
        {"choices": [{"message": {"content": "a"}}], "usage": {**parts, "total_tokens": 1500}},
    )
    assert usage is not None
    assert (usage.counts(), usage.total_tokens) == ({}, 1500)


REASONED = {"completion_tokens_details": {"reasoning_tokens": 94}}
BESIDE: list[tuple[dict[str, Any], int]] = [
    # Grok's reasoning; Gemini's endpoint as recorded; a prompt without what the cache held.
    ({"completion_tokens": 9, "total_tokens": 135, **REASONED} | {"prompt_tokens": 32}, 103),
    ({"completion_tokens": 12, "prompt_tokens": 35, "total_tokens": 109}, 74),
    ({"prompt_tokens": 3, "completion_tokens": 5, "total_tokens": 28, "cached_tokens": 20}, 5),
    ({"prompt_tokens": 3, "completion_tokens": 100, "total_tokens": 103, **REASONED}, 100),
    ({"prompt_tokens": 3, "completion_tokens": 5, "total_tokens": 4}, 5),
]


@pytest.mark.parametrize(("counts", "output_tokens"), BESIDE)
def test_thoughts_that_only_the_total_counts_are_output(
    counts: dict[str, Any], output_tokens: int
) -> None:
    answer = json.dumps({"choices": [{"message": {"content": "a"}}], "usage": counts}).encode()
    converted = OPENAI.response(call_to(45), answer).usage
    stream = event_bytes(json.dumps({"choices": [], "usage": counts}).encode())
    passed = relayed(call_to(45, stream=True), stream).usage
    for usage in (converted, OPENAI.usage(call_to(45), answer), passed):
        assert usage is not None
        assert usage.output_tokens == output_tokens


def test_usage_of_other_endpoints() -> None:
    assert _usage(
        Endpoint.EMBEDDINGS,
        {"data": [{"embedding": [0.5]}], "usage": {"prompt_tokens": 8, "total_tokens": 8}},
    ) == Usage(input_tokens=8)
    assert _usage(Endpoint.IMAGES, {"created": 1, "data": [{"url": "a"}, {"url": "b"}]}) == Usage(
        images=2
    )
    assert _usage(
        Endpoint.IMAGES,
        {
            "data": [{"url": "a"}],
            "usage": {
                "input_tokens": 50,
                "output_tokens": 9,
                "input_tokens_details": {"image_tokens": 40},
            },
        },
    ) == Usage(input_tokens=50, output_tokens=9, images=1)
    assert _usage(
        Endpoint.SPEECH, b"", b'{"model":"tts-1","input":"\xe4\xbd\xa0\xe5\xa5\xbd"}'
    ) == Usage(characters=2)
    assert _usage(Endpoint.MODERATIONS, {"results": [{}]}) is None
    assert _usage(Endpoint.CHAT, {"choices": [{"message": {"content": "a"}}]}) is None


@pytest.mark.fault("W4")
@pytest.mark.parametrize("usage", [None, {}, [], {"absent": None}], ids=str)
def test_the_usage_of_a_whole_answer_may_stand_where_that_of_a_stream_does(usage: Any) -> None:
    """In a choice, as Moonshot has it in its streams, or in `x_groq`."""
    counts = {"prompt_tokens": 1000, "completion_tokens": 500}
    message = {"role": "assistant", "content": "hi"}
    choices: list[Any] = [{"index": 0, "message": message, "finish_reason": "stop"}]
    outside = {} if usage == {"absent": None} else {"usage": usage}
    for answer in (
        {"choices": [{**choices[0], "usage": counts}], **outside},
        {"choices": choices, "x_groq": {"usage": counts}, **outside},
    ):
        assert _usage(Endpoint.CHAT, answer) == Usage(1000, 500)
        call = call_to(8, document={"messages": []})
        reply = registry.dialect("openai").response(call, json.dumps(answer).encode())
        assert reply.usage == Usage(1000, 500)


@pytest.mark.fault("R1", "A6")
def test_what_the_author_of_a_picture_spends_is_spent_beside_it() -> None:
    """`svg_usage`: tokens of the model that writes an SVG, beside those of the picture."""
    picture = {"input_tokens": 50, "output_tokens": 900, "total_tokens": 950}
    author = {"model": "gpt-5.5", "input_tokens": 300, "output_tokens": 4000}
    author |= {"reasoning_tokens": 2500, "total_tokens": 4300}
    answer: dict[str, Any] = {"data": [{"b64_json": "eA=="}], "usage": picture, "svg_usage": author}
    for endpoint in (Endpoint.IMAGES, Endpoint.IMAGE_EDITS):
        assert _usage(endpoint, answer) == Usage(350, 4900, images=1)
    found = _usage(Endpoint.IMAGES, {**answer, "svg_usage": {**author, "output_tokens": -1}})
    assert found is not None
    assert found.oddity
    assert _usage(Endpoint.IMAGES, {**answer, "svg_usage": None}) == Usage(50, 900, images=1)


def test_usage_of_transcriptions() -> None:
    transcript = Endpoint.TRANSCRIPTIONS
    assert _usage(transcript, {"text": "a", "usage": {"type": "duration", "seconds": 3}}) == Usage(
        seconds=3.0
    )
    assert _usage(transcript, {"text": "a", "duration": 2.5}) == Usage(seconds=2.5)
    tokens = {
        "type": "tokens",
        "input_tokens": 14,
        "output_tokens": 45,
        "input_token_details": {"audio_tokens": 14},
    }
    assert _usage(transcript, {"text": "a", "usage": tokens}) == Usage(
        input_tokens=14, output_tokens=45, audio_input_tokens=14
    )
    assert _usage(transcript, {"text": "a"}) is None
    assert _usage(transcript, b"hello\n") is None
    srt = b"1\n00:00:00,000 --> 00:00:02,500\nhi\n\n2\n00:00:02,500 --> 01:00:05,250\nho\n"
    assert _usage(transcript, srt) == Usage(seconds=3605.25)
    assert _usage(transcript, b"WEBVTT\n\n00:01.000 --> 00:04.500\nhi\n") == Usage(seconds=4.5)


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"choices":[{"mess', b"[]", b"null", b"\xff"])
def test_an_answer_that_is_no_answer(body: bytes) -> None:
    for name, number in (("openai", 1), ("anthropic", 14)):
        dialect = registry.dialect(name)
        for read in (dialect.usage, dialect.response):
            with pytest.raises(UpstreamError):
                read(call_to(number), body)


def test_an_error_that_looks_like_an_answer() -> None:
    with pytest.raises(UpstreamError, match="overloaded") as caught:
        _usage(Endpoint.CHAT, {"error": {"message": "overloaded", "type": "server_error"}})
    assert caught.value.status == 500


def _chunk(**fields: Any) -> bytes:
    return event_bytes(json.dumps(fields).encode())


def _delta(**delta: Any) -> bytes:
    return _chunk(choices=[{"index": 0, "delta": delta, "finish_reason": None}])


def test_everything_delivered_is_counted() -> None:
    pieces = [
        _delta(content="x" * 40),
        _delta(reasoning_content="x" * 40),
        _delta(reasoning="x" * 40),
        _delta(refusal="x" * 40),
        _delta(tool_calls=[{"index": 0, "function": {"name": "x" * 20, "arguments": "x" * 20}}]),
        _delta(content=[{"type": "text", "text": "x" * 40}]),
        _chunk(choices=[{"text": "x" * 40}]),
    ]
    for piece in pieces:
        endpoint = Endpoint.COMPLETIONS if b'"text": "x' in piece else Endpoint.CHAT
        found = relayed(call_to(1, stream=True, endpoint=endpoint), piece)
        assert (found.out, found.output_tokens) == (piece, 10)


def test_usage_in_strange_places() -> None:
    counts = {"prompt_tokens": 5, "completion_tokens": 2}
    for chunk in (
        _chunk(choices=[{"delta": {}, "usage": counts, "finish_reason": "stop"}]),
        _chunk(choices=[{"delta": {}, "finish_reason": "stop"}], x_groq={"usage": counts}),
    ):
        call = call_to(1, stream=True, shows_usage=False)
        found = relayed(call, chunk)
        assert found.out == chunk + b"data: [DONE]\n\n"
        assert found.usage == Usage(input_tokens=5, output_tokens=2)
        assert relayed(call, chunk, client="anthropic").usage == found.usage


def test_transcripts_end_with_their_own_event() -> None:
    call = call_to(1, endpoint=Endpoint.TRANSCRIPTIONS, stream=True, shows_usage=False)
    done = _chunk(
        type="transcript.text.done", text="a", usage={"input_tokens": 3, "output_tokens": 1}
    )
    found = relayed(call, done)
    assert (found.out, found.failure) == (done, None)
    assert found.usage == Usage(input_tokens=3, output_tokens=1)


def test_signed_thinking_of_openrouter_reaches_an_anthropic_client() -> None:
    detail = {
        "type": "reasoning.text",
        "text": "hm",
        "signature": "s",
        "format": "anthropic-claude-v1",
        "index": 0,
    }
    message = {
        "role": "assistant",
        "content": "ok",
        "reasoning": "hm",
        "reasoning_details": [detail],
    }
    answer = {"id": "1", "choices": [{"message": message, "finish_reason": "stop"}]}
    reply = OPENAI.response(call_to(20), json.dumps(answer).encode())
    content = json.loads(client_dialect("anthropic").render(reply.document, None))["content"]
    assert content[0] == {"type": "thinking", "thinking": "hm", "signature": "s"}


def test_headers_of_the_other_dialect_stay_here() -> None:
    headers = {"anthropic-beta": "a", "openai-beta": "b", "accept": "text/plain"}
    sent = dict(OPENAI.request(call_to(1, headers=headers)).headers)
    assert "anthropic-beta" not in sent
    assert (sent["openai-beta"], sent["accept"]) == ("b", "text/plain")
    sent = dict(registry.dialect("anthropic").request(call_to(14, headers=headers)).headers)
    assert "openai-beta" not in sent
    assert sent["anthropic-beta"] == "a"


def test_a_body_that_is_no_json_travels_as_it_is() -> None:
    body: Any = object()
    call = call_to(
        1,
        body,
        endpoint=Endpoint.TRANSCRIPTIONS,
        model="x",
        asked_model="y",
        content_type="multipart/form-data; boundary=b",
    )
    request = OPENAI.request(call)
    assert request.body is body
    assert dict(request.headers)["content-type"].startswith("multipart/form-data")


WORDS = st.sampled_from(
    [
        *(
            "choices",
            "delta",
            "content",
            "usage",
            "error",
            "type",
            "index",
            "finish_reason",
            "text",
        ),
        *(
            "tool_calls",
            "function",
            "arguments",
            "message",
            "content_block",
            "message_start",
            "thinking",
        ),
        *("content_block_start", "content_block_delta", "content_block_stop", "message_delta"),
        *("text_delta", "input_json_delta", "partial_json", "tool_use", "stop_reason", "reasoning"),
    ]
)
MAX_EXAMPLES = 50
RUBBISH = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=5),
    max_leaves=20,
)
ANSWERS = st.dictionaries(WORDS, RUBBISH).map(lambda d: json.dumps(d).encode()) | st.binary(
    max_size=80
)


@settings(max_examples=MAX_EXAMPLES)
@given(st.lists(ANSWERS, max_size=6))
@example([b'{"choices": [{"finish_reason": [null]}]}'])
def test_rubbish_in_a_stream_is_an_upstream_error(answers: list[bytes]) -> None:
    stream = b"".join(b"data: " + answer.replace(b"\n", b" ") + b"\n\n" for answer in answers)
    for number in (1, 14):
        call = call_to(number, stream=True)
        for client in ("openai", "anthropic"):
            relayed(call, stream, client=client)


@settings(max_examples=MAX_EXAMPLES)
@given(ANSWERS, st.sampled_from(list(Endpoint)))
@example(b'{"content": [], "stop_reason": []}', Endpoint.CHAT)
def test_a_rubbish_answer_is_an_upstream_error(answer: bytes, endpoint: Endpoint) -> None:
    for number in (1, 14):
        provider = registry.provider(number)
        if provider is None or endpoint not in provider.services:
            continue
        call = call_to(number, b'{"input":"x"}', endpoint=endpoint)
        dialect = registry.dialect(call.service.dialect)
        with suppress(UpstreamError):
            dialect.usage(call, answer)
        with suppress(UpstreamError):
            reply = dialect.response(call, answer)
            for client in (client_dialect("openai"), client_dialect("anthropic")):
                client.render(reply.document, reply.usage)


def test_the_watcher_is_one() -> None:
    assert isinstance(OPENAI.watch(call_to(1)), OpenAIWatcher)
