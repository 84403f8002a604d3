"""Rate limits by key, an address or an account for instance: GCRA, one number per key, constant time.

The one limiter of both planes. What is owed is remembered in the process, or in a file that the workers of a node share.
"""

import fcntl
import math
import mmap
import os
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from struct import Struct
from threading import Lock
from typing import Final, Protocol

import structlog

from oneapi.store.private_files import open_private

_SWEEP_AT = 10_000  # keys remembered before those without a debt are forgotten
_SLOT: Final = Struct("=Qd")  # a key's hash, and when its bucket is full again
_SLOTS: Final = 1 << 16
_PROBED: Final = 8  # slots in which a key may stand

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `requests` at once per key, refilled evenly over `window_seconds`; 0 requests: no limit."""

    requests: int
    window_seconds: int


class Debts(Protocol):
    """When each key's bucket will be full again; 0 where nothing is owed. Read and written while it is `held`."""

    @contextmanager
    def held(self) -> Generator[None]:
        """Let nobody else read or write."""
        ...

    def full_at(self, key: str) -> float:
        """Return when the key's bucket is full."""
        ...

    def owe(self, key: str, full_at: float, now: float) -> None:
        """Remember when the key's bucket is full."""
        ...


class OwnDebts:
    """Debts that this process alone knows."""

    def __init__(self) -> None:
        self._full_at: dict[str, float] = {}
        self._sweep_at = _SWEEP_AT
        self._lock = Lock()

    @property
    def remembered(self) -> int:
        """How many keys take up memory."""
        return len(self._full_at)

    @contextmanager
    def held(self) -> Generator[None]:
        """Let no other thread read or write."""
        with self._lock:
            yield

    def full_at(self, key: str) -> float:
        """Return when the key's bucket is full."""
        return self._full_at.get(key, 0.0)

    def owe(self, key: str, full_at: float, now: float) -> None:
        """Remember when the key's bucket is full; forget idle keys when there are many."""
        self._full_at[key] = full_at
        if len(self._full_at) > self._sweep_at:
            self._full_at = {key: at for key, at in self._full_at.items() if at > now}
            self._sweep_at = max(_SWEEP_AT, 2 * len(self._full_at))


class SharedDebts:
    """Debts in a file of a mebibyte that all workers of a node map; where it is full, who owes least is forgotten.

    Raises `OSError` where the file cannot be made, or the disk has no room for all of it: a mapped page without a place on
    the disk would end the process. The lock is the kernel's, and free when its holder dies.
    """

    def __init__(self, path: Path) -> None:
        self._fd = open_private(path, os.O_RDWR | os.O_CREAT)
        try:
            os.posix_fallocate(self._fd, 0, _SLOT.size * _SLOTS)
            self._slots = mmap.mmap(self._fd, _SLOT.size * _SLOTS)
        except OSError:
            os.close(self._fd)
            raise
        self._lock = Lock()

    @contextmanager
    def held(self) -> Generator[None]:
        """Let no other thread and no other process read or write."""
        with self._lock:
            fcntl.lockf(self._fd, fcntl.LOCK_EX)
            try:
                yield
            finally:
                fcntl.lockf(self._fd, fcntl.LOCK_UN)

    def full_at(self, key: str) -> float:
        """Return when the key's bucket is full."""
        hashed = _hash(key)
        found = (self._read(slot) for slot in _places(hashed))
        return next((at for known, at in found if known == hashed), 0.0)

    def owe(self, key: str, full_at: float, now: float) -> None:
        """Remember when the key's bucket is full."""
        hashed = _hash(key)
        places = [(slot, *self._read(slot)) for slot in _places(hashed)]
        own = next((slot for slot, known, _ in places if known == hashed), None)
        slot = own if own is not None else min(places, key=lambda place: place[2])[0]
        _SLOT.pack_into(self._slots, slot * _SLOT.size, hashed, full_at)

    def _read(self, slot: int) -> tuple[int, float]:
        hashed, at = _SLOT.unpack_from(self._slots, slot * _SLOT.size)
        return hashed, at

    def close(self) -> None:
        """Give file and memory back; what is owed stays in the file."""
        self._slots.close()
        os.close(self._fd)


def shared_debts(folder: Path, workers: int) -> SharedDebts | None:
    """Return what several workers of a node count together by; where that is impossible, each counts by itself."""
    if workers <= 1:
        return None
    try:
        return SharedDebts(folder / "limits")
    except OSError as error:
        log.warning("limits_not_shared", reason=str(error))
        return None


def _hash(key: str) -> int:
    return int.from_bytes(blake2b(key.encode("utf-8", "replace"), digest_size=8).digest()) or 1


def _places(hashed: int) -> list[int]:
    return [(hashed + step) % _SLOTS for step in range(_PROBED)]


class RateLimiter:
    """The generic cell rate algorithm: remembers when each key's bucket will be full again.

    `kind` keeps apart what several limiters have in the same `debts`.
    """

    def __init__(
        self, limit: Limit, clock: Callable[[], float], debts: Debts | None = None, kind: str = ""
    ) -> None:
        self._limit = limit
        self._clock = clock
        self._debts = debts or OwnDebts()
        self._kind = kind

    def wait_seconds(self, key: str) -> int:
        """Count a request of `key`: 0 when it may pass, else the whole seconds until it may."""
        if self._limit.requests <= 0:
            return 0
        interval = self._limit.window_seconds / self._limit.requests
        now = self._clock()
        name = self._kind + key
        with self._debts.held():
            full_at = max(self._debts.full_at(name), now)
            excess = full_at + interval - now - self._limit.window_seconds
            if excess > 1e-6:
                return math.ceil(excess)
            self._debts.owe(name, full_at + interval, now)
        return 0

    def forgive(self, key: str) -> None:
        """Take back the last request of `key` that was counted."""
        if self._limit.requests <= 0:
            return
        interval = self._limit.window_seconds / self._limit.requests
        now = self._clock()
        name = self._kind + key
        with self._debts.held():
            if full_at := self._debts.full_at(name):
                self._debts.owe(name, full_at - interval, now)
