"""Sums over `usage_hours`: of a span, by what it is asked by, and in steps of hours or days of the site's time zone."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from sqlalchemy import Column, ColumnElement, Connection, Table, func, select

from oneapi.store.tables import channels, tokens, usage_hours, users
from oneapi.store.tables.statistics import FIRST_TOKEN_CLASSES, FIRST_TOKEN_MS

HOUR: Final = 3600
SHOWN: Final = 8  # as many as a chart has colours for; the rest is one more
LISTED: Final = 20
OTHERS: Final = ""
By = Literal["model", "token", "channel", "user"]

_SUMMED: Final = (
    "requests",
    "quota",
    "input_tokens",
    "output_tokens",
    "cached_tokens",
    "elapsed_ms",
    "failed",
)
_CHARTED: Final = ("requests", "quota", "input_tokens", "output_tokens")
_CLASSES: Final = [usage_hours.c[name] for name in FIRST_TOKEN_CLASSES]
_COLUMNS: Final[Mapping[str, Column[Any]]] = {
    "model": usage_hours.c.model_name,
    "token": usage_hours.c.token_id,
    "channel": usage_hours.c.channel_id,
    "user": usage_hours.c.user_id,
}
_NAMES: Final[Mapping[str, tuple[Table, Column[Any]]]] = {
    "token": (tokens, tokens.c.name),
    "channel": (channels, channels.c.name),
    "user": (users, users.c.username),
}


@dataclass(frozen=True, slots=True)
class Span:
    """From `start` (included) to `end` (not included), unix seconds; of one user, or of all (`None`)."""

    start: int
    end: int
    user_id: int | None

    def conditions(self) -> list[ColumnElement[bool]]:
        """Return what a row of the span fulfils."""
        first = self.start - self.start % HOUR
        found = [usage_hours.c.hour >= first, usage_hours.c.hour < self.end]
        return found if self.user_id is None else [*found, usage_hours.c.user_id == self.user_id]

    def before(self) -> "Span":
        """Return the span of the same length before it."""
        return Span(2 * self.start - self.end, self.start, self.user_id)


def sums(connection: Connection, span: Span) -> dict[str, int]:
    """Return what the span adds up to, by the names of the columns.

    `first_token_ms` is the median time to the first token of its streams, 0 if there were none.
    """
    classes = [func.sum(column) for column in _CLASSES]
    query = select(*_sums(), *classes).where(*span.conditions())
    row: list[Any] = list(connection.execute(query).one())
    values = [int(value or 0) for value in row]
    found = dict(zip(_SUMMED, values, strict=False))
    return found | {"first_token_ms": median_of(values[len(_SUMMED) :])}


def median_of(counts: Sequence[int]) -> int:
    """Return the median of what was counted into the classes of `FIRST_TOKEN_MS`, 0 of nothing.

    Out of a histogram, and so between the bounds of a class: as if its members lay evenly in it.
    """
    half = sum(counts) / 2
    below = 0
    bounds = (*FIRST_TOKEN_MS, 2 * FIRST_TOKEN_MS[-1])
    for low, high, count in zip((0, *FIRST_TOKEN_MS), bounds, counts, strict=True):
        if count and below + count >= half:
            return round(low + (high - low) * (half - below) / count)
        below += count
    return 0


def _sums(names: Sequence[str] = _SUMMED) -> list[ColumnElement[Any]]:
    return [func.sum(usage_hours.c[name]) for name in names]


def largest(connection: Connection, span: Span, by: By) -> list[dict[str, Any]]:
    """Return who used most, by quota: `key` (a model's name or an id), `name`, and the sums."""
    column = _COLUMNS[by]
    quota = func.sum(usage_hours.c.quota)
    query = (
        select(column, *_sums())
        .where(*span.conditions())
        .group_by(column)
        .order_by(quota.desc(), column)
        .limit(LISTED)
    )
    rows: list[Any] = [tuple(row) for row in connection.execute(query)]
    names = _names(connection, by, [row[0] for row in rows])
    return [
        {"key": str(key), "name": names.get(key, str(key))}
        | {name: int(value or 0) for name, value in zip(_SUMMED, values, strict=True)}
        for key, *values in rows
    ]


def _names(connection: Connection, by: By, keys: Sequence[Any]) -> dict[Any, str]:
    if by not in _NAMES or not keys:
        return {}
    table, name = _NAMES[by]
    query = select(table.c.id, name).where(table.c.id.in_(keys))
    rows: list[Any] = [tuple(row) for row in connection.execute(query)]
    return {row_id: found or str(row_id) for row_id, found in rows}


def series(
    connection: Connection, span: Span, by: By, shown: Sequence[str]
) -> list[dict[str, Any]]:
    """Return what was used step by step: a point for each shown key that has any, and one for all others together."""
    column = _COLUMNS[by]
    query = (
        select(usage_hours.c.hour, column, *_sums(_CHARTED))
        .where(*span.conditions())
        .group_by(usage_hours.c.hour, column)
    )
    points: dict[tuple[int, str], list[int]] = {}
    in_hours = span.end - span.start <= 2 * 24 * HOUR
    kept = set(shown)
    rows: list[Any] = [tuple(row) for row in connection.execute(query)]
    for hour, key, requests, quota, sent, made in rows:
        name = str(key) if str(key) in kept else OTHERS
        at = hour if in_hours else day_of(hour)
        point = points.setdefault((at, name), [0, 0, 0])
        for index, value in enumerate((requests, quota, sent + made)):
            point[index] += int(value)
    return [
        {"at": at, "key": key, "requests": requests, "quota": quota, "tokens": used}
        for (at, key), (requests, quota, used) in sorted(points.items())
    ]


def day_of(at: int) -> int:
    """Return when the day of a moment began in the time zone that this process runs in (`TZ`)."""
    local = time.localtime(at)
    return int(time.mktime((local.tm_year, local.tm_mon, local.tm_mday, 0, 0, 0, 0, 0, -1)))
