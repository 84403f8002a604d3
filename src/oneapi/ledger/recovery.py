"""What dead workers left behind: their journals are replayed first, then their leases go home.

Safe to run by anybody, any number of times, also beside others: the offset moves in the transaction
that applies an entry, and a lease row is deleted in the transaction that gives its amount back.
"""

from pathlib import Path
from typing import Final

import msgspec
import structlog
from sqlalchemy import ColumnElement, Connection, delete, select

from oneapi.ledger import accounts
from oneapi.ledger.accounts import Ref
from oneapi.ledger.batches import batch_of
from oneapi.ledger.flusher import Orders, flush, transaction
from oneapi.ledger.journal import Position, Reader, SlotLock, drop_before, sequences, slots
from oneapi.ledger.log_flusher import flush_logs
from oneapi.store.database import Database, DatabaseAway
from oneapi.store.tables.ledger import leases

log = structlog.get_logger(__name__)

_BEGINNING: Final = Position(0, 0)
BATCH: Final = 2000


class Seat(msgspec.Struct, frozen=True):
    """Where a worker sits: its node, its slot on it, and the folder of the node's journals."""

    node: str
    slot: int
    folder: Path

    @property
    def holder(self) -> str:
        """The name under which leases and offsets of this seat are kept."""
        return f"{self.node}:{self.slot}"

    def beside(self, slot: int) -> "Seat":
        """Return another seat on the same node."""
        return Seat(self.node, slot, self.folder)

    def reader(self) -> Reader:
        """Return a reader of the seat's journal."""
        return Reader(self.folder, self.slot)


class Databases(msgspec.Struct, frozen=True):
    """The main database, and that of the log rows if it is another one."""

    main: Database
    logs: Database | None

    def orders(self, now: int, *, logs_consumption: bool) -> Orders:
        """Return orders for a flush into these databases."""
        return Orders(now=now, logs_consumption=logs_consumption, keeps_logs=self.logs is None)


def known_offset(database: Database, holder: str, now: int) -> Position:
    """Return a holder's offset in a database: the beginning of its first file, if it has none yet."""
    with transaction(database) as connection:
        place = accounts.offset(connection, holder)
        if place is None:
            accounts.begin_offset(connection, holder, _BEGINNING, now)
            return _BEGINNING
        return place


def recover(databases: Databases, seat: Seat, orders: Orders) -> Position:
    """Replay a seat's journal and return its leases; whoever calls has the seat's lock.

    Returns where the seat's next journal begins. Raises `DatabaseAway`.
    """
    database = databases.main
    place = known_offset(database, seat.holder, orders.now)
    reader = seat.reader()
    while (records := reader.read(place, most=BATCH)).end != place:
        batch = batch_of(place, records)
        flush(database, seat.holder, batch, orders)
        place = batch.end
        if batch.settled:
            log.info("journal_replayed", holder=seat.holder, charged=len(batch.settled))
    following = Position(max([place.seq, *sequences(seat.folder, seat.slot)]) + 1, 0)
    with transaction(database) as connection:
        return_leases(connection, seat.holder)
        accounts.move_offset(connection, seat.holder, place, following, orders.now)
    return following


def replay_logs(databases: Databases, seat: Seat, limit: Position, orders: Orders) -> Position:
    """Bring a journal's log rows into the log database; return how far it is."""
    if databases.logs is None:
        return limit
    place = known_offset(databases.logs, seat.holder, orders.now)
    reader = seat.reader()
    while place < limit:
        batch = batch_of(place, reader.read(place, limit, BATCH))
        flush_logs(databases.logs, databases.main, seat.holder, batch, orders)
        place = batch.end
    return place


def return_leases(connection: Connection, holder: str) -> None:
    """Give everything back that a holder has on lease."""
    held = accounts.leases_of(connection, holder)
    for ref in accounts.in_order(held):
        _return(connection, holder, ref, held[ref])


def _return(
    connection: Connection,
    holder: str,
    ref: Ref,
    amount: int,
    *unchanged: ColumnElement[bool],
) -> bool:
    gone = delete(leases).where(
        *unchanged,
        leases.c.holder == holder,
        leases.c.account == ref.kind,
        leases.c.account_id == ref.id,
        leases.c.amount == amount,
    )
    if not accounts.changed(connection.execute(gone)):
        return False
    accounts.give(connection, ref, amount)
    return True


def adopt(databases: Databases, seat: Seat, orders: Orders) -> bool:
    """Recover a seat whose worker is gone; return false if it is alive after all."""
    lock = SlotLock.take(seat.folder, seat.slot)
    if lock is None:
        return False
    try:
        following = recover(databases, seat, orders)
        try:
            reached = replay_logs(databases, seat, following, orders)
        except DatabaseAway:
            return True  # its files stay; whoever starts next tries again
        drop_before(seat.folder, seat.slot, min(following, reached).seq)
    finally:
        lock.release()
    return True


def adopt_all(databases: Databases, mine: Seat, orders: Orders) -> None:
    """Recover every seat of this node that has journals and no worker."""
    for slot in slots(mine.folder):
        if slot != mine.slot:
            adopt(databases, mine.beside(slot), orders)


def reclaim(databases: Databases, mine: Seat, orders: Orders, lease_ttl: int) -> int:
    """Return leases of holders that have not renewed them for `lease_ttl` seconds; say how many.

    If the holder's journal is in our folder and its worker is gone, it is replayed first. If it is
    alive, it has stopped granting from these leases since half that time.
    """
    stale = leases.c.renewed_at < orders.now - lease_ttl
    with databases.main.connect() as connection:
        rows = connection.execute(
            select(leases.c.holder).where(stale, leases.c.holder != mine.holder).distinct()
        )
        holders = sorted(rows.scalars())
    for holder in holders:
        node, _, slot = holder.rpartition(":")
        if node == mine.node and slot.isdecimal():
            adopt(databases, mine.beside(int(slot)), orders)
    returned = 0
    for holder in holders:
        with transaction(databases.main) as connection:
            held = connection.execute(
                select(leases.c.account, leases.c.account_id, leases.c.amount).where(
                    stale, leases.c.holder == holder
                )
            ).all()
            amounts = {Ref(account, id): amount for account, id, amount in held}
            for ref in accounts.in_order(amounts):
                returned += _return(connection, holder, ref, amounts[ref], stale)
    if returned:
        log.warning("leases_reclaimed", leases=returned, holders=holders)
    return returned
