"""About how much a payer has left, for requests that name no limit. Safety does not depend on it: the hold decides.

Looked up once, then refreshed beside the path when it has become old.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import structlog

from oneapi.ledger import Payer, key_balance, user_balance
from oneapi.store.database import Database, DatabaseAway

FRESH_SECONDS = 5.0
ASK_SECONDS = 3.0
MAX_ENTRIES = 100_000

log = structlog.get_logger()


class Balances:
    """The worker's memory of balances; owns the tasks that refresh it."""

    def __init__(
        self,
        database: Database,
        run: Callable[..., Awaitable[Any]],
        clock: Callable[[], float],
    ) -> None:
        self._database = database
        self._run = run
        self._clock = clock
        self._known: dict[tuple[int, int], tuple[int, float]] = {}
        self._asking: dict[tuple[int, int], asyncio.Task[None]] = {}

    def recall(self, payer: Payer) -> int | None:
        """Return what memory holds and is fresh, `None` otherwise."""
        known = self._known.get((payer.user_id, payer.key_id if payer.key_limited else 0))
        return known[0] if known is not None and self._clock() - known[1] <= FRESH_SECONDS else None

    async def affordable(self, payer: Payer) -> int:
        """Return the quota that user, and key if limited, have left; 0 when nobody can say."""
        place = (payer.user_id, payer.key_id if payer.key_limited else 0)
        known = self._known.get(place)
        if known is None or self._clock() - known[1] > FRESH_SECONDS:
            asking = self._asking.get(place)
            if asking is None:
                asking = asyncio.get_running_loop().create_task(self._ask(place))
                self._asking[place] = asking
                asking.add_done_callback(lambda _: self._asking.pop(place, None))
            if known is None:
                await asyncio.shield(asking)
                known = self._known.get(place, (0, 0.0))
        return known[0]

    async def _ask(self, place: tuple[int, int]) -> None:
        try:
            async with asyncio.timeout(ASK_SECONDS):
                balance = await self._run(self._query, *place)
        except (DatabaseAway, TimeoutError) as error:
            log.warning("balance_unknown", user_id=place[0], error=repr(error))
            return
        if len(self._known) >= MAX_ENTRIES:
            self._known.clear()
        self._known[place] = (balance, self._clock())

    def _query(self, user_id: int, key_id: int) -> int:
        with self._database.connect() as connection:
            balance = user_balance(connection, user_id)
            return min(balance, key_balance(connection, key_id)) if key_id else balance

    async def aclose(self) -> None:
        """Wait for what is being asked."""
        await asyncio.gather(*self._asking.values(), return_exceptions=True)
