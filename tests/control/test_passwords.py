"""One thread hashes passwords, one after the other, behind everything else."""

import os
import sys
import threading
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from oneapi.control.answers import Refused
from oneapi.control.sign_in.passwords import HASHING, NICENESS, HashingThread, hashed, matches
from tests.control.conftest import PASSWORD, World
from tests.fakes import wait_until


def test_whoever_asks_one_thread_does_it_one_after_the_other() -> None:
    hashing = HashingThread()
    at_once, most, threads = 0, 0, set[int]()
    together = threading.Barrier(8)

    def work() -> None:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        threads.add(threading.get_ident())
        at_once -= 1

    def ask() -> None:
        together.wait()
        hashing.do(work)

    with ThreadPoolExecutor(8) as pool:
        for asked in [pool.submit(ask) for _ in range(8)]:
            asked.result()
    assert (len(threads), most) == (1, 1)


@pytest.mark.skipif(sys.platform != "linux", reason="threads have no niceness of their own")
def test_it_yields_to_the_others() -> None:
    def niceness() -> int:
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    before = niceness()
    assert HashingThread().do(niceness) == min(NICENESS, 19)
    assert niceness() == before


@contextmanager
def crowded(hashing: HashingThread) -> Generator[None]:
    """As many wait as may."""
    gate = threading.Event()
    with ThreadPoolExecutor(hashing.waiting_most) as pool:
        waiting = [pool.submit(hashing.do, gate.wait, 20) for _ in range(hashing.waiting_most)]
        try:
            wait_until(lambda: hashing.waiting == hashing.waiting_most)
            yield
        finally:
            gate.set()
        assert all(one.result() for one in waiting)


def test_who_comes_when_too_many_wait_is_refused_at_once() -> None:
    hashing = HashingThread(2)
    with crowded(hashing), pytest.raises(Refused) as refused:
        hashing.do(int)
    assert (refused.value.key, refused.value.status) == ("hashing_busy", 503)
    assert hashing.do(int) == 0


def test_what_goes_wrong_is_raised_where_it_was_asked_for() -> None:
    hashing = HashingThread(1)
    for _ in range(3):
        with pytest.raises(ValueError, match="invalid literal"):
            hashing.do(int, "x")


def test_a_hash_matches_its_password_only() -> None:
    stored = hashed("correct pony")
    assert matches("correct pony", stored)
    assert not matches("correct horse", stored)
    assert not matches("correct pony", "")


def test_somebody_who_signs_in_meanwhile_is_told_to_come_again(world: World) -> None:
    form = {"username": "alice", "password": PASSWORD}
    with crowded(HASHING):
        reply = world.visitor().post("/api/user/login", form)
    assert (reply.status, reply.json["code"]) == (503, "hashing_busy")
    assert reply.headers["retry-after"] == "2"
    assert world.visitor().post("/api/user/login", form).json["success"]
