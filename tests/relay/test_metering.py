"""Estimates of prompts, and ceilings that no usage within the limits exceeds."""

import json
import statistics
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, strategies as st

from oneapi.errors import InvalidRequest
from oneapi.ledger.charging import charge
from oneapi.ledger.pricing import NANO, ONE, Price, PriceList
from oneapi.providers.base import Endpoint
from oneapi.relay.metering import (
    ASSUMED_CAP,
    FLOOR,
    MAX_LIMIT,
    Ceiling,
    Demand,
    ceiling,
    check_limit,
    demand,
    estimate_prompt,
)
from oneapi.wire.usage import Usage
from tests.fixtures_path import RECORDED

RICH = 10**15
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
        estimate = estimate_prompt(Endpoint.CHAT, body, margin=False)
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
        if (estimate := estimate_prompt(Endpoint.CHAT, json.dumps(request).encode())) < counted
    ]

    assert short == []


class TestPrompts:
    def test_a_plain_text_is_estimated_by_its_bytes(self) -> None:
        body = chat("word " * 1_000)

        assert 1_250 <= estimate_prompt(Endpoint.CHAT, body, margin=False) <= 1_260
        assert estimate_prompt(Endpoint.CHAT, body) == len(body) // 3 + 8

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
    @pytest.mark.parametrize("margin", [True, False])
    def test_an_image_does_not_count_by_its_base64(
        self, part: dict[str, Any], margin: bool
    ) -> None:
        body = chat([{"type": "text", "text": "what is this?"}, part])

        assert 500 < estimate_prompt(Endpoint.CHAT, body, margin=margin) < 4_000

    def test_two_images_count_twice_and_small_ones_little(self) -> None:
        one = {"type": "image_url", "image_url": {"url": "https://a.example/b.png"}}
        low = {"type": "image_url", "image_url": {"url": "https://a.example/b", "detail": "low"}}

        assert estimate_prompt(Endpoint.CHAT, chat([one, one])) > 6_000
        assert estimate_prompt(Endpoint.CHAT, chat([low]), margin=False) < 150

    def test_a_part_that_looks_like_a_message_is_a_part(self) -> None:
        part = {"type": "image_url", "image_url": {"url": "https://a.example/b.png"}}

        assert estimate_prompt(Endpoint.CHAT, chat([{"role": "user"} | part])) > 3_000

    def test_gpt_4o_mini_counts_an_image_33_times(self) -> None:
        body = chat([{"type": "image_url", "image_url": {"url": "https://a.example/b.png"}}])

        assert estimate_prompt(Endpoint.CHAT, body, model="gpt-4o-mini") > 37_000
        assert estimate_prompt(Endpoint.CHAT, body, model="openai/gpt-4o-mini") > 37_000

    def test_sound_and_files_count_by_their_own_rules(self) -> None:
        sound = {"type": "input_audio", "input_audio": {"data": BASE64, "format": "mp3"}}
        file = {"type": "file", "file": {"file_data": f"data:application/pdf;base64,{BASE64}"}}
        named = {"type": "file", "file": {"file_id": "file-1"}}

        assert 1_000 < estimate_prompt(Endpoint.CHAT, chat([sound]), margin=False) < 2_000
        assert 15_000 < estimate_prompt(Endpoint.CHAT, chat([file]), margin=False) < 25_000
        assert estimate_prompt(Endpoint.CHAT, chat([named])) > 20_000

    def test_a_document_of_text_counts_as_text(self) -> None:
        source = {"type": "text", "media_type": "text/plain", "data": "word " * 1_000}
        body = chat([{"type": "document", "source": source}])

        assert estimate_prompt(Endpoint.CHAT, body) == len(body) // 3 + 8

    def test_the_word_base64_in_a_text_changes_nothing(self) -> None:
        text = (
            'an array like [{"type": "image_url"}] in base64, data:image/png;base64, "image" ' * 50
        )
        body = chat(text)

        assert estimate_prompt(Endpoint.CHAT, body) == len(body) // 3 + 8

    def test_an_image_after_a_text_full_of_brackets_is_seen(self) -> None:
        image = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{BASE64}"}}
        body = chat([{"type": "text", "text": "a[i][j] " * 1_000}, image])
        messages = [{"role": "system", "content": "x[0] " * 1_000}, *json.loads(body)["messages"]]
        later = json.dumps({"messages": messages}).encode()

        assert estimate_prompt(Endpoint.CHAT, later) < 10_000

    def test_tools_bring_the_vendors_own_instructions(self) -> None:
        tools: list[Any] = [{"type": "function", "function": {"name": "f", "parameters": {}}}]

        without = estimate_prompt(Endpoint.CHAT, chat("hi"))
        assert estimate_prompt(Endpoint.CHAT, chat("hi", tools=tools)) > without + 800

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

        assert estimate_prompt(Endpoint.EMBEDDINGS, body, margin=False) == tokens

    @pytest.mark.parametrize("endpoint", list(Endpoint))
    @pytest.mark.parametrize("margin", [True, False])
    @pytest.mark.parametrize("body", BROKEN)
    def test_no_body_breaks_the_estimate(
        self, endpoint: Endpoint, margin: bool, body: bytes
    ) -> None:
        assert estimate_prompt(endpoint, body, margin=margin) >= 0
        assert demand(endpoint, body).input_tokens >= 0

    def test_a_recording_counts_by_its_length(self) -> None:
        wanted = demand(Endpoint.TRANSCRIPTIONS, Spool(4_000_000))

        assert wanted.seconds == 1_001
        assert estimate_prompt(Endpoint.TRANSCRIPTIONS, Spool(4_000_000)) == wanted.input_tokens
        assert estimate_prompt(Endpoint.TRANSCRIPTIONS, Spool(160_000), margin=False) == 0
        assert estimate_prompt(Endpoint.CHAT, Spool(400), margin=False) == 100
        assert estimate_prompt(Endpoint.EMBEDDINGS, Spool(400)) == 0


class TestLimits:
    @pytest.mark.parametrize("value", [None, 0])
    def test_no_limit_is_none(self, value: object) -> None:
        assert check_limit(value) is None

    def test_one_apis_largest_limit_is_allowed(self) -> None:
        assert check_limit(MAX_LIMIT) == MAX_LIMIT

    @pytest.mark.parametrize("value", [-1, MAX_LIMIT + 1, 1.5, "9", True, []])
    def test_a_wrong_limit_is_refused_and_named(self, value: object) -> None:
        with pytest.raises(InvalidRequest) as caught:
            check_limit(value, "max_completion_tokens")

        assert caught.value.param == "max_completion_tokens"


class TestCeiling:
    price = Price(input=NANO, output=4 * NANO, cache_read=NANO // 2, cache_write=NANO)

    def test_the_clients_limit_and_its_number_of_answers_count(self) -> None:
        wanted = Demand(Endpoint.CHAT, input_tokens=100, limit=50, answers=3)

        assert ceiling(wanted, self.price, ONE, 4096, 0) == Ceiling(100 + 50 * 3 * 4)
        assert ceiling(wanted, self.price, ONE // 2, 4096, 0) == Ceiling(350)

    def test_without_a_limit_a_rich_payer_is_allowed_what_the_model_gives(self) -> None:
        wanted = Demand(Endpoint.CHAT, input_tokens=100)

        assert ceiling(wanted, self.price, ONE, 16_384, RICH) == Ceiling(100 + 16_384 * 4)
        assert ceiling(wanted, self.price, ONE, None, RICH) == Ceiling(100 + ASSUMED_CAP * 4)

    def test_without_a_limit_a_poor_payer_gets_one_imposed(self) -> None:
        wanted = Demand(Endpoint.CHAT, input_tokens=100)

        assert ceiling(wanted, self.price, ONE, 16_384, 0) == Ceiling(100 + FLOOR * 4, FLOOR)
        some = 100 + 8 * 5_000 * 4
        assert ceiling(wanted, self.price, ONE, 16_384, some) == Ceiling(100 + 5_000 * 4, 5_000)

    def test_a_model_that_gives_less_than_the_floor_needs_no_limit(self) -> None:
        assert ceiling(Demand(Endpoint.CHAT), self.price, ONE, 1_000, 0) == Ceiling(4_000)

    def test_what_is_free_holds_nothing_and_imposes_nothing(self) -> None:
        assert ceiling(Demand(Endpoint.CHAT, 100), Price(), ONE, None, 0) == Ceiling(0)
        assert ceiling(Demand(Endpoint.CHAT, 100), self.price, 0, None, 0) == Ceiling(0)

    def test_writing_the_cache_may_be_the_dearest_input(self) -> None:
        price = Price(input=NANO, cache_write=5 * NANO // 4, cache_write_1h=2 * NANO)

        assert ceiling(Demand(Endpoint.CHAT, 100, limit=1), price, ONE, None, 0).quota == 200

    def test_several_prompts_and_best_of_are_several_answers(self) -> None:
        body = json.dumps({"prompt": ["a", "b"], "best_of": 5, "max_tokens": 10}).encode()

        assert demand(Endpoint.COMPLETIONS, body, limit=10, answers=2).answers == 10
        tokens = json.dumps({"prompt": [1, 2, 3]}).encode()
        assert demand(Endpoint.COMPLETIONS, tokens).answers == 1

    def test_embeddings_hold_their_input_only(self) -> None:
        wanted = demand(Endpoint.EMBEDDINGS, b'{"input":[1,2,3]}')

        assert ceiling(wanted, self.price, ONE, None, RICH) == Ceiling(3)

    def test_speech_holds_exactly_its_characters(self) -> None:
        wanted = demand(Endpoint.SPEECH, json.dumps({"input": "你好, world"}).encode())

        price = PriceList({}).price("tts-1")
        assert ceiling(wanted, price, ONE, None, RICH).quota == 75 - 7

    def test_images_hold_their_number(self) -> None:
        wanted = demand(Endpoint.IMAGES, b'{"prompt":"x","n":4}', answers=4)

        price = PriceList({}).image_price("dall-e-3", 1, "1024x1024", "hd")
        assert ceiling(wanted, price, ONE, None, RICH).quota == 4 * 40_000

    def test_a_call_with_its_own_price_holds_that(self) -> None:
        price = PriceList({"ModelPrice": '{"m": 0.01}'}).price("m")

        assert ceiling(demand(Endpoint.CHAT, chat("x")), price, ONE, None, 0) == Ceiling(5_000)

    def test_a_long_prompt_is_held_at_its_long_price(self) -> None:
        price = PriceList({}).price("claude-sonnet-4-5")

        held = ceiling(Demand(Endpoint.CHAT, 300_000, limit=1), price, ONE, None, RICH)

        assert held.quota >= charge(Usage(input_tokens=300_000, output_tokens=1), price, ONE)

    def test_sound_is_held_at_its_price(self) -> None:
        sound = {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}}
        price = Price(input=NANO, output=NANO, audio_input=16 * NANO, audio_output=32 * NANO)

        for body in (chat([sound]), chat("say it", audio={"voice": "a"}, tools=[{"type": "x"}])):
            wanted = demand(Endpoint.CHAT, body, limit=10)
            held = ceiling(wanted, price, ONE, None, 0).quota
            assert held == wanted.input_tokens * 16 + 320


units = st.integers(0, 10**11)
prices = st.builds(
    Price,
    **{
        unit: units
        for unit in Price.__struct_fields__
        if unit not in {"source", "long_from", "long"}
    },
)
demands = st.builds(
    Demand,
    endpoint=st.sampled_from(list(Endpoint)),
    input_tokens=st.integers(0, 10**6),
    limit=st.none() | st.integers(1, 10**6),
    answers=st.integers(1, 5),
    images=st.integers(0, 5),
    seconds=st.integers(0, 1_000),
    characters=st.integers(0, 5_000),
    audio=st.booleans(),
)


def usages(wanted: Demand, output: int) -> st.SearchStrategy[Usage]:
    """Return usages within what was asked for; the parts of the input may overlap or exceed it."""
    inputs = st.integers(0, wanted.input_tokens)
    heard = inputs if wanted.audio else st.just(0)
    return st.builds(
        Usage,
        input_tokens=inputs,
        output_tokens=st.integers(0, output),
        cached_tokens=inputs,
        cache_write_tokens=inputs,
        cache_write_1h_tokens=inputs,
        audio_input_tokens=heard,
        audio_output_tokens=st.integers(0, output) if wanted.audio else st.just(0),
        images=st.integers(0, wanted.images),
        seconds=st.floats(0, wanted.seconds),
        characters=st.integers(0, wanted.characters),
    )


@given(
    st.data(),
    demands,
    prices,
    st.none() | st.tuples(st.integers(0, 10**6), prices),
    st.integers(0, 3 * ONE),
    st.none() | st.integers(1, 200_000),
    st.integers(0, 10**12),
)
def test_no_usage_within_the_limits_costs_more_than_the_ceiling(
    data: st.DataObject,
    wanted: Demand,
    price: Price,
    longer: tuple[int, Price] | None,
    factor: int,
    cap: int | None,
    affordable: int,
) -> None:
    if longer is not None:
        price = msgspec.structs.replace(price, long_from=longer[0], long=longer[1])
    held = ceiling(wanted, price, factor, cap, affordable)
    chats = {Endpoint.CHAT, Endpoint.COMPLETIONS, Endpoint.EDITS}
    each = wanted.limit or held.imposed_limit or cap or ASSUMED_CAP
    output = each * wanted.answers if wanted.endpoint in chats else 0

    usage = data.draw(usages(wanted, output))

    assert charge(usage, price, factor) <= held.quota
