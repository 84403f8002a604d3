"""Tables of our own about people: sessions, codes that were mailed, and when this database was made."""

from sqlalchemy import Column, Index, String, Table

from oneapi.store.tables.columns import BIGINT, Flag, identity, metadata

installation = Table(
    "installation",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("value", BIGINT, nullable=False),
)

verifications = Table(
    "verifications",
    metadata,
    Column("purpose", String(16), primary_key=True),
    # What the secret is for: the SHA-256 of an e-mail address, or a user's number.
    Column("subject", String(64), primary_key=True),
    Column("secret_hash", String(64), nullable=False),
    Column("attempts", BIGINT, nullable=False),
    Column("expires_at", BIGINT, nullable=False),  # unix seconds
    Index("idx_verifications_expires_at", "expires_at"),
)

sessions = Table(
    "sessions",
    metadata,
    identity(),
    Column("user_id", BIGINT, nullable=False),
    Column("secret_hash", String(64), nullable=False),  # SHA-256 of what the cookie holds
    Column("fingerprint", String(64), nullable=False),  # of the password's hash at sign-in
    Column("by_default_password", Flag(), nullable=False),
    Column("created_at", BIGINT, nullable=False),
    Column("seen_at", BIGINT, nullable=False),
    Column("expires_at", BIGINT, nullable=False),
    Column("address", String(64), nullable=False),
    Column("agent", String(255), nullable=False),
    Index("idx_sessions_secret_hash", "secret_hash", unique=True),
    Index("idx_sessions_user_id", "user_id"),
    Index("idx_sessions_expires_at", "expires_at"),
)
