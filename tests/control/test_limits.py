"""Rate limits and whose they are."""

from collections.abc import Callable

import pytest
from sqlalchemy import update

from oneapi.control.context import RateLimits
from oneapi.store.rate_limit import Limit, OwnDebts, RateLimiter
from oneapi.store.tables import users
from oneapi.wire.client_address import LOOPBACK, ProxyTrust
from tests.control.conftest import DEFAULT_HASH, PASSWORD, ROOT, World
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
    debts = OwnDebts()
    limiter = RateLimiter(Limit(1, 60), clock, debts)
    for number in range(10_000):
        limiter.wait_seconds(str(number))
    clock.advance(61)
    limiter.wait_seconds("one more")
    assert debts.remembered == 1


def limited(
    worlds: Callable[..., World], *, api: int = 0, critical: int = 0, account: int = 0
) -> World:
    limits = RateLimits(Limit(api, 180), Limit(critical, 1200), Limit(account, 1200))
    return worlds(rate_limits=limits)


@pytest.mark.fault("A9")
def test_addresses_of_one_ipv6_network_share_a_limit(worlds: Callable[..., World]) -> None:
    """Whoever has one of them has all the others, too."""
    world = limited(worlds, api=3)
    statuses = [world.visitor(f"2001:db8:1:2::{n}").get("/api/status").status for n in range(4)]
    assert statuses == [200, 200, 200, 429]
    assert world.visitor("2001:db8:1:3::1").get("/api/status").status == 200


@pytest.mark.fault("A9")
def test_wrong_passwords_from_one_ipv6_network_share_a_limit(worlds: Callable[..., World]) -> None:
    world = limited(worlds, critical=2)
    said = [
        world.visitor(f"2001:db8:1:2::{n}")
        .post("/api/user/login", {"username": f"u{n}", "password": "wrong"})
        .status
        for n in range(3)
    ]
    assert said == [200, 200, 429]


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


def test_what_is_forgiven_was_not_counted() -> None:
    limiter = RateLimiter(Limit(2, 60), FakeClock())
    for _ in range(5):
        assert limiter.wait_seconds("a") == 0
        limiter.forgive("a")
    assert [limiter.wait_seconds("a") for _ in range(3)] == [0, 0, 30]
    limiter.forgive("b")
    assert [limiter.wait_seconds("b") for _ in range(3)] == [0, 0, 30]


FORGED = ("x_forwarded_for", "forwarded", "x_real_ip")


def _forging(name: str, number: int) -> dict[str, str]:
    address = f"1.1.1.{number}"
    return {name: f"for={address}" if name == "forwarded" else address}


@pytest.mark.fault("A9")
@pytest.mark.parametrize("name", FORGED)
@pytest.mark.parametrize("peer", ["8.8.8.8", "10.0.0.7", "172.17.0.9", "fd00::7"])
def test_nobody_guesses_more_passwords_by_claiming_other_addresses(
    worlds: Callable[..., World], peer: str, name: str
) -> None:
    stranger = limited(worlds, critical=20).visitor(peer)
    guess = {"username": "root", "password": "guess"}
    statuses = [
        stranger.post("/api/user/login", guess, **_forging(name, number)).status
        for number in range(60)
    ]
    assert statuses == [200] * 20 + [429] * 40


@pytest.mark.fault("A9")
@pytest.mark.parametrize("name", ["alice", "nobody"])
def test_an_account_has_a_limit_of_wrong_passwords_from_wherever_they_come(
    worlds: Callable[..., World], name: str
) -> None:
    world = limited(worlds, account=3)
    spellings = [name, name.upper(), f" {name}", name.replace("a", "ä").replace("o", "ö"), name]
    statuses = [
        world.visitor(f"8.8.8.{number}")
        .post("/api/user/login", {"username": spelling, "password": "guess"})
        .status
        for number, spelling in enumerate(spellings)
    ]
    assert statuses == [200, 200, 200, 429, 429]
    other = {"username": "bob", "password": "guess"}
    assert world.visitor("8.8.8.8").post("/api/user/login", other).status == 200
    world.clock.advance(400)
    assert (
        world.visitor("9.9.9.9")
        .post("/api/user/login", {"username": name, "password": "guess"})
        .status
        == 200
    )


@pytest.mark.fault("A9")
def test_an_open_page_is_no_place_to_guess_the_password(worlds: Callable[..., World]) -> None:
    world = limited(worlds, account=3)
    alice = world.visitor()
    assert alice.post("/api/user/login", {"username": "alice", "password": PASSWORD}).content
    right = {"password": "a new password", "original_password": PASSWORD}
    statuses = [
        alice.put("/api/user/self", right | {"original_password": f"guess {number}"}).status
        for number in range(4)
    ]
    assert statuses == [200, 200, 200, 429]
    assert alice.put("/api/user/self", right).status == 429
    world.clock.advance(400)
    assert alice.put("/api/user/self", right).json["success"] is True


@pytest.mark.fault("A9")
def test_right_passwords_do_not_count(worlds: Callable[..., World]) -> None:
    world = limited(worlds, account=2)
    right = {"username": "alice", "password": PASSWORD}
    for _ in range(5):
        reply = world.visitor("8.8.8.8").post("/api/user/login", right)
        assert (reply.status, reply.json["success"]) == (200, True)


@pytest.mark.fault("A9")
@pytest.mark.parametrize("name", FORGED)
def test_a_proxy_that_nobody_trusts_is_no_private_client(
    worlds: Callable[..., World], name: str
) -> None:
    world = worlds(proxies=ProxyTrust(LOOPBACK))
    with world.database.begin() as connection:
        connection.execute(update(users).where(users.c.id == ROOT).values(password=DEFAULT_HASH))
    default = {"username": "root", "password": "123456"}
    forged = {name: "for=10.0.0.1" if name == "forwarded" else "10.0.0.1"}
    assert world.visitor("10.0.0.7").post("/api/user/login", default).json["success"]
    told = world.visitor("10.0.0.7").post("/api/user/login", default, **forged)
    assert told.json["success"] is False
    assert world.visitor("127.0.0.1").post("/api/user/login", default, **forged).json["success"]
