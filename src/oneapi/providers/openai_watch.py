"""The fast lane's eye on a stream in OpenAI's dialect: usage, errors, the end, and how much was delivered.

Events are decoded only in part, by type; what does not fit the types is looked at again, leniently. Most are not decoded
at all: see `event_template`.
"""

from typing import Any, Final

import msgspec

from oneapi.providers.answers import document_in, event_error
from oneapi.providers.base import Call, Document
from oneapi.providers.event_template import EventTemplate
from oneapi.providers.openai_choices import Ends, check_end, evened, place_of, thought_in
from oneapi.providers.openai_usage import usage_of
from oneapi.providers.refusals import error_inside
from oneapi.wire.canonical import MODERATION, delta_texts, has_media
from oneapi.wire.decoding import UNDECODABLE, json_value
from oneapi.wire.endpoints import CHUNKED, Endpoint
from oneapi.wire.served_tiers import served_tier
from oneapi.wire.shapes import objects, section, text
from oneapi.wire.sse import Event, event_bytes, is_done, printed
from oneapi.wire.textmeter import TextMeter
from oneapi.wire.usage import Usage, counted, merge_counts

END: Final = b"data: [DONE]\n\n"
_SHOWN: Final = ".partial_image"
_DRAWN: Final = ".completed"
_LAST: Final = (".done", _DRAWN)
_MADE: Final = ("completion_tokens", "output_tokens")


class _Function(msgspec.Struct, gc=False):
    name: str | None = None
    arguments: str | None = None


class _ToolCall(msgspec.Struct):
    function: _Function | None = None


class _Delta(msgspec.Struct):
    content: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    reasoning_details: msgspec.Raw = msgspec.Raw()
    refusal: str | None = None
    tool_calls: list[_ToolCall] | None = None
    function_call: _Function | None = None
    audio: Any = None
    images: Any = None


class _Choice(msgspec.Struct):
    index: int | None = 0
    delta: _Delta | None = None
    message: _Delta | None = None  # some send a whole message in the only chunk
    finish_reason: str | None = None
    text: str | None = None
    usage: dict[str, Any] | None = None
    error: Any = None


class _Groq(msgspec.Struct):
    usage: dict[str, Any] | None = None


class _Chunk(msgspec.Struct):
    choices: list[_Choice] | None = None
    usage: dict[str, Any] | None = None
    x_groq: _Groq | None = None
    error: Any = None


_decode: Final = msgspec.json.Decoder(_Chunk).decode


class PictureMeter:
    """Counts the pictures of a stream, as `TextMeter` counts texts: those that are complete, and one that begins to show."""

    __slots__ = ("_begun", "_complete", "pieces")

    def __init__(self) -> None:
        self.pieces = 0
        self._complete = 0
        self._begun = False

    def add(self, text: str) -> None:
        """Count no text: there is none."""

    def follow(self, kind: str) -> None:
        """Note an event, by its type."""
        self._begun = kind.endswith(_SHOWN)
        if not self._begun:
            self._complete += 1

    @property
    def tokens(self) -> int:
        """Return how many have come."""
        return self._complete + self._begun


class OpenAIWatcher:
    """See `providers.base.Watcher`."""

    __slots__ = (
        "_chats",
        "_counts",
        "_counts_output",
        "_ends",
        "_hides",
        "_is_chat",
        "_meter",
        "_reported_in",
        "_template",
        "_usage",
        "counted_at",
        "ended",
        "finished",
        "said",
        "skim",
    )

    def __init__(self, call: Call) -> None:
        self._counts: Document = {}
        self._usage: Usage | None = None
        self._reported_in = b""
        self._counts_output = False  # what was reported last has an output
        self.counted_at = 0
        self.said = False
        self.finished = False
        self.ended = False
        self._ends = Ends()
        self._is_chat = call.endpoint is Endpoint.CHAT
        self._chats = call.endpoint in CHUNKED
        self._hides = self._chats and not call.shows_usage
        meter = TextMeter()
        self._meter: TextMeter | PictureMeter = meter
        self._template = EventTemplate(meter)
        self.skim = self._template.skim

    @property
    def usage(self) -> Usage | None:
        """What the vendor has reported so far; read when it is asked for, since some report it in every chunk."""
        if self._usage is None and self._counts:
            self._usage = usage_of(self._counts)
        return self._usage

    @property
    def tier(self) -> str:
        """In which tier the event with the usage says that it was served."""
        return served_tier(self._reported_in)

    @property
    def output_tokens(self) -> int:
        """Return an estimate of the tokens delivered so far; of pictures, how many were."""
        return self._meter.tokens

    def say(self, event: Event) -> bytes:
        """Return the event for the client; nothing for a usage that it did not ask for, and for what says nothing."""
        try:
            chunk = _decode(event.data)
        except UNDECODABLE:
            return self._say_leniently(event)
        choices = chunk.choices
        counts = self._report(chunk)
        if counts:
            self._reported_in = event.data
        if chunk.error or not choices or choices[0].error:
            return self._say_aside(event, section(json_value(event.data)), counts)
        for choice in choices:
            if not self._note(choice):
                before = choices.index(choice)
                return self._mended(event, section(json_value(event.data)), before)
        if counts and self._counts_output:
            self.counted_at = self._meter.tokens
        said = printed(event)
        if self.said and not counts and len(choices) == 1 and not choices[0].finish_reason:
            self._learn(said, choices[0].delta)
        return said

    def _report(self, chunk: _Chunk) -> bool:
        """Note the usage of a chunk, and say whether it has any."""
        counts = chunk.usage
        if not counts:
            for choice in chunk.choices or ():
                counts = counts or choice.usage
            if chunk.x_groq is not None:
                counts = counts or chunk.x_groq.usage
            if not counts:
                return False
        self._reported(counts)
        return True

    def _reported(self, counts: Document) -> None:
        merge_counts(self._counts, counts)
        self._usage = None
        self._counts_output = any(counted(counts.get(name)) > 0 for name in _MADE)
        if self._counts_output:
            self.counted_at = self._meter.tokens

    def _note(self, choice: _Choice) -> bool:
        """Note what a choice says, and say whether it has what a choice has."""
        if choice.delta is not None:
            self._count(choice.delta)
        elif not choice.text and self._is_chat:
            return False
        if choice.text:
            self._add(choice.text)
        if choice.finish_reason and not self.said:
            check_end(choice.finish_reason)
        self.finished = self._ends.follow(choice.index or 0, choice.finish_reason)
        return True

    def close(self) -> bytes:
        """Return the end mark, where there is one."""
        return END if self._chats else b""

    def _learn(self, event: bytes, delta: _Delta | None) -> None:
        if delta is None:
            return
        if delta.content:
            self._template.learn(event, b"content", delta.content)
        elif delta.reasoning_content:
            self._template.learn(event, b"reasoning_content", delta.reasoning_content)

    def _say_aside(self, event: Event, chunk: Document, has_counts: bool) -> bytes:
        """Return what is no piece of a choice: an error is raised, a chat's usage passes if the client asked for it."""
        choices = objects(chunk.get("choices"))
        error = error_inside(chunk) or (error_inside(choices[0]) if choices else None)
        if error is None and not choices and self._chats and not has_counts:
            error = event_error(chunk, event.name)
        if error is not None:
            raise error
        if choices:
            return self._mended(event, chunk)
        if not self._chats:
            # A transcript comes in pieces, or all of it at its end.
            piece = text(chunk.get("delta"))
            self._add(piece if piece or self._meter.pieces else text(chunk.get("text")))
            kind = text(chunk.get("type"))
            if kind.startswith("image") and kind.endswith((_SHOWN, _DRAWN)):
                self._draw(kind)
            self.finished = self.finished or kind.endswith(_LAST)
            return printed(event)
        if self._hides or not has_counts:
            if not chunk.get(MODERATION):
                return b""
            chunk = {name: value for name, value in chunk.items() if name != "usage"}
            return event_bytes(msgspec.json.encode({**chunk, "choices": []}))
        if isinstance(chunk.get("choices"), list):
            return printed(event)
        return event_bytes(msgspec.json.encode({**chunk, "choices": []}))

    def _draw(self, kind: str) -> None:
        """Count pictures instead of texts from here on."""
        meter = self._meter
        if isinstance(meter, TextMeter):
            self._meter = meter = PictureMeter()
        meter.follow(kind)

    def _add(self, text: str) -> None:
        self.said = True
        self._meter.add(text)

    def _count(self, delta: _Delta) -> None:
        if delta.content:
            self._add(delta.content)
        thought = delta.reasoning_content or delta.reasoning
        if not thought and delta.reasoning_details:
            thought = thought_in(msgspec.json.decode(delta.reasoning_details))
        if thought:
            self._add(thought)
        if delta.refusal:
            self._add(delta.refusal)
        if delta.tool_calls or delta.function_call:
            self._count_calls(delta)
        if delta.audio or delta.images:
            self.said = self.said or has_media({"audio": delta.audio, "images": delta.images})
            spoken = text(section(delta.audio).get("transcript"))
            if spoken:
                self._add(spoken)

    def _count_calls(self, delta: _Delta) -> None:
        functions = [call.function for call in delta.tool_calls or ()]
        for function in (*functions, delta.function_call):
            if function is not None and (function.name or function.arguments):
                self._add(function.name or "")
                self._add(function.arguments or "")

    def _say_leniently(self, event: Event) -> bytes:
        """Look at an event that is no chunk of the usual types."""
        if is_done(event.data):
            self.ended = True
            return b""
        chunk = document_in(event)
        if chunk is None:
            return b""
        choices = objects(chunk.get("choices"))
        counts = section(chunk.get("usage"))
        for choice in choices:
            counts = counts or section(choice.get("usage"))
        if counts:
            self._reported_in = event.data
            self._reported(counts)
        return self._say_aside(event, chunk, bool(counts))

    def _mended(self, event: Event, chunk: Document, counted: int = 0) -> bytes:
        """Return a chunk of unusual types; in a chat, `message` or nothing in place of `delta` becomes one.

        `counted`: how many of its choices have been looked at already.
        """
        mended = False
        choices = objects(chunk.get("choices"))
        for place, choice in enumerate(choices):
            if self._is_chat and not isinstance(choice.get("delta"), dict):
                choice["delta"] = section(choice.pop("message", None))
                mended = True
            if place < counted:
                continue
            delta = evened(section(choice.get("delta")))
            for said in delta_texts({"choices": [{**choice, "delta": delta}]}):
                if said:
                    self._add(said)
            self.said = self.said or has_media(delta)
            self.finished = self._ends.follow(place_of(choice), choice.get("finish_reason"))
        if not mended:
            return printed(event)
        return event_bytes(msgspec.json.encode({**chunk, "choices": choices}))
