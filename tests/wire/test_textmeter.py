"""The estimate of a text's tokens: incremental, by script, near enough to what vendors report."""

import json
import re
import statistics
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st

from oneapi.wire.textmeter import TextMeter, estimate_text, text_bytes
from tests.fixtures_path import RECORDED

FOLDERS = ("openai/chat_stream", "groq/chat", "mistral/chat", "mistral/chat_stream")


def recorded_answers() -> list[tuple[Path, list[str], int]]:
    """Return every recorded answer in words, with the tokens that its vendor counted for it."""
    found: list[tuple[Path, list[str], int]] = []
    for folder in FOLDERS if RECORDED else ():
        assert RECORDED is not None
        for path in sorted((RECORDED / folder).glob("*.json")):
            answer = _answer(json.loads(path.read_text())["response"])
            if answer is not None and len("".join(answer[0])) >= 80:
                found.append((path, *answer))
    return found


def _answer(response: dict[str, Any]) -> tuple[list[str], int] | None:
    if response["status"] != 200 or response.get("encoding") == "base64":
        return None
    body = response["body"]
    if body.lstrip().startswith("data:"):
        lines = [line[5:].strip() for line in body.splitlines() if line.startswith("data:")]
        chunks = [json.loads(line) for line in lines if line != "[DONE]"]
    else:
        chunks = [json.loads(body)]
    usage: Any = next((c["usage"] for c in reversed(chunks) if c.get("usage")), None)
    if usage is None or re.search(r'"reasoning_tokens": [1-9]', json.dumps(usage)):
        return None  # what was thought is not in the answer
    pieces = [piece for chunk in chunks for piece in _pieces(chunk)]
    return pieces, usage["completion_tokens"]


def _pieces(chunk: dict[str, Any]) -> list[str]:
    found: list[Any] = []
    choices: list[dict[str, Any]] = chunk.get("choices", [])
    for choice in choices:
        message: dict[str, Any] = choice.get("delta") or choice.get("message") or {}
        found += [message.get("content"), message.get("reasoning")]
        calls: list[dict[str, Any]] = message.get("tool_calls") or []
        for call in calls:
            found += [call["function"].get("name"), call["function"].get("arguments")]
    return [piece for piece in found if isinstance(piece, str) and piece]


ANSWERS = recorded_answers()


@pytest.mark.parametrize("answers", [ANSWERS] if ANSWERS else [])
def test_recorded_answers_are_estimated_to_within_a_quarter(
    answers: list[tuple[Path, list[str], int]],
) -> None:
    errors: list[float] = []
    for _, pieces, counted in answers:
        meter = TextMeter()
        for piece in pieces:
            meter.add(piece)
        errors.append(abs(meter.tokens - counted) / counted)

    assert len(errors) >= 5
    assert statistics.median(errors) < 0.25


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("The quick brown fox jumps over the lazy dog. " * 10, 90, 130),
        ("人工智能正在改变世界，我们应当如何面对它？" * 10, 110, 220),
        ("Съешь же ещё этих мягких французских булок. " * 10, 100, 220),
        ('{"city": "Paris", "unit": "celsius"}, ' * 10, 85, 140),
        ("🙂" * 20, 20, 40),
    ],
)
def test_scripts_are_estimated_within_what_tokenizers_make_of_them(
    text: str, low: int, high: int
) -> None:
    assert low <= estimate_text(text) <= high


@given(st.lists(st.text(max_size=20)))
def test_pieces_count_no_less_than_their_whole(pieces: list[str]) -> None:
    meter = TextMeter()
    for piece in pieces:
        meter.add(piece)

    assert meter.tokens >= estimate_text("".join(pieces))
    assert meter.tokens <= text_bytes("".join(pieces))


def test_a_short_piece_holds_a_token() -> None:
    meter = TextMeter()
    for piece in ["Yes", ",", " it", " is", "."]:
        meter.add(piece)

    assert meter.tokens == 5


def test_single_letters_are_no_tokens() -> None:
    meter = TextMeter()
    for letter in "The quick brown fox!":
        meter.add(letter)

    assert meter.tokens == 8


def test_bytes_count_as_the_text_that_they_are() -> None:
    assert estimate_text("héé".encode()) == estimate_text("héé") == 2
    assert estimate_text("") == estimate_text(b"") == 0


def test_half_a_surrogate_pair_is_counted_and_breaks_nothing() -> None:
    assert text_bytes("\ud83d") == 3
