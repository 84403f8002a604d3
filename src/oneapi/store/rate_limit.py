"""Rate limits by key, an address or an account for instance: GCRA, one number per key, constant time.

The one limiter of both planes. Per process: with several workers a client may get up to that many times the limit, and
never less.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

_SWEEP_AT = 10_000  # keys remembered before those without a debt are forgotten


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `requests` at once per key, refilled evenly over `window_seconds`; 0 requests: no limit."""

    requests: int
    window_seconds: int


class RateLimiter:
    """The generic cell rate algorithm: remembers when each key's bucket will be full again."""

    def __init__(self, limit: Limit, clock: Callable[[], float]) -> None:
        self._limit = limit
        self._clock = clock
        self._full_at: dict[str, float] = {}
        self._sweep_at = _SWEEP_AT
        self._lock = Lock()

    @property
    def remembered(self) -> int:
        """How many keys take up memory."""
        return len(self._full_at)

    def wait_seconds(self, key: str) -> int:
        """Count a request of `key`: 0 when it may pass, else the whole seconds until it may."""
        if self._limit.requests <= 0:
            return 0
        interval = self._limit.window_seconds / self._limit.requests
        now = self._clock()
        with self._lock:
            full_at = max(self._full_at.get(key, now), now)
            excess = full_at + interval - now - self._limit.window_seconds
            if excess > 1e-6:
                return math.ceil(excess)
            self._full_at[key] = full_at + interval
            if len(self._full_at) > self._sweep_at:
                self._forget_idle(now)
        return 0

    def forgive(self, key: str) -> None:
        """Take back the last request of `key` that was counted."""
        if self._limit.requests <= 0:
            return
        interval = self._limit.window_seconds / self._limit.requests
        with self._lock:
            if key in self._full_at:
                self._full_at[key] -= interval

    def _forget_idle(self, now: float) -> None:
        self._full_at = {key: at for key, at in self._full_at.items() if at > now}
        self._sweep_at = max(_SWEEP_AT, 2 * len(self._full_at))
