"""Streams as clients read them: the official SDKs, and readers that take short cuts, against the running product."""

import http.client
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import anthropic
import openai
import pytest

from tests.fakes import DONE, FakeVendor, Gate, chat_chunk, event, stream_answer, wait_until
from tests.gateway import Gateway, chat_request
from tests.server.environment import measured

WORDS = ["The ", "quick ", "brown ", "fox"]
TEXT = "".join(WORDS)


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    with Gateway(tmp_path_factory.mktemp("gateway"), env=measured()) as running:
        running.set_option("KeepAliveIntervalSeconds", "1")
        yield running


def read_by_openai(gateway: Gateway, key: str, model: str) -> str:
    client = openai.OpenAI(
        api_key=key, base_url=f"http://127.0.0.1:{gateway.port}/v1", max_retries=0
    )
    with client:
        stream = client.chat.completions.create(
            model=model, messages=[{"role": "user", "content": "hi"}], stream=True
        )
        return "".join(chunk.choices[0].delta.content or "" for chunk in stream)


def read_by_anthropic(gateway: Gateway, key: str, model: str) -> str:
    client = anthropic.Anthropic(
        api_key=key, base_url=f"http://127.0.0.1:{gateway.port}", max_retries=0
    )
    messages: list[Any] = [{"role": "user", "content": "hi"}]
    with client, client.messages.stream(model=model, messages=messages, max_tokens=9) as stream:
        return "".join(stream.text_stream)


def _body(gateway: Gateway, key: str, model: str, seen: Callable[[bytes], None]) -> bytes:
    connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=30)
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    asked = json.dumps(chat_request(model, stream=True))
    connection.request("POST", "/v1/chat/completions", asked.encode(), headers)
    response = connection.getresponse()
    assert response.status == 200
    body = b""
    while piece := response.read1(1 << 16):
        body += piece
        seen(body)
    connection.close()
    return body


def _ignored(body: bytes) -> None:
    """Nobody waits for it."""


def read_by_parts(gateway: Gateway, key: str, model: str) -> str:
    """Read as a page's script does: split at blank lines, take the parts that begin with `data:`."""
    said = ""
    for part in _body(gateway, key, model, _ignored).split(b"\n\n"):
        if part.startswith(b"data:") and b"[DONE]" not in part:
            said += json.loads(part[5:])["choices"][0]["delta"].get("content") or ""
    return said


def read_by_blank_lines(gateway: Gateway, key: str, model: str) -> str:
    """Read as openai-go did until 3.43: every blank line ends an event, which must be JSON."""
    said = ""
    data = b""
    for line in _body(gateway, key, model, _ignored).split(b"\n")[:-1]:
        if line.startswith(b"data:"):
            data += line[5:].lstrip()
        elif not line and data == b"[DONE]":
            return said
        elif not line:
            said += json.loads(data)["choices"][0]["delta"].get("content") or ""
            data = b""
    raise AssertionError("the end did not come")


READERS = [read_by_openai, read_by_anthropic, read_by_parts, read_by_blank_lines]


def numbered(number: int, data: bytes) -> bytes:
    return b"id: %d\n" % number + data


@pytest.mark.fault("W13")
@pytest.mark.parametrize("begun", [0, 2], ids=["before the answer", "amid the answer"])
def test_a_pause_hurts_no_reader(gateway: Gateway, key: str, begun: int) -> None:
    gate = Gate()
    chunks = [chat_chunk({"content": word}) for word in WORDS] + [chat_chunk({}, "stop")]
    events = [numbered(at, event(chunk)) for at, chunk in enumerate(chunks)]
    answer = stream_answer(*events[:begun], gate, *events[begun:], numbered(9, DONE))
    with FakeVendor.in_thread() as vendor, ThreadPoolExecutor() as threads:
        gateway.serve(vendor.url, f"pausing-{begun}")
        vendor.script(*[answer] * (len(READERS) + 1))
        found = [threads.submit(read, gateway, key, f"pausing-{begun}") for read in READERS]
        wait_until(lambda: gate.reached == len(READERS))

        def seen(body: bytes) -> None:
            if b": keep-alive" in body:
                gate.open()

        assert b": keep-alive\ndata: {" in _body(gateway, key, f"pausing-{begun}", seen)
        assert [text.result() for text in found] == [TEXT] * len(READERS)


ODD = {
    "comments": b": OPENROUTER PROCESSING\n\n",
    "empty data": b"data:\n\n",
    "blank data": b"data: \n\n",
    "a retry": b"retry: 3000\n\n",
    "a name alone": b"event: ping\n\n",
    "a text": b"data: hello\n\n",
    "blank lines": b"\n\n\n",
    "a preamble": event({"id": "", "model": "", "choices": [], "prompt_filter_results": []}),
    "an id alone": b"id: 7\n\n",
}


@pytest.mark.fault("W7", "W11", "W13")
@pytest.mark.parametrize("read", READERS)
def test_what_says_nothing_reaches_no_reader(
    gateway: Gateway, key: str, read: Callable[[Gateway, str, str], str]
) -> None:
    model = f"odd-{read.__name__}"
    with FakeVendor.in_thread() as vendor:
        gateway.serve(vendor.url, model)
        for odd in ODD.values():
            pieces = [odd]
            for word in WORDS * 3:
                pieces += [event(chat_chunk({"content": word})), odd]
            pieces += [event(chat_chunk({}, "stop")), odd, DONE]
            vendor.script(stream_answer(*pieces), stream_answer(b"".join(pieces)))
            assert read(gateway, key, model) == TEXT * 3
            assert read(gateway, key, model) == TEXT * 3


@pytest.mark.fault("W6")
@pytest.mark.parametrize("read", READERS)
def test_events_without_blank_lines_reach_every_reader(
    gateway: Gateway, key: str, read: Callable[[Gateway, str, str], str]
) -> None:
    model = f"lines-{read.__name__}"
    stream = b"".join([event(chat_chunk({"content": word})) for word in WORDS])
    stream = (stream + event(chat_chunk({}, "stop")) + DONE).replace(b"\n\n", b"\n")
    with FakeVendor.in_thread() as vendor:
        gateway.serve(vendor.url, model)
        halves = stream[: len(stream) // 2], stream[len(stream) // 2 :]
        vendor.script(stream_answer(stream), stream_answer(*halves))
        assert [read(gateway, key, model) for _ in range(2)] == [TEXT, TEXT]


@pytest.mark.fault("W12")
def test_the_sdks_raise_the_vendors_own_error(gateway: Gateway, key: str) -> None:
    begin = event(chat_chunk({"content": "He"}))
    error = event({"error": {"message": "over quota", "type": "insufficient_quota", "code": "q"}})
    with FakeVendor.in_thread() as vendor:
        gateway.serve(vendor.url, "breaking")
        vendor.script(*(stream_answer(begin + error + DONE) for _ in range(2)))
        with pytest.raises(openai.APIError, match="over quota"):
            read_by_openai(gateway, key, "breaking")
        with pytest.raises(anthropic.APIStatusError, match="over quota"):
            read_by_anthropic(gateway, key, "breaking")
