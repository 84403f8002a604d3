"""Compressed bodies, good and bad: what comes out, how much of it, and how it is refused."""

import gzip
import random
import zlib
from collections.abc import Callable

import pytest
from hypothesis import given, strategies as st

from oneapi.errors import InvalidRequest, PayloadTooLarge
from oneapi.relay.unpacking import MAX_RATIO, SLICE_BYTES, TAKEN_BYTES, Unpacking, known_encoding

MIB = 1 << 20
LIMIT = 8 * MIB


def unpacked(packed: bytes, encoding: bytes = b"gzip", limit: int = LIMIT) -> bytes:
    return finished(Unpacking(packed, encoding, limit))


def finished(unpacking: Unpacking) -> bytes:
    while not unpacking.step():
        pass
    return unpacking.whole()


def bare(body: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(body) + packer.flush()


@given(st.binary(max_size=2_000), st.integers(1, 400), st.integers(1, 3))
def test_what_was_packed_comes_out(piece: bytes, times: int, members: int) -> None:
    body = piece * times
    assert unpacked(gzip.compress(body, mtime=0) * members, limit=64 * MIB) == body * members
    assert unpacked(zlib.compress(body), b"deflate") == body
    assert unpacked(bare(body), b"deflate") == body


@pytest.mark.parametrize(
    "size", [0, SLICE_BYTES - 1, SLICE_BYTES, SLICE_BYTES + 1, 3 * SLICE_BYTES]
)
def test_a_body_may_end_anywhere(size: int) -> None:
    body = (b"0123456789abcdef" * (size // 16 + 1))[:size]
    assert unpacked(gzip.compress(body, mtime=0)) == body
    assert unpacked(bare(body), b"deflate") == body


@given(st.integers(-40, 40), st.integers(1, 3))
def test_a_member_may_end_where_a_take_does(near: int, members: int) -> None:
    body = random.Random(near).randbytes(TAKEN_BYTES + near - 30)
    assert unpacked(gzip.compress(body, mtime=0) * members) == body * members
    assert unpacked(bare(body), b"deflate") == body


@pytest.mark.fault("A5")
@pytest.mark.parametrize("body", [b"", b"x" * MIB, b"0123456789abcdef" * 60_000])
def test_a_step_is_small_whatever_comes(body: bytes) -> None:
    unpacking = Unpacking(gzip.compress(body, mtime=0) * 200, b"gzip", 256 * MIB)
    found, steps, is_done = 0, 0, False
    while not is_done and found < 4 * MIB:
        is_done = unpacking.step()
        steps += 1
        came = len(unpacking.whole()) - found
        assert came <= 2 * SLICE_BYTES
        found += came
    assert steps > 10


@pytest.mark.parametrize(
    ("packed", "encoding"),
    [
        (b"", b"gzip"),
        (b"{}", b"gzip"),
        (gzip.compress(b"x" * 999, mtime=0)[:-1], b"gzip"),
        (gzip.compress(b"x" * 999, mtime=0)[:-8], b"gzip"),
        (gzip.compress(b"x", mtime=0) + b"rubbish", b"gzip"),
        (zlib.compress(b"x"), b"gzip"),
        (gzip.compress(b"x", mtime=0), b"deflate"),
        (zlib.compress(b"x") + b"y", b"deflate"),
        (zlib.compress(b"x" * 999)[:-1], b"deflate"),
        (b"\xff\xff\xff", b"deflate"),
    ],
)
def test_what_is_not_whole_is_refused(packed: bytes, encoding: bytes) -> None:
    with pytest.raises(InvalidRequest) as caught:
        unpacked(packed, encoding)
    assert caught.value.param == "Content-Encoding"


@pytest.mark.fault("A5")
@pytest.mark.parametrize(
    ("pack", "encoding"),
    [(gzip.compress, b"gzip"), (zlib.compress, b"deflate"), (bare, b"deflate")],
)
def test_a_bomb_is_stopped_by_its_ratio(pack: Callable[[bytes], bytes], encoding: bytes) -> None:
    packed = pack(b"x" * (6 * MIB))
    unpacking = Unpacking(packed, encoding, LIMIT)
    with pytest.raises(PayloadTooLarge, match=str(MAX_RATIO)):
        finished(unpacking)
    assert len(unpacking.whole()) <= MIB + SLICE_BYTES


@pytest.mark.fault("A5")
def test_many_members_are_one_body_to_the_limit() -> None:
    with pytest.raises(PayloadTooLarge, match="8 MiB"):
        unpacked(gzip.compress(bytes(range(256)) * 4) * 20_000)


@pytest.mark.parametrize(
    ("value", "encoding"),
    [(b"GZIP ", b"gzip"), (b"identity", b""), (b"", b""), (b"deflate", b"deflate")],
)
def test_encodings_are_known_in_any_case(value: bytes, encoding: bytes) -> None:
    assert known_encoding(value) == encoding


@pytest.mark.parametrize("value", [b"br", b"gzip, gzip", b"\xff"])
def test_other_encodings_are_refused(value: bytes) -> None:
    with pytest.raises(InvalidRequest) as caught:
        known_encoding(value)
    assert caught.value.status == 415
