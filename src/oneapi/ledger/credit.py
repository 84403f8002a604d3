"""Everything that changes a balance and is not a request: each is one conditional transaction and one log row.

All functions run inside the caller's write transaction. With a log database of its own, give a
connection of a transaction there as `log_connection`.
"""

from enum import StrEnum
from typing import Any, Final

import msgspec
import structlog
from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    ScalarSelect,
    false,
    func,
    insert,
    select,
    update,
)

from oneapi.errors import InvalidRequest, NotFound
from oneapi.ledger import accounts
from oneapi.ledger.accounts import Ref
from oneapi.ledger.balance import key_balance, user_balance
from oneapi.ledger.flusher import transaction
from oneapi.store.database import Database
from oneapi.store.enums import LogType, RedemptionStatus
from oneapi.store.tables import installation, logs, options, redemptions, tokens, users
from oneapi.store.tables.ledger import journal_offsets, leases

log = structlog.get_logger(__name__)

# A row of our own table, which no worker can be called: what was there when the ledger was opened
# (`seq`), and what was credited since (`position`). `check` compares it with what is there.
TOTAL: Final = "#credited"
_QUOTA_PER_USD: Final = 500_000.0
# Nobody is credited beyond it, so that there is room for what comes back of leases. One API's balances may be larger.
_BALANCE_MAX: Final = 2**62


class Kind(StrEnum):
    """Why a balance changes."""

    REGISTRATION = "registration"
    INVITED = "invited"
    INVITER = "inviter"
    REDEMPTION = "redemption"
    TOP_UP = "top_up"
    ADMIN_EDIT = "admin_edit"
    REFUND = "refund"


class Reason(msgspec.Struct, frozen=True):
    """Why a balance changes, what for (an order, a code, a request), and an own text for the log row."""

    kind: Kind
    reference: str = ""
    remark: str = ""


class Credited(msgspec.Struct, frozen=True):
    """What the `detail` of such a row says: how much, why, what for, and whether its text is a person's own."""

    credited: int = 0
    reason: str = ""
    reference: str = ""
    remark: bool = False


def credited(detail: str | None) -> Credited:
    """Read the `detail` of a log row; nothing for a row about something else."""
    try:
        return msgspec.json.decode(detail or "{}", type=Credited)
    except msgspec.MsgspecError:
        return Credited()


_TEXTS: Final = {
    Kind.REGISTRATION: (LogType.SYSTEM, "新用户注册赠送 {}"),
    Kind.INVITED: (LogType.SYSTEM, "使用邀请码赠送 {}"),
    Kind.INVITER: (LogType.SYSTEM, "邀请用户赠送 {}"),
    Kind.REDEMPTION: (LogType.TOP_UP, "通过兑换码充值 {}"),
    Kind.TOP_UP: (LogType.TOP_UP, "通过 API 充值 {}"),
    Kind.ADMIN_EDIT: (LogType.MANAGE, "管理员将用户额度调整 {}"),
    Kind.REFUND: (LogType.SYSTEM, "退还额度 {}"),
}


def credit(
    connection: Connection,
    user_id: int,
    amount: int,
    reason: Reason,
    *,
    now: int,
    log_connection: Connection | None = None,
) -> int:
    """Add to a user's balance, or take from it if `amount` is negative; return the change.

    What is taken is at most what the account has beside its open leases, so that the balance is never
    below zero. Raises `NotFound`, and `InvalidRequest` where the sum is too large.
    """
    changed = _change(connection, Ref("user", user_id), amount)
    text = reason.remark or _TEXTS[reason.kind][1].format(quota_text(connection, changed))
    _note(log_connection or connection, _row(connection, user_id, changed, reason, text, now))
    return changed


def set_quota(
    connection: Connection,
    user_id: int,
    target: int,
    *,
    now: int,
    log_connection: Connection | None = None,
) -> int:
    """Let an administrator set what a user sees as balance; return the balance that came of it.

    It is a credit of the difference. What workers hold on lease at the moment cannot be taken: if that is more than
    `target`, the balance ends up at what they hold. They return what they need not when the user's change is published.
    """
    if target < 0:
        raise InvalidRequest("`quota` must not be negative", param="quota")
    before = user_balance(connection, user_id)
    after = before + _change(connection, Ref("user", user_id), target - before)
    if after == before:
        return after
    words = quota_text(connection, before), quota_text(connection, after)
    text = f"管理员将用户额度从 {words[0]}修改为 {words[1]}"
    reason, changed = Reason(Kind.ADMIN_EDIT), after - before
    bounds = {"from": before, "to": after}
    row = _row(connection, user_id, changed, reason, text, now, **bounds)
    _note(log_connection or connection, row)
    return after


def redeem(
    connection: Connection,
    user_id: int,
    key: str,
    now: int,
    *,
    log_connection: Connection | None = None,
) -> int:
    """Use a redemption code; return its quota. Raises `InvalidRequest` if it is unknown or not usable any more."""
    used = (
        update(redemptions)
        .where(redemptions.c.key == key, redemptions.c.status == RedemptionStatus.ENABLED.value)
        .values(status=RedemptionStatus.USED.value, redeemed_time=now)
    )
    if not accounts.changed(connection.execute(used)):
        known = select(redemptions.c.id).where(redemptions.c.key == key)
        if connection.execute(known).first() is None:
            raise InvalidRequest("this redemption code does not exist", code="redemption_unknown")
        raise InvalidRequest("this redemption code cannot be used any more", code="redemption_used")
    row = connection.execute(
        select(redemptions.c.id, redemptions.c.quota).where(redemptions.c.key == key)
    ).one()
    reason = Reason(Kind.REDEMPTION, reference=str(row.id))
    return credit(connection, user_id, row.quota, reason, now=now, log_connection=log_connection)


def set_key_quota(connection: Connection, key_id: int, target: int) -> int:
    """Set what is left of a limited key; return what came of it, as `set_quota` does. Raises `NotFound`."""
    if target < 0:
        raise InvalidRequest("`remain_quota` must not be negative", param="remain_quota")
    before = key_balance(connection, key_id)
    return before + _change(connection, Ref("key", key_id), target - before)


def _change(connection: Connection, ref: Ref, amount: int) -> int:
    if amount < 0:
        changed = -accounts.take_up_to(connection, ref, -amount)
    else:
        changed = amount if accounts.give(connection, ref, amount, _BALANCE_MAX) else 0
    if changed != amount and accounts.balance(connection, ref) is None:
        raise NotFound(f"there is no such {ref.kind}: {ref.id}")
    if changed < amount:
        raise InvalidRequest("the balance cannot hold so much", code="balance_full", param="quota")
    if ref.kind == "user" and changed:
        _add_to_total(connection, changed)
    return changed


def _add_to_total(connection: Connection, amount: int) -> None:
    total = journal_offsets.c.position + amount
    connection.execute(
        update(journal_offsets).where(journal_offsets.c.holder == TOTAL).values(position=total)
    )


_HALF: Final = 2**32
_BITS: Final = 2**64


def _halves(column: Column[int], *where: ColumnElement[bool]) -> list[ScalarSelect[Any]]:
    """Return the sums of upper and of lower halves: some balances are so large that two are more than a bigint holds."""
    lower = column % _HALF
    sums = [func.coalesce(func.sum(half), 0) for half in ((column - lower) // _HALF, lower)]
    return [select(one).where(*where).scalar_subquery() for one in sums]


_BOOKS: Final = select(
    *_halves(users.c.quota),
    *_halves(users.c.used_quota),
    *_halves(leases.c.amount, leases.c.account == "user"),
    *(
        select(column).where(journal_offsets.c.holder == TOTAL).scalar_subquery()
        for column in (journal_offsets.c.seq, journal_offsets.c.position)
    ),
)


def books(connection: Connection) -> tuple[int, int | None]:
    """Return balances + leases + used quota of all users, the sum that no request, crash or reclaim changes.

    And by how much it is more than what was there and was credited; `None` while no worker has run.
    """
    row: list[Any] = list(connection.execute(_BOOKS).one())
    *halves, opened, given = row
    numbers = [int(half) for half in halves]
    total = sum(numbers[0::2]) * _HALF + sum(numbers[1::2])
    return total, None if opened is None else _in_bigint(total - opened - given)


def _in_bigint(number: int) -> int:
    """Return what is left of a number in 64 bits: enough to compare sums."""
    return (number + _BITS // 2) % _BITS - _BITS // 2


_DEBTS: Final = {
    "debts_of_users": select(func.coalesce(func.sum(users.c.quota), 0)).where(users.c.quota < 0),
    "debts_of_keys": select(func.coalesce(func.sum(tokens.c.remain_quota), 0)).where(
        tokens.c.remain_quota < 0, tokens.c.unlimited_quota == false()
    ),
}


def new_debts(connection: Connection) -> dict[str, int]:
    """Return by how much users and keys are further below zero than One API, which lends, had left them; 0 or less."""
    query = select(installation.c.name, installation.c.value).where(installation.c.name.in_(_DEBTS))
    known = {row.name: row.value for row in connection.execute(query)}
    return {
        name: min(0, int(connection.execute(debt).scalar_one()) - known.get(name, 0))
        for name, debt in _DEBTS.items()
    }


def begin_total(database: Database, now: int) -> None:
    """Write down what all users have, had and owe, if that was never done."""
    with database.connect() as connection:
        if accounts.offset(connection, TOTAL) is not None:
            return
    with transaction(database) as connection:
        total, _ = books(connection)
        row = {"holder": TOTAL, "seq": _in_bigint(total), "position": 0, "updated_at": now}
        for name, debt in _DEBTS.items():
            owed = int(connection.execute(debt).scalar_one())
            known = {"name": name, "value": owed}
            connection.execute(database.insert_ignore(installation), known)
        connection.execute(database.insert_ignore(journal_offsets), row)


def quota_text(connection: Connection, amount: int) -> str:
    """Return a quota in One API's words, as the operator's options have them."""
    names = ("DisplayInCurrencyEnabled", "QuotaPerUnit")
    rows = connection.execute(
        select(options.c.key, options.c.value).where(options.c.key.in_(names))
    )
    said: dict[str, str] = {row.key: row.value for row in rows}
    if said.get(names[0], "true") != "true":
        return f"{amount} 点额度"
    try:
        per_unit = float(said.get(names[1], _QUOTA_PER_USD)) or _QUOTA_PER_USD
    except ValueError:
        per_unit = _QUOTA_PER_USD
    return f"＄{amount / per_unit:.6f} 额度"


def _row(
    connection: Connection,
    user_id: int,
    amount: int,
    reason: Reason,
    text: str,
    now: int,
    **more: int,
) -> dict[str, str | int]:
    name = connection.execute(select(users.c.username).where(users.c.id == user_id)).scalar()
    shown = amount if reason.kind is Kind.TOP_UP else 0  # where One API fills the column
    said: dict[str, str | int] = {
        "credited": amount,
        "reason": reason.kind.value,
        "reference": reason.reference,
        **more,
    }
    if reason.remark:
        said["remark"] = True
    return {
        "user_id": user_id,
        "created_at": now,
        "type": _TEXTS[reason.kind][0].value,
        "content": text,
        "username": name or "",
        "quota": shown,
        "detail": msgspec.json.encode(said).decode(),
    }


def _note(connection: Connection, row: dict[str, str | int]) -> None:
    connection.execute(insert(logs), row)
