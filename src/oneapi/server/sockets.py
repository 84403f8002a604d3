"""The port: found out early whether it is free, held by the supervisor, listened on by each worker.

On Linux every worker listens on a socket of its own (`SO_REUSEPORT`), which spreads connections;
elsewhere the workers share the supervisor's socket.
"""

import errno
import socket
import sys
import time

BACKLOG = 2048
DYING_SECONDS = 2.0


class PortError(Exception):
    """The port cannot be used; the text is the line that the operator reads."""


def has_own_sockets() -> bool:
    """Tell whether each worker listens on its own socket."""
    return sys.platform == "linux" and hasattr(socket, "SO_REUSEPORT")


def reserve(host: str, port: int) -> list[socket.socket]:
    """Return bound sockets that hold the port; raise `PortError` when that is impossible.

    An empty host means every address, IPv4 and, where the machine has it, IPv6. Port 0 means any
    free one. On Linux the sockets do not listen, so that no connection ever waits in the supervisor.
    A port in use is waited for a moment: workers that were killed take one to die.
    """
    held: list[socket.socket] = []
    for family, address in _places(host):
        try:
            found = _patiently_bound(family, address, port)
        except OSError as error:
            if held and family == socket.AF_INET6 and not host:
                continue  # a machine without IPv6
            raise PortError(_reason(error, host, port)) from error
        port = found.getsockname()[1]
        held.append(found)
    return held


def listeners(held: list[socket.socket]) -> list[socket.socket]:
    """Return the calling worker's listening sockets on the held places."""
    if not has_own_sockets():
        return held
    own: list[socket.socket] = []
    for place in held:
        listener = _open(place.family, place.getsockname(), shared=True)
        listener.listen(BACKLOG)
        listener.setblocking(False)
        own.append(listener)
        place.close()
    return own


def url(held: list[socket.socket]) -> str:
    """Return where a person reaches the server."""
    name, port = held[0].getsockname()[:2]
    if ":" in name:
        name = f"[{name}]"
    return f"http://{name}:{port}"


def _places(host: str) -> list[tuple[socket.AddressFamily, str]]:
    if not host:
        return [(socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::")]
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as error:
        raise PortError(f"HOST {host!r} cannot be resolved: {error.strerror}") from error
    return list(dict.fromkeys((family, str(address[0])) for family, _, _, _, address in found))


def _patiently_bound(family: socket.AddressFamily, address: str, port: int) -> socket.socket:
    give_up_at = time.monotonic() + DYING_SECONDS
    while True:
        try:
            return _bound(family, address, port)
        except OSError as error:
            if error.errno != errno.EADDRINUSE or time.monotonic() > give_up_at:
                raise
        time.sleep(0.05)


def _bound(family: socket.AddressFamily, address: str, port: int) -> socket.socket:
    # SO_REUSEPORT lets us in beside another process that uses it: ask without it first.
    probe = _open(family, (address, port), shared=False)
    if not has_own_sockets():
        probe.listen(BACKLOG)
        probe.setblocking(False)
        return probe
    with probe:
        port = probe.getsockname()[1]
    return _open(family, (address, port), shared=True)


def _open(
    family: int, place: tuple[str, int] | tuple[str, int, int, int], *, shared: bool
) -> socket.socket:
    opened = socket.socket(family, socket.SOCK_STREAM)
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shared:
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if family == socket.AF_INET6:
            opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        opened.bind(place)
    except OSError:
        opened.close()
        raise
    return opened


def _reason(error: OSError, host: str, port: int) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            return f"port {port} is in use by another program: stop it, or set PORT to another one"
        case errno.EACCES:
            return f"port {port} needs more rights: set PORT to one above 1023"
        case _:
            return f"cannot listen on {host or 'any address'}, port {port}: {error.strerror}"
