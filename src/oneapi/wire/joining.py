"""A stream's chunks put together to the whole answer that they are pieces of; the other way is `canonical.as_chunks`."""

import base64
import binascii
from typing import Any, Final, cast

from oneapi.wire.canonical import CHAT_CHUNK, CHAT_COMPLETION
from oneapi.wire.shapes import count, objects, section, text

# Said once, or said again; everything else that is a text comes in pieces.
_SAID_AT_ONCE: Final = frozenset({"role", "id", "type", "name", "signature", "data", "format"})


def joined(chunks: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the whole reply of some canonical chunks."""
    document: dict[str, Any] = {}
    choices: dict[int, dict[str, Any]] = {}
    for chunk in chunks:
        for name, value in chunk.items():
            if name == "anthropic":
                document[name] = {**section(document.get(name)), **section(value)}
            elif name != "choices" and value is not None:
                document[name] = value
        for choice in objects(chunk.get("choices")):
            index = count(choice.get("index"))
            _add_choice(choices.setdefault(index, {"index": index}), choice)
    if document.get("object") == CHAT_CHUNK:
        document["object"] = CHAT_COMPLETION
    document["choices"] = [_unnumbered(choices[index]) for index in sorted(choices)]
    return document


def _add_choice(known: dict[str, Any], choice: dict[str, Any]) -> None:
    for name, value in choice.items():
        if name == "delta":
            _add(known.setdefault("message", {"role": "assistant", "content": None}), value)
        elif name == "text":
            known[name] = text(known.get(name)) + text(value)
        elif name == "logprobs" and section(value):
            known[name] = section(known.get(name))
            _add(known[name], section(value))
        elif value is not None or name not in known:
            known[name] = value


def _add(known: dict[str, Any], piece: dict[str, Any]) -> None:
    """Add a piece of an object to what has come of it."""
    for name, value in piece.items():
        before = known.get(name)
        if name == "audio" and section(before):
            known[name] = _heard_on(section(before), section(value))
        elif isinstance(value, str) and isinstance(before, str) and name not in _SAID_AT_ONCE:
            known[name] = before + value
        elif section(value) and section(before):
            _add(section(before), section(value))
        elif isinstance(value, list):
            known[name] = _extended(before, cast("list[Any]", value))
        elif (value is not None and value != "") or before is None:
            known[name] = value


def _heard_on(known: dict[str, Any], piece: dict[str, Any]) -> dict[str, Any]:
    """Return sound with what has come of it; its pieces are each encoded for themselves."""
    before, data = known.get("data"), piece.get("data")
    rest = {name: value for name, value in piece.items() if name != "data"}
    _add(known, rest)
    if isinstance(before, str) and isinstance(data, str):
        known["data"] = _together(before, data)
    elif data:
        known["data"] = data
    return known


def _together(first: str, second: str) -> str:
    try:
        return base64.b64encode(base64.b64decode(first) + base64.b64decode(second)).decode()
    except (binascii.Error, ValueError):
        return first + second


def _extended(before: Any, entries: list[Any]) -> list[Any]:
    known: list[Any] = [*cast("list[Any]", before)] if isinstance(before, list) else []
    for entry in entries:
        index = section(entry).get("index")
        same = None if index is None else _numbered(known, index)
        if same is not None:
            _add(same, section(entry))
        else:
            known.append({**section(entry)} if section(entry) else entry)
    return known


def _numbered(entries: list[Any], index: Any) -> dict[str, Any] | None:
    return next((entry for entry in objects(entries) if entry.get("index") == index), None)


def _unnumbered(choice: dict[str, Any]) -> dict[str, Any]:
    """Return a choice whose lists are in order, without the numbers that only a stream needs."""
    message = choice.get("message")
    if message is None:
        return choice
    whole = {name: _ordered(value) for name, value in message.items()}
    if not whole["content"] and (whole.get("tool_calls") or whole.get("refusal")):
        whole["content"] = None
    return {**choice, "message": whole}


def _ordered(value: Any) -> Any:
    entries = objects(value)
    if not entries or not all("index" in entry for entry in entries):
        return value
    in_order = sorted(entries, key=lambda entry: count(entry["index"]))
    return [
        {name: _ordered(field) for name, field in entry.items() if name != "index"}
        for entry in in_order
    ]
