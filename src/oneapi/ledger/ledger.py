"""The ledger of one worker: admits requests against leases in memory, and journals what they cost.

The hot path is `hold` and `Hold.settle`: memory, and one write to the journal. Everything that speaks
with a database happens beside it (`teller`, `log_copier`).
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import structlog

from oneapi.ledger.accounts import Ref
from oneapi.ledger.counters import Counters
from oneapi.ledger.credit import begin_total
from oneapi.ledger.failures import FailureRows
from oneapi.ledger.hold import Hold
from oneapi.ledger.journal import PROMISE, Journal, Position, SlotLock, drop_before
from oneapi.ledger.leases import Leases
from oneapi.ledger.log_copier import LogCopier
from oneapi.ledger.payer import Payer
from oneapi.ledger.recent import Recent
from oneapi.ledger.recovery import Databases, Seat, adopt_all, reclaim, recover
from oneapi.ledger.room import Condition, RoomKeeper, condition_of, unrecordable
from oneapi.ledger.teller import Desk, Teller, Terms, stopping, unavailable
from oneapi.store.database import Database
from oneapi.store.outages import Outage

log = structlog.get_logger(__name__)


class Ledger:
    """One per worker; all its methods belong to the thread of the event loop that started it.

    `counters` are for whoever renders metrics; `failure_rows` decides which failures
    are told one by one. `on_broken` is called when a task has died by a mistake of ours: nothing
    is admitted any more.
    """

    journal: Journal
    recent: Recent
    _teller: Teller
    _copier: LogCopier
    _lock: SlotLock
    _keeper: RoomKeeper

    def __init__(
        self,
        database: Database,
        seat: Seat,
        clock: Callable[[], float],
        *,
        log_database: Database | None = None,
        terms: Terms | None = None,
        logs_consumption: Callable[[], bool] = lambda: True,
    ) -> None:
        databases = Databases(database, log_database)
        self._desk = Desk(databases, seat, clock, terms or Terms(), logs_consumption)
        self.clock = clock
        self._tasks: list[asyncio.Task[None]] = []
        self._is_open = False
        self._oldest_seq = -1
        self.on_broken: Callable[[], None] | None = None
        self.leases = Leases()
        self.counters = Counters()
        self.failure_rows = FailureRows()

    async def start(self) -> None:
        """Replay what a predecessor left, return its leases, and begin to serve.

        Raises `DatabaseAway`; `OSError` when there is no room for a journal; `RuntimeError` if another living process
        has this seat.
        """
        desk = self._desk
        folder, slot = desk.seat.folder, desk.seat.slot
        self._lock = await self._take_lock()
        try:
            begin = await asyncio.to_thread(self._recover)
            self.journal = Journal(folder, slot, begin.seq, rotate_at=desk.terms.rotate_at)
        except BaseException:
            self._lock.release()
            raise
        self.recent = Recent(self.journal)
        self._teller = Teller(desk, self.journal, self.recent, self.leases, begin, self.counters)
        self._copier = LogCopier(desk)
        loop = asyncio.get_running_loop()
        self._syncer = ThreadPoolExecutor(1, f"ledger-sync-{slot}")
        self._keeper = RoomKeeper(self.journal, self._syncer)
        self._tasks = [
            loop.create_task(self._teller.run(), name="ledger-teller"),
            loop.create_task(self._keeper.run(), name="ledger-room"),
            loop.create_task(self._keep_up(), name="ledger-logs"),
            loop.create_task(self._sync(), name="ledger-sync"),
        ]
        for task in self._tasks:
            task.add_done_callback(self._ended)
        self._is_open = True

    def _ended(self, task: asyncio.Task[None]) -> None:
        """Refuse requests when a task has died: nothing would flush what they cost."""
        if not task.cancelled() and (error := task.exception()) is not None:
            self._is_open = False
            log.critical("ledger_task_died", task=task.get_name(), exc_info=error)
            if self.on_broken is not None:
                self.on_broken()

    async def _take_lock(self) -> SlotLock:
        seat = self._desk.seat
        loop = asyncio.get_running_loop()
        give_up_at = loop.time() + self._desk.terms.lock_seconds
        while (lock := SlotLock.take(seat.folder, seat.slot)) is None:
            if loop.time() >= give_up_at:
                raise RuntimeError(f"another process keeps the journal {seat.folder}/{seat.slot}")
            await asyncio.sleep(0.05)
        return lock

    def _recover(self) -> Position:
        desk = self._desk
        orders = desk.orders()
        begin_total(desk.databases.main, orders.now)
        begin = recover(desk.databases, desk.seat, orders)
        if (
            desk.databases.logs is None
        ):  # nobody else has to read them, and the disk may have no other room for ours
            drop_before(desk.seat.folder, desk.seat.slot, begin.seq)
        adopt_all(desk.databases, desk.seat, orders)
        reclaim(desk.databases, desk.seat, orders, desk.terms.lease_ttl)
        return begin

    def hold(self, payer: Payer, ceiling: int, request_id: str) -> Hold:
        """Return the hold of one request, to be entered with `async with`, which takes it unless that is done.

        A ceiling of zero holds zero, and is always admitted.
        """
        return Hold(self, payer, max(ceiling, 0), request_id)

    def hold_now(self, payer: Payer, ceiling: int, request_id: str) -> Hold | None:
        """Return a hold that is taken already, `None` if that needs waiting. Whoever gets it settles or releases it."""
        hold = Hold(self, payer, max(ceiling, 0), request_id)
        return hold if hold.taken() else None

    def take(self, hold: Hold) -> bool:
        """Admit a request from what is on lease; false if it must wait. Called by `Hold` alone."""
        if not self._is_open:
            raise stopping()
        journal = self.journal
        if journal.room < PROMISE and not journal.extend():
            raise unrecordable(journal.refusal)
        if hold.ceiling > 0:
            if self.clock() > self._teller.trusted_until or not self.leases.admit(hold):
                return False
            if self.leases.wanting:
                self._teller.nudge()
        journal.room -= PROMISE
        return True

    async def wait(self, hold: Hold) -> None:
        """Wait until a request is admitted or refused. Called by `Hold` alone."""
        self.journal.room -= PROMISE
        waiter = self._teller.queue(hold)
        try:
            async with asyncio.timeout(self._desk.terms.database_seconds):
                await waiter.future
        except BaseException as error:
            self._teller.unqueue(waiter)
            if waiter.is_served:
                hold.abandon()
            else:
                self.journal.room += PROMISE
            if isinstance(error, TimeoutError):
                raise unavailable(self._teller.failure) from None
            raise

    def recall(self, user_id: int) -> None:
        """Return with the next flush what this worker has of a user's quota and no request under way needs."""
        self.leases.recall(Ref("user", user_id))

    async def flush(self) -> None:
        """Return when everything journaled so far is in the database; raise `Unavailable` if it cannot be."""
        if not self._is_open:
            raise stopping()
        self.journal.retry()
        await self._teller.flushed()
        if not await self._follow():
            raise unavailable()

    def journaled(self) -> tuple[int, int]:
        """Return how far the journal is, and how far of it the database is, in bytes; across files as if each were full."""
        full = self._desk.terms.rotate_at
        written, flushed = self.journal.position, self._teller.offset
        return written.seq * full + written.position, flushed.seq * full + flushed.position

    @property
    def condition(self) -> Condition:
        """Say what is the matter with the place where charges are kept."""
        desk = self._desk
        size = desk.terms.rotate_at + PROMISE
        return condition_of(self.journal, desk.seat.folder, size, self._teller.failure)

    async def aclose(self) -> None:
        """Refuse new requests, flush, return all leases; what a database that is away prevents, the next start does."""
        self._is_open = False
        if not self._tasks:
            return
        seconds = self._desk.terms.close_seconds
        self.journal.retry()
        self._teller.stop()
        self._keeper.stop()
        await asyncio.wait(self._tasks[:2], timeout=seconds)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        try:
            async with asyncio.timeout(seconds):
                is_written = await self._follow()
        except (TimeoutError, OSError):
            is_written = False
        if not is_written or self._teller.offset != self.journal.position:
            log.warning("ledger_closed_unflushed", holder=self._desk.seat.holder)
        if self.journal.is_blocked:  # of answers that were cut off; no whole one is among them
            log.error("charges_lost", reason=str(self.journal.refusal))
        self._tasks = []
        self._teller.close()
        self._copier.close()
        self._syncer.shutdown()
        try:
            self.journal.close()
        except OSError as error:
            log.warning("journal_not_synced", reason=str(error))
        self._lock.release()

    async def _follow(self) -> bool:
        """Let the log rows follow, and delete files that nobody needs any more."""
        offset = self._teller.offset
        seat = self._desk.seat
        if self._desk.databases.logs is not None and not await self._copier.follow(offset):
            return False
        if offset.seq != self._oldest_seq:
            # Freeing a file's blocks takes milliseconds.
            loop = asyncio.get_running_loop()
            drop = partial(drop_before, seat.folder, seat.slot, offset.seq)
            await loop.run_in_executor(self._syncer, drop)
            self._oldest_seq = offset.seq
        return True

    async def _keep_up(self) -> None:
        outage = Outage("ledger-logs")
        while True:
            try:
                await self._follow()
            except OSError as error:
                outage.failed(error)
            else:
                outage.succeeded()
            await asyncio.sleep(outage.pause(self._desk.terms.flush_seconds))

    async def _sync(self) -> None:
        loop = asyncio.get_running_loop()
        outage = Outage("ledger-sync")
        while True:
            await asyncio.sleep(outage.pause(self._desk.terms.sync_seconds))
            try:
                descriptors = self.journal.unsynced()
                if descriptors:
                    await loop.run_in_executor(self._syncer, self.journal.sync, descriptors)
            except OSError as error:
                outage.failed(error)
            else:
                outage.succeeded()
