"""Ceilings that no usage within the limits exceeds."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, strategies as st
from msgspec.structs import replace

from oneapi.ledger.charging import charge
from oneapi.ledger.pricing import NANO, ONE, UNITS, Price, PriceList
from oneapi.relay.ceiling import (
    ASSUMED_CAP,
    FLOOR,
    Asked,
    Ceiling,
    Demand,
    ceiling,
    demand,
)
from oneapi.relay.metering import HOLDING, TIGHT, compacts
from oneapi.wire.endpoints import Endpoint
from oneapi.wire.registry import client_dialect
from oneapi.wire.usage import Usage

RICH = 10**15


def chat(content: Any, **fields: Any) -> bytes:
    messages = [{"role": "user", "content": content}]
    return json.dumps({"model": "m", "messages": messages} | fields).encode()


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

        assert demand(Endpoint.COMPLETIONS, body, Asked(10, 5)).answers == 10
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
        wanted = demand(Endpoint.IMAGES, b'{"prompt":"x","n":4}', Asked(answers=4))

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

        for body, audio in ((chat([sound]), False), (chat("say it", audio={"voice": "a"}), True)):
            wanted = demand(Endpoint.CHAT, body, Asked(10, audio=audio))
            held = ceiling(wanted, price, ONE, None, 0).quota
            assert held == wanted.input_tokens * 16 + 320

    @pytest.mark.fault("W30")
    def test_no_prompt_is_more_than_the_model_reads(self) -> None:
        for body in (
            chat("word " * 100_000),
            chat([{"type": "document", "source": {"type": "base64", "data": "A" * 10**7}}]),
        ):
            assert demand(Endpoint.CHAT, body, Asked(10, window=128_000)).input_tokens == 128_000
        several = json.dumps({"prompt": ["a" * 9_000] * 3}).encode()
        wanted = demand(Endpoint.COMPLETIONS, several, Asked(10, window=4_000))
        assert wanted.input_tokens == 3 * 4_000

    @pytest.mark.fault("A1")
    def test_what_a_channel_says_before_the_prompt_is_read_too(self) -> None:
        plain = demand(Endpoint.CHAT, chat("hi"), Asked(10))

        wanted = demand(Endpoint.CHAT, chat("hi"), Asked(10, instructions=700))
        assert wanted.input_tokens == plain.input_tokens + 700

    @pytest.mark.fault("A1")
    def test_a_close_look_is_less_for_prose_and_the_same_for_digits(self) -> None:
        prose, digits = chat("some words of prose " * 100), chat("1234567890" * 100)

        for body, least, most in ((prose, 0.4, 0.55), (digits, 0.9, 1.0)):
            loose = demand(Endpoint.CHAT, body, Asked(10), HOLDING).input_tokens
            tight = demand(Endpoint.CHAT, body, Asked(10), TIGHT).input_tokens
            assert least < tight / loose <= most

    @pytest.mark.fault("W30")
    def test_a_close_look_sees_whether_the_prompt_is_to_be_cached(self) -> None:
        price = Price(input=4 * NANO, cache_write=5 * NANO, cache_write_1h=8 * NANO)
        mark = {"type": "ephemeral"}
        for control, per_input in ((None, 4), (mark, 5), (mark | {"ttl": "1h"}, 8)):
            part = {"type": "text", "text": "word " * 100}
            body = chat([part if control is None else part | {"cache_control": control}])
            for rates, expected in ((TIGHT, per_input), (HOLDING, 8)):
                wanted = demand(Endpoint.CHAT, body, Asked(1), rates)
                held = ceiling(wanted, price, ONE, None, 0).quota
                assert held == wanted.input_tokens * expected

    @pytest.mark.fault("R1")
    def test_searches_are_held_at_their_own_price(self) -> None:
        tools = [{"type": "web_search_20250305", "name": "web_search", "max_uses": 2}]
        wanted = demand(Endpoint.CHAT, chat("hi", tools=tools), Asked(10))

        held = ceiling(wanted, self.price, ONE, None, 0).quota
        assert held == wanted.input_tokens + 10 * 4 + 2 * 5_000


LIMIT_OF: list[tuple[str, dict[str, Any], int | None, int]] = [
    ("chat", {"max_tokens": 100_000, "max_completion_tokens": 1}, 1, 0),
    ("chat", {"max_completion_tokens": 0, "max_tokens": 9}, 9, 0),
    ("chat", {"max_tokens": 9, "n_predict": 7}, 7, 0),
    ("chat", {"max_tokens": None, "max_output_tokens": 3}, 3, 0),
    ("chat", {"max_tokens": 0}, None, 0),
    ("chat", {"max_tokens": 10, "thinking": {"type": "enabled", "budget_tokens": 9}}, 10, 0),
    ("chat", {"max_tokens": 10, "thinking": {"budget_tokens": 5_000}}, 10, 5_000),
    ("chat", {"max_tokens": 10, "thinking": "on"}, 10, 0),
    ("chat", {"max_tokens": 10, "thinking_budget": 4_000}, 10, 4_000),
    ("chat", {"max_tokens": 10, "thinking_budget": "4000"}, 10, 0),
    ("chat", {"max_tokens": 10, "reasoning": {"max_tokens": 3_000}}, 10, 3_000),
    ("chat", {"max_tokens": 10, "prediction": "x" * 98}, 10, 100),
    ("messages", {"max_tokens": 100_000, "max_completion_tokens": 1}, 1, 0),
]


@pytest.mark.fault("A1", "A2")
@pytest.mark.parametrize(("kind", "fields", "limit", "beside"), LIMIT_OF, ids=str)
def test_the_smallest_limit_counts_in_whatever_word(
    kind: str, fields: dict[str, Any], limit: int | None, beside: int
) -> None:
    client = client_dialect("openai" if kind == "chat" else "anthropic")

    envelope = client.envelope(chat("hi", **fields))

    assert (envelope.output_limit, envelope.output_beside) == (limit, beside)


@pytest.mark.fault("A1")
def test_a_compaction_reads_the_prompt_once_more_and_writes() -> None:
    body = chat("hi")
    plain = demand(Endpoint.CHAT, body, Asked(limit=100))
    twice = demand(Endpoint.CHAT, body, Asked(limit=100, compacts=True))

    assert twice.input_tokens == 2 * plain.input_tokens
    assert (plain.beside, twice.beside) == (0, 100)
    assert compacts({"edits": [{"type": "clear_thinking"}, {"type": "compact_20260112"}]})
    assert not compacts({"edits": [{"type": "clear_thinking"}, None]})
    assert not compacts("compact")


@pytest.mark.fault("A1")
def test_answers_that_the_client_does_not_get_are_made_too() -> None:
    openai = client_dialect("openai")

    assert openai.envelope(chat("hi")).answers == 1
    assert openai.envelope(chat("hi", n=2, best_of=5)).answers == 5
    for word in ("num_return_sequences", "num_generations", "candidate_count"):
        assert openai.envelope(chat("hi", n=2, **{word: 9})).answers == 9


units = st.integers(0, 10**11)
prices = st.builds(
    Price,
    **dict.fromkeys((*UNITS, "search"), units),
).map(lambda price: replace(price, thought=min(price.thought, price.output)))
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
    beside=st.integers(0, 10**5),
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
        reasoning_tokens=st.integers(0, output),
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
    output = each * wanted.answers + wanted.beside if wanted.endpoint in chats else 0

    usage = data.draw(usages(wanted, output))

    assert charge(usage, price, factor) <= held.quota
