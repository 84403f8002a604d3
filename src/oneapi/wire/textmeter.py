"""How many tokens a text is, roughly, without a tokenizer: for ceilings, and for answers whose
usage never comes.

Vendors' vocabularies differ, so nothing here is exact. One observation does for all scripts: a
token is about four bytes of UTF-8. English prose has 4.4 letters to a token, JSON and code about 3;
Cyrillic two bytes to a letter and half a token; Chinese, Japanese, Korean three bytes to a
character and three quarters of a token. Checked against the usage that vendors reported (see the
tests).
"""

from typing import Final

BYTES_PER_TOKEN: Final = 4
# Bytes of which two make a token even where a text is as dense as can be: lower-case letters, spaces, and what continues a
# character of several bytes. Digits, capitals and punctuation may be a token each.
_TWO_TO_A_TOKEN: Final = bytes([*range(0x61, 0x7B), 0x20, *range(0x80, 0xC0)])


def text_bytes(text: str | bytes) -> int:
    """Return the length in UTF-8; lone surrogates count as the three bytes they would have been."""
    if isinstance(text, bytes) or text.isascii():
        return len(text)
    return len(text.encode("utf-8", "surrogatepass"))


def estimate_text(text: str | bytes) -> int:
    """Return about how many tokens a text is, rounded up; bytes are taken as UTF-8."""
    return -(-text_bytes(text) // BYTES_PER_TOKEN)


def most_tokens(text: str | bytes) -> int:
    """Return how many tokens a text is at most, by the script it is in: at most its length in bytes."""
    data = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    alone = len(data.translate(None, _TWO_TO_A_TOKEN))
    return (len(data) + alone + 1) // 2


def tokens_in(size_bytes: int, pieces: int) -> int:
    """Return about how many tokens a text is that came in pieces.

    A vendor's piece holds at least one token, however short its text is; unless the pieces are
    single letters, which some gateways make for show: then five bytes count as two tokens.
    """
    return max(-(-size_bytes // BYTES_PER_TOKEN), min(pieces, -(-size_bytes * 2 // 5)))


class TextMeter:
    """Counts an answer while it is delivered, piece by piece, in constant memory."""

    __slots__ = ("pieces", "size_bytes")

    def __init__(self) -> None:
        self.size_bytes = 0
        self.pieces = 0

    def add(self, text: str) -> None:
        """Count one piece of text (of an answer, of its reasoning, of a tool call's arguments)."""
        if text:
            self.pieces += 1
            self.size_bytes += len(text) if text.isascii() else text_bytes(text)

    @property
    def tokens(self) -> int:
        """Return the estimate for all that was added, rounded up once."""
        return tokens_in(self.size_bytes, self.pieces)
