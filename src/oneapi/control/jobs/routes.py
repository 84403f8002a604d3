"""`/api/jobs`: administrators begin what takes long, see how far it is, cancel it, and read what came of it."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from pydantic import Field
from sqlalchemy import RowMapping, select
from sqlalchemy.exc import IntegrityError
from typing_extensions import TypedDict

from oneapi.control.answers import Answer, Found, Refusal, Refused, Rows, as_go, found
from oneapi.control.audit.trail import Deed, record
from oneapi.control.context import Services
from oneapi.control.fields import Document, Number, Paged, RowId, Text
from oneapi.control.identity import Admin, Person, Role, Surroundings, at_least
from oneapi.control.jobs import queue
from oneapi.control.jobs.kinds import DELETE_LOGS, TEST_CHANNELS, UPDATE_BALANCES
from oneapi.control.lists import Listing, Wanted, equal, listed, slice_of, wanted_of
from oneapi.store.tables import job_items, jobs
from oneapi.store.tables.columns import BIGINT_MAX

CHANNELS_MAX = 10_000

router = APIRouter(prefix="/api/jobs", tags=["jobs"], dependencies=[Depends(at_least(Role.ADMIN))])

JOBS = Listing(
    jobs,
    filters={"kind": equal(jobs.c.kind), "state": equal(jobs.c.state)},
)
ITEMS = Listing(
    job_items,
    sorts=("id", "subject", "outcome", "time_ms", "amount"),
    filters={"outcome": equal(job_items.c.outcome)},
)


class JobView(TypedDict):
    """A job. `total` is 0 until it is known; `note` says why it ended before its end; times are unix seconds, 0: not yet.

    `is_scheduled`: begun by the schedule, and by nobody.
    """

    id: int
    kind: str
    state: str
    total: int
    done: int
    failed: int
    note: str
    is_scheduled: bool
    username: str
    is_cancelling: bool
    created_at: int
    started_at: int
    ended_at: int


class JobItemView(TypedDict):
    """What came of one subject, a channel for instance; `led_to`: `disabled`, `enabled` or blank."""

    id: int
    subject_id: int
    subject: str
    outcome: str
    said: str
    model: str
    time_ms: int
    amount: float
    led_to: str


ChannelIds = Annotated[
    list[Annotated[Number, Field(ge=1, le=BIGINT_MAX)]], Field(max_length=CHANNELS_MAX)
]


class ChannelsToTest(Document):
    """Which channels: those with these `ids`, else those of the scope.

    `all`: those that are enabled or that the gateway has disabled; `failed`: those of them whose last test failed;
    `disabled`: those that are disabled by whomever. `includes_disabled`: also what a person has disabled. `model` is tested
    where a channel has it, and the first of its models elsewhere.
    """

    ids: ChannelIds = []
    scope: Literal["all", "failed", "disabled"] = "all"
    includes_disabled: bool = False
    model: Annotated[Text, Field(max_length=191)] = ""


class BalancesToUpdate(Document):
    """The channels with these `ids`; without any, all that no person has disabled and whose vendors tell a balance."""

    ids: ChannelIds = []


class LogsToDelete(Document):
    """Log rows from before `before` (unix seconds)."""

    before: Annotated[Number, Field(ge=1, le=BIGINT_MAX)]


@router.get("", response_model=Rows[JobView] | Refusal)
def every_job(
    page: Paged, wanted: Annotated[Wanted | None, Depends(wanted_of(JOBS))], services: Surroundings
) -> Answer:
    """List jobs, the latest first; they are kept for 30 days."""
    with services.database.connect() as connection:
        if wanted is not None:
            rows = slice_of(connection, JOBS, wanted)
            return listed(rows, [job_view(row) for row in rows.rows])
        query = page.of(select(jobs).order_by(jobs.c.id.desc()))
        return found([job_view(row) for row in connection.execute(query).mappings()])


@router.get("/{job_id:int}", response_model=Found[JobView] | Refusal)
def one_job(job_id: RowId, services: Surroundings) -> Answer:
    """Show a job: how far it is, or how it ended."""
    return found(_seen(services, job_id))


@router.get("/{job_id:int}/results", response_model=Rows[JobItemView] | Refusal)
def results(
    job_id: RowId,
    page: Paged,
    wanted: Annotated[Wanted | None, Depends(wanted_of(ITEMS))],
    services: Surroundings,
) -> Answer:
    """List what came of a job so far, subject by subject."""
    mine = job_items.c.job_id == job_id
    with services.database.connect() as connection:
        if wanted is not None:
            rows = slice_of(connection, ITEMS, wanted, mine)
            return listed(rows, [item_view(row) for row in rows.rows])
        query = page.of(select(job_items).where(mine).order_by(job_items.c.id.desc()))
        return found([item_view(row) for row in connection.execute(query).mappings()])


@router.post("/{job_id:int}/cancel", response_model=Found[JobView] | Refusal)
def cancel(job_id: RowId, person: Admin, services: Surroundings) -> Answer:
    """End a job before its end; what is done stays done. A job that has ended stays as it is."""
    job = _seen(services, job_id)
    with services.database.begin() as connection:
        queue.cancel(connection, job_id, services.now())
        record(connection, person, services.now(), Deed("job", "cancel", job_id, job["kind"]))
    return found(_seen(services, job_id))


@router.post("/test_channels", response_model=Found[JobView] | Refusal)
def begin_tests(document: ChannelsToTest, person: Admin, services: Surroundings) -> Answer:
    """Test many channels; those that prove broken, or work again, are switched as the settings say."""
    return found(begin(services, person, TEST_CHANNELS, document))


@router.post("/update_balances", response_model=Found[JobView] | Refusal)
def begin_balances(document: BalancesToUpdate, person: Admin, services: Surroundings) -> Answer:
    """Ask vendors what is left of many accounts."""
    return found(begin(services, person, UPDATE_BALANCES, document))


@router.post("/delete_logs", response_model=Found[JobView] | Refusal)
def begin_deletion(document: LogsToDelete, person: Admin, services: Surroundings) -> Answer:
    """Delete old log rows, some at a time."""
    return found(begin(services, person, DELETE_LOGS, document))


def begin(services: Services, person: Person, kind: str, document: Document) -> JobView:
    """Add a job, and return it; refuse while another one of its kind runs."""
    wanted = queue.Wanted(kind, document.model_dump(), person.id, person.username)
    try:
        with services.database.begin() as connection:
            job_id = queue.insert_job(connection, wanted, services.now())
            deed = Deed("job", "begin", job_id, kind, after=wanted.arguments)
            record(connection, person, services.now(), deed)
    except IntegrityError as error:
        raise Refused("job_running") from error
    return _seen(services, job_id)


def _seen(services: Services, job_id: int) -> JobView:
    with services.database.connect() as connection:
        query = select(jobs).where(jobs.c.id == job_id)
        row = connection.execute(query).mappings().first()
    if row is None:
        raise Refused("job_missing")
    return job_view(row)


def job_view(row: RowMapping) -> JobView:
    """Return the JSON of a job."""
    return {
        "id": row["id"],
        "kind": row["kind"],
        "state": row["state"],
        "total": row["total"],
        "done": row["done"],
        "failed": row["failed"],
        "note": row["note"],
        "is_scheduled": row["user_id"] == 0,
        "username": row["username"],
        "is_cancelling": bool(row["cancelled_at"]) and row["active"] is not None,
        "created_at": row["created_at"],
        "started_at": row["started_at"],
        "ended_at": row["ended_at"],
    }


def item_view(row: RowMapping) -> JobItemView:
    """Return the JSON of what came of one subject."""
    return {
        "id": row["id"],
        "subject_id": row["subject_id"],
        "subject": row["subject"],
        "outcome": row["outcome"],
        "said": row["said"],
        "model": row["model"],
        "time_ms": row["time_ms"],
        "amount": as_go(row["amount"]),
        "led_to": row["led_to"],
    }
