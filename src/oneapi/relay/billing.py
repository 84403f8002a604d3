"""`/dashboard/billing/*`: the balance as OpenAI's old billing API told it, which many clients show.

With `DisplayTokenStatEnabled` the key's own figures, otherwise its user's. Amounts are US dollars when
`DisplayInCurrencyEnabled`, else quota. What is on lease still counts as remaining.
"""

from typing import Any

from sqlalchemy import Connection, select

from oneapi.ledger import Payer, key_balance, user_balance
from oneapi.store.settings import Settings
from oneapi.store.tables import tokens, users

UNLIMITED_AMOUNT = 100_000_000


def _figures(connection: Connection, payer: Payer, settings: Settings) -> tuple[int, int, int]:
    """Return (remaining, used, expires at) in quota and unix seconds (0: never)."""
    if settings.flag("DisplayTokenStatEnabled"):
        key = connection.execute(
            select(tokens.c.used_quota, tokens.c.expired_time).where(tokens.c.id == payer.key_id)
        ).one()
        remaining = key_balance(connection, payer.key_id) if payer.key_limited else 0
        return remaining, int(key.used_quota), max(0, int(key.expired_time))
    used = connection.execute(
        select(users.c.used_quota).where(users.c.id == payer.user_id)
    ).scalar_one()
    return user_balance(connection, payer.user_id), int(used), 0


def _amount(quota: int, settings: Settings) -> float:
    return (
        quota / settings.number("QuotaPerUnit")
        if settings.flag("DisplayInCurrencyEnabled")
        else quota
    )


def subscription(connection: Connection, payer: Payer, settings: Settings) -> dict[str, Any]:
    """Return what was granted in all: remaining and used."""
    remaining, used, expires_at = _figures(connection, payer, settings)
    amount = _amount(remaining + used, settings)
    if settings.flag("DisplayTokenStatEnabled") and not payer.key_limited:
        amount = UNLIMITED_AMOUNT
    return {
        "object": "billing_subscription",
        "has_payment_method": True,
        "soft_limit_usd": amount,
        "hard_limit_usd": amount,
        "system_hard_limit_usd": amount,
        "access_until": expires_at,
    }


def consumption(connection: Connection, payer: Payer, settings: Settings) -> dict[str, Any]:
    """Return what was used, in hundredths."""
    _, used, _ = _figures(connection, payer, settings)
    return {"object": "list", "total_usage": _amount(used, settings) * 100}
