"""Heads that come again: recognised byte for byte, and nothing else taken for one."""

import pytest

from oneapi.relay.intake import Intake, Limits
from oneapi.relay.repeats import Repeat, learned

HEADERS = {b"host": b"x", b"authorization": b"Bearer sk-a", b"content-type": b"application/json"}
URL = b"/v1/chat/completions"


def message(
    body: bytes, *, length: bytes | None = None, more: bytes = b"", key: bytes = b"a"
) -> bytes:
    said = b"%d" % len(body) if length is None else length
    return (
        b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer sk-%b\r\n"
        b"Content-Length: %b\r\nContent-Type: application/json\r\n%b\r\n%b"
        % (key, said, more, body)
    )


def intake(**headers: bytes) -> Intake:
    given = {name.replace("_", "-").encode(): value for name, value in headers.items()}
    return Intake("POST", URL, HEADERS | given, "request-1", Limits())


def repeat() -> Repeat:
    found = learned(message(b"{}"), URL, intake(content_length=b"2"))
    assert found is not None
    return found


@pytest.mark.parametrize("body", [b"", b"{}", b'{"model":"m"}', b"x" * 99_999])
def test_the_same_head_is_recognised_whatever_the_length(body: bytes) -> None:
    assert repeat().body(message(body)) == body


@pytest.mark.parametrize(
    "data",
    [
        message(b"{}", key=b"b"),
        message(b"{}", more=b"X-More: 1\r\n"),
        message(b"{}", length=b"1"),
        message(b"{}", length=b"3"),
        message(b"{}", length=b""),
        message(b"{}", length=b"-2"),
        message(b"{}", length=b"+2"),
        message(b"{}", length=b"2, 2"),
        message(b"{}", length=b"0x2"),
        message(b"{}", length=b"2 "),
        message(b"{}", length=b"00000002"),
        message(b"{}", length="²".encode()),
        message(b"{}") + message(b"{}"),
        message(b"{}")[:-1],
        message(b"{}").replace(b"POST", b"PUT "),
        message(b"{}").replace(b"\r\n", b"\n"),
        b"x" + message(b"{}"),
        message(b"x" * 300_000),
        b"",
    ],
)
def test_anything_else_goes_through_the_parser(data: bytes) -> None:
    assert repeat().body(data) is None


@pytest.mark.parametrize(
    ("more", "header"),
    [
        (b"Transfer-Encoding: chunked\r\n", {"transfer_encoding": b"chunked"}),
        (b"Expect: 100-continue\r\n", {"expect": b"100-continue"}),
        (b"Upgrade: h2c\r\n", {"upgrade": b"h2c"}),
        (b"Connection: close\r\n", {"connection": b"close"}),
        (b"Connection: content-type\r\n", {"connection": b"content-type"}),
        (b"Content-Length: 2\r\n", {}),
        (b"X-Long: " + b"x" * 5_000 + b"\r\n", {"x_long": b"x" * 5_000}),
    ],
)
def test_unusual_heads_are_not_learned(more: bytes, header: dict[str, bytes]) -> None:
    assert learned(message(b"{}", more=more), URL, intake(content_length=b"2", **header)) is None


def test_forms_and_old_clients_are_not_learned() -> None:
    form = intake(content_type=b"multipart/form-data; boundary=x")
    old = intake()
    old.http_1_0 = True
    try:
        assert learned(message(b"{}"), URL, form) is None
        assert learned(message(b"{}"), URL, old) is None
    finally:
        form.close()


def test_what_did_not_come_whole_is_not_learned() -> None:
    assert learned(message(b"{}", length=b"3"), URL, intake(content_length=b"3")) is None


def test_a_kept_connection_may_say_so() -> None:
    data = message(b"{}", more=b"Connection: keep-alive\r\n")
    found = learned(data, URL, intake(content_length=b"2", connection=b"keep-alive"))
    assert found is not None
    assert found.body(data) == b"{}"
