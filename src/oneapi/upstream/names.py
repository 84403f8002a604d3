"""From a host's name to the addresses that are tried, in order."""

import asyncio
import os
import socket
import ssl
from collections.abc import Awaitable, Callable

from oneapi.errors import UpstreamError

Address = tuple[str, int, int]  # numeric host, port, family
Resolve = Callable[[str, int], Awaitable[list[Address]]]


async def resolved(host: str, port: int) -> list[Address]:
    """Return all addresses of a host as the system finds them; raises `UpstreamError` if there is none."""
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        text = f"cannot resolve the name {host}: {reason_of(error)}"
        raise UpstreamError(text) from error
    return [(str(entry[4][0]), port, entry[0]) for entry in found]


def reason_of(error: Exception | None) -> str:
    """Return why a connection was not made, in a few words; the loops word it differently."""
    if error is None:
        return "no address"
    if isinstance(error, TimeoutError):
        return "timed out"
    if not isinstance(error, OSError):
        return "it is no name"
    if error.errno and not isinstance(error, (socket.gaierror, ssl.SSLError)):
        return os.strerror(error.errno)
    return error.strerror or type(error).__name__
