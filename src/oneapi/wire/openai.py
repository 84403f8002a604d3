"""OpenAI's dialect as clients speak it: chat, completions, embeddings, images, audio, and their errors.

Source: the OpenAI API reference, https://platform.openai.com/docs/api-reference (read 2026-11-21), and
the types of its Python SDK 3.54.
"""

from typing import Any, Final, cast

import msgspec

from oneapi.errors import GatewayError, InvalidRequest, UpstreamError
from oneapi.wire.canonical import CHAT_CHUNK, delta_texts, usage_object
from oneapi.wire.decoding import UNDECODABLE, decode_as, document_of, json_value
from oneapi.wire.dialect import Asked, Envelope
from oneapi.wire.endpoints import ROWS, Endpoint
from oneapi.wire.field_names import check_names
from oneapi.wire.openai_envelopes import (
    ChatEnvelope,
    CompletionsEnvelope,
    EditsEnvelope,
    ImagesEnvelope,
    InputEnvelope,
    SpeechEnvelope,
)
from oneapi.wire.outsides import Outsides
from oneapi.wire.shapes import section
from oneapi.wire.sse import event_bytes
from oneapi.wire.textmeter import TextMeter
from oneapi.wire.usage import Usage

DONE: Final = b"data: [DONE]\n\n"
_COMMENT: Final = b": keep-alive\n"
_CHAT: Final = Endpoint.CHAT
_SILENT: Final[dict[Endpoint, dict[str, Any]]] = {
    Endpoint.CHAT: {"index": 0, "delta": {}, "logprobs": None, "finish_reason": None},
    Endpoint.COMPLETIONS: {"index": 0, "text": "", "logprobs": None, "finish_reason": None},
}
_EMPTY: Final = (b'""', b"[]", b"nu")


_DECODERS: Final[dict[Endpoint, msgspec.json.Decoder[Envelope]]] = cast(
    "dict[Endpoint, msgspec.json.Decoder[Envelope]]",  # a decoder of a subclass decodes an envelope
    {
        Endpoint.CHAT: msgspec.json.Decoder(ChatEnvelope),
        Endpoint.COMPLETIONS: msgspec.json.Decoder(CompletionsEnvelope),
        Endpoint.MODERATIONS: msgspec.json.Decoder(InputEnvelope),
        Endpoint.EDITS: msgspec.json.Decoder(EditsEnvelope),
        Endpoint.IMAGES: msgspec.json.Decoder(ImagesEnvelope),
        Endpoint.IMAGE_EDITS: msgspec.json.Decoder(ImagesEnvelope),
        Endpoint.SPEECH: msgspec.json.Decoder(SpeechEnvelope),
    },
)
_ANY_DECODER: Final = msgspec.json.Decoder(Envelope)
_CHAT_NAMES: Final = frozenset(field.encode_name for field in msgspec.structs.fields(ChatEnvelope))
_CHATS: Final = Outsides(_DECODERS[Endpoint.CHAT].decode, _CHAT_NAMES)


class OpenAIClient:
    """The client dialect of everything under `/v1` but `/v1/messages`."""

    name = "openai"

    def envelope(self, body: bytes, endpoint: Endpoint = _CHAT) -> Envelope:
        """Read a request's outside; raise `InvalidRequest` naming the field that is wrong."""
        if endpoint is _CHAT:
            try:
                envelope = _CHATS.read(body)
                if envelope is not None and envelope.model:
                    return envelope
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                pass  # said properly below
        return _checked(body, endpoint)

    def to_canonical(self, body: bytes) -> dict[str, Any]:
        """Return a chat request: it is canonical as it is."""
        document = document_of(body)
        messages: Any = document.get("messages")
        if not isinstance(messages, list) or not messages:
            raise InvalidRequest("`messages` must be an array and not empty", param="messages")
        for place, message in enumerate(cast("list[Any]", messages)):
            if not isinstance(message, dict):
                raise InvalidRequest(
                    f"`messages[{place}]` must be an object", param=f"messages[{place}]"
                )
        return document

    def render(self, document: dict[str, Any], usage: Usage | None) -> bytes:
        """Return a whole reply; a reply that says no usage gets the one that is charged."""
        if usage is not None and not document.get("usage"):
            document = {**document, "usage": usage_object(usage)}
        return msgspec.json.encode(document)

    def stream(self, call: Asked) -> "OpenAIStream":
        """Return the state machine that prints chunks."""
        return OpenAIStream(call)

    def keepalive(self, endpoint: Endpoint, model: str, request_id: str, created: int) -> bytes:
        """Return a comment and, where there are chunks, one without a text in the same event.

        Readers disagree about comments: openai-go before 3.43 and openai-python behind an `id` take the blank line after one
        for an event without data, and die of it; readers that split at blank lines lose what follows a comment without one.
        An event that begins with a comment is passed over by the latter and says nothing to the others.
        Sources: openai/openai-go#621, openai/openai-python#2722 (read 2026-11-26), and the SDKs themselves in the tests.
        """
        said = _SILENT.get(endpoint)
        if said is None:
            return _COMMENT
        chunk = {
            "id": f"chatcmpl-{request_id}",
            "object": ROWS[endpoint].events,
            "created": created,
            "model": model,
            "choices": [said],
        }
        return _COMMENT + event_bytes(msgspec.json.encode(chunk))

    def error(self, error: GatewayError, request_id: str) -> tuple[int, bytes]:
        """Return the status and body of an error."""
        status = error.status if 400 <= error.status <= 599 else 502
        return status, msgspec.json.encode({"error": _error_object(error, request_id)})

    def error_event(self, error: GatewayError, request_id: str) -> bytes:
        """Return an error inside a stream that has begun; no `[DONE]` follows it."""
        return event_bytes(msgspec.json.encode({"error": _error_object(error, request_id)}))


def _checked(body: bytes, endpoint: Endpoint) -> Envelope:
    decoder = _DECODERS.get(endpoint, _ANY_DECODER)
    envelope = decode_as(decoder, body)
    check_names(body)
    if isinstance(envelope, CompletionsEnvelope):
        _require("prompt", envelope.prompt)
    elif isinstance(envelope, InputEnvelope):
        _require("input", envelope.input)
    if not envelope.model:
        default = ROWS[endpoint].default_model
        if not default:
            raise InvalidRequest("`model` is required", param="model")
        return msgspec.structs.replace(envelope, model=default)
    return envelope


def _require(name: str, value: msgspec.Raw) -> None:
    if bytes(memoryview(value)[:2]) in _EMPTY:
        raise InvalidRequest(f"`{name}` must not be empty", param=name)


def _error_object(error: GatewayError, request_id: str) -> dict[str, Any]:
    suffix = f" (request id: {request_id})" if request_id else ""
    own: dict[str, Any] = {
        "message": error.message + suffix,
        "type": error.type,
        "param": error.param,
        "code": error.code,
    }
    if isinstance(error, UpstreamError) and error.body:
        return {**own, **_vendor_object(error.body), "message": own["message"]}
    return own


def _vendor_object(body: bytes) -> dict[str, Any]:
    """Return the vendor's own error object, if the vendor speaks this dialect."""
    try:
        decoded: Any = json_value(body)
    except UNDECODABLE:
        return {}
    if not isinstance(decoded, dict):
        return {}
    document = cast("dict[str, Any]", decoded)
    found = document.get("error")
    is_openai = isinstance(found, dict) and document.get("type") != "error"
    return cast("dict[str, Any]", found) if is_openai else {}


class OpenAIStream:
    """Prints canonical chunks; keeps the usage for the end, and shows it only to clients that asked."""

    __slots__ = ("_asked", "_id", "_meter", "_model", "_object", "_usage")

    def __init__(self, asked: Asked) -> None:
        self._asked = asked
        self._usage: dict[str, Any] | None = None
        self._meter = TextMeter()
        self._id: Any = ""  # as the vendor said it, be it a number
        self._model: Any = asked.asked_model
        self._object: Any = CHAT_CHUNK

    @property
    def output_tokens(self) -> int:
        """Return an estimate of the tokens delivered so far."""
        return self._meter.tokens

    def feed(self, chunk: dict[str, Any]) -> bytes:
        """Return a chunk as an event, without its usage."""
        self._id = chunk.get("id") or self._id
        self._model = chunk.get("model") or self._model
        self._object = chunk.get("object") or self._object
        if "usage" in chunk:
            counts = section(chunk["usage"])
            if counts:
                self._usage = counts
                if not chunk.get("choices"):
                    return b""
            chunk = {name: value for name, value in chunk.items() if name != "usage"}
        for text in delta_texts(chunk):
            self._meter.add(text)
        return event_bytes(msgspec.json.encode(chunk))

    def finish(self) -> bytes:
        """Return the usage chunk, if it was asked for, and the end mark."""
        if self._usage is None or not self._asked.shows_usage:
            return DONE
        last: dict[str, Any] = {
            "id": self._id,
            "object": self._object,
            "created": self._asked.created,
            "model": self._model,
            "choices": [],
            "usage": self._usage,
        }
        return event_bytes(msgspec.json.encode(last)) + DONE
