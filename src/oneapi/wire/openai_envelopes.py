"""The outside of each kind of request in OpenAI's dialect. What is required is what One API requires."""

from typing import Annotated, Any, Final

import msgspec

from oneapi.wire.dialect import Answers, Envelope
from oneapi.wire.shapes import count, section

# By which vendors other than OpenAI are told how many images to make; more than one in a request, and the greatest counts.
# Sources: https://docs.siliconflow.cn/cn/api-reference/images/images-generations (`batch_size`),
# https://replicate.com/charlesmccarthy/kolors (`num_images`), https://replicate.com/bytedance/seedream-4.5
# (`sequential_image_generation`) (read 2026-11-26).
IMAGE_COUNTS: Final = ("batch_size", "num_images", "num_outputs", "image_num", "max_images")
MOST_IN_SEQUENCE: Final = 15  # of Seedream, where the request does not say


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
    batch_size: Answers | None = None
    num_images: Answers | None = None
    num_outputs: Answers | None = None
    image_num: Answers | None = None
    max_images: Answers | None = None
    sequential_image_generation: Any = None
    sequential_image_generation_options: Any = None
    svg: Any = None

    @property
    def answers(self) -> int:
        """How many images are made, in whatever word of a vendor."""
        said = max(getattr(self, name) or 0 for name in IMAGE_COUNTS)
        if self.sequential_image_generation not in (None, "disabled"):
            options = section(self.sequential_image_generation_options)
            said = max(said, count(options.get("max_images")) or MOST_IN_SEQUENCE)
        return max(said, super().answers)


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
