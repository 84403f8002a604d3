"""A JSON document without the insides of its long strings: what is left can be decoded in a fraction of the time.

Where a string begins and ends is the same for every parser: quotes stand nowhere else, and only a backslash hides one.
"""

from typing import Any, Final

import msgspec

from oneapi.wire.field_names import plain_fields

LARGE: Final = 4096  # bytes of a body that is worth the trouble
LONG: Final = 2048  # bytes of a string worth cutting out
STRIDE: Final = 300  # bytes to be cut out for each quote that is looked for; below, decoding everything is quicker
PATIENCE: Final = 24  # quotes before that is asked
_BACKSLASH: Final = 0x5C


_SOME_MESSAGES: Final = msgspec.Raw(b"[{}]")
_encode: Final = msgspec.json.Encoder().encode


def outside(body: bytes, names: frozenset[str]) -> bytes | None:
    """Return a short document that says the same under `names`, `messages` but for their number.

    None if something else might be said twice (`wire.field_names`). Raises what decoding raises.
    """
    text = hollowed(body) if len(body) > LARGE else body
    fields = plain_fields(text)
    if fields is None or len(text) <= LARGE:
        return None if fields is None else text
    kept: dict[str, Any] = {name: value for name, value in fields.items() if name in names}
    messages = kept.get("messages")
    if messages is not None and bytes(memoryview(messages)[:2]) == b"[{":
        kept["messages"] = _SOME_MESSAGES
    return _encode(kept)


def hollowed(body: bytes) -> bytes:
    """Return the document with its long strings emptied, as far as looking for them pays; whatever it is."""
    kept: list[bytes] = []
    begin = 0
    quotes = cut = 0
    at = body.find(b'"')
    while at >= 0 and (quotes < PATIENCE or quotes * STRIDE < cut):
        end = body.find(b'"', at + 1)
        quotes += 1
        while end > 0 and body[end - 1] == _BACKSLASH and _is_escaped(body, end):
            if quotes >= PATIENCE and quotes * STRIDE >= cut + end - at:
                end = -1
                break
            end = body.find(b'"', end + 1)
            quotes += 1
        if end < 0:
            break
        if end - at > LONG:
            kept.append(body[begin : at + 1])
            cut += end - at
            begin = end
        at = body.find(b'"', end + 1)
    if begin == 0:
        return body
    kept.append(body[begin:])
    return b"".join(kept)


def _is_escaped(body: bytes, at: int) -> bool:
    """Say whether an odd number of backslashes stands before a place."""
    before = at - 1
    while before >= 0 and body[before] == _BACKSLASH:
        before -= 1
    return (at - before) % 2 == 0
