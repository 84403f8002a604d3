"""Does a client take what we send it? Judged by what its side acknowledges, however slowly it reads."""

import socket
import struct
import sys
from typing import Any, Final

_IS_LINUX: Final = sys.platform == "linux"
_ACKNOWLEDGED: Final = struct.Struct("@Q")
# `tcpi_bytes_acked` of `struct tcp_info` in Linux's include/uapi/linux/tcp.h, since Linux 4.1 (read 2026-11-26).
_OFFSET: Final = 120
_SIZE: Final = _OFFSET + 8


class WriteProgress:
    """One connection's; asked once in a while."""

    __slots__ = ("_acknowledged", "_since", "_unsent")

    def __init__(self) -> None:
        self._unsent = 0
        self._acknowledged = 0
        self._since = 0.0

    def is_stalled(self, transport: Any, now: float, seconds: float) -> bool:
        """Tell whether something has been waiting to be sent for so long without the client taking anything."""
        unsent: int = transport.get_write_buffer_size()
        if not unsent:
            self._unsent = 0
            return False
        acknowledged = _acknowledged(transport.get_extra_info("socket"))
        has_moved = not self._unsent or unsent < self._unsent or acknowledged > self._acknowledged
        self._unsent = unsent
        self._acknowledged = acknowledged
        if has_moved:
            self._since = now
        return now - self._since > seconds


def _acknowledged(connection: Any) -> int:
    """Return how many bytes the other side has acknowledged; 0 where nobody can say."""
    if connection is None or not _IS_LINUX:
        return 0
    try:
        found: bytes = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _SIZE)
    except OSError:
        return 0
    return int(_ACKNOWLEDGED.unpack_from(found, _OFFSET)[0]) if len(found) >= _SIZE else 0
