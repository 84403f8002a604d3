"""How much a prompt is: most likely, at most, and at most where it is looked at closely."""

import json
import statistics
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, strategies as st

from oneapi.relay.ceiling import demand
from oneapi.relay.metering import (
    CHARGING,
    HOLDING,
    TIGHT,
    Rates,
    chat_size,
    estimate_prompt,
    provider_rounds,
)
from oneapi.wire.endpoints import Endpoint
from oneapi.wire.textmeter import most_tokens
from tests.fixtures_path import RECORDED

BASE64 = "iVBORw0KGgo" * 100_000
NOT_TEXT = ("base64", "image", "file_", "audio", "http")


BROKEN = [
    *(
        b"",
        b"[{",
        b"[]",
        b"7",
        b'"[{"',
        b"\xff[{",
        b'{"input":"\xff"}',
        b'{"input":' + b"[" * 9_999,
    ),
    b'{"messages":' + b"[{" * 9_999,
    b'{"messages":[{"content":' + b'[{"type":"t","content":' * 9_999,
    b'{"messages": 7, "tools": [{}]}',
    b'{"messages":[{"content":[7]}], "tools": [{"a": 1}]}',
    b'{"messages":[{"content":[{"type":7}]}, [{"b": 1}]]}',
    b'{"messages":[{"content":["\xff", {"type":"image"}]}], "tools": [{"a": 1}]}',
    b'{"messages":[{"content":[{"type":["image"]},{"type":{}},[[{}]]]}], "tools": [{"type": []}]}',
]


class Spool(msgspec.Struct):
    """A body that is not in memory."""

    size: int


def chat(content: Any, **fields: Any) -> bytes:
    messages = [{"role": "user", "content": content}]
    return json.dumps({"model": "m", "messages": messages} | fields).encode()


def recorded_prompts() -> list[tuple[dict[str, Any], int]]:
    """Return the text-only chats sent to OpenAI and DeepSeek, with the tokens they counted."""
    found: list[tuple[dict[str, Any], int]] = []
    for folder in ("openai/chat", "deepseek/chat") if RECORDED else ():
        assert RECORDED is not None
        for path in sorted((RECORDED / folder).glob("*.json")):
            counted = _counted(path)
            if counted is not None:
                found.append(counted)
    return found


def _counted(path: Path) -> tuple[dict[str, Any], int] | None:
    recorded = json.loads(path.read_text())
    request = recorded["request"]["json"]
    if recorded["response"]["status"] != 200 or any(w in json.dumps(request) for w in NOT_TEXT):
        return None
    usage = json.loads(recorded["response"]["body"]).get("usage")
    return (request, usage["prompt_tokens"]) if usage and usage.get("prompt_tokens") else None


PROMPTS = recorded_prompts()


@pytest.mark.parametrize("prompts", [PROMPTS] if PROMPTS else [])
def test_recorded_prompts_are_estimated_to_within_a_quarter(
    prompts: list[tuple[dict[str, Any], int]],
) -> None:
    errors: list[float] = []
    for request, counted in prompts:
        body = json.dumps(request).encode()
        estimate = estimate_prompt(Endpoint.CHAT, body)
        errors.append(abs(estimate - counted) / counted)

    assert len(errors) >= 10
    assert statistics.median(errors) < 0.25


@pytest.mark.parametrize("prompts", [PROMPTS] if PROMPTS else [])
def test_what_is_held_covers_every_recorded_prompt(
    prompts: list[tuple[dict[str, Any], int]],
) -> None:
    short = [
        (counted, estimate)
        for request, counted in prompts
        for rates in (HOLDING, TIGHT)
        if (estimate := chat_size(json.dumps(request).encode(), "m", rates).tokens) < counted
    ]

    assert short == []


class TestPrompts:
    def test_a_plain_text_is_estimated_by_its_bytes(self) -> None:
        body = chat("word " * 1_000)

        assert 1_250 <= estimate_prompt(Endpoint.CHAT, body) <= 1_260
        assert chat_size(body, "m", HOLDING).tokens == len(body) + 8
        assert 2_500 <= chat_size(body, "m", TIGHT).tokens <= 2_600

    @pytest.mark.parametrize(
        "part",
        [
            {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{BASE64}"}},
            {
                "type": "image",
                "source": {"type": "base64", "media_type": "image/png", "data": BASE64},
            },
            {"type": "input_image", "image_url": f"data:image/png;base64,{BASE64}"},
            {
                "type": "tool_result",
                "tool_use_id": "t",
                "content": [{"type": "image", "source": {"type": "base64", "data": BASE64}}],
            },
        ],
    )
    @pytest.mark.parametrize("rates", [HOLDING, TIGHT, CHARGING], ids=["hold", "tight", "charge"])
    def test_an_image_does_not_count_by_its_base64(
        self, part: dict[str, Any], rates: Rates
    ) -> None:
        body = chat([{"type": "text", "text": "what is this?"}, part])

        assert 500 < estimate_prompt(Endpoint.CHAT, body, rates=rates) < 6_000

    def test_two_images_count_twice_and_small_ones_little(self) -> None:
        one = {"type": "image_url", "image_url": {"url": "https://a.example/b.png"}}
        low = {"type": "image_url", "image_url": {"url": "https://a.example/b", "detail": "low"}}

        assert estimate_prompt(Endpoint.CHAT, chat([one, one]), rates=HOLDING) > 10_000
        assert estimate_prompt(Endpoint.CHAT, chat([low])) < 150

    def test_a_part_that_looks_like_a_message_is_a_part(self) -> None:
        part = {"type": "image_url", "image_url": {"url": "https://a.example/b.png"}}

        assert (
            estimate_prompt(Endpoint.CHAT, chat([{"role": "user"} | part]), rates=HOLDING) > 3_000
        )

    def test_gpt_4o_mini_counts_an_image_33_times(self) -> None:
        body = chat([{"type": "image_url", "image_url": {"url": "https://a.example/b.png"}}])

        assert chat_size(body, "gpt-4o-mini", HOLDING).tokens > 37_000
        assert chat_size(body, "openai/gpt-4o-mini", HOLDING).tokens > 37_000

    def test_sound_and_files_count_by_their_own_rules(self) -> None:
        sound = {"type": "input_audio", "input_audio": {"data": BASE64, "format": "mp3"}}
        file = {"type": "file", "file": {"file_data": f"data:application/pdf;base64,{BASE64}"}}
        named = {"type": "file", "file": {"file_id": "file-1"}}

        assert 1_000 < estimate_prompt(Endpoint.CHAT, chat([sound])) < 2_000
        assert 15_000 < estimate_prompt(Endpoint.CHAT, chat([file])) < 25_000
        assert estimate_prompt(Endpoint.CHAT, chat([named]), rates=HOLDING) > 20_000

    def test_a_document_of_text_counts_as_text(self) -> None:
        source = {"type": "text", "media_type": "text/plain", "data": "word " * 1_000}
        body = chat([{"type": "document", "source": source}])

        assert chat_size(body, "m", HOLDING).tokens == len(body) + 8

    def test_the_word_base64_in_a_text_changes_nothing(self) -> None:
        text = (
            'an array like [{"type": "image_url"}] in base64, data:image/png;base64, "image" ' * 50
        )
        body = chat(text)

        assert chat_size(body, "m", HOLDING).tokens == len(body) + 8

    def test_an_image_after_a_text_full_of_brackets_is_seen(self) -> None:
        image = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{BASE64}"}}
        body = chat([{"type": "text", "text": "a[i][j] " * 1_000}, image])
        messages = [{"role": "system", "content": "x[0] " * 1_000}, *json.loads(body)["messages"]]
        later = json.dumps({"messages": messages}).encode()

        assert chat_size(later, "m", HOLDING).tokens < len(later) - len(BASE64) + 10_000

    def test_tools_bring_the_vendors_own_instructions(self) -> None:
        tools: list[Any] = [{"type": "function", "function": {"name": "f", "parameters": {}}}]

        without = chat_size(chat("hi"), "m", HOLDING).tokens
        assert chat_size(chat("hi", tools=tools), "m", HOLDING).tokens > without + 800

    @pytest.mark.parametrize(
        ("field", "value", "tokens"),
        [
            ("input", [1, 2, 3, 4], 4),
            ("input", [[1, 2], [3]], 3),
            ("input", "12345678", 3),
            ("input", ["1234", "1234"], 4),
            ("prompt", [5] * 1_000, 1_000),
            ("input", [], 0),
            ("input", {"type": "text"}, 800),
            ("input", 7, 1),
            ("input", None, 0),
        ],
    )
    def test_arrays_of_tokens_count_exactly(self, field: str, value: Any, tokens: int) -> None:
        body = json.dumps({"model": "m", field: value}).encode()

        assert estimate_prompt(Endpoint.EMBEDDINGS, body) == tokens

    @pytest.mark.parametrize("endpoint", list(Endpoint))
    @pytest.mark.parametrize("rates", [HOLDING, TIGHT, CHARGING], ids=["hold", "tight", "charge"])
    @pytest.mark.parametrize("body", BROKEN)
    def test_no_body_breaks_the_estimate(
        self, endpoint: Endpoint, rates: Rates, body: bytes
    ) -> None:
        assert estimate_prompt(endpoint, body, rates=rates) >= 0
        assert demand(endpoint, body).input_tokens >= 0
        assert provider_rounds(body) >= 1

    def test_a_recording_counts_by_its_length(self) -> None:
        wanted = demand(Endpoint.TRANSCRIPTIONS, Spool(4_000_000))

        assert wanted.seconds == 1_001
        assert wanted.input_tokens == 20 * 1_001
        assert estimate_prompt(Endpoint.TRANSCRIPTIONS, Spool(160_000)) == 0
        assert estimate_prompt(Endpoint.CHAT, Spool(400)) == 100
        assert estimate_prompt(Endpoint.EMBEDDINGS, Spool(400)) == 0

    @pytest.mark.fault("A1")
    def test_a_document_of_text_is_no_file_however_deep_it_says_so(self) -> None:
        source = {"type": "text", "media_type": "text/plain", "data": "7" * 100_000}
        body = chat([{"type": "document", "title": "t" * 400, "source": source}])

        assert chat_size(body, "m", HOLDING).tokens > 100_000

    @pytest.mark.fault("A1")
    def test_a_part_that_hides_behind_brackets_and_its_spelling_is_found(self) -> None:
        image = {"type": "image_url", "image_url": {"url": "https://a.example/b.png"}}
        body = json.dumps({"x": "[" * 100, "messages": [{"content": [image]}]}).encode()
        body = body.replace(b'"type"', b'"\\u0074ype"')

        assert chat_size(body, "m", HOLDING).tokens > 5_000


ROUNDS: list[tuple[dict[str, Any], int]] = [
    ({}, 1),
    ({"tools": [{"type": "function"}, {"name": "x"}, {"type": "bash_20250124"}]}, 1),
    ({"tools": [{"type": "web_search_20250305", "max_uses": 30}]}, 31),
    ({"tools": [{"type": "code_execution_20250825"}], "mcp_servers": [{}]}, 21),
    ({"web_search_options": {}}, 11),
    ({"tools": 7}, 1),
]


class TestProviderTools:
    search: Any = {"type": "web_search_20250305", "name": "web_search"}

    @pytest.mark.fault("R1")
    def test_searches_are_held_as_far_as_the_request_says_how_many(self) -> None:
        plain = chat_size(chat("hi", tools=[{"name": "web_search"}]), "m", HOLDING)
        usual = chat_size(chat("hi", tools=[self.search]), "m", HOLDING)
        three = chat_size(chat("hi", tools=[{**self.search, "max_uses": 3}]), "m", HOLDING)

        assert (plain.searches, usual.searches, three.searches) == (0, 5, 3)
        assert three.tokens > plain.tokens + 3 * 8_000

    @pytest.mark.fault("R1")
    @pytest.mark.parametrize(("fields", "rounds"), ROUNDS)
    def test_a_model_reads_again_after_each_round_of_the_vendors_tools(
        self, fields: dict[str, Any], rounds: int
    ) -> None:
        assert provider_rounds(chat("hi", **fields)) == rounds


@pytest.mark.fault("A1")
def test_a_close_look_reads_what_the_model_reads() -> None:
    call = {"type": "tool_use", "id": "t", "name": "get", "input": {"a" * 100: 7}}
    source = {"type": "text", "media_type": "text/plain", "data": "7" * 100}
    for content, tokens in (
        ("hi", 1),
        ("7" * 100, 100),
        ([{"type": "text", "text": "7" * 100}], 100),
        ([call], 50),
        ([{"type": "document", "source": source}], 100),
        ([{"type": "image", "source": {"type": "base64", "data": "7" * 999}}], 3000),
    ):
        found = chat_size(chat(content), "m", TIGHT).tokens
        assert tokens + 16 < found < tokens + 50
    tools: Any = [{"type": "function", "function": {"name": "f", "parameters": {"7" * 100: {}}}}]
    assert 900 < chat_size(chat("hi", tools=tools), "m", TIGHT).tokens < 1_100


@given(st.text() | st.binary())
def test_a_close_look_finds_no_more_than_a_token_a_byte(text: str | bytes) -> None:
    size = len(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))

    assert size // 2 <= most_tokens(text) <= size


@pytest.mark.fault("A1")
@pytest.mark.parametrize("dense", ["0123456789", "{}[]();,", "ABCXYZ", "\t\n"])
def test_what_may_be_a_token_a_byte_is_held_as_one(dense: str) -> None:
    assert most_tokens(dense * 100) == len(dense) * 100
