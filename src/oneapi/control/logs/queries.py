"""Reading and deleting log rows, which may live in a database of their own."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Final

from fastapi import Depends
from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    and_,
    delete,
    false,
    func,
    or_,
    select,
    true,
)

from oneapi.control.answers import bad_field
from oneapi.control.fields import Page, QueryNumber, QueryText, comma_list
from oneapi.control.lists import (
    Indexed,
    Listing,
    among_values,
    at_least,
    at_most,
    equal,
    indexed,
)
from oneapi.control.rows import begins_with, is_row
from oneapi.store.database import Database
from oneapi.store.enums import LogType
from oneapi.store.tables import logs, users

SEARCH_MAX: Final = 100
_STAMP: Final = "%Y%m%d%H%M%S"
ANY_ZONE_SECONDS: Final = 15 * 3600
_DELETED_AT_ONCE: Final = (
    1000  # rows per transaction, so that those who write rows do not wait long
)


# What One API's clients expect when they ask for all types: it has no rows of failures.
_ONE_APIS: Final = func.coalesce(logs.c.type, 0) != LogType.FAILED


def _by_request_id(text: str) -> ColumnElement[bool]:
    """Return a filter: rows of these requests. An id begins with its time, in some zone; that has an index."""
    ids = comma_list(text)
    found = logs.c.request_id.in_(ids)
    times = [time_of(request_id) for request_id in ids]
    if not times or not all(times):
        return found
    near = logs.c.created_at.between(min(times) - ANY_ZONE_SECONDS, max(times) + ANY_ZONE_SECONDS)
    return and_(found, near)


def time_of(request_id: str) -> int:
    """Return when a request began, as its id says it in UTC; 0 for an id of another form."""
    try:
        return int(datetime.strptime(request_id[:14], _STAMP).replace(tzinfo=UTC).timestamp())
    except ValueError:
        return 0


def _by_streaming(text: str) -> ColumnElement[bool]:
    """Return a filter: answers that were streamed (`true`), or those that were not (`false`)."""
    if text not in ("true", "false"):
        raise bad_field("is_stream", "must be true or false")
    return func.coalesce(logs.c.is_stream, false()) == (true() if text == "true" else false())


def _usual_sort(query: Mapping[str, str]) -> str:
    """Return how rows are sorted: within a span, or of a type, by their time, whose index then serves both."""
    is_by_time = query.get("start_timestamp") or query.get("end_timestamp") or query.get("type")
    return "created_at" if is_by_time else "id"


LOGS: Final = Listing(
    logs,
    sorts=("id", "created_at"),
    usual_sort=_usual_sort,
    never_null=frozenset({"id", "created_at"}),
    filters={
        "type": equal(logs.c.type),
        "user_id": indexed(logs.c.user_id),
        "username": equal(logs.c.username),
        "token_name": indexed(logs.c.token_name),
        "model_name": indexed(logs.c.model_name),
        "channel": indexed(logs.c.channel_id),
        "request_id": _by_request_id,
        "is_stream": _by_streaming,
        "start_timestamp": at_least(logs.c.created_at, "start_timestamp"),
        "end_timestamp": at_most(logs.c.created_at, "end_timestamp"),
    },
)
"""Rows of the log, by id or time only: sorting a million of them by anything else takes longer than a page may."""


@dataclass(frozen=True, slots=True)
class LogFilter:
    """One API's filters; 0 and '' mean all. Matches are exact."""

    type: int
    start_timestamp: int
    end_timestamp: int
    username: str
    token_name: str
    model_name: str
    channel: int

    def conditions(self) -> list[ColumnElement[bool]]:
        """Return what a row must fulfil, apart from its type."""
        equal = {
            logs.c.username: self.username,
            logs.c.token_name: self.token_name,
            logs.c.model_name: self.model_name,
            logs.c.channel_id: self.channel,
        }
        conditions = [column == wanted for column, wanted in equal.items() if wanted]
        if self.start_timestamp:
            conditions.append(logs.c.created_at >= self.start_timestamp)
        if self.end_timestamp:
            conditions.append(logs.c.created_at <= self.end_timestamp)
        return conditions


def _log_filter(  # noqa: PLR0913 - one parameter per query parameter
    type: QueryNumber = 0,
    start_timestamp: QueryNumber = 0,
    end_timestamp: QueryNumber = 0,
    username: QueryText = "",
    token_name: QueryText = "",
    model_name: QueryText = "",
    channel: QueryNumber = 0,
) -> LogFilter:
    return LogFilter(
        type, start_timestamp, end_timestamp, username, token_name, model_name, channel
    )


Filtered = Annotated[LogFilter, Depends(_log_filter)]


def of_users(main: Connection, names: str) -> list[Indexed]:
    """Return what, beside their names, rows of these users fulfil: their numbers have an index, names have not.

    Nothing when somebody of that name is not there any more.
    """
    wanted = comma_list(names)
    if not wanted:
        return []
    ids = list(main.scalars(select(users.c.id).where(users.c.username.in_(wanted))))
    return [among_values(logs.c.user_id, ids)] if len(ids) == len(wanted) else []


def page_of_logs(
    connection: Connection, page: Page, wanted: LogFilter, *conditions: ColumnElement[bool]
) -> list[RowMapping]:
    """Return log rows, the latest first."""
    query = select(logs).where(*wanted.conditions(), *conditions)
    query = query.where(logs.c.type == wanted.type if wanted.type else _ONE_APIS)
    return list(connection.execute(page.of(query.order_by(logs.c.id.desc()))).mappings())


def consumed(connection: Connection, wanted: LogFilter, *conditions: ColumnElement[bool]) -> int:
    """Return the quota that the consume rows among them add up to."""
    query = select(func.sum(logs.c.quota)).where(
        logs.c.type == LogType.CONSUME, *wanted.conditions(), *conditions
    )
    return int(connection.execute(query).scalar() or 0)


def matching_logs(connection: Connection, keyword: str) -> list[RowMapping]:
    """Return rows of that type or whose content begins so."""
    types = is_row(logs.c.type, keyword)
    words = and_(begins_with(logs.c.content, keyword), _ONE_APIS)
    return _latest(connection, or_(*types, words))


def matching_own_logs(connection: Connection, user_id: int, keyword: str) -> list[RowMapping]:
    """Return a user's rows of that type."""
    types = is_row(logs.c.type, keyword)
    return _latest(connection, logs.c.user_id == user_id, *types) if types else []


def _latest(connection: Connection, *conditions: Any) -> list[RowMapping]:
    query = select(logs).where(*conditions).order_by(logs.c.id.desc()).limit(SEARCH_MAX)
    return list(connection.execute(query).mappings())


def delete_logs(database: Database, before: int) -> int:
    """Delete the rows from before that time, some at a time; return how many."""
    deleted = 0
    while slice_size := delete_slice(database, before):
        deleted += slice_size
    return deleted


def delete_slice(database: Database, before: int) -> int:
    """Delete some rows from before that time; return how many, 0 when none is left."""
    old = select(logs.c.id).where(logs.c.created_at < before).order_by(logs.c.created_at)
    with database.begin() as connection:
        ids = list(connection.execute(old.limit(_DELETED_AT_ONCE)).scalars())
        if ids:
            connection.execute(delete(logs).where(logs.c.id.in_(ids)))
    return len(ids)


def count_logs(database: Database, before: int) -> int:
    """Count the rows from before that time."""
    old = select(func.count()).select_from(logs).where(logs.c.created_at < before)
    with database.connect() as connection:
        return int(connection.scalar(old) or 0)
