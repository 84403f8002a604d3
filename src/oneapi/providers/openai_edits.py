"""What changes in a request of OpenAI's dialect on its way: only the top level is opened, the rest travels byte for byte.

`fields` maps names to values or, in the fast lane, to their undecoded JSON (`msgspec.Raw`).
"""

from typing import Any, Final, cast

import msgspec

from oneapi.errors import InvalidRequest
from oneapi.providers.base import Call, Document, Endpoint
from oneapi.providers.openai_lowering import takes_completion_limit
from oneapi.providers.urls import azure_version
from oneapi.wire.decoding import UNDECODABLE, invalid_json
from oneapi.wire.dialect import LIMITS

STREAMED: Final = (Endpoint.CHAT, Endpoint.COMPLETIONS)
_USAGE_TAIL: Final = b',"stream_options":{"include_usage":true}}'
_AZURE_USAGE_SINCE: Final = "2024-09-01"
_FIELDS: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ROLE: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])


def edited_body(call: Call, body: bytes) -> bytes:
    """Return the body to send: the same object when nothing has to change."""
    provider = call.target.provider
    edit = provider.edits.get(call.endpoint)
    asks = asks_usage(call) and not call.shows_usage
    if (
        call.model == call.asked_model
        and call.max_output_tokens is None
        and call.system_prompt is None
        and edit is None
    ):
        if not asks:
            return body
        spliced = _spliced(call, body)
        if spliced is not None:
            return spliced
    fields = _opened(body)
    changed = edited(call, fields)
    if edit is not None:
        plain = {name: plain_value(value) for name, value in changed.items()}
        changed = edit(plain)
    return msgspec.json.encode(changed)


def _opened(body: bytes) -> Document:
    try:
        return cast("Document", _FIELDS.decode(body))
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


def asks_usage(call: Call) -> bool:
    """Say whether the vendor is asked for a stream's usage."""
    if not call.stream or call.endpoint not in STREAMED:
        return False
    provider = call.target.provider
    if provider.slug == "azure" and not call.target.base_url.rstrip("/").endswith("/openai/v1"):
        return azure_version(call) >= _AZURE_USAGE_SINCE
    return provider.reports_stream_usage


def edited(call: Call, fields: Document) -> Document:
    """Return the fields with the channel's model, limit, prompt and wish for usage."""
    fields = dict(fields)
    if call.model != call.asked_model or "model" not in fields:
        fields["model"] = call.model
    if asks_usage(call):
        options = plain_value(fields.get("stream_options"))
        known = cast("Document", options) if isinstance(options, dict) else {}
        fields["stream_options"] = {**known, "include_usage": True}
    if call.max_output_tokens is not None:
        _limit(call, fields)
    if call.system_prompt is not None and call.endpoint is Endpoint.CHAT:
        fields["messages"] = with_system_prompt(fields.get("messages"), call.system_prompt)
    return fields


def _limit(call: Call, fields: Document) -> None:
    """Say the limit once, in the word that the vendor obeys; every other word for it is left out."""
    said = [name for name in LIMITS if plain_value(fields.pop(name, None)) is not None]
    if call.endpoint is Endpoint.CHAT and takes_completion_limit(call):
        name = "max_completion_tokens"
    elif "max_tokens" in said or "max_completion_tokens" not in said:
        name = "max_tokens"
    else:
        name = "max_completion_tokens"
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
