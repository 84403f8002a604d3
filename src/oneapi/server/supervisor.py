"""The supervisor: holds the port, forks workers, restarts the dead, passes signals on.

It imports nothing heavy: what a worker needs is imported in the worker. A worker has a *seat* (how
many serve) and a *slot* (whose journal it writes): a crashed worker is replaced in its own slot, whose
journal the successor replays; on SIGHUP the successor gets a free slot, so that it serves before its
predecessor leaves.
"""

import contextlib
import os
import select
import signal
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import NamedTuple

from oneapi.config import Config, ConfigError
from oneapi.server import sockets
from oneapi.server.lines import lines_of

FOR_NOW = 75  # exit status of a worker that may do better later: the database is away (EX_TEMPFAIL)
KILL_AFTER_SECONDS = 20.0  # beyond the time that workers have to drain
QUICK_SECONDS = 5.0  # what is left after a second signal
STABLE_SECONDS = 2.0  # a worker that served this long is restarted at once
SHORTEST_PAUSE_SECONDS = 0.1  # before another is restarted; twice as long each time
LONGEST_PAUSE_SECONDS = 5.0


class Post(NamedTuple):
    """What a new worker is told."""

    config: Config
    slot: int
    prepares: bool  # brings the schema up to date and makes the first account
    keeps_house: bool  # does what one process per node does (checkpoints)
    is_alone: bool  # no other worker serves
    held: list[socket.socket]
    ready_fd: int  # one byte when it serves
    lifeline_fd: int  # end of file when the supervisor is gone


Work = Callable[[Post], int]


def _leave_to_wakeup_fd(number: int, frame: FrameType | None) -> None:
    """Do nothing: the number arrives through the wake-up pipe."""


class _Worker:
    __slots__ = ("is_ready", "pid", "ready_fd", "slot", "started")

    def __init__(self, pid: int, slot: int, ready_fd: int, started: float) -> None:
        self.pid = pid
        self.slot = slot
        self.ready_fd = ready_fd
        self.started = started
        self.is_ready = False


class _Seat:
    __slots__ = ("deaths", "index", "slot", "starts_at", "successor", "worker")

    def __init__(self, index: int) -> None:
        self.index = index
        self.slot = index
        self.worker: _Worker | None = None
        self.successor: _Worker | None = None
        self.starts_at = 0.0
        self.deaths = 0


class Supervisor:
    """Keeps the workers of one installation running.

    `reread` returns the configuration as it is now; `work` is a worker's life and returns its exit
    status. Raises `PortError` when the port cannot be had.
    """

    def __init__(self, config: Config, reread: Callable[[], Config], work: Work) -> None:
        self._config = config
        self._reread = reread
        self._work = work
        self._held = sockets.reserve(config.host, config.port)
        self._lines = lines_of(config)
        self._seats = [_Seat(index) for index in range(config.workers)]
        self._retired: list[_Worker] = []
        self._renewing: list[int] = []
        self._life = os.pipe()
        self._wake = os.pipe()
        self._is_open = False  # the first worker has served
        self._is_stopping = False
        self._deadline = 0.0
        self._status = 0

    def run(self) -> int:
        """Serve until told to stop; return the exit status."""
        for notice in self._config.notices:
            self._say("warning", notice)
        for end in self._wake:
            os.set_blocking(end, False)
        signal.set_wakeup_fd(self._wake[1], warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD):
            signal.signal(number, _leave_to_wakeup_fd)
        while not self._is_stopping or self._workers():
            self._start_due()
            self._wait()
            self._kill_overdue()
        self._say("info", "stopped")
        return self._status

    def _workers(self) -> list[_Worker]:
        seated = [worker for seat in self._seats for worker in (seat.worker, seat.successor)]
        return [worker for worker in seated if worker is not None] + self._retired

    def _start_due(self) -> None:
        if self._is_stopping:
            return
        now = time.monotonic()
        for seat in self._seats:
            if self._may_start(seat) and seat.worker is None and seat.starts_at <= now:
                try:
                    seat.worker = self._fork(seat, seat.slot)
                except OSError as error:  # no process, descriptor or memory to be had
                    self._say("error", "no worker can be started", slot=seat.slot, by=error)
                    self._postpone(seat)

    def _may_start(self, seat: _Seat) -> bool:
        return self._is_open or seat.index == 0

    def _fork(self, seat: _Seat, slot: int) -> _Worker:
        is_alone = not any(worker.is_ready for worker in self._workers())
        ready_read, ready_write = os.pipe()
        post = Post(
            config=self._config,
            slot=slot,
            prepares=seat.index == 0 and (not self._is_open or seat.worker is not None),
            keeps_house=seat.index == 0,
            is_alone=is_alone,
            held=self._held,
            ready_fd=ready_write,
            lifeline_fd=self._life[0],
        )
        try:
            pid = os.fork()
        except OSError:
            os.close(ready_read)
            os.close(ready_write)
            raise
        if pid == 0:
            self._become_worker(post, ready_read)
        os.close(ready_write)
        return _Worker(pid, slot, ready_read, time.monotonic())

    def _become_worker(self, post: Post, ready_read: int) -> None:
        status = 1
        try:
            signal.set_wakeup_fd(-1)
            for number in (signal.SIGTERM, signal.SIGCHLD):
                signal.signal(number, signal.SIG_DFL)
            for number in (signal.SIGINT, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN)  # these are for the supervisor
            others = [worker.ready_fd for worker in self._workers() if worker.ready_fd >= 0]
            for end in (ready_read, self._life[1], *self._wake, *others):
                os.close(end)
            status = self._work(post)
        finally:
            kind, error, trace = sys.exc_info()
            if kind is not None and error is not None:
                sys.excepthook(kind, error, trace)
            for stream in (sys.stdout, sys.stderr):
                with contextlib.suppress(OSError, ValueError):  # it may be a file on a full disk
                    stream.flush()
            os._exit(status)

    def _wait(self) -> None:
        poll = select.poll()
        poll.register(self._wake[0], select.POLLIN)
        waiting = {worker.ready_fd: worker for worker in self._workers() if worker.ready_fd >= 0}
        for end in waiting:
            poll.register(end, select.POLLIN)
        for end, _ in poll.poll(self._patience_ms()):
            if end in waiting:
                self._hear(waiting[end])
        try:
            numbers = os.read(self._wake[0], 512)
        except BlockingIOError:
            numbers = b""
        for number in dict.fromkeys(numbers):
            self._signalled(number)
        self._reap()

    def _patience_ms(self) -> int | None:
        if self._is_stopping:
            moments = [self._deadline]
        else:
            due = (seat for seat in self._seats if seat.worker is None and self._may_start(seat))
            moments = [seat.starts_at for seat in due]
        if not moments:
            return None
        return max(0, int((min(moments) - time.monotonic()) * 1000) + 1)

    def _hear(self, worker: _Worker) -> None:
        is_ready = bool(os.read(worker.ready_fd, 1))
        os.close(worker.ready_fd)
        worker.ready_fd = -1
        if not is_ready:
            return  # it is dying; `_reap` will see it
        worker.is_ready = True
        worker.started = time.monotonic()
        for seat in self._seats:
            if seat.successor is worker:
                self._hand_over(seat, worker)
        self._say("info", "worker ready", slot=worker.slot, pid=worker.pid)
        if not self._is_open:
            self._is_open = True
            where = f"serving on {sockets.url(self._held)}"
            self._say("info", where, workers=len(self._seats), compiled=_is_compiled())

    def _signalled(self, number: int) -> None:
        if number in (signal.SIGTERM, signal.SIGINT):
            self._begin_stop(0)
        elif number == signal.SIGHUP and not self._is_stopping and self._is_open:
            self._reload()

    def _begin_stop(self, status: int) -> None:
        now = time.monotonic()
        if not self._is_stopping:
            self._is_stopping = True
            self._status = status
            self._deadline = now + self._config.shutdown_timeout_seconds + KILL_AFTER_SECONDS
            self._say("info", "stopping: answers that have begun are finished")
        else:
            self._deadline = min(self._deadline, now + QUICK_SECONDS)
        self._signal_all(signal.SIGTERM)

    def _signal_all(self, number: int) -> None:
        for worker in self._workers():
            os.kill(worker.pid, number)

    def _kill_overdue(self) -> None:
        if self._is_stopping and self._workers() and time.monotonic() >= self._deadline:
            self._say("error", "workers did not stop in time and are killed")
            self._signal_all(signal.SIGKILL)
            self._deadline = time.monotonic() + QUICK_SECONDS

    def _reap(self) -> None:
        while self._workers():
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            self._buried(pid, os.waitstatus_to_exitcode(status))

    def _buried(self, pid: int, code: int) -> None:
        worker = next((worker for worker in self._workers() if worker.pid == pid), None)
        if worker is None:
            return
        if worker.ready_fd >= 0:
            os.close(worker.ready_fd)
            worker.ready_fd = -1
        if worker in self._retired:
            self._retired.remove(worker)
            return
        for seat in self._seats:
            if seat.successor is worker:
                seat.successor = None
                self._renewing.clear()
                self._say(
                    "error", "the new worker did not start; the old ones stay", exit_status=code
                )
            elif seat.worker is worker:
                seat.worker = None
                self._lost(seat, worker, code)

    def _lost(self, seat: _Seat, worker: _Worker, code: int) -> None:
        if self._is_stopping:
            return
        if not self._is_open:
            self._begin_stop(1)  # the first worker said why
            return
        served = time.monotonic() - worker.started if worker.is_ready else 0.0
        seat.slot = worker.slot
        if served > STABLE_SECONDS:
            seat.deaths = 0
            seat.starts_at = 0.0
        else:
            self._postpone(seat)
        how = f"signal {-code}" if code < 0 else f"status {code}"
        self._say("error", "worker died and is restarted", slot=worker.slot, pid=worker.pid, by=how)

    def _postpone(self, seat: _Seat) -> None:
        """Let a seat wait before its next worker, longer each time; the others serve on, and nobody gives up."""
        pause = SHORTEST_PAUSE_SECONDS * 2 ** min(seat.deaths, 16)
        seat.starts_at = time.monotonic() + min(pause, LONGEST_PAUSE_SECONDS)
        seat.deaths += 1

    def _reload(self) -> None:
        try:
            fresh = self._reread()
            self._lines = lines_of(fresh)
        except ConfigError as error:
            self._say("error", f"the configuration is not re-read: {error}")
            return
        self._config = fresh
        self._say("info", "re-reading: workers are replaced one after the other")
        self._renewing = [seat.index for seat in self._seats]
        self._renew_next()

    def _renew_next(self) -> None:
        while self._renewing and not self._is_stopping:
            seat = self._seats[self._renewing.pop(0)]
            if seat.worker is not None and seat.successor is None:
                used = {worker.slot for worker in self._workers()} | {s.slot for s in self._seats}
                free = next(slot for slot in range(len(used) + 1) if slot not in used)
                try:
                    seat.successor = self._fork(seat, free)
                except OSError as error:
                    self._say("error", "no new worker can be started; the old ones stay", by=error)
                    self._renewing.clear()
                return

    def _hand_over(self, seat: _Seat, successor: _Worker) -> None:
        old, seat.worker, seat.successor, seat.slot = seat.worker, successor, None, successor.slot
        if old is not None:
            self._retired.append(old)
            os.kill(old.pid, signal.SIGTERM)
        self._renew_next()

    def _say(self, level: str, event: str, **fields: object) -> None:
        now = time.time()
        self._lines.write(now, self._lines.line(now, level, "supervisor", event, fields))


def _is_compiled() -> bool:
    """Whether the hot modules are extensions here: the same behaviour for less CPU (decision 18)."""
    return any(Path(__file__).parents[1].glob("relay/cycle.*.so"))
