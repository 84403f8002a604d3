"""`/api/status/schedule`: what is begun by itself, how often, when it was last and how that went."""

from fastapi import APIRouter
from sqlalchemy import select
from typing_extensions import TypedDict

from oneapi.control.answers import Answer, Found, Refusal, found
from oneapi.control.identity import Admin, Surroundings
from oneapi.control.jobs.routes import JobView, job_view
from oneapi.control.jobs.schedule import turns
from oneapi.store.tables import jobs

router = APIRouter(prefix="/api/status", tags=["status"])


class TurnView(TypedDict):
    """When a kind of job is begun by itself; `minutes` 0: never. `next_at` is unix seconds, 0: not by itself."""

    kind: str
    minutes: int
    next_at: int
    last: JobView | None


@router.get("/schedule", response_model=Found[list[TurnView]] | Refusal)
def schedule(_: Admin, services: Surroundings) -> Answer:
    """Tell what is begun by itself, and how it went the last time."""
    views: list[TurnView] = []
    with services.database.connect() as connection:
        for turn in turns(connection, services.schedule):
            of_schedule = (jobs.c.kind == turn.kind, jobs.c.user_id == 0)
            query = select(jobs).where(*of_schedule).order_by(jobs.c.id.desc()).limit(1)
            row = connection.execute(query).mappings().first()
            views.append(
                {
                    "kind": turn.kind,
                    "minutes": turn.minutes,
                    "next_at": turn.next_at,
                    "last": job_view(row) if row is not None else None,
                }
            )
    return found(views)
