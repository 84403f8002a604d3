"""Statistics of what was charged before there were any: old log rows added up by the hour, once, in slices, latest first.

`place` of the progress is the highest id of a row that is still to be looked at; it moves in the transaction that adds,
so that whoever is killed, or meets another node at it, adds nothing twice. Blocking.
"""

from typing import Final

from sqlalchemy import func, select, update

from oneapi.ledger import accounts
from oneapi.ledger.flusher import add_use
from oneapi.ledger.log_rows import fit
from oneapi.store.calendar import LATEST, hour_of
from oneapi.store.database import Database
from oneapi.store.enums import LogType
from oneapi.store.tables import logs, progress, tokens, usage_hours
from oneapi.store.tables.statistics import COUNTERS

NAME: Final = "usage_hours_of_old_rows"
SLICE: Final = 2000  # ids
_MINE: Final = progress.c.name == NAME
_COLUMNS: Final = (
    logs.c.created_at,
    logs.c.user_id,
    logs.c.token_name,
    logs.c.channel_id,
    logs.c.model_name,
    logs.c.prompt_tokens,
    logs.c.completion_tokens,
    logs.c.quota,
    logs.c.elapsed_time,
)


def begin_backfill(main: Database, log_database: Database) -> None:
    """Remember which rows are old: those before the first hour that was counted. Call it before anybody serves."""
    with main.connect() as connection:
        if connection.execute(select(progress.c.place).where(_MINE)).first() is not None:
            return
        first = connection.execute(select(func.min(usage_hours.c.hour))).scalar()
    newest = select(func.max(logs.c.id))
    if first is not None:
        newest = newest.where(logs.c.created_at < first)
    with log_database.connect() as connection:
        place = connection.execute(newest).scalar() or 0
    with main.begin() as connection:
        connection.execute(main.insert_ignore(progress), {"name": NAME, "place": place})


def backfill(main: Database, log_database: Database) -> bool:
    """Add up one slice; return whether there is more to do."""
    with main.connect() as connection:
        place = connection.execute(select(progress.c.place).where(_MINE)).scalar() or 0
    if place <= 0:
        return False
    low = max(0, place - SLICE)
    rows = select(*_COLUMNS).where(logs.c.id > low, logs.c.id <= place)
    with log_database.connect() as connection:
        found = list(connection.execute(rows.where(logs.c.type == LogType.CONSUME.value)))
    with main.begin() as connection:
        moved = update(progress).where(_MINE, progress.c.place == place).values(place=low)
        if not accounts.changed(connection.execute(moved)):
            return True  # another node has done it
        of_users = tokens.c.user_id.in_({row.user_id for row in found})
        keys = connection.execute(
            select(tokens.c.user_id, tokens.c.name, tokens.c.id).where(of_users)
        )
        key_ids = {(user_id, name): key_id for user_id, name, key_id in keys}
        hours: dict[tuple[int, int, int, int, str], list[int]] = {}
        for at, user_id, key_name, channel_id, model, sent, made, quota, elapsed in found:
            if not 0 <= (at or 0) <= LATEST:  # nobody knows when it was
                continue
            key_id = key_ids.get((user_id, key_name), 0)
            hour = (hour_of(at or 0), user_id or 0, key_id, channel_id or 0, fit(model or ""))
            sums = hours.setdefault(hour, [0] * len(COUNTERS))
            for index, value in enumerate((1, sent, made, 0, quota, elapsed)):
                sums[index] += value or 0
        names = ("hour", "user_id", "token_id", "channel_id", "model_name", *COUNTERS)
        values = [dict(zip(names, (*hour, *hours[hour]), strict=True)) for hour in sorted(hours)]
        if values:
            add_use(connection, values)
    return low > 0
