"""OpenAI's chat answers in canonical form: whole, and chunk by chunk.

Canonical is OpenAI's form, so this only evens out what vendors of the dialect do differently: usage inside a choice, events
without an answer; what they do with messages is evened out in `openai_choices`.
Source: https://platform.openai.com/docs/api-reference/chat/streaming (read 2026-11-21).
"""

from typing import Any, cast

from oneapi.errors import Truncated, UpstreamError
from oneapi.providers.base import Call, Document, Reply
from oneapi.providers.openai_choices import Choices, whole_choice
from oneapi.providers.openai_usage import canonical_counts, usage_of
from oneapi.providers.refusals import error_inside
from oneapi.wire.canonical import CHAT_CHUNK, CHAT_COMPLETION
from oneapi.wire.decoding import UNDECODABLE, json_value
from oneapi.wire.shapes import objects, section
from oneapi.wire.sse import Event
from oneapi.wire.usage import Usage, merge_counts

DONE = b"[DONE]"


def decoded_answer(body: bytes) -> Document:
    """Return a vendor's body as an object; raise `UpstreamError` if it is none, or an error in disguise."""
    try:
        decoded: Any = json_value(body)
    except UNDECODABLE as error:
        raise UpstreamError(
            "the provider's answer is not JSON" if body else "the provider's answer is empty",
            code="bad_response_body",
        ) from error
    if not isinstance(decoded, dict):
        raise UpstreamError("the provider's answer is not a JSON object", code="bad_response_body")
    document = cast("Document", decoded)
    hidden = error_inside(document)
    if hidden is not None and not document.get("choices"):
        raise hidden
    return document


def reply_of(call: Call, body: bytes) -> Reply:
    """Return the canonical reply of a whole chat answer."""
    document = decoded_answer(body)
    choices = document.get("choices")
    if not isinstance(choices, list) or not choices:
        raise UpstreamError("the provider's answer has no choices", code="bad_response_body")
    found = [whole_choice(call, choice) for choice in objects(cast("object", choices))]
    counts = section(document.get("usage") or section(document.get("x_groq")).get("usage"))
    reply = {"object": CHAT_COMPLETION, "created": call.created, **document, "choices": found}
    reply["id"] = document.get("id") or f"chatcmpl-{call.request_id}"
    if not counts:
        return Reply(reply, None)
    usage = usage_of(counts)
    return Reply({**reply, "usage": canonical_counts(counts, usage)}, usage)


class OpenAIDecoder:
    """Vendor events in, canonical chunks out."""

    def __init__(self, call: Call) -> None:
        self.usage: Usage | None = None
        self.ended = False
        self._counts: Document = {}
        self._outside = {"object": CHAT_CHUNK, "created": call.created}
        self._choices = Choices(call)
        self._finished = False

    def feed(self, event: Event) -> list[Document]:
        """Return the canonical chunk of one event; raise `UpstreamError` for an error event."""
        if event.data == DONE:
            self.ended = self._finished = True
            return []
        try:
            decoded: Any = json_value(event.data)
        except UNDECODABLE as error:
            raise UpstreamError(
                "the provider's stream holds something that is not JSON", code="bad_response_body"
            ) from error
        chunk = cast("Document", decoded) if isinstance(decoded, dict) else {}
        hidden = error_inside(chunk)
        if hidden is not None:
            raise hidden
        choices = objects(chunk.get("choices"))
        counts = section(chunk.get("usage"))
        for choice in choices:
            counts = counts or section(choice.pop("usage", None))
            self._finished = self._finished or bool(choice.get("finish_reason"))
        counts = counts or section(section(chunk.get("x_groq")).get("usage"))
        if counts:
            merge_counts(self._counts, counts)
            self.usage = usage_of(self._counts)
            counts = canonical_counts(self._counts, self.usage)
        if not choices and not counts:
            return []  # Azure's preamble of filter results
        found = [self._choices.read(choice) for choice in choices]
        return [{**self._outside, **chunk, "choices": found, "usage": counts or None}]

    def finish(self) -> list[Document]:
        """The vendor closed the stream; raise `Truncated` if the answer was not complete."""
        if not self._finished:
            raise Truncated("the provider closed the stream before the answer was complete")
        rest = self._choices.finish()
        return [{**self._outside, "choices": rest}] if rest else []
