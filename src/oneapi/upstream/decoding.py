"""Compressed answers, unpacked as they arrive, for vendors that compress although we ask them not to.

Some say `UTF-8` or `none` where they do not: a word that names no coding is none.
Bounded: the pieces are small, and an answer that unpacks to an absurd multiple of itself is refused.
"""

import zlib
from collections.abc import Iterator

from oneapi.errors import Truncated, UpstreamError

PIECE_BYTES = 256 << 10
FREE_BYTES = 4 << 20  # below this, any ratio is harmless
MAX_RATIO = 200
_GZIP = b"\x1f"  # of the two bytes that a member begins with; the other may come later
# Codings that we do not know how to undo; any other word is none: https://www.iana.org/assignments/http-parameters
# (read 2026-11-26).
_OTHERS = frozenset(
    {
        "aes128gcm",
        "br",
        "compress",
        "dcb",
        "dcz",
        "exi",
        "pack200-gzip",
        "x-compress",
        "zstd",
    }
)
_OURS = frozenset({"gzip", "x-gzip", "deflate"})


class Decoder:
    """gzip (one member or several, RFC 1952 §2.2) or deflate (with or without zlib's frame, which vendors confuse)."""

    def __init__(self, encoding: str, host: str) -> None:
        self._host = host
        self._raw_is_possible = self._is_deflate = encoding == "deflate"
        # 47: zlib or gzip, recognised by itself.
        self._unpacker = zlib.decompressobj(wbits=47)
        self._received = 0
        self._unpacked = 0

    def feed(self, packed: bytes) -> Iterator[bytes]:
        """Yield what `packed` unpacks to, in pieces of bounded size."""
        self._received += len(packed)
        if self._raw_is_possible and packed:
            self._raw_is_possible = False
            # RFC 1950: the first two bytes of zlib's frame; anything else is raw deflate.
            if packed[0] & 0x0F != 8:
                self._unpacker = zlib.decompressobj(wbits=-15)
        piece = b""
        while (
            packed or len(piece) == PIECE_BYTES
        ):  # a full piece may have left some of its output behind
            if self._unpacker.eof:
                if self._is_deflate or not packed.startswith(_GZIP):
                    return  # padding behind the end
                self._unpacker = zlib.decompressobj(wbits=31)
            try:
                piece = self._unpacker.decompress(packed, PIECE_BYTES)
            except zlib.error as error:
                raise UpstreamError(
                    f"{self._host} sent a compressed answer that is broken"
                ) from error
            packed = self._unpacker.unconsumed_tail or self._unpacker.unused_data
            self._unpacked += len(piece)
            if self._unpacked > FREE_BYTES and self._unpacked > MAX_RATIO * self._received:
                raise UpstreamError(f"{self._host} sent an answer that unpacks to far too much")
            if piece:
                yield piece

    def finish(self) -> None:
        """The answer is complete: raise `Truncated` if the compressed stream is not."""
        if self._received and not self._unpacker.eof:
            raise Truncated(f"{self._host} sent a compressed answer without its end")


def decoder(headers: dict[str, str], host: str) -> Decoder | None:
    """Return the decoder that an answer needs; raise `UpstreamError` for a coding that we cannot undo.

    Takes away the headers that are no longer true of the decoded answer.
    """
    said = [word.strip().lower() for word in headers["content-encoding"].split(",")]
    codings = [word for word in said if word in _OURS or word in _OTHERS]
    if not codings:
        return None
    encoding = codings[0]
    if len(codings) > 1 or encoding in _OTHERS:
        raise UpstreamError(f"{host} sent an answer in an encoding that we did not accept")
    del headers["content-encoding"]
    headers.pop("content-length", None)
    return Decoder(encoding, host)
