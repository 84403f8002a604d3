"""Hollowed documents: the same but for the insides of long strings, whatever stands in them."""

import json
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from oneapi.wire.hollow import LONG, PATIENCE, hollowed
from oneapi.wire.openai import OpenAIClient

TEXTS = st.text() | st.sampled_from(
    [
        "x" * (LONG + 1),
        '\\"' * LONG,
        '"' + "y" * LONG,
        "\\" * (LONG + 1),
        "ü" * LONG,
        '{"model":"b"}',
    ]
)
NAMES = st.text(max_size=9)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=8,
)


def emptied(value: Any) -> Any:
    """Return a value whose texts of more than `LONG` encoded bytes may have become empty, as all of them empty."""
    if isinstance(value, str):
        return "" if len(json.dumps(value, ensure_ascii=False).encode()) - 2 >= LONG else value
    if isinstance(value, list):
        return [emptied(item) for item in value]  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, dict):
        return {name: emptied(item) for name, item in value.items()}  # pyright: ignore[reportUnknownVariableType]
    return value


@settings(max_examples=60, deadline=None)
@given(VALUES)
def test_structure_and_short_texts_stay(value: Any) -> None:
    hollow = json.loads(hollowed(json.dumps(value, ensure_ascii=False).encode()))
    assert emptied(hollow) == emptied(value)


@given(st.binary())
def test_rubbish_stays_rubbish(body: bytes) -> None:
    assert hollowed(body) == body or len(body) > LONG


def test_a_long_text_is_emptied() -> None:
    document = {"model": "a", "messages": [{"content": "x" * 60_000}], "stream": True}
    left = hollowed(json.dumps(document).encode())
    assert len(left) < 100
    assert json.loads(left) == {**document, "messages": [{"content": ""}]}


@pytest.mark.parametrize("text", ['"model":"b"', '\\",\\"model\\":\\"b', "\\", '\\"', '"' * 30])
def test_a_text_cannot_pretend_to_be_a_field(text: str) -> None:
    content = text + "x" * 9_000 + text
    body = json.dumps({"messages": [{"content": content}], "model": "a"}).encode()
    assert OpenAIClient().envelope(body).model == "a"


def test_a_text_full_of_quotes_is_left_alone() -> None:
    body = json.dumps(['"' * 10 * PATIENCE + "x" * LONG]).encode()
    assert hollowed(body) is body
