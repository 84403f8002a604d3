"""Whose request is it? The client's address, believing `X-Forwarded-For` only from trusted proxies."""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


def parsed(text: str) -> Address | None:
    """Return the address, an IPv4-mapped one as IPv4, or None when `text` is not one (a UNIX socket's peer)."""
    host = text.strip()
    if host.startswith("["):
        host = host[1:].partition("]")[0]
    elif host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        address = ip_address(host)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


class ProxyTrust:
    """The networks whose word about the client's address is believed."""

    def __init__(self, networks: Iterable[str]) -> None:
        self._networks: tuple[Network, ...] = tuple(
            ip_network(network, strict=False) for network in networks
        )

    def _is_trusted(self, address: Address) -> bool:
        return any(address in network for network in self._networks)

    def client(self, peer: str, forwarded_for: str) -> str:
        """Return the nearest address that is not a trusted proxy, read from the right.

        What stands left of the first untrusted hop was written by a stranger and is ignored.
        """
        nearest = parsed(peer)
        if nearest is None:
            return peer
        for hop in reversed(forwarded_for.split(",")):
            if not self._is_trusted(nearest):
                break
            address = parsed(hop)
            if address is None:
                break
            nearest = address
        return str(nearest)

    def trusts(self, peer: str) -> bool:
        """Tell whether other headers of this peer (`X-Forwarded-Proto`) may be believed."""
        address = parsed(peer)
        return address is not None and self._is_trusted(address)


def is_private(client: str) -> bool:
    """Tell whether the client is on this machine or in a private network; what is no address is local."""
    address = parsed(client)
    if address is None:
        return not client
    return address.is_loopback or address.is_private or address.is_link_local
