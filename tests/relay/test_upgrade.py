"""`Upgrade` means nothing where no other protocol is served: the body stays a body, on both planes (RFC 9110 §7.8)."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from tests.fakes import FakeVendor
from tests.gateway import ACCESS, Gateway, free_port
from tests.nginx import nginx
from tests.relay.raw_http import (
    RawAnswer,
    RawClient,
    chat_body,
    chat_lines,
    connected,
    request_head,
)

CHAT = "/v1/chat/completions"
UPGRADES = [
    ("Upgrade: x", "Connection: Upgrade"),
    ("Upgrade: websocket", "Connection: keep-alive, Upgrade"),
    ("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAEAAEAAAAIAAAAB"),
    ("uPGRADE: h2c", "CONNECTION: upgrade"),
    ("Upgrade: a", "Upgrade: b", "Connection: Upgrade"),
    ("Upgrade: x", "Upgrade: x", "Connection: close, Upgrade"),
]


@pytest.fixture
def client(gateway: Gateway) -> Iterator[RawClient]:
    with connected(gateway.port) as client:
        yield client


def smuggled() -> bytes:
    """A whole request that is another one's body."""
    return request_head("/v1/models", ["Authorization: Bearer sk-nobody"], method="GET")


@pytest.mark.fault("A3")
@pytest.mark.parametrize("lines", UPGRADES, ids=" | ".join)
@pytest.mark.parametrize("apart", [False, True], ids=["together", "apart"])
def test_a_body_behind_upgrade_is_a_body(
    client: RawClient, key: str, vendor: FakeVendor, lines: tuple[str, ...], apart: bool
) -> None:
    body = chat_body()
    head = request_head(CHAT, chat_lines(key, body, *lines))
    client.send(*([head, body] if apart else [head + body]))
    answer = client.read()
    assert answer.status == 200, answer
    assert json.loads(answer.body)["object"] == "chat.completion"
    assert vendor.requests[-1].body == body


@pytest.mark.fault("A3")
@pytest.mark.parametrize("lines", UPGRADES[:4], ids=" | ".join)
@pytest.mark.parametrize(
    ("target", "status"), [(CHAT, 400), ("/api/user/login", 200), ("/api/nowhere", 404)]
)
def test_a_request_inside_a_body_is_never_run(
    client: RawClient, key: str, lines: tuple[str, ...], target: str, status: int
) -> None:
    inner = smuggled()
    head = request_head(target, chat_lines(key, inner, *lines))
    follows = request_head("/healthz", method="GET")
    client.send(head, inner, follows)
    first, second = client.read(), client.read()
    assert (first.status, second.status) == (status, 200)
    assert second.body == b'{"status":"alive"}'


@pytest.mark.fault("A3")
@pytest.mark.parametrize("pieces", [1, 3, 1000])
def test_a_chunked_body_behind_upgrade_is_a_body(
    client: RawClient, key: str, vendor: FakeVendor, pieces: int
) -> None:
    body = chat_body()
    lines = [f"Authorization: Bearer {key}", "Transfer-Encoding: chunked", *UPGRADES[0]]
    whole = request_head(CHAT, lines) + b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
    size = -(-len(whole) // pieces)
    client.send(*(whole[at : at + size] for at in range(0, len(whole), size)))
    assert client.read().status == 200
    assert vendor.requests[-1].body == body


@pytest.mark.fault("A3")
def test_a_wish_in_the_trailers_is_none(client: RawClient, key: str) -> None:
    body = chat_body()
    lines = [f"Authorization: Bearer {key}", "Transfer-Encoding: chunked", "Connection: Upgrade"]
    chunks = b"%x\r\n%b\r\n0\r\nUpgrade: x\r\n\r\n" % (len(body), body)
    client.send((request_head(CHAT, lines) + chunks) * 2)
    assert [client.read().status for _ in range(2)] == [200, 200]


@pytest.mark.fault("A3")
def test_many_pipelined_upgrades_are_as_many_answers(client: RawClient, key: str) -> None:
    body = chat_body()
    once = request_head(CHAT, chat_lines(key, body, *UPGRADES[2])) + body
    client.send(once * 20)
    assert [client.read().status for _ in range(20)] == [200] * 20


@pytest.mark.fault("A3")
def test_management_takes_a_document_behind_upgrade(client: RawClient) -> None:
    body = json.dumps({"name": "upgraded", "unlimited_quota": True}).encode()
    lines = [
        f"Authorization: {ACCESS}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        *UPGRADES[2],
    ]
    client.send(request_head("/api/token/", lines), body)
    assert json.loads(client.read().body)["success"] is True


@pytest.mark.fault("A3")
@pytest.mark.parametrize("target", ["x:443", "/v1/models"])
def test_connect_is_refused_and_nothing_behind_it_is_run(client: RawClient, target: str) -> None:
    client.send(request_head(target, method="CONNECT") + smuggled())
    answer = client.read()
    assert answer.status == 405
    assert answer.headers["connection"] == "close"
    assert client.rest() == b""


@pytest.mark.fault("A3")
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_any_spelling_and_any_split(
    gateway: Gateway, key: str, vendor: FakeVendor, data: st.DataObject
) -> None:
    body = chat_body()
    lines = [*chat_lines(key, body), *data.draw(st.sampled_from(UPGRADES))]
    lines = data.draw(st.permutations([_spelled(line, data) for line in lines]))
    whole = request_head(CHAT, lines) + body
    cuts = sorted(data.draw(st.sets(st.integers(1, len(whole) - 1), max_size=4)))
    with connected(gateway.port) as client:
        client.send(*(whole[a:b] for a, b in zip([0, *cuts], [*cuts, None], strict=True)))
        assert client.read().status == 200
    assert vendor.requests[-1].body == body


def _spelled(line: str, data: st.DataObject) -> str:
    name, _, value = line.partition(": ")
    upper = data.draw(st.lists(st.booleans(), min_size=len(name), max_size=len(name)))
    spelled = "".join(c.upper() if u else c.lower() for c, u in zip(name, upper, strict=True))
    return spelled + ":" + data.draw(st.sampled_from(["", " ", "\t", "  "])) + value


NGINX = """
daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c;
    uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
    map $http_upgrade $connection_upgrade {{ default upgrade; '' ''; }}
    upstream gateway {{ server 127.0.0.1:{gateway}; keepalive 4; }}
    server {{
        listen 127.0.0.1:{port};
        location / {{
            proxy_pass http://gateway;
            proxy_http_version 1.1;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection $connection_upgrade;
            proxy_set_header Host $host;
            proxy_request_buffering {buffering};
        }}
    }}
}}
"""


@pytest.fixture(params=["on", "off"])
def proxied(request: pytest.FixtureRequest, gateway: Gateway, tmp_path: Path) -> Iterator[int]:
    """The port of an nginx with the usual WebSocket lines and kept connections in front."""
    port = free_port()
    configuration = NGINX.format(
        folder=tmp_path, gateway=gateway.port, port=port, buffering=request.param
    )
    with nginx(configuration, port, tmp_path):
        yield port


@pytest.mark.fault("A3")
def test_behind_nginx_nobody_runs_another_ones_request(proxied: int, key: str) -> None:
    """An attacker pours requests into bodies behind `Upgrade`, while others use the same kept connections."""
    statuses: list[int] = []

    def attack() -> None:
        inner = smuggled()
        for _ in range(60):
            with connected(proxied) as client:
                client.send(request_head(CHAT, chat_lines(key, inner, *UPGRADES[0])), inner)
                statuses.append(client.read().status)

    attacker = threading.Thread(target=attack)
    attacker.start()
    body = chat_body()
    answers: list[RawAnswer] = []
    with connected(proxied) as honest:
        while attacker.is_alive() or len(answers) < 60:
            honest.send(request_head(CHAT, chat_lines(key, body)) + body)
            answers.append(honest.read())
    attacker.join()
    assert {answer.status for answer in answers} == {200}
    assert {json.loads(answer.body)["object"] for answer in answers} == {"chat.completion"}
    assert set(statuses) == {400}
