"""Whose balance has fallen below what the operator calls low: each user once, until it has been above it again.

Who is seen for the first time is only noted, and so is everybody when the threshold changes: nobody is told of what has
long been so. The notes are rows, written by one node at a time, so that no two tell the same user.
"""

from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Select, and_, func, insert, or_, select, update

from oneapi.store.database import Database
from oneapi.store.enums import UserStatus
from oneapi.store.tables import balance_watch, users
from oneapi.store.tables.ledger import leases

_AT_ONCE: Final = 1000


class Low(NamedTuple):
    """A user whose balance has fallen below the threshold."""

    user_id: int
    username: str
    email: str
    balance: int


def take_fallen(database: Database, threshold: int) -> list[Low]:
    """Return who has fallen below it since the last time, each user once over all nodes; some at a time. Blocking."""
    changed = _changed(threshold)
    with database.connect() as connection:
        if connection.execute(changed.limit(1)).first() is None:
            return []
    with database.exclusively("low balances") as connection:
        rows = connection.execute(changed.limit(_AT_ONCE)).all()
        _note(connection, rows, threshold)
    return [
        Low(row.id, row.username or "", row.email, int(row.balance))
        for row in rows
        if row.balance < threshold and row.is_low == 0 and row.threshold == threshold and row.email
    ]


def _changed(threshold: int) -> "Select[*tuple[Any, ...]]":
    """Return who is to be noted anew: unknown yet, noted by another threshold, or on the other side of it by now."""
    leased = (
        select(leases.c.account_id, func.sum(leases.c.amount).label("amount"))
        .where(leases.c.account == "user")
        .group_by(leases.c.account_id)
        .subquery()
    )
    balance = func.coalesce(users.c.quota, 0) + func.coalesce(leased.c.amount, 0)
    watch = balance_watch.c
    sides = or_(
        watch.user_id.is_(None),
        watch.threshold != threshold,
        and_(watch.is_low == 0, balance < threshold),
        and_(watch.is_low == 1, balance >= threshold),
    )
    columns = (users.c.id, users.c.username, users.c.email, watch.user_id.label("known"))
    return (
        select(*columns, watch.is_low, watch.threshold, balance.label("balance"))
        .select_from(users)
        .outerjoin(leased, leased.c.account_id == users.c.id)
        .outerjoin(balance_watch, watch.user_id == users.c.id)
        .where(users.c.status == UserStatus.ENABLED, sides)
        .order_by(users.c.id)
    )


def _note(connection: Connection, rows: Any, threshold: int) -> None:
    said = [
        (row.known, {"user_id": row.id, "is_low": int(row.balance < threshold)}) for row in rows
    ]
    new = [values | {"threshold": threshold} for known, values in said if known is None]
    if new:
        connection.execute(insert(balance_watch), new)
    for known, values in said:
        if known is not None:
            mine = balance_watch.c.user_id == known
            connection.execute(
                update(balance_watch)
                .where(mine)
                .values(is_low=values["is_low"], threshold=threshold)
            )
