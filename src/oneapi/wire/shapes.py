"""Reading JSON of which nothing is promised: what is not of the expected shape reads as empty."""

from typing import Any, cast

import msgspec

from oneapi.wire.decoding import UNDECODABLE, json_value


def section(value: object) -> dict[str, Any]:
    """Return a JSON object, an empty one for anything else."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def objects(value: object) -> list[dict[str, Any]]:
    """Return the objects of an array, none for anything else."""
    if not isinstance(value, list):
        return []
    found = cast("list[object]", value)
    return [cast("dict[str, Any]", item) for item in found if isinstance(item, dict)]


def text(value: object) -> str:
    """Return a string, an empty one for anything else."""
    return value if isinstance(value, str) else ""


def count(value: object) -> int:
    """Return a count as an int, 0 for what is none; negative counts stay as they were sent."""
    if isinstance(value, bool):
        return 0
    if isinstance(value, int):
        return value
    if isinstance(value, float) and value == value and abs(value) < 2**63:
        return int(value)
    return 0


def is_object(said: str) -> bool:
    """Say whether a text is one whole JSON object."""
    if not said.rstrip().endswith("}"):
        return False
    try:
        return isinstance(msgspec.json.decode(said), dict)
    except UNDECODABLE:
        if "\\u" not in said:
            return False
    try:
        return isinstance(json_value(said.encode()), dict)  # half of a character in it
    except UNDECODABLE:
        return False
