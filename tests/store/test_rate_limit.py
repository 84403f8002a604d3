"""The limits that the workers of a node share: one count for all of them, whoever asks first."""

import subprocess
import sys
from pathlib import Path

import pytest

from oneapi.store.rate_limit import Limit, RateLimiter, SharedDebts, shared_debts
from tests.fakes import FakeClock

PASSING = """
import sys
from pathlib import Path
from oneapi.store.rate_limit import Limit, RateLimiter, SharedDebts
debts = SharedDebts(Path(sys.argv[1]))
limiter = RateLimiter(Limit(100, 1_000_000), lambda: 1.0, debts, "api ")
sys.stdin.read(1)
print(sum(limiter.wait_seconds("192.0.2.1") == 0 for _ in range(200)))
"""


def test_what_one_worker_counted_the_other_one_knows(tmp_path: Path) -> None:
    clock = FakeClock()
    one, other = SharedDebts(tmp_path / "limits"), SharedDebts(tmp_path / "limits")
    first, second = (
        RateLimiter(Limit(2, 60), clock, one, "api "),
        RateLimiter(Limit(2, 60), clock, other, "api "),
    )
    assert [first.wait_seconds("a"), second.wait_seconds("a"), first.wait_seconds("a")] == [
        0,
        0,
        30,
    ]
    assert second.wait_seconds("b") == 0
    second.forgive("a")
    assert [first.wait_seconds("a"), second.wait_seconds("a")] == [0, 30]
    assert RateLimiter(Limit(1, 60), clock, other, "critical ").wait_seconds("a") == 0
    clock.advance(60)
    assert [first.wait_seconds("a"), second.wait_seconds("a"), first.wait_seconds("a")] == [
        0,
        0,
        30,
    ]
    one.close()
    other.close()


def test_workers_at_the_same_time_let_no_more_pass_than_one(tmp_path: Path) -> None:
    path = tmp_path / "limits"
    command = [sys.executable, "-c", PASSING, str(path)]
    workers = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write("x")
        worker.stdin.flush()
    passed = [int(worker.communicate()[0]) for worker in workers]
    assert sum(passed) == 100


def test_many_addresses_forget_those_who_owe_least(tmp_path: Path) -> None:
    debts = SharedDebts(tmp_path / "limits")
    limiter = RateLimiter(Limit(10, 1000), FakeClock(), debts)
    for _ in range(10):
        limiter.wait_seconds("who guesses")
    for number in range(200_000):
        debts.owe(str(number), 1_000_001.0, 1_000_000.0)
    assert limiter.wait_seconds("who guesses") > 0
    assert (tmp_path / "limits").stat().st_size == 1 << 20
    debts.close()


def test_a_file_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="limits"):
        SharedDebts(tmp_path / "nowhere" / "limits")
    assert shared_debts(tmp_path / "nowhere", 2) is None
    assert shared_debts(tmp_path, 1) is None
