"""The outside of each kind of request in OpenAI's dialect. What is required is what One API requires."""

from typing import Annotated

import msgspec

from oneapi.wire.dialect import Envelope


class ChatEnvelope(Envelope, frozen=True, kw_only=True):
    """A chat has at least one message."""

    messages: Annotated[list[msgspec.Raw], msgspec.Meta(min_length=1)]


class CompletionsEnvelope(Envelope, frozen=True, kw_only=True):
    """A completion has a prompt: a text, texts, or arrays of token ids."""

    prompt: msgspec.Raw


class InputEnvelope(Envelope, frozen=True, kw_only=True):
    """A moderation has an input."""

    input: msgspec.Raw


class EditsEnvelope(Envelope, frozen=True, kw_only=True):
    """An edit has an instruction."""

    instruction: Annotated[str, msgspec.Meta(min_length=1)]


class ImagesEnvelope(Envelope, frozen=True, kw_only=True):
    """An image has a prompt; its price depends on size and quality."""

    prompt: Annotated[str, msgspec.Meta(min_length=1)]
    size: str | None = None
    quality: str | None = None


class SpeechEnvelope(Envelope, frozen=True, kw_only=True):
    """Speech has a text and is paid by its characters."""

    input: Annotated[str, msgspec.Meta(min_length=1)]
    stream_format: str | None = None

    @property
    def characters(self) -> int:
        """How many characters are to be spoken."""
        return len(self.input)

    @property
    def stream(self) -> bool:
        """Whether the audio comes as events instead of bytes."""
        return self.stream_format == "sse"
