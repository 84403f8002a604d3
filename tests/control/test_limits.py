"""Rate limits and whose they are."""

from collections.abc import Callable

import pytest

from oneapi.control.addresses import ProxyTrust, is_private
from oneapi.control.limits import RateLimiter
from oneapi.control.services import PRIVATE_NETWORKS, Limit, RateLimits
from tests.control.conftest import World
from tests.fakes import FakeClock


def test_a_burst_up_to_the_limit_passes_and_the_next_one_waits_for_its_turn() -> None:
    clock = FakeClock()
    limiter = RateLimiter(Limit(20, 1200), clock)
    assert [limiter.wait_seconds("a") for _ in range(21)] == [0] * 20 + [60]
    clock.advance(59)
    assert limiter.wait_seconds("a") == 1
    clock.advance(1)
    assert (limiter.wait_seconds("a"), limiter.wait_seconds("a")) == (0, 60)


def test_a_whole_window_of_silence_gives_the_whole_limit_back() -> None:
    clock = FakeClock()
    limiter = RateLimiter(Limit(3, 180), clock)
    for _ in range(2):
        assert [limiter.wait_seconds("a") for _ in range(4)] == [0, 0, 0, 60]
        clock.advance(180)


def test_addresses_do_not_share_and_zero_means_no_limit() -> None:
    limiter = RateLimiter(Limit(1, 60), FakeClock())
    assert [limiter.wait_seconds(key) for key in ("a", "b", "a")] == [0, 0, 60]
    unlimited = RateLimiter(Limit(0, 60), FakeClock())
    assert {unlimited.wait_seconds("a") for _ in range(100)} == {0}


def test_addresses_without_debts_are_forgotten() -> None:
    clock = FakeClock()
    limiter = RateLimiter(Limit(1, 60), clock)
    for number in range(10_000):
        limiter.wait_seconds(str(number))
    clock.advance(61)
    limiter.wait_seconds("one more")
    assert limiter.remembered == 1


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("127.0.0.1", "", "127.0.0.1"),
        ("10.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "198.51.100.7, 203.0.113.9, 192.168.1.1", "203.0.113.9"),
        ("203.0.113.9", "127.0.0.1", "203.0.113.9"),
        ("10.0.0.1", "rubbish", "10.0.0.1"),
        ("10.0.0.1", "[2001:db8::1]:4711", "2001:db8::1"),
        ("10.0.0.1", "203.0.113.9:4711", "203.0.113.9"),
        ("::ffff:10.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("", "203.0.113.9", ""),
    ],
)
def test_the_client_is_the_nearest_hop_that_no_trusted_proxy_is(
    peer: str, forwarded: str, client: str
) -> None:
    assert ProxyTrust(PRIVATE_NETWORKS).client(peer, forwarded) == client


@pytest.mark.parametrize(
    ("client", "private"),
    [("127.0.0.1", True), ("192.168.3.4", True), ("::1", True), ("fd00::1", True), ("", True),
     ("8.8.8.8", False), ("2606:4700::1", False), ("rubbish", False)],
)  # fmt: skip
def test_private_addresses_are_told_from_public_ones(client: str, private: bool) -> None:
    assert is_private(client) is private


def limited(worlds: Callable[..., World], *, api: int = 0, critical: int = 0) -> World:
    limits = RateLimits(api=Limit(api, 180), critical=Limit(critical, 1200))
    return worlds(rate_limits=limits)


def test_the_global_limit_answers_429_with_an_empty_body(worlds: Callable[..., World]) -> None:
    world = limited(worlds, api=3)
    visitor = world.visitor("8.8.8.8")
    replies = [visitor.get("/api/status") for _ in range(4)]
    assert [reply.status for reply in replies] == [200, 200, 200, 429]
    assert (replies[3].body, replies[3].headers["retry-after"]) == (b"", "60")
    assert world.visitor("8.8.4.4").get("/api/status").status == 200
    assert visitor.get("/login").status == 404


def test_guessing_passwords_has_a_limit_of_its_own(worlds: Callable[..., World]) -> None:
    visitor = limited(worlds, critical=2).visitor("8.8.8.8")
    guess = {"username": "nobody", "password": "guess"}
    assert [visitor.post("/api/user/login", guess).status for _ in range(3)] == [200, 200, 429]
    assert visitor.get("/api/status").status == 200


def test_a_stranger_cannot_escape_the_limit_by_claiming_other_addresses(
    worlds: Callable[..., World],
) -> None:
    stranger = limited(worlds, api=1).visitor("8.8.8.8")
    statuses = [
        stranger.get("/api/status", x_forwarded_for=f"1.1.1.{number}").status for number in range(2)
    ]
    assert statuses == [200, 429]
