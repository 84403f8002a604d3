"""The entries journaled last, kept as they were before they became bytes, so that the flusher need not read them back.

A convenience and never the truth: what does not fit in here, or was handed out to a flush that failed, is read from the
journal. Touched by the event loop's thread only.
"""

from bisect import bisect_right
from collections.abc import Callable
from typing import Any, Final

from oneapi.ledger.journal import Journal, Position

MOST: Final = 2048  # entries; some 700 bytes each
ENOUGH: Final = 1000  # for a flush before its time


class Recent:
    """A run of entries without a gap. `_ends`: the numbers of the positions where each of them ends.

    `on_enough` is called when so many are there that they should be flushed soon.
    """

    __slots__ = ("_begin", "_end", "_ends", "_entries", "_journal", "_most", "on_enough")

    def __init__(self, journal: Journal, most: int = MOST) -> None:
        self._journal: Final = journal
        self._most: Final = most
        self._entries: list[Any] = []
        self._ends: list[int] = []
        self._begin = self._end = journal.position.number
        self.on_enough: Callable[[], None] | None = None

    @property
    def is_large(self) -> bool:
        """Whether a flush should not wait for its time."""
        return len(self._entries) >= ENOUGH

    def append(self, payload: bytes, entry: Any) -> bool:
        """Journal one record, and keep its entry while there is room; `None` for what needs no flushing.

        False when the journal could not write it.
        """
        journal = self._journal
        is_next = self._end == journal.base + journal.size
        if not journal.append(payload):
            return False  # when it is written at last, nobody asks here: the gap shows
        end = journal.base + journal.size
        if is_next and len(self._entries) < self._most:
            self._entries.append(entry)
            self._ends.append(end)
            self._end = end
            if len(self._entries) == ENOUGH and self.on_enough is not None:
                self.on_enough()
        elif not self._entries:  # a new run begins behind this record
            self._begin = self._end = end
        return True

    def take(self, start: Position, most: int) -> tuple[list[Any], Position] | None:
        """Hand out up to `most` entries from `start` on, and where they end; `None` when they are not here."""
        begin = start.number
        if self._begin < begin:
            self._pop(bisect_right(self._ends, begin))
        if self._begin != begin or not self._entries:
            return None
        entries = self._pop(most)
        return [entry for entry in entries if entry is not None], Position.numbered(self._begin)

    def _pop(self, count: int) -> list[Any]:
        entries = self._entries[:count]
        if entries:
            self._begin = self._ends[len(entries) - 1]
            del self._entries[:count]
            del self._ends[:count]
        return entries
