"""Which channel is next: priority, weight, rest, and never the same one twice."""

from collections import Counter

import pytest

from oneapi.errors import UpstreamError
from oneapi.providers import registry
from oneapi.providers.base import Target
from oneapi.providers.secret import Secret
from oneapi.relay.health import Evidence, Health
from oneapi.relay.routing import Balancer, serving
from oneapi.relay.snapshot import Channel, Snapshot, build
from oneapi.store.settings import Settings
from oneapi.wire.endpoints import Endpoint, client_path
from tests.fakes import FakeClock

ROUTE = ("default", "m")
CHAT = client_path("openai", Endpoint.CHAT)
EMBEDDINGS = client_path("openai", Endpoint.EMBEDDINGS)


def channel(number: int, priority: int = 0, weight: int = 0, kind: int = 1) -> Channel:
    provider = registry.provider(kind)
    assert provider is not None
    return Channel(
        id=number,
        type=kind,
        name=f"c{number}",
        target=Target(number, provider, "http://vendor", Secret("k")),
        priority=priority,
        weight=weight,
        models=("m",),
        groups=("default",),
        model_mapping={},
        system_prompt=None,
        enabled=True,
    )


def snapshot(*channels: Channel) -> Snapshot:
    return build(Settings({}), channels)


class Bench:
    """A balancer with a clock, and what it told the other workers."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.told: list[tuple[int, str, float]] = []
        self.health = Health(self.clock, self._tell, base_seconds=2.0, max_seconds=60.0)
        self.balancer = Balancer(self.health)

    def _tell(self, channel_id: int, model: str, until: float, asked_until: float) -> None:
        self.told.append((channel_id, model, until))

    def choose(self, state: Snapshot, *tried: int) -> int | None:
        chosen = self.balancer.choose(state, ROUTE, CHAT, tried)
        return None if chosen is None else chosen.id


@pytest.fixture
def bench() -> Bench:
    return Bench()


def failure(retry_after: float | None = None) -> UpstreamError:
    return UpstreamError("no", status=429, retry_after=retry_after)


def test_the_best_priority_comes_first_also_below_zero(bench: Bench) -> None:
    state = snapshot(channel(1, priority=-5), channel(2, priority=-1))
    assert [bench.choose(state) for _ in range(3)] == [2, 2, 2]
    assert bench.choose(state, 2) == 1


def test_no_channel_is_tried_twice(bench: Bench) -> None:
    state = snapshot(channel(1), channel(2))
    assert bench.choose(state, 1, 2) is None


def test_weights_are_shares_and_turns_are_smooth(bench: Bench) -> None:
    state = snapshot(channel(1, weight=5), channel(2, weight=1), channel(3, weight=1))
    turns = [bench.choose(state) for _ in range(14)]
    assert Counter(turns) == {1: 10, 2: 2, 3: 2}
    assert turns[:7] == [1, 1, 2, 1, 3, 1, 1]


def test_weights_that_are_all_zero_are_equal(bench: Bench) -> None:
    state = snapshot(channel(1), channel(2))
    assert Counter(bench.choose(state) for _ in range(10)) == {1: 5, 2: 5}


def test_a_channel_of_weight_zero_beside_others_waits_until_they_are_tried(bench: Bench) -> None:
    state = snapshot(channel(1, weight=3), channel(2))
    assert {bench.choose(state) for _ in range(10)} == {1}
    assert bench.choose(state, 1) == 2


def test_a_channel_that_does_not_serve_the_endpoint_is_passed_over(bench: Bench) -> None:
    state = snapshot(channel(1, priority=9, kind=14), channel(2))
    chosen = bench.balancer.choose(state, ROUTE, EMBEDDINGS, ())
    assert chosen is not None
    assert chosen.id == 2
    assert not serving(snapshot(channel(1, kind=14)).routes[ROUTE], EMBEDDINGS)


def test_a_failed_channel_rests_as_long_as_the_vendor_says(bench: Bench) -> None:
    state = snapshot(channel(1))
    bench.health.failed(1, "m", failure(retry_after=7))
    bench.clock.advance(6.9)
    assert bench.choose(state) is None
    bench.clock.advance(0.2)
    assert bench.choose(state) == 1


def test_rests_grow_and_are_never_shortened(bench: Bench) -> None:
    for expected in (2, 4, 8):
        bench.health.failed(1, "m", failure())
        assert bench.told[-1][2] == bench.clock.now + expected
    bench.health.failed(1, "m", failure(retry_after=1))
    bench.health.failed(2, "m", failure(retry_after=9))
    assert bench.health.rest_seconds([(1, "m"), (2, "m")]) == 8
    assert bench.health.rest_seconds([(1, "m")]) == 1, (
        "the only one waits as long as it is asked to"
    )


def test_one_request_probes_before_the_others_follow(bench: Bench) -> None:
    state = snapshot(channel(1))
    bench.health.failed(1, "m", failure(retry_after=1))
    bench.clock.advance(1.1)
    assert [bench.choose(state) for _ in range(3)] == [1, None, None]
    bench.health.succeeded(1, "m")
    assert [bench.choose(state) for _ in range(2)] == [1, 1]
    assert bench.told[-1] == (1, "m", 0.0)


def test_a_probe_whose_client_left_leaves_the_turn_to_the_next(bench: Bench) -> None:
    state = snapshot(channel(1))
    bench.health.failed(1, "m", failure(retry_after=1))
    bench.clock.advance(1.1)
    bench.choose(state)
    bench.health.abandoned(1, "m")
    assert bench.choose(state) == 1


def test_the_clients_own_mistakes_put_nobody_to_rest(bench: Bench) -> None:
    error = UpstreamError("bad", status=400, channel_at_fault=False, retryable=False)
    bench.health.failed(1, "m", error)
    assert bench.health.calm


def test_other_workers_news_are_believed(bench: Bench) -> None:
    state = snapshot(channel(1))
    bench.health.heard(1, "m", bench.clock.now + 5, bench.clock.now + 5)
    assert bench.choose(state) is None
    bench.health.heard(1, "m", 0.0, 0.0)
    assert bench.choose(state) == 1


LONE = pytest.mark.fault("also: a lone channel")


@LONE
def test_the_only_channel_is_asked_although_it_rests_one_request_at_a_time(bench: Bench) -> None:
    state = snapshot(channel(1), channel(2, kind=14))
    for _ in range(3):
        bench.health.failed(1, "m", failure())
        chosen = [bench.balancer.choose(state, ROUTE, EMBEDDINGS, ()) for _ in range(3)]
        assert [found and found.id for found in chosen] == [1, None, None]
    bench.health.succeeded(1, "m")
    assert bench.balancer.choose(state, ROUTE, EMBEDDINGS, ()) is not None
    assert bench.balancer.choose(state, ROUTE, EMBEDDINGS, (1,)) is None


@LONE
def test_of_two_channels_that_rest_neither_is_asked(bench: Bench) -> None:
    state = snapshot(channel(1), channel(2))
    bench.health.failed(1, "m", failure())
    bench.health.failed(2, "m", failure())
    assert bench.choose(state) is None


@LONE
def test_other_workers_rests_do_not_keep_the_only_channel_from_being_asked(bench: Bench) -> None:
    bench.health.heard(1, "m", bench.clock.now + 5, 0.0)
    assert bench.choose(snapshot(channel(1))) == 1


def test_an_edited_channel_starts_afresh(bench: Bench) -> None:
    bench.health.failed(1, "m", failure(retry_after=100))
    bench.health.forget({1})
    assert bench.choose(snapshot(channel(1))) == 1


def test_disabling_takes_a_full_window_of_evidence() -> None:
    evidence = Evidence(samples=4, success_rate=0.8)
    outcomes = [True, False, False]
    assert not any(evidence.record(1, outcome) for outcome in outcomes)
    assert evidence.record(1, success=False)
    assert not evidence.record(1, success=False), "the window starts anew"


def test_a_good_channel_survives_single_failures() -> None:
    evidence = Evidence(samples=10, success_rate=0.8)
    assert not any(evidence.record(1, number % 5 != 0) for number in range(100))
