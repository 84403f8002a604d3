"""The outside of a chat request: what stands around its messages, read once for all requests that say the same there.

A client says the same model, limit and sampling all day long, and only its messages change. Where a text begins with the
same bytes up to `"messages":` and ends with the same bytes behind one array, it is the same document but for that array:
JSON is context-free. So it has the same envelope, and no name stands twice in it.
"""

from collections.abc import Callable
from typing import Any, Final

import msgspec

from oneapi.wire.decoding import UNDECODABLE
from oneapi.wire.dialect import NOTHING_SELDOM, SELDOM, Envelope, PlainEnvelope
from oneapi.wire.field_names import plain_fields
from oneapi.wire.hollow import LARGE, hollowed

MOST: Final = 512  # outsides that are remembered, and bytes of one that is worth it
_NAME: Final = b'"messages":'
_SOME_MESSAGES: Final = msgspec.Raw(b"[{}]")
_encode: Final = msgspec.json.Encoder().encode
_check: Final = msgspec.json.Decoder(msgspec.Raw).decode
_values: Final = msgspec.structs.astuple


def plain_bound(envelope: Envelope) -> int:
    """Return how many tokens all answers have at most: 0 if no limit is named, -1 if several bear on it."""
    values: tuple[Any, ...] = _values(envelope)  # all of them cost as much as three attributes
    if values[SELDOM] != NOTHING_SELDOM:
        return -1
    limit, other, answers = values[2:5]
    if limit is None:
        limit = other
    elif other is not None:
        return -1
    bound: int = (limit or 0) * (answers or 1)
    return bound


class Outsides:
    """Reads the outsides of one dialect's chats by `decode`, which needs the fields of `names`."""

    __slots__ = ("_decode", "_known", "_names")

    def __init__(self, decode: Callable[[bytes], Envelope], names: frozenset[str]) -> None:
        self._decode = decode
        self._names = names
        self._known: dict[bytes, Envelope] = {}

    def read(self, body: bytes) -> Envelope | None:
        """Return the envelope of a body; None if a name may stand twice in it. Raises what decoding raises."""
        text = hollowed(body) if len(body) > LARGE else body
        before, _, tail = text.partition(_NAME)
        inside, bracket, after = tail.rpartition(b"]")
        around = b""
        if bracket and len(before) + len(after) <= MOST:
            around = before + bracket + after
            known = self._known.get(around)
            if known is not None and _is_array(inside + bracket):
                return known
        fields = plain_fields(text)
        if fields is None:
            return None
        envelope = self._decode(text if len(text) <= LARGE else self._short(fields))
        if around and envelope.model:
            self._remember(around, inside + bracket, envelope)
        return envelope

    def _short(self, fields: dict[str, Any]) -> bytes:
        """Return a document that says the same under the names that are read, of messages only that there are some."""
        kept: dict[str, Any] = {name: fields[name] for name in fields if name in self._names}
        messages = kept.get("messages")
        if messages is not None and bytes(memoryview(messages)[:2]) == b"[{":
            kept["messages"] = _SOME_MESSAGES
        return _encode(kept)

    def _remember(self, around: bytes, messages: bytes, envelope: Envelope) -> None:
        """Keep a plain envelope, if it stands around an array: no number, word or limit of it can be in there."""
        bound = plain_bound(envelope)
        if bound < 0 or not _is_array(messages):
            return
        if len(self._known) >= MOST:
            self._known.clear()
        self._known[around] = PlainEnvelope.of(envelope, bound)


def _is_array(text: bytes) -> bool:
    """Whether it is one whole array that begins with an object, behind a blank or not."""
    # Compiled code knows one prefix, of several it asks Python.
    if not (text.startswith(b"[{") or text.startswith(b" [{")):  # noqa: PIE810
        return False
    try:
        _check(text)
    except UNDECODABLE:
        return False
    return True
