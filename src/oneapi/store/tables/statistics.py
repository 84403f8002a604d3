"""What was used, added up by the hour as log rows are written: statistics read these instead of scanning the log."""

from typing import Final

from sqlalchemy import Column, Index, String, Table

from oneapi.store.tables.columns import BIGINT, MYSQL, metadata, number

MODEL_LENGTH = 191
# Upper bounds, in milliseconds, of the classes into which a stream's time to its first token is counted; the last class
# is everything above.
FIRST_TOKEN_MS: Final = (100, 200, 300, 500, 750, 1000, 1500, 2000, 3000, 5000, 10_000)
FIRST_TOKEN_CLASSES: Final = (
    *(f"first_token_{bound}" for bound in FIRST_TOKEN_MS),
    "first_token_above",
)

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
    number("failed", 0),  # of the requests: their client was told an error
    *(number(name, 0) for name in FIRST_TOKEN_CLASSES),
    Index("idx_usage_hours_user", "user_id", "hour"),
)
