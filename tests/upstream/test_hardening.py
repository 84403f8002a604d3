"""Answers that are wrong, hostile, or merely unusual."""

import gzip
import zlib

import pytest

from oneapi.errors import Truncated, UpstreamError
from oneapi.providers.base import UpstreamRequest
from oneapi.upstream import UpstreamClient
from tests.fakes import (
    Answer,
    Ending,
    FakeVendor,
    body_answer,
    dripping,
    json_answer,
    raw_answer,
    stream_answer,
    until,
)
from tests.upstream.asking import LIMIT, ask, pumped, whole

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"

WRONG_HEADS = {
    "length and chunked": OK + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nabc",
    "chunked and length": OK + b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\nabc",
    "two lengths": OK + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
    "list of lengths": OK + b"Content-Length: 3, 3\r\n\r\nabc",
    "negative length": OK + b"Content-Length: -3\r\n\r\nabc",
    "signed length": OK + b"Content-Length: +3\r\n\r\nabc",
    "huge length": OK + b"Content-Length: 99999999999999999999\r\n\r\nabc",
    "empty length": OK + b"Content-Length:\r\n\r\nabc",
    "compressed framing": OK + b"Transfer-Encoding: gzip\r\n\r\nabc",
    "chunked last but one": OK + b"Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n",
    "gzip then chunked": OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "folded header": OK + b"X: a\r\n b\r\n\r\n",
    "bare line feeds": b"HTTP/1.1 200 OK\nContent-Length: 3\n\nabc",
    "bare carriage return": OK + b"X: a\rb\r\n\r\n",
    "nul in a value": OK + b"X: a\0b\r\n\r\n",
    "nul in a name": OK + b"X\0Y: a\r\n\r\n",
    "space before the colon": OK + b"Content-Length : 3\r\n\r\nabc",
    "no name": OK + b": a\r\n\r\n",
    "status of one digit": b"HTTP/1.1 2 OK\r\n\r\n",
    "status of four digits": b"HTTP/1.1 2000 OK\r\n\r\n",
    "status below 100": b"HTTP/1.1 099 Low\r\nContent-Length: 0\r\n\r\n",
    "an upgrade": b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
    "another protocol": b"SSH-2.0-OpenSSH_9.2\r\n",
    "an alert of TLS": b"\x15\x03\x01\x00\x02\x02\x46",
    "headers without end": OK + b"X: y\r\n" * 20_000,
    "one header without end": OK + b"X: " + b"y" * 100_000,
    "too much head": OK + b"X: " + b"y" * 70_000 + b"\r\nContent-Length: 0\r\n\r\n",
    "too many headers": OK + b"".join(b"X%d: y\r\n" % n for n in range(201)) + b"\r\n",
    "interim answers without end": b"HTTP/1.1 100 Continue\r\n\r\n" * 10_000,
}


@pytest.mark.parametrize("sent", WRONG_HEADS.values(), ids=WRONG_HEADS.keys())
@pytest.mark.parametrize("size", [4096, 1 << 20])
async def test_a_wrong_head_is_an_upstream_error(
    client: UpstreamClient, vendor: FakeVendor, sent: bytes, size: int
) -> None:
    vendor.script(dripping(raw_answer(sent, ending=Ending.HANG), size))
    with pytest.raises(UpstreamError) as caught:
        await ask(client, vendor)
    assert type(caught.value) is UpstreamError
    assert caught.value.retryable
    await until(lambda: client.connections == 0)


WRONG_BODIES = {
    "no number": b"zz\r\nabc\r\n0\r\n\r\n",
    "negative": b"-3\r\nabc\r\n0\r\n\r\n",
    "overflow": b"ffffffffffffffffff\r\nabc",
    "no line end after a chunk": b"3\r\nabcdef\r\n0\r\n\r\n",
    "bare line feeds": b"3\nabc\n0\n\n",
    "extensions without end": b"3;" + b"x=y;" * 200_000,
    "trailers without end": b"0\r\n" + b"X: y\r\n" * 200_000,
}


@pytest.mark.parametrize("sent", WRONG_BODIES.values(), ids=WRONG_BODIES.keys())
async def test_wrong_chunks_are_an_upstream_error(
    client: UpstreamClient, vendor: FakeVendor, sent: bytes
) -> None:
    vendor.script(raw_answer(CHUNKED, b"2\r\nok\r\n", sent, ending=Ending.HANG))
    response = await ask(client, vendor)
    pieces: list[bytes] = []
    with pytest.raises(UpstreamError, match="not HTTP"):
        await response.pump(pieces.append)
    assert b"".join(pieces).startswith(b"ok")


@pytest.mark.parametrize(
    ("answer", "body"),
    [
        (raw_answer(b"HTTP/1.1 100 Continue\r\n\r\n", OK + b"Content-Length: 1\r\n\r\nx"), b"x"),
        (
            raw_answer(
                b"HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n",
                OK + b"Content-Length: 1\r\n\r\nx",
            ),
            b"x",
        ),
        (raw_answer(b"HTTP/1.1 204 No Content\r\n\r\n", ending=Ending.KEEP), b""),
        (raw_answer(b"HTTP/1.1 304 Same\r\nContent-Length: 5\r\n\r\n", ending=Ending.KEEP), b""),
        (raw_answer(b"HTTP/1.1 200\r\nContent-Length: 1\r\n\r\nx"), b"x"),
        (raw_answer(CHUNKED + b"1;a=b\r\nx\r\n0\r\nX-Sum: 1\r\n\r\n", ending=Ending.KEEP), b"x"),
        (raw_answer(OK + b"Transfer-Encoding: Chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n"), b"x"),
    ],
)
async def test_unusual_but_right(
    client: UpstreamClient, vendor: FakeVendor, answer: Answer, body: bytes
) -> None:
    vendor.script(answer, json_answer("next"))
    response = await ask(client, vendor)
    assert "link" not in response.headers
    assert await response.read(LIMIT) == body
    assert await whole(client, vendor) == b'"next"'


async def test_trailers_do_not_become_headers_of_the_next_answer(
    client: UpstreamClient, vendor: FakeVendor
) -> None:
    trailing = raw_answer(CHUNKED + b"0\r\nX-Forged: 1\r\n\r\n", ending=Ending.KEEP)
    vendor.script(trailing, json_answer({}))
    assert await whole(client, vendor) == b""
    response = await ask(client, vendor)
    assert "x-forged" not in response.headers
    assert vendor.connections == 1


async def test_head_has_no_body_whatever_its_length_says(
    client: UpstreamClient, vendor: FakeVendor
) -> None:
    vendor.script(raw_answer(OK + b"Content-Length: 5\r\n\r\n", ending=Ending.HANG))
    response = await client.send(UpstreamRequest("HEAD", vendor.url, ()))
    assert await response.read(LIMIT) == b""
    assert response.headers.get("content-length") == "5"


async def test_two_hundred_headers_are_fine(client: UpstreamClient, vendor: FakeVendor) -> None:
    vendor.script(body_answer(b"x", headers=[(f"X-{n}", "y") for n in range(190)]))
    response = await ask(client, vendor)
    assert response.headers.get("x-189") == "y"


async def test_a_megabyte_in_one_line_comes_through(
    client: UpstreamClient, vendor: FakeVendor
) -> None:
    line = b"data: " + b"x" * (1 << 20) + b"\n\n"
    vendor.script(stream_answer(line))
    assert b"".join(await pumped(await ask(client, vendor))) == line


RAW_DEFLATE = zlib.compressobj(wbits=-15)
ENCODED = {
    "gzip": gzip.compress(b"data: hello\n\n" * 100, mtime=0),
    "GZIP": b"".join(gzip.compress(b"data: hello\n\n" * 50, mtime=0) for _ in range(2)) + b"\0\0",
    "x-gzip": gzip.compress(b"data: hello\n\n" * 100, mtime=0),
    "deflate": zlib.compress(b"data: hello\n\n" * 100),
    "Deflate": RAW_DEFLATE.compress(b"data: hello\n\n" * 100) + RAW_DEFLATE.flush(),
    "gzip, identity": gzip.compress(b"data: hello\n\n" * 100, mtime=0),
    "identity": b"data: hello\n\n" * 100,
    "UTF-8": b"data: hello\n\n" * 100,
    "none": b"data: hello\n\n" * 100,
}
UNPACKED = frozenset({"identity", "UTF-8", "none"})


@pytest.mark.fault("W29")
@pytest.mark.parametrize("encoding", ENCODED)
@pytest.mark.parametrize("how", ["read", "pump"])
@pytest.mark.parametrize("size", [1, 1 << 20])
async def test_compressed_answers_are_unpacked(
    client: UpstreamClient, vendor: FakeVendor, encoding: str, how: str, size: int
) -> None:
    answer = body_answer(ENCODED[encoding], headers=[("Content-Encoding", encoding)])
    vendor.script(dripping(answer, size))
    response = await ask(client, vendor)
    got = await response.read(LIMIT) if how == "read" else b"".join(await pumped(response))
    assert got == b"data: hello\n\n" * 100
    assert encoding in UNPACKED or "content-length" not in response.headers


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, gzip", "utf-8, br"])
async def test_an_encoding_that_we_cannot_undo_is_an_error(
    client: UpstreamClient, vendor: FakeVendor, encoding: str
) -> None:
    vendor.script(body_answer(b"...", headers=[("Content-Encoding", encoding)]))
    with pytest.raises(UpstreamError, match="encoding"):
        await ask(client, vendor)


@pytest.mark.parametrize(
    "packed", [b"no gzip at all", gzip.compress(b"x" * 99, mtime=0)[:-12] + b"?" * 20]
)
async def test_broken_compression_is_an_error(
    client: UpstreamClient, vendor: FakeVendor, packed: bytes
) -> None:
    vendor.script(body_answer(packed, headers=[("Content-Encoding", "gzip")]))
    response = await ask(client, vendor)
    with pytest.raises(UpstreamError):
        await response.read(LIMIT)


async def test_compression_without_its_end_is_truncated(
    client: UpstreamClient, vendor: FakeVendor
) -> None:
    packed = gzip.compress(b"hello" * 100)[:-9]
    vendor.script(body_answer(packed, headers=[("Content-Encoding", "gzip")]))
    response = await ask(client, vendor)
    with pytest.raises(Truncated):
        await response.read(LIMIT)


BOMB = gzip.compress(b"\0" * (64 << 20), 6)


async def test_a_bomb_is_refused_before_it_unfolds(
    client: UpstreamClient, vendor: FakeVendor
) -> None:
    answer = body_answer(BOMB, headers=[("Content-Encoding", "gzip")])
    vendor.script(answer, answer)
    sizes: list[int] = []
    pumping = (await ask(client, vendor)).pump(lambda piece: sizes.append(len(piece)))
    reading = (await ask(client, vendor)).read(1 << 30)
    for unfolding in (pumping, reading):
        with pytest.raises(UpstreamError, match="far too much"):
            await unfolding
    assert sum(sizes) < 32 << 20
