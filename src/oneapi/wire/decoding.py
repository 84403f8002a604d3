"""Decoding JSON as Go does, and what is wrong with a client's, said in a sentence that names the field."""

import re
from collections.abc import Callable
from typing import Any, Final, TypeVar, cast

import msgspec

from oneapi.errors import InvalidRequest

# What decoding raises for bytes that are not the JSON we expect.
UNDECODABLE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)

_PATH: Final = re.compile(r" - at `\$\.?(.*)`$")
_GOT: Final = re.compile(r"^Expected `(.+?)`, got `(\w+)`$")
_WORDS: Final = {
    "str": "a string",
    "int": "an integer",
    "float": "a number",
    "bool": "a boolean",
    "array": "an array",
    "object": "an object",
    "null": "null",
}
_Value = TypeVar("_Value")
_LONE: Final = b"\\ufffd"
# A backslash that hides another one, a pair of surrogates, half of one.
_SURROGATES: Final = re.compile(
    rb"\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[dD][89a-fA-F][0-9a-fA-F]{2}"
)
# A string, which may hold anything, or a number that is none.
_NO_NUMBERS: Final = re.compile(rb'"(?:[^"\\]|\\.)*"|-?\b(?:NaN|Infinity)\b', re.DOTALL)


def repaired(text: bytes) -> bytes:
    """Return JSON in which half a pair of surrogates, or what is no UTF-8, is U+FFFD; the same object if nothing was."""
    found = _SURROGATES.sub(lambda match: _LONE if len(match[0]) == len(_LONE) else match[0], text)
    try:
        found.decode()
    except UnicodeDecodeError:
        found = found.decode("utf-8", "replace").encode()
    return text if found == text else found


def json_value(text: bytes, decode: Callable[[bytes], _Value] = msgspec.json.decode) -> _Value:
    """Return what JSON says, read as Go reads it where it cannot be read otherwise; raise what `UNDECODABLE` names.

    Clients cut texts by UTF-16 units and escape the halves, and vendors cut tokens: Go and Python take both. What Python
    writes for a number that is none (vLLM's log probabilities have some) is nothing.
    """
    try:
        return decode(text)
    except UNDECODABLE:
        again = _finite(repaired(text))
        if again is text:
            raise
    return decode(again)


def _finite(text: bytes) -> bytes:
    """Return JSON in which numbers that are none are null; the same object if there are none."""
    if b"NaN" not in text and b"Infinity" not in text:
        return text
    found = _NO_NUMBERS.sub(lambda match: match[0] if match[0].startswith(b'"') else b"null", text)
    return text if found == text else found


def document_of(body: bytes) -> dict[str, Any]:
    """Return a client's body as a JSON object; raise `InvalidRequest` if it is not one."""
    try:
        document: Any = json_value(body)
    except UNDECODABLE as error:
        raise invalid_json(error) from error
    if not isinstance(document, dict):
        raise InvalidRequest("the request body must be a JSON object", code="invalid_json")
    return cast("dict[str, Any]", document)


def decode_as(decoder: msgspec.json.Decoder[_Value], body: bytes) -> _Value:
    """Decode a client's body; raise `InvalidRequest` naming the field that is wrong."""
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as error:
        raise invalid_field(str(error)) from error
    except UNDECODABLE as error:
        raise invalid_json(error) from error


def invalid_json(error: Exception) -> InvalidRequest:
    """Return the error for a body that is no JSON at all."""
    if isinstance(error, RecursionError):
        why = "it is nested too deeply"
    elif isinstance(error, UnicodeDecodeError):
        why = "it is not UTF-8"
    else:
        why = str(error)[:200]
    return InvalidRequest(f"the request body is not valid JSON: {why}", code="invalid_json")


def invalid_field(complaint: str) -> InvalidRequest:
    """Turn msgspec's complaint into a sentence and the name of the field."""
    missing = re.match(r"^Object missing required field `(\w+)`", complaint)
    where = _PATH.search(complaint)
    path = where.group(1) if where else ""
    what = complaint[: where.start()] if where else complaint
    if missing:
        name = f"{path}.{missing.group(1)}" if path else missing.group(1)
        return InvalidRequest(f"`{name}` is required", param=name)
    if not path:
        return InvalidRequest("the request body must be a JSON object", code="invalid_json")
    got = _GOT.match(what)
    if got:
        expected = " or ".join(_WORDS.get(word, word) for word in got.group(1).split(" | "))
        sentence = f"`{path}` must be {expected}, not {_WORDS.get(got.group(2), got.group(2))}"
    elif "of length >= 1" in what:
        sentence = f"`{path}` must not be empty"
    else:
        sentence = f"`{path}` is invalid: {what[0].lower()}{what[1:]}"
    return InvalidRequest(sentence, param=path)
