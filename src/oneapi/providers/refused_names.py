"""Which names a vendor's refusal holds, whatever its form: JSON of any shape, or a plain text."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final, cast

import msgspec

from oneapi.wire.decoding import UNDECODABLE

_READ: Final = 1 << 16  # bytes of a refusal
_ECHOES: Final = frozenset(
    {"input", "ctx", "url"}
)  # of a validator: what it was given, not what is wrong


def refusal_text(body: bytes) -> str:
    """Return every text of a refusal, its list of places included, without what it only repeats."""
    body = body[:_READ]
    try:
        document: object = msgspec.json.decode(body)
    except UNDECODABLE:
        return body.decode("utf-8", "replace")
    return " ".join(_walk(document, 8))


def _walk(value: object, depth: int) -> Iterator[str]:
    if isinstance(value, str):
        yield f"'{value}'" if value.isidentifier() else value
    elif isinstance(value, dict) and depth:
        for name, inner in cast("dict[str, object]", value).items():
            if name not in _ECHOES:
                yield from _walk(inner, depth - 1)
    elif isinstance(value, list) and depth:
        for inner in cast("list[object]", value):
            yield from _walk(inner, depth - 1)


@lru_cache(maxsize=64)
def _pattern(name: str) -> re.Pattern[str]:
    """Ordinary words count only in quotes, or where a validator names a place: `thinking.type: …`."""
    if name.isalpha():
        shape = rf"[\"'`\\]{name}[\"'`\\]|(?:^|[\s\"'])(?:body\.)?{name}(?:\.\w+)*: "
    else:
        shape = rf"(?<![a-z0-9_]){name.replace('_', '[_ -]?')}(?![a-z0-9_])"
    return re.compile(shape, re.IGNORECASE)


def names(name: str, said: str) -> bool:
    """Say whether a refusal's text names a field."""
    return _pattern(name).search(said) is not None
