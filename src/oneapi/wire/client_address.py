"""Whose request is it? The client's address, from the connection and from what trusted proxies say of theirs.

`X-Forwarded-For`, `Forwarded` (RFC 7239) and `X-Real-IP` are believed from the networks in `TRUSTED_PROXIES` only, hop by
hop from the right: what stands left of the first hop that is not trusted was written by a stranger. No sockets, no names.
"""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final, NamedTuple

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

LOOPBACK: Final = ("127.0.0.0/8", "::1/128")
PRIVATE: Final = (
    *LOOPBACK,
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "169.254.0.0/16",
    "fc00::/7",
    "fe80::/10",
)
FORWARDING: Final = (b"x-forwarded-for", b"forwarded", b"x-real-ip")

_REMEMBERED: Final = 4096
_REMEMBERED_BYTES: Final = 256
_HOPS_MAX: Final = 32  # more proxies than that stand nowhere
_LOCAL: Final = IPv4Address("127.0.0.1")
# RFC 7239 section 4 (read 2026-11-26): pairs with semicolons, elements with commas, both may be inside quotes.
_PAIR: Final = re.compile(r'\s*(?:([^\s=;,"]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s;,"]*)))?\s*([;,]|$)')
_ESCAPED: Final = re.compile(r"\\(.)")


def networks_of(texts: Iterable[str]) -> tuple[Network, ...]:
    """Return networks; an address is a network of one. Raises `ValueError`."""
    return tuple(ip_network(text, strict=False) for text in texts)


_PRIVATE: Final = networks_of(PRIVATE)


def address_of(text: str) -> Address | None:
    """Return the address in a hop as proxies write it, None when it is none.

    Without its port, its brackets and its zone; an IPv4 address that is mapped into IPv6 is the IPv4 address.
    """
    host = text.strip().strip('"')
    if host.startswith("["):
        host = host[1:].partition("]")[0]
    elif host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def is_in(address: Address, networks: Iterable[Network]) -> bool:
    """Say whether an address belongs to one of the networks."""
    return any(address in network for network in networks)


def counted_as(address: str) -> str:
    """Return what a limit for this address counts by: of IPv6, the /64 network, all of which one client has."""
    if ":" not in address:
        return address
    found = address_of(address)
    return address if found is None else _network(found)


def _network(address: Address) -> str:
    if isinstance(address, IPv4Address):
        return str(address)
    return str(IPv6Address(int(address) >> 64 << 64))


class Client(NamedTuple):
    """Where a request comes from.

    `address` is the client's, or of the last hop that can be believed, which limits count by; empty for a UNIX socket.
    `is_known`: false when a proxy that nobody trusts, or contradicting ones, stand between: then it may be anybody's.
    """

    address: str
    is_known: bool = True

    def is_among(self, networks: Iterable[Network]) -> bool:
        """Say whether the client certainly is in one of the networks."""
        address = address_of(self.address) if self.is_known else None
        return address is not None and is_in(address, networks)

    @property
    def is_private(self) -> bool:
        """Whether the client certainly is on this machine or in a private network."""
        return (self.is_known and not self.address) or self.is_among(_PRIVATE)


class ProxyTrust:
    """The networks whose word about the client's address is believed."""

    def __init__(self, networks: Iterable[str]) -> None:
        self._networks: Final = networks_of(networks)
        self._client: Final = lru_cache(_REMEMBERED)(self._traced)

    def client(self, peer: str, headers: Mapping[bytes, bytes]) -> Client:
        """Return the client of a request; `headers` has lower-case names, repeated ones joined by commas."""
        said = tuple(headers.get(name, b"").strip() for name in FORWARDING)
        if sum(map(len, said)) > _REMEMBERED_BYTES:
            return self._traced(peer, said)
        return self._client(peer, said)

    def trusts(self, peer: str) -> bool:
        """Say whether other headers of this peer (`X-Forwarded-Proto`) may be believed."""
        address = _LOCAL if not peer else address_of(peer)
        return address is not None and is_in(address, self._networks)

    def _traced(self, peer: str, said: tuple[bytes, ...]) -> Client:
        nearest = address_of(peer) if peer else None
        own = peer if nearest is None else str(nearest)
        if not any(said):
            return Client(own)
        if not self.trusts(peer):
            return Client(own, is_known=nearest is not None and not is_in(nearest, _PRIVATE))
        readers = zip((_hops, _forwarded, _hops), said, strict=True)
        first, *others = [hops(value.decode("latin-1")) for hops, value in readers if value]
        if any(hops[-1] is None or hops[-1] not in (*first, nearest) for hops in others):
            return Client(own, is_known=False)
        return self._followed(own, first)

    def _followed(self, own: str, hops: list[Address | None]) -> Client:
        """Return the last hop from the right that is no trusted proxy."""
        for hop in reversed(hops):
            if hop is None:
                return Client(own, is_known=False)
            own = str(hop)
            if not is_in(hop, self._networks):
                break
        return Client(own)


def _hops(value: str) -> list[Address | None]:
    """Return the addresses of `X-Forwarded-For`, the nearest one last."""
    return [address_of(hop) for hop in value.rsplit(",", _HOPS_MAX)[-_HOPS_MAX:]]


def _forwarded(value: str) -> list[Address | None]:
    """Return the addresses of `Forwarded`, the nearest one last; None for what is hidden, unknown or malformed."""
    hops: list[Address | None] = [None]
    at = 0
    while at < len(value):
        pair = _PAIR.match(value, at)
        if pair is None:
            return [None]
        name, quoted, plain, end = pair.groups()
        if name is not None and name.lower() == "for":
            hops[-1] = address_of(plain if quoted is None else _ESCAPED.sub(r"\1", quoted))
        if end == ",":
            hops.append(None)
        at = pair.end()
    return hops[-_HOPS_MAX:]
