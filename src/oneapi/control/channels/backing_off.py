"""Channels that keep failing their tests are tested less and less often: after the n-th failure every 2ⁿ⁻¹-th time."""

from typing import Final

from sqlalchemy import ColumnElement, insert, select, update

from oneapi.control.context import Services
from oneapi.store.tables import channel_watch, channels

LONGEST_SECONDS: Final = 86_400
_DOUBLINGS_MAX: Final = 16


def is_due(now: int) -> ColumnElement[bool]:
    """Return what a channel fulfils that the schedule may test now."""
    waiting = select(channel_watch.c.channel_id).where(channel_watch.c.next_test_at > now)
    return channels.c.id.not_in(waiting)


def count(services: Services, channel_id: int, passed: bool, minutes: int) -> None:
    """Count a test. `minutes`: how often the schedule tests; 0 for a test that somebody asked for."""
    mine = channel_watch.c.channel_id == channel_id
    with services.database.begin() as connection:
        failures = connection.scalar(select(channel_watch.c.failures).where(mine))
        if passed and not failures:
            return
        now_failures = 0 if passed else (failures or 0) + 1
        values = {"failures": now_failures}
        if passed or minutes:
            values["next_test_at"] = services.now() + _pause_seconds(now_failures, minutes)
        if failures is None:
            connection.execute(insert(channel_watch).values(channel_id=channel_id, **values))
        else:
            connection.execute(update(channel_watch).where(mine).values(values))


def _pause_seconds(failures: int, minutes: int) -> int:
    """Return how long the schedule leaves a channel alone; half a turn less, so that none is missed by a second."""
    if not failures:
        return 0
    turns = 2 ** min(failures - 1, _DOUBLINGS_MAX)
    return min(round((turns - 0.5) * minutes * 60), LONGEST_SECONDS)
