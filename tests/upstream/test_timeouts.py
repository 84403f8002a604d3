"""Every wait for a vendor ends, and the message says which limit it was."""

import asyncio
import socket
from collections.abc import Callable, Generator
from contextlib import contextmanager

import pytest

from oneapi.errors import UpstreamTimeout
from oneapi.providers.base import UpstreamRequest
from oneapi.upstream import SpooledBody, Timeouts, UpstreamClient
from tests.fakes import (
    Ending,
    FakeClock,
    FakeVendor,
    Gate,
    never_closing,
    raw_answer,
    silence,
    stream_answer,
    until,
)
from tests.upstream.asking import LIMIT, ask, post, pumped, whole

NewClient = Callable[..., UpstreamClient]


@contextmanager
def deaf_port() -> Generator[int, None, None]:
    """A port whose queue is full: connecting to it neither succeeds nor fails."""
    with socket.socket() as listener, socket.socket() as first, socket.socket() as second:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for filler in (first, second):
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]


async def test_connect(new_client: NewClient) -> None:
    client = new_client(timeouts=Timeouts(connect=0.1))
    with deaf_port() as port:
        request = UpstreamRequest("GET", f"http://127.0.0.1:{port}/", ())
        with pytest.raises(UpstreamTimeout, match=r"within 0\.1 s \(connect timeout\)"):
            await client.send(request)


async def test_total_covers_connecting(new_client: NewClient) -> None:
    client = new_client(timeouts=Timeouts(connect=60, total=0.1))
    with deaf_port() as port:
        request = UpstreamRequest("GET", f"http://127.0.0.1:{port}/", ())
        with pytest.raises(UpstreamTimeout):
            async with asyncio.timeout(10):
                await client.send(request)


async def test_first_byte(new_client: NewClient, vendor: FakeVendor) -> None:
    clock = FakeClock()
    client = new_client(clock=clock, timeouts=Timeouts(first_byte=30, idle=1))
    vendor.script(silence())
    sending = asyncio.ensure_future(client.send(post(vendor)))
    await until(lambda: vendor.requests)
    clock.advance(29)
    await asyncio.sleep(0.05)  # several sweeps, none of which may end it
    assert not sending.done()
    clock.advance(1)
    with pytest.raises(UpstreamTimeout, match=r"did not answer within 30 s \(first-byte timeout\)"):
        await sending
    await until(lambda: vendor.abandoned)


async def test_a_head_that_drips_does_not_extend_the_first_byte(
    new_client: NewClient, vendor: FakeVendor
) -> None:
    clock = FakeClock()
    client = new_client(clock=clock, timeouts=Timeouts(first_byte=30))
    gates = [Gate() for _ in range(3)]
    interim = b"HTTP/1.1 103 Early Hints\r\n\r\n"
    steps = (interim, gates[0], interim, gates[1], interim, gates[2])
    vendor.script(raw_answer(*steps, ending=Ending.HANG))
    sending = asyncio.ensure_future(client.send(post(vendor)))
    for gate in gates:
        await until(lambda gate=gate: gate.reached)
        clock.advance(11)
        gate.open()
    with pytest.raises(UpstreamTimeout, match="first-byte"):
        await sending


async def test_idle(new_client: NewClient, vendor: FakeVendor) -> None:
    clock = FakeClock()
    client = new_client(clock=clock, timeouts=Timeouts(idle=30))
    gate = Gate()
    vendor.script(never_closing(b"one", gate, b"two"))
    response = await ask(client, vendor)
    pieces: list[bytes] = []
    pumping = asyncio.ensure_future(response.pump(pieces.append))
    for piece in (b"one", b"two"):
        await until(lambda piece=piece: piece in pieces)
        await asyncio.sleep(0.05)  # a sweep has seen that something came
        clock.advance(29)
        await asyncio.sleep(0.05)
        assert not pumping.done()
        gate.open()
    clock.advance(30)
    with pytest.raises(UpstreamTimeout, match=r"did not go on within 30 s \(idle timeout\)"):
        await pumping


async def test_total(new_client: NewClient, vendor: FakeVendor) -> None:
    clock = FakeClock()
    client = new_client(clock=clock, timeouts=Timeouts(total=100))
    vendor.script(never_closing(b"one"))
    reading = asyncio.ensure_future(whole(client, vendor))
    await until(lambda: vendor.requests)
    clock.advance(100)
    with pytest.raises(UpstreamTimeout, match=r"within 100 s \(total timeout\)"):
        await reading


async def test_total_zero_is_no_limit(new_client: NewClient, vendor: FakeVendor) -> None:
    clock = FakeClock()
    endless = Timeouts(first_byte=1e9, idle=1e9, total=0)
    client = new_client(clock=clock, timeouts=endless)
    gate = Gate()
    vendor.script(stream_answer(gate, b"x"))
    response = await ask(client, vendor)
    clock.advance(1e8)
    await asyncio.sleep(0.05)
    gate.open()
    assert await pumped(response) == [b"x"]


async def test_a_pause_of_ours_is_not_the_vendors_silence(
    new_client: NewClient, vendor: FakeVendor
) -> None:
    clock = FakeClock()
    client = new_client(clock=clock, timeouts=Timeouts(idle=30))
    gate = Gate()
    vendor.script(stream_answer(b"one", gate, b"two"))
    response = await ask(client, vendor)
    pumping = asyncio.ensure_future(pumped(response))
    await asyncio.sleep(0)
    response.pause()
    for _ in range(3):
        clock.advance(29)
        await asyncio.sleep(0.05)
    gate.open()
    response.resume()
    assert b"".join(await pumping) == b"onetwo"


async def test_timeouts_of_the_request_win(new_client: NewClient, vendor: FakeVendor) -> None:
    client = new_client(timeouts=Timeouts(first_byte=1e9))
    vendor.script(silence())
    with pytest.raises(UpstreamTimeout, match="first-byte"):
        await ask(client, vendor, timeouts=Timeouts(first_byte=0.05))


async def test_an_upload_that_is_not_taken_is_idle(
    new_client: NewClient, vendor: FakeVendor
) -> None:
    client = new_client(timeouts=Timeouts(first_byte=1e9, idle=0.2))
    # The vendor reads no body: an early answer that never comes.
    vendor.script(raw_answer(Gate(), early=True))
    with SpooledBody() as body:
        body.append(b"x" * (32 << 20))
        with pytest.raises(UpstreamTimeout, match=r"did not take the request .*idle"):
            await client.send(post(vendor, body))


async def test_an_error_that_nobody_waits_for_is_raised_later(
    new_client: NewClient, vendor: FakeVendor
) -> None:
    client = new_client(timeouts=Timeouts(idle=0.02))
    vendor.script(never_closing(b"one"))
    response = await ask(client, vendor)
    await until(lambda: vendor.abandoned)
    with pytest.raises(UpstreamTimeout):
        await response.read(LIMIT)
