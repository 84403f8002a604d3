"""Reading a vendor's counts: what a count is, and how several reports about one answer become one."""

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, strategies as st

from oneapi.wire.anthropic_usage import anthropic_counts, canonical_counts, usage_of
from oneapi.wire.usage import Usage, counted, merge_counts


@pytest.mark.fault("W3", "A6")
@pytest.mark.parametrize(
    ("value", "count"),
    [
        (None, 0),
        (0, 0),
        (7, 7),
        (7.0, 7),
        (7.2, 8),
        (-1, -1),
        (-35, -1),
        (-0.5, -1),
        ("7", -1),
        ("", -1),
        (True, -1),
        (False, -1),
        ([], -1),
        (float("nan"), -1),
        (float("inf"), -1),
        (1e300, -1),
    ],
)
def test_a_count_is_a_number_that_is_not_negative(value: object, count: int) -> None:
    assert counted(value) == count


MERGED: list[tuple[list[dict[str, Any]], dict[str, Any]]] = [
    ([{"a": 1}, {"a": 5}, {"a": 3}], {"a": 3}),  # cumulative: the last one is right
    ([{"a": 5}, {"a": 0}], {"a": 5}),
    ([{"a": 5}, {"a": None}], {"a": 5}),
    ([{"a": 5}, {"a": "none"}], {"a": 5}),
    ([{"a": 5}, {"a": -1}], {"a": 5}),
    ([{"a": 0}, {"a": 5}], {"a": 5}),
    ([{"a": "x"}, {"a": 5}], {"a": 5}),
    ([{"a": 0}, {"a": -1}], {"a": -1}),
    ([{"a": 5}, {"b": 7}], {"a": 5, "b": 7}),
    ([{"d": {"x": 1, "y": 2}}, {"d": {"x": 0, "y": 4}}], {"d": {"x": 1, "y": 4}}),
    ([{"d": {"x": 1}}, {"d": None}], {"d": {"x": 1}}),
    ([{"d": None}, {"d": {"x": 1}}], {"d": {"x": 1}}),
    ([{"tier": "standard"}, {"tier": "priority"}], {"tier": "priority"}),
]


@pytest.mark.fault("W5")
@pytest.mark.parametrize(("said", "merged"), MERGED, ids=str)
def test_nothing_never_replaces_a_count(said: list[dict[str, Any]], merged: dict[str, Any]) -> None:
    known: dict[str, Any] = {}
    before = deepcopy(said)
    for counts in said:
        merge_counts(known, counts)

    assert known == merged
    assert said == before  # what the vendor said stays as it was


ROUND = {"type": "message", "input_tokens": 400, "output_tokens": 90}
ITERATIONS: list[tuple[dict[str, Any], Usage]] = [
    (  # the counts leave out what a compaction and another call of the model took
        {
            "input_tokens": 23_000,
            "output_tokens": 1000,
            "iterations": [
                {"type": "compaction", "input_tokens": 180_000, "output_tokens": 3500},
                {"type": "message", "input_tokens": 23_000, "output_tokens": 1000},
            ],
        },
        Usage(input_tokens=203_000, output_tokens=4500),
    ),
    (
        {
            "input_tokens": 400,
            "output_tokens": 90,
            "server_tool_use": {"web_search_requests": 2},
            "iterations": [
                ROUND,
                {
                    "type": "advisor_message",
                    "input_tokens": 800,
                    "output_tokens": 1600,
                    "cache_read_input_tokens": 50,
                    "cache_creation": {"ephemeral_1h_input_tokens": 7},
                },
            ],
        },
        Usage(
            input_tokens=1257,
            output_tokens=1690,
            cached_tokens=50,
            cache_write_1h_tokens=7,
            searches=2,
        ),
    ),
    (  # the counts are the sum already, or say more
        {"input_tokens": 800, "output_tokens": 180, "iterations": [ROUND, ROUND]},
        Usage(input_tokens=800, output_tokens=180),
    ),
    ({"input_tokens": 9, "output_tokens": 5, "iterations": []}, Usage(9, 5)),
    ({"input_tokens": 9, "output_tokens": 5, "iterations": [None, "x", {}]}, Usage(9, 5)),
    ({"input_tokens": 9, "output_tokens": 5, "iterations": {"type": "message"}}, Usage(9, 5)),
]


@pytest.mark.fault("R1", "W4")
@pytest.mark.parametrize(("counts", "usage"), ITERATIONS, ids=str)
def test_all_that_anthropic_counts_apart_is_counted(counts: dict[str, Any], usage: Usage) -> None:
    assert usage_of(counts) == usage


@pytest.mark.fault("A6")
def test_an_iteration_that_cannot_be_counted_makes_the_usage_odd() -> None:
    counts = {"input_tokens": 9, "output_tokens": 5, "iterations": [{"output_tokens": -1}]}
    assert "-1" in usage_of(counts).oddity


@pytest.mark.fault("W22")
def test_an_anthropic_client_never_reads_a_negative_count() -> None:
    said = {"prompt_tokens": 50, "completion_tokens": 10, "total_tokens": 60}
    counts = anthropic_counts({**said, "prompt_tokens_details": {"cached_tokens": 5450}})

    assert counts["input_tokens"] == 0


counts_of_a_vendor = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-10, 10**6),
    st.integers(),
    st.floats(),
    st.text(max_size=3),
    st.dictionaries(st.text(max_size=2), st.integers(), max_size=2),
)
NAMES = (
    "input_tokens",
    "output_tokens",
    "cache_read_input_tokens",
    "cache_creation_input_tokens",
    "cache_creation",
    "server_tool_use",
    "output_tokens_details",
)
objects = st.dictionaries(
    st.sampled_from(NAMES),
    counts_of_a_vendor
    | st.dictionaries(
        st.sampled_from(
            ("ephemeral_5m_input_tokens", "ephemeral_1h_input_tokens", "web_search_requests")
        ),
        counts_of_a_vendor,
    ),
)


@given(st.lists(objects, max_size=4))
def test_whatever_a_vendor_reports_is_read(said: list[dict[str, Any]]) -> None:
    known: dict[str, Any] = {}
    for counts in said:
        merge_counts(known, counts)

    usage = usage_of(known)

    assert min(usage.counts().values(), default=0) >= 0
    assert usage.cached_tokens + usage.cache_write_tokens <= usage.input_tokens
    shown = canonical_counts(known, usage)
    if shown is not None:
        again = anthropic_counts(shown)
        assert min(again["input_tokens"], again["output_tokens"]) >= 0
        assert usage_of(again).input_tokens == usage.input_tokens


def test_a_usage_that_says_nothing_says_so() -> None:
    assert not Usage().says_something
    assert not Usage(searches=1, cached_tokens=3).says_something
    assert Usage(seconds=0.5).says_something


@pytest.mark.fault("W22")
@pytest.mark.parametrize("unsaid", [{}, {"cache_read_input_tokens": None}])
def test_a_cache_that_one_name_does_not_count_is_told_by_the_other(unsaid: dict[str, Any]) -> None:
    counts = {
        "prompt_tokens": 100,
        "completion_tokens": 5,
        "prompt_tokens_details": {"cached_tokens": 80, "cache_write_tokens": 10},
        **unsaid,
    }
    told = anthropic_counts(counts)
    assert (told["input_tokens"], told["cache_read_input_tokens"]) == (10, 80)
    assert told["cache_creation_input_tokens"] == 10
