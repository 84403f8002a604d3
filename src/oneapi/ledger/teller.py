"""The teller: the one conversation of a worker with the database about money.

One job at a time, in one thread, each one transaction: leases are acquired for those who wait, the
journal is flushed, idle leases go home. All that is kept in memory is changed between jobs, on the
event loop; so what the database says and what memory says can only differ when the answer to a COMMIT
was lost or somebody else touched our rows, and then the teller asks before it goes on.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final, NamedTuple, TypeVar, TypeVarTuple

import msgspec
import structlog
from sqlalchemy.exc import SQLAlchemyError

from oneapi.errors import GatewayError, InsufficientQuota, StorageFailed, Unavailable
from oneapi.ledger import accounts
from oneapi.ledger.accounts import OffsetMoved, Ref
from oneapi.ledger.acquisition import Demand, Grant, acquire
from oneapi.ledger.batches import Batch, batch_of
from oneapi.ledger.counters import Counters
from oneapi.ledger.entry import Entry
from oneapi.ledger.flusher import Flushed, Orders, Unsure, flush, transaction
from oneapi.ledger.hold import Hold
from oneapi.ledger.journal import ROTATE_AT, Journal, Position
from oneapi.ledger.leases import Account, Leases
from oneapi.ledger.recent import Recent
from oneapi.ledger.recovery import Databases, Seat, reclaim, return_leases
from oneapi.store.database import DatabaseAway
from oneapi.store.failures import condition, is_full_here

log = structlog.get_logger(__name__)

FAILURES: Final = (
    DatabaseAway,
    SQLAlchemyError,
    OffsetMoved,
    OSError,
    msgspec.ValidationError,
)
RETRY_SECONDS: Final = 0.05
Ts = TypeVarTuple("Ts")
T = TypeVar("T")


class Failed(NamedTuple):
    """What a job in a thread came to when it did not succeed."""

    error: Exception


def attempt(function: Callable[[*Ts], T], *args: *Ts) -> T | Failed:
    """Run a job in a thread; whatever a database may do to it is an answer, not an exception."""
    try:
        return function(*args)
    except FAILURES as error:
        return Failed(error)


class Terms(msgspec.Struct, frozen=True):
    """How long things may take, in seconds, and how large they may grow.

    `others_seconds`: how long a request waits for what other workers hold of its account.
    `database_seconds`: how long it waits for a database that is away. `lock_seconds`: how long a
    predecessor may take to die. `lease_ttl`: after how long
    without a sign of life a worker's leases are taken from it.
    """

    flush_seconds: float = 0.2
    sync_seconds: float = 1.0
    others_seconds: float = 1.0
    database_seconds: float = 3.0
    close_seconds: float = 10.0
    lock_seconds: float = 10.0
    lease_ttl: int = 600
    batch: int = 1000
    rotate_at: int = ROTATE_AT


class Desk(msgspec.Struct, frozen=True):
    """Where and how a worker keeps its ledger.

    `clock`: unix seconds. `logs_consumption`: One API's option `LogConsumeEnabled`, asked at each flush.
    """

    databases: Databases
    seat: Seat
    clock: Callable[[], float]
    terms: Terms
    logs_consumption: Callable[[], bool]

    def orders(self) -> Orders:
        """Return orders for a flush now."""
        return self.databases.orders(int(self.clock()), logs_consumption=self.logs_consumption())


class Waiter:
    """A request that waits for its ceiling; `refuse_at` is set once its account was found too small."""

    __slots__ = ("future", "hold", "refs", "refuse_at")

    def __init__(self, hold: Hold, future: asyncio.Future[None]) -> None:
        payer = hold.payer
        user = Ref("user", payer.user_id)
        self.refs = (Ref("key", payer.key_id), user) if payer.key_limited else (user,)
        self.hold = hold
        self.future = future
        self.refuse_at: float | None = None

    @property
    def is_served(self) -> bool:
        """Say whether the ceiling was put aside."""
        future = self.future
        return future.done() and not future.cancelled() and future.exception() is None


class Teller:
    """Runs as one task; `trusted_until` is the unix time until which leases in memory may be used."""

    def __init__(
        self,
        desk: Desk,
        journal: Journal,
        recent: Recent,
        leases: Leases,
        offset: Position,
        counters: Counters,
    ) -> None:
        self._desk = desk
        self._traffic = counters.traffic
        self._counters = counters
        self._holder = desk.seat.holder
        self._journal = journal
        self._recent = recent
        self._leases = leases
        self._reader = desk.seat.reader()
        self._loop = asyncio.get_running_loop()
        self._executor = ThreadPoolExecutor(1, f"ledger-{desk.seat.slot}")
        self._wake = asyncio.Event()
        recent.on_enough = self.nudge
        self._waiters: dict[Waiter, None] = {}
        self._callers: list[tuple[Position, asyncio.Future[None]]] = []
        self._renewed_at = 0.0
        self._is_doubtful = False
        self._is_stopping = False
        self._failing: set[str] = set()  # jobs, by name
        self.failure: Exception | None = None  # of the last job: the database is away
        self.trusted_until = 0.0
        self.offset = offset

    def queue(self, hold: Hold) -> Waiter:
        """Let a request wait; its future is resolved when its ceiling is put aside, or refused."""
        waiter = Waiter(hold, self._loop.create_future())
        self._waiters[waiter] = None
        self._wake.set()
        return waiter

    def unqueue(self, waiter: Waiter) -> None:
        """Forget a request that does not wait any more."""
        self._waiters.pop(waiter, None)

    def nudge(self) -> None:
        """Look soon at what accounts want; not while the database is away, then every flush looks."""
        if self.failure is None:
            self._wake.set()

    def flushed(self) -> asyncio.Future[None]:
        """Return a future that is done when all that is journaled so far is in the database."""
        future: asyncio.Future[None] = self._loop.create_future()
        self._callers.append((self._journal.position, future))
        self._wake.set()
        return future

    def stop(self) -> None:
        """Refuse those who wait, and let `run` come to its end."""
        self._is_stopping = True
        for waiter in self._waiters:
            if not waiter.future.done():
                waiter.future.set_exception(stopping())
        self._waiters.clear()
        self._wake.set()

    def close(self) -> None:
        """Give up the thread; a job that still hangs in it ends by itself."""
        self._executor.shutdown(wait=False, cancel_futures=True)

    async def run(self) -> None:
        """Serve until stopped; then flush everything and return all leases."""
        try:
            await self._serve_until_stopped()
            await self._flush()
            if self.offset == self._journal.position and not self._journal.is_blocked:
                await self._job("return", self._return_everything)
        finally:
            for _, future in self._callers:
                if not future.done():
                    future.set_exception(unavailable(self.failure))

    async def _serve_until_stopped(self) -> None:
        terms = self._desk.terms
        flush_at = self._loop.time() + terms.flush_seconds
        reclaim_at = self._loop.time() + terms.lease_ttl / 10
        while not self._is_stopping:
            await self._nap(flush_at)
            await self._is_certain()
            await self._acquire()
            if self._callers or self._loop.time() >= flush_at:
                await self._flush()
                flush_at = self._loop.time() + terms.flush_seconds
            elif self._recent.is_large:
                await self._flush(is_due=False)
            if self._loop.time() >= reclaim_at:
                await self._reclaim()
                reclaim_at = self._loop.time() + terms.lease_ttl / 10

    async def _nap(self, until: float) -> None:
        if self._waiters or self._is_doubtful:
            until = min(until, self._loop.time() + RETRY_SECONDS)
        alarm = self._loop.call_at(until, self._wake.set)
        await self._wake.wait()
        self._wake.clear()
        alarm.cancel()

    async def _job(self, what: str, function: Callable[[*Ts], T], *args: *Ts) -> T | None:
        """Run one job; None if it failed, which is remembered, and said once until that job succeeds."""
        answer = await self._loop.run_in_executor(self._executor, attempt, function, *args)
        if isinstance(answer, Failed):
            if isinstance(answer.error, Unsure | OffsetMoved):
                self._is_doubtful = True
            if what not in self._failing:
                self._failing.add(what)
                log.warning("ledger_job_failed", job=what, reason=str(answer.error)[:500])
            self.failure = answer.error
            return None
        if what in self._failing:
            self._failing.remove(what)
            log.info("ledger_job_succeeds_again", job=what)
        self.failure = None
        return answer

    def _is_renewal_due(self) -> bool:
        return self._desk.clock() - self._renewed_at >= self._desk.terms.lease_ttl / 20

    def _renewed(self, at: float) -> None:
        self._renewed_at = at
        self.trusted_until = at + self._desk.terms.lease_ttl / 2

    async def _is_certain(self) -> bool:
        """Make sure that memory and database agree, by asking if there is a doubt."""
        now = self._desk.clock()
        if now > self.trusted_until and any(account.amount for account in self._leases):
            self._is_doubtful = True
        if not self._is_doubtful:
            return True
        facts = await self._job("look", self._look, int(now), self.offset)
        if facts is None:
            return False
        place, applied, amounts = facts
        if place > self._journal.position:
            # Only where file locks do not work. Nothing of ours would be flushed any more.
            raise RuntimeError(f"another process has taken over the journal of {self._holder}")
        self._leases.flushed(applied)
        self._leases.correct(amounts)
        self.offset = place
        self._is_doubtful = False
        self._renewed(now)
        return True

    def _look(
        self, now: int, believed: Position
    ) -> tuple[Position, dict[Ref, int], dict[Ref, int]]:
        """Return where the offset is, what was applied since we knew it, and our leases."""
        with transaction(self._desk.databases.main) as connection:
            accounts.renew(connection, self._holder, now)
            place = accounts.offset(connection, self._holder)
            if place is None:
                accounts.begin_offset(connection, self._holder, believed, now)
                place = believed
            amounts = accounts.leases_of(connection, self._holder)
        applied: dict[Ref, int] = {}
        # A database that fell back in time (a replica took over) is behind what we believed.
        sign = 1 if place >= believed else -1
        begin, end = min(place, believed), max(place, believed)
        while begin < end:
            batch = batch_of(begin, self._reader.read(begin, end, self._desk.terms.batch))
            for ref, amount in batch.covered.items():
                applied[ref] = applied.get(ref, 0) + sign * amount
            begin = batch.end
        return place, applied, amounts

    async def _acquire(self) -> None:
        """Take from the accounts what those who wait need, and serve them."""
        wants = self._leases.wanting and self.failure is None
        if not (self._waiters or wants) or not await self._is_certain():
            return
        waiters = list(self._waiters)
        demands = self._demands(waiters)
        now = self._desk.clock()
        renews = self._is_renewal_due()
        grants = await self._job("acquire", self._take, demands, int(now), renews)
        if grants is None:
            return
        if renews:
            self._renewed(now)
        for grant in grants:
            self._leases.granted(grant.ref, grant.amount, is_large=grant.is_large)
        self._is_doubtful = any(grant.is_lost for grant in grants)
        if await self._is_certain():
            self._serve(waiters, {grant.ref: grant for grant in grants})

    def _take(self, demands: Sequence[Demand], now: int, renews: bool) -> list[Grant]:
        with transaction(self._desk.databases.main) as connection:
            if renews:
                accounts.renew(connection, self._holder, now)
            return acquire(connection, self._holder, demands, now)

    def _demands(self, waiters: Sequence[Waiter]) -> list[Demand]:
        ceilings: dict[Ref, list[int]] = {account.ref: [] for account in self._leases.wanting}
        self._leases.wanting.clear()
        for waiter in waiters:
            for ref in waiter.refs:
                ceilings.setdefault(ref, []).append(waiter.hold.ceiling)
        return [self._demand(self._leases.account(ref), asked) for ref, asked in ceilings.items()]

    def _demand(self, account: Account, ceilings: Sequence[int]) -> Demand:
        account.touched = self._leases.cycle
        return Demand(account.ref, tuple(ceilings), account.usual, account.free, account.amount)

    def _serve(self, waiters: Sequence[Waiter], grants: Mapping[Ref, Grant]) -> None:
        for waiter in waiters:
            if waiter.future.done():
                continue
            if self._leases.admit(waiter.hold):
                waiter.future.set_result(None)
                self.unqueue(waiter)
            elif (error := self._refusal(waiter, grants)) is not None:
                waiter.future.set_exception(error)
                self.unqueue(waiter)

    def _refusal(self, waiter: Waiter, grants: Mapping[Ref, Grant]) -> GatewayError | None:
        """Return why a request is refused; None if it should wait."""
        ceiling = waiter.hold.ceiling
        short = [
            (grants[ref], free)
            for ref in waiter.refs
            if grants[ref].is_short and (free := self._leases.account(ref).free) < ceiling
        ]
        if not short:
            return None
        if all(grant.elsewhere for grant, _ in short):
            # Others hold a part of it on lease; what they do not use comes home within two flushes.
            if waiter.refuse_at is None:
                waiter.refuse_at = self._loop.time() + self._desk.terms.others_seconds
            if self._loop.time() < waiter.refuse_at:
                return None
        grant, free = short[0]
        return _insufficient(grant.ref, ceiling, grant.left + free)

    async def _flush(self, *, is_due: bool = True) -> None:
        """Bring what is journaled so far into the database, and return what is idle, unless it came before its time."""
        if is_due:
            self._leases.cycle += 1
        target = self._journal.position
        is_first = is_due
        while await self._is_certain():
            # Nothing is taken out of a lease for a database that is not there to take it back.
            returns = self._leases.idle() if is_first and self.failure is None else {}
            renews = self.failure is not None or (self._is_renewal_due() and any(self._leases))
            if self.offset >= target and not returns and not renews:
                break
            if not await self._flush_batch(target, returns, renews):
                break
            is_first = False
            await self._acquire()
        self._answer_callers()

    async def _flush_batch(
        self, target: Position, returns: Mapping[Ref, int], renews: bool
    ) -> bool:
        now = self._desk.clock()
        orders = msgspec.structs.replace(self._desk.orders(), returns=returns, renews=renews)
        recent = self._recent.take(self.offset, self._desk.terms.batch)
        applied = await self._job("flush", self._apply, target, recent, orders)
        if applied is None:
            if not self._is_doubtful:
                self._leases.not_returned(returns)
            return False
        batch, flushed = applied
        self._leases.flushed(batch.covered)
        self.offset = batch.end
        self._is_doubtful = self._is_doubtful or not flushed.is_whole
        self._traffic.add(flushed.tally)
        self._counters.uncollected += flushed.uncollected
        self._counters.uncollected_quota += flushed.uncollected_quota
        if renews:
            self._renewed(now)
        return True

    def _apply(
        self, target: Position, recent: tuple[list[Entry], Position] | None, orders: Orders
    ) -> tuple[Batch, Flushed]:
        if recent is not None:
            batch = Batch(self.offset, recent[1], recent[0])
        else:
            records = self._reader.read(self.offset, target, self._desk.terms.batch)
            batch = batch_of(self.offset, records)
        return batch, flush(self._desk.databases.main, self._holder, batch, orders)

    def _answer_callers(self) -> None:
        waiting, self._callers = self._callers, []
        for target, future in waiting:
            if future.done():
                continue
            if self.offset >= target:
                future.set_result(None)
            elif self.failure is not None or self._is_doubtful:
                future.set_exception(unavailable(self.failure))
            else:
                self._callers.append((target, future))

    async def _reclaim(self) -> None:
        desk = self._desk
        await self._job(
            "reclaim", reclaim, desk.databases, desk.seat, desk.orders(), desk.terms.lease_ttl
        )

    def _return_everything(self) -> None:
        with transaction(self._desk.databases.main) as connection:
            return_leases(connection, self._holder)


def unavailable(failure: Exception | None = None) -> Unavailable:
    """Return the error of a request that only the database could admit; `failure` is what it has said last."""
    what = "the database is away" if failure is None else condition(failure)
    said = f"{what}; try again in a moment"
    if failure is not None and is_full_here(failure):
        return StorageFailed(said, code="disk_full", retry_after=2.0)
    return Unavailable(said, retry_after=2.0)


def stopping() -> Unavailable:
    """Return the error of a request that came too late for this worker."""
    return Unavailable("the gateway is stopping", retry_after=1.0)


def _insufficient(ref: Ref, ceiling: int, left: int) -> InsufficientQuota:
    if ref.kind == "user":
        return InsufficientQuota("user quota", ceiling, left)
    code = "pre_consume_token_quota_failed"
    return InsufficientQuota("the remaining quota of this key", ceiling, left, code=code)
