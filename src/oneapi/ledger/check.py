"""`one-api check`: is the money right? Reads only; says what it looked at and what it found.

What is always true, also while workers serve: no balance below zero, every lease belongs to somebody,
and balances + leases + used quota are what was there when the ledger was opened plus what was credited
since. Log rows are compared with used quota as a note: an operator may delete them, or not keep any. What could not be
collected is a note, too: the books are right, and somebody has had more than they could pay.
"""

import time
from collections.abc import Sequence
from pathlib import Path

import msgspec
from sqlalchemy import ColumnElement, Connection, exists, false, func, or_, select

from oneapi.ledger import accounts
from oneapi.ledger.batches import Batch, batch_of
from oneapi.ledger.credit import books, new_debts
from oneapi.ledger.details import Missing
from oneapi.ledger.journal import Position, Reader, is_free, slots
from oneapi.store import usage_days
from oneapi.store.calendar import next_day
from oneapi.store.database import Database
from oneapi.store.enums import LogType
from oneapi.store.tables import logs, tokens, users
from oneapi.store.tables.ledger import leases

_SHOWN = 20  # ids per finding
_STALE_SECONDS = 600
_FAR = 2**62  # unix seconds


class Report(msgspec.Struct, frozen=True):
    """Lines for a person: `notes` say how things are, `problems` what is wrong."""

    notes: list[str]
    problems: list[str]

    @property
    def is_good(self) -> bool:
        """Say whether nothing is wrong."""
        return not self.problems


def check(
    database: Database, log_database: Database | None, folder: Path, node: str, now: int
) -> Report:
    """Look at everything; `folder` has this node's journals."""
    report = Report([], [])
    with database.connect() as connection:
        _negative(connection, report)
        _conserved(connection, report)
        _leases(connection, report, now)
        _days(connection, report)
        used = connection.execute(_USED).scalar_one()
    with (log_database or database).connect() as connection:
        logged = connection.execute(_LOGGED).scalar_one()
    report.notes.append(f"log rows explain {logged} of {used} used quota")
    _uncollected([database] if log_database is None else [database, log_database], report)
    for slot in slots(folder):
        _journal(database, Reader(folder, slot), f"{node}:{slot}", report)
        state = "nobody writes it" if is_free(folder, slot) else "its worker lives"
        report.notes.append(f"journal of slot {slot}: {state}")
    return report


_USED = select(func.coalesce(func.sum(users.c.used_quota), 0))
_UNCOLLECTED = select(logs.c.request_id, logs.c.user_id, logs.c.detail).where(
    logs.c.type == LogType.CONSUME.value, logs.c.detail.like('%"uncollected":%')
)
_LOGGED = select(func.coalesce(func.sum(logs.c.quota), 0)).where(
    logs.c.type == LogType.CONSUME.value
)


def _uncollected(databases: Sequence[Database], report: Report) -> None:
    """Say how much more was consumed than could be paid; such rows may lie in either database, or in both."""
    found: dict[str, tuple[int, int]] = {}
    for database in databases:
        with database.connect() as connection:
            for request_id, user_id, detail in connection.execute(_UNCOLLECTED):
                missing = msgspec.json.decode(detail, type=Missing).uncollected
                if missing:
                    found[request_id] = (user_id, missing)
    if not found:
        report.notes.append("everything that was charged could be collected")
        return
    quota = sum(missing for _, missing in found.values())
    ids = sorted({user_id for user_id, _ in found.values()})
    report.notes.append(
        f"not collected, because the balance was too small: {quota} of {len(found)} requests "
        f"(users {_listed(ids)})"
    )


def _listed(ids: Sequence[object]) -> str:
    return ", ".join(map(str, ids[:_SHOWN])) + (" …" if len(ids) > _SHOWN else "")


def _ids(connection: Connection, column: ColumnElement[int], *where: ColumnElement[bool]) -> str:
    """Return the ids that fulfil the conditions, as text; empty if there are none."""
    found = connection.execute(select(column).where(*where).order_by(column).limit(_SHOWN + 1))
    return _listed(list(found.scalars()))


def _negative(connection: Connection, report: Report) -> None:
    new = new_debts(connection)
    for what, ids, is_new in (
        (
            "balance of users",
            _ids(connection, users.c.id, users.c.quota < 0),
            new["debts_of_users"] < 0,
        ),
        (
            "remaining quota of keys",
            _ids(
                connection,
                tokens.c.id,
                tokens.c.remain_quota < 0,
                tokens.c.unlimited_quota == false(),
            ),
            new["debts_of_keys"] < 0,
        ),
        ("lease of accounts", _ids(connection, leases.c.account_id, leases.c.amount < 0), True),
    ):
        if not ids:
            report.notes.append(f"no {what} is below zero")
        elif is_new:
            report.problems.append(f"below zero: {what} {ids}")
        else:
            report.notes.append(f"below zero since before this program: {what} {ids}")


def _conserved(connection: Connection, report: Report) -> None:
    now, surplus = books(connection)
    if surplus is None:
        report.notes.append("no worker has run on this database: nothing to compare its quota with")
    elif surplus:
        report.problems.append(
            f"balances + leases + used quota are {now}, credited were {now - surplus}: "
            f"{surplus:+d} (was the database changed by another program?)"
        )
    else:
        report.notes.append(f"balances + leases + used quota are what was credited: {now}")


def _days(connection: Connection, report: Report) -> None:
    """Compare the statistics of days with those of hours; all of them together where another time zone has cut days."""
    uneven: list[int] = []
    for day in usage_days.days_of_use(connection):
        found = usage_days.compared(connection, day, next_day(day))
        if found.strange:
            report.notes.append(
                "days of the statistics were cut in another time zone (TZ) than this command's"
            )
            uneven = [] if usage_days.compared(connection, 0, _FAR).adds_up else [day]
            break
        if not found.adds_up:
            uneven.append(day)
    if not uneven:
        report.notes.append("days of the statistics are what their hours add up to")
        return
    names = [time.strftime("%Y-%m-%d", time.localtime(day)) for day in uneven]
    report.problems.append(
        f"days of the statistics are not what their hours add up to: {_listed(names)} "
        "(a node that serves mends them within ten minutes)"
    )


def _leases(connection: Connection, report: Report, now: int) -> None:
    held, amount = connection.execute(
        select(func.count(), func.coalesce(func.sum(leases.c.amount), 0)).select_from(leases)
    ).one()
    report.notes.append(f"{held} open leases hold {amount}")
    nobody = or_(
        (leases.c.account == "user") & ~exists().where(users.c.id == leases.c.account_id),
        (leases.c.account == "key") & ~exists().where(tokens.c.id == leases.c.account_id),
    )
    if lost := _ids(connection, leases.c.account_id, nobody):
        report.problems.append(f"leases of accounts that do not exist: {lost}")
    if stale := _ids(connection, leases.c.account_id, leases.c.renewed_at < now - _STALE_SECONDS):
        report.problems.append(f"leases that no worker has renewed or returned: {stale}")


def _journal(database: Database, reader: Reader, holder: str, report: Report) -> None:
    with database.connect() as connection:
        place = accounts.offset(connection, holder) or Position(0, 0)
    charges = quota = damaged = 0
    while (records := reader.read(place)).end != place:
        batch: Batch = batch_of(place, records)
        charges += len(batch.settled)
        quota += sum(entry.charge for entry in batch.settled)
        damaged += records.skipped_bytes
        place = batch.end
    report.notes.append(f"journal of {holder}: {charges} charges ({quota}) are still to be applied")
    if damaged:
        report.notes.append(f"journal of {holder}: {damaged} torn or damaged bytes are skipped")
