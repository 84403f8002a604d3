"""Start processes on a chosen core, wait until they answer, and end exactly those that were started."""

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from bench import machine

STOP_SECONDS = 30.0


class StartError(RuntimeError):
    """A process ended or stayed silent where an answer was due."""


class Program:
    """One started process (with its children), its log file, and the way to end it."""

    def __init__(
        self,
        command: list[str],
        *,
        core: int,
        log: Path,
        folder: Path | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.log = log
        with log.open("ab") as stream:
            self._process = subprocess.Popen(
                ["taskset", "-c", str(core), *command],
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
                cwd=folder,
                env=environment,
                start_new_session=True,
            )
        self.pid = self._process.pid

    def alive(self) -> bool:
        """Say whether the first process still runs."""
        return self._process.poll() is None

    def wait(self, seconds: float) -> int:
        """Wait for its own end."""
        return self._process.wait(seconds)

    def stop(self, seconds: float = STOP_SECONDS) -> int | None:
        """Ask it to end; after `seconds` kill its tree. Return the exit status, None if killed."""
        members = machine.tree(self.pid) if self.alive() else [self.pid]
        status: int | None = None
        if self.alive():
            self._process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            status = self._process.wait(seconds)
        for pid in members if status is None else members[1:]:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                if os.getsid(pid) == self.pid:
                    os.kill(pid, signal.SIGKILL)
        self._process.wait(10)
        return status

    def last_words(self) -> str:
        """Return the end of its log."""
        return self.log.read_text(errors="replace")[-2000:]

    def wait_until_open(self, port: int, seconds: float = 30.0) -> None:
        """Return when something accepts connections on `port`."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and self.alive():
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 5):
                return
            time.sleep(0.02)
        raise StartError(f"does not listen:\n{self.last_words()}")

    def wait_for_answer(self, port: int, path: str, seconds: float = 60.0) -> None:
        """Return when GET `path` answers at all."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if not self.alive():
                raise StartError(f"ended at once:\n{self.last_words()}")
            with contextlib.suppress(OSError, HTTPException):
                status, _ = http("GET", port, path, seconds=5)
                if status < 500:
                    return
            time.sleep(0.02)
        raise StartError(f"no answer after {seconds:.0f} s:\n{self.last_words()}")


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody uses now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def http(
    method: str,
    port: int,
    path: str,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    seconds: float = 30.0,
) -> tuple[int, bytes]:
    """Make one request to 127.0.0.1 over a connection of its own."""
    connection = HTTPConnection("127.0.0.1", port, timeout=seconds)
    try:
        connection.request(method, path, body, dict(headers or {}))
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()
