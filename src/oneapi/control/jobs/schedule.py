"""What is begun by itself, every so many minutes: by one worker of one node, whichever looks first. Blocking, and light.

How often: the setting, where one is stored; otherwise the environment's variable, which may differ from node to node. When
it was last is read from the jobs themselves, so that restarts and further nodes change nothing.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from sqlalchemy import Connection, func, select
from sqlalchemy.exc import IntegrityError

from oneapi.control.jobs.queue import Wanted, insert_job
from oneapi.store.database import Database
from oneapi.store.settings import Settings, load
from oneapi.store.tables import jobs

SETTINGS: Final[Mapping[str, str]] = {
    "test_channels": "ChannelTestMinutes",
    "update_balances": "ChannelBalanceMinutes",
}
"""By kind of job, the setting that says how often."""


class Environment(NamedTuple):
    """What holds where nothing is stored: minutes by kind of job; and when this process began (unix seconds)."""

    minutes: Mapping[str, int]
    started_at: int


BY_HAND: Final = Environment({}, 0)


class Turn(NamedTuple):
    """When a kind of job is next; `minutes` 0: never by itself, `last_at` 0: not yet. Times are unix seconds."""

    kind: str
    minutes: int
    last_at: int
    next_at: int


def turns(connection: Connection, environment: Environment) -> list[Turn]:
    """Return when each kind is next."""
    settings = load(connection)
    return [_turn(connection, kind, settings, environment) for kind in SETTINGS]


def _turn(connection: Connection, kind: str, settings: Settings, environment: Environment) -> Turn:
    name = SETTINGS[kind]
    stored = name in settings.texts
    minutes = settings.whole(name) if stored else environment.minutes.get(kind, 0)
    last = select(func.max(jobs.c.created_at)).where(jobs.c.kind == kind, jobs.c.user_id == 0)
    last_at = int(connection.scalar(last) or 0)
    next_at = (last_at or environment.started_at) + minutes * 60 if minutes else 0
    return Turn(kind, minutes, last_at, next_at)


def begin_due(database: Database, environment: Environment, now: int) -> None:
    """Add the jobs whose turn it is; one of whose kind another waits or runs has its turn when that has ended."""
    with database.connect() as connection:
        is_any_due = any(_is_due(turn, now) for turn in turns(connection, environment))
    if not is_any_due:
        return
    try:
        with database.exclusively("schedule") as connection:
            for turn in turns(connection, environment):  # another node may have been first
                if _is_due(turn, now) and not _is_active(connection, turn.kind):
                    insert_job(connection, Wanted(turn.kind, {"minutes": turn.minutes}), now)
    except IntegrityError:  # a person began one at this moment
        return


def _is_due(turn: Turn, now: int) -> bool:
    return bool(turn.minutes) and turn.next_at <= now


def _is_active(connection: Connection, kind: str) -> bool:
    found = select(func.count()).select_from(jobs).where(jobs.c.active == kind)
    return bool(connection.scalar(found))
