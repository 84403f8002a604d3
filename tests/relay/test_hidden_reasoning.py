"""What a model thought and did not show: learned from whole answers, owed by clients that leave."""

import pytest

from oneapi.providers.base import Observed
from oneapi.relay.hidden_reasoning import ASSUMED_RATE, learn, owed
from oneapi.wire.usage import Usage


def reasoned(made: int, thought: int) -> Usage:
    return Usage(10, made, reasoning_tokens=thought)


@pytest.mark.fault("A10")
def test_what_whole_answers_hid_is_owed_by_the_seconds() -> None:
    observed = Observed()
    learn(observed, "m", reasoned(2_100, 2_000), delivered=100, seconds=10.0)

    assert owed(observed, "m", 5.0, hides=False) == 1_000
    assert owed(observed, "m", 0.0, hides=False) == 20  # a tenth of a second at least
    assert owed(observed, "other", 5.0, hides=False) == 0


@pytest.mark.fault("A10")
def test_a_model_that_is_known_to_hide_is_assumed_to_until_it_is_heard_out() -> None:
    observed = Observed()
    assert owed(observed, "o3", 4.0, hides=True) == 4 * ASSUMED_RATE

    learn(observed, "o3", reasoned(500, 0), delivered=500, seconds=4.0)
    assert owed(observed, "o3", 4.0, hides=True) == 4 * ASSUMED_RATE  # it said nothing of reasoning
    learn(observed, "o3", reasoned(500, 400), delivered=500, seconds=4.0)
    assert owed(observed, "o3", 4.0, hides=True) == 0  # and shows it here


def test_the_newest_answer_counts_a_quarter() -> None:
    observed = Observed()
    learn(observed, "m", reasoned(1_000, 1_000), delivered=0, seconds=1.0)
    learn(observed, "m", reasoned(100, 0), delivered=100, seconds=1.0)

    assert owed(observed, "m", 1.0, hides=False) == 750


def test_reasoning_that_was_shown_is_not_owed_twice() -> None:
    observed = Observed()
    learn(observed, "m", reasoned(1_000, 900), delivered=980, seconds=1.0)

    assert owed(observed, "m", 1.0, hides=False) == 20
