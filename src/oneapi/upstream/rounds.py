"""Up to when the event loop has passed on what came, so that a connection that rests need not be asked."""

import asyncio
import time
from collections.abc import Callable
from typing import Final

_LOOP: Final = "uvloop"


class Rounds:
    """Reads the event loop's clock, which stands still in uvloop while what came is passed on.

    It moves twice a round: at its beginning, and when the sockets have been looked at. So three different times belong to
    two rounds at least, and what had come by the first has been passed on by the third. The clock of asyncio's own loop does
    not stand still: there nothing is known.
    """

    __slots__ = ("_before", "_now", "_passed_on", "_time")

    def __init__(self, loop: asyncio.AbstractEventLoop, clock: Callable[[], float]) -> None:
        """Know nothing either when `clock`, by which connections rest, is not the event loop's."""
        is_known = type(loop).__module__.partition(".")[0] == _LOOP and clock is time.monotonic
        self._time: Final[Callable[[], float] | None] = loop.time if is_known else None
        self._now = 0.0
        self._before = 0.0
        self._passed_on = 0.0

    def passed_on(self) -> float:
        """Return monotonic seconds: what had come by then has been passed on. Call it whenever that is asked."""
        if self._time is not None:
            now: float = self._time()
            if now != self._now:
                self._passed_on = self._before
                self._before = self._now
                self._now = now
        return self._passed_on
