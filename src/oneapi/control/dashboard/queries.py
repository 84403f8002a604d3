"""Sums over what the ledger adds up by hours and days: of a span, by what it is asked by, and in steps of either."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    FromClause,
    Select,
    Subquery,
    Table,
    func,
    select,
    union_all,
)

from oneapi.store.calendar import HOUR, day_of, hour_of, next_day
from oneapi.store.tables import channels, tokens, usage_days, usage_hours, users
from oneapi.store.tables.statistics import ALL, FIRST_TOKEN_CLASSES, FIRST_TOKEN_MS

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
    "cost",
    "costed",
)
_CHARTED: Final = ("requests", "quota", "input_tokens", "output_tokens")
_COLUMNS: Final[Mapping[str, str]] = {
    "model": "model_name",
    "token": "token_id",
    "channel": "channel_id",
    "user": "user_id",
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

    @property
    def in_hours(self) -> bool:
        """Say whether its steps are hours; days otherwise."""
        return self.end - self.start <= 2 * 24 * HOUR

    def before(self) -> "Span":
        """Return the span of the same length before it."""
        return Span(2 * self.start - self.end, self.start, self.user_id)


class Use:
    """What was used in a span, to be asked by one thing: out of days where they are whole, out of hours at its ends."""

    def __init__(self, connection: Connection, span: Span, by: By = "model") -> None:
        self._connection = connection
        self._span = span
        self._by: By = by
        self._days = self._whole_days()

    def sums(self) -> dict[str, int]:
        """Return what it adds up to, by the names of the columns.

        `first_token_ms` is the median time to the first token of its streams, 0 if there were none.
        """
        table = self._rows((*_SUMMED, *FIRST_TOKEN_CLASSES))
        row: list[Any] = list(
            self._connection.execute(select(*_sums(table, _SUMMED + FIRST_TOKEN_CLASSES))).one()
        )
        values = [int(value or 0) for value in row]
        found = dict(zip(_SUMMED, values, strict=False))
        return found | {"first_token_ms": median_of(values[len(_SUMMED) :])}

    def largest(self) -> list[dict[str, Any]]:
        """Return who used most, by quota: `key` (a model's name or an id), `name`, and the sums."""
        table = self._rows(_SUMMED)
        query = (
            select(table.c.key, *_sums(table, _SUMMED))
            .group_by(table.c.key)
            .order_by(func.sum(table.c.quota).desc(), table.c.key)
            .limit(LISTED)
        )
        rows: list[Any] = [tuple(row) for row in self._connection.execute(query)]
        names = _names(self._connection, self._by, [row[0] for row in rows])
        return [
            {"key": str(key), "name": names.get(key, str(key))}
            | {name: int(value or 0) for name, value in zip(_SUMMED, values, strict=True)}
            for key, *values in rows
        ]

    def series(self, shown: Sequence[str]) -> list[dict[str, Any]]:
        """Return what was used step by step: a point for each shown key that has any, and one for all others together."""
        points: dict[tuple[int, str], list[int]] = {}
        kept = set(shown)
        for at, key, requests, quota, sent, made in self.steps(_CHARTED):
            name = str(key) if str(key) in kept else OTHERS
            point = points.setdefault((at, name), [0, 0, 0])
            for index, value in enumerate((requests, quota, sent + made)):
                point[index] += value
        return [
            {"at": at, "key": key, "requests": requests, "quota": quota, "tokens": used}
            for (at, key), (requests, quota, used) in sorted(points.items())
        ]

    def steps(self, names: Sequence[str]) -> Iterator[tuple[Any, ...]]:
        """Yield when a step began, a key, and the sums of the named columns; a step may come more than once."""
        table = self._rows(names)
        query = select(table.c.at, table.c.key, *_sums(table, names))
        rows: list[Any] = [
            tuple(row) for row in self._connection.execute(query.group_by(table.c.at, table.c.key))
        ]
        for at, key, *sums in rows:
            begin = at if self._span.in_hours else day_of(at)
            yield (begin, key, *(int(value or 0) for value in sums))

    def _rows(self, names: Sequence[str]) -> Subquery:
        """Return a table of the span's rows: when each began (`at`), its `key`, and the named columns."""
        first, last = self._days
        hours, span = usage_hours.c.hour, self._span
        start = hour_of(span.start)
        ends = [(start, first), (last, span.end)] if first < last else [(start, span.end)]
        parts = [
            self._part(usage_hours, hours, names).where(hours >= begin, hours < end)
            for begin, end in ends
            if begin < end
        ]
        if first < last:
            days = usage_days.c
            part = self._part(usage_days, days.day, names).where(days.day >= first, days.day < last)
            if span.user_id is None:
                by_user = self._by in ("token", "user")
                part = part.where((days.channel_id if by_user else days.user_id) == ALL)
            parts.append(part)
        return (union_all(*parts) if len(parts) > 1 else parts[0]).subquery("used")

    def _part(self, table: Table, at: Column[Any], names: Sequence[str]) -> Select[Any]:
        columns = table.c
        key = columns[_COLUMNS[self._by]].label("key")
        found = select(at.label("at"), key, *(columns[name] for name in names))
        user_id = self._span.user_id
        return found if user_id is None else found.where(columns.user_id == user_id)

    def _whole_days(self) -> tuple[int, int]:
        """Return from when to when the span is made of whole days that are added up; the same moment twice if none is."""
        span = self._span
        # Rows of a user by the day are of all channels together.
        if span.in_hours or (span.user_id is not None and self._by == "channel"):
            return 0, 0
        first = hour_of(span.start)
        if day_of(first) != first:
            first = next_day(day_of(first))
        last = day_of(span.end - 1)
        newest = self._connection.scalar(select(func.max(usage_hours.c.hour)))
        if next_day(last) == span.end or newest is None or newest < span.end:
            last = next_day(last)  # nothing of that day lies behind the end
        return (first, last) if first < last and self._are_ours(first, last) else (0, 0)

    def _are_ours(self, first: int, last: int) -> bool:
        """Say whether all days there were cut in this process's time zone."""
        days = usage_days.c
        query = select(days.day).where(days.user_id == ALL, days.day >= first, days.day < last)
        found = set(self._connection.scalars(query.group_by(days.day)))
        while first < last:
            found.discard(first)
            first = next_day(first)
        return not found


def _sums(table: FromClause, names: Sequence[str]) -> list[ColumnElement[Any]]:
    return [func.sum(table.c[name]) for name in names]


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


def _names(connection: Connection, by: By, keys: Sequence[Any]) -> dict[Any, str]:
    if by not in _NAMES or not keys:
        return {}
    table, name = _NAMES[by]
    query = select(table.c.id, name).where(table.c.id.in_(keys))
    rows: list[Any] = [tuple(row) for row in connection.execute(query)]
    return {row_id: found or str(row_id) for row_id, found in rows}
