"""Every admitted request leaves a row: charged, failed, or left by its client; with why its channel, and its first token."""

import json
import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.fakes import (
    FakeVendor,
    chat_document,
    chat_events,
    error_answer,
    json_answer,
    stream_answer,
)
from tests.gateway import ROOT_KEY, Answer, Gateway, chat_request
from tests.server.environment import measured


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    with Gateway(tmp_path_factory.mktemp("gateway"), env=measured()) as running:
        running.set_option("RetryTimes", "1")
        yield running


@pytest.fixture(scope="module")
def key(gateway: Gateway) -> str:
    return gateway.add_key()


def row_of(gateway: Gateway, model: str, seconds: float = 10.0) -> Any:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        rows = gateway.rows("SELECT * FROM logs WHERE model_name = :model", model=model)
        if rows:
            (row,) = rows
            return row
        time.sleep(0.05)
    raise AssertionError("the request left no row")


def story_of(gateway: Gateway, answer: Answer) -> Any:
    return gateway.api("GET", f"/api/log/{answer.headers['x-oneapi-request-id']}")


@pytest.mark.parametrize("stream", [False, True])
def test_what_every_channel_refused_is_a_row(gateway: Gateway, key: str, stream: bool) -> None:
    model = f"refused-{stream}"
    with FakeVendor.in_thread() as first, FakeVendor.in_thread() as second:
        first.script(error_answer(500, "first is broken"))
        second.script(error_answer(529, "second is overloaded"))
        tried = [
            gateway.serve(first.url, model, priority=2),
            gateway.serve(second.url, model, priority=1),
        ]
        answer = gateway.chat(key, model, stream=stream)
    row = row_of(gateway, model)
    assert (row["type"], row["quota"], row["channel_id"]) == (6, 0, tried[1])
    story = story_of(gateway, answer)
    told = answer.json()["error"]
    assert (story["status"], story["choice"]) == (answer.status, "lower_priority")
    assert told["message"].startswith(story["error"])
    attempts = [(one["channel_id"], one["status"], one["error"]) for one in story["attempts"]]
    assert attempts == [(tried[0], 500, "first is broken"), (tried[1], 529, "second is overloaded")]
    (hour,) = gateway.rows("SELECT * FROM usage_hours WHERE model_name = :model", model=model)
    assert (hour["requests"], hour["failed"], hour["quota"]) == (1, 1, 0)


def test_a_refused_key_of_ours_is_told_as_the_client_was_told(gateway: Gateway, key: str) -> None:
    with FakeVendor.in_thread() as vendor:
        vendor.script(error_answer(401, "Incorrect API key provided"))
        gateway.serve(vendor.url, "locked-out")
        answer = gateway.chat(key, "locked-out")
    row_of(gateway, "locked-out")
    story = story_of(gateway, answer)
    assert (story["status"], story["code"]) == (502, "channel_key_refused")


def test_a_raw_request_that_fails_is_a_row(gateway: Gateway) -> None:
    with FakeVendor.in_thread() as vendor:
        channel = gateway.serve(vendor.url, "raw")
    answer = gateway.request(
        "GET",
        f"/v1/oneapi/proxy/{channel}/v1/models",
        headers={"Authorization": f"Bearer sk-{ROOT_KEY}"},
    )
    assert answer.status >= 500
    assert row_of(gateway, "")["type"] == 6


@pytest.mark.parametrize("stream", [False, True])
def test_a_client_that_left_is_a_row_and_no_failure(
    gateway: Gateway, key: str, stream: bool
) -> None:
    model = f"left-{stream}"
    with FakeVendor.in_thread() as vendor, socket.create_server(("127.0.0.1", 0)) as mute:
        gateway.serve(f"http://127.0.0.1:{mute.getsockname()[1]}", model)
        body = json.dumps(chat_request(model, stream=stream)).encode()
        with socket.create_connection(("127.0.0.1", gateway.port)) as client:
            head = (
                f"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\n"
            )
            head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
            client.sendall(head.encode() + body)
            asked, _ = mute.accept()
            asked.recv(65_536)
        row = row_of(gateway, model)
        asked.close()
        assert vendor.requests == []
    detail = json.loads(row["detail"])
    assert (row["type"], detail["status"], detail["failure"]) == (6, 499, "client_left")
    (hour,) = gateway.rows("SELECT * FROM usage_hours WHERE model_name = :model", model=model)
    assert (hour["requests"], hour["failed"]) == (1, 0)


def test_a_stream_says_when_its_first_token_came(gateway: Gateway, key: str) -> None:
    with FakeVendor.in_thread() as vendor:
        vendor.script(stream_answer(*chat_events(["a"])))
        gateway.serve(vendor.url, "streamed")
        answer = gateway.chat(key, "streamed", stream=True)
    row = row_of(gateway, "streamed")
    story = story_of(gateway, answer)
    assert 0 < story["first_token_ms"] <= row["elapsed_time"] + 1
    assert (row["type"], story["choice"]) == (2, "only")
    (hour,) = gateway.rows("SELECT * FROM usage_hours WHERE model_name = 'streamed'")
    assert sum(value for name, value in hour.items() if name.startswith("first_token")) == 1


def test_the_reason_of_the_choice_is_told(gateway: Gateway, key: str) -> None:
    with FakeVendor.in_thread() as one, FakeVendor.in_thread() as two:
        channels = [gateway.serve(vendor.url, "shared") for vendor in (one, two)]
        for vendor in (one, two):
            vendor.script(json_answer(chat_document()))
        turn = gateway.chat(key, "shared")
        pinned = gateway.chat(f"{key}-{channels[0]}", "shared")
        gateway.wait_for_logs(2)
    reasons: dict[str, str] = {}
    deadline = time.monotonic() + 10.0
    while len(reasons) < 2 and time.monotonic() < deadline:
        for row in gateway.rows("SELECT * FROM logs WHERE model_name = 'shared'"):
            reasons[row["request_id"]] = json.loads(row["detail"])["choice"]
    asked = [answer.headers["x-oneapi-request-id"] for answer in (turn, pinned)]
    assert [reasons[request_id] for request_id in asked] == ["turn", "pinned"]
