"""Vendors on a bad day: whatever they answer, nobody pays for nothing, and nobody gets anything for free.

Every case runs against the running product, once with a client that speaks OpenAI's dialect and once with Anthropic's.
The price is One API's default for unknown models, 30 quota per token.
"""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

import pytest

from tests.fakes import (
    DONE,
    Ending,
    FakeVendor,
    Script,
    big_line_answer,
    body_answer,
    chat_chunk,
    chat_document,
    chat_events,
    error_answer,
    event,
    half_json_answer,
    html_answer,
    json_answer,
    never_closing,
    silence,
    stream_answer,
    usage_document,
)
from tests.gateway import Answer, Gateway, chat_request

RATIO = 30
WORDS = ["The ", "quick ", "brown ", "fox"]
_names = count(1)


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    with Gateway(tmp_path_factory.mktemp("gateway")) as running:
        running.set_option("FirstByteTimeoutSeconds", "1")
        running.set_option("IdleTimeoutSeconds", "1")
        running.set_option("RetryTimes", "1")
        yield running


@pytest.fixture(scope="module")
def key(gateway: Gateway) -> str:
    return gateway.add_key()


@dataclass
class Place:
    """A model that only this test's vendor serves, and a client dialect to ask in."""

    gateway: Gateway
    key: str
    vendor: FakeVendor
    model: str
    dialect: str

    def ask(self, stream: bool = False, **fields: Any) -> Answer:
        document = chat_request(self.model, stream=stream, max_tokens=100, **fields)
        path = "/v1/chat/completions" if self.dialect == "openai" else "/v1/messages"
        return self.gateway.post(self.key, path, document)

    def charges(self) -> list[Any]:
        """Return the rows of this model, once what was asked before has certainly been flushed."""
        marker = self.gateway.chat(self.key, "marker")
        assert marker.status == 200, marker.body
        deadline = Deadline()
        while True:
            rows = self.gateway.rows("SELECT * FROM logs WHERE type = 2 ORDER BY id")
            if any(row["request_id"] == marker.headers["x-oneapi-request-id"] for row in rows):
                return [row for row in rows if row["model_name"] == self.model]
            deadline.check()

    def text(self, answer: Answer) -> str:
        """Return what a streaming client has read."""
        found: list[str] = []
        for line in answer.body.decode().splitlines():
            field, _, value = line.partition(":")
            if field != "data" or not value.lstrip().startswith("{"):
                continue
            document = json.loads(value)
            for choice in document.get("choices", ()):
                found.append(choice["delta"].get("content") or "")
            found.append(document.get("delta", {}).get("text", ""))
        return "".join(found)

    def is_whole(self, answer: Answer) -> bool:
        """Say whether the client was told that the answer is complete."""
        return (b"[DONE]" if self.dialect == "openai" else b"message_stop") in answer.body


class Deadline:
    def __init__(self, seconds: float = 10.0) -> None:
        self._end = time.monotonic() + seconds

    def check(self) -> None:
        assert time.monotonic() < self._end, "it did not happen in time"
        time.sleep(0.03)


@pytest.fixture(scope="module")
def marker_vendor(gateway: Gateway) -> Iterator[None]:
    with FakeVendor.in_thread() as vendor:
        gateway.serve(vendor.url, "marker")
        yield


@pytest.fixture(params=["openai", "anthropic"])
def place(
    request: pytest.FixtureRequest, gateway: Gateway, key: str, marker_vendor: None
) -> Iterator[Place]:
    model = f"model-{next(_names)}"
    with FakeVendor.in_thread() as vendor:
        gateway.serve(vendor.url, model)
        yield Place(gateway, key, vendor, model, request.param)


def detail(row: Any) -> Any:
    return json.loads(row["detail"])


def test_a_whole_answer_is_charged_as_reported(place: Place) -> None:
    place.vendor.script(json_answer(chat_document(prompt=11, completion=7)))
    assert place.ask().status == 200
    (row,) = place.charges()
    assert row["quota"] == (11 + 7) * RATIO
    assert detail(row)["source"] == "reported"


def test_a_stream_is_charged_as_reported(place: Place) -> None:
    place.vendor.script(stream_answer(*chat_events(WORDS, (21, 4))))
    answer = place.ask(stream=True)
    assert (place.text(answer), place.is_whole(answer)) == ("".join(WORDS), True)
    (row,) = place.charges()
    assert row["quota"] == (21 + 4) * RATIO


def test_a_stream_without_usage_is_estimated_from_what_was_delivered(place: Place) -> None:
    place.vendor.script(stream_answer(*chat_events(WORDS, None)))
    answer = place.ask(stream=True)
    assert place.is_whole(answer)
    (row,) = place.charges()
    assert detail(row)["source"] == "estimated"
    assert 3 <= row["completion_tokens"] <= 8
    assert row["prompt_tokens"] > 0


def test_usage_in_every_chunk_counts_once(place: Place) -> None:
    pieces = [
        event(chat_chunk({"content": word}) | {"usage": usage_document(30, at + 1)})
        for at, word in enumerate(WORDS)
    ]
    last = event(chat_chunk({}, "stop") | {"usage": usage_document(30, 4)})
    place.vendor.script(stream_answer(*pieces, last, DONE))
    place.ask(stream=True)
    (row,) = place.charges()
    assert row["quota"] == (30 + 4) * RATIO


@pytest.mark.parametrize(
    ("prompt", "completion"), [(-5, 7), (11, -3), (10**15, 1), (1, 10**9)], ids=str
)
def test_absurd_usage_is_estimated_and_marked(place: Place, prompt: int, completion: int) -> None:
    place.vendor.script(json_answer(chat_document(prompt=prompt, completion=completion)))
    assert place.ask().status == 200
    (row,) = place.charges()
    said = detail(row)
    assert (said["source"], row["completion_tokens"]) == ("estimated", 2)
    assert said["oddity"]
    assert 0 < row["quota"] < said["ceiling"]


FAILURES: dict[str, Callable[[], Script]] = {
    "429": lambda: error_answer(429, "slow down", [("Retry-After", "0")]),
    "500": lambda: error_answer(500, "oops"),
    "html": html_answer,
    "html with status 200": lambda: html_answer(200),
    "half a JSON": half_json_answer,
    "an empty body": lambda: body_answer(b""),
    "an error with status 200": lambda: json_answer({"error": {"message": "no", "type": "x"}}),
    "nothing": silence,
    "a closed connection": lambda: stream_answer(ending=Ending.RESET),
}


@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_a_vendor_that_fails_costs_nothing_and_the_next_one_answers(
    place: Place, failure: str, stream: bool
) -> None:
    place.vendor.script(FAILURES[failure]())
    with FakeVendor.in_thread() as second:
        place.gateway.serve(second.url, place.model, priority=-1)
        answer = place.ask(stream=stream)
        assert answer.status == 200, answer.body
        (row,) = place.charges()
        assert row["quota"] == (10 + 5) * RATIO
        assert len(detail(row)["attempts"]) == 1
        assert len(second.requests) == 1


@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_when_nobody_answers_the_client_gets_an_error_in_its_dialect_and_pays_nothing(
    place: Place, failure: str, stream: bool
) -> None:
    place.vendor.script(FAILURES[failure]())
    answer = place.ask(stream=stream)
    assert answer.status >= 400
    error = answer.json()["error"]
    assert error["message"]
    assert (answer.json().get("type") == "error") is (place.dialect == "anthropic")
    place.vendor.scripts.clear()
    assert place.charges() == []


def test_a_refused_channel_key_is_not_the_clients_fault(place: Place) -> None:
    place.vendor.script(error_answer(401, "Incorrect API key provided"))
    answer = place.ask()
    assert answer.status == 502
    assert "channel's key" in answer.json()["error"]["message"]


def test_a_stream_that_is_cut_is_charged_for_what_came_and_says_so(place: Place) -> None:
    events = chat_events(WORDS)[:4]
    place.vendor.script(stream_answer(*events, ending=Ending.CLOSE))
    answer = place.ask(stream=True)
    assert place.text(answer) == "".join(WORDS[:3])
    assert b"error" in answer.body
    assert not place.is_whole(answer)
    (row,) = place.charges()
    assert detail(row)["ended"] == "upstream_broke"
    assert 1 <= row["completion_tokens"] <= 6


def test_a_stream_that_hangs_is_ended_by_the_idle_timeout(place: Place) -> None:
    place.vendor.script(never_closing(*chat_events(WORDS)[:3]))
    answer = place.ask(stream=True)
    assert place.text(answer) == "".join(WORDS[:2])
    assert b"error" in answer.body
    (row,) = place.charges()
    assert detail(row)["ended"] == "upstream_broke"


def test_a_vendor_that_never_closes_after_the_end_does_not_keep_the_client(place: Place) -> None:
    place.vendor.script(never_closing(*chat_events(WORDS, (9, 4))))
    answer = place.ask(stream=True)
    assert place.is_whole(answer)
    (row,) = place.charges()
    assert (row["quota"], detail(row)["ended"]) == ((9 + 4) * RATIO, "complete")


def test_a_megabyte_in_one_line_passes(place: Place) -> None:
    place.vendor.script(big_line_answer())
    answer = place.ask(stream=True)
    assert place.text(answer) == "x" * (1 << 20)
    (row,) = place.charges()
    assert row["quota"] == (10 + 5) * RATIO


def test_a_stream_of_comments_and_odd_framing_passes(place: Place) -> None:
    odd = [
        b": hello\n\n",
        b"data:" + json.dumps(chat_chunk({"content": "A"})).encode() + b"\r\n\r\n",
        b"event: x\nid: 1\ndata: " + json.dumps(chat_chunk({"content": "B"})).encode(),
        b"\n\ndata: " + json.dumps(chat_chunk({"content": "C"}, "stop")).encode(),
    ]
    place.vendor.script(stream_answer(*odd))
    answer = place.ask(stream=True)
    assert (place.text(answer), place.is_whole(answer)) == ("ABC", True)
