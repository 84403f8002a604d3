"""HTTPS: verified always, with the names in the right places, and as fast a pool as plain HTTP."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from oneapi.errors import Truncated, UpstreamError
from oneapi.providers.base import UpstreamRequest
from oneapi.upstream import UpstreamClient
from tests.fakes import FakeVendor, body_answer, cut, never_closing, until
from tests.upstream.asking import LIMIT, ask, post, pumped, whole

CERTIFICATE = Path(__file__).parent / "localhost.pem"

NewClient = Callable[..., UpstreamClient]


def server_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    return context


@pytest_asyncio.fixture
async def secure_vendor() -> AsyncIterator[FakeVendor]:
    async with FakeVendor(tls=server_context()) as vendor:
        yield vendor


@pytest.fixture
def trusting(new_client: NewClient) -> UpstreamClient:
    return new_client(ca_file=CERTIFICATE)


async def test_a_verified_vendor_answers_and_its_connection_is_kept(
    trusting: UpstreamClient, secure_vendor: FakeVendor
) -> None:
    for _ in range(3):
        assert b"chat.completion" in await whole(trusting, secure_vendor)
    assert secure_vendor.connections == 1


async def test_large_bodies_both_ways(trusting: UpstreamClient, secure_vendor: FakeVendor) -> None:
    body = bytes(range(256)) * 20_000
    secure_vendor.script(lambda received: body_answer(received.body))
    response = await trusting.send(post(secure_vendor, body))
    assert b"".join(await pumped(response)) == body


async def test_an_unknown_certificate_is_refused(
    new_client: NewClient, secure_vendor: FakeVendor
) -> None:
    with pytest.raises(UpstreamError, match=r"certificate of 127\.0\.0\.1.* is not valid"):
        await ask(new_client(), secure_vendor)
    assert secure_vendor.requests == []


async def test_a_certificate_for_another_name_is_refused(
    trusting: UpstreamClient, secure_vendor: FakeVendor
) -> None:
    request = UpstreamRequest("GET", f"https://127.0.0.2:{secure_vendor.port}/", ())
    with pytest.raises(UpstreamError):
        await trusting.send(request)
    assert secure_vendor.requests == []


async def test_the_name_is_sent_so_that_the_vendor_can_choose_its_certificate(
    trusting: UpstreamClient,
) -> None:
    context = server_context()
    names: list[str | None] = []
    protocols: list[str | None] = []
    context.set_alpn_protocols(["h2", "http/1.1"])

    def chosen(connection: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
        names.append(name)
        protocols.append(connection.selected_alpn_protocol())

    context.sni_callback = chosen
    async with FakeVendor(tls=context) as vendor:
        request = UpstreamRequest("GET", f"https://localhost:{vendor.port}/", ())
        assert (await trusting.send(request)).status == 200
    assert names == ["localhost"]


async def test_a_port_that_speaks_no_tls_is_an_upstream_error(trusting: UpstreamClient) -> None:
    def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        request = UpstreamRequest("GET", f"https://127.0.0.1:{port}/", ())
        with pytest.raises(UpstreamError, match="cannot connect"):
            await trusting.send(request)


async def test_a_cut_answer_is_truncated(
    trusting: UpstreamClient, secure_vendor: FakeVendor
) -> None:
    secure_vendor.script(cut(body_answer(b"x" * 1000), 500))
    response = await ask(trusting, secure_vendor)
    with pytest.raises(Truncated):
        await response.read(LIMIT)


async def test_an_abandoned_answer_is_seen_by_the_vendor(
    trusting: UpstreamClient, secure_vendor: FakeVendor
) -> None:
    secure_vendor.script(never_closing(b"x"))
    (await ask(trusting, secure_vendor)).close()
    await until(lambda: secure_vendor.abandoned)
