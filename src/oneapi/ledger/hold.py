"""A hold: what one request may cost at most, put aside while it runs; settled once, or released once."""

from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

from oneapi.ledger.charging import assessed
from oneapi.ledger.encoding import encoded, encoded_price
from oneapi.ledger.entry import COMPLETE, Facts, Failure, Released, Settled, countable
from oneapi.ledger.failures import without_row
from oneapi.ledger.journal import PROMISE
from oneapi.ledger.leases import Account
from oneapi.ledger.payer import Payer
from oneapi.ledger.pricing import Price
from oneapi.ledger.room import unrecordable
from oneapi.wire.usage import Usage

if TYPE_CHECKING:
    from oneapi.ledger.ledger import Ledger

_ODDITY_LENGTH: Final = 500


class Hold:
    """Made by `Ledger.hold`; entering takes the ceiling, leaving without `settle` releases it."""

    __slots__ = ("_is_open", "_ledger", "ceiling", "key", "payer", "request_id", "user")

    def __init__(self, ledger: "Ledger", payer: Payer, ceiling: int, request_id: str) -> None:
        self._ledger = ledger
        self._is_open = False
        self.payer = payer
        self.ceiling = ceiling
        self.request_id = request_id
        self.user: Account | None = None
        self.key: Account | None = None

    @property
    def is_open(self) -> bool:
        """Whether it is neither settled nor released yet."""
        return self._is_open

    def taken(self) -> bool:
        """Take the ceiling if the lease covers it; nothing has happened if it does not."""
        self._is_open = self._ledger.take(self)
        return self._is_open

    async def take(self) -> None:
        """Take the ceiling, waiting for the account if the lease does not cover it. Whoever does settles or releases.

        Raises `InsufficientQuota`, or `Unavailable` when only a database that is away could say, or when the charge could
        not be written down.
        """
        if not self._ledger.take(self):
            await self._ledger.wait(self)
        self._is_open = True

    async def __aenter__(self) -> Self:
        if not self._is_open:
            await self.take()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._is_open:
            self.release("not_settled" if kind is None else kind.__name__)

    def settle(self, usage: Usage, price: Price, factor: int, facts: Facts) -> int:
        """Charge for the usage; return the quota charged.

        A charge above the ceiling takes what the lease has, and the flusher then what the account has; what neither has
        is written down as uncollected. Never waits. The charge of a complete answer is in the journal when this returns:
        call it before the last byte goes out. Raises `StorageFailed`, and has charged nothing, when it cannot be written;
        what was charged for an answer that is not complete is kept in memory then.
        """
        assert self._is_open, "a hold is settled or released once"
        ceiling = self.ceiling
        owed, is_sane = assessed(usage, price, factor)
        oddity = usage.oddity
        if not is_sane:  # whoever calls has looked at it; if not, what can be counted is charged
            oddity = oddity or repr(usage)
            usage = countable(usage)
        user = self.user
        key = self.key
        covered = 0 if user is None else user.coverable(ceiling, owed)
        key_covered = 0 if key is None else key.coverable(ceiling, owed)
        entry = Settled(
            self.request_id,
            self.payer,
            ceiling,
            owed,
            covered,
            key_covered,
            factor,
            usage,
            encoded_price(price),
            facts,
            oddity != "",
            oddity[:_ODDITY_LENGTH],
        )
        ledger, payload = self._ledger, encoded(entry)
        if not ledger.recent.append(payload, entry):
            if facts.ended == COMPLETE:
                raise unrecordable(ledger.journal.refusal)
            ledger.journal.keep(payload)
        self._is_open = False
        ledger.journal.room += PROMISE
        counters = ledger.counters
        counters.charges += 1
        if usage.estimated or oddity or owed > ceiling:
            counters.note(usage.estimated, oddity != "", owed > ceiling)
        cycle = ledger.leases.cycle
        if user is not None:
            user.spend(ceiling, covered, cycle)
        if key is not None:
            key.spend(ceiling, key_covered, cycle)
        return owed

    def abandon(self) -> None:
        """Release what was put aside for a request that stopped waiting in the same moment."""
        self._is_open = True
        self.release("stopped_waiting")

    def fail(self, facts: Facts, failure: Failure) -> None:
        """Give the whole hold back, and say for the log and the statistics how the request ended instead."""
        ledger = self._ledger
        unwritten = ledger.failure_rows.claim(
            self.payer.user_id, ledger.clock(), ledger.counters.charges
        )
        if unwritten is None:
            facts, failure = without_row(facts, failure)
        elif unwritten:
            failure = Failure(failure.status, failure.code, failure.message, True, unwritten)
        self._release(
            Released(
                self.request_id,
                self.payer.user_id,
                self.ceiling,
                facts.ended,
                self.payer,
                facts,
                failure,
            )
        )

    def release(self, reason: str) -> None:
        """Give the whole hold back; the request costs nothing, and leaves no row."""
        self._release(Released(self.request_id, self.payer.user_id, self.ceiling, reason))

    def _release(self, entry: Released) -> None:
        """Give the whole hold back. Journaled, so that every request has one end."""
        assert self._is_open, "a hold is settled or released once"
        ledger = self._ledger
        payload = encoded(entry)
        if not ledger.recent.append(payload, entry if entry.facts is not None else None):
            ledger.journal.keep(payload)
        self._is_open = False
        ledger.journal.room += PROMISE
        cycle = ledger.leases.cycle
        if self.user is not None:
            self.user.spend(self.ceiling, 0, cycle)
        if self.key is not None:
            self.key.spend(self.ceiling, 0, cycle)
