"""What most events of a stream have in common: everything but the text that they carry.

An event between the same head and tail as one that has been decoded says the same but for its text; it need not be
decoded again to be passed on. OpenAI pads its events with a text of random length, which counts for nothing.
Source: https://platform.openai.com/docs/api-reference/chat/create, `stream_options.include_obfuscation` (read 2026-11-26).
"""

from typing import Final

import msgspec

from oneapi.wire.decoding import UNDECODABLE
from oneapi.wire.textmeter import TextMeter

_LESSONS: Final = (
    3  # templates in a row that fitted no other event: this vendor's events differ elsewhere
)
_BLANK_LINE: Final = b"\n\n"
_PADDING: Final = b'"obfuscation":"'
_texts: Final = msgspec.json.Decoder(list[str]).decode


class EventTemplate:
    """Recognises the events that need no look, and counts their texts into `meter`."""

    __slots__ = ("_begin", "_end", "_head", "_lessons", "_meter", "_middle", "_tail")

    def __init__(self, meter: TextMeter) -> None:
        self._meter = meter
        self._lessons = _LESSONS
        self._head = b""
        self._middle = b""  # between text and padding, where there is one
        self._tail = b""
        self._begin = 0
        self._end = 0

    def learn(self, event: bytes, name: bytes, text: str) -> None:
        """Take an event for an example; `text` is the value of its field `name`."""
        if self._lessons == 0:
            return
        self._lessons -= 1
        value = msgspec.json.encode(text)
        for field in (b'"%b":%b' % (name, value), b'"%b": %b' % (name, value)):
            at = event.find(field)
            if at >= 0:
                end = at + len(field) - 1
                self._head, rest = event[: end + 2 - len(value)], event[end:]
                before, padding, after = rest.partition(_PADDING)
                self._middle = before + padding if padding else b""
                self._tail = after[after.find(b'"') :] if padding else rest
                self._begin, self._end = len(self._head), -len(self._tail)
                return

    def skim(self, events: bytes) -> int:
        """Return how many bytes of whole events at the beginning are like the example; see `Watcher.skim`."""
        if not self._begin or not events.startswith(self._head):
            return 0
        if events.endswith(self._tail):
            text = events[self._begin : self._end]
            if self._middle:
                text, _, padding = text.partition(self._middle)
                if not padding.isalnum():
                    return self._skim_many(events)
            if b'"' not in text and b"\\" not in text and b"\n" not in text:
                self._lessons = _LESSONS
                meter = self._meter
                meter.pieces += 1
                meter.size_bytes += len(text)
                return len(events)
            if _BLANK_LINE not in text:
                return len(events) if self._counted([text]) else 0
        return self._skim_many(events)

    def _skim_many(self, events: bytes) -> int:
        """Return where the first event begins that is not like the example."""
        head, tail, middle = self._head, self._tail[: -len(_BLANK_LINE)], self._middle
        begin, end = self._begin, -len(tail)
        blocks = events.split(_BLANK_LINE)
        if not blocks[-1]:
            blocks.pop()  # behind the last blank line
        texts = [b[begin:end] for b in blocks if b.startswith(head) and b.endswith(tail)]
        skimmed = len(events)
        if len(texts) < len(blocks):
            first = next(
                n for n, b in enumerate(blocks) if not (b.startswith(head) and b.endswith(tail))
            )
            skimmed = sum(map(len, blocks[:first])) + first * len(_BLANK_LINE)
            del texts[first:]
        if middle:
            parts = [text.partition(middle) for text in texts]
            if not all(padding.isalnum() for _, _, padding in parts):
                return 0
            texts = [text for text, _, _ in parts]
        return skimmed if texts and self._counted(texts) else 0

    def _counted(self, texts: list[bytes]) -> bool:
        """Count the texts if each is one: a quote inside would end it, and something else would begin."""
        joined = b"".join(texts)
        size = len(joined)
        if b"\n" in joined:
            return False
        if b'"' in joined or b"\\" in joined:
            try:
                decoded = _texts(b'["%b"]' % b'","'.join(texts))
            except UNDECODABLE:
                return False
            if len(decoded) != len(texts):
                return False
            size = sum([len(text.encode()) for text in decoded])
        self._lessons = _LESSONS
        self._meter.pieces += len(texts)
        self._meter.size_bytes += size
        return True
