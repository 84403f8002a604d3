"""Server-sent events: whatever the cut, whatever the line ends, the same events."""

from collections.abc import Callable

import pytest
from hypothesis import given, strategies as st

from oneapi.errors import Truncated
from oneapi.wire.sse import Event, EventParser, EventSplitter, event_bytes

STREAMS: dict[str, tuple[bytes, list[Event]]] = {
    "plain": (b"data: a\n\ndata: b\n\n", [Event(b"a"), Event(b"b")]),
    "crlf": (b"data: a\r\n\r\ndata: b\r\n\r\n", [Event(b"a"), Event(b"b")]),
    "cr": (b"data: a\r\rdata: b\r\r", [Event(b"a"), Event(b"b")]),
    "mixed": (b"data: a\r\n\ndata: b\n\r\ndata: c\r\r\n", [Event(b"a"), Event(b"b"), Event(b"c")]),
    "no space": (b"data:a\n\ndata:  b\n\n", [Event(b"a"), Event(b" b")]),
    "names": (
        b"event: ping\ndata: {}\n\nid: 7\ndata: x\nretry: 3\n\n",
        [Event(b"{}", "ping"), Event(b"x")],
    ),
    "comments": (b": PROCESSING\n\n:\n\ndata: a\n\n", [Event(b"a")]),
    "multi-line": (b"data: a\ndata\ndata: b\n\n", [Event(b"a\n\nb")]),
    "no data": (b"event: x\n\ndata: a\n\n", [Event(b"a")]),
    "bom": (b"\xef\xbb\xbfdata: a\n\n", [Event(b"a")]),
    "unfinished": (b"data: a\n\ndata: b", [Event(b"a"), Event(b"b")]),
    "one line end": (b"data: a\n\ndata: b\n", [Event(b"a"), Event(b"b")]),
    "blank lines": (b"\n\n\n\ndata: a\n\n\n\n\n", [Event(b"a")]),
    "empty": (b"", []),
}


def _parsed(pieces: list[bytes]) -> list[Event]:
    parser = EventParser()
    events = [event for piece in pieces for event in parser.feed(piece)]
    return events + parser.finish()


def _cut(stream: bytes, size: int) -> list[bytes]:
    return [stream[i : i + size] for i in range(0, len(stream), size)]


@pytest.mark.parametrize("name", STREAMS)
@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 1000])
def test_any_cut_gives_the_same_events(name: str, size: int) -> None:
    stream, events = STREAMS[name]
    assert _parsed(_cut(stream, size)) == events


@given(
    st.lists(st.sampled_from([b"data: x", b"\n", b"\r", b"\r\n", b":", b"event: e", b"\n\n"])),
    st.data(),
)
def test_any_cut_of_any_stream_gives_the_same_events(
    parts: list[bytes], data: st.DataObject
) -> None:
    stream = b"".join(parts)
    size = data.draw(st.integers(1, max(1, len(stream))))
    assert _parsed(_cut(stream, size)) == _parsed([stream])


@given(st.binary(), st.integers(1, 9))
def test_the_splitter_loses_no_byte(stream: bytes, size: int) -> None:
    splitter = EventSplitter()
    out = b"".join(map(splitter.feed, _cut(stream, size))) + splitter.finish()
    assert out.startswith(stream.rstrip(b" \n\r\t\x0b\x0c"))
    assert not out[len(stream) :].strip()


def test_a_read_that_ends_with_an_event_is_passed_on_as_it_is() -> None:
    piece = b"data: a\n\ndata: b\n\n"
    assert EventSplitter().feed(piece) is piece


def test_the_unfinished_event_waits() -> None:
    splitter = EventSplitter()
    assert splitter.feed(b"data: a\n\ndata: b") == b"data: a\n\n"
    assert splitter.feed(b"cd\n") == b""
    assert splitter.feed(b"\n") == b"data: bcd\n\n"
    assert splitter.finish() == b""


def test_a_megabyte_in_one_line_is_one_event() -> None:
    line = b"data: " + b"x" * (1 << 20)
    events = _parsed([*_cut(line, 4096), b"\n\n"])
    assert [len(event.data) for event in events] == [1 << 20]


@pytest.mark.parametrize("make", [EventParser, EventSplitter])
def test_an_event_without_end_is_given_up(
    make: Callable[[int], EventParser | EventSplitter],
) -> None:
    machine = make(1000)
    machine.feed(b"x" * 1000)
    with pytest.raises(Truncated):
        machine.feed(b"x")


def test_events_are_printed_as_they_are_read() -> None:
    printed = event_bytes(b'{"a":1}', "ping") + event_bytes(b"[DONE]")
    assert _parsed([printed]) == [Event(b'{"a":1}', "ping"), Event(b"[DONE]")]
