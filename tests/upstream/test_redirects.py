"""Redirects of vendors: followed with method, body and key, to the same host only."""

import asyncio
from collections.abc import Callable

import pytest

from oneapi.providers.base import UpstreamRequest
from oneapi.upstream import SpooledBody, UpstreamClient
from oneapi.upstream.redirects import MAX_HOPS, redirected
from tests.fakes import Answer, FakeVendor, body_answer, json_answer, raw_answer
from tests.upstream.asking import LIMIT, SECONDS
from tests.upstream.proxies import Proxy, http_proxy, running
from tests.upstream.test_tls import CERTIFICATE, server_context

pytestmark = pytest.mark.fault("W28")

KEY = (("Authorization", "Bearer sk-vendor"),)


def pointing(location: str | None, status: int = 307) -> Answer:
    headers = [] if location is None else [("Location", location)]
    return body_answer(b"moved", status, headers)


def asked(
    vendor: FakeVendor, body: object = b'{"a":1}', path: str = "/v1/x?y=1"
) -> UpstreamRequest:
    return UpstreamRequest("POST", vendor.url + path, KEY, body)


async def send(client: UpstreamClient, request: UpstreamRequest) -> tuple[int, bytes]:
    async with asyncio.timeout(SECONDS):
        response = await client.send(request)
        return response.status, await response.read(LIMIT)


@pytest.mark.parametrize("status", [307, 308])
@pytest.mark.parametrize(
    ("location", "path"),
    [
        ("/v2/x", "/v2/x"),
        ("x/", "/v1/x/"),
        ("{url}/v2/x?z=2#part", "/v2/x?z=2"),
        ("?y=2", "/v1/x?y=2"),
    ],
)
async def test_a_redirect_at_the_same_host_is_followed(
    client: UpstreamClient, vendor: FakeVendor, status: int, location: str, path: str
) -> None:
    vendor.script(pointing(location.format(url=vendor.url), status), json_answer({"ok": 1}))
    assert await send(client, asked(vendor)) == (200, b'{"ok": 1}')
    first, second = vendor.requests
    assert (second.method, second.path, second.body) == ("POST", path, first.body)
    assert second.headers == first.headers
    assert vendor.connections == 1


@pytest.mark.parametrize(
    "location",
    [
        *(
            "http://localhost:{port}/x",
            "//example.com/x",
            "http://127.0.0.1:1/x",
            "ftp://127.0.0.1/",
        ),
        *("http://me@127.0.0.1:{port}/x", "http://127.0.0.1:{port}/a b", "http://[", "", None),
    ],
)
async def test_the_key_travels_nowhere_else(
    client: UpstreamClient, vendor: FakeVendor, location: str | None
) -> None:
    vendor.script(pointing(location and location.format(port=vendor.port)))
    assert await send(client, asked(vendor)) == (307, b"moved")
    assert len(vendor.requests) == 1


@pytest.mark.parametrize("status", [300, 301, 302, 303, 304, 305])
async def test_redirects_that_change_the_method_are_not_followed(
    client: UpstreamClient, vendor: FakeVendor, status: int
) -> None:
    answer = pointing("/v2/x", status)
    if status == 304:
        answer = raw_answer(b"HTTP/1.1 304 No\r\nLocation: /v2/x\r\n\r\n")
    vendor.script(answer)
    assert (await send(client, asked(vendor)))[0] == status
    assert len(vendor.requests) == 1


async def test_a_loop_ends(client: UpstreamClient, vendor: FakeVendor) -> None:
    vendor.script(*[pointing("/v1/x") for _ in range(9)])
    assert (await send(client, asked(vendor)))[0] == 307
    assert len(vendor.requests) == 1 + MAX_HOPS


async def test_a_spooled_body_is_sent_again(client: UpstreamClient, vendor: FakeVendor) -> None:
    vendor.script(pointing("/v2/x"), json_answer({"ok": 1}))
    with SpooledBody(memory_limit=10) as body:
        body.append(b"x" * 1_000_000)
        assert (await send(client, asked(vendor, body)))[0] == 200
    assert [len(request.body) for request in vendor.requests] == [1_000_000] * 2


def test_from_http_to_https_but_never_back() -> None:
    plain = UpstreamRequest("POST", "http://Vendor.example/v1", KEY, b"")
    secure = redirected(plain, "https://vendor.example/v1")
    assert secure is not None
    assert secure.url == "https://vendor.example/v1"
    assert redirected(secure, "http://vendor.example/v1") is None
    assert redirected(secure, "https://vendor.example:8443/v1") is None
    assert redirected(secure, "https://vendor.example.org/v1") is None
    assert redirected(secure, "https://sub.vendor.example/v1") is None


async def test_a_vendor_that_has_moved_to_tls_is_followed(
    new_client: Callable[..., UpstreamClient], vendor: FakeVendor
) -> None:
    client = new_client(ca_file=CERTIFICATE)
    async with FakeVendor(tls=server_context()) as secure:
        secure.script(json_answer({"ok": 1}))
        vendor.script(pointing(f"{secure.url}/v1/x"))
        assert (await send(client, asked(vendor)))[0] == 200
        assert secure.requests[0].headers["authorization"] == "Bearer sk-vendor"


async def test_through_a_proxy_too(
    new_client: Callable[..., UpstreamClient], vendor: FakeVendor
) -> None:
    async with running(http_proxy, Proxy()) as proxy:
        client = new_client(proxy=f"http://127.0.0.1:{proxy.port}")
        vendor.script(pointing("/v2/x"), json_answer({"ok": 1}))
        assert (await send(client, asked(vendor)))[0] == 200
        vendor.script(pointing("http://localhost:1/x"))
        assert (await send(client, asked(vendor)))[0] == 307
