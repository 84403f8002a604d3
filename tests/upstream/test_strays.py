"""A vendor that says one answer too many: nobody gets somebody else's."""

import asyncio
import select
from collections.abc import Callable

import pytest
from structlog.testing import capture_logs

from oneapi.errors import UpstreamError
from oneapi.providers.base import UpstreamRequest
from oneapi.upstream import Limits, UpstreamClient
from tests.fakes import (
    Answer,
    Ending,
    FakeClock,
    FakeVendor,
    Gate,
    Received,
    body_answer,
    json_answer,
    raw_answer,
    until,
)
from tests.upstream.asking import LIMIT, SECONDS, whole
from tests.upstream.proxies import Proxy, http_proxy, running, socks5_proxy

pytestmark = pytest.mark.fault("A8")

NewClient = Callable[..., UpstreamClient]
PROXIES = {"http": http_proxy, "socks5": socks5_proxy}
SHORT = b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx"
LATE = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged"


def followed_by(gate: Gate, late: bytes = LATE) -> Answer:
    """An answer, and another one when the gate opens."""
    return raw_answer(*body_answer(b"x").steps, gate, late, ending=Ending.KEEP)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def client(new_client: NewClient, clock: FakeClock) -> UpstreamClient:
    limits = Limits(sweep_seconds=0.01, distrust_seconds=60, idle_seconds=10_000, rest_seconds=0)
    return new_client(limits=limits, clock=clock)


async def test_after_a_stray_no_connection_is_used_twice_for_a_while(
    client: UpstreamClient, vendor: FakeVendor, clock: FakeClock
) -> None:
    for seconds in (60, 120):
        gate, held = Gate(), Gate()
        vendor.script(raw_answer(held, *body_answer(b"y").steps, ending=Ending.KEEP))
        other = asyncio.ensure_future(whole(client, vendor))
        await until(lambda held=held: held.reached)
        vendor.script(followed_by(gate))
        assert await whole(client, vendor) == b"x"
        held.open()
        assert await other == b"y"
        assert client.idle == 2
        with capture_logs() as logs:
            gate.open()
            await until(lambda: client.idle == 0)
            before = vendor.connections
            for _ in range(3):
                assert await whole(client, vendor) != b"forged"
        assert (client.idle, vendor.connections) == (0, before + 3)
        (line,) = logs
        assert (line["event"], line["reuse_again_in"]) == ("unasked_answer", seconds)
        assert line["vendor"] == f"127.0.0.1:{vendor.port}"
        clock.advance(seconds + 1)
        await whole(client, vendor)
        await whole(client, vendor)
        assert vendor.connections == before + 4


async def test_what_waits_behind_an_earlier_answer_is_sent_again(
    client: UpstreamClient, vendor: FakeVendor
) -> None:
    gate, held = Gate(), Gate()
    vendor.script(raw_answer(held, *body_answer(b"y").steps, ending=Ending.KEEP))
    first = asyncio.ensure_future(whole(client, vendor))
    await until(lambda: held.reached)
    vendor.script(followed_by(gate))
    await whole(client, vendor)
    held.open()
    await first
    vendor.script(raw_answer(Gate(), ending=Ending.HANG))
    waiting = asyncio.ensure_future(whole(client, vendor))
    await until(lambda: len(vendor.requests) == 3)
    vendor.script(json_answer("again"))
    gate.open()
    async with asyncio.timeout(SECONDS):
        assert await waiting == b'"again"'
    assert len(vendor.requests) == 4


async def test_an_answer_in_the_same_read_is_a_stray_too(
    client: UpstreamClient, vendor: FakeVendor
) -> None:
    vendor.script(raw_answer(SHORT + LATE, ending=Ending.KEEP))
    with capture_logs() as logs:
        assert await whole(client, vendor) == b"x"
    assert [line["event"] for line in logs] == ["unasked_answer"]
    await whole(client, vendor)
    assert client.idle == 0


async def test_a_server_that_says_it_will_close_is_trusted(
    client: UpstreamClient, vendor: FakeVendor
) -> None:
    gate = Gate()
    bye = b"HTTP/1.1 408 Request Time-out\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    vendor.script(followed_by(gate, bye))
    await whole(client, vendor)
    with capture_logs() as logs:
        gate.open()
        await until(lambda: client.idle == 0)
    assert logs == []
    await whole(client, vendor)
    assert client.idle == 1


def large(vendor: FakeVendor) -> UpstreamRequest:
    return UpstreamRequest("POST", f"{vendor.url}/v1/x", (), b"x" * 64_000_000)


async def test_an_answer_before_its_request_is_complete_is_another_requests(
    client: UpstreamClient, vendor: FakeVendor
) -> None:
    await whole(client, vendor)
    vendor.script(raw_answer(LATE, early=True), json_answer("mine"))
    with capture_logs() as logs:
        async with asyncio.timeout(SECONDS):
            response = await client.send(large(vendor))
            assert await response.read(LIMIT) == b'"mine"'
    assert [line["event"] for line in logs] == ["unasked_answer"]
    assert len(vendor.requests[-1].body) == 64_000_000


async def test_an_early_refusal_is_believed_and_so_is_an_early_answer_on_a_new_connection(
    client: UpstreamClient, vendor: FakeVendor
) -> None:
    vendor.script(raw_answer(*body_answer(b"quick").steps, early=True))
    async with asyncio.timeout(SECONDS):
        assert await (await client.send(large(vendor))).read(LIMIT) == b"quick"
        await whole(client, vendor)
        vendor.script(raw_answer(*body_answer(b"too large", 413).steps, early=True))
        response = await client.send(large(vendor))
        assert (response.status, await response.read(LIMIT)) == (413, b"too large")
    assert len(vendor.requests) == 3


async def test_what_is_no_answer_is_the_rest_of_the_one_before(
    client: UpstreamClient, vendor: FakeVendor
) -> None:
    await whole(client, vendor)
    vendor.script(raw_answer(b"rest of a body\n", ending=Ending.HANG), json_answer("mine"))
    with capture_logs() as logs:
        assert await whole(client, vendor) == b'"mine"'
    assert [line["event"] for line in logs] == ["unasked_answer"]
    vendor.script(raw_answer(b"from its beginning\n", ending=Ending.HANG))
    with pytest.raises(UpstreamError, match="did not answer in HTTP"):
        await whole(client, vendor)


async def test_what_has_come_and_is_not_read_yet_is_not_overlooked(client: UpstreamClient) -> None:
    """The event loop was busy elsewhere while it came."""
    gate = Gate()
    with FakeVendor.in_thread() as vendor:
        vendor.script(followed_by(gate), json_answer("mine"))
        assert await whole(client, vendor) == b"x"
        (connection,) = next(iter(client.pools.values())).connections
        assert connection.transport is not None
        readable = select.poll()
        readable.register(connection.transport.get_extra_info("socket").fileno(), select.POLLIN)
        gate.open()
        assert readable.poll(SECONDS * 1000)  # without giving way to the loop
        assert await whole(client, vendor) == b'"mine"'


def echo_and_stray(received: Received, thinks: float) -> Answer:
    """Say the body after `thinks` seconds, and three milliseconds later something that nobody asked for."""
    loop = asyncio.get_running_loop()
    answers, follows = Gate(), Gate()
    loop.call_later(thinks, answers.open)
    loop.call_later(thinks + 0.003, follows.open)
    stray = body_answer(b"stray of " + received.body).steps
    steps = answers, *body_answer(received.body).steps, follows, *stray
    return raw_answer(*steps, ending=Ending.KEEP)


async def wrong_answers(client: UpstreamClient, vendor: FakeVendor) -> int:
    """Return how many of 450 requests of ten clients do not get their own answer."""

    async def one(number: int) -> bool:
        body = b"%d" % number
        request = UpstreamRequest("POST", f"{vendor.url}/v1/x", (), body)
        response = await client.send(request)
        return await response.read(LIMIT) == body

    async def many(first: int) -> int:
        return sum([not await one(number) for number in range(first, first + 45)])

    async with asyncio.timeout(SECONDS):
        return sum(await asyncio.gather(*(many(45 * worker) for worker in range(10))))


@pytest.mark.parametrize("thinks", [0.0, 0.02], ids=["at once", "after 20 ms"])
async def test_nobody_gets_a_stray(
    new_client: NewClient, vendor: FakeVendor, thinks: float
) -> None:
    vendor.default = lambda received: echo_and_stray(received, thinks)
    assert await wrong_answers(new_client(limits=Limits()), vendor) == 0


@pytest.mark.parametrize("scheme", PROXIES)
@pytest.mark.parametrize("thinks", [0.0, 0.02], ids=["at once", "after 20 ms"])
async def test_nobody_gets_a_stray_through_a_proxy(
    new_client: NewClient, vendor: FakeVendor, scheme: str, thinks: float
) -> None:
    vendor.default = lambda received: echo_and_stray(received, thinks)
    async with running(PROXIES[scheme], Proxy()) as proxy:
        client = new_client(limits=Limits(), proxy=f"{scheme}://127.0.0.1:{proxy.port}")
        assert await wrong_answers(client, vendor) == 0
        await client.aclose()


@pytest.mark.parametrize("scheme", PROXIES)
async def test_behind_a_proxy_too_a_stray_is_seen_and_said(
    new_client: NewClient, vendor: FakeVendor, scheme: str
) -> None:
    gate = Gate()
    vendor.script(followed_by(gate))
    async with running(PROXIES[scheme], Proxy()) as proxy:
        client = new_client(limits=Limits(), proxy=f"{scheme}://127.0.0.1:{proxy.port}")
        await whole(client, vendor)
        gate.open()
        with capture_logs() as logs:
            async with asyncio.timeout(SECONDS):
                while not logs:
                    assert await whole(client, vendor) != b"forged"
        assert [line["event"] for line in logs] == ["unasked_answer"]
        before = vendor.connections
        for _ in range(3):
            await whole(client, vendor)
        assert vendor.connections == before + 3, "none is used twice for a while"
        await client.aclose()
