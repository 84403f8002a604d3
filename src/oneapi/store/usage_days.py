"""Days of the statistics: always what their hours add up to, as both are written in one transaction.

What a day lacks is the difference between the two, read by one statement: nobody who writes both at once changes it, so
that it can be added while others write. It is something only where hours were written without days (by an older version,
or before there were days) or where the time zone has changed. See decision 41. Blocking.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Final, NamedTuple

import structlog
from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Connection,
    Insert,
    Select,
    and_,
    bindparam,
    delete,
    func,
    literal_column,
    or_,
    select,
    union_all,
)

from oneapi.store.calendar import HOUR, day_of, next_day
from oneapi.store.database import Database
from oneapi.store.inserts import upsert
from oneapi.store.tables import usage_days, usage_hours
from oneapi.store.tables.columns import BIGINT
from oneapi.store.tables.statistics import ALL, COUNTERS

log = structlog.get_logger(__name__)

KEYS: Final = ("user_id", "day", "token_id", "channel_id", "model_name")
_ALL: Final[ColumnElement[int]] = literal_column(str(ALL), BIGINT)
_START: Final = bindparam("start", type_=BIGINT)
_END: Final = bindparam("end", type_=BIGINT)
_OF_HOURS: Final = and_(usage_hours.c.hour >= _START, usage_hours.c.hour < _END)
_OF_DAYS: Final = and_(usage_days.c.day >= _START, usage_days.c.day < _END)


def day_rows(hours: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return what rows of `usage_hours` add to `usage_days`, in the order of its keys."""
    days: dict[tuple[int, int, int, int, str], list[int]] = {}
    for row in hours:
        day, model = day_of(row["hour"]), row["model_name"]
        counters = [row[name] for name in COUNTERS]
        for place in (
            (ALL, day, ALL, row["channel_id"], model),
            (row["user_id"], day, row["token_id"], ALL, model),
        ):
            sums = days.get(place)
            if sums is None:
                days[place] = counters.copy()
                continue
            for index, counter in enumerate(counters):
                sums[index] += counter
    names = (*KEYS, *COUNTERS)
    return [dict(zip(names, (*place, *days[place]), strict=True)) for place in sorted(days)]


@cache
def additions(dialect: str) -> Insert:
    """Return what adds such rows on an engine."""
    dialect = "mysql" if dialect == "mariadb" else dialect
    return upsert(dialect, usage_days, KEYS, add=COUNTERS)


class Compared(NamedTuple):
    """Whether days add up to their hours, and how many rows begin where no day of this process's time zone does."""

    adds_up: bool
    strange: int


def compared(connection: Connection, start: int, end: int) -> Compared:
    """Compare what was used from the beginning of a day to that of another; only of one day `strange` means something."""
    found = connection.execute(_sums(), {"start": start, "end": end})
    rows = [[int(value or 0) for value in row] for row in found]
    sums = {part: values for part, *values in rows}
    strange, *_ = sums.pop(3)
    return Compared(sums[0] == sums[1] == sums[2], strange)


def mend(connection: Connection, day: int) -> None:
    """Add to the rows of a day what they lack; only one at a time may do that."""
    names = (*KEYS, *COUNTERS)
    found = connection.execute(_lacking(), {"start": day, "end": next_day(day)})
    rows: list[Any] = [tuple(row) for row in found]
    values = [
        dict(zip(names, (*row[: len(KEYS)], *map(int, row[len(KEYS) :])), strict=True))
        for row in sorted(rows)
    ]
    for place in range(0, len(values), 500):
        connection.execute(additions(connection.dialect.name), values[place : place + 500])
    if values:
        connection.execute(_WITHOUT_USE, {"start": day, "end": next_day(day)})


def mend_days(database: Database, since: int = 0) -> int:
    """Look at the days since a moment (unix seconds), the latest first, and mend what does not add up; return how many."""
    with database.connect() as connection:
        days = list(days_of_use(connection, since))
    mended = 0
    for day in days:
        with database.connect() as connection:
            if compared(connection, day, next_day(day)) == (True, 0):
                continue
        with database.exclusively("usage_days") as connection:
            mend(connection, day)
        mended += 1
    return mended


class DayMender:
    """Looks at all days when a process has begun, and at the last ones afterwards. `clock`: unix seconds."""

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._database = database
        self._clock = clock
        self._since = 0

    def mend(self) -> None:
        """Look once, and mend what does not add up."""
        now = int(self._clock())
        if mended := mend_days(self._database, self._since):
            log.info("usage_days_mended", days=mended)
        self._since = now - 2 * 24 * HOUR


def days_of_use(connection: Connection, since: int = 0) -> Iterator[int]:
    """Yield the beginnings of days with use, from the latest to the first since then.

    It goes from one to the next that is there: a row without a time lies in 1970, one in milliseconds millennia ahead.
    """
    begins = (usage_hours.c.hour, usage_days.c.day)
    queries = [select(func.max(at)).where(at >= since) for at in begins]
    while found := [at for at in map(connection.scalar, queries) if at is not None]:
        day = day_of(max(found))
        yield day
        queries = [select(func.max(at)).where(at >= since, at < day) for at in begins]


@cache
def _lacking() -> Select[Any]:
    hours, days = usage_hours.c, usage_days.c
    day = _START.label("day")
    counted = [hours[name] for name in COUNTERS]
    parts = (
        (_ALL.label("user_id"), day, _ALL.label("token_id"), hours.channel_id, hours.model_name),
        (hours.user_id, day, hours.token_id, _ALL.label("channel_id"), hours.model_name),
    )
    had = select(*(days[name] for name in KEYS), *((-days[n]).label(n) for n in COUNTERS))
    rows: CompoundSelect[Any] = union_all(
        *(select(*keys, *counted).where(_OF_HOURS) for keys in parts), had.where(_OF_DAYS)
    )
    table = rows.subquery("lacking")
    keys = [table.c[name] for name in KEYS]
    sums = [func.sum(table.c[name]) for name in COUNTERS]
    return select(*keys, *sums).group_by(*keys).having(or_(*(total != 0 for total in sums)))


@cache
def _sums() -> CompoundSelect[Any]:
    def part(number: int, columns: Any, where: ColumnElement[bool]) -> Select[Any]:
        sums = (func.sum(columns[name]) for name in COUNTERS)
        return select(literal_column(str(number), BIGINT), *sums).where(where)

    days = usage_days.c
    nothing = [literal_column("0", BIGINT) for _ in COUNTERS[1:]]
    strange = select(literal_column("3", BIGINT), func.count(), *nothing)
    return union_all(
        part(0, usage_hours.c, _OF_HOURS),
        part(1, days, and_(days.user_id == _ALL, _OF_DAYS)),
        part(2, days, and_(days.channel_id == _ALL, _OF_DAYS)),
        strange.select_from(usage_days).where(days.day > _START, days.day < _END),
    )


_WITHOUT_USE: Final = delete(usage_days).where(
    _OF_DAYS, *(usage_days.c[name] == 0 for name in COUNTERS)
)
