"""What is asked of a channel's key before it is stored, and how one is read out of what was copied with it."""

import re
from collections.abc import Mapping
from typing import Any, Final

from oneapi.control.answers import bad_field
from oneapi.providers.key_formats import objection

# A header, or a line of an environment file: no vendor's key begins so.
_AROUND: Final = re.compile(
    r"(?:export\s+)?[A-Z][A-Z0-9_]*(?:KEY|TOKEN)\s*=\s*(?=[^=\s])|(?:(?:Authorization|x-api-key)\s*:\s*)?(?:Bearer\s+)?",
    re.IGNORECASE,
)
_QUOTES: Final = ('"', "'")


def pasted_key(line: str) -> str:
    """Return the key of a line as people paste it: without blanks, quotes, `Bearer` or the name of a variable."""
    key = _unquoted(line)
    begin = _AROUND.match(key)
    return _unquoted(key[begin.end() :]) if begin else key


def _unquoted(text: str) -> str:
    text = text.strip()
    is_quoted = len(text) > 1 and text[0] in _QUOTES and text[0] == text[-1]
    return text[1:-1].strip() if is_quoted else text


def check_key(channel: Mapping[str, Any]) -> None:
    """Refuse a key that is plainly another vendor's; with a base URL of its own a channel may take any."""
    if channel.get("base_url") or not channel.get("key"):
        return
    reason = objection(int(channel["type"]), channel["key"])
    if reason is not None:
        raise bad_field("key", reason)
