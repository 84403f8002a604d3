"""What changes in a request of OpenAI's dialect on its way: only the top level is opened, the rest travels byte for byte.

`fields` maps names to values or, in the fast lane, to their undecoded JSON (`msgspec.Raw`).
"""

from functools import lru_cache
from typing import Any, Final, cast

import msgspec

from oneapi.errors import InvalidRequest
from oneapi.providers.base import Call, Document, Headers
from oneapi.providers.openai_messages import shaped_messages
from oneapi.providers.openai_models import quirks_of_model
from oneapi.providers.provider import Provider
from oneapi.providers.quirks import Quirks
from oneapi.providers.urls import adaptations, api_version, is_versioned, model_in_body
from oneapi.wire.decoding import UNDECODABLE, invalid_json, json_value
from oneapi.wire.dialect import LIMITS
from oneapi.wire.endpoints import CHUNKED, Endpoint

LIMIT: Final = "max_tokens"
COMPLETION_LIMIT: Final = "max_completion_tokens"
_USAGE: Final = "stream_options"
_USAGE_TAIL: Final = b',"stream_options":{"include_usage":true}}'
_FIELDS: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ROLE: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])


class Aim:
    """Where calls of one kind go, and how: nothing here depends on what a client says beside model and `stream`.

    `model`: its name in the body. `asks_usage`: the vendor is asked for a stream's usage. `marks`: one of them is in every
    body that has to be rewritten.
    """

    __slots__ = ("asks_usage", "headers", "marks", "model", "quirks", "url")

    def __init__(self, call: Call, url: str, headers: Headers) -> None:
        chats = call.endpoint in CHUNKED
        quirks = quirks_of(call)
        self.url: Final = url
        self.headers: Final = headers
        self.model: Final = model_in_body(call)
        self.quirks: Final = quirks
        self.asks_usage: Final[bool] = (
            chats and call.stream and not (_USAGE in quirks.drops or _USAGE in quirks.omits)
        )
        self.marks: Final[tuple[bytes, ...]] = (
            _marks(call.target.provider, call.model) if chats else ()
        )


def quirks_of(call: Call) -> Quirks:
    """Return what the vendor, or this model of it, takes differently, with what it has refused before."""
    quirks = _stated(call.target.provider, call.model)
    if call.model in call.target.observed.sends_reasoning:
        quirks = quirks.keeping("reasoning_content")
    omits = adaptations(call)
    if quirks.since and is_versioned(call):
        version = api_version(call)
        omits = omits.union([name for name, first in quirks.since if version < first])
    return quirks.omitting(omits) if omits else quirks


@lru_cache(maxsize=4096)
def _stated(provider: Provider, model: str) -> Quirks:
    return provider.quirks.over(quirks_of_model(model))


@lru_cache(maxsize=4096)
def _marks(provider: Provider, model: str) -> tuple[bytes, ...]:
    return _stated(provider, model).marks


def edited_body(call: Call, body: bytes, aim: Aim) -> bytes:
    """Return the body to send: the same object when nothing has to change."""
    if (
        aim.model == call.asked_model
        and call.max_output_tokens is None
        and call.system_prompt is None
        and not (aim.marks and _has_any(aim.marks, body) and _shape(_opened(body), aim.quirks))
    ):
        if not aim.asks_usage or call.shows_usage:
            return body
        spliced = _spliced(call, body)
        if spliced is not None:
            return spliced
    return msgspec.json.encode(edited(call, _opened(body), aim))


def _has_any(marks: tuple[bytes, ...], body: bytes) -> bool:
    for mark in marks:  # noqa: SIM110 - a generator would be a frame
        if mark in body:
            return True
    return False


def _opened(body: bytes) -> Document:
    try:
        return cast("Document", json_value(body, _FIELDS.decode))
    except UNDECODABLE as error:
        raise invalid_json(error) from error


def _spliced(call: Call, body: bytes) -> bytes | None:
    """Ask for usage at the end of the text, if the client's document says nothing about it."""
    if call.has_stream_options:
        return None
    end = body.rstrip()
    if not end.endswith(b"}") or len(end) <= len(b"{}"):
        return None
    return b"".join((memoryview(end)[:-1], _USAGE_TAIL))


def edited(call: Call, fields: Document, aim: Aim) -> Document:
    """Return the fields with the channel's model, limit, prompt and wish for usage, as the vendor takes them."""
    fields = dict(fields)
    if aim.model != call.asked_model or "model" not in fields:
        fields["model"] = aim.model
    if aim.asks_usage:
        options = plain_value(fields.get(_USAGE))
        known = cast("Document", options) if isinstance(options, dict) else {}
        fields[_USAGE] = {**known, "include_usage": True}
    if call.max_output_tokens is not None:
        _limit(call, fields, aim.quirks)
    if call.system_prompt is not None and call.endpoint is Endpoint.CHAT:
        fields["messages"] = with_system_prompt(fields.get("messages"), call.system_prompt)
    if aim.marks:
        _shape(fields, aim.quirks)
    return fields


def _shape(fields: Document, quirks: Quirks) -> bool:
    """Drop and rename what the vendor takes differently; say whether there was anything."""
    before = len(fields)
    for name in quirks.drops:
        fields.pop(name, None)
    changes = len(fields) < before
    for name, theirs in quirks.renames:
        changes = changes or name in fields
        said = plain_value(fields.pop(name, None))
        if said is not None:
            other = plain_value(fields.get(theirs))
            both = isinstance(said, int) and isinstance(other, int)
            fields[theirs] = min(said, other) if both else said
    if quirks.shapes_messages and "messages" in fields:
        try:
            messages: Any = msgspec.json.decode(msgspec.json.encode(fields["messages"]))
        except UNDECODABLE:
            return changes  # the vendor may say what is wrong with them
        if isinstance(messages, list):
            shaped = shaped_messages(cast("list[object]", messages), quirks)
            if shaped != messages:
                fields["messages"] = shaped
                return True
    return changes


def limit_name(quirks: Quirks) -> str:
    """Return the name under which an output limit is sent, "" when the vendor refuses both."""
    name = quirks.limit or LIMIT
    if name in quirks.omits:
        name = COMPLETION_LIMIT if name == LIMIT else LIMIT
    return "" if name in quirks.omits else name


def _limit(call: Call, fields: Document, quirks: Quirks) -> None:
    """Say the limit once, in the word that the vendor obeys; every other word for it is left out."""
    said = [name for name in LIMITS if plain_value(fields.pop(name, None)) is not None]
    if call.endpoint is not Endpoint.CHAT:
        name = LIMIT
    elif not quirks.limit and COMPLETION_LIMIT in said and LIMIT not in said:
        name = COMPLETION_LIMIT
    else:
        name = limit_name(quirks)
    if name and name not in quirks.omits:
        fields[name] = call.max_output_tokens


def plain_value(value: Any) -> Any:
    """Return a value, decoded if it was not."""
    return msgspec.json.decode(value) if isinstance(value, msgspec.Raw) else value


def with_system_prompt(messages: Any, prompt: str) -> list[Any]:
    """Return the messages with the channel's system prompt in place of the client's."""
    if isinstance(messages, msgspec.Raw):
        try:
            messages = msgspec.json.decode(messages, type=list[msgspec.Raw])
        except UNDECODABLE as error:
            raise InvalidRequest("`messages` must be an array", param="messages") from error
    found = cast("list[Any]", messages or [])
    first = _first(found)
    if first is not None and plain_value(first.get("role")) in ("system", "developer"):
        return [{**first, "content": prompt}, *found[1:]]
    return [{"role": "system", "content": prompt}, *found]


def _first(messages: list[Any]) -> Document | None:
    if not messages:
        return None
    first = messages[0]
    if isinstance(first, msgspec.Raw):
        try:
            return cast("Document", _ROLE.decode(first))
        except UNDECODABLE as error:
            raise InvalidRequest("`messages[0]` must be an object", param="messages[0]") from error
    return cast("Document", first) if isinstance(first, dict) else None
