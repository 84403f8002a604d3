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
    "one line feed": (
        b'data: {"a":1}\ndata:[2]\ndata: {"b":{"c":3}}\ndata: [DONE]\n',
        [Event(b'{"a":1}'), Event(b"[2]"), Event(b'{"b":{"c":3}}'), Event(b"[DONE]")],
    ),
    "one line feed, then a blank line": (
        b'data: {"a":1}\r\ndata: {"b":2}\r\n\r\ndata: {"c":3}\n\n',
        [Event(b'{"a":1}'), Event(b'{"b":2}'), Event(b'{"c":3}')],
    ),
    "one line feed, names and ids": (
        b'event: a\ndata: {"a":1}\nid: 4\nevent: b\ndata: {"b":2}\n: c\ndata: {"c":3}',
        [Event(b'{"a":1}', "a"), Event(b'{"b":2}', "b"), Event(b'{"c":3}')],
    ),
    "the name after the data": (
        b'data: {"a":1}\nevent: a\n\ndata: {}\n\n',
        [Event(b'{"a":1}', "a"), Event(b"{}")],
    ),
    "a JSON of several lines": (
        b'data: {"a": {\ndata: "b": 1}\ndata: }\n\ndata: {}\n\n',
        [Event(b'{"a": {\n"b": 1}\n}'), Event(b"{}")],
    ),
    "rubbish after the end": (
        b"data: [DONE]\ndata: x\n\n",
        [Event(b"[DONE]"), Event(b"x")],
    ),
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


LINE_ENDS = [b"\n", b"\r", b"\r\n", b"\n\n"]
PIECES = [
    *LINE_ENDS,
    *(b"data: x", b'data: {"a":1}', b"data: {", b'data: "b":2}', b"data:[]", b"data: [DONE]"),
    *(
        b"data",
        b"data:",
        b"datax: 1",
        b"id: 1",
        b"retry: 5",
        b"event: e",
        b"event: f",
        b": c",
        b":",
    ),
    *(b"\xef\xbb\xbf", b"[DONE]", b"{}"),
]


@given(st.lists(st.sampled_from(PIECES)), st.data())
def test_any_cut_of_any_stream_gives_the_same_events(
    parts: list[bytes], data: st.DataObject
) -> None:
    stream = b"".join(parts)
    size = data.draw(st.integers(1, max(1, len(stream))))
    assert _parsed(_cut(stream, size)) == _parsed([stream])


FIELDS = [b": note", b"id: 7", b"retry: 9", b"event: e", b"other: x"]


@pytest.mark.fault("W6")
@given(
    st.lists(
        st.tuples(
            st.integers(0, 9), st.lists(st.sampled_from(FIELDS), max_size=3), st.integers(0, 2)
        ),
        max_size=6,
    ),
    st.sampled_from([b"\n", b"\r\n", b"\r"]),
    st.booleans(),
)
def test_whatever_the_framing_the_data_is_the_same(
    events: list[tuple[int, list[bytes], int]], line_end: bytes, marked: bool
) -> None:
    stream = b"\xef\xbb\xbf" if marked else b""
    for number, fields, blank_lines in events:
        stream += b"".join(field + line_end for field in fields)
        stream += b'data: {"n":%d}' % number + line_end * (1 + blank_lines)
    stream = stream.removesuffix(line_end)
    data = [event.data for event in _parsed(_cut(stream, 1))]
    assert data == [b'{"n":%d}' % number for number, _, _ in events]


@given(st.binary(), st.integers(1, 9))
def test_the_splitter_loses_no_byte(stream: bytes, size: int) -> None:
    splitter = EventSplitter()
    out = b"".join(map(splitter.feed, _cut(stream, size))) + splitter.finish()
    stream = stream.removeprefix(b"\xef\xbb\xbf")
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


@pytest.mark.fault("W6")
def test_an_event_that_the_next_one_ends_does_not_wait_for_a_blank_line() -> None:
    splitter = EventSplitter()
    assert splitter.feed(b'data: {"a":1}\n') == b""
    assert splitter.feed(b'data: {"b"') == b'data: {"a":1}\n'
    assert splitter.feed(b":2}\ndata: [DONE]\n") == b'data: {"b":2}\ndata: [DONE]\n'


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
