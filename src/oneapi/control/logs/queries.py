"""Reading and deleting log rows, which may live in a database of their own."""

from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import Depends
from sqlalchemy import ColumnElement, Connection, RowMapping, and_, delete, func, or_, select

from oneapi.control.fields import Page, QueryNumber, QueryText
from oneapi.control.lists import Listing, at_least, at_most, equal
from oneapi.control.rows import begins_with, is_row
from oneapi.store.database import Database
from oneapi.store.enums import LogType
from oneapi.store.tables import logs

SEARCH_MAX: Final = 100
_DELETED_AT_ONCE: Final = (
    1000  # rows per transaction, so that those who write rows do not wait long
)


# What One API's clients expect when they ask for all types: it has no rows of failures.
_ONE_APIS: Final = func.coalesce(logs.c.type, 0) != LogType.FAILED

LOGS: Final = Listing(
    logs,
    filters={
        "type": equal(logs.c.type),
        "user_id": equal(logs.c.user_id),
        "username": equal(logs.c.username),
        "token_name": equal(logs.c.token_name),
        "model_name": equal(logs.c.model_name),
        "channel": equal(logs.c.channel_id),
        "request_id": equal(logs.c.request_id),
        "start_timestamp": at_least(logs.c.created_at, "start_timestamp"),
        "end_timestamp": at_most(logs.c.created_at, "end_timestamp"),
    },
)
"""Rows of the log, by id only: sorting a million of them by anything else takes longer than a page may."""


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
