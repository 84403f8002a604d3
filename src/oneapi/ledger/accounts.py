"""The statements on accounts and leases: each takes or gives, conditionally, and none ever reads to write back.

An account is a user's quota or a limited key's remaining quota. All functions run inside the caller's
transaction. To keep transactions from waiting for each other in a circle, every one of them touches
users before keys before channels, each in the order of their ids.
"""

from collections.abc import Mapping, Sequence
from typing import Final, Literal, NamedTuple

from sqlalchemy import (
    Column,
    Connection,
    CursorResult,
    Table,
    Update,
    bindparam,
    delete,
    func,
    insert,
    select,
    update,
)

from oneapi.ledger.journal import Position
from oneapi.store.tables import tokens, users
from oneapi.store.tables.columns import BIGINT_MAX
from oneapi.store.tables.ledger import journal_offsets, leases

Kind = Literal["user", "key"]


class Ref(NamedTuple):
    """Names an account."""

    kind: Kind
    id: int


def in_order(refs: Mapping[Ref, object] | Sequence[Ref]) -> list[Ref]:
    """Return accounts in the order in which every transaction takes them."""
    return sorted(refs, key=lambda ref: (ref.kind == "key", ref.id))


_TABLES: Final[Mapping[Kind, tuple[Table, Column[int]]]] = {
    "user": (users, users.c.quota),
    "key": (tokens, tokens.c.remain_quota),
}
_BALANCE: Final = {
    kind: select(column).where(table.c.id == bindparam("the_id"))
    for kind, (table, column) in _TABLES.items()
}
_GIVE: Final[Mapping[Kind, Update]] = {
    kind: update(table)
    .where(table.c.id == bindparam("the_id"), column <= bindparam("room"))
    .values({column: column + bindparam("amount")})
    for kind, (table, column) in _TABLES.items()
}
_TAKE: Final[Mapping[Kind, Update]] = {
    kind: update(table)
    .where(table.c.id == bindparam("the_id"), column >= bindparam("amount"))
    .values({column: column - bindparam("amount")})
    for kind, (table, column) in _TABLES.items()
}
_THIS_LEASE: Final = (
    leases.c.holder == bindparam("the_holder"),
    leases.c.account == bindparam("the_account"),
    leases.c.account_id == bindparam("the_id"),
)
_GROW: Final = (
    update(leases)
    .where(*_THIS_LEASE)
    .values(amount=leases.c.amount + bindparam("more"), renewed_at=bindparam("now"))
)
SHRINK: Final = (
    update(leases)
    .where(*_THIS_LEASE, leases.c.amount >= bindparam("less"))
    .values(amount=leases.c.amount - bindparam("less"))
)
_LEASE: Final = select(leases.c.amount).where(*_THIS_LEASE)
_MOVE: Final = (
    update(journal_offsets)
    .where(
        journal_offsets.c.holder == bindparam("the_holder"),
        journal_offsets.c.seq == bindparam("old_seq"),
        journal_offsets.c.position == bindparam("old_position"),
    )
    .values(
        seq=bindparam("new_seq"), position=bindparam("new_position"), updated_at=bindparam("now")
    )
)


class OffsetMoved(Exception):
    """Somebody has applied a part of this journal meanwhile: what we know of it is out of date."""


def changed(result: CursorResult[tuple[object, ...]]) -> bool:
    """Say whether a conditional statement found its row."""
    return result.rowcount == 1


def balance(connection: Connection, ref: Ref) -> int | None:
    """Return what is in the account, leases not counted; None if there is no such account."""
    return connection.execute(_BALANCE[ref.kind], {"the_id": ref.id}).scalar()


def give(connection: Connection, ref: Ref, amount: int, most: int = BIGINT_MAX) -> bool:
    """Add to the account; false if there is no such account, or it would hold more than `most`."""
    values = {"the_id": ref.id, "amount": amount, "room": most - amount}
    return changed(connection.execute(_GIVE[ref.kind], values))


def take(connection: Connection, ref: Ref, amount: int) -> bool:
    """Take `amount` if the account has it; otherwise take nothing and return false."""
    return changed(connection.execute(_TAKE[ref.kind], {"the_id": ref.id, "amount": amount}))


def take_up_to(connection: Connection, ref: Ref, amount: int) -> int:
    """Take `amount`, or what the account has if that is less; return what was taken."""
    while (there := min(balance(connection, ref) or 0, amount)) > 0:
        if take(connection, ref, there):  # otherwise somebody was faster, and there is less
            return there
    return 0


def grow_lease(connection: Connection, holder: str, ref: Ref, amount: int, now: int) -> bool:
    """Add to the holder's lease; return whether there already was one."""
    key = {"the_holder": holder, "the_account": ref.kind, "the_id": ref.id}
    if changed(connection.execute(_GROW, key | {"more": amount, "now": now})):
        return True
    connection.execute(
        insert(leases),
        {
            "holder": holder,
            "account": ref.kind,
            "account_id": ref.id,
            "amount": amount,
            "renewed_at": now,
        },
    )
    return False


def shrink(holder: str, ref: Ref, amount: int) -> dict[str, str | int]:
    """Return the parameters of `SHRINK`."""
    return {
        "the_holder": holder,
        "the_account": ref.kind,
        "the_id": ref.id,
        "less": amount,
    }


def shrink_up_to(connection: Connection, holder: str, ref: Ref, amount: int) -> int:
    """Take `amount` out of the holder's lease, or what it has if that is less; return what was taken."""
    key = {"the_holder": holder, "the_account": ref.kind, "the_id": ref.id}
    there = min(connection.execute(_LEASE, key).scalar() or 0, amount)
    if there <= 0:
        return 0
    # Whoever deletes it between the two statements has given it all back to the account.
    return there if changed(connection.execute(SHRINK, shrink(holder, ref, there))) else 0


def drop_empty_leases(connection: Connection, holder: str) -> None:
    """Delete the holder's leases in which nothing is left."""
    connection.execute(delete(leases).where(leases.c.holder == holder, leases.c.amount == 0))


def renew(connection: Connection, holder: str, now: int) -> None:
    """Tell the others that this holder lives."""
    connection.execute(update(leases).where(leases.c.holder == holder).values(renewed_at=now))


def leases_of(connection: Connection, holder: str) -> dict[Ref, int]:
    """Return the holder's leases."""
    rows = connection.execute(
        select(leases.c.account, leases.c.account_id, leases.c.amount).where(
            leases.c.holder == holder
        )
    )
    return {Ref(account, account_id): amount for account, account_id, amount in rows}


def leased_by(connection: Connection, node: str) -> dict[str, int]:
    """Return what the workers of a node hold on lease, by kind of account."""
    of_node = leases.c.holder.startswith(f"{node}:", autoescape=True)
    statement = select(leases.c.account, func.sum(leases.c.amount)).where(of_node)
    rows = connection.execute(statement.group_by(leases.c.account))
    return {account: int(amount) for account, amount in rows}


def leased(connection: Connection, ref: Ref) -> int:
    """Return what workers hold of the account on lease."""
    statement = select(func.coalesce(func.sum(leases.c.amount), 0)).where(
        leases.c.account == ref.kind, leases.c.account_id == ref.id
    )
    return int(connection.execute(statement).scalar_one())


def standing(connection: Connection, ref: Ref, holder: str) -> tuple[int, int]:
    """Return what is in the account, and what other holders have of it on lease.

    Read by one statement: between two, a lease could come home and be seen nowhere.
    """
    table, column = _TABLES[ref.kind]
    others = select(func.coalesce(func.sum(leases.c.amount), 0)).where(
        leases.c.account == ref.kind, leases.c.account_id == ref.id, leases.c.holder != holder
    )
    of_account = select(column).where(table.c.id == ref.id)
    statement = select(of_account.scalar_subquery(), others.scalar_subquery())
    balance, elsewhere = connection.execute(statement).one()
    return balance or 0, int(elsewhere)


def offset(connection: Connection, holder: str) -> Position | None:
    """Return how far the holder's journal is in this database."""
    row = connection.execute(
        select(journal_offsets.c.seq, journal_offsets.c.position).where(
            journal_offsets.c.holder == holder
        )
    ).first()
    return None if row is None else Position(row.seq, row.position)


def begin_offset(connection: Connection, holder: str, place: Position, now: int) -> None:
    """Write a holder's first offset."""
    connection.execute(
        insert(journal_offsets),
        {"holder": holder, "seq": place.seq, "position": place.position, "updated_at": now},
    )


def move_offset(
    connection: Connection, holder: str, old: Position, new: Position, now: int
) -> None:
    """Move the offset; raise `OffsetMoved` if it is not where we left it.

    Comes first in its transaction: two that apply the same journal wait for each other here, and the
    second one fails. This is what makes a replay apply each entry exactly once.
    """
    moved = connection.execute(
        _MOVE,
        {
            "the_holder": holder,
            "old_seq": old.seq,
            "old_position": old.position,
            "new_seq": new.seq,
            "new_position": new.position,
            "now": now,
        },
    )
    if not changed(moved):
        raise OffsetMoved(f"the journal of {holder} is not at {tuple(old)} any more")
