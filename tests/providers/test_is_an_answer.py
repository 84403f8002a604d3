"""A good status is no answer: what a body must hold, per endpoint, and whose words an error has."""

import json
from typing import Any

import pytest

from oneapi.errors import UpstreamError
from oneapi.providers import registry
from oneapi.wire.endpoints import Endpoint
from tests.providers.exchanges import call_to
from tests.providers.relaying import relayed

pytestmark = pytest.mark.fault("W8")

OPENAI = registry.dialect("openai")
ANTHROPIC = registry.dialect("anthropic")
USAGE = {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7}

NO_CHAT: list[tuple[Any, str]] = [
    ({}, "has no choices"),
    ({"choices": []}, "has no choices"),
    ({"choices": [], "usage": USAGE}, "has no choices"),
    ({"choices": None, "usage": None}, "has no choices"),
    ({"choices": "busy"}, "has no choices"),
    ({"choices": [None], "usage": None}, "has no choices"),
    ({"object": "chat.completion", "usage": USAGE}, "has no choices"),
    ({"code": 500, "msg": "busy", "success": False}, "busy"),
    ({"code": 1001, "message": "no credit"}, "no credit"),
    ({"detail": "not here"}, "not here"),
    ({"error": "quota"}, "quota"),
    ({"error": {"message": "over"}, "usage": USAGE}, "over"),
    ({"errors": [{"message": "a"}]}, "a"),
    ({"base_resp": {"status_code": 1008, "status_msg": "insufficient"}}, "insufficient"),
    ({"error": {"message": "gone"}, "choices": [{"message": {"content": ""}}]}, "gone"),
    ({"choices": [{"error": {"message": "cut"}, "message": {"content": None}}]}, "cut"),
    ({"choices": [{}]}, "empty choices"),
    ({"choices": [{"index": 0, "message": None}], "usage": {"prompt_tokens": 5}}, "empty choices"),
    ({"choices": [{"message": {"role": "assistant", "content": ""}}]}, "empty choices"),
    ({"choices": [{"message": {"content": ""}, "finish_reason": "error"}]}, "empty choices"),
    ([{"error": {"message": "listed", "code": 503}}], "listed"),
    ([], "not a JSON object"),
    (None, "not a JSON object"),
    ("text", "not a JSON object"),
]


@pytest.mark.parametrize(("document", "message"), NO_CHAT, ids=str)
@pytest.mark.parametrize("endpoint", [Endpoint.CHAT, Endpoint.COMPLETIONS, Endpoint.EDITS])
def test_an_answer_without_choices_is_none(document: Any, message: str, endpoint: Endpoint) -> None:
    call = call_to(1, endpoint=endpoint)
    body = json.dumps(document).encode()
    for read in (OPENAI.usage, OPENAI.response):
        with pytest.raises(UpstreamError, match=message) as caught:
            read(call, body)
        assert caught.value.retryable


NO_MESSAGE: list[tuple[Any, str]] = [
    ({}, "has no content"),
    ({"content": []}, "has no content"),
    ({"content": None, "usage": {"input_tokens": 1, "output_tokens": 1}}, "has no content"),
    ({"content": "text"}, "has no content"),
    ({"code": 500, "msg": "busy", "success": False}, "busy"),
    ({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}, "Over"),
    ({"choices": [{"message": {"content": "a"}}]}, "has no content"),
    ({"content": [{}]}, "empty content"),
]


@pytest.mark.parametrize(("document", "message"), NO_MESSAGE, ids=str)
def test_a_message_without_content_is_none(document: Any, message: str) -> None:
    body = json.dumps(document).encode()
    for read in (ANTHROPIC.usage, ANTHROPIC.response):
        with pytest.raises(UpstreamError, match=message):
            read(call_to(14), body)


def test_a_model_that_has_nothing_to_add_has_answered() -> None:
    counts = {"input_tokens": 5, "output_tokens": 2}
    body = json.dumps({"content": [], "stop_reason": "end_turn", "usage": counts}).encode()
    for usage in (ANTHROPIC.usage(call_to(14), body), ANTHROPIC.response(call_to(14), body).usage):
        assert usage is not None
        assert (usage.input_tokens, usage.output_tokens) == (5, 2)


NOTHING: dict[Endpoint, list[Any]] = {
    Endpoint.EMBEDDINGS: [{}, {"data": []}, {"data": [], "usage": USAGE}, {"choices": [{}]}],
    Endpoint.IMAGES: [{}, {"created": 1, "data": []}, {"data": None}],
    Endpoint.IMAGE_EDITS: [{}, {"data": []}],
    Endpoint.MODERATIONS: [{}, {"results": []}],
    Endpoint.TRANSCRIPTIONS: [{}, {"text": None}, {"code": 1, "msg": "busy"}],
    Endpoint.TRANSLATIONS: [{}, {"error": "x"}],
}


@pytest.mark.parametrize("endpoint", NOTHING)
def test_every_endpoint_has_something_that_an_answer_must_hold(endpoint: Endpoint) -> None:
    for document in NOTHING[endpoint]:
        with pytest.raises(UpstreamError):
            OPENAI.usage(call_to(1, endpoint=endpoint), json.dumps(document).encode())


GOOD: list[tuple[Endpoint, bytes]] = [
    (Endpoint.EMBEDDINGS, b'{"data":[{"embedding":[0.5]}]}'),
    (Endpoint.IMAGES, b'{"data":[{"url":"u"}]}'),
    (Endpoint.MODERATIONS, b'{"results":[{"flagged":false}]}'),
    (Endpoint.TRANSCRIPTIONS, b'{"text":""}'),
    (Endpoint.TRANSCRIPTIONS, b"hello\n"),
    (Endpoint.TRANSLATIONS, b"WEBVTT\n\n00:01.000 --> 00:04.500\nhi\n"),
    (Endpoint.CHAT, b'{"choices":[{"message":{"content":""},"finish_reason":"stop"}]}'),
    (Endpoint.CHAT, b'{"choices":[{"message":{"content":"a"}}],"error":{"message":"a remark"}}'),
]


@pytest.mark.parametrize(("endpoint", "body"), GOOD, ids=str)
def test_what_is_an_answer_passes(endpoint: Endpoint, body: bytes) -> None:
    OPENAI.usage(call_to(1, endpoint=endpoint), body)


@pytest.mark.parametrize("body", [b"", b" \n", b"<html>busy</html>"])
@pytest.mark.parametrize("endpoint", [Endpoint.TRANSCRIPTIONS, Endpoint.CHAT, Endpoint.IMAGES])
def test_a_page_and_nothing_are_no_answer(endpoint: Endpoint, body: bytes) -> None:
    if endpoint is Endpoint.TRANSCRIPTIONS and body == b" \n":
        return  # the transcript of silence
    with pytest.raises(UpstreamError, match=r"is empty|is not JSON"):
        OPENAI.usage(call_to(1, endpoint=endpoint), body)


@pytest.mark.fault("W8", "W9")
@pytest.mark.parametrize("word", ["error", "network_error", "insufficient_system_resource"])
def test_an_answer_that_was_broken_off_is_none(word: str) -> None:
    choice = {"index": 0, "message": {"content": "He"}, "finish_reason": word}
    body = json.dumps({"choices": [choice]}).encode()
    with pytest.raises(UpstreamError, match=word):
        registry.dialect("openai").response(call_to(8, document={"messages": []}), body)


@pytest.mark.fault("W11")
def test_a_byte_order_mark_before_an_answer_is_overlooked() -> None:
    body = json.dumps({"choices": [{"message": {"content": "hi"}}], "usage": USAGE}).encode()
    for marked in (body, b"\xef\xbb\xbf" + body):
        usage = OPENAI.usage(call_to(8), marked)
        assert usage is not None
        assert usage.output_tokens == 2


def test_a_text_that_is_no_answer_is_shown() -> None:
    with pytest.raises(UpstreamError, match="not JSON: 'Service busy'"):
        OPENAI.response(call_to(1), b"Service busy\n")


WHOSE: list[tuple[Any, int, bool]] = [
    ({"code": 500, "msg": "busy"}, 500, True),
    ({"code": "429", "message": "slow"}, 429, True),
    ({"code": 400, "msg": "too long"}, 400, False),
    ({"code": 7, "msg": "odd"}, 502, True),
    ({"status": 401, "detail": "key"}, 401, True),
    ({"error": {"message": "x"}, "status_code": 503}, 503, True),
]


@pytest.mark.parametrize(("document", "status", "at_fault"), WHOSE, ids=str)
def test_the_status_is_the_one_that_the_body_names(
    document: Any, status: int, at_fault: bool
) -> None:
    with pytest.raises(UpstreamError) as caught:
        OPENAI.response(call_to(1), json.dumps(document).encode())
    error = caught.value
    assert (error.status, error.channel_at_fault, error.retryable) == (status, at_fault, True)


@pytest.mark.fault("W20")
@pytest.mark.parametrize("endpoint", [Endpoint.CHAT, Endpoint.COMPLETIONS])
def test_half_an_emoji_is_no_reason_to_lose_an_answer(endpoint: Endpoint) -> None:
    body = b'{"choices":[{"message":{"content":"hi \\ud83d"}}]}'
    assert OPENAI.usage(call_to(1, endpoint=endpoint), body) is None
    reply = OPENAI.response(call_to(1), body)
    assert reply.document["choices"][0]["message"]["content"] == "hi \ufffd"
    chunk = b'data: {"choices":[{"delta":{"content":"hi \\ud83d"},"finish_reason":"stop"}]}\n\n'
    assert relayed(call_to(1, stream=True), chunk).out.startswith(chunk)
    assert "hi \ufffd" in relayed(call_to(1, stream=True), chunk, client="anthropic").out.decode()


BLOCKED = {"error": {"code": "OutputImageSensitiveContentDetected", "message": "blocked"}}
NOT_MADE: list[tuple[list[Any], str]] = [
    ([{}], "empty data"),
    ([{"url": None, "b64_json": None}], "empty data"),
    ([{"url": "", "revised_prompt": "a cat", "index": 0}], "empty data"),
    ([BLOCKED, BLOCKED], "blocked"),
]


@pytest.mark.parametrize(("data", "message"), NOT_MADE, ids=str)
def test_places_of_pictures_that_were_not_made_are_no_answer(data: list[Any], message: str) -> None:
    body = json.dumps({"created": 1, "data": data}).encode()
    for endpoint in (Endpoint.IMAGES, Endpoint.IMAGE_EDITS, Endpoint.IMAGE_VARIATIONS):
        with pytest.raises(UpstreamError, match=message):
            OPENAI.usage(call_to(1, endpoint=endpoint), body)


@pytest.mark.parametrize("vector", [[], None, ""])
@pytest.mark.parametrize("usage", [{}, {"usage": {"prompt_tokens": 5, "total_tokens": 5}}])
def test_an_embedding_without_a_vector_is_none(vector: Any, usage: Any) -> None:
    entry = {"object": "embedding", "index": 0, "embedding": vector}
    body = json.dumps({"object": "list", "data": [entry], **usage}).encode()
    with pytest.raises(UpstreamError, match="empty data"):
        OPENAI.usage(call_to(1, endpoint=Endpoint.EMBEDDINGS), body)


def test_only_pictures_that_were_made_are_charged() -> None:
    body = json.dumps({"data": [{"url": "u"}, BLOCKED, {"b64_json": "x"}, {}]}).encode()
    usage = OPENAI.usage(call_to(1, endpoint=Endpoint.IMAGES), body)
    assert usage is not None
    assert usage.images == 2
