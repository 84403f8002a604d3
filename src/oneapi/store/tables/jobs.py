"""What runs long, with its progress and results; and what watching a channel has shown.

`jobs.active` is the kind while a job waits or runs and NULL afterwards: being unique, it lets one of a kind run at a time,
on whichever node. `job_items.subject_id` is what was dealt with, a channel mostly: whoever goes on leaves those out.
"""

from sqlalchemy import Column, Index, String, Table

from oneapi.store.tables.columns import (
    BIGINT,
    LONG_TEXT,
    MONEY_OF_VENDOR,
    TEXT,
    identity,
    metadata,
    number,
)

SUBJECT_LENGTH = 191

jobs = Table(
    "jobs",
    metadata,
    identity(),
    Column("kind", String(32), nullable=False),
    Column("state", String(16), nullable=False),
    Column("active", String(32)),
    Column("arguments", LONG_TEXT, nullable=False),  # JSON
    Column("total", BIGINT, nullable=False, default=0),  # 0: not known yet
    Column("done", BIGINT, nullable=False, default=0),
    Column("failed", BIGINT, nullable=False, default=0),  # of those that are done
    Column("note", TEXT, nullable=False, default=""),  # why it ended before its end
    Column("user_id", BIGINT, nullable=False),  # who wanted it; 0: the schedule
    Column("username", String(SUBJECT_LENGTH), nullable=False),
    Column("created_at", BIGINT, nullable=False),
    Column("started_at", BIGINT, nullable=False, default=0),
    Column("ended_at", BIGINT, nullable=False, default=0),
    Column("cancelled_at", BIGINT, nullable=False, default=0),  # when somebody asked for that
    Column("holder", String(64), nullable=False, default=""),  # which process runs it
    Column("beat_at", BIGINT, nullable=False, default=0),  # its last sign of life
    Column("starts", BIGINT, nullable=False, default=0),
    Index("idx_jobs_active", "active", unique=True),
    Index("idx_jobs_kind_user", "kind", "user_id"),
)

job_items = Table(
    "job_items",
    metadata,
    identity(),
    Column("job_id", BIGINT, nullable=False),
    Column("subject_id", BIGINT, nullable=False),
    Column("subject", String(SUBJECT_LENGTH), nullable=False),  # its name at that time
    Column("outcome", String(16), nullable=False),
    Column("said", TEXT, nullable=False),
    Column("model", String(SUBJECT_LENGTH), nullable=False, default=""),
    Column("time_ms", BIGINT, nullable=False, default=0),
    Column("amount", MONEY_OF_VENDOR, nullable=False, default=0.0),
    Column("led_to", String(16), nullable=False, default=""),  # `disabled`, `enabled`
    Index("idx_job_items_subject", "job_id", "subject_id", unique=True),
)

channel_watch = Table(
    "channel_watch",
    metadata,
    Column("channel_id", BIGINT, primary_key=True, autoincrement=False),
    Column("failures", BIGINT, nullable=False, default=0),  # tests in a row
    Column("next_test_at", BIGINT, nullable=False, default=0),  # not scheduled before
    Column("reason", String(32), nullable=False, default=""),  # why it is switched off
    Column("evidence", TEXT, nullable=False, default=""),
    Column("changed_at", BIGINT, nullable=False, default=0),  # when it was switched
    number("told_at", 0),  # up to which switch somebody was told
)
