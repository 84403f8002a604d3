"""Whose word about a client's address is believed: the words of `TRUSTED_PROXIES`, made into networks."""

import socket
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from oneapi.wire.client_address import LOOPBACK, PRIVATE

_IN_CONTAINER: Final = (".dockerenv", "run/.containerenv")  # Docker's mark, and Podman's
_NO_GATEWAY: Final = ("00000000", "0" * 32)


def trusted_networks(said: tuple[str, ...], root: Path = Path("/")) -> tuple[str, ...]:
    """Return the networks that a setting names; `root` is where the system's files are."""
    found: list[str] = []
    for word in said:
        match word:
            case "loopback":
                found += LOOPBACK
            case "private":
                found += PRIVATE
            case "gateway":
                found += _gateways(root)
            case _:
                found.append(word)
    return tuple(dict.fromkeys(found))


def _gateways(root: Path) -> Iterator[str]:
    """Yield the addresses under which a container's host comes in; nothing outside of one, where it is the router.

    A proxy on the host, and whoever else asks the published port from there, has the address of the bridge.
    """
    if not any((root / mark).exists() for mark in _IN_CONTAINER):
        return
    for line in _lines(root / "proc/net/route"):
        fields = line.split()
        if len(fields) > 2 and fields[1] == _NO_GATEWAY[0] != fields[2]:
            yield socket.inet_ntoa(struct.pack("=L", int(fields[2], 16)))
    for line in _lines(root / "proc/net/ipv6_route"):
        fields = line.split()
        if len(fields) > 4 and fields[:2] == [_NO_GATEWAY[1], "00"] and fields[4] != _NO_GATEWAY[1]:
            yield socket.inet_ntop(socket.AF_INET6, bytes.fromhex(fields[4]))


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text("ascii").splitlines()
    except OSError:
        return []
