"""Money: what a request may cost is held before, what it did cost is journaled, and nothing else writes quota."""

from oneapi.ledger.accounts import leased_by
from oneapi.ledger.backfill import backfill, begin_backfill
from oneapi.ledger.balance import key_balance, leased, user_balance
from oneapi.ledger.check import Report, check
from oneapi.ledger.credit import (
    Credited,
    Kind,
    Reason,
    credit,
    credited,
    quota_text,
    redeem,
    set_key_quota,
    set_quota,
)
from oneapi.ledger.entry import Facts, Failure
from oneapi.ledger.hold import Hold
from oneapi.ledger.ledger import Ledger
from oneapi.ledger.low_balances import take_fallen
from oneapi.ledger.payer import Payer
from oneapi.ledger.recovery import Seat
from oneapi.ledger.retention import delete_failed
from oneapi.ledger.room import Condition
from oneapi.ledger.teller import Terms
from oneapi.ledger.writers import Writer, writers

__all__ = [
    "Condition",
    "Credited",
    "Facts",
    "Failure",
    "Hold",
    "Kind",
    "Ledger",
    "Payer",
    "Reason",
    "Report",
    "Seat",
    "Terms",
    "Writer",
    "backfill",
    "begin_backfill",
    "check",
    "credit",
    "credited",
    "delete_failed",
    "key_balance",
    "leased",
    "leased_by",
    "quota_text",
    "redeem",
    "set_key_quota",
    "set_quota",
    "take_fallen",
    "user_balance",
    "writers",
]
