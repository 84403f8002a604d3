"""The ledger's own tables: what workers hold on lease, and how far each journal is in the database.

`journal_offsets` stands in the main database and, when logs live elsewhere, in the log database
too: there it is the offset of the log rows.
"""

from sqlalchemy import Column, String, Table

from oneapi.store.tables.columns import BIGINT, metadata

leases = Table(
    "leases",
    metadata,
    Column("holder", String(64), primary_key=True),
    Column("account", String(16), primary_key=True),  # "user" | "key"
    Column("account_id", BIGINT, primary_key=True, autoincrement=False),
    Column("amount", BIGINT, nullable=False),
    Column("renewed_at", BIGINT, nullable=False),
)

journal_offsets = Table(
    "journal_offsets",
    metadata,
    Column("holder", String(64), primary_key=True),
    Column("seq", BIGINT, nullable=False),
    Column("position", BIGINT, nullable=False),
    Column("updated_at", BIGINT, nullable=False),
)
