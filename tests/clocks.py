"""The time zone of this process, for a while."""

import os
import time
from collections.abc import Generator
from contextlib import contextmanager

from oneapi.store.calendar import day_of


@contextmanager
def time_zone(name: str) -> Generator[None, None, None]:
    """Let this process run in a zone, as `TZ` does when it is started."""
    before = os.getenv("TZ")
    _set(name)
    try:
        yield
    finally:
        _set(before)


def _set(name: str | None) -> None:
    if name is None:
        os.unsetenv("TZ")
    else:
        os.putenv("TZ", name)
    time.tzset()
    day_of.cache_clear()
