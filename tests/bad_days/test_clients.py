"""Clients on a bad day: slow, gone, huge, or not speaking HTTP at all. The process lives and the money is right."""

import json
import random
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fakes import (
    Answer,
    FakeVendor,
    Gate,
    chat_chunk,
    chat_document,
    chat_events,
    event,
    head as head_of_answer,
    json_answer,
    stream_answer,
    usage_document,
    wait_until,
)
from tests.gateway import Gateway, chat_request

RATIO = 30


@pytest.fixture(scope="module")
def vendor() -> Iterator[FakeVendor]:
    with FakeVendor.in_thread() as vendor:
        yield vendor


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory, vendor: FakeVendor) -> Iterator[Gateway]:
    with Gateway(tmp_path_factory.mktemp("gateway"), env={"MAX_BODY_MB": "16"}) as running:
        running.serve(vendor.url, "gpt-4o-mini,marker")
        running.set_option("ModelRatio", json.dumps({"gpt-4o-mini": RATIO, "marker": RATIO}))
        running.set_option("CompletionRatio", json.dumps({"gpt-4o-mini": 1, "marker": 1}))
        running.serve(vendor.url, "settled")
        yield running


@pytest.fixture(scope="module")
def key(gateway: Gateway) -> str:
    return gateway.add_key()


def head(key: str, length: int, path: str = "/v1/chat/completions") -> bytes:
    return (
        f"POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
    ).encode()


def open_stream(gateway: Gateway, key: str, **fields: Any) -> socket.socket:
    body = json.dumps(chat_request(stream=True, max_tokens=200, **fields)).encode()
    connection = socket.create_connection(("127.0.0.1", gateway.port), timeout=20)
    connection.sendall(head(key, len(body)) + body)
    return connection


def rows_after(gateway: Gateway, key: str) -> list[Any]:
    """Return the consume rows up to now: a marker request is flushed behind them."""
    marker = gateway.chat(key, "marker").headers["x-oneapi-request-id"]

    def flushed() -> bool:
        return bool(gateway.rows("SELECT id FROM logs WHERE request_id = :id", id=marker))

    wait_until(flushed)
    return gateway.rows("SELECT * FROM logs WHERE type = 2 AND model_name <> 'marker' ORDER BY id")


def test_who_leaves_before_the_first_token_pays_nothing_and_the_vendor_is_cancelled(
    gateway: Gateway, key: str, vendor: FakeVendor
) -> None:
    before = len(rows_after(gateway, key))
    gone = len(vendor.abandoned)
    gate = Gate()
    vendor.script(stream_answer(gate, *chat_events(["late"])))
    connection = open_stream(gateway, key)
    wait_until(lambda: gate.reached)
    connection.close()
    wait_until(lambda: len(vendor.abandoned) == gone + 1)
    assert len(rows_after(gateway, key)) == before


def test_who_leaves_later_pays_what_the_vendor_reports(
    gateway: Gateway, key: str, vendor: FakeVendor
) -> None:
    before = len(rows_after(gateway, key))
    gate = Gate()
    events = chat_events(["a ", "b ", "c "], (40, 3))
    vendor.script(stream_answer(*events[:3], gate, *events[3:]))
    connection = open_stream(gateway, key)
    assert b"content" in connection.recv(1 << 16)
    wait_until(lambda: gate.reached)
    connection.close()
    time.sleep(0.2)  # the gateway hears of it while the vendor is still at work
    gate.open()
    (row,) = rows_after(gateway, key)[before:]
    assert row["quota"] == (40 + 3) * RATIO
    assert json.loads(row["detail"])["ended"] == "client_left"


def test_who_leaves_for_good_pays_what_was_delivered_and_the_vendor_is_cancelled(
    gateway: Gateway, key: str, vendor: FakeVendor
) -> None:
    before = len(rows_after(gateway, key))
    gone = len(vendor.abandoned)
    vendor.script(stream_answer(*chat_events(["one ", "two ", "three "])[:4], Gate()))
    connection = open_stream(gateway, key)
    received = b""
    while b"three" not in received:
        received += connection.recv(1 << 16)
    connection.close()
    wait_until(lambda: len(vendor.abandoned) == gone + 1)
    (row,) = rows_after(gateway, key)[before:]
    assert json.loads(row["detail"])["source"] == "estimated"
    assert 2 <= row["completion_tokens"] <= 6


@pytest.mark.fault("A10")
def test_who_leaves_for_good_pays_for_reasoning_that_was_not_shown(
    gateway: Gateway, key: str, vendor: FakeVendor
) -> None:
    before = len(rows_after(gateway, key))
    reasoned = usage_document(40, 190) | {"completion_tokens_details": {"reasoning_tokens": 180}}
    words = chat_events(["one ", "two ", "three "], None)
    last = event(chat_chunk({}) | {"choices": [], "usage": reasoned})
    vendor.script(stream_answer(*words[:-1], last, words[-1]))
    whole = open_stream(gateway, key)
    while b"[DONE]" not in whole.recv(1 << 16):
        pass
    whole.close()
    vendor.script(stream_answer(*words[:4], Gate()))
    connection = open_stream(gateway, key)
    received = b""
    while b"three" not in received:
        received += connection.recv(1 << 16)
    connection.close()
    wait_until(lambda: len(rows_after(gateway, key)) == before + 2)
    row = rows_after(gateway, key)[-1]
    assert json.loads(row["detail"])["source"] == "estimated"
    assert 100 < row["completion_tokens"] <= 200  # the limit that was sent


@pytest.mark.fault("A10")
def test_who_leaves_while_a_whole_answer_comes_in_pays_for_it(
    gateway: Gateway, key: str, vendor: FakeVendor
) -> None:
    before = len(rows_after(gateway, key))
    body = json.dumps(chat_document(prompt=40, completion=3)).encode()
    gate = Gate()
    answer = head_of_answer(200, [("Content-Length", str(len(body)))])
    vendor.script(Answer((answer + body[:20], gate, body[20:])))
    request = json.dumps(chat_request(max_tokens=200)).encode()
    connection = socket.create_connection(("127.0.0.1", gateway.port), timeout=20)
    connection.sendall(head(key, len(request)) + request)
    wait_until(lambda: gate.reached)
    rows_after(gateway, key)  # the gateway has read the head by then
    connection.close()
    rows_after(gateway, key)
    gate.open()
    wait_until(lambda: len(rows_after(gateway, key)) == before + 1)
    row = rows_after(gateway, key)[-1]
    assert row["quota"] == (40 + 3) * RATIO
    assert json.loads(row["detail"])["ended"] == "client_left"


def test_who_reads_slowly_gets_everything_and_costs_no_memory(
    gateway: Gateway, key: str, vendor: FakeVendor
) -> None:
    size, count = 1 << 16, 1000
    vendor.script(stream_answer(*chat_events(["x" * size] * count, (10, 5))))
    (worker,) = gateway.worker_pids()
    before = resident(worker)
    connection = open_stream(gateway, key)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
    time.sleep(1.5)  # a slow reader: the vendor has 64 MB to say
    assert resident(worker) - before < 16 << 20
    received = 0
    tail = b""
    deadline = time.monotonic() + 30
    while b"[DONE]" not in tail:
        assert time.monotonic() < deadline, "the vendor is not heard any more"
        piece = connection.recv(1 << 20)
        assert piece, "the stream broke"
        received += len(piece)
        tail = (tail + piece)[-64:]
    connection.close()
    assert received > size * count


def resident(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096


@pytest.mark.parametrize("announced", [True, False], ids=["announced", "chunked"])
def test_a_hundred_megabytes_are_refused_with_a_clear_error(
    gateway: Gateway, key: str, announced: bool
) -> None:
    (worker,) = gateway.worker_pids()
    before = resident(worker)
    connection = socket.create_connection(("127.0.0.1", gateway.port), timeout=20)
    start = head(key, 100 << 20)
    if not announced:
        start = start.replace(b"Content-Length: %d" % (100 << 20), b"Transfer-Encoding: chunked")
    connection.sendall(start)
    piece = b"x" * (1 << 20)
    framed = piece if announced else b"%x\r\n%b\r\n" % (len(piece), piece)
    answer = b""
    try:
        for _ in range(100):
            connection.sendall(framed)
    except OSError:
        pass
    try:
        while part := connection.recv(1 << 16):
            answer += part
    except ConnectionResetError:
        pass
    connection.close()
    assert answer.startswith(b"HTTP/1.1 413"), answer[:200]
    assert b"larger than 16 MiB" in answer
    assert resident(worker) - before < 40 << 20


WRONG = [
    (b"{", 400, None),
    (b"[]", 400, None),
    (b'{"messages": [{"role": "user", "content": "hi"}]}', 400, "model"),
    (b'{"model": 7, "messages": [{"role": "user", "content": "hi"}]}', 400, "model"),
    (b'{"model": "gpt-4o-mini", "messages": []}', 400, "messages"),
    (b'{"model": "gpt-4o-mini", "messages": "hi"}', 400, "messages"),
    (b'{"model": "gpt-4o-mini", "messages": [{}], "stream": "yes"}', 400, "stream"),
    (b'{"model": "gpt-4o-mini", "messages": [{}], "max_tokens": -1}', 400, "max_tokens"),
    (b'{"model": "no-such-model", "messages": [{}]}', 404, "model"),
]


@pytest.mark.parametrize(("body", "status", "field"), WRONG, ids=str)
def test_a_wrong_request_is_told_what_is_wrong(
    gateway: Gateway, key: str, body: bytes, status: int, field: str | None
) -> None:
    answer = gateway.request(
        "POST",
        "/v1/chat/completions",
        body,
        {"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
    )
    error = answer.json()["error"]
    assert (answer.status, error["param"]) == (status, field)
    assert answer.headers["x-oneapi-request-id"] in error["message"]


@pytest.mark.parametrize(
    "path", ["chat/completions", "embeddings", "images/generations", "messages/count_tokens"]
)
def test_a_form_where_json_belongs_is_refused(
    gateway: Gateway, key: str, vendor: FakeVendor, path: str
) -> None:
    asked = len(vendor.requests)
    form = (
        b'--x\r\nContent-Disposition: form-data; name="model"\r\n\r\ngpt-4o-mini\r\n'
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n?\r\n--x--\r\n'
    )
    headers = {
        "Authorization": f"Bearer {key}",
        "Content-Type": "multipart/form-data; boundary=x",
    }
    answer = gateway.request("POST", f"/v1/{path}", form, headers)
    assert answer.status == 415
    assert "application/json" in answer.json()["error"]["message"]
    assert len(vendor.requests) == asked


def test_the_wrong_method_is_told_the_right_one(gateway: Gateway, key: str) -> None:
    answer = gateway.request("GET", "/v1/chat/completions", headers={"x-api-key": key})
    assert (answer.status, answer.headers["allow"]) == (405, "POST")
    assert "POST" in answer.json()["error"]["message"]


@pytest.mark.parametrize(("path", "status"), [("messages", 405), ("messages/batches", 404)])
def test_a_path_of_anthropic_is_refused_in_its_dialect(
    gateway: Gateway, key: str, path: str, status: int
) -> None:
    answer = gateway.request("GET", f"/v1/{path}", headers={"x-api-key": key})
    assert (answer.status, answer.json()["type"]) == (status, "error")


def test_rubbish_never_ends_the_process(gateway: Gateway, key: str, vendor: FakeVendor) -> None:
    chance = random.Random(7)
    workers = gateway.worker_pids()
    valid = head(key, 2) + b"{}"
    for number in range(300):
        message = bytearray(valid)
        for _ in range(chance.randrange(1, 20)):
            message[chance.randrange(len(message))] = chance.randrange(256)
        rubbish = bytes(message) if number % 3 else chance.randbytes(chance.randrange(1, 2000))
        with socket.create_connection(("127.0.0.1", gateway.port), timeout=5) as connection:
            try:
                connection.sendall(rubbish)
                connection.shutdown(socket.SHUT_WR)
                while connection.recv(1 << 16):
                    pass
            except OSError:
                pass
    vendor.script(json_answer(chat_document()))
    assert gateway.chat(key).status == 200
    assert gateway.worker_pids() == workers
