"""Anthropic's dialect as clients speak it: `/v1/messages`, its stream and its errors.

Source: https://platform.claude.com/docs/en/api/messages, …/errors, …/build-with-claude/streaming and the types of its
Python SDK 2.12 (read 2026-11-21).
"""

from typing import Any, Final, cast

import msgspec

from oneapi.errors import GatewayError, InvalidRequest, UpstreamError
from oneapi.wire.anthropic_blocks import Block, blocks_of
from oneapi.wire.anthropic_envelopes import CountEnvelope, MessagesEnvelope
from oneapi.wire.anthropic_request import canonical_request
from oneapi.wire.anthropic_stream import AnthropicStream, event, message_id, refusal_details
from oneapi.wire.anthropic_usage import anthropic_counts, anthropic_counts_of
from oneapi.wire.decoding import UNDECODABLE, decode_as, document_of, json_value
from oneapi.wire.dialect import Asked, Envelope
from oneapi.wire.endpoints import Endpoint
from oneapi.wire.field_names import check_names
from oneapi.wire.finish import stop_reason
from oneapi.wire.outsides import Outsides
from oneapi.wire.shapes import objects, section
from oneapi.wire.tool_ids import tool_id
from oneapi.wire.usage import Usage

_TYPES: Final = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    409: "conflict_error",
    413: "request_too_large",
    429: "rate_limit_error",
    503: "overloaded_error",
    504: "timeout_error",
    529: "overloaded_error",
}
# What a vendor's word says more exactly than its status. Servers of OpenAI's dialect call any error an invalid request.
_TELLING: Final = frozenset(_TYPES.values()) - {"invalid_request_error"}


PING: Final = event("ping")
_DECODERS: Final[dict[Endpoint, msgspec.json.Decoder[Envelope]]] = cast(
    "dict[Endpoint, msgspec.json.Decoder[Envelope]]",  # a decoder of a subclass decodes an envelope
    {
        Endpoint.CHAT: msgspec.json.Decoder(MessagesEnvelope),
        Endpoint.COUNT_TOKENS: msgspec.json.Decoder(CountEnvelope),
    },
)
_NAMES: Final = frozenset(field.encode_name for field in msgspec.structs.fields(MessagesEnvelope))
_OUTSIDES: Final = {name: Outsides(each.decode, _NAMES) for name, each in _DECODERS.items()}


class AnthropicClient:
    """The client dialect of `/v1/messages`."""

    name = "anthropic"

    def envelope(self, body: bytes, endpoint: Endpoint = Endpoint.CHAT) -> Envelope:
        """Read a request's outside; raise `InvalidRequest` naming the field that is wrong."""
        if endpoint not in _DECODERS:
            raise InvalidRequest(f"this dialect has no endpoint {endpoint.value!r}")
        decoder = _DECODERS[endpoint]
        try:
            envelope = _OUTSIDES[endpoint].read(body)
            if envelope is not None:
                return envelope
        except UNDECODABLE:
            pass  # said properly below
        envelope = decode_as(decoder, body)
        check_names(body)
        return envelope

    def to_canonical(self, body: bytes) -> dict[str, Any]:
        """Return a Messages request in canonical form."""
        return canonical_request(document_of(body))

    def render(self, document: dict[str, Any], usage: Usage | None) -> bytes:
        """Return a whole reply as a message."""
        return msgspec.json.encode(message_of_reply(document, usage))

    def stream(self, call: Asked) -> AnthropicStream:
        """Return the state machine that prints events."""
        return AnthropicStream(call)

    def keepalive(self, endpoint: Endpoint, model: str, request_id: str, created: int) -> bytes:
        """Return the dialect's own event for that."""
        return PING

    def error(self, error: GatewayError, request_id: str) -> tuple[int, bytes]:
        """Return the status and body of an error."""
        status = error.status if 400 <= error.status <= 599 else 502
        return status, msgspec.json.encode(_error_document(error, request_id))

    def error_event(self, error: GatewayError, request_id: str) -> bytes:
        """Return an error inside a stream that has begun."""
        document = _error_document(error, request_id)
        del document["type"]
        return event("error", **document)


def message_of_reply(document: Block, usage: Usage | None) -> Block:
    """Return the message of a canonical reply."""
    choices = objects(document.get("choices"))
    choice: Block = choices[0] if choices else {}
    message = section(choice.get("message"))
    details: Block = dict(section(document.get("anthropic")))
    content = [_callable(block) for block in blocks_of(message, "message", for_client=True)]
    reason = stop_reason(choice, calls_tools=any(b.get("type") == "tool_use" for b in content))
    refusal = message.get("refusal")
    if isinstance(refusal, str) and refusal and not details.get("stop_details"):
        content.append({"type": "text", "text": refusal})
        details["stop_details"] = refusal_details(refusal)
        reason = "refusal"
    counts = section(document.get("usage"))
    return {
        "id": message_id(document),
        "type": "message",
        "role": "assistant",
        "model": document.get("model") or "",
        "content": content,
        "stop_reason": reason,
        "stop_sequence": choice.get("stop_sequence"),
        **details,
        "usage": _counts(counts, usage),
    }


def _callable(block: Block) -> Block:
    """Return a block whose id Anthropic takes: the client may go on with one of its models."""
    if block.get("type") != "tool_use" or not block.get("id"):
        return block
    return {**block, "id": tool_id(block["id"])}


def _counts(counts: Block, usage: Usage | None) -> Block:
    if counts:
        return anthropic_counts(counts)
    return anthropic_counts_of(usage if usage is not None else Usage())


def _error_document(error: GatewayError, request_id: str) -> Block:
    own: Block = {"type": _type_of(error), "message": error.message}
    if isinstance(error, UpstreamError) and error.body:
        own = {**_vendor_object(error.body), **own}
    return {"type": "error", "error": own, "request_id": request_id or None}


def _type_of(error: GatewayError) -> str:
    if isinstance(error, UpstreamError) and error.type in _TELLING:
        return error.type
    fallback = "invalid_request_error" if 400 <= error.status < 500 else "api_error"
    return _TYPES.get(error.status, fallback)


def _vendor_object(body: bytes) -> Block:
    """Return the vendor's own error object, if the vendor speaks this dialect."""
    try:
        document = section(json_value(body))
    except UNDECODABLE:
        return {}
    return section(document.get("error")) if document.get("type") == "error" else {}
