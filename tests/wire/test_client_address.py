"""Who is asking, however proxies say it; a stranger's word changes nothing but his own address."""

import pytest
from hypothesis import given, strategies as st

from oneapi.wire.client_address import (
    LOOPBACK,
    PRIVATE,
    Client,
    ProxyTrust,
    address_of,
    networks_of,
)

PUBLIC = "203.0.113.9"
XFF, FORWARDED, REAL = b"x-forwarded-for", b"forwarded", b"x-real-ip"


@pytest.mark.fault("A9")
@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("203.0.113.9", "203.0.113.9"),
        (" 203.0.113.9 ", "203.0.113.9"),
        ("203.0.113.9:123", "203.0.113.9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("[::ffff:203.0.113.9]:80", "203.0.113.9"),
        ("::FFFF:cb00:7109", "203.0.113.9"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("[2001:db8::1]:443", "2001:db8::1"),
        ("2001:DB8:0::1", "2001:db8::1"),
        ("fe80::1%eth0", "fe80::1"),
        ('"[2001:db8::1]:4711"', "2001:db8::1"),
        ("", None),
        ("unknown", None),
        ("_hidden", None),
        ("010.0.0.1", None),
        ("1.2.3", None),
        ("1.2.3.4.5", None),
        ("example.com:80", None),
    ],
)
def test_a_hop_is_read_in_every_spelling(text: str, address: str | None) -> None:
    found = address_of(text)
    assert (None if found is None else str(found)) == address


@pytest.mark.fault("A9")
@pytest.mark.parametrize(
    ("peer", "headers", "client"),
    [
        ("127.0.0.1", {}, Client("127.0.0.1")),
        ("::ffff:203.0.113.9", {}, Client(PUBLIC)),
        ("", {}, Client("")),
        # A trusted proxy's word, from the right.
        ("127.0.0.1", {XFF: b"203.0.113.9"}, Client(PUBLIC)),
        ("::ffff:127.0.0.1", {XFF: b"203.0.113.9:4711"}, Client(PUBLIC)),
        ("", {XFF: b"203.0.113.9"}, Client(PUBLIC)),
        ("127.0.0.1", {XFF: b"10.0.0.1, 198.51.100.7, 203.0.113.9, 127.0.0.2"}, Client(PUBLIC)),
        ("127.0.0.1", {XFF: b"10.0.0.7"}, Client("10.0.0.7")),
        ("127.0.0.1", {XFF: b"127.0.0.9, 127.0.0.8"}, Client("127.0.0.9")),
        ("127.0.0.1", {REAL: b"203.0.113.9"}, Client(PUBLIC)),
        ("127.0.0.1", {FORWARDED: b"for=203.0.113.9;proto=http;by=10.0.0.1"}, Client(PUBLIC)),
        ("127.0.0.1", {FORWARDED: b'by=x;FOR="[2001:db8::1]:4711"'}, Client("2001:db8::1")),
        ("127.0.0.1", {FORWARDED: b'for=10.0.0.1, for="203.0.113.9:80" , for=127.0.0.3'}, Client(PUBLIC)),
        ("127.0.0.1", {FORWARDED: b'for=10.0.0.1;host="a,b;for=1.2.3.4", for=203.0.113.9'}, Client(PUBLIC)),
        ("127.0.0.1", {XFF: b"203.0.113.9", REAL: b"203.0.113.9"}, Client(PUBLIC)),
        ("127.0.0.1", {XFF: b"203.0.113.9, 198.51.100.7", REAL: b"203.0.113.9"}, Client("198.51.100.7")),
        ("127.0.0.1", {XFF: b"203.0.113.9", FORWARDED: b"for=203.0.113.9", REAL: b"127.0.0.1"}, Client(PUBLIC)),
        ("127.0.0.1", {XFF: b" "}, Client("127.0.0.1")),
        # What nobody can say.
        ("127.0.0.1", {XFF: b"rubbish"}, Client("127.0.0.1", is_known=False)),
        ("127.0.0.1", {XFF: b"10.0.0.1,,"}, Client("127.0.0.1", is_known=False)),
        ("127.0.0.1", {FORWARDED: b"for=unknown"}, Client("127.0.0.1", is_known=False)),
        ("127.0.0.1", {FORWARDED: b"proto=https"}, Client("127.0.0.1", is_known=False)),
        ("127.0.0.1", {FORWARDED: b'for="10.0.0.1'}, Client("127.0.0.1", is_known=False)),
        ("127.0.0.1", {XFF: b"10.0.0.1", REAL: PUBLIC.encode()}, Client("127.0.0.1", is_known=False)),
        ("127.0.0.1", {XFF: b"10.0.0.1", FORWARDED: b"for=1.2.3.4"}, Client("127.0.0.1", is_known=False)),
        # A stranger's word.
        (PUBLIC, {XFF: b"127.0.0.1"}, Client(PUBLIC)),
        (PUBLIC, {REAL: b"10.0.0.1"}, Client(PUBLIC)),
        ("10.0.0.7", {XFF: b"127.0.0.1"}, Client("10.0.0.7", is_known=False)),
        ("10.0.0.7", {FORWARDED: b"for=127.0.0.1"}, Client("10.0.0.7", is_known=False)),
        ("10.0.0.7", {REAL: b"10.0.0.7"}, Client("10.0.0.7", is_known=False)),
    ],
)  # fmt: skip
def test_the_client_is_the_nearest_hop_that_no_trusted_proxy_is(
    peer: str, headers: dict[bytes, bytes], client: Client
) -> None:
    assert ProxyTrust(LOOPBACK).client(peer, headers) == client


HOPS = st.sampled_from(
    ["127.0.0.1", "10.0.0.1", "192.168.3.4", "::1", PUBLIC, "x", "unknown", "1.1.1.1:1"]
)
SAID = st.fixed_dictionaries(
    {},
    optional={
        XFF: st.lists(HOPS, min_size=1).map(lambda hops: ", ".join(hops).encode()),
        FORWARDED: st.lists(HOPS, min_size=1).map(
            lambda hops: ", ".join(f'for="{hop}"' for hop in hops).encode()
        ),
        REAL: HOPS.map(str.encode),
    },
)


@pytest.mark.fault("A9")
@given(st.sampled_from(["10.0.0.7", "192.168.1.1", "fd00::1", "fe80::1%eth0", PUBLIC]), SAID)
def test_who_is_not_trusted_never_becomes_private_by_his_word(
    peer: str, headers: dict[bytes, bytes]
) -> None:
    client = ProxyTrust(LOOPBACK).client(peer, headers)
    assert client.address == str(address_of(peer))
    assert client.is_private == (not headers and peer != PUBLIC)


@given(SAID)
def test_a_client_is_private_only_if_the_trusted_proxy_says_so(headers: dict[bytes, bytes]) -> None:
    client = ProxyTrust(LOOPBACK).client("127.0.0.1", headers)
    named = b" ".join(headers.values())
    if client.is_private and headers:
        assert client.address.encode() in named


@pytest.mark.parametrize(
    ("client", "private"),
    [
        (Client("127.0.0.1"), True),
        (Client("192.168.3.4"), True),
        (Client("172.31.0.1"), True),
        (Client("::1"), True),
        (Client("fd00::1"), True),
        (Client(""), True),
        (Client("127.0.0.1", is_known=False), False),
        (Client("", is_known=False), False),
        (Client("8.8.8.8"), False),
        (Client("172.32.0.1"), False),
        (Client("198.18.0.1"), False),
        (Client("2606:4700::1"), False),
        (Client("rubbish"), False),
    ],
)
def test_private_addresses_are_told_from_public_ones(client: Client, private: bool) -> None:
    assert client.is_private is private


def test_who_is_not_known_is_in_no_network() -> None:
    networks = networks_of(["10.0.0.0/8", "::/0"])
    assert Client("10.1.2.3").is_among(networks)
    assert not Client("10.1.2.3", is_known=False).is_among(networks)
    assert not Client("").is_among(networks)


def test_other_headers_of_a_proxy_are_believed_with_its_addresses() -> None:
    trust = ProxyTrust(["10.0.0.0/8"])
    assert [trust.trusts(peer) for peer in ("10.0.0.1", "::ffff:10.0.0.1", PUBLIC, "", "x")] == [
        True,
        True,
        False,
        False,
        False,
    ]
    assert ProxyTrust(PRIVATE).trusts("")
    assert not ProxyTrust(()).trusts("127.0.0.1")
