"""A vendor with two faces, one channel and one key: each client gets the face of its dialect, byte for byte."""

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest

from tests.fakes import (
    Answer,
    FakeVendor,
    Received,
    body_answer,
    chat_document,
    chat_events,
    error_answer,
    event,
    html_answer,
    json_answer,
    message_events,
    stream_answer,
)
from tests.gateway import Answer as Given, Gateway, chat_request
from tests.server.environment import measured

GLM = 1001
OPENAI_FACE = "/api/coding/paas/v4/chat/completions"
ANTHROPIC_FACE = "/api/anthropic/v1/messages"
CHAT, MESSAGES = "/v1/chat/completions", "/v1/messages"
FACES = {CHAT: OPENAI_FACE, MESSAGES: ANTHROPIC_FACE}
BOTH = pytest.mark.parametrize("path", [CHAT, MESSAGES])
WHOLE_AND_STREAM = pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
# What neither dialect has in the other's words, and fields that only this vendor knows.
MESSAGE: dict[str, Any] = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "glm",
    "content": [
        {"type": "thinking", "thinking": "hm", "signature": "of-glm"},
        {"type": "text", "text": "hi"},
    ],
    "stop_reason": "end_turn",
    "of_the_vendor": {"x": 1},
    "usage": {"input_tokens": 9, "output_tokens": 3, "cache_read_input_tokens": 20},
}
CHATTED = chat_document("hi", 29, 3) | {"of_the_vendor": {"x": 1}}
MESSAGE_EVENTS = b"".join(message_events(MESSAGE))
CHAT_EVENTS = b"".join(chat_events(["hi"], (29, 3)))
_names = count(1)


def glm(received: Received) -> Answer:
    """Answer at both faces, each in its dialect."""
    streams = received.json().get("stream") is True
    if received.path.endswith(ANTHROPIC_FACE):
        return stream_answer(MESSAGE_EVENTS) if streams else json_answer(MESSAGE)
    if received.path.endswith(OPENAI_FACE):
        return stream_answer(CHAT_EVENTS) if streams else json_answer(CHATTED)
    return html_answer(404)


@pytest.fixture(scope="module")
def vendor() -> Iterator[FakeVendor]:
    with FakeVendor.in_thread(glm) as running:
        yield running


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    with Gateway(tmp_path_factory.mktemp("gateway"), env=measured()) as running:
        running.set_option("RetryTimes", "2")
        yield running


def _served(gateway: Gateway, url: str, **fields: Any) -> str:
    model = f"glm-{next(_names)}"
    gateway.serve(url, model, **({"type": GLM} | fields))
    return model


def _ask(gateway: Gateway, path: str, model: str, **fields: Any) -> Given:
    return gateway.post(gateway.add_key(), path, chat_request(model, max_tokens=50, **fields))


def _asked(vendor: FakeVendor, number: int = 1) -> list[str]:
    return [received.path for received in vendor.requests[-number:]]


@BOTH
@WHOLE_AND_STREAM
def test_a_client_gets_the_face_of_its_dialect_byte_for_byte(
    gateway: Gateway, vendor: FakeVendor, path: str, stream: bool
) -> None:
    model = _served(gateway, vendor.url)
    answer = _ask(gateway, path, model, stream=stream, of_the_vendor=[1], top_k=5)
    assert answer.status == 200, answer.body
    sent = vendor.requests[-1]
    assert sent.path == FACES[path]
    assert (sent.json()["of_the_vendor"], sent.json()["top_k"]) == ([1], 5)
    assert sent.headers["authorization"] == "Bearer sk-vendor"
    if not stream:
        assert answer.json() == (CHATTED if path == CHAT else MESSAGE)
    elif path == MESSAGES:
        assert answer.body == MESSAGE_EVENTS
    else:
        assert answer.body.endswith(b"data: [DONE]\n\n")


@BOTH
@WHOLE_AND_STREAM
def test_both_faces_charge_what_they_report(
    gateway: Gateway, vendor: FakeVendor, path: str, stream: bool
) -> None:
    model = _served(gateway, vendor.url)
    gateway.story(_ask(gateway, path, model, stream=stream))
    asked = "SELECT prompt_tokens, completion_tokens FROM logs WHERE type = 2 AND model_name = :m"
    assert [tuple(row.values()) for row in gateway.rows(asked, m=model)] == [(29, 3)]


def test_its_own_thinking_goes_back_unsigned(gateway: Gateway, vendor: FakeVendor) -> None:
    history: list[Any] = [
        {"role": "user", "content": "go"},
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": "hm", "signature": ""},
                {"type": "tool_use", "id": "t", "name": "f", "input": {}},
            ],
        },
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": "1"}]},
    ]
    model = f"ark-code-{next(_names)}"  # a name that says nothing of whose model it is
    gateway.serve(vendor.url, model, type=GLM)
    body: dict[str, Any] = {"model": model, "max_tokens": 9, "messages": history}
    assert gateway.post(gateway.add_key(), MESSAGES, body).status == 200
    assert vendor.requests[-1].json() == body


@pytest.mark.parametrize("pasted", ["", "/api/anthropic", "/api/coding/paas/v4", "/glm"])
def test_an_address_of_ones_own_is_the_host_of_both_faces(
    gateway: Gateway, vendor: FakeVendor, pasted: str
) -> None:
    model = _served(gateway, vendor.url + pasted)
    folder = pasted if pasted == "/glm" else ""
    for path, face in FACES.items():
        assert _ask(gateway, path, model).status == 200
        assert _asked(vendor) == [folder + face]


def test_counting_asks_no_face_that_does_not_count(gateway: Gateway, vendor: FakeVendor) -> None:
    model = _served(gateway, vendor.url)
    before = len(vendor.requests)
    body = {"model": model, "messages": [{"role": "user", "content": "How many?"}]}
    answer = gateway.post(gateway.add_key(), "/v1/messages/count_tokens", body)
    assert answer.json()["input_tokens"] > 0
    assert len(vendor.requests) == before


@BOTH
@WHOLE_AND_STREAM
def test_a_retry_asks_the_same_face_of_the_next_channel(
    gateway: Gateway, vendor: FakeVendor, path: str, stream: bool
) -> None:
    model = f"glm-{next(_names)}"
    gateway.serve(f"{vendor.url}/one", model, type=GLM, priority=1)
    gateway.serve(f"{vendor.url}/two", model, type=GLM)
    vendor.script(error_answer(503))
    answer = _ask(gateway, path, model, stream=stream)
    assert answer.status == 200, answer.body
    assert _asked(vendor, 2) == [f"/one{FACES[path]}", f"/two{FACES[path]}"]


@WHOLE_AND_STREAM
def test_a_retry_goes_on_to_a_vendor_with_one_face(
    gateway: Gateway, vendor: FakeVendor, stream: bool
) -> None:
    model = f"glm-{next(_names)}"
    gateway.serve(f"{vendor.url}/one", model, type=GLM, priority=1)
    gateway.serve(f"{vendor.url}/api/coding/paas/v4", model, type=50)
    vendor.script(error_answer(503))
    answer = _ask(gateway, MESSAGES, model, stream=stream)
    assert answer.status == 200, answer.body
    assert _asked(vendor, 2) == [f"/one{ANTHROPIC_FACE}", OPENAI_FACE]
    assert b'"hi"' in answer.body


def test_channels_take_turns_for_both_dialects(gateway: Gateway, vendor: FakeVendor) -> None:
    model = f"glm-{next(_names)}"
    for name in ("one", "two"):
        gateway.serve(f"{vendor.url}/{name}", model, type=GLM)
    for path in (CHAT, CHAT, MESSAGES, MESSAGES):
        assert _ask(gateway, path, model).status == 200
    folders = [received.partition("/api")[0] for received in _asked(vendor, 4)]
    assert folders in (["/one", "/two"] * 2, ["/two", "/one"] * 2)


Missing = Callable[[Received], Answer]
NOTHING_THERE: dict[str, Answer] = {
    "page": html_answer(404),
    "openai": json_answer({"error": {"message": "Invalid URL", "type": "invalid"}}, 404),
    "empty": body_answer(b"", 404),
    "method": json_answer({"detail": "Method Not Allowed"}, 405),
}


def _only_openai(refusal: Answer) -> Missing:
    return lambda received: refusal if ANTHROPIC_FACE in received.path else glm(received)


@WHOLE_AND_STREAM
@pytest.mark.parametrize("refusal", NOTHING_THERE.values(), ids=NOTHING_THERE)
def test_an_address_of_ones_own_may_have_the_first_face_only(
    gateway: Gateway, refusal: Answer, stream: bool
) -> None:
    with FakeVendor.in_thread(_only_openai(refusal)) as vendor:
        model = _served(gateway, vendor.url)
        answer = _ask(gateway, MESSAGES, model, stream=stream)
        assert answer.status == 200, answer.body
        assert b'"hi"' in answer.body
        assert _asked(vendor, 2) == [ANTHROPIC_FACE, OPENAI_FACE]
        assert _ask(gateway, MESSAGES, model, stream=stream).status == 200
        _served(gateway, vendor.url)  # another change does not make it forget
        assert _ask(gateway, MESSAGES, model, stream=stream).status == 200
        assert [received.path for received in vendor.requests].count(ANTHROPIC_FACE) == 1


NO_MODEL = json_answer(
    {"type": "error", "error": {"type": "not_found_error", "message": "model: no"}}, 404
)


@WHOLE_AND_STREAM
def test_a_model_that_only_the_first_face_has_is_asked_for_there(
    gateway: Gateway, stream: bool
) -> None:
    lacking = f"old-{next(_names)}"

    def lacks(received: Received) -> Answer:
        missing = ANTHROPIC_FACE in received.path and received.json()["model"] == lacking
        return NO_MODEL if missing else glm(received)

    with FakeVendor.in_thread(lacks) as vendor:
        model = f"glm-{next(_names)}"
        gateway.serve(vendor.url, f"{lacking},{model}", type=GLM)
        for _ in range(2):
            answer = _ask(gateway, MESSAGES, lacking, stream=stream)
            assert (answer.status, b'"hi"' in answer.body) == (200, True)
        assert _ask(gateway, MESSAGES, model, stream=stream).status == 200
        assert _asked(vendor, 4) == [ANTHROPIC_FACE, OPENAI_FACE, OPENAI_FACE, ANTHROPIC_FACE]


def test_a_model_that_no_face_has_is_looked_for_anew(gateway: Gateway) -> None:
    with FakeVendor.in_thread(lambda _: NO_MODEL) as vendor:
        model = _served(gateway, vendor.url)
        for _ in range(2):
            answer = _ask(gateway, MESSAGES, model)
            assert (answer.status, "model: no" in answer.json()["error"]["message"]) == (404, True)
        assert _asked(vendor, 4) == [ANTHROPIC_FACE, OPENAI_FACE] * 2


def test_a_face_that_refuses_for_another_reason_stays(gateway: Gateway) -> None:
    with FakeVendor.in_thread(_only_openai(error_answer(400, "no such field"))) as vendor:
        answer = _ask(gateway, MESSAGES, _served(gateway, vendor.url))
        assert answer.status == 400
        assert {received.path for received in vendor.requests} == {ANTHROPIC_FACE}


def test_an_error_inside_a_stream_comes_from_the_clients_own_face(
    gateway: Gateway, vendor: FakeVendor
) -> None:
    overloaded = {"type": "error", "error": {"type": "overloaded_error", "message": "busy"}}
    begun = MESSAGE_EVENTS.partition(b"event: content_block_stop")[0]
    vendor.script(stream_answer(begun + b"event: error\n" + event(overloaded)))
    answer = _ask(gateway, MESSAGES, _served(gateway, vendor.url), stream=True)
    assert answer.body.startswith(begun)
    assert b"busy" in answer.body
    assert b"message_stop" not in answer.body
