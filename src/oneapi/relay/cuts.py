"""Where the messages on a connection may end: a parser that is fed piece by piece never reads past one of them.

Every head and every chunked body ends with an empty line, and every other body at its length; so what stands behind a
request is left alone until the request has been answered. Knows nothing of sockets.
"""

from typing import Final

END: Final = b"\r\n\r\n"


class Cuts:
    """One connection's place in its messages. `body_left`: bytes of a body with a length that are still to come."""

    __slots__ = ("_tail", "body_left")

    def __init__(self) -> None:
        self.body_left = 0
        self._tail = (
            b""  # the last bytes of the piece before, which may be the beginning of an empty line
        )

    def next(self, data: bytes, at: int) -> int:
        """Return the end of the piece of `data` that begins at `at`; no message ends in it but with its last byte."""
        size = len(data)
        left = self.body_left
        if left:
            end = min(size, at + left)
            self.body_left = left - (end - at)
            return end
        tail = self._tail
        if tail:
            found = (tail + data[at : at + 3]).find(END)
            if found >= 0:
                self._tail = b""
                return at + found + len(END) - len(tail)
        found = data.find(END, at)
        if found >= 0:
            self._tail = b""
            return found + len(END)
        self._tail = (tail + data[max(at, size - 3) :])[-3:]
        return size
