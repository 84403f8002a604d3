"""Hours and days of the site's clock: the time zone that this process runs in (`TZ`)."""

import time
from functools import lru_cache
from typing import Final

HOUR: Final = 3600
LATEST: Final = 253_402_300_799
"""The end of the year 9999 in UTC: what people say beyond is no time (often it is in milliseconds), and has no calendar."""
_STEP: Final = (
    900  # every zone's offset, and every change of it, is a multiple of a quarter of an hour
)


def hour_shift(at: int) -> int:
    """Return by how much the site's hours begin before those of UTC: 0 but in zones of half and quarter hours."""
    return time.localtime(at).tm_gmtoff % HOUR


def hour_of(at: int) -> int:
    """Return when the hour of a moment began, so that no hour lies in two days. Unix seconds."""
    return at - (at + hour_shift(at)) % HOUR


@lru_cache(maxsize=4096)
def day_of(at: int) -> int:
    """Return when the day of a moment began. Unix seconds.

    A day begins with its first moment, also where clocks are changed at midnight: there may be none, or two.
    """
    local = time.localtime(at)
    day = local[:3]
    begin = int(time.mktime((*day, 0, 0, 0, 0, 0, -1)))
    while begin < at and time.localtime(begin)[:3] != day:
        begin += _STEP
    while time.localtime(begin - _STEP)[:3] == day:
        begin -= _STEP
    return begin


def day_before(at: int, days: int) -> int:
    """Return when the day began that lies so many days before that of a moment, however long these were."""
    day = day_of(at)
    for _ in range(days):
        day = day_of(day - 1)
    return day


def next_day(day: int) -> int:
    """Return when the day after the one that began at `day` begins: after 23, 24 or 25 hours, mostly."""
    return day_of(day + 36 * HOUR)
