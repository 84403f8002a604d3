"""OpenAI's chat answers in canonical form: whole, and chunk by chunk.

Canonical is OpenAI's form, so this only evens out what vendors of the dialect do differently: usage inside a choice, events
without an answer; what they do with messages is evened out in `openai_choices`.
Source: https://platform.openai.com/docs/api-reference/chat/streaming (read 2026-11-21).
"""

from oneapi.providers.answers import answer_in, document_in, event_error
from oneapi.providers.base import Call, Document, Reply
from oneapi.providers.openai_choices import (
    Choices,
    Ends,
    check_end,
    evened,
    place_of,
    said_in,
    whole_choice,
)
from oneapi.providers.openai_usage import canonical_counts, counts_in, usage_of
from oneapi.providers.refusals import error_inside
from oneapi.wire.canonical import (
    CHAT_CHUNK,
    CHAT_COMPLETION,
    MODERATION,
    delta_texts,
    has_media,
)
from oneapi.wire.served_tiers import words_of
from oneapi.wire.shapes import objects, section
from oneapi.wire.sse import Event, is_done
from oneapi.wire.usage import Usage, merge_counts


def reply_of(call: Call, body: bytes) -> Reply:
    """Return the canonical reply of a whole answer with choices."""
    document = answer_in(body, "choices")
    for choice in objects(document["choices"]):
        check_end(choice.get("finish_reason"))
    found = [whole_choice(call, choice) for choice in objects(document["choices"])]
    counts = counts_in(document)
    reply = {"object": CHAT_COMPLETION, "created": call.created, **document, "choices": found}
    reply["id"] = document.get("id") or f"chatcmpl-{call.request_id}"
    reply["model"] = document.get("model") or call.asked_model
    if not counts:
        return Reply(reply, None)
    usage = usage_of(counts)
    return Reply({**reply, "usage": canonical_counts(counts, usage)}, usage)


class OpenAIDecoder:
    """Vendor events in, canonical chunks out."""

    def __init__(self, call: Call) -> None:
        self.usage: Usage | None = None
        self.said = False
        self.finished = False
        self.ended = False
        self.tier = ""
        self._counts: Document = {}
        self._ends = Ends()
        self._outside = {"object": CHAT_CHUNK, "created": call.created}
        self._choices = Choices(call)

    def feed(self, event: Event) -> list[Document]:
        """Return the canonical chunk of one event; raise `UpstreamError` for an error event."""
        if is_done(event.data):
            self.ended = True
            return []
        chunk = document_in(event)
        if chunk is None:
            return []
        choices = objects(chunk.get("choices"))
        counts = section(chunk.get("usage"))
        for choice in choices:
            counts = counts or section(choice.pop("usage", None))
        counts = counts or section(section(chunk.get("x_groq")).get("usage"))
        shown: Document | None = None
        if counts:
            merge_counts(self._counts, counts)
            self.usage = usage_of(self._counts)
            self.tier = words_of(counts, chunk.get("service_tier"))
            shown = canonical_counts(self._counts, self.usage)
        if not choices or chunk.get("error") or choices[0].get("error"):
            _check(chunk, event, choices)
            if not choices and not shown and not chunk.get(MODERATION):
                return []  # Azure's preamble of filter results
        self._note(choices)
        found = [self._choices.read(choice) for choice in choices]
        return [{**self._outside, **chunk, "choices": found, "usage": shown or None}]

    def _note(self, choices: list[Document]) -> None:
        """See how far the answer has come."""
        for choice in choices:
            check_end(choice.get("finish_reason"))
            self.finished = self._ends.follow(place_of(choice), choice.get("finish_reason"))
            if not self.said:
                delta = evened(said_in(choice, "delta"))
                said = delta_texts({"choices": [{**choice, "delta": delta}]})
                self.said = any(said) or bool(delta.get("tool_calls")) or has_media(delta)

    def finish(self) -> list[Document]:
        """Return what has been kept back of tool calls."""
        rest = self._choices.finish()
        return [{**self._outside, "choices": rest}] if rest else []


def _check(chunk: Document, event: Event, choices: list[Document]) -> None:
    """Raise the error that an event is, or that its first choice holds."""
    error = error_inside(chunk) or (error_inside(choices[0]) if choices else None)
    if error is None and not choices and not chunk.get("usage"):
        error = event_error(chunk, event.name)
    if error is not None:
        raise error
