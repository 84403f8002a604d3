"""Request bodies: spooled, edited, sent again, refused half-way; and back-pressure both ways."""

import asyncio
import os
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from oneapi.errors import UpstreamError
from oneapi.upstream import Edit, SpooledBody, UpstreamClient
from oneapi.upstream.connection import Connection
from tests.fakes import (
    FakeVendor,
    Gate,
    error_answer,
    json_answer,
    raw_answer,
    stream_answer,
    until,
)
from tests.upstream.asking import LIMIT, ask, post


def joined(body: SpooledBody) -> bytes:
    return b"".join(body.segments())


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.parametrize("memory_limit", [0, 5, 1 << 20])
def test_a_spool_gives_back_what_was_put_in(memory_limit: int) -> None:
    with SpooledBody(memory_limit) as body:
        for piece in (b"abc", b"", b"defg", b"h"):
            body.append(piece)
        assert (body.size, joined(body), joined(body)) == (8, b"abcdefgh", b"abcdefgh")
        assert body.slice(2, 5) == b"cde"
        assert body.slice(6, 100) == b"gh"
        assert body.in_memory is (memory_limit == 1 << 20)


def test_a_large_spool_leaves_memory_and_no_file_behind() -> None:
    before = open_files()
    body = SpooledBody(memory_limit=1000)
    pieces = [os.urandom(100_000) for _ in range(10)]
    for piece in pieces:
        body.append(piece)
    assert joined(body) == b"".join(pieces)
    assert max(len(segment) for segment in body.segments()) <= 256 << 10
    assert open_files() == before + 1
    body.close()
    body.close()
    assert open_files() == before


@pytest.mark.parametrize("memory_limit", [0, 100])
def test_a_closed_spool_is_not_read_as_empty(memory_limit: int) -> None:
    body = SpooledBody(memory_limit)
    body.append(b"x")
    body.close()
    with pytest.raises(ValueError, match="closed"):
        joined(body)
    with pytest.raises(ValueError, match="closed"):
        body.append(b"y")


@given(
    st.binary(max_size=50), st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50))), st.data()
)
def test_edits_are_what_slicing_would_do(
    content: bytes, cuts: list[tuple[int, int]], data: st.DataObject
) -> None:
    places = sorted({min(at, len(content)) for cut in cuts for at in cut})
    spans = list(zip(places[::2], places[1::2], strict=False))
    edits = [Edit(start, stop, data.draw(st.binary(max_size=9))) for start, stop in spans]
    expected = content
    for edit in reversed(edits):
        expected = expected[: edit.start] + edit.replacement + expected[edit.stop :]
    with SpooledBody(memory_limit=20) as body:
        body.append(content)
        edited = body.replaced(*edits)
        assert b"".join(edited.segments()) == expected
        assert edited.size == len(expected)
        assert joined(body) == content


@pytest.mark.parametrize("edits", [[(0, 9)], [(3, 2)], [(0, 3), (2, 4)], [(-1, 2)]])
def test_impossible_edits_are_refused(edits: list[tuple[int, int]]) -> None:
    with SpooledBody() as body:
        body.append(b"12345678")
        with pytest.raises(ValueError, match="edits"):
            body.replaced(*(Edit(start, stop, b"") for start, stop in edits))


async def test_one_spool_goes_to_two_channels_with_two_models(
    client: UpstreamClient, vendor: FakeVendor
) -> None:
    with SpooledBody(memory_limit=0) as body:
        body.append(b"model=aaa;" + b"x" * 1_000_000)
        await (await client.send(post(vendor, body.replaced(Edit(6, 9, b"whisper"))))).read(LIMIT)
        await (await client.send(post(vendor, body))).read(LIMIT)
    assert vendor.requests[0].body == b"model=whisper;" + b"x" * 1_000_000
    assert vendor.requests[1].body == b"model=aaa;" + b"x" * 1_000_000
    assert [got.headers["content-length"] for got in vendor.requests] == ["1000014", "1000010"]
    assert vendor.connections == 1


@pytest.mark.parametrize("size", [0, 1, (256 << 10) - 1, (256 << 10) + 1, 5_000_000])
async def test_bodies_of_all_sizes_arrive_whole(
    client: UpstreamClient, vendor: FakeVendor, size: int
) -> None:
    body = os.urandom(size)
    await (await client.send(post(vendor, body))).read(LIMIT)
    assert vendor.requests[0].body == body
    assert client.idle == 1


async def test_a_large_body_is_sent_again_when_a_reused_connection_died(
    client: UpstreamClient, vendor: FakeVendor
) -> None:
    body = os.urandom(3_000_000)
    vendor.script(json_answer(1), raw_answer(), json_answer(3))
    await (await ask(client, vendor)).read(LIMIT)
    assert await (await client.send(post(vendor, body))).read(LIMIT) == b"3"
    assert vendor.requests[2].body == body


async def test_an_early_refusal_stops_the_upload(
    client: UpstreamClient, vendor: FakeVendor
) -> None:
    refusal = error_answer(413, "too big")
    vendor.script(raw_answer(*refusal.steps, early=True))
    body = b"x" * (64 << 20)
    response = await client.send(post(vendor, body))
    assert response.status == 413
    assert b"too big" in await response.read(LIMIT)
    await until(lambda: client.connections == 0)
    assert vendor.discarded < len(body)


async def test_the_head_of_a_refusal_is_enough_to_stop_the_upload(
    client: UpstreamClient, vendor: FakeVendor
) -> None:
    gate = Gate()
    refusal = stream_answer(gate, b"no", status=401)
    vendor.script(raw_answer(*refusal.steps, early=True))
    response = await client.send(post(vendor, b"x" * (64 << 20)))
    assert response.status == 401
    assert buffered(client) <= 512 << 10
    gate.open()
    assert await response.read(LIMIT) == b"no"
    await until(lambda: client.connections == 0)


async def test_a_vendor_that_closes_during_an_upload_is_an_error(
    client: UpstreamClient, vendor: FakeVendor
) -> None:
    gate = Gate()
    vendor.script(raw_answer(gate, early=True))
    sending = asyncio.ensure_future(client.send(post(vendor, b"x" * (64 << 20))))
    await until(lambda: gate.reached)
    await vendor.drop_connections()
    with pytest.raises(UpstreamError, match="before it answered"):
        await sending


async def test_cancelling_an_upload_closes_the_connection(
    client: UpstreamClient, vendor: FakeVendor
) -> None:
    gate = Gate()
    vendor.script(raw_answer(gate, early=True))
    sending = asyncio.ensure_future(client.send(post(vendor, b"x" * (64 << 20))))
    await until(lambda: gate.reached)
    sending.cancel()
    await until(lambda: client.connections == 0)
    gate.open()
    await until(lambda: not vendor.wires)
    assert 0 < vendor.discarded < 64 << 20


async def test_a_large_upload_does_not_pile_up_in_memory(
    client: UpstreamClient, vendor: FakeVendor
) -> None:
    gate = Gate()
    vendor.script(raw_answer(gate, early=True))
    with SpooledBody(memory_limit=0) as body:
        for _ in range(64):
            body.append(b"x" * (1 << 20))
        sending = asyncio.ensure_future(client.send(post(vendor, body)))
        await until(lambda: gate.reached)
        await until(lambda: buffered(client) > 0)
        assert buffered(client) <= 512 << 10
        sending.cancel()
        await until(lambda: client.connections == 0)


def only_connection(client: UpstreamClient) -> Connection:
    (pool,) = client.pools.values()
    (connection,) = pool.connections
    return connection


def buffered(client: UpstreamClient) -> int:
    transport = only_connection(client).transport
    assert transport is not None
    return transport.get_write_buffer_size()


async def test_a_paused_answer_stops_the_vendor(client: UpstreamClient, vendor: FakeVendor) -> None:
    piece = b"x" * (1 << 20)
    marks = [Gate() for _ in range(64)]
    for mark in marks:
        mark.open()
    vendor.script(stream_answer(*(step for mark in marks for step in (piece, mark))))
    response = await ask(client, vendor)
    got: list[int] = []

    def sink(body: bytes) -> None:
        got.append(len(body))
        if len(got) == 1:
            response.pause()

    pumping = asyncio.ensure_future(response.pump(sink))
    await until(lambda: got)
    await asyncio.sleep(0.3)  # the vendor could have sent everything by now
    assert sum(mark.reached for mark in marks) < 64
    assert sum(got) <= 1 << 20
    response.resume()
    await pumping
    assert sum(got) == 64 << 20


async def test_an_answer_that_nobody_reads_stops_the_vendor(
    client: UpstreamClient, vendor: FakeVendor
) -> None:
    piece = b"x" * (1 << 20)
    vendor.script(stream_answer(*[piece] * 64))
    response = await ask(client, vendor)
    await asyncio.sleep(0.2)  # it could have read everything by now
    exchange = only_connection(client).exchange
    assert exchange is not None
    assert exchange.paused
    assert len(await response.read(65 << 20)) == 64 << 20


async def test_pausing_at_the_last_piece_does_not_stop_the_next_answer(
    client: UpstreamClient, vendor: FakeVendor
) -> None:
    for _ in range(2):
        vendor.script(stream_answer(Gate(), b"x"))
        gate = vendor.scripts[0]
        response = await ask(client, vendor)
        pumping = asyncio.ensure_future(response.pump(lambda _, r=response: r.pause()))
        await asyncio.sleep(0)
        open_gates(gate)
        async with asyncio.timeout(10):
            await pumping
    assert vendor.connections == 1


def open_gates(script: object) -> None:
    for step in getattr(script, "steps", ()):
        if isinstance(step, Gate):
            step.open()
