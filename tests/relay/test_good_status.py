"""A vendor that answers 200: its body says whether that is an answer, a stream or a whole one; its headers do not."""

import gzip
import json
from collections.abc import Iterable, Iterator
from itertools import count
from typing import Any

import pytest

from tests.fakes import (
    DONE,
    Answer as VendorAnswer,
    Ending,
    FakeVendor,
    body_answer,
    chat_chunk,
    chat_document,
    chat_events,
    event,
    json_answer,
    raw_answer,
    stream_answer,
)
from tests.gateway import Answer, Gateway, chat_request
from tests.server.environment import measured

WORDS = ["The ", "quick ", "fox"]
TEXT = "".join(WORDS)
SSE = b"".join(chat_events(WORDS))
_names = count(1)


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    with Gateway(tmp_path_factory.mktemp("gateway"), env=measured()) as running:
        running.set_option("RetryTimes", "1")
        yield running


def named(kind: str, **fields: Any) -> bytes:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **fields})}\n\n".encode()


MESSAGE = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "m",
    "content": [{"type": "text", "text": TEXT}],
    "stop_reason": "end_turn",
    "stop_sequence": None,
    "usage": {"input_tokens": 10, "output_tokens": 5},
}
MESSAGES = b"".join(
    [
        named("message_start", message={**MESSAGE, "content": [], "stop_reason": None}),
        named("content_block_start", index=0, content_block={"type": "text", "text": ""}),
        *(
            named("content_block_delta", index=0, delta={"type": "text_delta", "text": word})
            for word in WORDS
        ),
        named("content_block_stop", index=0),
        named("message_delta", delta={"stop_reason": "end_turn"}, usage={"output_tokens": 5}),
        named("message_stop"),
    ]
)
WHOLE = {8: json.dumps(chat_document(TEXT)).encode(), 14: json.dumps(MESSAGE).encode()}
STREAM = {8: SSE, 14: MESSAGES}
LANES = [(8, "chat"), (8, "msgs"), (14, "chat"), (14, "msgs")]


class Place:
    """A model with a vendor of its own, and a good one behind it."""

    def __init__(self, gateway: Gateway, key: str, first: FakeVendor, second: FakeVendor) -> None:
        self.gateway, self.key, self.first, self.second = gateway, key, first, second
        self.model = f"model{next(_names)}."

    def serve(self, number: int = 8, alone: bool = False, names: Iterable[str] = ()) -> None:
        """Let the vendors serve the model; with `names`, one for each: rests are those of a model."""
        models = ",".join([self.model, *(f"{self.model}-{name}" for name in names)])
        self.gateway.serve(self.first.url, models, type=number, priority=1)
        if not alone:
            self.gateway.serve(self.second.url, models, type=8)

    def ask(self, client: str = "chat", stream: bool = False, name: str = "") -> Answer:
        model = f"{self.model}-{name}" if name else self.model
        document = chat_request(model, stream=stream, max_tokens=100)
        path = "/v1/chat/completions" if client == "chat" else "/v1/messages"
        return self.gateway.post(self.key, path, document)

    def rows(self, answer: Answer | None) -> list[Any]:
        assert answer is not None
        found = self.gateway.wait_for_logs(1)
        request_id = answer.headers["x-oneapi-request-id"]
        while not any(row["request_id"] == request_id for row in found):
            found = self.gateway.wait_for_logs(len(found) + 1)
        return [row for row in found if row["model_name"].startswith(self.model)]


@pytest.fixture
def place(gateway: Gateway, key: str) -> Iterator[Place]:
    with FakeVendor.in_thread() as first, FakeVendor.in_thread() as second:
        yield Place(gateway, key, first, second)


def heard(answer: Answer) -> str:
    """Return the text of an answer, streamed or whole, in either dialect."""
    if answer.headers["content-type"] == "application/json":
        document = answer.json()
        if "choices" in document:
            return document["choices"][0]["message"]["content"]
        return "".join(block["text"] for block in document["content"])
    said: list[str] = []
    for line in answer.body.decode().splitlines():
        if not line.startswith("data: {"):
            continue
        document = json.loads(line[6:])
        assert "error" not in document, document
        said += [c["delta"].get("content") or "" for c in document.get("choices", ())]
        said.append(document.get("delta", {}).get("text", ""))
    return "".join(said)


NONE: dict[str, VendorAnswer] = {
    "a code": json_answer({"code": 500, "msg": "busy", "success": False}),
    "nothing in it": json_answer({}),
    "no choices": json_answer({"choices": [], "usage": None}),
    "null": json_answer({"choices": None, "content": None}),
    "an error": json_answer({"error": "no credit left"}),
    "a detail": json_answer({"detail": "gone"}),
    "an error of another spelling": body_answer(b'{"message":"x"}', content_type="Text/Plain"),
    "a page": body_answer(b"<html>busy</html>", content_type="text/html"),
    "a text": body_answer(b"busy", content_type="text/plain"),
    "an empty body": body_answer(b""),
    "blanks": body_answer(b" \n\n"),
    "no content": raw_answer(b"HTTP/1.1 204 No Content\r\n\r\n"),
    "only the end": stream_answer(DONE),
    "a preamble": stream_answer(event({"choices": [], "prompt_filter_results": []}), DONE),
    "a role": stream_answer(event(chat_chunk({"role": "assistant"})), DONE),
    "an error event": stream_answer(event({"error": {"message": "x"}})),
    "an error event behind a role": stream_answer(
        event(chat_chunk({"role": "assistant"})), event({"error": {"message": "x", "code": 429}})
    ),
    "an odd error event": stream_answer(event({"code": 7, "msg": "busy"})),
    "a comment": stream_answer(b": wait\n\n"),
    "rubbish": stream_answer(b"data: hello\n\n", DONE),
    "events of anthropic": stream_answer(
        named("message_start", message={}), named("error", error={"message": "Overloaded"})
    ),
}


@pytest.mark.fault("W8", "also: a stream of [DONE] only")
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize(("number", "client"), LANES)
def test_what_is_no_answer_costs_nothing_and_the_next_channel_answers(
    place: Place, number: int, client: str, stream: bool
) -> None:
    place.serve(number, names=NONE)
    answer = None
    for name, none in NONE.items():
        place.first.script(none)
        answer = place.ask(client, stream, name)
        assert (answer.status, heard(answer)) == (200, "Hello!"), (name, answer.body)
    assert {row["quota"] for row in place.rows(answer)} == {(10 + 5) * 30}
    assert len(place.first.requests) == len(place.second.requests) == len(NONE)


MISLABELLED = ["application/json", "text/plain", "Application/JSON; charset=utf-8", ""]


def labelled(body: bytes, content_type: str) -> VendorAnswer:
    if content_type:
        return body_answer(body, content_type=content_type)
    return raw_answer(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body), body)


@pytest.mark.fault("W29")
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize(("number", "client"), LANES)
def test_events_and_whole_answers_reach_whoever_asked_for_the_other(
    place: Place, number: int, client: str, stream: bool
) -> None:
    place.serve(number, alone=True)
    answer = None
    for content_type in MISLABELLED:
        for body in (
            STREAM[number],
            b"\r\n" + STREAM[number],
            WHOLE[number],
            b" \n" + WHOLE[number],
        ):
            place.first.script(labelled(body, content_type))
            answer = place.ask(client, stream)
            assert (answer.status, heard(answer)) == (200, TEXT), (content_type, body)
            kind = "text/event-stream" if stream else "application/json"
            assert answer.headers["content-type"].startswith(kind)
            end = b"[DONE]" if client == "chat" else b"message_stop"
            assert (end in answer.body) is stream
    assert {row["quota"] for row in place.rows(answer)} == {(10 + 5) * 30}


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("client", ["chat", "msgs"])
def test_lines_of_json_are_events(place: Place, client: str, stream: bool) -> None:
    place.serve(alone=True)
    lines = SSE.replace(b"data: [DONE]", b"").replace(b"data: ", b"").replace(b"\n\n", b"\n")
    for body in (lines, lines.replace(b"\n", b"\r\n")):
        place.first.script(body_answer(body, content_type="application/x-ndjson"))
        answer = place.ask(client, stream)
        assert (answer.status, heard(answer)) == (200, TEXT)


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("client", ["chat", "msgs"])
def test_a_compressed_stream_is_unpacked(place: Place, client: str, stream: bool) -> None:
    place.serve(alone=True)
    packed = [("Content-Encoding", "gzip")]
    place.first.script(body_answer(gzip.compress(SSE), 200, packed, "text/event-stream"))
    assert heard(place.ask(client, stream)) == TEXT


def test_a_byte_order_mark_that_is_cut_is_no_text(place: Place) -> None:
    place.serve(alone=True)
    place.first.script(stream_answer(b"\xef", b"\xbb", b"\xbf\n", SSE))
    assert heard(place.ask(stream=True)) == TEXT


@pytest.mark.fault("W29")
@pytest.mark.parametrize("client", ["chat", "msgs"])
def test_the_message_of_an_error_does_not_depend_on_how_it_is_labelled(
    place: Place, client: str
) -> None:
    place.serve(alone=True)
    for content_type in MISLABELLED:
        for stream in (True, False):
            place.first.script(labelled(b'{"error":{"message":"no credit left"}}', content_type))
            answer = place.ask(client, stream)
            assert answer.status >= 400
            assert "no credit left" in answer.json()["error"]["message"]


IMAGES = {
    "created": 7,
    "size": "1024x1024",
    "data": [{"b64_json": "QQ=="}, {"b64_json": "Qg=="}],
    "usage": {"input_tokens": 10, "output_tokens": 5, "total_tokens": 15},
}


def events_of(answer: Answer) -> list[Any]:
    lines = answer.body.decode().splitlines()
    return [json.loads(line[6:]) for line in lines if line.startswith("data: {")]


@pytest.mark.fault("R5")
def test_images_that_come_whole_are_completed_events(place: Place) -> None:
    place.serve(alone=True)
    place.first.script(json_answer(IMAGES))
    asked = {"model": place.model, "prompt": "a cat", "n": 2, "stream": True}
    answer = place.gateway.post(place.key, "/v1/images/generations", asked)
    assert answer.status == 200
    first, last = events_of(answer)
    assert first == {
        "type": "image_generation.completed",
        "created_at": 7,
        "size": "1024x1024",
        "b64_json": "QQ==",
    }
    assert (last["b64_json"], last["usage"]) == ("Qg==", IMAGES["usage"])
    assert b"event: image_generation.completed\n" in answer.body
    (row,) = place.rows(answer)
    assert row["quota"] == (10 + 5) * 30


def test_images_that_come_as_events_are_whole_for_whoever_asked_so(place: Place) -> None:
    place.serve(alone=True)
    done = {"created_at": 7, "b64_json": "QQ==", "size": "s", "usage": IMAGES["usage"]}
    partial = named("image_generation.partial_image", b64_json="AA")
    place.first.script(stream_answer(partial, named("image_generation.completed", **done)))
    asked = {"model": place.model, "prompt": "a cat"}
    answer = place.gateway.post(place.key, "/v1/images/generations", asked)
    assert answer.json() == {
        "created": 7,
        "size": "s",
        "usage": IMAGES["usage"],
        "data": [{"b64_json": "QQ=="}],
    }


def test_a_completion_that_comes_the_other_way(place: Place) -> None:
    place.serve(alone=True)
    choice = {"index": 0, "text": TEXT, "finish_reason": "stop", "logprobs": None}
    whole = {"id": "c", "object": "text_completion", "created": 7, "model": "m"}
    usage = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}
    place.first.script(json_answer({**whole, "choices": [choice], "usage": usage}))
    asked = {"model": place.model, "prompt": "p", "max_tokens": 9}
    answer = place.gateway.post(place.key, "/v1/completions", {**asked, "stream": True})
    chunks = events_of(answer)
    assert "".join(chunk["choices"][0]["text"] for chunk in chunks) == TEXT
    assert chunks[-1]["choices"][0]["finish_reason"] == "stop"
    assert all("delta" not in chunk["choices"][0] for chunk in chunks)
    assert {chunk["object"] for chunk in chunks} == {"text_completion"}
    pieces = [
        event({**whole, "choices": [{"index": 0, "text": word, "finish_reason": None}]})
        for word in WORDS
    ]
    last = event({**whole, "choices": [{**choice, "text": ""}], "usage": usage})
    place.first.script(stream_answer(*pieces, last, DONE))
    answer = place.gateway.post(place.key, "/v1/completions", asked)
    assert answer.json() == {**whole, "choices": [choice], "usage": usage}


CUT = {8: chat_events(WORDS, None)[:-1], 14: [MESSAGES.removesuffix(named("message_stop"))]}


@pytest.mark.fault("W12")
@pytest.mark.parametrize(("number", "client"), LANES)
def test_a_connection_that_is_cut_behind_the_end_has_cut_nothing_off(
    place: Place, number: int, client: str
) -> None:
    place.serve(number, alone=True)
    place.first.script(stream_answer(*CUT[number], ending=Ending.CLOSE))

    answer = place.ask(client, stream=True)

    assert heard(answer) == TEXT
    assert answer.body.rstrip().endswith(b"[DONE]" if client == "chat" else b'"message_stop"}')
    (row,) = place.rows(answer)
    assert (row["completion_tokens"] > 0, json.loads(row["detail"])["ended"]) == (True, "complete")


def form(place: Place, **fields: str) -> Answer:
    parts = {"model": place.model, **fields}
    body = "".join(
        f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in parts.items()
    )
    body += '--b\r\nContent-Disposition: form-data; name="file"; filename="a.mp3"\r\n\r\nxx\r\n--b--\r\n'
    headers = {
        "Authorization": f"Bearer {place.key}",
        "Content-Type": "multipart/form-data; boundary=b",
    }
    return place.gateway.request("POST", "/v1/audio/transcriptions", body.encode(), headers)


def test_a_transcript_that_comes_whole_is_a_done_event(place: Place) -> None:
    place.serve(alone=True)
    for body in (b'{"text":"hello"}', b"hello\n"):
        place.first.script(body_answer(body, content_type="text/plain"))
        answer = form(place, stream="true")
        assert events_of(answer) == [{"type": "transcript.text.done", "text": "hello"}]


def test_a_transcript_that_comes_as_events_is_whole_for_whoever_asked_so(place: Place) -> None:
    place.serve(alone=True)
    delta = named("transcript.text.delta", delta="hel")
    done = named("transcript.text.done", text="hello", usage={"type": "duration", "seconds": 2})
    place.first.script(stream_answer(delta, done))
    assert form(place).json() == {"text": "hello", "usage": {"type": "duration", "seconds": 2}}
    place.first.script(body_answer(b"data: is the first word\n", content_type="text/plain"))
    assert form(place, response_format="text").body == b"data: is the first word\n"


EVENTS = [
    b'data: [{"error":{"message":"boom"}}]\n\n',
    b'event: error\ndata: {"error":{"message":"boom"}}\n\n',
    b'\xef\xbb\xbf: hi\n\ndata: {"error":{"message":"boom"}}\n\n',
    b'data: {"error":{"message":"boom"}}\r\rdata: [DONE]\r\r',
    b"data: [DONE]\n\n",
    named("transcript.text.delta", delta="hel"),
]


@pytest.mark.fault("W8", "W12")
@pytest.mark.parametrize("events", EVENTS)
def test_events_that_say_no_transcript_are_none(place: Place, events: bytes) -> None:
    place.serve()
    place.first.script(body_answer(events, content_type="text/event-stream"))
    place.second.script(json_answer({"text": "hello"}))
    assert form(place).json() == {"text": "hello"}


@pytest.mark.fault("W11", "W29")
@pytest.mark.parametrize("mark", [b"\xef\xbb\xbf", b"\xef\xbb\xbf: hi\n\n", b"\r\n: hi\r\r"])
def test_a_transcript_is_joined_whatever_its_events_begin_with(place: Place, mark: bytes) -> None:
    place.serve(alone=True)
    done = named("transcript.text.done", text="hello")
    place.first.script(body_answer(mark + done, content_type="text/event-stream"))
    assert form(place).json() == {"text": "hello"}


@pytest.mark.fault("W12")
def test_a_cut_behind_the_end_of_speech_or_a_transcript_cuts_nothing_off(place: Place) -> None:
    place.serve(alone=True)
    events = [
        named("transcript.text.delta", delta="hello"),
        named("transcript.text.done", text="hello"),
    ]
    place.first.script(stream_answer(*events, ending=Ending.CLOSE))
    assert [event["type"] for event in events_of(form(place, stream="true"))] == [
        "transcript.text.delta",
        "transcript.text.done",
    ]
    spoken = [named("speech.audio.delta", audio="YWJj"), named("speech.audio.done")]
    place.first.script(stream_answer(*spoken, ending=Ending.CLOSE))
    asked = {"model": place.model, "input": "hi", "voice": "a", "stream_format": "sse"}
    answer = place.gateway.post(place.key, "/v1/audio/speech", asked)
    assert answer.body == b"".join(spoken)


HEARD = [b"<unk> hello", b"{laughs} hello", b"[music] hello", b"<v Anna>hello", b"<b>hello</b>"]


@pytest.mark.fault("W8", "W29")
@pytest.mark.parametrize("heard", HEARD)
@pytest.mark.parametrize("stream", ["false", "true"])
def test_a_transcript_may_begin_with_any_sign(place: Place, heard: bytes, stream: str) -> None:
    place.serve(alone=True)
    place.first.script(body_answer(heard, content_type="text/plain"))
    answer = form(place, response_format="text", stream=stream)
    said = events_of(answer)[0]["text"] if stream == "true" else answer.body.decode()
    assert (answer.status, said) == (200, heard.decode())


@pytest.mark.fault("W8")
@pytest.mark.parametrize("none", [b"<!DOCTYPE html><p>busy", b" <HTML>busy", b"<?xml?>", b'{"a":1'])
def test_a_page_is_no_transcript(place: Place, none: bytes) -> None:
    place.serve()
    place.first.script(body_answer(none, content_type="text/html"))
    place.second.script(body_answer(b"hello", content_type="text/plain"))
    assert form(place, response_format="text").body == b"hello"


SOUND = b"ID3\x04\x00" + bytes(range(256)) * 9


@pytest.mark.parametrize(
    "none",
    [b"", b'{"error":{"message":"no voice"}}', b"{}", b"<html>busy</html>", b'[{"error":"x"}]'],
)
def test_speech_that_is_no_sound_is_asked_for_elsewhere(place: Place, none: bytes) -> None:
    place.serve()
    place.first.script(body_answer(none, content_type="audio/mpeg"))
    place.second.script(body_answer(SOUND, content_type="audio/mpeg"))
    asked = {"model": place.model, "input": "hi", "voice": "a"}
    answer = place.gateway.post(place.key, "/v1/audio/speech", asked)
    assert (answer.status, answer.body) == (200, SOUND)


@pytest.mark.parametrize("sound", [SOUND, b"{" + SOUND, b"<" + bytes(200_000), b"[", b" {x"])
def test_sound_may_begin_with_any_byte(place: Place, sound: bytes) -> None:
    place.serve(alone=True)
    place.first.script(body_answer(sound, content_type="audio/pcm"))
    asked = {"model": place.model, "input": "hi", "voice": "a", "response_format": "pcm"}
    answer = place.gateway.post(place.key, "/v1/audio/speech", asked)
    assert (answer.status, answer.body) == (200, sound)


def test_speech_that_comes_whole_is_events_for_whoever_asked_so(place: Place) -> None:
    place.serve(alone=True)
    place.first.script(body_answer(b"abc", content_type="audio/mpeg"))
    asked = {"model": place.model, "input": "hi", "voice": "a", "stream_format": "sse"}
    answer = place.gateway.post(place.key, "/v1/audio/speech", asked)
    assert events_of(answer) == [
        {"type": "speech.audio.delta", "audio": "YWJj"},
        {"type": "speech.audio.done"},
    ]


def test_an_endpoint_that_never_streams_answers_whole_whatever_the_client_says(
    place: Place,
) -> None:
    place.serve(alone=True)
    body = {"data": [{"embedding": [0.5]}], "usage": {"prompt_tokens": 3, "total_tokens": 3}}
    place.first.script(json_answer(body))
    asked = {"model": place.model, "input": "hi", "stream": True}
    answer = place.gateway.post(place.key, "/v1/embeddings", asked)
    assert (answer.status, answer.json()) == (200, body)
