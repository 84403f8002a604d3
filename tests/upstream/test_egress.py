"""Addresses that somebody else than root has named: whatever their spelling, nothing inside is reached through them."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable

import pytest
import pytest_asyncio

from oneapi.errors import InvalidRequest, UpstreamError, UpstreamTimeout
from oneapi.providers.base import UpstreamRequest
from oneapi.upstream import Timeouts, UpstreamClient
from oneapi.upstream.asking import asking
from oneapi.upstream.egress import ForbiddenAddressError, Guard, guarded
from oneapi.upstream.names import Address, Resolve
from tests.fakes import Answer, FakeVendor, body_answer, json_answer, silence, until
from tests.upstream.asking import LIMIT, SECONDS
from tests.upstream.proxies import Proxy
from tests.upstream.test_tls import CERTIFICATE, server_context

NewClient = Callable[..., UpstreamClient]
NAME = "vendor.example"


def leading_to(*answers: list[str]) -> tuple[Resolve, list[str]]:
    """A name server that gives one answer after the other, the last for ever; and what it was asked."""
    asked: list[str] = []

    async def resolve(host: str, port: int) -> list[Address]:
        found = answers[min(len(asked), len(answers) - 1)]
        asked.append(host)
        return [(numeric, port, socket.AF_INET) for numeric in found]

    return resolve, asked


async def send(client: UpstreamClient, url: str, proxy: str | None = None) -> tuple[int, bytes]:
    async with asyncio.timeout(SECONDS):
        response = await client.send(UpstreamRequest("POST", url, (), b"{}"), proxy=proxy)
        return response.status, await response.read(LIMIT)


INSIDE = (
    *("127.0.0.1", "127.255.255.254", "0.0.0.0", "0.1.2.3", "10.0.0.1", "172.16.0.1"),
    *("172.31.255.255", "192.168.1.1", "169.254.169.254", "100.64.0.1", "100.100.100.200"),
    *("168.63.129.16", "192.0.0.192", "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.9"),
    *("192.88.99.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255"),
    *("::", "::1", "::7f00:1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "fec0::1"),
    *("ff02::1", "ff0e::1", "100::1", "2001:db8::1", "2001::7f00:1", "3fff::1", "5f00::1"),
    *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:a9fe:a9fe", "::ffff:0:127.0.0.1"),
    *("64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::a00:1"),
    *("2002:7f00:1::", "2002:a9fe:a9fe::1", "2002:808:808::1", "2001:0:5ef5:79fb::1"),
)
OUTSIDE = (
    *("1.1.1.1", "9.255.255.255", "11.0.0.1", "172.15.255.255", "172.32.0.1", "192.167.0.1"),
    *("100.63.255.255", "100.128.0.1", "168.63.129.17", "223.255.255.255", "2606:4700::1111"),
    *("2a00:1450:4001:800::200e", "::ffff:8.8.8.8", "64:ff9b::808:808"),
)


@pytest.mark.parametrize("numeric", INSIDE)
def test_what_is_inside_is_closed(numeric: str) -> None:
    assert not Guard().permits(numeric)


@pytest.mark.parametrize("numeric", OUTSIDE)
def test_the_open_internet_is_open(numeric: str) -> None:
    assert Guard().permits(numeric)


@pytest.mark.parametrize(
    ("allowed", "numeric"),
    [
        ("10.1.0.0/16", "10.1.2.3"),
        ("10.1.0.0/16", "::ffff:10.1.2.3"),
        ("10.1.0.0/16", "64:ff9b::a01:203"),
        ("192.168.1.7", "192.168.1.7"),
        ("fd00::/8", "fd12::1"),
    ],
)
def test_root_allows_networks(allowed: str, numeric: str) -> None:
    assert Guard([allowed]).permits(numeric)
    assert not Guard([allowed]).permits("10.2.0.1")
    assert not Guard([allowed]).permits("127.0.0.1")


SPELLINGS = (
    *("127.0.0.1", "127.1", "2130706433", "0x7f000001", "0x7f.0.0.1", "017700000001"),
    *("0177.0.0.1", "127.000.000.001", "localhost", "LOCALHOST", "0.0.0.0", "0"),
    *("[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "①②⑦.0.0.1", "127。0。0。1"),
)


@pytest.mark.parametrize("host", SPELLINGS)
async def test_this_machine_is_not_reached_in_any_spelling(
    new_client: NewClient, vendor: FakeVendor, host: str
) -> None:
    vendor.default = json_answer({"ok": 1})
    url = f"http://{host}:{vendor.port}/v1/x"
    client = new_client()
    with pytest.raises((UpstreamError, InvalidRequest)):
        await send(client, url, guarded())
    assert vendor.connections == 0
    # Without the guard the spelling leads here: the refusal above is the guard's.
    assert await send(client, url) == (200, b'{"ok": 1}')


@pytest.mark.parametrize(
    "host", [*(s for s in SPELLINGS if s.isascii()), "localhost.", "a.localhost"]
)
def test_what_needs_no_name_server_is_refused_at_sight(host: str) -> None:
    assert Guard().refuses_at_sight(host.strip("[]"))
    assert not Guard(["127.0.0.0/8", "0.0.0.0/8"]).refuses_at_sight(host.strip("[]"))


@pytest.mark.parametrize("host", ["", "api.openai.com", "vendor", "1.1.1.1", "2606:4700::1111"])
def test_nothing_else_is_refused_at_sight(host: str) -> None:
    assert not Guard().refuses_at_sight(host)


@pytest.mark.parametrize("userinfo", ["api.openai.com@", "user:secret@", "api.openai.com%40@"])
async def test_a_user_name_is_no_host(
    new_client: NewClient, vendor: FakeVendor, userinfo: str
) -> None:
    with pytest.raises(UpstreamError):
        await send(new_client(), f"http://{userinfo}127.0.0.1:{vendor.port}/", guarded())
    assert vendor.connections == 0


async def test_without_a_guard_nothing_inside_is_allowed(
    new_client: NewClient, vendor: FakeVendor
) -> None:
    with pytest.raises(ForbiddenAddressError, match="EgressAllowedNetworks"):
        await send(new_client(), vendor.url, guarded())
    assert vendor.connections == 0


@pytest_asyncio.fixture
async def inner() -> AsyncIterator[FakeVendor]:
    """Something that must not be reached."""
    async with FakeVendor() as inner:
        yield inner


async def test_what_was_looked_at_is_what_is_connected_to(
    new_client: NewClient, vendor: FakeVendor
) -> None:
    """The name means something else at every look-up: one look-up, and that one's answer."""
    resolve, asked = leading_to(["127.0.0.1"], ["127.0.0.2"])
    guard = Guard(["127.0.0.1"], resolve)
    vendor.default = json_answer({"ok": 1})
    url = f"http://{NAME}:{vendor.port}/v1/x"
    assert (await send(new_client(guard=guard), url, guarded()))[0] == 200
    assert (asked, vendor.connections) == ([NAME], 1)
    assert vendor.requests[0].headers["host"] == f"{NAME}:{vendor.port}"


async def test_a_name_that_turns_inside_is_refused_at_the_next_connection(
    new_client: NewClient, vendor: FakeVendor
) -> None:
    resolve, asked = leading_to(["127.0.0.1"], ["127.0.0.2"])
    client = new_client(guard=Guard(["127.0.0.1"], resolve))
    vendor.default = body_answer(b"{}", 200, [("Connection", "close")])
    url = f"http://{NAME}:{vendor.port}/v1/x"
    assert (await send(client, url, guarded()))[0] == 200
    await until(lambda: client.connections == 0)
    with pytest.raises(ForbiddenAddressError):
        await send(client, url, guarded())
    assert (asked, vendor.connections) == ([NAME, NAME], 1)


async def test_of_several_addresses_only_the_open_ones_are_tried(
    new_client: NewClient, vendor: FakeVendor
) -> None:
    resolve, _ = leading_to(["127.0.0.1", "127.0.0.2"])
    client = new_client(guard=Guard(["127.0.0.2"], resolve))
    with pytest.raises(UpstreamError, match="cannot connect"):
        await send(client, f"http://{NAME}:{vendor.port}/v1/x", guarded())
    assert vendor.connections == 0


def pointing(location: str) -> Answer:
    return body_answer(b"moved", 307, [("Location", location), ("Connection", "close")])


async def test_a_redirect_passes_the_guard_again(new_client: NewClient, vendor: FakeVendor) -> None:
    resolve, asked = leading_to(["127.0.0.1"], ["127.0.0.2"])
    client = new_client(guard=Guard(["127.0.0.1"], resolve))
    vendor.script(pointing("/v2/x"))
    with pytest.raises(ForbiddenAddressError):
        await send(client, f"http://{NAME}:{vendor.port}/v1/x", guarded())
    assert (asked, len(vendor.requests)) == ([NAME, NAME], 1)


async def test_a_redirect_to_another_host_is_not_followed(
    new_client: NewClient, vendor: FakeVendor, inner: FakeVendor
) -> None:
    resolve, _ = leading_to(["127.0.0.1"])
    client = new_client(guard=Guard(["127.0.0.1"], resolve))
    vendor.script(pointing(f"{inner.url}/secrets"))
    assert await send(client, f"http://{NAME}:{vendor.port}/", guarded()) == (307, b"moved")
    assert inner.connections == 0


async def test_a_host_that_is_allowed_by_name_may_lead_anywhere(
    new_client: NewClient, vendor: FakeVendor
) -> None:
    resolve, _ = leading_to(["127.0.0.1"])
    vendor.default = json_answer({"ok": 1})
    url = f"http://Vendor.Example.:{vendor.port}/v1/x"
    assert (await send(new_client(guard=Guard([NAME], resolve)), url, guarded()))[0] == 200


async def test_what_is_allowed_changes_at_once(new_client: NewClient, vendor: FakeVendor) -> None:
    guard = Guard()
    client = new_client(guard=guard)
    vendor.default = body_answer(b"{}", 200, [("Connection", "close")])
    guard.allow(["127.0.0.0/8"])
    assert (await send(client, vendor.url, guarded()))[0] == 200
    await until(lambda: client.connections == 0)
    guard.allow([])
    with pytest.raises(ForbiddenAddressError):
        await send(client, vendor.url, guarded())


async def test_a_connection_that_root_has_opened_is_nobody_elses(
    new_client: NewClient, vendor: FakeVendor
) -> None:
    client = new_client()
    vendor.default = json_answer({"ok": 1})
    assert (await send(client, vendor.url))[0] == 200
    with pytest.raises(ForbiddenAddressError):
        await send(client, vendor.url, guarded())
    assert (await send(client, vendor.url))[0] == 200
    assert vendor.connections == 1


async def test_certificates_are_checked_for_the_name(
    new_client: NewClient,
) -> None:
    resolve, _ = leading_to(["127.0.0.1"])
    guard = Guard(["127.0.0.1"], resolve)
    async with FakeVendor(tls=server_context()) as vendor:
        vendor.default = json_answer({"ok": 1})
        client = new_client(guard=guard, ca_file=CERTIFICATE)
        assert (await send(client, f"https://localhost:{vendor.port}/", guarded()))[0] == 200
        with pytest.raises(UpstreamError, match="certificate"):
            await send(client, f"https://{NAME}:{vendor.port}/", guarded())


# Through proxies.


async def test_the_operators_proxy_leads_nobody_inside(
    new_client: NewClient, vendor: FakeVendor, scheme: str, proxy: Proxy
) -> None:
    resolve, _ = leading_to(["127.0.0.1"])
    client = new_client(
        guard=Guard([], resolve), proxy=f"{scheme}://127.0.0.1:{proxy.port}", ca_file=CERTIFICATE
    )
    for host in ("127.0.0.1", NAME):
        with pytest.raises(ForbiddenAddressError):
            await send(client, f"http://{host}:{vendor.port}/", guarded())
    assert proxy.targets == []


async def test_the_operators_proxy_is_asked_for_the_address_that_was_looked_at(
    new_client: NewClient, scheme: str, proxy: Proxy
) -> None:
    resolve, asked = leading_to(["127.0.0.1"], ["127.0.0.2"])
    client = new_client(
        guard=Guard(["127.0.0.1"], resolve),
        proxy=f"{scheme}://127.0.0.1:{proxy.port}",
        ca_file=CERTIFICATE,
    )
    async with FakeVendor(tls=server_context()) as vendor:
        vendor.default = json_answer({"ok": 1})
        assert (await send(client, f"https://localhost:{vendor.port}/v1/x", guarded()))[0] == 200
        assert vendor.requests[0].headers["host"] == f"localhost:{vendor.port}"
        assert proxy.targets[0].endswith(f"127.0.0.1:{vendor.port}")
    assert asked == ["localhost"]


async def test_a_channels_own_proxy_is_looked_at_as_well(
    new_client: NewClient, vendor: FakeVendor, scheme: str, proxy: Proxy
) -> None:
    resolve, _ = leading_to(["127.0.0.2"], ["127.0.0.1"])
    own = guarded(f"{scheme}://user:secret@proxy.example:{proxy.port}")
    client = new_client(guard=Guard(["127.0.0.2"], resolve))
    with pytest.raises(ForbiddenAddressError, match=r"proxy\.example"):
        await send(client, f"http://{NAME}:{vendor.port}/", own)
    assert proxy.targets == []


async def test_a_channels_own_proxy_is_used_where_it_may_be(
    new_client: NewClient, vendor: FakeVendor, scheme: str, proxy: Proxy
) -> None:
    resolve, _ = leading_to(["127.0.0.1"])
    vendor.default = json_answer({"ok": 1})
    own = guarded(f"{scheme}://proxy.example:{proxy.port}")
    client = new_client(guard=Guard(["127.0.0.1"], resolve))
    assert (await send(client, f"http://{NAME}:{vendor.port}/", own))[0] == 200
    assert len(proxy.targets) == 1


async def test_a_name_server_that_says_nothing_is_not_waited_for(new_client: NewClient) -> None:
    async def resolve(host: str, port: int) -> list[Address]:
        await asyncio.Event().wait()
        return []

    timeouts = Timeouts(connect=0.05, first_byte=10.0, idle=10.0)
    for proxy in (None, "http://127.0.0.1:1"):
        client = new_client(guard=Guard([], resolve), timeouts=timeouts, proxy=proxy)
        with pytest.raises(UpstreamTimeout):
            await send(client, f"http://{NAME}/", guarded())


async def test_an_answer_that_is_too_large_or_too_slow_is_given_up(
    new_client: NewClient, vendor: FakeVendor
) -> None:
    client = new_client(guard=Guard(["127.0.0.1"]))
    request = UpstreamRequest("GET", vendor.url, ())
    vendor.script(body_answer(b"x" * 2000), silence())
    ask = asking(client, 1000, Timeouts(total=0.1))
    with pytest.raises(UpstreamError, match="too large"):
        await ask(request, guarded())
    with pytest.raises(UpstreamTimeout):
        await ask(request, guarded())
