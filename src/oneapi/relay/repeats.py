"""Heads that a connection has sent before, which need not be parsed again.

A client that keeps its connection repeats its head byte for byte; only the length differs. What the parser has once
accepted is compared instead: a request whose head differs in anything else goes through the parser.
"""

import re
from typing import TYPE_CHECKING, Final

from oneapi.relay.cycle import Cycle
from oneapi.relay.intake import Intake

if TYPE_CHECKING:
    from oneapi.relay.front import Front
    from oneapi.relay.relay import Relay

LONGEST_HEAD: Final = 4096
MAX_DIGITS: Final = 7
_ZERO: Final = ord("0")
_NINE: Final = ord("9")
MAX_BYTES: Final = 256 << 10  # below every limit of a body
_LENGTH: Final = re.compile(rb"\r\ncontent-length: ?([0-9]{1,7})(?=\r\n)", re.IGNORECASE)
_KEPT: Final = b"keep-alive"
# What these say, the parser and the lane act on.
_SPECIAL: Final = (b"transfer-encoding", b"expect", b"upgrade", b"trailer")


class Repeat:
    """A head before and after the digits of its length, and what it said."""

    __slots__ = ("_headers", "_method", "_prefix", "_suffix", "_url")

    def __init__(
        self, prefix: bytes, suffix: bytes, method: str, url: bytes, headers: dict[bytes, bytes]
    ) -> None:
        self._prefix: Final = prefix
        self._suffix: Final = suffix
        self._method: Final = method
        self._url: Final = url
        self._headers: Final = headers

    def body(self, data: bytes) -> bytes | None:
        """Return the body if `data` is one whole request with this head, and nothing else."""
        prefix = self._prefix
        if not data.startswith(prefix) or len(data) > MAX_BYTES:
            return None
        at = len(prefix)
        most = min(len(data), at + MAX_DIGITS)
        end = at
        length = 0
        while end < most and _ZERO <= data[end] <= _NINE:
            length = length * 10 + data[end] - _ZERO
            end += 1
        begin = end + len(self._suffix)
        if end == at or len(data) - begin != length or data[end:begin] != self._suffix:
            return None
        return data[begin:]

    def cycle(
        self, front: "Front", relay: "Relay", client: tuple[str, int] | None, body: bytes
    ) -> Cycle:
        """Return the cycle of such a request, complete."""
        intake = relay.intake(self._method, self._url, self._headers, client, False)
        intake.feed(body)
        cycle = Cycle(front, relay, front.transport, intake, True)
        cycle.more_body = False
        return cycle


def learned(data: bytes, url: bytes, intake: Intake) -> Repeat | None:
    """Return what can be recognised again of `data`, which was one whole request; `None` for an unusual one."""
    headers = intake.headers
    end = data.find(b"\r\n\r\n", 0, LONGEST_HEAD)
    lengths = list(_LENGTH.finditer(data, 0, end + 2)) if end > 0 else []
    if len(lengths) != 1 or intake.http_1_0 or intake.is_form:
        return None
    if headers.get(b"connection", _KEPT).lower() != _KEPT:
        return None
    for name in _SPECIAL:
        if name in headers:
            return None
    length = lengths[0]
    if int(length[1]) != len(data) - end - 4:
        return None
    kept = {name: value for name, value in headers.items() if name != b"content-length"}
    prefix, suffix = data[: length.start(1)], data[length.end(1) : end + 4]
    return Repeat(prefix, suffix, intake.method, url, kept)
