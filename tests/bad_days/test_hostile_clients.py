"""Clients that mean harm: work and memory before the key is good, bodies that never come, answers that nobody reads."""

import gzip
import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.bad_days.test_clients import resident
from tests.fakes import FakeVendor, Gate, chat_events, stream_answer, wait_until
from tests.gateway import ROOT_KEY, Gateway, chat_request
from tests.relay.raw_http import RawClient, chat_body, chat_lines, connected, request_head

CHAT = "/v1/chat/completions"
MIB = 1 << 20
SECRET = f"sk-{ROOT_KEY}"


@pytest.fixture(scope="module")
def vendor() -> Iterator[FakeVendor]:
    with FakeVendor.in_thread() as vendor:
        yield vendor


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory, vendor: FakeVendor) -> Iterator[Gateway]:
    settings = {"MAX_BODY_MB": "16", "CLIENT_TIMEOUT": "1", "MAX_CONNECTIONS_PER_ADDRESS": "200"}
    with Gateway(tmp_path_factory.mktemp("gateway"), env=settings) as running:
        running.serve(vendor.url, "gpt-4o-mini")
        yield running


@pytest.fixture
def client(gateway: Gateway) -> Iterator[RawClient]:
    with connected(gateway.port) as client:
        yield client


def announced(target: str, size: int, *lines: str, method: str = "POST") -> bytes:
    return request_head(target, [f"Content-Length: {size}", *lines], method=method)


@pytest.mark.fault("A5")
@pytest.mark.parametrize(
    ("target", "lines", "status"),
    [
        (CHAT, (), 401),
        (CHAT, ("Authorization: Bearer sk-nobody",), 401),
        (CHAT, ("x-api-key: sk-nobody",), 401),
        (CHAT, (f"api-key: {'x' * 5_000}",), 401),
        ("/v1/messages", ("x-api-key: sk-nobody", "Expect: 100-continue"), 401),
        ("/v1/audio/transcriptions", ("Content-Type: multipart/form-data; boundary=x",), 401),
        ("/v1/nothing", (f"Authorization: Bearer {SECRET}",), 404),
        ("/v1/models", (f"Authorization: Bearer {SECRET}",), 405),
        (CHAT, ("Authorization: Bearer sk-nobody", "Content-Encoding: gzip"), 401),
    ],
)
def test_a_body_that_is_not_welcome_is_refused_before_it_comes(
    client: RawClient, target: str, lines: tuple[str, ...], status: int
) -> None:
    client.send(announced(target, 10 * MIB, *lines))
    answer = client.read()
    assert answer.status == status
    assert answer.headers["connection"] == "close"


@pytest.mark.fault("A5")
def test_the_body_of_a_key_that_is_not_known_yet_waits_for_it(
    gateway: Gateway, client: RawClient, vendor: FakeVendor
) -> None:
    key = gateway.add_key()
    body = chat_body()
    head = request_head(CHAT, chat_lines(key, body, "Expect: 100-continue"))
    client.send(head)
    assert client.read().status == 100
    client.send(body)
    assert client.read().status == 200
    assert vendor.requests[-1].body == body


@pytest.mark.fault("A5")
@pytest.mark.parametrize("how", ["plain", "chunked", "gzip", "deflate"])
def test_a_large_body_arrives_whole(client: RawClient, vendor: FakeVendor, how: str) -> None:
    text = os.urandom(2 * MIB).hex()
    body = json.dumps(chat_request() | {"messages": [{"role": "user", "content": text}]}).encode()
    lines = [f"Authorization: Bearer {SECRET}", "Content-Type: application/json"]
    sent = body
    if how in ("gzip", "deflate"):
        sent = gzip.compress(body, 1) if how == "gzip" else zlib_compressed(body)
        lines.append(f"Content-Encoding: {how}")
    if how == "chunked":
        lines.append("Transfer-Encoding: chunked")
        pieces = [sent[at : at + 50_000] for at in range(0, len(sent), 50_000)]
        sent = b"".join(b"%x\r\n%b\r\n" % (len(p), p) for p in pieces) + b"0\r\n\r\n"
    else:
        lines.append(f"Content-Length: {len(sent)}")
    client.send(request_head(CHAT, lines), sent)
    assert client.read().status == 200
    assert vendor.requests[-1].body == body


def zlib_compressed(body: bytes) -> bytes:
    import zlib

    return zlib.compress(body, 1)


@pytest.mark.fault("A5")
@pytest.mark.parametrize("target", [CHAT, "/api/user/login", "/api/token/"])
@pytest.mark.parametrize("begin", [b"", b"{"], ids=["nothing", "a byte"])
def test_a_body_that_never_comes_is_given_up(client: RawClient, target: str, begin: bytes) -> None:
    client.send(announced(target, 50_000, f"Authorization: Bearer {SECRET}") + begin)
    answer = client.read()
    assert answer.status == 408
    assert ("success" in json.loads(answer.body)) == target.startswith("/api")
    assert client.rest() == b""


@pytest.mark.fault("A5")
def test_bodies_without_a_good_key_take_no_memory(gateway: Gateway) -> None:
    (worker,) = gateway.worker_pids()
    before = resident(worker)
    clients = [RawClient(gateway.port) for _ in range(40)]
    piece = b"x" * MIB
    for number, client in enumerate(clients):
        lines = ["Authorization: Bearer sk-nobody"] if number % 2 else []
        client.send(announced(CHAT, 15 * MIB, *lines))
        for _ in range(3):
            try:
                client.send(piece)
            except OSError:
                break
    assert resident(worker) - before < 16 * MIB
    assert gateway.request("GET", "/healthz").status == 200
    for client in clients:
        client.close()


@pytest.mark.fault("A5")
def test_bodies_with_a_good_key_take_little_until_they_are_whole(gateway: Gateway) -> None:
    (worker,) = gateway.worker_pids()
    before = resident(worker)
    clients = [RawClient(gateway.port) for _ in range(20)]
    for client in clients:
        client.send(announced(CHAT, 15 * MIB, f"Authorization: Bearer {SECRET}"))
        client.send(b"x" * (14 * MIB))
    assert resident(worker) - before < 64 * MIB
    for client in clients:
        client.close()


@pytest.mark.fault("A5")
def test_a_bomb_costs_a_stranger_nothing_and_a_key_a_refusal(client: RawClient) -> None:
    bomb = gzip.compress(b"x" * (15 * MIB))
    for key, status in ((SECRET, 413), ("sk-nobody", 401)):
        lines = [*chat_lines(key, bomb), "Content-Encoding: gzip"]
        client.send(request_head(CHAT, lines) + bomb)
        assert client.read().status == status


@pytest.mark.fault("A5")
def test_a_stranger_s_management_body_is_small(client: RawClient) -> None:
    client.send(announced("/api/user/login", 500_000))
    answer = client.read()
    assert answer.status == 413
    assert "65536" in json.loads(answer.body)["message"]


@pytest.mark.fault("A5")
def test_an_address_has_so_many_connections(tmp_path: Path, vendor: FakeVendor) -> None:
    settings = {"MAX_CONNECTIONS_PER_ADDRESS": "3", "TRUSTED_PROXIES": "none"}
    with Gateway(tmp_path, env=settings) as gateway:
        clients = [RawClient(gateway.port) for _ in range(3)]
        for client in clients:
            client.send(request_head("/healthz", method="GET"))
            assert client.read().status == 200
        with connected(gateway.port) as fourth:
            assert fourth.read().status == 429
            assert fourth.rest() == b""
        clients.pop().close()
        wait_until(lambda: gateway.request("GET", "/healthz").status == 200)
        for client in clients:
            client.close()


@pytest.mark.fault("A7")
def test_who_never_reads_is_given_up_as_if_it_had_left(
    gateway: Gateway, vendor: FakeVendor
) -> None:
    before = consumed(gateway)
    gone = len(vendor.abandoned)
    events = chat_events(["x" * 65_536] * 300)
    vendor.script(stream_answer(*events[:-1], Gate(), events[-1]))
    client = RawClient(gateway.port)
    client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    body = chat_body(stream=True, max_tokens=10)
    client.send(request_head(CHAT, chat_lines(SECRET, body)) + body)
    wait_until(lambda: len(vendor.abandoned) > gone, 30)
    wait_until(lambda: len(consumed(gateway)) > len(before), 10)
    row = consumed(gateway)[-1]
    assert json.loads(row["detail"])["ended"] == "client_left"
    client.close()


def consumed(gateway: Gateway) -> list[Any]:
    return gateway.rows("SELECT * FROM logs WHERE type = 2 ORDER BY id")
