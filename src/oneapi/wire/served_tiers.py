"""In which tier of the vendor's service an answer was made, in the vendor's words, and which one a request asks for.

OpenAI, Groq and others say `service_tier` beside the usage, in every piece of a stream; Anthropic says `service_tier`,
`speed` and `inference_geo` in it. Sources: https://platform.openai.com/docs/api-reference/chat/object,
https://platform.claude.com/docs/en/api/messages (`usage`) (read 2026-11-26).
"""

from typing import Any, Final, cast

import msgspec

from oneapi.wire.decoding import UNDECODABLE
from oneapi.wire.service_tiers import TIER_FIELDS

_MARKS: Final = tuple(f'"{name}"'.encode() for name in TIER_FIELDS)


class _Answer(msgspec.Struct):
    service_tier: Any = None
    usage: Any = None


class _Request(msgspec.Struct):
    service_tier: Any = None
    speed: Any = None
    inference_geo: Any = None


_decode: Final = msgspec.json.Decoder(_Answer).decode
_decode_request: Final = msgspec.json.Decoder(_Request).decode


def served_tier(body: bytes) -> str:
    """Return the words of a whole answer, or of an event of a stream, blanks between; empty where it says none."""
    if not any(mark in body for mark in _MARKS):
        return ""
    try:
        answer = _decode(body)
    except UNDECODABLE:
        return ""
    return words_of(answer.usage, answer.service_tier)


def words_of(counts: Any, *words: Any) -> str:
    """Return the words of a usage object and those beside it."""
    fields = cast("dict[str, Any]", counts) if isinstance(counts, dict) else {}
    said = (*words, *(fields.get(name) for name in TIER_FIELDS))
    return " ".join(dict.fromkeys(word for word in said if isinstance(word, str) and word))


def told_tier(body: bytes) -> str:
    """Return the words by which a vendor's request asks for a tier."""
    try:
        return asked_tier(_decode_request(body))
    except UNDECODABLE:
        return ""


def asked_tier(fields: Any) -> str:
    """Return the words by which a request, whose attributes these fields are, asks for a tier."""
    return words_of(None, *(getattr(fields, name) for name in TIER_FIELDS))
