"""HTTP as clients really speak it, on raw sockets against the running product; and what we lean on inside uvicorn."""

import gzip
import inspect
import json
import socket
import time
from collections.abc import Iterator

import pytest
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from tests.fakes import FakeVendor, Gate, chat_document, chat_events, json_answer, stream_answer
from tests.gateway import Gateway, chat_request
from tests.relay.raw_http import connected, request_head
from tests.relay.spellings import CHAT, REFUSED


@pytest.fixture
def wire(gateway: Gateway) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=10) as connection:
        yield connection


def message(key: str, *headers: str, version: str = "1.1", stream: bool = False) -> bytes:
    body = json.dumps(chat_request(stream=stream)).encode()
    return framed(key, body, *headers, version=version)


def framed(key: str, body: bytes, *headers: str, version: str = "1.1") -> bytes:
    lines = [
        f"POST /v1/chat/completions HTTP/{version}",
        "Host: x",
        f"Authorization: Bearer {key}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        *headers,
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def read_answer(connection: socket.socket, rest: bytes = b"") -> tuple[bytes, bytes, bytes]:
    """Return head, body and what came behind them."""
    while b"\r\n\r\n" not in rest:
        piece = connection.recv(1 << 16)
        assert piece, rest
        rest += piece
    head, _, rest = rest.partition(b"\r\n\r\n")
    length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
    while len(rest) < length:
        rest += connection.recv(1 << 16)
    return head, rest[:length], rest[length:]


def is_answer(body: bytes) -> bool:
    return bool(json.loads(body)["object"] == "chat.completion")


def test_a_connection_serves_many_requests(wire: socket.socket, key: str) -> None:
    for _ in range(3):
        wire.sendall(message(key))
        head, body, _ = read_answer(wire)
        assert head.startswith(b"HTTP/1.1 200")
        assert is_answer(body)


def test_sdks_find_the_request_id_under_their_names(gateway: Gateway, key: str) -> None:
    authorized = {"Authorization": f"Bearer {key}"}
    for answer in (
        gateway.chat(key),
        gateway.chat(key, stream=True),
        gateway.chat("sk-nobody"),
        gateway.request("GET", "/v1/models", headers=authorized),
    ):
        ours = answer.headers["x-oneapi-request-id"]
        assert ours
        assert (answer.headers["x-request-id"], answer.headers["request-id"]) == (ours, ours)


def test_every_request_of_a_connection_is_itself(
    wire: socket.socket, key: str, vendor: FakeVendor
) -> None:
    """The head is the same each time and is not parsed again; body, key and answer are each request's own."""
    for number in (1, 22, 333):
        vendor.script(json_answer(chat_document(f"answer {number}")))
        asked = json.dumps(chat_request() | {"user": "u" * number}).encode()
        wire.sendall(framed(key, asked))
        answer = json.loads(read_answer(wire)[1])
        assert answer["choices"][0]["message"]["content"] == f"answer {number}"
        assert vendor.requests[-1].body == asked

    wire.sendall(framed("sk-another", asked))
    assert read_answer(wire)[0].startswith(b"HTTP/1.1 401")
    wire.sendall(framed(key, b'{"model":'))
    assert read_answer(wire)[0].startswith(b"HTTP/1.1 400")
    wire.sendall(framed(key, asked, "Connection: close"))
    assert b"connection: close" in read_answer(wire)[0].lower()


def test_a_known_head_may_come_in_pieces_or_twice(wire: socket.socket, key: str) -> None:
    once = message(key)
    wire.sendall(once)
    assert is_answer(read_answer(wire)[1])
    for cut in (10, len(once) - 5):
        wire.sendall(once[:cut])
        time.sleep(0.02)  # so that they are read one by one
        wire.sendall(once[cut:])
        assert is_answer(read_answer(wire)[1])
    wire.sendall(once + once)
    _, first, rest = read_answer(wire)
    assert is_answer(first)
    assert is_answer(read_answer(wire, rest)[1])


def test_a_body_that_looks_like_a_request_is_a_body(
    wire: socket.socket, key: str, vendor: FakeVendor
) -> None:
    inner = message(key)
    wire.sendall(inner)
    read_answer(wire)
    before = len(vendor.requests)
    head = framed(key, inner)
    wire.sendall(head[: -len(inner)])
    time.sleep(0.02)
    wire.sendall(inner)  # is the body of the head before it, and no JSON
    assert read_answer(wire)[0].startswith(b"HTTP/1.1 400")
    assert len(vendor.requests) == before


def test_a_request_may_come_byte_by_byte(wire: socket.socket, key: str) -> None:
    for byte in message(key):
        wire.sendall(bytes([byte]))
    assert is_answer(read_answer(wire)[1])


def test_pipelined_requests_are_answered_in_order(
    wire: socket.socket, key: str, vendor: FakeVendor
) -> None:
    gate = Gate()
    slow, quick = chat_document("slow"), chat_document("quick")
    body = json.dumps(slow).encode()
    vendor.script(stream_answer(gate, body, content_type="application/json"), json_answer(quick))
    wire.sendall(message(key) + message(key))
    gate.open()
    _, first, rest = read_answer(wire)
    _, second, _ = read_answer(wire, rest)
    contents = [json.loads(b)["choices"][0]["message"]["content"] for b in (first, second)]
    assert contents == ["slow", "quick"]


def test_relay_and_management_share_a_connection(wire: socket.socket, key: str) -> None:
    wire.sendall(message(key) + b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n" + message(key))
    _, _, rest = read_answer(wire)
    _, _, rest = read_answer(wire, rest)
    assert is_answer(read_answer(wire, rest)[1])


def test_connection_close_is_honoured(wire: socket.socket, key: str) -> None:
    wire.sendall(message(key, "Connection: close"))
    head, _, _ = read_answer(wire)
    assert b"connection: close" in head.lower()
    assert wire.recv(10) == b""


def test_http_1_0_gets_a_stream_until_close(wire: socket.socket, key: str) -> None:
    wire.sendall(message(key, version="1.0", stream=True))
    received = b""
    while piece := wire.recv(1 << 16):
        received += piece
    head, _, body = received.partition(b"\r\n\r\n")
    assert b"transfer-encoding" not in head.lower()
    assert body.endswith(b"data: [DONE]\n\n")


def test_expect_100_continue_is_answered_first(wire: socket.socket, key: str) -> None:
    head, _, body = message(key, "Expect: 100-continue").partition(b"\r\n\r\n")
    wire.sendall(head + b"\r\n\r\n")
    assert wire.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
    wire.sendall(body)
    assert is_answer(read_answer(wire)[1])


def test_a_chunked_body_is_a_body(wire: socket.socket, key: str) -> None:
    body = json.dumps(chat_request()).encode()
    head = framed(key, b"").replace(b"Content-Length: 0", b"Transfer-Encoding: chunked")
    pieces = b"".join(b"%x\r\n%b\r\n" % (len(b), b) for b in (body[:7], body[7:]))
    wire.sendall(head + pieces + b"0\r\n\r\n")
    assert is_answer(read_answer(wire)[1])


def test_a_gzip_body_is_unpacked(wire: socket.socket, key: str) -> None:
    packed = gzip.compress(json.dumps(chat_request()).encode())
    wire.sendall(framed(key, packed, "Content-Encoding: gzip"))
    assert is_answer(read_answer(wire)[1])


def test_a_gzip_bomb_is_refused(wire: socket.socket, key: str) -> None:
    wire.sendall(framed(key, gzip.compress(b"x" * (70 << 20)), "Content-Encoding: gzip"))
    assert read_answer(wire)[0].startswith(b"HTTP/1.1 413")


SMUGGLED = [
    "Content-Length: 5\r\nTransfer-Encoding: chunked",
    "Content-Length: 5\r\nContent-Length: 6",
    "Content-Length: -1",
    "Content-Length: 0x10",
    "Transfer-Encoding: identity, chunked, gzip",
]


@pytest.mark.fault("A10")
@pytest.mark.parametrize(("request_bytes", "status"), REFUSED, ids=lambda case: repr(case)[:90])
@pytest.mark.parametrize("path", [CHAT, "/api/status", "/"])
def test_what_is_no_request_is_refused_on_every_plane(
    gateway: Gateway, request_bytes: bytes, status: int, path: str
) -> None:
    with connected(gateway.port) as client:
        client.send(request_bytes.replace(CHAT.encode(), path.encode()))
        answer = client.read()
        assert answer.status == status, answer
        assert client.rest() == b""


@pytest.mark.fault("A10")
def test_a_refusal_is_said_in_the_dialect_of_its_path(gateway: Gateway) -> None:
    said: list[set[str]] = []
    for path in ("/v1/messages", CHAT, "/api/status"):
        with connected(gateway.port) as client:
            client.send(request_head(path).replace(b"Host: x", b"Host: x\r\nHost: y"))
            said.append(set(json.loads(client.read().body)))
    assert said[0] >= {"type", "error"}
    assert said[1:] == [{"error"}, {"success", "message"}]


@pytest.mark.parametrize("framing", SMUGGLED)
def test_a_body_that_ends_in_two_places_is_refused(
    wire: socket.socket, key: str, framing: str, vendor: FakeVendor
) -> None:
    before = len(vendor.requests)
    head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\n"
    wire.sendall(f"{head}{framing}\r\n\r\n0\r\n\r\nGET /x HTTP/1.1\r\n\r\n".encode())
    received = b""
    while piece := wire.recv(1 << 16):
        received += piece
    assert received.startswith(b"HTTP/1.1 400"), received
    assert received.count(b"content-length") == 1
    assert len(vendor.requests) == before


def test_endless_headers_are_refused(wire: socket.socket) -> None:
    wire.sendall(b"GET /v1/models HTTP/1.1\r\n" + b"X-Filler: " + b"x" * 80_000)
    assert wire.recv(100).startswith(b"HTTP/1.1 431")


@pytest.mark.fault("A10")
@pytest.mark.parametrize(
    ("path", "status"), [("/v1/models", 200), (CHAT, 405), ("/v1/nothing", 404), ("/healthz", 200)]
)
def test_head_gets_no_body(gateway: Gateway, key: str, path: str, status: int) -> None:
    with connected(gateway.port) as client:
        once = request_head(path, [f"Authorization: Bearer {key}"], method="HEAD")
        client.send(once + once)
        for _ in range(2):
            answer = client.read(has_body=False)
            assert (answer.status, int(answer.headers["content-length"]) > 0) == (status, True)
        client.send(request_head("/healthz", ["Connection: close"], method="GET"))
        assert client.read().body == b'{"status":"alive"}'


@pytest.mark.fault("A10")
@pytest.mark.parametrize("path", ["/v1/models", "/api/status"])
def test_a_whole_url_is_a_target(gateway: Gateway, key: str, path: str) -> None:
    with connected(gateway.port) as client:
        lines = [f"Authorization: Bearer {key}"]
        client.send(request_head(f"http://x:1{path}", lines, method="GET"))
        assert client.read().status == 200


def test_preflights_are_answered_for_browsers(gateway: Gateway) -> None:
    answer = gateway.request("OPTIONS", "/v1/chat/completions", headers={"Origin": "https://x"})
    assert answer.status == 204
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "POST" in answer.headers["access-control-allow-methods"]


@pytest.mark.parametrize("header", ["Authorization", "x-api-key", "api-key"])
def test_every_form_of_key_is_taken(gateway: Gateway, key: str, header: str) -> None:
    for value in (key, key.removeprefix("sk-")):
        assert gateway.request("GET", "/v1/models", headers={header: value}).status == 200


def test_the_first_event_leaves_before_the_last_has_come(
    wire: socket.socket, key: str, vendor: FakeVendor
) -> None:
    gate = Gate()
    events = chat_events(["first", "second"])
    vendor.script(stream_answer(*events[:2], gate, *events[2:]))
    wire.sendall(message(key, stream=True))
    received = b""
    while b"first" not in received:
        received += wire.recv(1 << 16)
    assert b"second" not in received
    gate.open()
    while b"[DONE]" not in received:
        received += wire.recv(1 << 16)


def test_what_we_lean_on_in_uvicorn_is_there() -> None:
    wanted = {"on_message_begin", "on_header", "on_headers_complete", "on_body", "data_received"}
    wanted |= {"on_message_complete", "on_response_complete", "shutdown"}
    assert wanted <= set(vars(HttpToolsProtocol))
    assert list(inspect.signature(HttpToolsProtocol.__init__).parameters) == [
        "self",
        "config",
        "server_state",
        "app_state",
        "_loop",
    ]
    made = inspect.getsource(RequestResponseCycle.__init__)
    for name in ("disconnected", "message_event", "response_complete", "response_started", "scope"):
        assert f"self.{name}" in made
