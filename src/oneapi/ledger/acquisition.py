"""Taking quota out of accounts into this worker's leases: one transaction for all who wait at the moment."""

from collections.abc import Sequence
from typing import Final

import msgspec
from sqlalchemy import Connection

from oneapi.ledger import accounts
from oneapi.ledger.accounts import Ref
from oneapi.ledger.leases import RICH

_TRIES: Final = 3


class Demand(msgspec.Struct, frozen=True):
    """What one account is asked for: the ceilings of those who wait, first come first.

    Without any, it is a refill in the background. `free`: what the lease still has; `lease`: what the
    row in the database should say.
    """

    ref: Ref
    ceilings: tuple[int, ...]
    usual: int
    free: int
    lease: int


class Grant(msgspec.Struct, frozen=True):
    """What the account gave.

    `is_short`: not all who wait are covered, because the account has no more (`left`); `elsewhere`:
    what other workers hold of it. `is_lost`: our lease was not there any more.
    """

    ref: Ref
    amount: int
    is_large: bool
    is_short: bool
    left: int
    elsewhere: int
    is_lost: bool


def acquire(
    connection: Connection, holder: str, demands: Sequence[Demand], now: int
) -> list[Grant]:
    """Take what the demands need, from each account as much as it has."""
    by_ref = {demand.ref: demand for demand in demands}
    return [_grant(connection, holder, by_ref[ref], now) for ref in accounts.in_order(by_ref)]


def _grant(connection: Connection, holder: str, demand: Demand, now: int) -> Grant:
    ref = demand.ref
    amount = balance = 0
    is_contested = True
    for _ in range(_TRIES):
        balance = accounts.balance(connection, ref) or 0
        amount = _share(demand, balance)
        if amount == 0 or accounts.take(connection, ref, amount):
            is_contested = False
            break
    if is_contested:  # the balance is there and changes under our hands: the next round takes it
        return Grant(ref, 0, False, False, balance, 0, False)
    is_lost = False
    if amount:
        is_known = accounts.grow_lease(connection, holder, ref, amount, now)
        is_lost = demand.lease > 0 and not is_known
    left, elsewhere = balance - amount, 0
    is_short = sum(demand.ceilings) > demand.free + amount
    if is_short:
        now_left, elsewhere = accounts.standing(connection, ref, holder)
        is_short = (
            now_left <= left
        )  # otherwise something has just come home: the next round takes it
    is_large = amount > 0 and _is_rich(demand, balance)
    return Grant(ref, amount, is_large, is_short, left, elsewhere, is_lost)


def _share(demand: Demand, balance: int) -> int:
    """Return how much to take: a large piece of a rich account, of another just what its requests need."""
    need = sum(demand.ceilings) - demand.free
    is_rich = _is_rich(demand, balance)
    if not demand.ceilings:
        return balance // RICH if is_rich else 0
    if need <= 0:
        return 0
    if need <= balance:
        return max(need, balance // RICH) if is_rich else need
    return max(_fitting(demand.ceilings, demand.free + balance) - demand.free, 0)


def _is_rich(demand: Demand, balance: int) -> bool:
    return balance >= RICH * max(*demand.ceilings, demand.usual, 1)


def _fitting(ceilings: Sequence[int], budget: int) -> int:
    total = 0
    for ceiling in ceilings:
        if total + ceiling <= budget:
            total += ceiling
    return total
