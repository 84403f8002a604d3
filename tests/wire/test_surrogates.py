"""Half a pair of surrogates in pieces of JSON: the same as in all of it, wherever it is cut."""

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, strategies as st

from oneapi.wire.decoding import json_value
from oneapi.wire.surrogates import WholePairs

HALVES = st.integers(0xD800, 0xDFFF).map(chr)
TEXTS = st.lists(
    st.text(max_size=3) | HALVES | st.sampled_from(["\\", "\\u", "ud83d", "\\ud83d", '"', "\n"])
).map("".join)


def passed(pieces: list[str]) -> str:
    pairs = WholePairs()
    return "".join([*map(pairs.feed, pieces), pairs.finish()])


@pytest.mark.fault("W20", "W10")
@given(TEXTS, st.lists(st.integers(0, 200), max_size=12))
def test_pieces_say_what_the_whole_says(text: str, cuts: list[int]) -> None:
    whole = json.dumps({"a": text})
    places = [0, *sorted(cut for cut in cuts if cut < len(whole)), len(whole)]
    pieces = [whole[a:b] for a, b in pairwise(places)]
    found: Any = json.loads(passed(pieces))
    assert found == json_value(whole.encode())
    assert isinstance(found["a"].encode(), bytes)


@pytest.mark.fault("W20")
@pytest.mark.parametrize(
    "text", ['{"a":"\\\\ud83d"}', '{"a":"\\u00e9\\n"}', '{"a":"\\ud83d\\ude00"}']
)
def test_what_is_whole_stays_as_it_was(text: str) -> None:
    assert passed(list(text)) == text
    assert passed([text]) == text


@pytest.mark.fault("W20")
@pytest.mark.parametrize(
    ("cut", "rest"), [('{"a":"\\ud83d', "\\ufffd"), ('"\\u12', "\\u12"), ('"\\', "\\")]
)
def test_what_waits_at_the_end_is_said(cut: str, rest: str) -> None:
    assert passed([cut]).endswith(rest)
