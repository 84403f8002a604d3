"""On which side of the low-balance threshold a user was last seen, and by which threshold that was judged."""

from sqlalchemy import Column, Table

from oneapi.store.tables.columns import BIGINT, metadata

balance_watch = Table(
    "balance_watch",
    metadata,
    Column("user_id", BIGINT, primary_key=True, autoincrement=False),
    Column("is_low", BIGINT, nullable=False),  # 0, 1
    Column("threshold", BIGINT, nullable=False),
)
