"""`/api/dashboard/recent`: the last day of some channels or keys, hour by hour, for the small curves of a list."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from sqlalchemy import Connection, func, select
from typing_extensions import TypedDict

from oneapi.control.answers import Answer, Found, Refusal, Refused, bad_field, found
from oneapi.control.dashboard.queries import HOUR
from oneapi.control.fields import PAGE_SIZE_MAX, QueryText
from oneapi.control.identity import Role, Surroundings, User
from oneapi.store.tables import usage_hours

router = APIRouter(prefix="/api/dashboard", tags=["statistics"])

HOURS = 24


class Recent(TypedDict):
    """The use of one channel or key, an hour after the other, the present one last; of the `requests`, `failed` did."""

    id: int
    requests: list[int]
    failed: list[int]


class RecentView(TypedDict):
    """Those that were used at all since `start`, the beginning of the first hour (unix seconds)."""

    start: int
    rows: list[Recent]


@router.get("/recent", response_model=Found[RecentView] | Refusal)
def recent(
    user: User,
    services: Surroundings,
    by: Annotated[Literal["channel", "token"], Query()] = "token",
    ids: Annotated[QueryText, Query(description="Numbers, by comma; at most 100.")] = "",
) -> Answer:
    """Show the last 24 hours of one's own keys; administrators: of channels."""
    if by == "channel" and user.role < Role.ADMIN:
        raise Refused("not_allowed")
    parts = [part for part in ids.split(",") if part]
    if len(parts) > PAGE_SIZE_MAX or not all(
        part.isascii() and part.isdigit() and len(part) < 19 for part in parts
    ):
        raise bad_field("ids", f"must be at most {PAGE_SIZE_MAX} numbers, by comma")
    now = services.now()
    start = now - now % HOUR - (HOURS - 1) * HOUR
    with services.database.connect() as connection:
        owner = None if by == "channel" else user.id
        rows = _by_hour(connection, by, [int(part) for part in parts], start, owner)
    return found({"start": start, "rows": rows})


def _by_hour(
    connection: Connection, by: str, ids: list[int], start: int, owner: int | None
) -> list[Recent]:
    column = usage_hours.c[f"{by}_id"]
    query = (
        select(
            column,
            usage_hours.c.hour,
            *(func.sum(usage_hours.c[name]) for name in ("requests", "failed")),
        )
        .where(usage_hours.c.hour >= start, column.in_(ids))
        .group_by(column, usage_hours.c.hour)
    )
    if owner is not None:
        query = query.where(usage_hours.c.user_id == owner)
    used: dict[int, Recent] = {}
    rows: list[Any] = [tuple(row) for row in connection.execute(query)] if ids else []
    for row_id, hour, requests, failed in rows:
        place = (hour - start) // HOUR
        if place >= HOURS:  # a clock that went back
            continue
        empty: Recent = {"id": row_id, "requests": [0] * HOURS, "failed": [0] * HOURS}
        mine = used.setdefault(row_id, empty)
        mine["requests"][place] += int(requests)
        mine["failed"][place] += int(failed)
    return [used[row_id] for row_id in sorted(used)]
