"""JSON that only forgiving readers take: half a pair of surrogates, and bytes that are no UTF-8, read as U+FFFD."""

import json

import msgspec
import pytest
from hypothesis import given, strategies as st

from oneapi.wire.decoding import json_value, repaired

HALVES = st.integers(0xD800, 0xDFFF).map(chr)
TEXTS = st.lists(
    st.text(max_size=3) | HALVES | st.sampled_from(["\\", "\\u", "ud83d", "\\ud83d", '"'])
).map("".join)


def _readable(text: str) -> str:
    """Return a text whose halves that belong together are one character, and the others U+FFFD."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


@pytest.mark.fault("W20")
@given(TEXTS, st.booleans())
def test_halves_of_characters_are_read_as_replacements(text: str, is_pretty: bool) -> None:
    body = json.dumps({"a": [text, "ü"]}, indent=1 if is_pretty else None).encode()
    found = json_value(body)["a"][0]
    assert found.replace("\ufffd", "") == _readable(text).replace("\ufffd", "")
    assert ("\ufffd" in found) == ("\ufffd" in _readable(text))


@given(st.text())
def test_what_is_whole_is_left_alone(text: str) -> None:
    for body in (json.dumps(text).encode(), json.dumps(text, ensure_ascii=False).encode()):
        assert repaired(body) is body


@pytest.mark.fault("W20")
@pytest.mark.parametrize(
    ("body", "value"),
    [
        (rb'"hi \ud83d"', "hi \ufffd"),
        (rb'"\ud83d\u0041"', "\ufffdA"),
        (rb'"\uDE00\uD83D"', "\ufffd\ufffd"),
        (rb'"\ud83d\ud83d\ude00"', "\ufffd\U0001f600"),
        (rb'"\\ud83d \ud83d"', "\\ud83d \ufffd"),
        (b'"caf\xe9"', "caf\ufffd"),
    ],
)
def test_replacements_stand_where_the_halves_stood(body: bytes, value: str) -> None:
    assert json_value(body) == value


@pytest.mark.parametrize("body", [b"", b'{"a":', b'"\\x"', b'\xff{"a":1}', b"[1,]"])
def test_what_is_no_json_stays_none(body: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        json_value(body)
