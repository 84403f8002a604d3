"""Vendors that count in other units than their prices, too early, or what was not made."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.fakes import (
    DONE,
    FakeVendor,
    body_answer,
    chat_chunk,
    event,
    json_answer,
    stream_answer,
    usage_document,
    wait_until,
)
from tests.gateway import Gateway, chat_request

MODELS = (
    "gpt-4o-mini,dall-e-3,gpt-image-1,davinci-002,text-embedding-3-small,"
    "whisper-large-v3-turbo,whisper-1"
)
WORDS = "hello there my friend " * 40  # 880 bytes
TOKENS = {"input_tokens": 50, "output_tokens": 4160, "total_tokens": 4210}
DALL_E = 20_000  # quota of a picture


@pytest.fixture(scope="module")
def vendor() -> Iterator[FakeVendor]:
    with FakeVendor.in_thread() as vendor:
        yield vendor


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory, vendor: FakeVendor) -> Iterator[Gateway]:
    with Gateway(tmp_path_factory.mktemp("gateway")) as running:
        running.set_option("RetryTimes", "0")
        running.set_option("CompletionRatio", json.dumps({"gpt-4o-mini": 1, "davinci-002": 1}))
        ratios = {"gpt-4o-mini": 1, "davinci-002": 1, "text-embedding-3-small": 1}
        running.set_option("ModelRatio", json.dumps(ratios))
        running.serve(vendor.url, MODELS, type=8)
        running.serve(vendor.url, "claude-sonnet-4-5", type=14)
        yield running


def charged(gateway: Gateway, path: str, document: Any) -> Any:
    """Send a request and return its row of the log."""
    known = len(gateway.rows("SELECT id FROM logs WHERE type = 2"))
    answer = gateway.post(gateway.add_key(), path, document)
    assert answer.status == 200, answer.body
    wait_until(lambda: len(gateway.rows("SELECT id FROM logs WHERE type = 2")) > known)
    return gateway.rows("SELECT * FROM logs WHERE type = 2 ORDER BY id DESC LIMIT 1")[0]


@pytest.mark.fault("A6", "W4")
@pytest.mark.parametrize(
    "usage",
    [None, TOKENS, {"total_tokens": 4000}, {"input_tokens": 0}, {"output_tokens": -1}],
    ids=str,
)
def test_a_picture_with_a_price_is_not_free_because_its_tokens_are_counted(
    gateway: Gateway, vendor: FakeVendor, usage: Any
) -> None:
    said = {} if usage is None else {"usage": usage}
    vendor.script(json_answer({"created": 1, "data": [{"url": "u"}] * 2, **said}))
    asked = {"model": "dall-e-3", "prompt": "a cat", "n": 2}

    assert charged(gateway, "/v1/images/generations", asked)["quota"] == 2 * DALL_E


PICTURES = [
    {"batch_size": 4},
    {"n": 1, "batch_size": 4},
    {"num_images": 4},
    {"max_images": 4, "n": 2},
    {
        "sequential_image_generation": "auto",
        "sequential_image_generation_options": {"max_images": 4},
    },
    {"sequential_image_generation": "auto"},
]


@pytest.mark.fault("A1")
@pytest.mark.parametrize("said", PICTURES, ids=str)
def test_pictures_are_held_for_in_whatever_word_they_are_asked_for(
    gateway: Gateway, vendor: FakeVendor, said: dict[str, Any]
) -> None:
    vendor.script(json_answer({"created": 1, "data": [{"url": "u"}] * 4}))
    asked = {"model": "dall-e-3", "prompt": "a cat", **said}
    answer = gateway.post(gateway.add_key(), "/v1/images/generations", asked)
    assert answer.status == 200, answer.body
    story = gateway.story(answer)
    assert story["charge"] == 4 * DALL_E
    assert story["hold"] >= story["charge"]
    assert vendor.requests[-1].json() == asked


@pytest.mark.fault("A1")
def test_a_form_may_ask_for_pictures_in_any_word_as_well(
    gateway: Gateway, vendor: FakeVendor
) -> None:
    vendor.script(json_answer({"created": 1, "data": [{"url": "u"}] * 4}))
    parts = {"model": "dall-e-3", "prompt": "a cat", "n": "1", "batch_size": "4"}
    form = [
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in parts.items()
    ]
    form.append(b'--x\r\nContent-Disposition: form-data; name="image"; filename="a"\r\n\r\n')
    form.append(b"PNG\r\n--x--\r\n")
    key = gateway.add_key()
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "multipart/form-data; boundary=x"}
    answer = gateway.request("POST", "/v1/images/edits", b"".join(form), headers)
    assert answer.status == 200, answer.body
    story = gateway.story(answer)
    assert (story["charge"], story["hold"] >= story["charge"]) == (4 * DALL_E, True)


PARTIAL = {"type": "image_generation.partial_image", "b64_json": "eA==", "partial_image_index": 0}
DRAWN = {"type": "image_generation.completed", "b64_json": "eA=="}
BLOCKED = {"type": "error", "error": {"message": "blocked", "code": "moderation_blocked"}}


@pytest.mark.fault("W8", "A6")
@pytest.mark.parametrize(
    ("events", "number"),
    [
        ([PARTIAL, BLOCKED], 1),
        ([PARTIAL, PARTIAL], 1),
        ([PARTIAL, DRAWN, DRAWN, BLOCKED], 2),
        ([DRAWN, PARTIAL], 2),
        ([DRAWN, DRAWN, DRAWN], 3),
    ],
)
def test_of_a_stream_of_pictures_those_that_came_are_charged(
    gateway: Gateway, vendor: FakeVendor, events: list[Any], number: int
) -> None:
    """Four were asked for."""
    vendor.script(stream_answer(*map(event, events)))
    asked = {"model": "dall-e-3", "prompt": "a cat", "n": 4, "stream": True}
    assert charged(gateway, "/v1/images/generations", asked)["quota"] == number * DALL_E


@pytest.mark.fault("R1")
def test_a_picture_that_is_priced_by_tokens_is_charged_by_them(
    gateway: Gateway, vendor: FakeVendor
) -> None:
    vendor.script(json_answer({"created": 1, "data": [{"url": "u"}], "usage": TOKENS}))
    row = charged(gateway, "/v1/images/generations", {"model": "gpt-image-1", "prompt": "a cat"})

    assert row["quota"] == 50 * 5 + 4160 * 20  # 10 and 40 USD a million
    assert (row["prompt_tokens"], row["completion_tokens"]) == (50, 4160)


@pytest.mark.fault("W4")
def test_sound_that_is_priced_by_the_second_is_not_free_because_its_tokens_are_counted(
    gateway: Gateway, vendor: FakeVendor
) -> None:
    usage = {"type": "tokens", "input_tokens": 900, "output_tokens": 200, "total_tokens": 1100}
    vendor.script(json_answer({"text": WORDS, "usage": usage}))
    form = [
        b'--x\r\nContent-Disposition: form-data; name="model"\r\n\r\nwhisper-large-v3-turbo\r\n',
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n',
        b"RIFF" * 99_000 + b"\r\n--x--\r\n",
    ]
    key = gateway.add_key()
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "multipart/form-data; boundary=x"}

    answer = gateway.request("POST", "/v1/audio/transcriptions", b"".join(form), headers)

    assert answer.status == 200
    sql = "SELECT * FROM logs WHERE model_name = 'whisper-large-v3-turbo'"
    wait_until(lambda: gateway.rows(sql))
    assert gateway.rows(sql)[0]["quota"] > 0


@pytest.mark.fault("W4")
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_sound_that_is_counted_by_its_length_is_charged_by_it(
    gateway: Gateway, vendor: FakeVendor, stream: bool
) -> None:
    done = {
        "type": "transcript.text.done",
        "text": "hi",
        "usage": {"type": "duration", "seconds": 7},
    }
    vendor.script(stream_answer(event(done)) if stream else json_answer(done))
    assert transcribed(gateway, stream)["quota"] == 7 * 50


SEGMENTS = [{"id": 0, "start": 0.0, "end": 4.2, "text": "a"}, {"id": 1, "start": 4.2, "end": 7.0}]


@pytest.mark.fault("W4", "A6")
@pytest.mark.parametrize(
    "said",
    [
        {"duration": "7.0"},  # vLLM's
        {"usage": {"type": "duration", "seconds": "7"}},
        {"duration": None, "segments": SEGMENTS},
        {"segments": SEGMENTS, "usage": {}},
        {"words": [{"word": "hi", "start": 6.5, "end": 7}]},
    ],
    ids=str,
)
def test_a_length_is_read_however_it_is_said(
    gateway: Gateway, vendor: FakeVendor, said: Any
) -> None:
    vendor.script(json_answer({"text": "hi", **said}))
    assert transcribed(gateway, stream=False)["quota"] == 7 * 50


LONG = "word " * 240  # some 300 tokens, which take 100 seconds to say
WRITTEN = {"type": "transcript.text.done", "text": LONG}
DELTAS = [event({"type": "transcript.text.delta", "delta": LONG[:600]})] * 2
TRANSCRIPTS = {
    "whole": json_answer({"text": LONG}),
    "at once": stream_answer(event(WRITTEN)),
    "pieces": stream_answer(*DELTAS, event(WRITTEN)),
}


@pytest.mark.fault("W2", "W4")
@pytest.mark.parametrize("answer", TRANSCRIPTS)
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_sound_that_nobody_counts_is_as_long_as_what_was_heard(
    gateway: Gateway, vendor: FakeVendor, stream: bool, answer: str
) -> None:
    vendor.script(TRANSCRIPTS[answer])
    assert transcribed(gateway, stream)["quota"] == 100 * 50


def transcribed(gateway: Gateway, stream: bool) -> Any:
    """Have a recording written down; return the row."""
    fields = {"model": "whisper-1", "stream": str(stream).lower()}
    form = "".join(
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    )
    form += '--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
    form += "RIFF" * 9000 + "\r\n--x--\r\n"
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    headers["Authorization"] = f"Bearer {gateway.add_key()}"
    known = len(gateway.rows("SELECT id FROM logs WHERE model_name = 'whisper-1'"))

    answer = gateway.request("POST", "/v1/audio/transcriptions", form.encode(), headers)

    assert answer.status == 200, answer.body
    sql = "SELECT * FROM logs WHERE model_name = 'whisper-1' ORDER BY id DESC"
    wait_until(lambda: len(gateway.rows(sql)) > known)
    return gateway.rows(sql)[0]


@pytest.mark.fault("W2")
@pytest.mark.parametrize(
    "more", [{"total_tokens": 500}, {"completion_tokens": 495, "total_tokens": 500}], ids=str
)
def test_an_embedding_has_no_output(gateway: Gateway, vendor: FakeVendor, more: Any) -> None:
    data = [{"object": "embedding", "index": 0, "embedding": [0.5]}]
    vendor.script(json_answer({"data": data, "usage": {"prompt_tokens": 5, **more}}))
    asked = {"model": "text-embedding-3-small", "input": "hello"}

    row = charged(gateway, "/v1/embeddings", asked)

    assert (row["quota"], row["prompt_tokens"], row["completion_tokens"]) == (5, 5, 0)


@pytest.mark.fault("W2", "W4")
@pytest.mark.parametrize("usage", [None, {"prompt_tokens": 200, "completion_tokens": 0}], ids=str)
def test_a_prompt_that_is_echoed_was_not_made(
    gateway: Gateway, vendor: FakeVendor, usage: Any
) -> None:
    """So a text is scored: nothing is made, and its own probabilities come back."""
    said = {} if usage is None else {"usage": usage}
    vendor.script(json_answer({"choices": [{"text": WORDS, "index": 0}], **said}))
    asked = {"model": "davinci-002", "prompt": WORDS, "echo": True, "max_tokens": 0, "logprobs": 1}

    row = charged(gateway, "/v1/completions", asked)

    assert row["completion_tokens"] == 0
    assert row["quota"] == row["prompt_tokens"] == (221 if usage is None else 200)


COMPLETED = {"id": "c", "object": "text_completion", "model": "m"}
COMPLETION = {**COMPLETED, "choices": [{"text": WORDS, "index": 0, "finish_reason": "stop"}]}


@pytest.mark.fault("W2", "W4")
@pytest.mark.parametrize("usage", [None, usage_document(0, 0)], ids=str)
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("comes", ["whole", "stream"])
def test_a_completion_that_nobody_counts_is_not_free_in_whatever_form_it_comes(
    gateway: Gateway, vendor: FakeVendor, comes: str, stream: bool, usage: Any
) -> None:
    said = COMPLETION if usage is None else {**COMPLETION, "usage": usage}
    whole = json_answer(said)
    vendor.script(whole if comes == "whole" else stream_answer(event(said), DONE))
    asked = {"model": "davinci-002", "prompt": "hi", "max_tokens": 900, "stream": stream}

    row = charged(gateway, "/v1/completions", asked)

    assert row["completion_tokens"] == 220


def anthropic_stream() -> list[bytes]:
    """A stream that counts at its beginning only, where the output is still a placeholder."""
    message: Any = {"id": "msg_1", "type": "message", "role": "assistant", "model": "m"}
    message |= {"content": [], "usage": {"input_tokens": 100, "output_tokens": 1}}
    delta = {"type": "text_delta", "text": WORDS}
    return [
        event({"type": "message_start", "message": message}),
        event({"type": "content_block_start", "index": 0, "content_block": {"type": "text"}}),
        event({"type": "content_block_delta", "index": 0, "delta": delta}),
        event({"type": "content_block_stop", "index": 0}),
        event({"type": "message_delta", "delta": {"stop_reason": "end_turn"}}),
        event({"type": "message_stop"}),
    ]


def openai_stream() -> list[bytes]:
    usage = {"prompt_tokens": 100, "completion_tokens": 1, "total_tokens": 101}
    chunks = [chat_chunk({"role": "assistant", "content": ""}, usage=usage)]
    chunks += [chat_chunk({"content": WORDS}), chat_chunk({}, "stop")]
    return [*map(event, chunks), DONE]


@pytest.mark.fault("W5", "W4")
@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/messages"])
@pytest.mark.parametrize("model", ["gpt-4o-mini", "claude-sonnet-4-5"])
def test_a_count_from_before_the_text_is_not_the_texts(
    gateway: Gateway, vendor: FakeVendor, path: str, model: str
) -> None:
    pieces = openai_stream() if model == "gpt-4o-mini" else anthropic_stream()
    vendor.script(stream_answer(*pieces))

    row = charged(gateway, path, chat_request(model, max_tokens=900, stream=True))

    assert (row["prompt_tokens"], row["completion_tokens"]) == (100, 220)
    assert json.loads(row["detail"])["source"] == "estimated"


@pytest.mark.fault("W20")
@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/messages"])
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_a_number_that_is_none_costs_no_answer(
    gateway: Gateway, vendor: FakeVendor, path: str, stream: bool
) -> None:
    said = "delta" if stream else "message"
    choice: Any = {"index": 0, said: {"role": "assistant", "content": "so NaN it is"}}
    choice |= {"finish_reason": "stop", "logprobs": [float("nan"), -float("inf")]}
    usage = {"prompt_tokens": 9, "completion_tokens": 5}
    body = json.dumps({"choices": [choice], "usage": usage})
    pieces = (b"data: " + body.encode() + b"\n\n", DONE)
    vendor.script(stream_answer(*pieces) if stream else body_answer(body.encode()))

    known = chat_request(max_tokens=9, stream=stream)
    answer = gateway.post(gateway.add_key(), path, known)

    assert (answer.status, b"so NaN it is" in answer.body) == (200, True)
