"""What had come by `passed_on` has been passed on, wherever in a round that is asked."""

import asyncio
import socket
import threading
import time
from typing import Any

import pytest
import uvloop

from oneapi.upstream.rounds import Rounds

PIECES = 300


class _Listener(asyncio.Protocol):
    """Asks on every piece, and once more later in the same round and in the next."""

    def __init__(self, rounds: Rounds, sent: list[float], found: list[str]) -> None:
        self._rounds = rounds
        self._sent = sent
        self._found = found
        self.heard = 0

    def data_received(self, data: bytes) -> None:
        self.ask()  # this piece has not been passed on yet
        self.heard += len(data)
        self.ask()
        asyncio.get_running_loop().call_soon(self.ask)

    def ask(self) -> None:
        until = self._rounds.passed_on()
        if self.heard < len(self._sent) and self._sent[self.heard] <= until:
            self._found.append(f"{self._sent[self.heard]} came, heard until {until}")


def _write(line: socket.socket, sent: list[float]) -> None:
    for number in range(PIECES):
        line.send(b"x")
        sent.append(time.monotonic())
        if number % 7 == 0:
            time.sleep(0.003)


async def _listen(found: list[str]) -> float:
    loop = asyncio.get_running_loop()
    here, there = socket.socketpair()
    sent: list[float] = []
    rounds = Rounds(loop, time.monotonic)
    listener = _Listener(rounds, sent, found)
    transport, _ = await loop.create_connection(lambda: listener, sock=here)
    writer = threading.Thread(target=_write, args=(there, sent))
    writer.start()
    while listener.heard < PIECES:
        await asyncio.sleep(0.001)
        time.sleep(0.002)  # noqa: ASYNC251 - the loop is late: what comes meanwhile has not been passed on
        loop.call_soon(listener.ask)  # the clock says the beginning of a round
    writer.join()
    last = sent[-1]
    for _ in range(50):
        await asyncio.sleep(0.002)
        if rounds.passed_on() >= last:
            break
    transport.close()
    there.close()
    return rounds.passed_on() - last


def test_what_came_before_has_been_passed_on() -> None:
    found: list[str] = []
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert runner.run(_listen(found)) >= 0, "a silent loop knows it soon"
    assert found == []


@pytest.mark.parametrize(
    ("factory", "clock"),
    [(asyncio.SelectorEventLoop, time.monotonic), (uvloop.new_event_loop, lambda: 0.0)],
)
def test_nothing_is_known_by_other_clocks(factory: Any, clock: Any) -> None:
    loop = factory()
    rounds = Rounds(loop, clock)
    assert [rounds.passed_on() for _ in range(5)] == [0.0] * 5
    loop.close()
