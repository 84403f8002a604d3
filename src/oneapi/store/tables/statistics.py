"""What was used, added up by the hour and the day as log rows are written: statistics read these, not the log."""

from typing import Any, Final

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

COUNTERS: Final = (
    "requests",
    "input_tokens",
    "output_tokens",
    "cached_tokens",
    "quota",
    "elapsed_ms",  # of all requests together
    "failed",  # of the requests: their client was told an error
    "cost",  # what the operator paid, as far as channels say it
    "costed",  # what was charged where the cost is known
    *FIRST_TOKEN_CLASSES,
)
# In a row of `usage_days`: all users, keys or channels together.
ALL: Final = -1


def _model_name() -> Column[Any]:
    exact = String(MODEL_LENGTH, collation="utf8mb4_bin")
    return Column("model_name", String(MODEL_LENGTH).with_variant(exact, *MYSQL), primary_key=True)


def _counters() -> list[Column[Any]]:
    begin = COUNTERS.index("failed")  # what was added later has a default
    first = [Column(name, BIGINT, nullable=False) for name in COUNTERS[:begin]]
    return [*first, *(number(name, 0) for name in COUNTERS[begin:])]


def _key(name: str) -> Column[Any]:
    return Column(name, BIGINT, primary_key=True, autoincrement=False)


usage_hours = Table(
    "usage_hours",
    metadata,
    _key("hour"),  # unix seconds of its beginning on the site's clock
    _key("user_id"),
    _key("token_id"),
    _key("channel_id"),
    _model_name(),
    *_counters(),
    Index("idx_usage_hours_user", "user_id", "hour"),
)

# Every use is in two rows of its day: in one of all users together by channel and model, and in one of all channels
# together by user, key and model.
usage_days = Table(
    "usage_days",
    metadata,
    _key("user_id"),
    _key("day"),  # unix seconds of its beginning on the site's clock
    _key("token_id"),
    _key("channel_id"),
    _model_name(),
    *_counters(),
    Index("idx_usage_days_day", "day"),
)
