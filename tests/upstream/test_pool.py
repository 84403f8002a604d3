"""Keep-alive: which connection carries which request, and when one is thrown away."""

import asyncio
from collections.abc import Callable

import pytest

from oneapi.errors import UpstreamError, UpstreamTimeout
from oneapi.providers.base import UpstreamRequest
from oneapi.upstream import Limits, Timeouts, UpstreamClient
from oneapi.upstream.pool import MANY_RESTING
from tests.fakes import (
    Answer,
    Ending,
    FakeClock,
    FakeVendor,
    Gate,
    body_answer,
    chatty,
    json_answer,
    raw_answer,
    silence,
    stream_answer,
    until,
)
from tests.upstream.asking import ask, post, whole

NewClient = Callable[..., UpstreamClient]


async def test_one_connection_serves_one_after_the_other(
    client: UpstreamClient, vendor: FakeVendor
) -> None:
    vendor.script(json_answer({}), stream_answer(b"x"), body_answer(b""), json_answer({}))
    for _ in range(4):
        await whole(client, vendor)
    assert vendor.connections == 1
    assert client.idle == 1


async def test_an_answer_read_by_nobody_returns_its_connection(
    client: UpstreamClient, vendor: FakeVendor
) -> None:
    response = await ask(client, vendor)
    await until(lambda: client.idle == 1)
    response.close()
    await whole(client, vendor)
    assert vendor.connections == 1


async def test_the_connection_used_last_is_used_first(
    client: UpstreamClient, vendor: FakeVendor
) -> None:
    gates = [Gate(), Gate()]
    vendor.script(*(stream_answer(gate, b"x") for gate in gates))
    first, second = await ask(client, vendor), await ask(client, vendor)
    for gate, response in zip(gates, (first, second), strict=True):
        gate.open()
        await response.read(100)
    vendor.script(json_answer({}), json_answer({}))
    wires = set(vendor.wires)
    await whole(client, vendor)
    await whole(client, vendor)
    assert vendor.wires == wires
    assert vendor.connections == 2


async def test_a_connection_rests_before_it_is_used_again(
    new_client: NewClient, vendor: FakeVendor
) -> None:
    clock = FakeClock()
    client = new_client(clock=clock, limits=Limits(rest_seconds=2))
    await whole(client, vendor)
    clock.advance(1.5)
    await whole(client, vendor)
    assert (vendor.connections, client.idle) == (2, 2)
    for _ in range(3):
        clock.advance(1)
        await whole(client, vendor)
    assert (vendor.connections, client.idle) == (2, 2)


async def test_while_many_rest_they_rest_for_a_shorter_time(
    new_client: NewClient, vendor: FakeVendor
) -> None:
    clock = FakeClock()
    client = new_client(clock=clock, limits=Limits(rest_seconds=2))
    await asyncio.gather(*(whole(client, vendor) for _ in range(MANY_RESTING + 1)))
    clock.advance(0.004)
    await whole(client, vendor)
    assert vendor.connections == MANY_RESTING + 2
    clock.advance(0.002)
    await whole(client, vendor)
    assert vendor.connections == MANY_RESTING + 2


async def test_where_no_more_connections_may_be_one_that_rests_is_used(
    new_client: NewClient, vendor: FakeVendor
) -> None:
    client = new_client(clock=FakeClock(), limits=Limits(max_connections_per_origin=2))
    for _ in range(5):
        await whole(client, vendor)
    assert (vendor.connections, client.idle) == (2, 2)


async def test_resting_connections_expire_too(new_client: NewClient, vendor: FakeVendor) -> None:
    clock = FakeClock()
    limits = Limits(idle_seconds=50, sweep_seconds=0.01, rest_seconds=10_000)
    client = new_client(clock=clock, limits=limits)
    await whole(client, vendor)
    clock.advance(51)
    await until(lambda: not vendor.wires)
    assert client.idle == 0


async def test_idle_connections_expire(new_client: NewClient, vendor: FakeVendor) -> None:
    clock = FakeClock()
    client = new_client(
        clock=clock, limits=Limits(rest_seconds=0, idle_seconds=50, sweep_seconds=0.01)
    )
    await whole(client, vendor)
    clock.advance(49)
    await whole(client, vendor)
    assert vendor.connections == 1
    clock.advance(51)
    await until(lambda: not vendor.wires)
    await whole(client, vendor)
    assert vendor.connections == 2


async def test_no_more_idle_connections_than_allowed(
    new_client: NewClient, vendor: FakeVendor
) -> None:
    client = new_client(limits=Limits(rest_seconds=0, max_idle_per_origin=1))
    await asyncio.gather(*(whole(client, vendor) for _ in range(3)))
    await until(lambda: len(vendor.wires) == 1)
    assert client.idle == 1


@pytest.mark.parametrize(
    "answer",
    [
        body_answer(b"x", headers=[("Connection", "close")]),
        raw_answer(b"HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx", ending=Ending.KEEP),
        raw_answer(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nxtra", ending=Ending.KEEP),
        raw_answer(
            b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nxHTTP/1.1 200 OK\r\nX-Forged: ",
            ending=Ending.KEEP,
        ),
        raw_answer(
            b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx"
            b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged",
            ending=Ending.KEEP,
        ),
    ],
)
async def test_a_connection_that_cannot_be_trusted_is_not_used_again(
    client: UpstreamClient, vendor: FakeVendor, answer: Answer
) -> None:
    vendor.script(answer, json_answer("next"))
    assert await whole(client, vendor) == b"x"
    assert await whole(client, vendor) == b'"next"'
    assert vendor.connections == 2


async def test_unsolicited_bytes_close_an_idle_connection(
    client: UpstreamClient, vendor: FakeVendor
) -> None:
    gate = Gate()
    late = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged"
    vendor.script(raw_answer(*body_answer(b"x").steps, gate, late, ending=Ending.KEEP))
    assert await whole(client, vendor) == b"x"
    assert client.idle == 1
    gate.open()
    await until(lambda: client.idle == 0)
    assert await whole(client, vendor) != b"forged"


async def test_a_reused_connection_that_dies_silently_is_replaced_once(
    client: UpstreamClient, vendor: FakeVendor
) -> None:
    vendor.script(json_answer(1), raw_answer(), json_answer(3))
    assert await whole(client, vendor) == b"1"
    assert await whole(client, vendor) == b"3"
    assert len(vendor.requests) == 3
    assert vendor.connections == 2


async def test_the_replacement_is_new_and_the_last(
    client: UpstreamClient, vendor: FakeVendor
) -> None:
    gates = [Gate(), Gate()]
    vendor.script(*(stream_answer(gate, b"x") for gate in gates))
    for response, gate in [(await ask(client, vendor), gate) for gate in gates]:
        gate.open()
        await response.read(100)
    assert client.idle == 2
    vendor.script(raw_answer(), raw_answer(), json_answer("never"))
    with pytest.raises(UpstreamError, match="before it answered"):
        await whole(client, vendor)
    assert len(vendor.requests) == 4
    assert vendor.connections == 3


async def test_the_replacement_does_not_queue_for_a_used_one(
    new_client: NewClient, vendor: FakeVendor
) -> None:
    client = new_client(limits=Limits(rest_seconds=0, max_connections_per_origin=1))
    vendor.script(silence())
    sending = asyncio.ensure_future(client.send(post(vendor)))
    await until(lambda: vendor.requests)
    (pool,) = client.pools.values()
    assert not (await pool.obtain(5.0, fresh=True)).used
    sending.cancel()


async def test_a_reused_connection_that_dies_after_a_byte_is_not_retried(
    client: UpstreamClient, vendor: FakeVendor
) -> None:
    vendor.script(json_answer(1), raw_answer(b"H"), json_answer(3))
    await whole(client, vendor)
    with pytest.raises(UpstreamError, match="before it answered"):
        await whole(client, vendor)
    assert len(vendor.requests) == 2


async def test_a_reused_connection_that_is_silent_is_not_retried(
    new_client: NewClient, vendor: FakeVendor
) -> None:
    clock = FakeClock()
    client = new_client(clock=clock)
    vendor.script(json_answer(1), silence())
    await whole(client, vendor)
    asking = asyncio.ensure_future(whole(client, vendor))
    await until(lambda: len(vendor.requests) == 2)
    clock.advance(11)
    with pytest.raises(UpstreamTimeout, match="first-byte"):
        await asking
    assert len(vendor.requests) == 2


async def test_too_many_requests_wait_for_a_connection(
    new_client: NewClient, vendor: FakeVendor
) -> None:
    client = new_client(limits=Limits(rest_seconds=0, max_connections_per_origin=2))
    answers = await asyncio.gather(*(whole(client, vendor) for _ in range(20)))
    assert len(answers) == 20
    assert vendor.connections == 2


async def test_a_connection_that_is_thrown_away_makes_room(
    new_client: NewClient, vendor: FakeVendor
) -> None:
    client = new_client(limits=Limits(rest_seconds=0, max_connections_per_origin=1))
    vendor.default = lambda _: body_answer(b"x", headers=[("Connection", "close")])
    assert await asyncio.gather(*(whole(client, vendor) for _ in range(5))) == [b"x"] * 5
    assert vendor.connections == 5


async def test_waiting_for_a_connection_has_an_end(
    new_client: NewClient, vendor: FakeVendor
) -> None:
    client = new_client(limits=Limits(rest_seconds=0, max_connections_per_origin=1))
    vendor.script(silence())
    first = asyncio.ensure_future(client.send(post(vendor)))
    await until(lambda: vendor.requests)
    with pytest.raises(UpstreamTimeout, match=r"became free within 0\.05 s") as caught:
        await ask(client, vendor, timeouts=Timeouts(connect=0.05))
    assert not caught.value.channel_at_fault
    first.cancel()
    assert await whole(client, vendor)


async def test_a_cancelled_wait_loses_no_connection(
    new_client: NewClient, vendor: FakeVendor
) -> None:
    client = new_client(limits=Limits(rest_seconds=0, max_connections_per_origin=1))
    for _ in range(10):
        gate = Gate()
        vendor.script(stream_answer(gate, b"x"))
        first = await ask(client, vendor)
        waiting = [asyncio.ensure_future(client.send(post(vendor))) for _ in range(3)]
        await asyncio.sleep(0)
        gate.open()
        await first.read(100)  # hands the connection to the first that waits …
        for task in waiting:
            task.cancel()  # … which is gone in the same moment
        await asyncio.gather(*waiting, return_exceptions=True)
    vendor.default = chatty
    assert await whole(client, vendor)


async def test_a_failed_connect_makes_room(new_client: NewClient, vendor: FakeVendor) -> None:
    client = new_client(limits=Limits(rest_seconds=0, max_connections_per_origin=1))
    await vendor.stop()
    errors = await asyncio.gather(
        *(whole(client, vendor) for _ in range(3)), return_exceptions=True
    )
    assert [str(error) for error in errors] == [
        f"cannot connect to 127.0.0.1:{vendor.port}: Connection refused"
    ] * 3
    await vendor.start()
    assert await whole(client, vendor)


async def test_a_name_that_does_not_exist_is_said(client: UpstreamClient) -> None:
    request = UpstreamRequest("GET", "http://no-such-vendor.invalid/", ())
    with pytest.raises(UpstreamError, match=r"cannot resolve the name no-such-vendor\.invalid"):
        await client.send(request)


async def test_all_addresses_of_a_name_are_tried(
    client: UpstreamClient, vendor: FakeVendor
) -> None:
    # "localhost" has an IPv6 address too on most machines, where nobody listens.
    request = UpstreamRequest("GET", f"http://localhost:{vendor.port}/", ())
    assert (await client.send(request)).status == 200


async def test_connections_closed_by_the_vendor_leave_the_pool(
    client: UpstreamClient, vendor: FakeVendor
) -> None:
    await asyncio.gather(*(whole(client, vendor) for _ in range(3)))
    await vendor.drop_connections()
    await until(lambda: client.connections == 0)
    assert client.idle == 0
    assert await whole(client, vendor)
