"""What clients send and get: envelopes, errors, whole replies, streams."""

import json
import re
from contextlib import suppress
from typing import Any

import msgspec
import pytest
from hypothesis import given, strategies as st

from oneapi.errors import InvalidRequest, Saturated, Truncated, UpstreamError
from oneapi.providers.refusals import refusal
from oneapi.wire.anthropic import AnthropicClient
from oneapi.wire.canonical import as_chunks, text_of
from oneapi.wire.endpoints import Endpoint
from oneapi.wire.openai import OpenAIClient
from oneapi.wire.openai_envelopes import SpeechEnvelope
from oneapi.wire.registry import client_dialect
from oneapi.wire.sse import EventParser, events_of
from oneapi.wire.tool_ids import tool_id
from oneapi.wire.usage import Usage
from tests.providers.assembly import anthropic_message, openai_completion

OPENAI, ANTHROPIC = OpenAIClient(), AnthropicClient()
HELLO = [{"role": "user", "content": "hi"}]


class Asked(msgspec.Struct):
    asked_model: str = "m"
    shows_usage: bool = True
    request_id: str = "r1"
    created: int = 17
    input_estimate: int = 3


def _body(**fields: Any) -> bytes:
    return json.dumps(fields).encode()


def test_dialects_are_found_by_name() -> None:
    assert client_dialect("openai").name == "openai"
    assert client_dialect("anthropic").name == "anthropic"


def test_an_envelope_says_what_routing_needs() -> None:
    body = _body(
        model="gpt-5",
        messages=HELLO,
        stream=True,
        max_tokens=5,
        max_completion_tokens=7,
        n=2,
        stream_options={"include_usage": True},
        unknown={"x": 1},
    )
    envelope = OPENAI.envelope(body)
    assert (envelope.model, envelope.stream, envelope.shows_usage) == ("gpt-5", True, True)
    assert (envelope.output_limit, envelope.answers) == (5, 2)


def test_null_means_absent() -> None:
    envelope = OPENAI.envelope(
        _body(model="m", messages=HELLO, stream=None, max_tokens=None, n=None)
    )
    assert (envelope.stream, envelope.output_limit, envelope.answers) == (False, None, 1)
    assert not envelope.shows_usage


WRONG: list[tuple[str, bytes, str | None, str]] = [
    (Endpoint.CHAT, b"", None, "not valid JSON"),
    (Endpoint.CHAT, b'{"model":', None, "not valid JSON"),
    (Endpoint.CHAT, _body(model="m", messages=HELLO) + b" x", None, "not valid JSON"),
    (Endpoint.CHAT, b'\xff{"model":"m"}', None, "not valid JSON"),
    (Endpoint.CHAT, b"[1]", None, "must be a JSON object"),
    (Endpoint.CHAT, b'{"messages":' + b"[" * 5000, None, "nested too deeply"),
    (Endpoint.CHAT, _body(model=5, messages=HELLO), "model", "must be a string, not an integer"),
    (Endpoint.CHAT, _body(messages=HELLO), "model", "is required"),
    (Endpoint.CHAT, _body(model="", messages=HELLO), "model", "is required"),
    (Endpoint.CHAT, _body(model="m"), "messages", "is required"),
    (Endpoint.CHAT, _body(model="m", messages=[]), "messages", "must not be empty"),
    (Endpoint.CHAT, _body(model="m", messages="hi"), "messages", "must be an array"),
    (
        Endpoint.CHAT,
        _body(model="m", messages=HELLO, stream="yes"),
        "stream",
        "must be a boolean or null",
    ),
    (Endpoint.CHAT, _body(model="m", messages=HELLO, max_tokens=-1), "max_tokens", "is invalid"),
    (
        Endpoint.CHAT,
        _body(model="m", messages=HELLO, max_tokens=1_073_741_824),
        "max_tokens",
        "invalid",
    ),
    (
        Endpoint.CHAT,
        _body(model="m", messages=HELLO, max_tokens="5"),
        "max_tokens",
        "must be an integer",
    ),
    (Endpoint.CHAT, _body(model="m", messages=HELLO, n=0), "n", "is invalid"),
    (
        Endpoint.CHAT,
        _body(model="m", messages=HELLO, stream_options=[]),
        "stream_options",
        "object",
    ),
    (Endpoint.COMPLETIONS, _body(model="m"), "prompt", "is required"),
    (Endpoint.COMPLETIONS, _body(model="m", prompt=""), "prompt", "must not be empty"),
    (Endpoint.MODERATIONS, _body(), "input", "is required"),
    (Endpoint.EDITS, _body(model="m", instruction=""), "instruction", "must not be empty"),
    (Endpoint.EMBEDDINGS, _body(input="x"), "model", "is required"),
    (Endpoint.IMAGES, _body(model="m"), "prompt", "is required"),
    (Endpoint.SPEECH, _body(model="m", input=3), "input", "must be a string"),
]


@pytest.mark.parametrize(("endpoint", "body", "param", "words"), WRONG)
def test_what_is_wrong_is_named(
    endpoint: Endpoint, body: bytes, param: str | None, words: str
) -> None:
    with pytest.raises(InvalidRequest, match=words) as caught:
        OPENAI.envelope(body, endpoint)
    assert caught.value.param == param
    assert caught.value.status == 400


@pytest.mark.parametrize(
    ("body", "param"),
    [
        (_body(model="m", messages=HELLO), "max_tokens"),
        (_body(model="m", messages=HELLO, max_tokens=1.5), "max_tokens"),
        (_body(messages=HELLO, max_tokens=1), "model"),
        (_body(model="m", messages=[], max_tokens=1), "messages"),
        (_body(model="m", messages={}, max_tokens=1), "messages"),
        (_body(model="m", messages=HELLO, max_tokens=1, stream=1), "stream"),
    ],
)
def test_what_is_wrong_in_messages_is_named(body: bytes, param: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        ANTHROPIC.envelope(body)
    assert caught.value.param == param


UNINTELLIGIBLE: list[tuple[dict[str, Any], str]] = [
    ({"messages": [3]}, "messages[0]"),
    ({"messages": [{"role": "tool", "content": "x"}]}, "messages[0].role"),
    ({"messages": [{"role": "user", "content": 3}]}, "messages[0].content"),
    (
        {"messages": [{"role": "user", "content": [{"text": "x"}]}]},
        "messages[0].content[0].type",
    ),
    (
        {"messages": [{"role": "user", "content": [{"type": "text"}]}]},
        "messages[0].content[0].text",
    ),
    ({"messages": HELLO, "system": 5}, "system"),
    ({"messages": HELLO, "tools": {}}, "tools"),
    ({"messages": HELLO, "tools": [{"name": "f"}]}, "tools[0].input_schema"),
    ({"messages": HELLO, "tools": [{"input_schema": {}}]}, "tools[0].name"),
    ({"messages": HELLO, "tool_choice": "auto"}, "tool_choice"),
    ({"messages": HELLO, "tool_choice": {"type": "tool"}}, "tool_choice.type"),
    ({"messages": HELLO, "output_config": 1}, "output_config"),
]


@pytest.mark.parametrize(("fields", "param"), UNINTELLIGIBLE)
def test_a_messages_request_that_cannot_be_understood(fields: dict[str, Any], param: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        ANTHROPIC.to_canonical(_body(model="m", max_tokens=1, **fields))
    assert caught.value.param == param


def test_counting_needs_no_limit() -> None:
    envelope = ANTHROPIC.envelope(_body(model="m", messages=HELLO), Endpoint.COUNT_TOKENS)
    assert (envelope.model, envelope.output_limit) == ("m", None)
    with pytest.raises(InvalidRequest):
        ANTHROPIC.envelope(_body(model="m", messages=HELLO), Endpoint.EMBEDDINGS)


def test_models_that_need_not_be_named() -> None:
    assert OPENAI.envelope(_body(input="x"), Endpoint.MODERATIONS).model == "text-moderation-latest"
    assert OPENAI.envelope(_body(prompt="x", n=2), Endpoint.IMAGES).model == "dall-e-2"


def test_speech_knows_its_characters() -> None:
    envelope = OPENAI.envelope(
        _body(model="tts-1", input="你好!", stream_format="sse"), Endpoint.SPEECH
    )
    assert isinstance(envelope, SpeechEnvelope)
    assert (envelope.characters, envelope.stream) == (3, True)


def test_token_arrays_are_an_input() -> None:
    assert OPENAI.envelope(_body(model="m", input=[[1, 2], [3]]), Endpoint.EMBEDDINGS).model == "m"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
)
NAMES = st.sampled_from(
    [
        *("model", "messages", "system", "stream", "max_tokens", "role", "content", "type", "text"),
        *("tool_use", "source", "tools", "tool_choice", "user", "assistant", "tool_calls"),
        *("function", "name", "input", "stop", "metadata", "thinking"),
    ]
)
RUBBISH = st.recursive(
    JSON | NAMES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=6),
    max_leaves=30,
)


@given(
    RUBBISH | st.dictionaries(NAMES, RUBBISH),
    st.sampled_from(Endpoint),
)
def test_rubbish_is_an_invalid_request(document: Any, endpoint: Endpoint) -> None:
    body = msgspec.json.encode(document)
    for dialect in (OPENAI, ANTHROPIC):
        with suppress(InvalidRequest):
            dialect.envelope(body, endpoint)
        with suppress(InvalidRequest):
            dialect.to_canonical(body)


@given(st.binary(max_size=200))
def test_bytes_that_are_no_json_are_an_invalid_request(body: bytes) -> None:
    for dialect in (OPENAI, ANTHROPIC):
        with suppress(InvalidRequest):
            dialect.envelope(body, Endpoint.CHAT)
        with suppress(InvalidRequest):
            dialect.to_canonical(body)


# -- errors ----------------------------------------------------------------------------------------------------


def test_an_error_in_openais_shape() -> None:
    status, body = OPENAI.error(InvalidRequest("`n` is wrong", param="n"), "abc")
    assert status == 400
    assert json.loads(body) == {
        "error": {
            "message": "`n` is wrong (request id: abc)",
            "type": "invalid_request_error",
            "param": "n",
            "code": "invalid_request",
        }
    }


def test_an_error_in_anthropics_shape() -> None:
    status, body = ANTHROPIC.error(Saturated("all rest"), "abc")
    assert status == 503
    assert json.loads(body) == {
        "type": "error",
        "error": {"type": "overloaded_error", "message": "all rest"},
        "request_id": "abc",
    }


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, "invalid_request_error"),
        (401, "authentication_error"),
        (403, "permission_error"),
        (404, "not_found_error"),
        (405, "invalid_request_error"),
        (413, "request_too_large"),
        (500, "api_error"),
        (501, "api_error"),
        (503, "overloaded_error"),
        (504, "timeout_error"),
        (529, "overloaded_error"),
    ],
)
def test_anthropics_types_follow_the_status(status: int, kind: str) -> None:
    _, body = ANTHROPIC.error(UpstreamError("x", status=status), "")
    assert json.loads(body)["error"]["type"] == kind


def test_a_vendors_own_details_reach_clients_of_its_dialect() -> None:
    vendor = b'{"error":{"message":"m","type":"t","code":429,"metadata":{"provider_name":"P"}}}'
    error = UpstreamError("m", status=429, type="t", code="429", body=vendor)
    _, body = OPENAI.error(error, "")
    assert json.loads(body)["error"]["metadata"] == {"provider_name": "P"}
    _, body = ANTHROPIC.error(error, "")
    assert json.loads(body)["error"] == {"type": "rate_limit_error", "message": "m"}


@pytest.mark.fault("R7", "W12")
@pytest.mark.parametrize(
    ("said", "status", "told"),
    [
        ("invalid_request_error", 429, "rate_limit_error"),
        ("invalid_request_error", 503, "overloaded_error"),
        ("invalid_request_error", 500, "api_error"),
        ("invalid_request_error", 404, "not_found_error"),
        ("invalid_request_error", 422, "invalid_request_error"),
        ("api_error", 529, "overloaded_error"),
        ("api_error", 500, "api_error"),
        ("overloaded_error", 502, "overloaded_error"),
        ("permission_error", 400, "permission_error"),
    ],
)
def test_an_anthropic_client_is_told_what_the_status_says_where_the_word_says_less(
    said: str, status: int, told: str
) -> None:
    error = UpstreamError("m", status=status, type=said)
    dialect = client_dialect("anthropic")
    _, body = dialect.error(error, "r")
    assert json.loads(body)["error"]["type"] == told
    assert f'"type":"{told}"'.encode() in dialect.error_event(error, "r")


def test_a_vendors_error_keeps_its_type_code_and_param() -> None:
    said = {"message": "bad", "type": "invalid_request_error", "param": None, "code": None}
    refused = refusal(400, {}, json.dumps({"error": said}).encode())
    _, body = OPENAI.error(refused, "r1")
    assert json.loads(body)["error"] == {**said, "message": "bad (request id: r1)"}


def test_a_status_that_is_no_error_becomes_one() -> None:
    assert OPENAI.error(UpstreamError("moved", status=302), "")[0] == 502


def test_errors_amid_a_stream() -> None:
    error = Truncated("the vendor broke off")
    assert OPENAI.error_event(error, "r").startswith(
        b'data: {"error":{"message":"the vendor broke off'
    )
    event = ANTHROPIC.error_event(error, "r")
    assert event.startswith(b'event: error\ndata: {"type":"error","error":{"type":"api_error"')


def test_keepalives_are_no_content() -> None:
    asked = ("m", "7", 5)
    assert OPENAI.keepalive(Endpoint.IMAGES, *asked) == b": keep-alive\n"
    assert ANTHROPIC.keepalive(Endpoint.CHAT, *asked) == b'event: ping\ndata: {"type":"ping"}\n\n'
    for endpoint in (Endpoint.CHAT, Endpoint.COMPLETIONS):
        said = OPENAI.keepalive(endpoint, *asked)
        assert said.startswith(b": keep-alive\ndata: {")
        assert said.count(b"\n\n") == 1, "a blank line only behind data"
        (found,) = EventParser().feed(said)
        (choice,) = json.loads(found.data)["choices"]
        assert (choice.get("delta", {}), choice.get("text", "")) == ({}, "")
        assert choice["finish_reason"] is None


# -- replies ---------------------------------------------------------------------------------------------------


def _chunk(delta: dict[str, Any], finish: str | None = None, **fields: Any) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return {
        "id": "c1",
        "object": "chat.completion.chunk",
        "created": 17,
        "model": "v",
        "choices": [choice],
    } | fields


COUNTS = {"prompt_tokens": 9, "completion_tokens": 4, "total_tokens": 13}


def test_ids_and_usage_of_unusual_types_do_not_end_a_stream() -> None:
    encoder = OPENAI.stream(Asked(shows_usage=True))
    (event,) = events_of(encoder.feed(_chunk({"content": "a"}, usage="none") | {"id": 5}))
    assert json.loads(event.data)["id"] == 5
    assert encoder.finish() == b"data: [DONE]\n\n"


def test_usage_is_shown_only_to_those_who_asked() -> None:
    for shows in (True, False):
        encoder = OPENAI.stream(Asked(shows_usage=shows))
        out = encoder.feed(_chunk({"content": "a"}, usage=COUNTS)) + encoder.finish()
        assert (b'"usage":{' in out) is shows
        assert out.endswith(b"data: [DONE]\n\n")
        assert out.count(b'"usage"') == int(shows)


def test_an_unreported_usage_is_filled_in() -> None:
    usage = Usage(
        input_tokens=10,
        output_tokens=5,
        cached_tokens=4,
        cache_write_1h_tokens=2,
        reasoning_tokens=1,
    )
    said = json.loads(OPENAI.render({"choices": []}, usage))["usage"]
    assert said == {
        "prompt_tokens": 10,
        "completion_tokens": 5,
        "total_tokens": 15,
        "prompt_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 2},
        "completion_tokens_details": {"reasoning_tokens": 1},
    }
    counts = json.loads(ANTHROPIC.render({"id": "x", "choices": []}, usage))["usage"]
    assert (counts["input_tokens"], counts["cache_read_input_tokens"]) == (4, 4)
    assert counts["cache_creation"]["ephemeral_1h_input_tokens"] == 2


PARALLEL: list[dict[str, Any]] = [
    _chunk({"role": "assistant", "content": ""}),
    _chunk({"reasoning_content": "hm"}),
    _chunk({"content": "I look."}),
    _chunk(
        {
            "tool_calls": [
                {
                    "index": 0,
                    "id": "a",
                    "type": "function",
                    "function": {"name": "f", "arguments": ""},
                }
            ]
        }
    ),
    _chunk({"tool_calls": [{"index": 0, "function": {"arguments": '{"x":'}}]}),
    _chunk({"tool_calls": [{"index": 0, "function": {"arguments": "1}"}}]}),
    _chunk(
        {
            "tool_calls": [
                {
                    "index": 1,
                    "id": "b",
                    "type": "function",
                    "function": {"name": "g", "arguments": ""},
                }
            ]
        }
    ),
    _chunk({}, "tool_calls"),
    {"id": "c1", "choices": [], "usage": COUNTS},
]


def test_parallel_tool_calls_as_anthropic_blocks() -> None:
    encoder = ANTHROPIC.stream(Asked())
    message = anthropic_message(b"".join(map(encoder.feed, PARALLEL)) + encoder.finish())
    assert message["content"] == [
        {"type": "thinking", "thinking": "hm", "signature": ""},
        {"type": "text", "text": "I look."},
        {"type": "tool_use", "id": "a", "name": "f", "input": {"x": 1}},
        {"type": "tool_use", "id": "b", "name": "g", "input": {}},
    ]
    assert message["stop_reason"] == "tool_use"
    assert message["usage"] == {"input_tokens": 9, "output_tokens": 4}
    assert encoder.output_tokens > 2


def test_calls_without_an_index_begin_with_their_id() -> None:
    encoder = ANTHROPIC.stream(Asked())
    calls = [{"id": i, "function": {"name": i, "arguments": "{}"}} for i in ("a", "b")]
    message = anthropic_message(
        encoder.feed(_chunk({"tool_calls": calls}, "tool_calls")) + encoder.finish()
    )
    assert [block["id"] for block in message["content"]] == ["a", "b"]


def _fragment(index: int, arguments: str, **head: Any) -> dict[str, Any]:
    function = {"arguments": arguments, **({"name": "f"} if head else {})}
    return _chunk({"tool_calls": [{"index": index, "function": function, **head}]})


@pytest.mark.fault("W10")
def test_interleaved_calls_and_texts_are_said_one_after_the_other() -> None:
    encoder = ANTHROPIC.stream(Asked())
    chunks = [
        _fragment(0, "", id="a"),
        _fragment(1, "", id="b"),
        _fragment(1, '{"x":'),
        _chunk({"content": "and"}),
        _fragment(0, '{"y":2}'),
        _fragment(1, "1}"),
        _chunk({"content": " so"}, "stop"),
    ]
    message = anthropic_message(b"".join([*map(encoder.feed, chunks), encoder.finish()]))
    assert [(b["type"], b.get("input") or b.get("text")) for b in message["content"]] == [
        ("tool_use", {"y": 2}),
        ("tool_use", {"x": 1}),
        ("text", "and so"),
    ]
    assert message["stop_reason"] == "tool_use"


@pytest.mark.fault("W10")
def test_a_text_is_not_held_back_behind_a_whole_call() -> None:
    encoder = ANTHROPIC.stream(Asked())
    encoder.feed(_fragment(0, '{"x":1}', id="a"))
    assert b"later" in encoder.feed(_chunk({"content": "later"}))
    assert b"y" not in encoder.feed(_fragment(0, '{"y":1}'))


def test_what_is_held_back_is_bounded() -> None:
    encoder = ANTHROPIC.stream(Asked())
    encoder.feed(_fragment(0, "{", id="a"))
    text = _chunk({"content": "x" * (1 << 20)})
    for _ in range(8):
        encoder.feed(text)
    with pytest.raises(UpstreamError):
        encoder.feed(text)


def test_a_blank_text_is_no_block() -> None:
    encoder = ANTHROPIC.stream(Asked())
    chunks = [_chunk({"content": said}) for said in ("\n", " ", "hi", "\n")]
    message = anthropic_message(b"".join([*map(encoder.feed, chunks), encoder.finish()]))
    assert message["content"] == [{"type": "text", "text": "\n hi\n"}]
    encoder = ANTHROPIC.stream(Asked())
    message = anthropic_message(encoder.feed(_chunk({"content": " "}, "stop")) + encoder.finish())
    assert message["content"] == []


def test_a_refusal_in_both_dialects() -> None:
    message = {"role": "assistant", "content": None, "refusal": "I will not."}
    document = {
        "id": "x",
        "model": "v",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
    }
    whole = json.loads(ANTHROPIC.render(document, Usage()))
    assert whole["stop_reason"] == "refusal"
    assert whole["content"] == [{"type": "text", "text": "I will not."}]
    assert whole["stop_details"]["explanation"] == "I will not."
    encoder = ANTHROPIC.stream(Asked())
    streamed = anthropic_message(
        encoder.feed(_chunk({"refusal": "I will not."}, "stop")) + encoder.finish()
    )
    assert streamed["content"] == whole["content"]
    assert streamed["stop_reason"] == "refusal"
    assert text_of(document) == "I will not."


def test_an_empty_stream_is_still_a_message() -> None:
    message = anthropic_message(ANTHROPIC.stream(Asked()).finish())
    assert message["content"] == []
    assert message["usage"] == {"input_tokens": 3, "output_tokens": 0}
    assert message["stop_reason"] == "end_turn"


def test_a_whole_reply_as_chunks_merges_to_itself() -> None:
    calls = [{"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}}]
    message = {"role": "assistant", "content": "x", "tool_calls": calls}
    document = {
        "id": "c1",
        "model": "v",
        "choices": [{"index": 0, "message": message, "finish_reason": "tool_calls"}],
    }
    encoder = OPENAI.stream(Asked())
    chunks = as_chunks(document, Usage(input_tokens=1, output_tokens=2))
    merged = openai_completion(b"".join(map(encoder.feed, chunks)) + encoder.finish())
    del merged["choices"][0]["message"]["tool_calls"][0]["index"]
    assert merged["choices"] == document["choices"]
    assert merged["usage"]["total_tokens"] == 3


@pytest.mark.fault("W18")
@pytest.mark.parametrize("call_id", ["functions.get:0", "call_1"])
def test_an_anthropic_client_gets_ids_that_claude_takes_later(call_id: str) -> None:
    call = {"id": call_id, "type": "function", "function": {"name": "get", "arguments": "{}"}}
    choice = {"index": 0, "message": {"tool_calls": [call]}, "finish_reason": "tool_calls"}
    document: dict[str, Any] = {"id": "c1", "model": "m", "choices": [choice]}
    whole = json.loads(ANTHROPIC.render(document, None))["content"][0]["id"]
    encoder = ANTHROPIC.stream(Asked())
    stream = b"".join([*map(encoder.feed, as_chunks(document)), encoder.finish()])
    assert anthropic_message(stream)["content"][0]["id"] == whole == tool_id(call_id)
    assert whole == call_id or re.fullmatch(r"functions_get_0_[0-9a-f]{12}", whole)


@pytest.mark.fault("W16")
def test_an_anthropic_client_gets_no_blank_text_to_send_back() -> None:
    message = {"content": "\n\n", "tool_calls": [{"id": "c", "function": {"name": "get"}}]}
    document: dict[str, Any] = {"choices": [{"message": message}]}
    content = json.loads(ANTHROPIC.render(document, None))["content"]
    assert [block["type"] for block in content] == ["tool_use"]


@pytest.mark.fault("R6")
@pytest.mark.parametrize("config", [{}, {"output_config": {"effort": "low"}}])
def test_a_schema_is_understood_where_its_beta_had_it(config: dict[str, Any]) -> None:
    shape = {"type": "json_schema", "schema": {"type": "object"}}
    asked: dict[str, Any] = {"model": "m", "max_tokens": 9, "messages": HELLO, **config}
    now = {**asked, "output_config": {**config.get("output_config", {}), "format": shape}}
    then = {**asked, "output_format": shape}
    assert ANTHROPIC.to_canonical(_body(**then)) == ANTHROPIC.to_canonical(_body(**now))
    assert "output_format" not in ANTHROPIC.to_canonical(_body(**then))["anthropic"]
