"""`/api/log`: administrators see what happened to all, everybody what happened to them."""

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Depends, Path
from sqlalchemy import RowMapping
from typing_extensions import TypedDict

from oneapi.control.answers import Answer, Found, Refusal, Refused, Rows, found
from oneapi.control.audit.trail import Deed, record
from oneapi.control.context import Services
from oneapi.control.fields import Paged, QueryNumber, QueryText, Text
from oneapi.control.identity import Admin, Role, Surroundings, User
from oneapi.control.lists import Indexed, Wanted, among_values, listed, slice_of, wanted_of
from oneapi.control.logs.explain import (
    Story,
    channel_names,
    channels_of,
    row_of_request,
    story,
)
from oneapi.control.logs.queries import (
    LOGS,
    Filtered,
    LogFilter,
    consumed,
    delete_logs,
    matching_logs,
    matching_own_logs,
    of_users,
    page_of_logs,
)
from oneapi.control.logs.wording import Worded, Wording
from oneapi.ledger import Credited, credited
from oneapi.store.enums import LogType
from oneapi.store.tables import logs

_NOTHING = Credited()

router = APIRouter(prefix="/api/log", tags=["logs"])


class Consumption(TypedDict):
    """What the rows add up to."""

    quota: int


class OwnLogView(TypedDict):
    """A row of the log as its user sees it; `elapsed_time` in milliseconds, `id` always 0.

    `credited`: by how much it changed the balance, where `reason` says why (`redemption`, `top_up`, …); `reason` is blank
    where `content` is a person's own words, and of a request.
    """

    id: int
    user_id: int
    created_at: int
    type: int
    content: str
    username: str
    token_name: str
    model_name: str
    quota: int
    prompt_tokens: int
    completion_tokens: int
    channel: int
    request_id: str
    elapsed_time: int
    is_stream: bool
    system_prompt_reset: bool
    credited: int
    reason: str


class LogView(OwnLogView):
    """A row of the log as administrators see it; `detail` is JSON: how the quota came about."""

    detail: str | None


Listed = Annotated[Wanted | None, Depends(wanted_of(LOGS))]


@router.get("", response_model=Rows[LogView] | Refusal)
def everybodys(
    _: Admin,
    page: Paged,
    wanted: Filtered,
    listing: Listed,
    services: Surroundings,
    worded: Wording,
) -> Answer:
    """List log rows, the latest first."""
    theirs = _of_users(services, wanted)
    with services.log_database.connect() as connection:
        if listing is not None:
            found_rows = slice_of(connection, LOGS, listing, *theirs)
            return listed(found_rows, [_view(row, worded) for row in found_rows.rows])
        return found([_view(row, worded) for row in page_of_logs(connection, page, wanted)])


@router.delete("", response_model=Found[int] | Refusal)
def remove(admin: Admin, services: Surroundings, target_timestamp: QueryNumber = 0) -> Answer:
    """Delete the rows from before a time; answers how many."""
    if not target_timestamp:
        raise Refused("no_target_timestamp")
    with services.database.begin() as connection:  # before they go: that takes many transactions
        deed = Deed("log", "delete", after={"before": target_timestamp})
        record(connection, admin, services.now(), deed)
    return found(delete_logs(services.log_database, target_timestamp))


@router.get("/stat", response_model=Found[Consumption] | Refusal)
def consumption(_: Admin, wanted: Filtered, services: Surroundings) -> Answer:
    """Add up what was consumed."""
    theirs = _of_users(services, wanted)
    with services.log_database.connect() as connection:
        ids = [one.condition for one in theirs]
        return found({"quota": consumed(connection, wanted, *ids)})


@router.get("/self/stat", response_model=Found[Consumption] | Refusal)
def own_consumption(user: User, wanted: Filtered, services: Surroundings) -> Answer:
    """Add up what one has consumed oneself."""
    with services.log_database.connect() as connection:
        return found({"quota": consumed(connection, _own(wanted), logs.c.user_id == user.id)})


@router.get("/search", response_model=Rows[LogView] | Refusal)
def search(_: Admin, services: Surroundings, worded: Wording, keyword: QueryText = "") -> Answer:
    """Find the latest hundred rows by type or the beginning of their content."""
    with services.log_database.connect() as connection:
        return found([_view(row, worded) for row in matching_logs(connection, keyword)])


@router.get("/self", response_model=Rows[OwnLogView] | Refusal)
def own(
    user: User,
    page: Paged,
    wanted: Filtered,
    listing: Listed,
    services: Surroundings,
    worded: Wording,
) -> Answer:
    """List one's own rows, without their ids, as One API does."""
    with services.log_database.connect() as connection:
        if listing is not None:
            own_rows = among_values(logs.c.user_id, [user.id])
            found_rows = slice_of(connection, LOGS, listing, own_rows)
            return listed(found_rows, [_own_view(row, worded) for row in found_rows.rows])
        rows = page_of_logs(connection, page, _own(wanted), logs.c.user_id == user.id)
        return found([_own_view(row, worded) for row in rows])


@router.get("/self/search", response_model=Rows[OwnLogView] | Refusal)
def own_search(
    user: User, services: Surroundings, worded: Wording, keyword: QueryText = ""
) -> Answer:
    """Find the latest hundred of one's own rows of a type."""
    with services.log_database.connect() as connection:
        rows = matching_own_logs(connection, user.id, keyword)
        return found([_own_view(row, worded) for row in rows])


@router.get("/{request_id}", response_model=Found[Story] | Refusal)
def request(
    request_id: Annotated[Text, Path(max_length=191)], user: User, services: Surroundings
) -> Answer:
    """Tell the whole story of a request: one's own, or anybody's for administrators, who see the channels' names."""
    is_admin = user.role >= Role.ADMIN
    conditions = () if is_admin else (logs.c.user_id == user.id,)
    with services.log_database.connect() as connection:
        row = row_of_request(connection, request_id, *conditions)
    names: dict[int, str] = {}
    if is_admin:
        with services.database.connect() as connection:
            names = channel_names(connection, channels_of(row))
    return found(story(row, names, tells_all=is_admin))


def _of_users(services: Services, wanted: LogFilter) -> list[Indexed]:
    if not wanted.username:
        return []
    with services.database.connect() as connection:
        return of_users(connection, wanted.username)


def _own(wanted: LogFilter) -> LogFilter:
    """Drop what one cannot choose about one's own rows."""
    return replace(wanted, username="")


def _view(row: RowMapping, worded: Worded) -> LogView:
    return {**_shown(row, worded), "id": row["id"], "detail": row["detail"]}


def _own_view(row: RowMapping, worded: Worded) -> OwnLogView:
    """Return a row for the user themselves: how the quota came about names other channels, and is not theirs."""
    return _shown(row, worded)


def _shown(row: RowMapping, worded: Worded) -> OwnLogView:
    told = _NOTHING if row["type"] == LogType.CONSUME else credited(row["detail"])
    return {
        "id": 0,
        "user_id": row["user_id"] or 0,
        "created_at": row["created_at"] or 0,
        "type": row["type"] or 0,
        "content": worded(row),
        "username": row["username"] or "",
        "token_name": row["token_name"] or "",
        "model_name": row["model_name"] or "",
        "quota": row["quota"] or 0,
        "prompt_tokens": row["prompt_tokens"] or 0,
        "completion_tokens": row["completion_tokens"] or 0,
        "channel": row["channel_id"] or 0,
        "request_id": row["request_id"] or "",
        "elapsed_time": row["elapsed_time"] or 0,
        "is_stream": bool(row["is_stream"]),
        "system_prompt_reset": bool(row["system_prompt_reset"]),
        "credited": told.credited,
        "reason": "" if told.remark else told.reason,
    }
