"""Half a pair of surrogates in JSON that comes in pieces: U+FFFD, as in JSON that comes whole (`wire.decoding`).

Models cut emojis, and put them into the arguments of a call; strict readers end a stream there (`jiter`, which Anthropic's
Python SDK 2.12 reads them with).
"""

import re
from typing import Final

_HIGH: Final = r"\\u[dD][89abAB][0-9a-fA-F]{2}"
_HALF: Final = re.compile(r"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")
# A pair; an escape, or half a pair, that the next piece may go on with; half a pair; any other escape.
_ESCAPE: Final = re.compile(
    rf"(?P<pair>{_HIGH}\\u[dD][c-fC-F][0-9a-fA-F]{{2}})"
    rf"|(?P<open>(?:{_HIGH}(?:\\(?:u(?:[dD](?:[c-fC-F][0-9a-fA-F]?)?)?)?)?|\\(?:u[0-9a-fA-F]{{0,3}})?)\Z)"
    rf"|(?P<half>{_HALF.pattern})"
    r"|\\(?:[^u]|u)",
    re.DOTALL,
)
_UNKNOWN: Final = "\\ufffd"


class WholePairs:
    """Passes on the pieces of one JSON text; what may be the beginning of an escape waits for the next one."""

    __slots__ = ("_held",)

    def __init__(self) -> None:
        self._held: str = ""

    def feed(self, piece: str) -> str:
        """Return what is sure."""
        if not self._held and "\\u" not in piece and not piece.endswith("\\"):
            return piece
        text, self._held = self._held + piece, ""
        return _ESCAPE.sub(self._mended, text)

    def _mended(self, found: re.Match[str]) -> str:
        match found.lastgroup:
            case "open":
                self._held = found[0]
                return ""
            case "half":
                return _UNKNOWN
            case _:
                return found[0]

    def finish(self) -> str:
        """Return what has waited: nothing follows it."""
        held, self._held = self._held, ""
        return _HALF.sub(lambda _: _UNKNOWN, held)
