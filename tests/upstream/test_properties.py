"""For all bytes: any cut gives the same, nothing but `UpstreamError` comes out, h11 agrees."""

from itertools import pairwise

import h11
from hypothesis import given, settings, strategies as st

from tests.upstream.lines import Outcome, outcome

NAMES = [
    "Content-Type",
    "content-type",
    "X-A",
    "Set-Cookie",
    "Connection",
    "Date",
    "X_b",
    "Bad Name",
]
VALUES = [
    "application/json",
    "a, b",
    "",
    "  padded ",
    "close",
    "keep-alive",
    "\x80\xff",
    "a\x01b",
    "ü",
]
FRAMINGS = [
    "Content-Length: {n}",
    "content-length:{n}",
    "Content-Length: {n}\r\nContent-Length: {n}",
    "Content-Length: {n}\r\nContent-Length: 1",
    "Content-Length: -{n}",
    "Content-Length: 0{n}",
    "Content-Length: {n}x",
    "Transfer-Encoding: chunked",
    "transfer-encoding: Chunked",
    "Transfer-Encoding: chunked\r\nContent-Length: {n}",
    "Transfer-Encoding: identity",
    "Transfer-Encoding: gzip, chunked",
    "X-None: none",
]
STATUS_LINES = [
    "HTTP/1.1 200 OK",
    "HTTP/1.1 200",
    "HTTP/1.0 200 OK",
    "HTTP/1.1 204 No Content",
    "HTTP/1.1 304 Not Modified",
    "HTTP/1.1 429 Too Many Requests",
    "HTTP/1.1 500 ",
    "HTTP/1.1  200 OK",
    "HTTP/1.1 20 OK",
    "http/1.1 200 OK",
    "HTTP/2 200 OK",
]
INTERIM = ["", "", "HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 103 Early\r\nLink: x\r\n\r\n"]


@st.composite
def chunked(draw: st.DrawFn, body: bytes) -> bytes:
    """A body in chunks, some of them with extensions or trailers, some wrong."""
    cuts = sorted(draw(st.lists(st.integers(0, len(body)), max_size=3)))
    pieces = [body[a:b] for a, b in zip([0, *cuts], [*cuts, len(body)], strict=True) if a < b]
    extension = draw(st.sampled_from(["", "", ";a=b", ";a", ' ;a="b"', " ", ";\x00"]))
    size = draw(st.sampled_from(["%x", "%X", "0%x", "%d"]))
    ended = draw(st.sampled_from([b"\r\n", b"\r\n", b"\n", b"", b"\r\nX-T: 1\r\n\r\n"]))
    framed = [(size % len(p) + extension).encode() + b"\r\n" + p + b"\r\n" for p in pieces]
    return b"".join(framed) + b"0\r\n" + ended


@st.composite
def answers(draw: st.DrawFn) -> bytes:
    """Answers, most of them nearly right."""
    body = draw(st.binary(max_size=40))
    framing = draw(st.sampled_from(FRAMINGS))
    lines = [draw(st.sampled_from(STATUS_LINES))]
    pair = st.tuples(st.sampled_from(NAMES), st.sampled_from(VALUES))
    lines += [f"{name}: {value}" for name, value in draw(st.lists(pair, max_size=4))]
    lines.insert(draw(st.integers(1, len(lines))), framing.format(n=len(body)))
    end = draw(st.sampled_from(["\r\n"] * 9 + ["\n", "\r\n "]))
    head = draw(st.sampled_from(INTERIM)) + end.join([*lines, "", ""])
    content = draw(chunked(body)) if "hunked" in framing else body
    whole = head.encode("latin-1") + content + draw(st.sampled_from([b"", b"", b"", b"x", b"\r\n"]))
    return whole[: draw(st.integers(0, len(whole)))] if draw(st.integers(0, 4)) == 0 else whole


def cut(sent: bytes, places: list[int]) -> list[bytes]:
    at = sorted({place % (len(sent) + 1) for place in places} | {0, len(sent)})
    return [sent[a:b] for a, b in pairwise(at)]


@settings(max_examples=400, deadline=None)
@given(answers(), st.lists(st.integers(0, 10_000), max_size=6))
def test_any_cut_gives_the_same(sent: bytes, places: list[int]) -> None:
    whole = outcome([sent])
    assert outcome(cut(sent, places)) == whole
    assert outcome([sent[at : at + 1] for at in range(len(sent))]) == whole


@settings(max_examples=400, deadline=None)
@given(st.lists(st.one_of(st.binary(max_size=80), answers()), max_size=6))
def test_garbage_ends_as_an_answer_or_an_upstream_error(pieces: list[bytes]) -> None:
    result = outcome(pieces)
    assert result.error in {"", "UpstreamError", "UnansweredError", "Truncated"}
    assert result.error or result.status >= 200


@settings(max_examples=800, deadline=None)
@given(answers())
def test_what_we_accept_h11_accepts_and_reads_alike(sent: bytes) -> None:
    ours = outcome([sent])
    theirs = by_h11(sent)
    if ours.error:
        return
    assert theirs is not None, "we accept what h11 refuses"
    assert (ours.status, ours.body) == (theirs.status, theirs.body)
    assert ours.headers.keys() == theirs.headers.keys()
    assert all(
        value.lower() in theirs.headers[name].lower().split("\n")
        for name, value in ours.headers.items()
    )


def by_h11(sent: bytes) -> Outcome | None:
    """Return what h11 makes of an answer, `None` when it refuses; repeated headers in lines."""
    connection = h11.Connection(h11.CLIENT)
    request = h11.Request(
        method="POST", target="/", headers=[("Host", "x"), ("Content-Length", "0")]
    )
    connection.send(request)
    connection.send(h11.EndOfMessage())
    status, headers, body = 0, dict[str, str](), b""
    try:
        connection.receive_data(sent)
        connection.receive_data(b"")
        while True:
            match connection.next_event():
                case h11.Response() as answer:
                    status = answer.status_code
                    for name, value in answer.headers:
                        key, text = name.decode(), value.decode("latin-1")
                        headers[key] = f"{headers[key]}\n{text}" if key in headers else text
                case h11.Data() as content:
                    body += bytes(content.data)
                case h11.EndOfMessage():
                    return Outcome(status, headers, body, "")
                case h11.InformationalResponse():
                    pass
                case _:
                    return None
    except h11.RemoteProtocolError:
        return None
