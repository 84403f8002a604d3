"""Everything that changes a balance and is not a request: each is one conditional transaction and one log row.

All functions run inside the caller's write transaction. With a log database of its own, give a
connection of a transaction there as `log_connection`.
"""

from enum import StrEnum
from typing import Final

import msgspec
import structlog
from sqlalchemy import Connection, func, insert, select, update

from oneapi.errors import InvalidRequest, NotFound
from oneapi.ledger import accounts
from oneapi.ledger.accounts import Ref
from oneapi.ledger.balance import key_balance, user_balance
from oneapi.ledger.flusher import transaction
from oneapi.store.database import Database
from oneapi.store.enums import LogType, RedemptionStatus
from oneapi.store.tables import logs, options, redemptions, users
from oneapi.store.tables.ledger import journal_offsets, leases

log = structlog.get_logger(__name__)

# A row of our own table, which no worker can be called: what was there when the ledger was opened
# (`seq`), and what was credited since (`position`). `check` compares it with what is there.
TOTAL: Final = "#credited"
_QUOTA_PER_USD: Final = 500_000.0


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
    below zero. Raises `NotFound`.
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
        changed = amount if accounts.give(connection, ref, amount) else 0
    if changed != amount and accounts.balance(connection, ref) is None:
        raise NotFound(f"there is no such {ref.kind}: {ref.id}")
    if ref.kind == "user" and changed:
        _add_to_total(connection, changed)
    return changed


def _add_to_total(connection: Connection, amount: int) -> None:
    total = journal_offsets.c.position + amount
    connection.execute(
        update(journal_offsets).where(journal_offsets.c.holder == TOTAL).values(position=total)
    )


_OF_USERS: Final = select(func.coalesce(func.sum(users.c.quota + users.c.used_quota), 0))
_ON_LEASE: Final = select(func.coalesce(func.sum(leases.c.amount), 0)).where(
    leases.c.account == "user"
)
# The sum that no request, crash or reclaim changes: balances, leases and used quota of all users.
TOTAL_NOW: Final = _OF_USERS.scalar_subquery() + _ON_LEASE.scalar_subquery()


def begin_total(database: Database, now: int) -> None:
    """Write down what all users have and had, if that was never done."""
    with database.connect() as connection:
        if accounts.offset(connection, TOTAL) is not None:
            return
    with transaction(database) as connection:
        total = int(connection.execute(select(TOTAL_NOW)).scalar_one())
        row = {"holder": TOTAL, "seq": total, "position": 0, "updated_at": now}
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
