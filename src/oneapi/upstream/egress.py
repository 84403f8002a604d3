"""Where requests may go that somebody else than root has aimed: to the open internet, and to what root allows.

The guard stands where a name becomes an address: what it lets through is what is connected to, so a name that means
something else a moment later changes nothing, and a redirect passes it like any other request. Who counts as root's
word: decision 36.

Sources: IANA's special-purpose address registries; RFC 6052 (NAT64), RFC 3056 (6to4), RFC 4380 (Teredo) for addresses within
addresses (read 2026-11-26).
"""

import socket
from collections.abc import Iterable
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import Final
from urllib.parse import urlsplit, urlunsplit

from oneapi.errors import UpstreamError
from oneapi.providers.base import GUARDED, UpstreamRequest
from oneapi.upstream.heads import located
from oneapi.upstream.names import Address, Resolve, resolved

Network = IPv4Network | IPv6Network

_CLOSED_4: Final = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",  # carriers' NAT; Alibaba Cloud tells credentials at 100.100.100.200
        "127.0.0.0/8",
        "168.63.129.16/32",  # Azure's host, in the midst of public addresses
        "169.254.0.0/16",  # link-local, and the clouds' metadata
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",  # relays of 6to4
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
)
_OPEN_6: Final = IPv6Network("2000::/3")  # all that is given out to networks of the internet
_CLOSED_6: Final = tuple(
    IPv6Network(network) for network in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")
)
_NAT64: Final = IPv6Network("64:ff9b::/96")


class ForbiddenAddressError(UpstreamError):
    """An address that only root may name."""

    def __init__(self, host: str) -> None:
        super().__init__(
            f"{host} is not in the open internet: only root may name such an address, or allow it"
            " in `EgressAllowedNetworks`",
            retryable=True,
        )


class Guard:
    """Lets through what is in the open internet or allowed; `allow` replaces what is allowed, at any time."""

    def __init__(self, allowed: Iterable[str] = (), resolve: Resolve = resolved) -> None:
        self._resolve = resolve
        self._networks: tuple[Network, ...] = ()
        self._hosts: frozenset[str] = frozenset()
        self.allow(allowed)

    def allow(self, entries: Iterable[str]) -> None:
        """Allow networks (`10.1.0.0/16`, `fd00::1`), and hosts by name, wherever those lead."""
        networks: list[Network] = []
        hosts: set[str] = set()
        for entry in entries:
            try:
                networks.append(ip_network(entry, strict=False))
            except ValueError:
                hosts.add(entry.lower().rstrip("."))
        self._networks, self._hosts = tuple(networks), frozenset(hosts)

    def knows(self, host: str) -> bool:
        """Say whether a host is allowed by its name."""
        return host.lower().rstrip(".") in self._hosts

    async def addresses(self, host: str, port: int) -> list[Address]:
        """Return the addresses of a host that may be connected to; raises `ForbiddenAddressError` if there is none."""
        found = await self._resolve(host, port)
        if self.knows(host):
            return found
        open_ones = [address for address in found if self.permits(address[0])]
        if not open_ones:
            raise ForbiddenAddressError(host)
        return open_ones

    def permits(self, numeric: str) -> bool:
        """Say whether an address (as the system writes it) may be connected to."""
        address = ip_address(numeric.partition("%")[0])
        if any(address in network for network in self._networks):
            return True
        if isinstance(address, IPv4Address):
            return _is_open(address)
        inner = _within(address)
        if inner is not None:
            return self.permits(str(inner))
        return address in _OPEN_6 and not any(address in network for network in _CLOSED_6)

    def refuses_at_sight(self, host: str) -> bool:
        """Say whether a host that needs no look-up is forbidden: a number in any spelling, or this machine."""
        if self.knows(host):
            return False
        name = host.lower().rstrip(".")
        if name == "localhost" or name.endswith(".localhost"):
            return not self.permits("127.0.0.1")
        try:
            found = socket.getaddrinfo(name, 0, flags=socket.AI_NUMERICHOST)
        except (OSError, UnicodeError):
            return False
        return not all(self.permits(str(entry[4][0])) for entry in found)


def _is_open(address: IPv4Address) -> bool:
    return not any(address in network for network in _CLOSED_4)


def _within(address: IPv6Address) -> IPv4Address | None:
    """Return the IPv4 address that a translator would send this one's packets to.

    6to4, Teredo and their like are closed as a whole: no vendor is reached through them.
    """
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return IPv4Address(int(address) & 0xFFFF_FFFF) if address in _NAT64 else None


async def pinned(guard: Guard, request: UpstreamRequest, proxy: str) -> tuple[str, str]:
    """Return a proxy by its address, and the address to ask it for instead of the request's host ("": by name).

    `proxy` is a guarded channel's own, which is checked as well, or "" for the operator's.
    """
    origin = located(request.url)[0]
    target = ""
    if not guard.knows(origin.host):
        target = (await guard.addresses(origin.host, origin.port))[0][0]
    if not proxy:
        return "", target
    parts = urlsplit(proxy)
    host, port = parts.hostname or "", parts.port or 0
    if guard.knows(host):
        return proxy, target
    numeric = (await guard.addresses(host, port))[0][0]
    where = f"[{numeric}]" if ":" in numeric else numeric
    credentials = parts.netloc.rpartition("@")[0]
    netloc = f"{credentials}@{where}" if credentials else where
    return urlunsplit(parts._replace(netloc=f"{netloc}:{port}" if port else netloc)), target


def guarded(proxy: str | None = None) -> str:
    """Return what to say for `proxy` so that a request passes the guard, through a proxy or without one."""
    return GUARDED + (proxy or "")
