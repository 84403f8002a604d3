"""Server-sent events, pushed in as bytes: `EventParser` parses, `EventSplitter` only finds where events end.

Any cut of the bytes gives the same result. A line has no length limit, an event has one.
Source: https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream (read
2026-11-26). Two deviations, both for vendors that forget blank lines: an event that the stream's end cuts off is
delivered, and a `data` line begins a new event when the data before it is a whole JSON object or array, or `[DONE]`
(no multi-line JSON has a line break there).
"""

import re
from collections.abc import Callable
from typing import Final, Protocol

import msgspec

from oneapi.errors import Truncated
from oneapi.wire.decoding import UNDECODABLE

MAX_EVENT_BYTES: Final = 32 * 1024 * 1024
DONE: Final = b"[DONE]"
_LONGEST_DONE: Final = 16  # with the blanks around it
BLANK: Final = (
    b" \t\r\n\xef\xbb\xbf"  # what may stand before a body begins: a byte order mark among it
)
_FIELDS: Final = (b"data:", b"event:", b"id:", b"retry:", b":")
_BOM: Final = b"\xef\xbb\xbf"
_OVERLAP: Final = 3  # a boundary is at most four bytes, so three of them may lie in the read before
_DATA_OVERLAP: Final = (
    4  # of the beginning of a `data` line, so many bytes may lie in the read before
)
_LINE: Final = re.compile(rb"([^\r\n]*)(\r\n|\n|\r|\Z)")
_skip: Final = msgspec.json.Decoder(msgspec.Raw).decode


class Event(msgspec.Struct, frozen=True):
    """One event: its data (lines joined by a line feed) and its name (`message` when it has none).

    `raw`: how it came, if that is how it would be printed.
    """

    data: bytes
    name: str = "message"
    raw: bytes = b""


class Splitter(Protocol):
    """Finds where the events of a stream end, however its bytes are cut."""

    def feed(self, data: bytes) -> bytes:
        """Return the events that are whole now, as bytes for `events_of`."""
        ...

    def finish(self) -> bytes:
        """Return what is left when the stream has ended."""
        ...


def _boundary(data: bytes) -> int:
    """Return where the last event of `data` that ends with a blank line ends, 0 if none does."""
    ends = [
        found + len(mark)
        for mark in (b"\n\n", b"\n\r\n", b"\r\r")
        if (found := data.rfind(mark)) >= 0
    ]
    return max(ends, default=0)


def _is_whole(data: bytes) -> bool:
    """Whether nothing can be added to some data: it is an end mark, or a whole JSON object or array."""
    if is_done(data):
        return True
    if not data.lstrip().startswith((b"{", b"[")) or not data.rstrip().endswith((b"}", b"]")):
        return False
    try:
        _skip(data)
    except UNDECODABLE:
        return False
    return True


def _line_boundary(block: bytes) -> int:
    """Return where the last event of `block` ends that the next `data` line, not a blank line, has ended; or 0."""
    data: list[bytes] = []
    end = whole_at = 0
    for line in _LINE.finditer(block):
        text, is_ended = line.group(1), bool(line.group(2))
        if not is_ended:
            return whole_at if whole_at and text.startswith(b"data:") else end
        found = _value_of(text)
        if found is None:
            if not text:
                end, whole_at = line.end(), 0
                data.clear()
            continue
        if whole_at:
            end, whole_at = whole_at, 0
            data.clear()
        data.append(found)
        if _is_whole(b"\n".join(data)):
            whole_at = line.end()
            if is_done(data[-1]):
                end, whole_at = whole_at, 0
                data.clear()
    return end


def _value_of(line: bytes) -> bytes | None:
    field, _, value = line.partition(b":")
    return value.removeprefix(b" ") if field == b"data" else None


class EventSplitter:
    """Bytes in, runs of whole events out, unparsed; what is unfinished waits for the next read."""

    __slots__ = ("_begun", "_limit", "_pending")

    def __init__(self, limit_bytes: int = MAX_EVENT_BYTES) -> None:
        self._pending = bytearray()
        self._limit = limit_bytes
        self._begun = False

    def feed(self, data: bytes) -> bytes:
        """Return everything up to the end of the last whole event; the same object when that is all of it."""
        if not self._begun:
            data = self._begin(data)
        pending = self._pending
        if not pending:
            if data.endswith(b"\n\n"):
                return data
            end = _boundary(data)
        else:
            tail = bytes(pending[-_OVERLAP:])
            end = max(_boundary(tail + data) - len(tail), 0)
        whole = b""
        if end:
            whole = data[:end]
            data = data[end:]
            if pending:
                pending += whole
                whole = bytes(pending)
                pending.clear()
        return whole + self._held(data) if data else whole

    def _begin(self, data: bytes) -> bytes:
        """Return the first bytes without a byte order mark."""
        data = bytes(self._pending) + data
        self._pending.clear()
        if len(data) < len(_BOM) and _BOM.startswith(data):
            self._pending += data
            return b""
        self._begun = True
        return data.removeprefix(_BOM)

    def _held(self, data: bytes) -> bytes:
        """Hold what is unfinished; return the events in it that line feeds alone have ended."""
        pending = self._pending
        news = bytes(pending[-_DATA_OVERLAP:]) + data
        pending += data
        if len(pending) > self._limit:
            pending.clear()
            raise Truncated(
                f"the provider sent an event of more than {self._limit >> 20} MiB",
                code="upstream_event_too_large",
            )
        if (
            b"\ndata" not in news
            and b"\rdata" not in news
            and DONE not in pending[-_LONGEST_DONE - 8 :]
        ):
            return b""
        end = _line_boundary(bytes(pending))
        whole = bytes(pending[:end])
        del pending[:end]
        return whole

    def finish(self) -> bytes:
        """Return the event that the end of the stream cut off, completed with its blank line."""
        rest = bytes(self._pending)
        self._pending.clear()
        if not rest.strip():
            return b""
        return rest + (b"\n" if rest.endswith(b"\n") else b"\n\n")


# By the framing that a vendor's row names.
SPLITTERS: Final[dict[str, Callable[[], Splitter]]] = {"sse": EventSplitter}


def events_of(run: bytes) -> list[Event]:
    """Return the events of a run of whole events; comments and events without data are left out."""
    if b"\r" in run:
        run = run.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    found: list[Event] = []
    for block in run.split(b"\n\n"):
        if not block:
            continue
        if block.startswith(b"data: ") and b"\n" not in block:
            found.append(Event(block[6:]))
        else:
            found += _events(block)
    return found


def _events(block: bytes) -> list[Event]:
    """Return the events of what stands between two blank lines: one, if the vendor does not forget such lines."""
    found: list[Event] = []
    data: list[bytes] = []
    name = next_name = ""
    is_whole = False
    for line in block.split(b"\n"):
        value = _value_of(line)
        if value is None:
            if line.startswith(b"event:"):
                next_name = line[6:].removeprefix(b" ").decode("utf-8", "replace")
            continue
        if is_whole:
            found.append(Event(b"\n".join(data), name or "message"))
            data.clear()
            name = ""
        data.append(value)
        name, next_name = next_name or name, ""
        is_whole = _is_whole(b"\n".join(data))
        if is_whole and is_done(value):
            found.append(Event(value, name or "message"))
            data.clear()
            name, is_whole = "", False
    if data:
        found.append(Event(b"\n".join(data), next_name or name or "message"))
    return found


class EventParser:
    """Bytes in, events out."""

    __slots__ = ("_splitter",)

    def __init__(self, limit_bytes: int = MAX_EVENT_BYTES) -> None:
        self._splitter = EventSplitter(limit_bytes)

    def feed(self, data: bytes) -> list[Event]:
        """Return the events that are whole with these bytes."""
        run = self._splitter.feed(data)
        return events_of(run) if run else []

    def finish(self) -> list[Event]:
        """The stream ended: return the event it cut off, if there is one."""
        run = self._splitter.finish()
        return events_of(run) if run else []


def is_done(data: bytes) -> bool:
    """Say whether an event's data is the mark that ends a stream."""
    return len(data) <= _LONGEST_DONE and data.strip() == DONE


def is_event_stream(begin: bytes) -> bool:
    """Say whether some bytes begin as an event stream does, as far as they go."""
    return any(begin.startswith(field) or field.startswith(begin) for field in _FIELDS)


def event_bytes(data: bytes, name: str | None = None) -> bytes:
    """Print one event; `data` must not contain a line break (JSON does not)."""
    if name is None:
        return b"data: " + data + b"\n\n"
    return b"event: " + name.encode() + b"\ndata: " + data + b"\n\n"


def printed(event: Event) -> bytes:
    """Print an event that was read; JSON may lose its line breaks."""
    if event.raw:
        return event.raw
    data = event.data.replace(b"\n", b" ") if b"\n" in event.data else event.data
    return event_bytes(data, None if event.name == "message" else event.name)
