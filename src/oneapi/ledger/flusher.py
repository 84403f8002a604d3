"""Journal entries into the database: many of them in one transaction, which also moves the offset.

Runs in the ledger's own threads and in recovery; knows nothing of the leases in memory. What an entry
says was covered comes out of the holder's lease rows; what is owed beyond, or was covered by a lease
that somebody has reclaimed meanwhile, is collected from the account as far as the account has it.
"""

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache, partial
from typing import Any, Final, NamedTuple

import msgspec
import structlog
from sqlalchemy import BigInteger, BindParameter, Connection, Insert, bindparam, case, func, update
from sqlalchemy.exc import DatabaseError, SQLAlchemyError

from oneapi.ledger import accounts, log_rows
from oneapi.ledger.accounts import Kind, Ref
from oneapi.ledger.batches import Batch, Tally
from oneapi.ledger.entry import Settled
from oneapi.store import usage_days
from oneapi.store.database import Database, DatabaseAway, is_away
from oneapi.store.inserts import upsert
from oneapi.store.tables import channels, tokens, usage_hours, users
from oneapi.store.tables.statistics import COUNTERS

log = structlog.get_logger(__name__)

# What a driver may say about a value that its column cannot hold.
ROW_FAULTS: Final = (DatabaseError, ValueError, OverflowError)
_NOTHING: Final[Mapping[int, int]] = {}

_COUNT_USER: Final = (
    update(users)
    .where(users.c.id == bindparam("the_id"))
    .values(
        used_quota=users.c.used_quota + bindparam("used"),
        request_count=users.c.request_count + bindparam("requests"),
        quota=users.c.quota + bindparam("back"),
    )
)
_NOW: Final[BindParameter[int]] = bindparam("at", type_=BigInteger())
_LAST_USED: Final = func.coalesce(tokens.c.accessed_time, 0)
_COUNT_KEY: Final = (
    update(tokens)
    .where(tokens.c.id == bindparam("the_id"))
    .values(
        used_quota=tokens.c.used_quota + bindparam("used"),
        remain_quota=tokens.c.remain_quota + bindparam("back"),
        accessed_time=case((_LAST_USED < _NOW, _NOW), else_=_LAST_USED),
    )
)
_COUNT_CHANNEL: Final = (
    update(channels)
    .where(channels.c.id == bindparam("the_id"))
    .values(used_quota=channels.c.used_quota + bindparam("used"))
)


class Unsure(DatabaseAway):
    """The answer to a COMMIT did not come: it may have happened or not."""


class _LeaseLost(Exception):
    """A lease row holds less than the entries that it should cover."""


@contextmanager
def transaction(database: Database) -> Generator[Connection]:
    """A write transaction that tells, when it fails, whether it is certain that nothing happened."""
    is_complete = False
    try:
        with database.begin() as connection:
            yield connection
            is_complete = True
    except (DatabaseAway, SQLAlchemyError) as error:
        if is_complete:
            raise Unsure("the connection broke at COMMIT") from error
        raise


class Orders(msgspec.Struct, frozen=True):
    """What a flush does besides: idle leases to return, others to renew, whether log rows go here.

    `keeps_logs`: the table of this database is where log rows belong (there is no other for them).
    """

    now: int
    returns: Mapping[Ref, int] = {}
    renews: bool = False
    logs_consumption: bool = True
    keeps_logs: bool = True


class Flushed(NamedTuple):
    """What a flush found: whether the leases were all there, and the requests whose payer did not have all they cost."""

    is_whole: bool
    tally: Tally
    uncollected: int = 0
    uncollected_quota: int = 0


def flush(database: Database, holder: str, batch: Batch, orders: Orders) -> Flushed:
    """Apply a batch in one transaction.

    The usual case is a handful of statements. When something in it does not fit, nothing of it has
    happened, and the careful way looks at each account and each log row by itself.
    """
    if batch.is_plain:
        writes_rows = orders.logs_consumption and orders.keeps_logs
        rows = [log_rows.row(entry) for entry in batch.settled] if writes_rows else []
        if batch.failed and orders.keeps_logs:
            rows += failed_rows(batch)
        try:
            with transaction(database) as connection:
                return Flushed(True, _plainly(connection, holder, batch, orders, rows))
        except (_LeaseLost, *ROW_FAULTS) as error:
            log.warning("flush_looks_closer", holder=holder, reason=str(error)[:500])
    with transaction(database) as connection:
        return _carefully(connection, holder, batch, orders)


def _begin(connection: Connection, holder: str, batch: Batch, orders: Orders) -> None:
    if batch.end != batch.start:
        accounts.move_offset(connection, holder, batch.start, batch.end, orders.now)
    if orders.renews:
        accounts.renew(connection, holder, orders.now)


def _plainly(
    connection: Connection,
    holder: str,
    batch: Batch,
    orders: Orders,
    rows: Sequence[log_rows.Row],
) -> Tally:
    """Rows that others wait for come last, and are held for the shortest time."""
    _begin(connection, holder, batch, orders)
    log_rows.insert_rows(connection, rows)
    out = dict(batch.covered)
    for ref, amount in orders.returns.items():
        out[ref] = out.get(ref, 0) + amount
    shrinking = [
        accounts.shrink(holder, ref, out[ref]) for ref in accounts.in_order(out) if out[ref]
    ]
    if shrinking:
        found = connection.execute(accounts.SHRINK, shrinking).rowcount
        if found != len(shrinking):
            raise _LeaseLost(f"{found} of {len(shrinking)} leases are there")
    if orders.returns:
        accounts.drop_empty_leases(connection, holder)
    tally = Tally(batch, _NOTHING, _NOTHING, orders.now)
    _count(connection, tally, orders.returns)
    if tally.hours:
        add_use(connection, _hours(tally))
    return tally


def _carefully(connection: Connection, holder: str, batch: Batch, orders: Orders) -> Flushed:
    _begin(connection, holder, batch, orders)
    charges = _charges(batch.settled)
    returned: dict[Ref, int] = {}
    uncollected: dict[Kind, dict[int, int]] = {"user": {}, "key": {}}
    is_whole = True
    for ref in accounts.in_order([*{**charges, **batch.covered, **orders.returns}]):
        entries = charges.get(ref, [])
        covered = batch.covered.get(ref, 0)
        from_lease = accounts.shrink_up_to(connection, holder, ref, covered)
        owed = sum(charge for _, charge, _ in entries) - from_lease
        returning = orders.returns.get(ref, 0)
        returned[ref] = accounts.shrink_up_to(connection, holder, ref, returning)
        is_whole = is_whole and from_lease == covered and returned[ref] == returning
        missing = owed - accounts.take_up_to(connection, ref, owed)
        uncollected[ref.kind] |= _blamed(missing, entries)
    if orders.returns:
        accounts.drop_empty_leases(connection, holder)
    tally = Tally(batch, uncollected["user"], uncollected["key"], orders.now)
    _count(connection, tally, returned)
    for row in _hours(tally):
        _guarded(connection, partial(add_use, connection, [row]), str(row["model_name"]))
    everything = orders.logs_consumption and orders.keeps_logs
    _insert_one_by_one(connection, batch.settled, uncollected, everything=everything)
    if orders.keeps_logs:
        for failed in failed_rows(batch):
            insert_guarded(connection, failed)
    of_users = [amount for amount in uncollected["user"].values() if amount]
    return Flushed(is_whole, tally, len(of_users), sum(of_users))


def failed_rows(batch: Batch) -> list[log_rows.Row]:
    """Return the rows of what failed, of those that get one."""
    return [row for entry in batch.failed if (row := log_rows.failed_row(entry)) is not None]


Charge = tuple[int, int, int]  # the entry's index, its charge, how much of it a lease covered


def _charges(settled: Sequence[Settled]) -> dict[Ref, list[Charge]]:
    charges: dict[Ref, list[Charge]] = {}
    for index, entry in enumerate(settled):
        payer = entry.payer
        user = charges.setdefault(Ref("user", payer.user_id), [])
        user.append((index, entry.charge, entry.covered))
        if payer.key_limited:
            key = charges.setdefault(Ref("key", payer.key_id), [])
            key.append((index, entry.charge, entry.key_covered))
    return charges


def _blamed(missing: int, entries: Sequence[Charge]) -> dict[int, int]:
    """Spread what could not be collected: on entries that owe beyond their lease first, the last ones first."""
    blamed: dict[int, int] = {}
    for index, charge, covered in reversed(entries):
        blamed[index] = min(missing, charge - covered)
        missing -= blamed[index]
    for index, charge, _ in reversed(entries):
        more = min(missing, charge - blamed[index])
        blamed[index] += more
        missing -= more
    return blamed


def _count(connection: Connection, tally: Tally, returned: Mapping[Ref, int]) -> None:
    """Add up counters and give back what was returned, in the order in which everybody takes rows."""
    back_to_users = {ref.id: amount for ref, amount in returned.items() if ref.kind == "user"}
    back_to_keys = {ref.id: amount for ref, amount in returned.items() if ref.kind == "key"}
    of_users = [
        {"the_id": id, "used": used, "requests": requests, "back": back_to_users.get(id, 0)}
        for id in sorted({*tally.users, *back_to_users})
        for used, requests in (tally.users.get(id, (0, 0)),)
    ]
    of_keys = [
        {"the_id": id, "used": used, "at": at, "back": back_to_keys.get(id, 0)}
        for id in sorted({*tally.keys, *back_to_keys})
        for used, at in (tally.keys.get(id, (0, 0)),)
    ]
    of_channels = [{"the_id": id, "used": tally.channels[id]} for id in sorted(tally.channels)]
    for statement, rows in (
        (_COUNT_USER, of_users),
        (_COUNT_KEY, of_keys),
        (_COUNT_CHANNEL, of_channels),
    ):
        if rows:
            connection.execute(statement, rows)


_HOUR_KEYS: Final = ("hour", "user_id", "token_id", "channel_id", "model_name")


def _hours(tally: Tally) -> list[dict[str, Any]]:
    """Return the rows to add to the statistics, in the order of their keys."""
    names: tuple[str, ...] = (*_HOUR_KEYS, *COUNTERS)
    kept = len(COUNTERS)
    return [
        dict(
            zip(names, (*hour[:-1], log_rows.fit(hour[-1]), *tally.hours[hour][:kept]), strict=True)
        )
        for hour in sorted(tally.hours)
    ]


def add_use(connection: Connection, hours: Sequence[dict[str, Any]]) -> None:
    """Add rows to the statistics, and what they come to by the day."""
    dialect = connection.dialect.name
    connection.execute(_additions(dialect), hours)
    connection.execute(usage_days.additions(dialect), usage_days.day_rows(hours))


@cache
def _additions(dialect: str) -> Insert:
    dialect = "mysql" if dialect == "mariadb" else dialect
    return upsert(dialect, usage_hours, _HOUR_KEYS, add=COUNTERS)


def _insert_one_by_one(
    connection: Connection,
    settled: Sequence[Settled],
    uncollected: Mapping[Kind, Mapping[int, int]],
    *,
    everything: bool,
) -> None:
    """Insert log rows so that one that the database refuses does not hold up money.

    Where log rows belong into another database, or are not wanted, only those are written here that say what was not
    collected: nothing else tells of it. `log_flusher` takes them over.
    """
    for index, entry in enumerate(settled):
        missing = uncollected["user"].get(index, 0)
        from_key = uncollected["key"].get(index, 0)
        if everything or missing or from_key:
            insert_guarded(connection, log_rows.row(entry, missing, from_key))


def insert_guarded(connection: Connection, row: log_rows.Row) -> None:
    """Insert one log row, or complain and go on."""
    insertion = partial(log_rows.insert_rows, connection, [row])
    _guarded(connection, insertion, log_rows.request_of(row))


def _guarded(connection: Connection, insertion: Callable[[], None], what: str) -> None:
    """Insert what is not money, or complain and go on; `what`: the request's id, or the model."""
    try:
        with connection.begin_nested():
            insertion()
    except ROW_FAULTS as error:
        if is_away(error):
            raise
        reason = str(error)[:500]  # a trace would show nothing but the way to the driver
        log.error("log_row_refused", request_id=what, reason=reason)  # noqa: TRY400
