"""Compressed bodies: unpacked after the key has been checked, never beyond a limit or out of all proportion.

`gzip` (RFC 1952, any number of members) and `deflate` (RFC 1950; RFC 1951 without its frame, which some send).
"""

import zlib
from typing import Final

from oneapi.errors import InvalidRequest, PayloadTooLarge

MAX_RATIO: Final = 100  # JSON seldom shrinks to less than a thirtieth
FREE_BYTES: Final = 1 << 20  # so much is unpacked whatever the ratio
SLICE_BYTES: Final = 64 << 10  # a few tenths of a millisecond of work
TAKEN_BYTES: Final = 16 << 10  # zlib copies what it has not come to, so it gets no more at a time
_CALL_BYTES: Final = (
    4 << 10
)  # a call costs as much as so many bytes: there are bodies of a million empty members
_GZIP: Final = 31
_ZLIB: Final = 15
_BARE: Final = -15
_KNOWN: Final = frozenset({b"gzip", b"x-gzip", b"deflate"})
_NONE: Final = frozenset({b"", b"identity"})


class Unpacking:
    """One body being unpacked, slice by slice, so that an event loop can do something else between two."""

    __slots__ = (
        "_found",
        "_is_gzip",
        "_limit",
        "_most",
        "_packed",
        "_pieces",
        "_rest",
        "_taken",
        "_unpacker",
    )

    def __init__(self, packed: bytes, encoding: bytes, limit: int) -> None:
        self._is_gzip: Final = encoding != b"deflate"
        self._limit: Final = limit
        self._most: Final = most_unpacked(len(packed), limit)
        self._packed: Final = packed
        self._taken = 0
        self._rest = b""  # of what was taken
        self._pieces: list[bytes] = []
        self._found = 0
        self._unpacker = zlib.decompressobj(_GZIP if self._is_gzip else _frame(packed))

    def step(self) -> bool:
        """Unpack a slice and tell whether that was all; raise `InvalidRequest` or `PayloadTooLarge`."""
        work = 0
        while work < SLICE_BYTES:
            piece = self._next_piece()
            self._found += len(piece)
            if self._found > self._most:
                raise self._too_much()
            self._pieces.append(piece)
            work += len(piece) + _CALL_BYTES
            if self._unpacker.eof and self._is_last_member():
                return True
        return False

    def _next_piece(self) -> bytes:
        unpacker = self._unpacker
        packed = self._rest
        if not packed:
            packed = self._packed[self._taken : self._taken + TAKEN_BYTES]
            self._taken += len(packed)
        try:
            piece = unpacker.decompress(packed, SLICE_BYTES)
        except zlib.error as error:
            raise _invalid("is not valid") from error
        if unpacker.eof:
            self._rest = unpacker.unused_data
        else:
            self._rest = unpacker.unconsumed_tail
            if not packed and not piece:
                raise _invalid("is cut off")
        return piece

    def _is_last_member(self) -> bool:
        if not self._rest and self._taken == len(self._packed):
            return True
        if not self._is_gzip:
            raise _invalid("is followed by something else")
        self._unpacker = zlib.decompressobj(_GZIP)
        return False

    def whole(self) -> bytes:
        """Return what was unpacked, once `step` has said that it was all."""
        return b"".join(self._pieces)

    def _too_much(self) -> PayloadTooLarge:
        if self._found > self._limit:
            return PayloadTooLarge(
                f"the request body is larger than {self._limit // 1_048_576} MiB once unpacked"
            )
        return PayloadTooLarge(f"the request body grows more than {MAX_RATIO} times when unpacked")


def most_unpacked(size: int, limit: int) -> int:
    """Return how much `size` compressed bytes may become."""
    return min(limit, max(FREE_BYTES, size * MAX_RATIO))


def known_encoding(value: bytes) -> bytes:
    """Return the encoding that a header says, empty for none; raise `InvalidRequest` for one that is not understood."""
    encoding = value.strip().lower()
    if encoding in _NONE:
        return b""
    if encoding not in _KNOWN:
        raise InvalidRequest(
            f"`Content-Encoding` {value.decode('latin-1')!r} is not supported; use gzip",
            status=415,
            param="Content-Encoding",
        )
    return encoding


def _frame(packed: bytes) -> int:
    """Return zlib's word for how `deflate` came: with the frame that the standard demands, or bare."""
    framed = len(packed) >= 2 and packed[0] & 15 == 8 and (packed[0] << 8 | packed[1]) % 31 == 0
    return _ZLIB if framed else _BARE


def _invalid(what: str) -> InvalidRequest:
    return InvalidRequest(f"the compressed body {what}", param="Content-Encoding")
