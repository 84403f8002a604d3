"""What is a request and what is none: as nginx and h11 have it, whatever the spelling and the split."""

import h11
import pytest
from hypothesis import given, settings, strategies as st

from tests.relay.raw_http import request_head
from tests.relay.spellings import CHAT, HOST, REFUSED, head
from tests.relay.wire import Wire


@pytest.mark.fault("A10")
@pytest.mark.parametrize(("request_bytes", "status"), REFUSED, ids=lambda case: repr(case)[:90])
async def test_what_is_no_request_is_refused_and_nothing_behind_it_is_read(
    request_bytes: bytes, status: int
) -> None:
    wire = Wire()
    wire.send(request_bytes + head(HOST), head(HOST))
    assert wire.statuses == [status]
    assert wire.transport.ended
    assert wire.relay.requests == []
    assert b"connection: close" in wire.transport.written


@pytest.mark.fault("A10")
async def test_a_request_is_answered_before_the_rubbish_behind_it() -> None:
    wire = Wire(lambda request: None)
    wire.send(head(HOST) + b"\x00\x01rubbish")
    assert wire.statuses == []
    wire.relay.open[0].send(200, b"a/b", b"")
    assert wire.statuses == [200, 400]
    assert wire.transport.ended


@pytest.mark.fault("A10")
async def test_rubbish_inside_a_chunked_body_ends_the_connection() -> None:
    wire = Wire()
    wire.send(head(HOST, "Transfer-Encoding: chunked") + b"2\r\nab\r\nzz\r\n" + head(HOST))
    assert wire.statuses == [400]
    assert wire.relay.requests == []


@pytest.mark.fault("A10")
@pytest.mark.parametrize("origin", ["http://x", "https://[::1]:8080", "HTTP://u.example:1"])
async def test_a_whole_url_is_a_target_too(origin: str) -> None:
    wire = Wire()
    wire.send(request_head(f"{origin}{CHAT}?a=b"))
    (asked,) = wire.relay.requests
    assert (asked.path, asked.query) == (CHAT, "a=b")


@pytest.mark.fault("A10")
@pytest.mark.parametrize(("version", "is_told"), [("1.1", True), ("1.0", False)])
async def test_who_speaks_http_1_0_knows_no_interim_answer(version: str, is_told: bool) -> None:
    """RFC 9110 section 10.1.1: such an `Expect` is ignored."""
    wire = Wire()
    first = f"POST {CHAT} HTTP/{version}"
    wire.send(head(HOST, "Expect: 100-continue", "Content-Length: 2", first=first))
    assert (b"100 Continue" in wire.transport.written) == is_told
    wire.send(b"{}")
    assert wire.statuses[-1] == 200


@pytest.mark.fault("A10")
@pytest.mark.parametrize("status", [200, 404])
async def test_head_has_no_body(status: int) -> None:
    wire = Wire(lambda request: None)
    wire.send(request_head("/v1/models", method="HEAD") + head(HOST))
    wire.relay.open[0].send(status, b"application/json", b'{"data":[]}')
    written = wire.transport.written
    assert b"content-length: 11\r\n" in written
    assert written.endswith(b"\r\n\r\n")
    assert len(wire.relay.requests) == 2


@pytest.mark.fault("A10")
async def test_a_stream_to_head_has_no_body() -> None:
    wire = Wire(lambda request: None)
    wire.send(request_head("/v1/oneapi/proxy/1/x", method="HEAD"))
    cycle = wire.relay.open[0]
    cycle.start(200, b"a/b")
    cycle.write(b"body")
    cycle.end(b"end")
    assert wire.transport.written.endswith(b"\r\n\r\n")
    assert b"transfer-encoding" not in wire.transport.written
    assert cycle.response_complete


async def test_fields_said_twice_are_one_list() -> None:
    wire = Wire()
    wire.send(
        head(HOST, "X-Forwarded-For: 1.1.1.1", "x-forwarded-for:2.2.2.2 ", "Cookie: a", "Cookie: b")
    )
    headers = wire.relay.requests[0].headers
    assert headers[b"x-forwarded-for"] == b"1.1.1.1, 2.2.2.2"
    assert headers[b"cookie"] == b"a; b"


async def test_many_pipelined_requests_are_answered_in_turn() -> None:
    wire = Wire()
    body = b'{"a":"\r\n\r\n"}'
    wire.send((head(HOST, f"Content-Length: {len(body)}") + body) * 100)
    for _ in range(20):
        await wire.turn()
    assert wire.statuses == [200] * 100
    assert {request.body for request in wire.relay.requests} == {body}


async def test_what_stands_behind_an_open_request_is_not_looked_at() -> None:
    wire = Wire(lambda request: None)
    wire.send(head(HOST) * 5_000, head(HOST) * 5_000)
    assert len(wire.relay.requests) == 1
    assert not wire.transport.reading


@pytest.mark.fault("A5")
@pytest.mark.parametrize(
    "part",
    [b"T: " + b"v" * 1000 + b"\r\n", b"0;" + b"e" * 100_000, b"1;" + b"e" * 5_000 + b"\r\nx\r\n"],
)
async def test_a_chunked_body_is_not_mostly_framing(part: bytes) -> None:
    """Trailers, extensions, and extensions of many small chunks."""
    wire = Wire()
    begin = b"1\r\nx\r\n0\r\n" if part.startswith(b"T") else b""
    wire.send(head(HOST, "Transfer-Encoding: chunked") + begin)
    for _ in range(100):
        wire.send(part)
    assert wire.statuses == [400]
    assert wire.transport.ended
    assert wire.lane.front.held == b""


async def test_a_body_in_the_smallest_chunks_is_a_body() -> None:
    wire = Wire()
    wire.send(head(HOST, "Transfer-Encoding: chunked"))
    for _ in range(300):
        wire.send(b"1\r\nx\r\n" * 1000)
    wire.send(b"0\r\n\r\n")
    assert wire.relay.requests[0].body == b"x" * 300_000


@pytest.mark.fault("A5")
async def test_a_head_is_bounded_also_when_it_comes_at_once() -> None:
    wire = Wire()
    wire.send(head(HOST, *[f"X-{n}: {'v' * 1000}" for n in range(100)]))
    assert wire.statuses == [431]


NAMES = [
    "Host",
    "Content-Length",
    "Transfer-Encoding",
    "Connection",
    "X-A",
    "Upgrade",
    "Expect",
    "Cookie",
]
VALUES = [
    "x",
    "5",
    "05",
    "0",
    "chunked",
    "gzip, chunked",
    "close",
    "keep-alive, Upgrade",
    "",
    "5, 5",
    "a b",
    "\t5 ",
]
LINES = st.tuples(
    st.sampled_from([*NAMES, *map(str.lower, NAMES)]),
    st.sampled_from([":", ": ", ":\t", " :", ""]),
    st.sampled_from(VALUES),
    st.sampled_from(["\r\n"] * 8 + ["\n", "\r", "\r\n ", "\r\r\n"]),
).map("".join)
# Two blanks in a request line and an empty line before it are taken, as nginx takes them; h11 does not.
FIRST = st.sampled_from(
    [f"POST {CHAT} HTTP/1.1\r\n"] * 6
    + [f"GET {CHAT}?a HTTP/1.0\r\n", f"POST {CHAT} HTTP/3.0\r\n", f"POST {CHAT}\tHTTP/1.1\r\n"]
    + [f"HEAD http://x{CHAT} HTTP/1.1\r\n", f" POST {CHAT} HTTP/1.1\r\n"]
)
BODIES = st.sampled_from(
    ["", "12345", "5\r\n12345\r\n0\r\n\r\n", "0\r\nA: b\r\n\r\n"]  # noqa: RUF005
    + ["5;a=b\r\n12345\r\n0\r\n\r\n", "5\r\n1234\r\n", "5\n12345\r\n0\r\n\r\n"]
)


@pytest.mark.fault("A10")
@settings(max_examples=400, deadline=None)
@given(data=st.data())
async def test_nothing_is_taken_for_a_request_that_h11_reads_otherwise(data: st.DataObject) -> None:
    """Ours is the stricter one; what both take, both read alike, whatever the split."""
    parts: list[str] = []
    for _ in range(data.draw(st.integers(1, 3))):
        lines = data.draw(st.lists(LINES, max_size=4))
        usual = data.draw(st.sampled_from(["Host: x\r\n"] * 4 + [""]))
        parts += [data.draw(FIRST), usual, *lines, "\r\n", data.draw(BODIES)]
    stream = "".join(parts).encode("latin-1")
    cuts = sorted(data.draw(st.sets(st.integers(1, len(stream) - 1), max_size=5)))
    wire = Wire()
    wire.send(*(stream[a:b] for a, b in zip([0, *cuts], [*cuts, None], strict=True)))
    ours = wire.asked()
    assert ours == read_by_h11(stream)[: len(ours)]


def read_by_h11(stream: bytes) -> list[tuple[str, str, bytes]]:
    """Return the requests that h11 finds before the first thing that it does not take."""
    server = h11.Connection(h11.SERVER)
    found: list[tuple[str, str, bytes]] = []
    server.receive_data(stream)
    body = b""
    request: h11.Request | None = None
    while True:
        try:
            event = server.next_event()
        except h11.RemoteProtocolError:
            return found
        match event:
            case h11.Request():
                request, body = event, b""
            case h11.Data():
                body += bytes(event.data)
            case h11.EndOfMessage():
                assert request is not None
                path = request.target.decode().partition("?")[0].removeprefix("http://x")
                found.append((request.method.decode(), path, body))
                server.send(h11.Response(status_code=200, headers=[("content-length", "0")]))
                server.send(h11.EndOfMessage())
                if server.our_state is not h11.DONE or server.their_state is not h11.DONE:
                    return found
                server.start_next_cycle()
            case _:
                return found
