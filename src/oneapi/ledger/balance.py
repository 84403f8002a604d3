"""What a person sees as a balance: the column, and what workers hold of it on lease."""

from collections.abc import Sequence

from sqlalchemy import Connection, func, select

from oneapi.ledger import accounts
from oneapi.ledger.accounts import Kind, Ref
from oneapi.store.tables.ledger import leases


def user_balance(connection: Connection, user_id: int) -> int:
    """Return a user's quota, open leases included; 0 for an unknown user."""
    return _balance(connection, Ref("user", user_id))


def key_balance(connection: Connection, key_id: int) -> int:
    """Return what is left of a limited key, open leases included; 0 for an unknown key."""
    return _balance(connection, Ref("key", key_id))


def _balance(connection: Connection, ref: Ref) -> int:
    return (accounts.balance(connection, ref) or 0) + accounts.leased(connection, ref)


def leased(connection: Connection, kind: Kind, ids: Sequence[int]) -> dict[int, int]:
    """Return what is on lease of many accounts, to be added to the columns of a list; absent means nothing."""
    rows = connection.execute(
        select(leases.c.account_id, func.sum(leases.c.amount))
        .where(leases.c.account == kind, leases.c.account_id.in_(ids))
        .group_by(leases.c.account_id)
    )
    return {id: int(amount) for id, amount in rows}
