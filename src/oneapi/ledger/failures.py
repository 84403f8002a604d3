"""Which failed requests get a row in the log. A charge pays for its row; a failure is free, and a client may repeat it.

Every failure is counted in the statistics. A row of its own it gets while its user has not had too many lately, and all
users of this worker together have not; what gets none is said in the user's next one. Rows that are kept are so bounded
by what is charged and by time: see decision 33.
"""

from collections.abc import Callable
from typing import Final

from msgspec.structs import replace

from oneapi.ledger.entry import Facts, Failure

USER_BURST: Final = 60  # rows that a user may cause at once
USER_SECONDS: Final = 5.0  # after how long it is one more
ALL_BURST: Final = 1000
ALL_SECONDS: Final = 2.0
PER_CHARGE: Final = 0.5  # rows that a charged request makes room for
USERS_MOST: Final = 4096  # that are remembered


class _Allowance:
    """What one user may still cause; `unwritten`: failures that got no row since the last one."""

    __slots__ = ("at", "rows", "unwritten")

    def __init__(self, at: float) -> None:
        self.at = at
        self.rows = float(USER_BURST)
        self.unwritten = 0

    def refill(self, now: float) -> None:
        """Add what time has brought."""
        self.rows = min(USER_BURST, self.rows + max(0.0, now - self.at) / USER_SECONDS)
        self.at = now


class FailureRows:
    """One per worker; touched by the event loop's thread only. `wanted`: whether failures leave rows at all."""

    def __init__(self) -> None:
        self.wanted: Callable[[], bool] = lambda: True
        self._users: dict[int, _Allowance] = {}
        self._rows = float(ALL_BURST)
        self._at = 0.0
        self._charges = 0

    def claim(self, user_id: int, now: float, charges: int) -> int | None:
        """Return how many of the user's failures were not written before this one, None if this one is not either.

        `now`: unix seconds. `charges`: how many requests this worker has charged so far.
        """
        if not self.wanted():
            return None
        grown = max(0.0, now - self._at) / ALL_SECONDS + PER_CHARGE * (charges - self._charges)
        self._rows = min(ALL_BURST, self._rows + grown)
        self._at, self._charges = now, charges
        user = self._users.get(user_id) or self._remembered(user_id, now)
        user.refill(now)
        if user.rows < 1 or self._rows < 1:
            user.unwritten += 1
            return None
        user.rows -= 1
        self._rows -= 1
        unwritten, user.unwritten = user.unwritten, 0
        return unwritten

    def _remembered(self, user_id: int, now: float) -> _Allowance:
        if len(self._users) >= USERS_MOST:
            self._forget(now)
        user = self._users[user_id] = _Allowance(now)
        return user

    def _forget(self, now: float) -> None:
        """Forget who has all that a newcomer has; everybody, if that makes no room."""
        for user_id, user in list(self._users.items()):
            user.refill(now)
            if user.rows >= USER_BURST and not user.unwritten:
                del self._users[user_id]
        if len(self._users) >= USERS_MOST:
            self._users.clear()


def without_row(facts: Facts, failure: Failure) -> tuple[Facts, Failure]:
    """Return what is journaled of a failure that is only counted."""
    return replace(facts, attempts=(), errors=(), operations=()), replace(
        failure, message="", has_row=False
    )
