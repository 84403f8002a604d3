"""Server-sent events, pushed in as bytes: `EventParser` parses, `EventSplitter` only finds where events end.

Any cut of the bytes gives the same result. A line has no length limit, an event has one.
Source: https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream (read
2026-11-21). One deviation: an event that the stream's end cuts off before its blank line is delivered,
because vendors forget that line.
"""

from typing import Final

import msgspec

from oneapi.errors import Truncated

MAX_EVENT_BYTES: Final = 32 * 1024 * 1024
_BOM: Final = b"\xef\xbb\xbf"
_OVERLAP: Final = 3  # a boundary is at most four bytes, so three of them may lie in the read before


class Event(msgspec.Struct, frozen=True):
    """One event: its data (lines joined by a line feed) and its name (`message` when it has none)."""

    data: bytes
    name: str = "message"


def _boundary(data: bytes) -> int:
    """Return where the last whole event of `data` ends, 0 if none does."""
    ends = [
        found + len(mark)
        for mark in (b"\n\n", b"\n\r\n", b"\r\r")
        if (found := data.rfind(mark)) >= 0
    ]
    return max(ends, default=0)


class EventSplitter:
    """Bytes in, runs of whole events out, unparsed; what is unfinished waits for the next read."""

    __slots__ = ("_limit", "_pending")

    def __init__(self, limit_bytes: int = MAX_EVENT_BYTES) -> None:
        self._pending = bytearray()
        self._limit = limit_bytes

    def feed(self, data: bytes) -> bytes:
        """Return everything up to the last event boundary; the same object when that is all of it."""
        pending = self._pending
        if not pending:
            if data.endswith(b"\n\n"):
                return data
            end = _boundary(data)
        else:
            tail = bytes(pending[-_OVERLAP:])
            end = max(_boundary(tail + data) - len(tail), 0)
        if end == 0:
            self._hold(data)
            return b""
        whole = data[:end]
        if pending:
            pending += whole
            whole = bytes(pending)
            pending.clear()
        self._hold(data[end:])
        return whole

    def _hold(self, data: bytes) -> None:
        self._pending += data
        if len(self._pending) > self._limit:
            self._pending.clear()
            raise Truncated(
                f"the provider sent an event of more than {self._limit >> 20} MiB",
                code="upstream_event_too_large",
            )

    def finish(self) -> bytes:
        """Return the event that the end of the stream cut off, completed with its blank line."""
        rest = bytes(self._pending)
        self._pending.clear()
        if not rest.strip():
            return b""
        return rest + (b"\n" if rest.endswith(b"\n") else b"\n\n")


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
            continue
        event = _event(block)
        if event is not None:
            found.append(event)
    return found


def _event(block: bytes) -> Event | None:
    name = "message"
    lines: list[bytes] = []
    for line in block.split(b"\n"):
        field, _, value = line.partition(b":")
        if value.startswith(b" "):
            value = value[1:]
        if field == b"data":
            lines.append(value)
        elif field == b"event":
            name = value.decode("utf-8", "replace") or "message"
    return Event(b"\n".join(lines), name) if lines else None


class EventParser:
    """Bytes in, events out."""

    __slots__ = ("_fresh", "_splitter")

    def __init__(self, limit_bytes: int = MAX_EVENT_BYTES) -> None:
        self._splitter = EventSplitter(limit_bytes)
        self._fresh = True

    def feed(self, data: bytes) -> list[Event]:
        """Return the events that are whole with these bytes."""
        run = self._splitter.feed(data)
        return self._events(run) if run else []

    def finish(self) -> list[Event]:
        """The stream ended: return the event it cut off, if there is one."""
        run = self._splitter.finish()
        return self._events(run) if run else []

    def _events(self, run: bytes) -> list[Event]:
        if self._fresh:
            self._fresh = False
            run = run.removeprefix(_BOM)
        return events_of(run)


def event_bytes(data: bytes, name: str | None = None) -> bytes:
    """Print one event; `data` must not contain a line break (JSON does not)."""
    if name is None:
        return b"data: " + data + b"\n\n"
    return b"event: " + name.encode() + b"\ndata: " + data + b"\n\n"
