"""What was used, added up by the hour as log rows are written: statistics read these instead of scanning the log."""

from sqlalchemy import Column, Index, String, Table

from oneapi.store.tables.columns import BIGINT, MYSQL, metadata

MODEL_LENGTH = 191

usage_hours = Table(
    "usage_hours",
    metadata,
    Column("hour", BIGINT, primary_key=True, autoincrement=False),  # unix seconds of its beginning
    Column("user_id", BIGINT, primary_key=True, autoincrement=False),
    Column("token_id", BIGINT, primary_key=True, autoincrement=False),
    Column("channel_id", BIGINT, primary_key=True, autoincrement=False),
    Column(
        "model_name",
        String(MODEL_LENGTH).with_variant(String(MODEL_LENGTH, collation="utf8mb4_bin"), *MYSQL),
        primary_key=True,
    ),
    Column("requests", BIGINT, nullable=False),
    Column("input_tokens", BIGINT, nullable=False),
    Column("output_tokens", BIGINT, nullable=False),
    Column("cached_tokens", BIGINT, nullable=False),
    Column("quota", BIGINT, nullable=False),
    Column("elapsed_ms", BIGINT, nullable=False),  # of all requests together
    Index("idx_usage_hours_user", "user_id", "hour"),
)
