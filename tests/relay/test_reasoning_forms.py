"""Thoughts as a channel wants them delivered: both dialects of clients and of vendors, whole and streamed."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from oneapi.wire.reasoning import FORMS
from tests.fakes import (
    DONE,
    Answer,
    FakeVendor,
    Received,
    chat_chunk,
    chat_document,
    event,
    json_answer,
    stream_answer,
)
from tests.gateway import Gateway, chat_request
from tests.server.environment import measured

THOUGHT, TEXT = "Let me see.", "Yes."
INSIDE = f"<think>\n{THOUGHT}\n</think>\n\n{TEXT}"
WANTED = {"reasoning_content": (THOUGHT, TEXT), "think": ("", INSIDE), "none": ("", TEXT)}
USAGE = {"input_tokens": 9, "output_tokens": 30}
BLOCKS: list[dict[str, Any]] = [
    {"type": "thinking", "thinking": THOUGHT, "signature": "sig"},
    {"type": "text", "text": TEXT},
]
MESSAGE: dict[str, Any] = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "m",
    "content": BLOCKS,
    "stop_reason": "end_turn",
    "usage": USAGE,
}


def message_events() -> Iterator[dict[str, Any]]:
    yield {"type": "message_start", "message": {**MESSAGE, "content": [], "stop_reason": None}}
    for index, block in enumerate(BLOCKS):
        kind = block["type"]
        empty = {**block, kind: ""} if kind == "text" else {"type": kind, kind: "", "signature": ""}
        yield {"type": "content_block_start", "index": index, "content_block": empty}
        for letter in block[kind]:
            delta = {"type": f"{kind}_delta", kind: letter}
            yield {"type": "content_block_delta", "index": index, "delta": delta}
        yield {"type": "content_block_stop", "index": index}
    yield {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": USAGE}
    yield {"type": "message_stop"}


def served(received: Received) -> Answer:
    sent = received.json()
    streams = sent.get("stream") is True
    if received.path.endswith("/messages"):
        events = map(event, message_events())
        return stream_answer(*events) if streams else json_answer(MESSAGE)
    tagged = sent["model"].startswith("tagged")
    said = {"content": f"<think>{THOUGHT}</think>{TEXT}"} if tagged else _beside()
    if not streams:
        document = chat_document("", 9, 30)
        document["choices"][0]["message"] = {"role": "assistant", **said}
        return json_answer(document)
    pieces = [{name: letter} for name, text in said.items() for letter in text]
    chunks = [chat_chunk({"role": "assistant", "content": ""}), *map(chat_chunk, pieces)]
    usage = {"prompt_tokens": 9, "completion_tokens": 30, "total_tokens": 39}
    ends = [chat_chunk({}, "stop")]
    if sent.get("stream_options"):
        ends.append(chat_chunk({}) | {"choices": [], "usage": usage})
    return stream_answer(*map(event, [*chunks, *ends]), DONE)


def _beside() -> dict[str, str]:
    return {"reasoning_content": THOUGHT, "content": TEXT}


@pytest.fixture(scope="module")
def vendor() -> Iterator[FakeVendor]:
    with FakeVendor.in_thread(served) as vendor:
        yield vendor


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory, vendor: FakeVendor) -> Iterator[Gateway]:
    with Gateway(tmp_path_factory.mktemp("gateway"), env=measured()) as running:
        for form in FORMS:
            config = json.dumps({"reasoning": form})
            running.serve(vendor.url, f"tagged-{form},beside-{form}", config=config)
            running.serve(vendor.url, f"claude-{form}", config=config, type=14)
        running.serve(vendor.url, "beside-", config="{}")
        yield running


def events_in(body: bytes) -> list[Any]:
    lines = [line[6:] for line in body.split(b"\n") if line.startswith(b"data: ")]
    return [json.loads(line) for line in lines if line != b"[DONE]"]


def chat_of(body: bytes, stream: bool) -> tuple[str, str]:
    if not stream:
        message = json.loads(body)["choices"][0]["message"]
        return message.get("reasoning_content") or "", message["content"]
    deltas = [one["choices"][0]["delta"] for one in events_in(body) if one["choices"]]
    names = ("reasoning_content", "content")
    thought, text = ("".join(delta.get(name) or "" for delta in deltas) for name in names)
    return thought, text


def message_of(body: bytes, stream: bool) -> tuple[str, str]:
    if not stream:
        parts = json.loads(body)["content"]
    else:
        found = events_in(body)
        parts = [one["delta"] for one in found if one["type"] == "content_block_delta"]
    thought = "".join(part.get("thinking", "") for part in parts)
    return thought, "".join(part.get("text", "") for part in parts)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", ["beside", "tagged", "claude"])
@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/messages"], ids=["chat", "Messages"])
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_thoughts_come_in_the_form_that_the_channel_says(
    gateway: Gateway, key: str, form: str, kind: str, path: str, stream: bool
) -> None:
    request = chat_request(f"{kind}-{form}", max_tokens=50, stream=stream)
    read = chat_of if path.endswith("completions") else message_of
    gateway.post(key, path, request)  # the next one finds the key in memory
    answer = gateway.post(key, path, request)
    assert answer.status == 200, answer.body
    assert read(answer.body, stream) == WANTED[form]
    story = gateway.story(answer)
    assert (story["source"], story["usage"]["output_tokens"]) == ("reported", 30)


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_without_a_form_the_answer_passes_as_it_came(gateway: Gateway, stream: bool) -> None:
    request = chat_request("beside-", max_tokens=50, stream=stream)
    answer = gateway.post(gateway.add_key(), "/v1/chat/completions", request)
    assert chat_of(answer.body, stream) == (THOUGHT, TEXT)


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_thoughts_that_are_left_out_are_paid_though_nobody_counts(
    gateway: Gateway, vendor: FakeVendor, stream: bool
) -> None:
    thought = "many words " * 40
    message = {"reasoning_content": thought, "content": TEXT}
    whole = chat_document()
    whole["choices"][0]["message"] = message
    del whole["usage"]
    chunks = [chat_chunk(message), chat_chunk({}, "stop")]
    vendor.script(stream_answer(*map(event, chunks), DONE) if stream else json_answer(whole))
    request = chat_request("beside-none", max_tokens=500, stream=stream)
    answer = gateway.post(gateway.add_key(), "/v1/chat/completions", request)
    assert chat_of(answer.body, stream) == ("", TEXT)
    story = gateway.story(answer)
    assert story["source"] == "estimated"
    assert story["usage"]["output_tokens"] >= len(thought) / 6


def test_a_form_that_does_not_exist_is_refused(gateway: Gateway) -> None:
    with pytest.raises(AssertionError, match=r"config\.reasoning"):
        gateway.add_channel("http://127.0.0.1:9", config='{"reasoning": "loud"}')
