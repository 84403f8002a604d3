"""Every table as a SQLAlchemy Core `Table` on one `metadata`."""

from oneapi.store.tables import ledger as _ledger
from oneapi.store.tables.accounts import installation, sessions, verifications
from oneapi.store.tables.audit import audit
from oneapi.store.tables.balance_watch import balance_watch
from oneapi.store.tables.columns import metadata
from oneapi.store.tables.feed import changes
from oneapi.store.tables.jobs import channel_watch, job_items, jobs
from oneapi.store.tables.one_api import (
    abilities,
    channels,
    logs,
    options,
    redemptions,
    tokens,
    users,
)
from oneapi.store.tables.progress import progress
from oneapi.store.tables.statistics import usage_days, usage_hours

# What a log database (`LOG_SQL_DSN`) holds.
LOG_TABLES = (logs, _ledger.journal_offsets)

__all__ = [
    "LOG_TABLES",
    "abilities",
    "audit",
    "balance_watch",
    "changes",
    "channel_watch",
    "channels",
    "installation",
    "job_items",
    "jobs",
    "logs",
    "metadata",
    "options",
    "progress",
    "redemptions",
    "sessions",
    "tokens",
    "usage_days",
    "usage_hours",
    "users",
    "verifications",
]
