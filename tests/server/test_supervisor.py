"""The supervisor's promises, with workers that do nothing else than what a test asks of them."""

import contextlib
import os
import re
import resource
import signal
import socket
import subprocess
import sys
from collections.abc import Generator
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pytest
from tests.fakes import wait_until
from tests.server.environment import clean

from oneapi.server.supervisor import SHORTEST_PAUSE_SECONDS

ROOT = Path(__file__).parents[2]


class Told(NamedTuple):
    """What a scripted worker says of itself."""

    slot: int
    pid: int
    log_format: str


class Supervised:
    """A supervisor with scripted workers in `folder`, run as a real command."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, workers: int, behaviour: str) -> subprocess.Popen[bytes]:
        with (self.folder / "output").open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.server.scripted", str(workers), behaviour],
                cwd=self.folder,
                env={**clean(), "PYTHONPATH": str(ROOT)},
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        return self.process

    def output(self) -> str:
        return (self.folder / "output").read_text()

    def port(self) -> int:
        wait_until(lambda: "serving on" in self.output())
        found = re.search(r"serving on http://127\.0\.0\.1:(\d+)", self.output())
        assert found is not None
        return int(found[1])

    def ask(self) -> Told:
        with socket.create_connection(("127.0.0.1", self.port()), timeout=5) as connection:
            slot, pid, log_format = connection.recv(100).decode().split()
            return Told(int(slot), int(pid), log_format)

    def every_worker(self, count: int) -> set[Told]:
        """Ask until `count` different workers have answered."""
        found: set[Told] = set()

        def asked() -> bool:
            try:
                found.add(self.ask())
            except (OSError, ValueError):
                return False
            return len(found) >= count

        wait_until(asked)
        return found

    def kill(self) -> None:
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


@pytest.fixture
def supervised(tmp_path: Path) -> Generator[Supervised, None, None]:
    started = Supervised(tmp_path)
    yield started
    started.kill()


def _is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def test_workers_share_the_port_and_stop_with_status_0(supervised: Supervised) -> None:
    process = supervised.start(2, "serve")
    workers = supervised.every_worker(2)
    assert {worker.slot for worker in workers} == {0, 1}
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0
    assert not any(_is_alive(worker.pid) for worker in workers)


def test_a_killed_worker_is_replaced_in_its_own_slot(supervised: Supervised) -> None:
    supervised.start(2, "serve")
    victim = next(worker for worker in supervised.every_worker(2) if worker.slot == 1)
    os.kill(victim.pid, signal.SIGKILL)
    after = {worker for worker in supervised.every_worker(2) if worker.pid != victim.pid}
    wait_until(lambda: "by=signal 9" in supervised.output())
    assert {worker.slot for worker in after} <= {0, 1}
    assert len({worker.slot for worker in supervised.every_worker(2)}) == 2


def test_workers_do_not_outlive_a_killed_supervisor(supervised: Supervised) -> None:
    process = supervised.start(2, "serve")
    workers = supervised.every_worker(2)
    process.kill()
    process.wait()
    wait_until(lambda: not any(_is_alive(worker.pid) for worker in workers))


@pytest.mark.fault("A4")
def test_a_worker_that_keeps_dying_at_its_start_is_tried_on_and_the_others_serve(
    supervised: Supervised,
) -> None:
    supervised.start(2, "die")
    deaths = "worker died and is restarted slot=1"
    wait_until(lambda: supervised.output().count(deaths) == 5)
    assert supervised.ask().slot == 0
    (supervised.folder / "well").touch()
    assert {worker.slot for worker in supervised.every_worker(2)} == {0, 1}


@pytest.mark.fault("A4")
def test_a_worker_that_dies_soon_after_its_start_is_restarted_ever_more_slowly(
    supervised: Supervised,
) -> None:
    supervised.start(1, "faint")
    wait_until(lambda: supervised.output().count("worker died") == 4, seconds=30)
    ready = (supervised.folder / "ready-at").read_text().split()
    first, *_, last = [later - sooner for sooner, later in pairwise(map(float, ready))]
    assert last > first + SHORTEST_PAUSE_SECONDS


@pytest.mark.fault("A4")
def test_a_lack_of_processes_ends_nothing(supervised: Supervised) -> None:
    process = supervised.start(2, "serve")
    wait_until(lambda: supervised.output().count("worker ready") == 2)  # their pipes are closed
    victim = supervised.ask()
    before = resource.prlimit(process.pid, resource.RLIMIT_NOFILE)
    used = {int(path.name) for path in Path(f"/proc/{process.pid}/fd").iterdir()}
    free = min(set(range(len(used) + 1)) - used)
    resource.prlimit(process.pid, resource.RLIMIT_NOFILE, (free, before[1]))  # not even a pipe
    os.kill(victim.pid, signal.SIGKILL)
    wait_until(lambda: supervised.output().count("no worker can be started") >= 2)
    resource.prlimit(process.pid, resource.RLIMIT_NOFILE, before)
    assert {worker.slot for worker in supervised.every_worker(2)} == {0, 1}


def test_a_worker_that_waits_for_the_database_is_not_given_up(supervised: Supervised) -> None:
    supervised.start(2, "away")
    wait_until(lambda: supervised.output().count("worker ready") == 2, seconds=30)
    assert supervised.output().count("by=status 75") == 4


def test_a_first_worker_that_cannot_start_ends_everything_at_once(supervised: Supervised) -> None:
    process = supervised.start(2, "broken")
    assert process.wait(10) == 1
    assert supervised.output().count("RuntimeError: this worker is broken") == 1


def test_a_deaf_worker_is_killed_by_the_second_signal(supervised: Supervised) -> None:
    process = supervised.start(1, "deaf")
    supervised.port()
    process.send_signal(signal.SIGTERM)
    wait_until(lambda: "stopping" in supervised.output())
    process.send_signal(signal.SIGTERM)
    assert process.wait(15) == 0
    assert "workers did not stop in time and are killed" in supervised.output()


def test_a_hangup_replaces_every_worker_and_always_somebody_serves(supervised: Supervised) -> None:
    process = supervised.start(2, "serve")
    before = {worker.pid for worker in supervised.every_worker(2)}
    (supervised.folder / "format").write_text("json")
    process.send_signal(signal.SIGHUP)
    renewed: set[int] = set()

    def is_renewed() -> bool:
        try:
            worker = supervised.ask()  # a refused connection fails the test
        except (ConnectionResetError, ValueError):
            return False  # it waited in the queue of a worker that left; real ones see to that
        if worker.log_format == "json":
            renewed.add(worker.pid)
        return len(renewed) == 2 and not any(_is_alive(pid) for pid in before)

    wait_until(is_renewed)


def test_a_wrong_configuration_at_a_hangup_changes_nothing(supervised: Supervised) -> None:
    process = supervised.start(1, "serve")
    before = supervised.ask().pid
    process.send_signal(signal.SIGHUP)
    wait_until(lambda: "the configuration is not re-read" in supervised.output())
    assert supervised.ask().pid == before
