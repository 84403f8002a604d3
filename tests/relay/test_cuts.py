"""However the bytes are split, a piece never reaches past the end of a message."""

from hypothesis import given, strategies as st

from oneapi.relay.cuts import Cuts

HEAD = b"POST / HTTP/1.1\r\nHost: x\r\n\r\n"
CHUNKED = b"5\r\n\r\n\r\nx\r\n0\r\nTrailer: x\r\n\r\n"


def pieces(segments: list[bytes], lengths: dict[int, int]) -> list[bytes]:
    """Cut `segments`; where `lengths` has the number of bytes that were taken, a body of that length begins."""
    cuts = Cuts()
    found: list[bytes] = []
    taken = 0
    for segment in segments:
        at = 0
        while at < len(segment):
            end = cuts.next(segment, at)
            assert end > at
            found.append(segment[at:end])
            taken += end - at
            at = end
            if taken in lengths:
                cuts.body_left = lengths[taken]
    return found


@given(st.data())
def test_every_end_of_a_message_is_the_end_of_a_piece(data: st.DataObject) -> None:
    bodies = data.draw(st.lists(st.binary(max_size=20) | st.none(), min_size=1, max_size=5))
    stream, ends, lengths = b"", set[int](), dict[int, int]()
    for body in bodies:
        stream += data.draw(st.sampled_from([b"", b"\r\n", b"\r\n\r\n"])) + HEAD
        ends.add(len(stream))
        lengths[len(stream)] = len(body or b"")
        stream += CHUNKED if body is None else body
        ends.add(len(stream))
    at = sorted(data.draw(st.sets(st.integers(1, len(stream) - 1), max_size=8)))
    segments = [stream[a:b] for a, b in zip([0, *at], [*at, None], strict=True)]
    found = pieces(segments, lengths)
    assert b"".join(found) == stream
    reached = 0
    for piece in found:
        assert not any(reached < end < reached + len(piece) for end in ends)
        reached += len(piece)
