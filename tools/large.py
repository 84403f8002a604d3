"""Fill a database of SQLite until it is large: `python -m tools.large FOLDER [--channels 10000] [--logs 1000000]`.

What is written is dull, and made by the database itself so that it takes seconds: for measuring lists, not for looking at
(that is `tools/demo.py`). Rows are added to what is there already.
"""

import argparse
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Final

from oneapi.store.database import open_database
from oneapi.store.usage_days import mend_days

MODELS: Final = ("gpt-6.1-sol", "claude-sonnet-5-5", "deepseek-v4-pro", "qwen3.8-max")

_NUMBERS: Final = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :count)"
_MODEL: Final = "CASE i % 4 " + " ".join(
    f"WHEN {place} THEN '{name}'" for place, name in enumerate(MODELS)
)
_CHANNELS: Final = f"""
{_NUMBERS} INSERT INTO channels (type, key, status, name, weight, created_time, test_time, response_time, base_url, balance,
    balance_updated_time, models, "group", used_quota, model_mapping, priority, config)
SELECT CASE i % 3 WHEN 0 THEN 1 WHEN 1 THEN 14 ELSE 36 END, 'sk-' || i,
    CASE WHEN i % 50 = 0 THEN 3 ELSE 1 END, 'account ' || i,
    i % 5, :now - i, :now - i % 7200, 80 + i * 37 % 2000, '', 0, 0, '{",".join(MODELS)}', 'default',
    i * 997 % 90000000, '', i % 10, ''
FROM n
"""
_ABILITIES: Final = """
INSERT INTO abilities ("group", model, channel_id, enabled, priority)
SELECT 'default', :model, id, status = 1, priority FROM channels WHERE name LIKE 'account %'
"""
_TIME: Final = ":now - (:count - i) * 2592000 / :count"
_REQUEST_ID: Final = f"strftime('%Y%m%d%H%M%S', {_TIME}, 'unixepoch') || printf('%017d', i)"
_LOGS: Final = f"""
{_NUMBERS} INSERT INTO logs (user_id, created_at, type, content, username, token_name, model_name, quota, prompt_tokens,
    completion_tokens, channel_id, request_id, elapsed_time, is_stream, detail)
SELECT 1 + i % 40, {_TIME}, CASE WHEN i % 60 = 0 THEN 6 ELSE 2 END, '', 'user' || (i % 40),
    'key' || (i % 5), {_MODEL} END, i * 31 % 9000, i * 17 % 20000,
    i * 13 % 2000, 1 + i % 25, {_REQUEST_ID}, i * 7 % 9000, i % 2,
    '{{"first_token_ms": ' || (i % 900) || '}}'
FROM n
"""
_USERS: Final = """
WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 40)
INSERT OR IGNORE INTO users (id, username, password, display_name, role, status, quota, "group", aff_code, access_token)
SELECT i, 'user' || (i - 1), '', 'User ' || i, 1, 1, 500000 * i, 'default', 'aff' || i, printf('%032d', i) FROM n
"""
_HOURS: Final = """
INSERT INTO usage_hours (hour, user_id, token_id, channel_id, model_name, requests, quota, input_tokens, output_tokens,
    cached_tokens, elapsed_ms, failed)
SELECT created_at - created_at % 3600, user_id, 0, channel_id, model_name, count(*), sum(quota), sum(prompt_tokens),
    sum(completion_tokens), 0, sum(elapsed_time), sum(type = 6)
FROM logs GROUP BY 1, 2, 4, 5
"""


def fill(path: Path, channels: int, logs: int, now: int) -> None:
    """Add that many rows; the database must have its tables, and nobody else may write meanwhile."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(_CHANNELS, {"count": channels, "now": now})
        for model in MODELS:
            connection.execute(_ABILITIES, {"model": model})
        connection.execute(_USERS)
        connection.execute(_LOGS, {"count": logs, "now": now})
        connection.execute(_HOURS)
    database = open_database(None, sqlite_path=path)
    mend_days(database)
    database.close()


def main() -> None:
    """Fill the database of a folder that an installation has made."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--channels", type=int, default=10_000)
    parser.add_argument("--logs", type=int, default=1_000_000)
    told = parser.parse_args()
    fill(told.folder / "one-api.db", told.channels, told.logs, int(time.time()))


if __name__ == "__main__":
    main()
