"""Requests and answers: what is sent, what comes back, how it ends."""

import asyncio

import pytest

from oneapi.errors import Truncated, UpstreamError
from oneapi.providers.base import UpstreamRequest
from oneapi.upstream import UpstreamClient
from tests.fakes import (
    Ending,
    FakeVendor,
    Gate,
    body_answer,
    cut,
    dripping,
    json_answer,
    never_closing,
    raw_answer,
    silence,
    stream_answer,
    until,
)
from tests.upstream.asking import LIMIT, ask, post, pumped, whole


async def test_a_request_arrives_as_it_was_given(
    client: UpstreamClient, vendor: FakeVendor
) -> None:
    headers = (("Authorization", "Bearer k"), ("X-Title", "café"))
    request = UpstreamRequest("POST", f"{vendor.url}/v1/a%20b?x=1&y=%2F", headers, b'{"a":1}')
    await client.send(request)
    received = vendor.requests[0]
    assert (received.method, received.path, received.body) == (
        "POST",
        "/v1/a%20b?x=1&y=%2F",
        b'{"a":1}',
    )
    assert received.headers == {
        "host": f"127.0.0.1:{vendor.port}",
        "authorization": "Bearer k",
        "x-title": "café",
        "user-agent": "one-api",
        "accept-encoding": "identity",
        "content-length": "7",
    }


async def test_an_answer_arrives_with_lower_case_headers(
    client: UpstreamClient, vendor: FakeVendor
) -> None:
    vendor.script(json_answer({"ok": 1}, 201, [("X-Request-Id", "r1"), ("Empty", "")]))
    response = await ask(client, vendor)
    assert response.status == 201
    assert response.headers.get("x-request-id") == "r1"
    assert response.headers.get("empty") == ""
    assert response.headers.get("absent") is None
    assert await response.read(LIMIT) == b'{"ok": 1}'


async def test_get_and_head_say_nothing_of_a_length(
    client: UpstreamClient, vendor: FakeVendor
) -> None:
    vendor.script(json_answer({}), raw_answer(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"))
    for method in ("GET", "HEAD"):
        response = await client.send(UpstreamRequest(method, vendor.url, (), b""))
        await response.read(LIMIT)
    assert ["content-length" in got.headers for got in vendor.requests] == [False, False]
    assert vendor.requests[0].path == "/"


@pytest.mark.parametrize("size", [1, 7, 1000])
async def test_an_answer_in_small_writes_is_the_same(
    client: UpstreamClient, vendor: FakeVendor, size: int
) -> None:
    answer = stream_answer(b"data: 1\n\n", b"data: 2\n\n" * 50)
    vendor.script(dripping(answer, size))
    assert await whole(client, vendor) == b"data: 1\n\n" + b"data: 2\n\n" * 50


async def test_the_head_returns_before_the_body(client: UpstreamClient, vendor: FakeVendor) -> None:
    gate = Gate()
    vendor.script(stream_answer(gate, b"late"))
    response = await ask(client, vendor)
    assert response.status == 200
    gate.open()
    assert await response.read(LIMIT) == b"late"


async def test_pump_calls_the_sink_as_bytes_arrive(
    client: UpstreamClient, vendor: FakeVendor
) -> None:
    gates = [Gate(), Gate()]
    vendor.script(stream_answer(b"one", gates[0], b"two", gates[1], b"three"))
    response = await ask(client, vendor)
    pieces: list[bytes] = []
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(response.pump(pieces.append))
        await until(lambda: b"".join(pieces) == b"one")
        gates[0].open()
        await until(lambda: b"".join(pieces) == b"onetwo")
        gates[1].open()
    assert b"".join(pieces) == b"onetwothree"


async def test_chunks_of_one_read_come_in_one_piece(
    client: UpstreamClient, vendor: FakeVendor
) -> None:
    gate = Gate()
    head, *chunks = stream_answer(b"a", b"b", b"c").steps
    together = b"".join(step for step in chunks if isinstance(step, bytes))
    vendor.script(raw_answer(head, gate, together, ending=Ending.KEEP))
    response = await ask(client, vendor)
    gate.open()
    assert await pumped(response) == [b"abc"]


async def test_a_body_without_framing_ends_with_the_connection(
    client: UpstreamClient, vendor: FakeVendor
) -> None:
    vendor.script(raw_answer(b"HTTP/1.1 200 OK\r\n\r\n", b"all ", b"of it"))
    assert await whole(client, vendor) == b"all of it"
    await until(lambda: client.connections == 0)


@pytest.mark.parametrize("ending", [Ending.CLOSE, Ending.RESET])
async def test_an_answer_cut_short_is_truncated_after_what_came(
    client: UpstreamClient, vendor: FakeVendor, ending: Ending
) -> None:
    gate = Gate()
    vendor.script(stream_answer(b"first", gate, ending=ending))
    response = await ask(client, vendor)
    pieces: list[bytes] = []

    def sink(piece: bytes) -> None:
        pieces.append(piece)
        gate.open()

    with pytest.raises(Truncated, match=r"127\.0\.0\.1.* broke off in the middle"):
        await response.pump(sink)
    assert pieces == [b"first"]


async def test_a_declared_length_that_does_not_come_is_truncated(
    client: UpstreamClient, vendor: FakeVendor
) -> None:
    vendor.script(cut(body_answer(b"x" * 100), 150))
    response = await ask(client, vendor)
    with pytest.raises(Truncated):
        await response.read(LIMIT)


async def test_an_unframed_body_that_is_reset_is_truncated(
    client: UpstreamClient, vendor: FakeVendor
) -> None:
    gate = Gate()
    vendor.script(raw_answer(b"HTTP/1.1 200 OK\r\n\r\nsome", gate, ending=Ending.RESET))
    response = await ask(client, vendor)
    gate.open()
    with pytest.raises(Truncated):
        await response.read(LIMIT)


async def test_a_vendor_that_closes_without_a_word_is_a_retryable_error(
    client: UpstreamClient, vendor: FakeVendor
) -> None:
    vendor.script(raw_answer())
    with pytest.raises(UpstreamError, match="closed the connection before it answered") as caught:
        await ask(client, vendor)
    assert caught.value.retryable
    assert len(vendor.requests) == 1


async def test_messages_name_the_host_but_neither_key_nor_query(
    client: UpstreamClient, vendor: FakeVendor
) -> None:
    vendor.script(raw_answer(b"HTTP/1.1 2"))
    request = UpstreamRequest("GET", f"{vendor.url}/v1?key=hush", (("x-api-key", "hush"),))
    with pytest.raises(UpstreamError, match=f"127.0.0.1:{vendor.port}") as caught:
        await client.send(request)
    assert "hush" not in str(caught.value)


async def test_a_body_over_the_limit_is_refused(client: UpstreamClient, vendor: FakeVendor) -> None:
    vendor.script(body_answer(b"x" * 101), never_closing(b"x" * 101), body_answer(b"x" * 100))
    for _ in range(2):
        response = await ask(client, vendor)
        with pytest.raises(UpstreamError, match="too large"):
            await response.read(100)
    assert len(await (await ask(client, vendor)).read(100)) == 100
    await until(lambda: len(vendor.abandoned) == 1)


async def test_an_error_of_the_sink_ends_the_pump_and_the_request(
    client: UpstreamClient, vendor: FakeVendor
) -> None:
    gate = Gate()
    vendor.script(stream_answer(gate, b"bad", Gate()))

    def sink(piece: bytes) -> None:
        raise KeyError(piece)

    response = await ask(client, vendor)
    gate.open()
    with pytest.raises(KeyError):
        await response.pump(sink)
    await until(lambda: vendor.abandoned)


async def test_an_error_of_the_sink_on_bytes_already_there_ends_the_request(
    client: UpstreamClient, vendor: FakeVendor
) -> None:
    vendor.script(raw_answer(b"HTTP/1.1 200 OK\r\n\r\nsome", Gate()))

    def sink(piece: bytes) -> None:
        raise KeyError(piece)

    response = await ask(client, vendor)
    with pytest.raises(KeyError):
        await response.pump(sink)
    await until(lambda: vendor.abandoned)


async def test_close_inside_the_sink_ends_the_pump(
    client: UpstreamClient, vendor: FakeVendor
) -> None:
    vendor.script(never_closing(b"event"))
    response = await ask(client, vendor)
    with pytest.raises(Truncated, match="abandoned") as caught:
        await response.pump(lambda _: response.close())
    assert not caught.value.channel_at_fault
    await until(lambda: vendor.abandoned)


async def test_cancelling_a_send_is_seen_by_the_vendor(
    client: UpstreamClient, vendor: FakeVendor
) -> None:
    vendor.script(silence())
    sending = asyncio.ensure_future(client.send(post(vendor)))
    await until(lambda: vendor.requests)
    sending.cancel()
    await until(lambda: vendor.abandoned)
    assert sending.cancelled()


@pytest.mark.parametrize("how", ["read", "pump"])
async def test_cancelling_a_reader_is_seen_by_the_vendor(
    client: UpstreamClient, vendor: FakeVendor, how: str
) -> None:
    vendor.script(never_closing(b"event"))
    response = await ask(client, vendor)
    got: list[bytes] = []
    reading = response.read(LIMIT) if how == "read" else response.pump(got.append)
    task = asyncio.ensure_future(reading)
    await asyncio.sleep(0)
    task.cancel()
    await until(lambda: vendor.abandoned)
    assert task.cancelled()


async def test_closing_an_incomplete_answer_is_seen_by_the_vendor(
    client: UpstreamClient, vendor: FakeVendor
) -> None:
    vendor.script(never_closing(b"event"))
    response = await ask(client, vendor)
    response.close()
    await until(lambda: vendor.abandoned)
    with pytest.raises(Truncated):
        await response.read(LIMIT)


async def test_closing_the_client_ends_what_is_on_its_way(
    client: UpstreamClient, vendor: FakeVendor
) -> None:
    vendor.script(silence(), never_closing(b"x"))
    sending = asyncio.ensure_future(client.send(post(vendor)))
    await until(lambda: vendor.requests)
    response = await ask(client, vendor)
    await client.aclose()
    with pytest.raises(Truncated):
        await sending
    with pytest.raises(Truncated):
        await response.read(LIMIT)
    with pytest.raises(UpstreamError, match="closed"):
        await ask(client, vendor)
