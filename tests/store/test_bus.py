"""The bus: datagrams between workers of one node."""

import asyncio
import socket
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from oneapi.store.bus import Bus


class Listener:
    """Keeps what its bus receives."""

    def __init__(self, directory: Path, slot: int) -> None:
        self.heard: list[tuple[str, bytes]] = []
        self.bus = Bus(directory, slot, lambda topic, payload: self.heard.append((topic, payload)))
        self.bus.start()


async def until(is_true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 5
    while not is_true():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.005)


async def test_the_others_hear_and_the_speaker_does_not(tmp_path: Path) -> None:
    speaker, first, second = (Listener(tmp_path, slot) for slot in range(3))
    speaker.bus.publish("rest", b"\x00channel\n7")
    speaker.bus.publish("poll")
    expected = [("rest", b"\x00channel\n7"), ("poll", b"")]
    await until(lambda: first.heard == expected and second.heard == expected)
    assert speaker.heard == []
    for listener in (speaker, first, second):
        listener.bus.close()
    assert list(tmp_path.iterdir()) == []  # noqa: ASYNC240 - a folder in memory


async def test_a_dead_worker_s_socket_is_removed(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as dead:
        dead.bind(str(tmp_path / "bus-9-1.sock"))
    speaker = Listener(tmp_path, 0)
    speaker.bus.publish("rest")
    assert not (tmp_path / "bus-9-1.sock").exists()
    speaker.bus.close()


async def test_a_worker_that_does_not_read_delays_nobody(tmp_path: Path) -> None:
    deaf_path = tmp_path / "bus-9-1.sock"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as deaf:
        deaf.bind(str(deaf_path))
        speaker, listener = Listener(tmp_path, 0), Listener(tmp_path, 1)
        for number in range(2000):
            speaker.bus.publish("rest", b"%d" % number)
            if number % 5 == 0:
                await asyncio.sleep(0)
        await until(lambda: bool(listener.heard))
        assert deaf_path.exists()
        speaker.bus.close()
        listener.bus.close()


async def test_a_deep_folder_is_no_obstacle(tmp_path: Path) -> None:
    deep = tmp_path / ("x" * 100) / ("y" * 100)
    speaker, listener = Listener(deep, 0), Listener(deep, 1)
    speaker.bus.publish("rest", b"1")
    await until(lambda: listener.heard == [("rest", b"1")])
    speaker.bus.close()
    listener.bus.close()


async def test_a_closed_bus_is_silent_and_may_be_closed_again(tmp_path: Path) -> None:
    closed, listener = Listener(tmp_path, 0), Listener(tmp_path, 1)
    closed.bus.close()
    closed.bus.close()
    closed.bus.publish("rest")
    listener.bus.publish("rest")
    assert (closed.heard, listener.heard) == ([], [])
    listener.bus.close()


async def test_a_message_too_large_is_a_mistake(tmp_path: Path) -> None:
    speaker = Listener(tmp_path, 0)
    with pytest.raises(ValueError, match="larger than"):
        speaker.bus.publish("rest", b"x" * 70_000)
    speaker.bus.close()
