"""The change feed: who changes a row that the relay caches adds one here, in one transaction."""

from sqlalchemy import Column, Index, String, Table

from oneapi.store.tables.columns import BIGINT, MYSQL, identity, metadata

changes = Table(
    "changes",
    metadata,
    identity(),
    Column("topic", String(32), nullable=False),
    Column(
        "ref",
        String(191).with_variant(String(191, collation="utf8mb4_bin"), *MYSQL),
        nullable=False,
    ),
    Column("created_at", BIGINT, nullable=False),
    Index("idx_changes_created_at", "created_at"),
)
