"""What one worker's ledger has seen: the numbers behind `/metrics`. They only grow.

A worker begins where the one before it in its slot has left off, so that no restart sets them back.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from oneapi.ledger.batches import LENGTH, Tally

SERIES_MOST: Final = 2000  # pairs of channel and model that are told apart
OTHER: Final = (0, "other")
NUMBERS: Final = (
    "charges",
    "estimated",
    "doubted",
    "above_hold",
    "uncollected",
    "uncollected_quota",
)


class Traffic:
    """What came of requests, by channel (0: they reached none) and model: the numbers of a `Tally`, added up."""

    def __init__(self) -> None:
        self.by_route: dict[tuple[int, str], list[int]] = {}

    def add(self, tally: Tally) -> None:
        """Add what a flush has brought into the database."""
        for (_, _, _, channel_id, model), counters in tally.hours.items():
            self._add(channel_id, model, counters)

    def _add(self, channel_id: int, model: str, counters: Sequence[int]) -> None:
        found = self.by_route.get((channel_id, model))
        if found is None:
            route = (channel_id, model) if len(self.by_route) < SERIES_MOST else OTHER
            found = self.by_route.setdefault(route, [0] * LENGTH)
        for index, counter in enumerate(counters):
            found[index] += counter

    def said(self) -> list[tuple[int, str, list[int]]]:
        """Return it as it is kept in a file."""
        return [(channel_id, model, list(c)) for (channel_id, model), c in self.by_route.items()]

    def go_on(self, said: Sequence[tuple[int, str, list[int]]]) -> None:
        """Add what another has said; what is not as long as ours is another version's, and left out."""
        for channel_id, model, counters in said:
            if len(counters) == LENGTH:
                self._add(channel_id, model, counters)


class Counters:
    """Changed by the event loop's thread only.

    `charges`: requests charged. `estimated`: of these, with a usage that is ours in part or whole; `doubted`: because the
    vendor's could not be counted or believed. `above_hold`: charged more than was held. `uncollected`: of these, where the
    payer did not have the rest, and `uncollected_quota`: how much that was.
    """

    __slots__ = (*NUMBERS, "traffic")

    def __init__(self) -> None:
        self.charges = 0
        self.estimated = 0
        self.doubted = 0
        self.above_hold = 0
        self.uncollected = 0
        self.uncollected_quota = 0
        self.traffic = Traffic()

    def note(self, estimated: bool, doubted: bool, above_hold: bool) -> None:
        """Count what was unusual about a charge."""
        self.estimated += estimated
        self.doubted += doubted
        self.above_hold += above_hold

    def numbers(self) -> dict[str, int]:
        """Return what is not counted by channel and model."""
        return {name: int(getattr(self, name)) for name in NUMBERS}

    def go_on(self, numbers: Mapping[str, Any]) -> None:
        """Begin where a predecessor has left off."""
        for name in NUMBERS:
            setattr(self, name, getattr(self, name) + int(numbers.get(name, 0)))
