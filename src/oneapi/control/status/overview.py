"""`/api/status/overview` and `/api/status/resting`: how the installation is doing, for administrators."""

from typing import Any

from fastapi import APIRouter
from sqlalchemy import Connection, func, select
from typing_extensions import TypedDict

from oneapi.control.answers import Answer, Done, Found, Refusal, done, found
from oneapi.control.audit.trail import Deed, record
from oneapi.control.channels.resting import rests
from oneapi.control.context import Services
from oneapi.control.dashboard.queries import Span, Use
from oneapi.control.fields import RowId
from oneapi.control.identity import Admin, Surroundings
from oneapi.ledger import Writer, writers
from oneapi.store import changes
from oneapi.store.calendar import HOUR
from oneapi.store.enums import ChannelStatus
from oneapi.store.tables import channels, tokens, users

router = APIRouter(prefix="/api/status", tags=["status"])

_LISTED = 100
DAY_SECONDS = 86_400


class ProcessView(TypedDict):
    """A worker that has written charges within a day, when it last did, and the quota that it holds on lease.

    `unflushed_bytes`: charges that only its journal has; `lag_seconds`: for how long. Both null where it does not live here.
    """

    name: str
    written_at: int
    leased: int
    unflushed_bytes: int | None
    lag_seconds: float | None


class OverviewView(TypedDict):
    """The installation. `log_database` is blank where logs live beside the rest; the last two are of the last two hours."""

    version: str
    started_at: int
    database: str
    log_database: str
    channels_enabled: int
    channels_disabled: int
    channels_auto_disabled: int
    users: int
    api_keys: int
    processes: list[ProcessView]
    requests: int
    failed: int


class RestView(TypedDict):
    """A model of a channel that is not asked until then (unix seconds), after failures."""

    channel_id: int
    name: str
    model: str
    until: int


@router.get("/overview", response_model=Found[OverviewView] | Refusal)
def overview(_: Admin, services: Surroundings) -> Answer:
    """Tell what runs here, on what, and how it has been doing lately."""
    with services.database.connect() as connection:
        return found(_overview(services, connection))


def _overview(services: Services, connection: Connection) -> OverviewView:
    now = services.now()
    by_status = select(channels.c.status, func.count()).group_by(channels.c.status)
    rows: list[Any] = [tuple(row) for row in connection.execute(by_status)]
    counts = {int(status or 0): int(count) for status, count in rows}
    lately = Use(connection, Span(now - HOUR, now + 1, None)).sums()
    backlogs = services.backlogs()
    is_apart = services.log_database is not services.database
    return {
        "version": services.version,
        "started_at": services.started_at,
        "database": services.database.dialect,
        "log_database": services.log_database.dialect if is_apart else "",
        "channels_enabled": counts.get(ChannelStatus.ENABLED, 0),
        "channels_disabled": counts.get(ChannelStatus.DISABLED, 0),
        "channels_auto_disabled": counts.get(ChannelStatus.AUTO_DISABLED, 0),
        "users": int(connection.scalar(select(func.count()).select_from(users)) or 0),
        "api_keys": int(connection.scalar(select(func.count()).select_from(tokens)) or 0),
        "processes": [
            _process(writer, backlogs.get(writer.name, (None, None)))
            for writer in writers(connection, now - DAY_SECONDS)
        ],
        "requests": lately["requests"],
        "failed": lately["failed"],
    }


def _process(writer: Writer, backlog: tuple[int, float] | tuple[None, None]) -> ProcessView:
    unflushed_bytes, lag_seconds = backlog
    return {
        "name": writer.name,
        "written_at": writer.written_at,
        "leased": writer.leased,
        "unflushed_bytes": unflushed_bytes,
        "lag_seconds": lag_seconds,
    }


@router.get("/resting", response_model=Found[list[RestView]] | Refusal)
def resting(_: Admin, services: Surroundings) -> Answer:
    """List what rests after failures, the longest rest first."""
    found_rests = rests(services)[:_LISTED]
    ids = {rest.channel_id for rest in found_rests}
    with services.database.connect() as connection:
        query = select(channels.c.id, channels.c.name).where(channels.c.id.in_(ids))
        rows: list[Any] = [tuple(row) for row in connection.execute(query)] if ids else []
    names = dict(rows)
    views: list[RestView] = [
        {
            "channel_id": rest.channel_id,
            "name": names.get(rest.channel_id) or f"#{rest.channel_id}",
            "model": rest.model,
            "until": rest.until,
        }
        for rest in found_rests
    ]
    return found(views)


@router.delete("/resting/{channel_id:int}", response_model=Done | Refusal)
def wake(channel_id: RowId, admin: Admin, services: Surroundings) -> Answer:
    """End the rests of a channel, on every worker of every node: it is asked again at once."""
    with services.writing() as connection:
        changes.publish(connection, "channels", str(channel_id), services.now())
        record(connection, admin, services.now(), Deed("channel", "wake", channel_id))
    return done()
