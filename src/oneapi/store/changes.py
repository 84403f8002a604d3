"""The change feed: rows that say which cached row changed, written with the change itself.

A reader must not rely on ids appearing in order: a transaction that took a lower id may commit
later. So it looks back a while from what it has seen, by its own clock, not by the writers'.
"""

from collections.abc import Callable
from typing import Literal

import msgspec
from sqlalchemy import Connection, delete, func, insert, select

from oneapi.store.database import Database
from oneapi.store.tables import changes

Topic = Literal["settings", "channels", "users", "tokens"]

KEEP_SECONDS = 3600
# How many ids a reader looks back when it starts, for transactions that are still open.
_SLACK = 1000


class Change(msgspec.Struct, frozen=True):
    """`ref` is an option's key, a channel's or user's id, or an API key, by topic.

    The topic `everything` says that rows may have been missed: read all again.
    """

    topic: Literal["settings", "channels", "users", "tokens", "everything"]
    ref: str = ""


def publish(connection: Connection, topic: Topic, ref: str | int, now: float) -> None:
    """Tell every worker about a change, in the transaction that makes it; `now` in unix seconds."""
    row = {"topic": topic, "ref": str(ref), "created_at": int(now)}
    connection.execute(insert(changes), row)


def prune(connection: Connection, now: float, keep_seconds: int = KEEP_SECONDS) -> int:
    """Delete changes that every reader has seen; returns how many."""
    old = delete(changes).where(changes.c.created_at < int(now) - keep_seconds)
    return connection.execute(old).rowcount


class ChangeReader:
    """One worker's place in the feed. `start` before loading what the changes are about."""

    def __init__(
        self,
        database: Database,
        clock: Callable[[], float],
        *,
        overlap_seconds: float = 15.0,
        keep_seconds: float = KEEP_SECONDS,
    ) -> None:
        self._database = database
        self._clock = clock
        self._overlap = overlap_seconds
        self._keep = keep_seconds
        self._floor = 0
        self._top = 0
        self._seen: dict[int, float] = {}  # id above the floor → when we saw it
        self._polled_at = clock()

    def start(self) -> None:
        """Take what is there as known; may be called again to start over."""
        now = self._clock()
        with self._database.connect() as connection:
            self._top = connection.scalar(select(func.max(changes.c.id))) or 0
            self._floor = max(0, self._top - _SLACK)
            known = select(changes.c.id).where(
                changes.c.id > self._floor, changes.c.id <= self._top
            )
            self._seen = dict.fromkeys(connection.scalars(known), now)
        self._polled_at = now

    def poll(self) -> list[Change]:
        """Return what is new, each change once; raises `DatabaseAway`."""
        now = self._clock()
        if now - self._polled_at > self._keep / 2:  # what we have not seen may be pruned
            self.start()
            return [Change("everything")]
        fresh = self._fresh()
        for number, _ in fresh:
            self._seen[number] = now
        self._polled_at = now
        self._forget(now - self._overlap)
        return [change for _, change in fresh]

    def _fresh(self) -> list[tuple[int, Change]]:
        above = changes.c.id > self._floor
        tally = select(func.max(changes.c.id), func.count(), func.sum(changes.c.id)).where(above)
        with self._database.connect() as connection:
            top, count, total = connection.execute(tally).one()
            is_known = count == len(self._seen) and (total or 0) == sum(self._seen)
            if is_known and (top or self._top) == self._top:
                return []
            rows = connection.execute(
                select(changes.c.id, changes.c.topic, changes.c.ref)
                .where(above)
                .order_by(changes.c.id)
            )
            present = {r.id: Change(r.topic, r.ref) for r in rows}
        fresh = [(n, change) for n, change in present.items() if n not in self._seen]
        self._seen = {n: at for n, at in self._seen.items() if n in present}
        self._top = max(self._top, *(number for number, _ in fresh), 0)
        return fresh

    def _forget(self, before: float) -> None:
        settled = [number for number, seen_at in self._seen.items() if seen_at < before]
        if not settled:
            return
        # Everything up to the floor counts as seen; ids above it are remembered one by one.
        self._floor = max(self._floor, *settled)
        self._seen = {n: at for n, at in self._seen.items() if n > self._floor}
