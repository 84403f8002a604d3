"""Jobs as rows: added, taken by one process, going on, ended. Blocking, and light: imports nothing of the web.

A process takes a job by writing its name into the row, and only who is named there may write on. One that has given no sign
of life for `SILENT_SECONDS` has lost its job to whoever looks next; what is done is in the rows, so the next one goes on.
"""

import json
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError

from oneapi.store.database import Database
from oneapi.store.tables import job_items, jobs
from oneapi.store.tables.jobs import SUBJECT_LENGTH

SILENT_SECONDS: Final = 30
STARTS_MAX: Final = 5  # a job that ends its process again and again is left
KEEP_SECONDS: Final = 30 * 86_400
_DELETED_AT_ONCE: Final = 100
_NOTE_MAX: Final = 2000


class JobState(StrEnum):
    """`jobs.state`. `STOPPED`: it was begun several times, and nobody brought it to its end."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    STOPPED = "stopped"


class Outcome(StrEnum):
    """`job_items.outcome`."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


class Standing(StrEnum):
    """What whoever runs a job learns when it gives a sign of life."""

    GOES_ON = "goes on"
    CANCELLED = "cancelled"
    LOST = "lost"


class JobRunning(Exception):
    """Another job of this kind waits or runs."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A job to be added. `user_id` is 0 for the schedule's."""

    kind: str
    arguments: dict[str, Any] = field(default_factory=dict[str, Any])
    user_id: int = 0
    username: str = ""


@dataclass(frozen=True, slots=True)
class Job:
    """A job that this process has taken."""

    id: int
    kind: str
    arguments: dict[str, Any]
    user_id: int
    total: int
    done: int
    failed: int


@dataclass(frozen=True, slots=True)
class Item:
    """What came of one subject. `amount` is money of a vendor's, `led_to` what was done because of it."""

    subject_id: int
    subject: str
    outcome: Outcome
    said: str = ""
    model: str = ""
    time_ms: int = 0
    amount: float = 0.0
    led_to: str = ""


def add(database: Database, wanted: Wanted, now: int) -> int:
    """Add a job and return its number; raises `JobRunning`."""
    try:
        with database.begin() as connection:
            return insert_job(connection, wanted, now)
    except IntegrityError as error:
        raise JobRunning(wanted.kind) from error


def insert_job(connection: Connection, wanted: Wanted, now: int) -> int:
    """Write a job's row and return its number; fails where one of its kind waits or runs."""
    row = {
        "kind": wanted.kind,
        "state": JobState.WAITING,
        "active": wanted.kind,
        "arguments": json.dumps(wanted.arguments),
        "user_id": wanted.user_id,
        "username": wanted.username,
        "created_at": now,
    }
    key = connection.execute(insert(jobs).values(row)).inserted_primary_key
    assert key is not None  # a single row was inserted
    return int(key[0])


def take(database: Database, holder: str, now: int) -> list[Job]:
    """Take what waits, and what its process has left behind."""
    # Most looks find nothing, and take no lock.
    with database.connect() as connection:
        found = list(connection.execute(select(jobs).where(_is_free(now))).mappings())
    taken: list[Job] = []
    for row in found:
        with database.begin() as connection:
            if row["starts"] >= STARTS_MAX:
                _leave(connection, row["id"], now)
            elif _is_taken(connection, row["id"], holder, now):
                taken.append(
                    Job(
                        row["id"],
                        row["kind"],
                        json.loads(row["arguments"]),
                        row["user_id"],
                        row["total"],
                        row["done"],
                        row["failed"],
                    )
                )
    return taken


def _is_free(now: int) -> ColumnElement[bool]:
    is_silent = and_(jobs.c.state == JobState.RUNNING, jobs.c.beat_at < now - SILENT_SECONDS)
    return and_(jobs.c.active.is_not(None), or_(jobs.c.state == JobState.WAITING, is_silent))


def _is_taken(connection: Connection, job_id: int, holder: str, now: int) -> bool:
    changed = connection.execute(
        update(jobs)
        .where(jobs.c.id == job_id, _is_free(now))
        .values(
            state=JobState.RUNNING,
            holder=holder,
            beat_at=now,
            started_at=now,
            starts=jobs.c.starts + 1,
        )
    )
    return changed.rowcount == 1


def _leave(connection: Connection, job_id: int, now: int) -> None:
    note = f"it was begun {STARTS_MAX} times, and the process that ran it ended each time"
    connection.execute(
        update(jobs)
        .where(jobs.c.id == job_id, _is_free(now))
        .values(_ended(JobState.STOPPED, note, now))
    )


def _ended(state: JobState, note: str, now: int) -> dict[str, Any]:
    return {"state": state, "active": None, "note": note[:_NOTE_MAX], "ended_at": now}


def reclaim(database: Database, holders: str, now: int) -> None:
    """Give back what processes had whose names begin so: none of them lives any more."""
    with database.begin() as connection:
        connection.execute(
            update(jobs)
            .where(
                jobs.c.active.is_not(None),
                jobs.c.state == JobState.RUNNING,
                jobs.c.holder.startswith(holders, autoescape=True),
            )
            .values(state=JobState.WAITING, holder="", beat_at=now)
        )


def release(database: Database, job_id: int, holder: str) -> None:
    """Give a job back before its end: this process stops, and another one goes on. It does not count as a start."""
    with database.begin() as connection:
        connection.execute(
            update(jobs)
            .where(jobs.c.id == job_id, jobs.c.holder == holder, jobs.c.active.is_not(None))
            .values(state=JobState.WAITING, holder="", starts=jobs.c.starts - 1)
        )


def beat(database: Database, job: Job, holder: str, now: int, **progress: int) -> Standing:
    """Give a sign of life and say how far it is (`total`, `done`, `failed`)."""
    mine = (jobs.c.id == job.id, jobs.c.holder == holder, jobs.c.active.is_not(None))
    with database.begin() as connection:
        changed = connection.execute(update(jobs).where(*mine).values(beat_at=now, **progress))
        if changed.rowcount != 1:
            return Standing.LOST
        cancelled_at = connection.scalar(select(jobs.c.cancelled_at).where(jobs.c.id == job.id))
    return Standing.CANCELLED if cancelled_at else Standing.GOES_ON


def end(
    database: Database, job: Job, holder: str, state: JobState, now: int, note: str = ""
) -> None:
    """Write down how a job ended, unless it was lost to another process."""
    with database.begin() as connection:
        connection.execute(
            update(jobs)
            .where(jobs.c.id == job.id, jobs.c.holder == holder, jobs.c.active.is_not(None))
            .values(_ended(state, note, now))
        )


def cancel(connection: Connection, job_id: int, now: int) -> None:
    """Ask for a job to end; one that nobody has taken ends at once."""
    waiting = (jobs.c.id == job_id, jobs.c.state == JobState.WAITING)
    connection.execute(
        update(jobs).where(*waiting).values(cancelled_at=now, **_ended(JobState.CANCELLED, "", now))
    )
    running = (jobs.c.id == job_id, jobs.c.state == JobState.RUNNING, jobs.c.cancelled_at == 0)
    connection.execute(update(jobs).where(*running).values(cancelled_at=now))


def record(database: Database, job_id: int, item: Item) -> None:
    """Write down what came of one subject; the first time counts."""
    row = {
        "job_id": job_id,
        "subject_id": item.subject_id,
        "subject": item.subject[:SUBJECT_LENGTH],
        "outcome": item.outcome,
        "said": item.said,
        "model": item.model[:SUBJECT_LENGTH],
        "time_ms": item.time_ms,
        "amount": item.amount,
        "led_to": item.led_to,
    }
    with database.begin() as connection:
        connection.execute(database.insert_ignore(job_items).values(row))


def finished(database: Database, job_id: int) -> dict[int, bool]:
    """Return the subjects that a job has dealt with, and whether each of them failed."""
    query = select(job_items.c.subject_id, job_items.c.outcome).where(job_items.c.job_id == job_id)
    with database.connect() as connection:
        return {row.subject_id: row.outcome == Outcome.FAILED for row in connection.execute(query)}


def prune(database: Database, now: int) -> None:
    """Delete jobs that ended long ago, with their results; the schedule reads from its last ones when it is next."""
    last = select(func.max(jobs.c.id)).where(jobs.c.user_id == 0).group_by(jobs.c.kind)
    ended = (
        jobs.c.active.is_(None),
        jobs.c.created_at < now - KEEP_SECONDS,
        jobs.c.id.not_in(last),
    )
    with database.begin() as connection:
        old = list(connection.scalars(select(jobs.c.id).where(*ended).limit(_DELETED_AT_ONCE)))
        if old:
            connection.execute(delete(job_items).where(job_items.c.job_id.in_(old)))
            connection.execute(delete(jobs).where(jobs.c.id.in_(old)))
