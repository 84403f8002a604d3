"""Through a proxy everything is as without one: answers, streams, errors, timeouts, cancellation."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from oneapi.errors import Truncated, UpstreamError, UpstreamTimeout
from oneapi.providers.base import UpstreamRequest
from oneapi.upstream import Edit, SpooledBody, Timeouts, UpstreamClient
from tests.fakes import (
    FakeVendor,
    Gate,
    body_answer,
    json_answer,
    never_closing,
    raw_answer,
    silence,
    stream_answer,
    until,
)
from tests.upstream.asking import LIMIT, ask, post, pumped, whole
from tests.upstream.proxies import SERVERS, Proxy, running
from tests.upstream.test_hardening import BOMB, ENCODED
from tests.upstream.test_tls import CERTIFICATE, server_context

NewClient = Callable[..., UpstreamClient]


@pytest.fixture
def client(new_client: NewClient, scheme: str, proxy: Proxy) -> UpstreamClient:
    return new_client(proxy=f"{scheme}://127.0.0.1:{proxy.port}", ca_file=CERTIFICATE)


async def test_requests_and_answers_pass(
    client: UpstreamClient, vendor: FakeVendor, proxy: Proxy
) -> None:
    vendor.script(lambda received: body_answer(received.body, 201, [("X-Request-Id", "r")]))
    request = UpstreamRequest(
        "POST", f"{vendor.url}/v1/a%2Fb?x=%20", (("Authorization", "Bearer k"),), b"{}"
    )
    response = await client.send(request)
    assert (response.status, response.headers.get("x-request-id")) == (201, "r")
    assert await response.read(LIMIT) == b"{}"
    received = vendor.requests[0]
    assert received.path == "/v1/a%2Fb?x=%20"
    assert received.headers["authorization"] == "Bearer k"
    assert received.headers["accept-encoding"] == "identity"
    assert received.headers["content-length"] == "2"
    assert len(proxy.targets) == 1


async def test_a_proxy_of_one_request_wins(
    new_client: NewClient, vendor: FakeVendor, scheme: str, proxy: Proxy
) -> None:
    client = new_client()
    await whole(client, vendor)
    assert proxy.targets == []
    await whole(client, vendor, proxy=f"{scheme}://127.0.0.1:{proxy.port}")
    assert len(proxy.targets) == 1


async def test_https_goes_through_a_tunnel(client: UpstreamClient, proxy: Proxy) -> None:
    async with FakeVendor(tls=server_context()) as vendor:
        assert b"chat.completion" in await whole(client, vendor)
        assert proxy.targets[0].endswith(f"127.0.0.1:{vendor.port}")
        assert b"chat.completion" in await whole(client, vendor)
        assert vendor.connections == 1


async def test_an_unknown_certificate_is_refused(
    new_client: NewClient, scheme: str, proxy: Proxy
) -> None:
    client = new_client(proxy=f"{scheme}://127.0.0.1:{proxy.port}")
    async with FakeVendor(tls=server_context()) as vendor:
        with pytest.raises(UpstreamError):
            await ask(client, vendor)
        assert vendor.requests == []


@pytest.mark.parametrize("scheme", SERVERS)
async def test_credentials_are_used_and_never_shown(new_client: NewClient, scheme: str) -> None:
    async with (
        running(SERVERS[scheme], Proxy("user:hush")) as proxy,
        FakeVendor(tls=server_context()) as vendor,
    ):
        place = f"127.0.0.1:{proxy.port}"
        good = new_client(proxy=f"{scheme}://user:hush@{place}", ca_file=CERTIFICATE)
        assert await whole(good, vendor)
        bad = new_client(proxy=f"{scheme}://user:wrong-hush@{place}", ca_file=CERTIFICATE)
        with pytest.raises(UpstreamError, match="proxy") as caught:
            await ask(bad, vendor)
    assert "hush" not in repr(caught.value) + repr(caught.value.__cause__)
    assert len(vendor.requests) == 1


async def test_a_proxy_that_is_not_there(new_client: NewClient, vendor: FakeVendor) -> None:
    for scheme in SERVERS:
        client = new_client(proxy=f"{scheme}://user:hush@127.0.0.1:1")
        with pytest.raises(UpstreamError, match="proxy") as caught:
            await ask(client, vendor)
        assert "hush" not in repr(caught.value) + repr(caught.value.__cause__)


@pytest.mark.parametrize(
    "address", ["ftp://x:1", "nonsense", "socks5://x", "socks5://x:y", "http://"]
)
async def test_an_unusable_address_is_an_upstream_error(
    new_client: NewClient, vendor: FakeVendor, address: str
) -> None:
    with pytest.raises(UpstreamError, match="proxy"):
        await ask(new_client(proxy=address), vendor)


async def test_a_proxy_that_refuses(client: UpstreamClient, proxy: Proxy) -> None:
    proxy.refuses = True
    async with FakeVendor(tls=server_context()) as vendor:
        with pytest.raises(UpstreamError, match="proxy"):
            await ask(client, vendor)


async def test_streams_arrive_piece_by_piece(client: UpstreamClient, vendor: FakeVendor) -> None:
    gate = Gate()
    vendor.script(stream_answer(b"one", gate, b"two"))
    response = await ask(client, vendor)
    pieces: list[bytes] = []
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(response.pump(pieces.append))
        await until(lambda: pieces == [b"one"])
        gate.open()
    assert pieces == [b"one", b"two"]


async def test_spooled_bodies(client: UpstreamClient, vendor: FakeVendor) -> None:
    with SpooledBody(memory_limit=0) as body:
        body.append(b"model=aaa;" + b"x" * 1_000_000)
        edited = body.replaced(Edit(6, 9, b"whisper"))
        await (await client.send(post(vendor, edited))).read(LIMIT)
    assert vendor.requests[0].body == b"model=whisper;" + b"x" * 1_000_000
    assert "transfer-encoding" not in vendor.requests[0].headers


@pytest.mark.parametrize("how", ["send", "pump", "close"])
async def test_leaving_is_seen_by_the_vendor(
    client: UpstreamClient, vendor: FakeVendor, how: str
) -> None:
    vendor.script(silence() if how == "send" else never_closing(b"x"))
    if how == "send":
        task: asyncio.Future[Any] = asyncio.ensure_future(client.send(post(vendor)))
        await until(lambda: vendor.requests)
        task.cancel()
    else:
        response = await ask(client, vendor)
        pieces: list[bytes] = []
        task = asyncio.ensure_future(response.pump(pieces.append))
        await until(lambda: pieces)
        task.cancel() if how == "pump" else response.close()
    await until(lambda: vendor.abandoned)
    await asyncio.wait([task])
    assert task.cancelled() or isinstance(task.exception(), Truncated)


async def test_a_cut_answer_is_truncated(client: UpstreamClient, vendor: FakeVendor) -> None:
    vendor.script(raw_answer(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nsome"))
    response = await ask(client, vendor)
    with pytest.raises(Truncated):
        await response.read(LIMIT)


async def test_a_sink_may_raise_or_close(client: UpstreamClient, vendor: FakeVendor) -> None:
    vendor.script(never_closing(b"x"), never_closing(b"x"))

    def sink(piece: bytes) -> None:
        raise KeyError(piece)

    with pytest.raises(KeyError):
        await (await ask(client, vendor)).pump(sink)
    response = await ask(client, vendor)
    with pytest.raises(Truncated, match="abandoned"):
        await response.pump(lambda _: response.close())
    await until(lambda: len(vendor.abandoned) == 2)


async def test_pause_and_resume(client: UpstreamClient, vendor: FakeVendor) -> None:
    vendor.script(stream_answer(*[b"x" * (1 << 20)] * 32))
    response = await ask(client, vendor)
    got: list[int] = []

    def sink(body: bytes) -> None:
        got.append(len(body))
        if len(got) == 1:
            response.pause()

    pumping = asyncio.ensure_future(response.pump(sink))
    await until(lambda: got)
    await asyncio.sleep(0.1)  # it could have gone on by now
    assert len(got) == 1
    response.resume()
    await pumping
    assert sum(got) == 32 << 20


@pytest.mark.parametrize(
    ("limits", "answer", "text"),
    [
        (Timeouts(first_byte=0.05), silence(), "first-byte"),
        (Timeouts(total=0.05), silence(), "total"),
        (Timeouts(idle=0.05), never_closing(b"x"), "idle"),
        (Timeouts(total=0.05), never_closing(b"x"), "total"),
    ],
)
async def test_timeouts(
    client: UpstreamClient, vendor: FakeVendor, limits: Timeouts, answer: Any, text: str
) -> None:
    vendor.script(answer)
    with pytest.raises(UpstreamTimeout, match=text):
        await whole(client, vendor, timeouts=limits)


async def test_garbage_is_an_upstream_error(client: UpstreamClient, vendor: FakeVendor) -> None:
    vendor.script(raw_answer(b"garbage\r\n\r\n"), raw_answer(), json_answer("next"))
    for _ in range(2):
        with pytest.raises(UpstreamError):
            await ask(client, vendor)
    assert await whole(client, vendor) == b'"next"'


async def test_compression(client: UpstreamClient, vendor: FakeVendor) -> None:
    bomb = body_answer(BOMB, headers=[("Content-Encoding", "gzip")])
    vendor.script(
        body_answer(ENCODED["gzip"], headers=[("Content-Encoding", "gzip")]),
        body_answer(b"", headers=[("Content-Encoding", "br")]),
        bomb,
    )
    assert b"".join(await pumped(await ask(client, vendor))) == ENCODED["identity"]
    with pytest.raises(UpstreamError, match="encoding"):
        await ask(client, vendor)
    response = await ask(client, vendor)
    with pytest.raises(UpstreamError, match="far too much"):
        await response.read(1 << 30)


async def test_a_body_over_the_limit_is_refused(client: UpstreamClient, vendor: FakeVendor) -> None:
    vendor.script(body_answer(b"x" * 101))
    response = await ask(client, vendor)
    with pytest.raises(UpstreamError, match="too large"):
        await response.read(100)
