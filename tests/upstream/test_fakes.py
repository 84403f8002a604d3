"""The scripted vendor itself: what other tests rely on."""

import json
import socket
import urllib.error
import urllib.request

import pytest

from tests.fakes import (
    DONE,
    Answer,
    FakeClock,
    FakeVendor,
    Gate,
    big_line_answer,
    chat_events,
    error_answer,
    half_json_answer,
    html_answer,
    never_closing,
    silence,
    stream_answer,
    wait_until,
)


def fetched(vendor: FakeVendor, body: bytes | None = None) -> bytes:
    with urllib.request.urlopen(f"{vendor.url}/v1/x", data=body, timeout=10) as answer:
        return answer.read()


def asked(vendor: FakeVendor) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", vendor.port), timeout=10)
    connection.sendall(b"GET /v1/x HTTP/1.1\r\n\r\n")
    return connection


def test_from_a_thread_it_answers_and_remembers() -> None:
    with FakeVendor.in_thread() as vendor:
        document = json.loads(fetched(vendor, b'{"model": "m"}'))
        assert document["model"] == "m"
        stream = fetched(vendor, b'{"stream": true, "stream_options": {"include_usage": true}}')
        assert stream == b"".join(chat_events(["Hel", "lo", "!"], (10, 5)))
        assert stream.endswith(DONE)
        assert [got.method for got in vendor.requests] == ["POST", "POST"]
        assert vendor.requests[0].json() == {"model": "m"}
    with pytest.raises(urllib.error.URLError):
        fetched(vendor)


def test_scripts_come_in_order() -> None:
    with FakeVendor.in_thread() as vendor:
        vendor.script(half_json_answer(), html_answer(502), error_answer(429), big_line_answer())
        assert fetched(vendor).endswith(b"mess")
        for status in (502, 429):
            with pytest.raises(urllib.error.HTTPError) as caught:
                fetched(vendor)
            assert caught.value.code == status
            caught.value.close()
        assert len(fetched(vendor)) > 1 << 20


@pytest.mark.parametrize("answer", [silence(), never_closing(b"x"), stream_answer(b"x", Gate())])
def test_a_client_that_leaves_is_noticed(answer: Answer) -> None:
    with FakeVendor.in_thread() as vendor:
        vendor.default = answer
        with asked(vendor):
            wait_until(lambda: vendor.requests)
            assert vendor.abandoned == []
        wait_until(lambda: len(vendor.abandoned) == 1)
        wait_until(lambda: vendor.open_connections == 0)


def test_gates_open_from_another_thread() -> None:
    gate = Gate()
    with FakeVendor.in_thread() as vendor:
        vendor.script(stream_answer(b"one", gate, b"two"))
        with asked(vendor) as connection:
            wait_until(lambda: gate.reached)
            gate.open()
            got = b""
            while not got.endswith(b"0\r\n\r\n"):
                got += connection.recv(1000)
        assert got.endswith(b"3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n")
        assert vendor.abandoned == []


def test_the_clock_moves_when_told() -> None:
    clock = FakeClock(10.0)
    clock.advance(2.5)
    assert clock() == 12.5
