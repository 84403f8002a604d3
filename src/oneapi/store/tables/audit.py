"""What administrators have changed: who, when, from where, what, and how it was before and afterwards."""

from sqlalchemy import Column, Index, String, Table

from oneapi.store.tables.columns import BIGINT, LONG_TEXT, identity, metadata

NAME_LENGTH = 191

audit = Table(
    "audit",
    metadata,
    identity(),
    Column("at", BIGINT, nullable=False),  # unix seconds
    Column("user_id", BIGINT, nullable=False),
    Column("username", String(NAME_LENGTH), nullable=False),  # at that time
    Column("address", String(64), nullable=False),
    Column("means", String(16), nullable=False),  # `session`, `access_token`
    Column("kind", String(32), nullable=False),  # of what was changed: `channel`, `option` …
    Column("action", String(32), nullable=False),  # `create`, `change`, `delete` …
    Column("subject_id", BIGINT, nullable=False, default=0),  # 0: what has no number
    Column("subject", String(NAME_LENGTH), nullable=False, default=""),  # its name at that time
    Column("before", LONG_TEXT, nullable=False),  # JSON: the fields that were changed
    Column("after", LONG_TEXT, nullable=False),
    Index("idx_audit_at", "at"),
    Index("idx_audit_subject", "kind", "subject_id"),
    Index("idx_audit_user", "user_id"),
)
