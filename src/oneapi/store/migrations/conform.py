"""Completes tables that exist to the form in `oneapi.store.tables`, whatever they lack.

Revisions that change the schema call `conform`; it looks before it acts, so that it can be repeated
after it was killed half-way (MySQL commits each statement by itself), and so that a revision does
not fail on a database that has gone ahead. Columns that we do not know are left alone.
"""

from collections.abc import Callable, Container, Iterator
from functools import partial
from typing import Any, NamedTuple

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    DefaultClause,
    Index,
    Inspector,
    Integer,
    String,
    Table,
    UniqueConstraint,
    func,
    inspect,
    select,
    update,
)
from sqlalchemy.sql.schema import ScalarElementColumnDefault
from sqlalchemy.types import TypeEngine

from oneapi.store.enums import ChannelStatus
from oneapi.store.migrations import sqlite_ddl
from oneapi.store.tables import LOG_TABLES, abilities, channels, logs, metadata


class Step(NamedTuple):
    """One change: what it does, in words, and how."""

    words: str
    run: Callable[[], object]


def conform(context: MigrationContext) -> None:
    """Create what is missing and widen what is too small, in the tables of the context's scope.

    The context's option `say` is told of each step when it is done.
    """
    say: Callable[[str], None] = context.opts.get("say") or _nothing
    for step in steps(context):
        step.run()
        say(step.words)


def steps(context: MigrationContext) -> Iterator[Step]:
    """Look, and return what is to be done; a step that is not run does not hinder the next from being named."""
    connection = context.connection
    if connection is None:
        raise RuntimeError("migrations need a connection; there is no offline mode")
    tables = LOG_TABLES if context.opts["scope"] == "logs" else tuple(metadata.sorted_tables)
    existing = set(inspect(connection).get_table_names())
    for table in tables:
        if table.name not in existing:
            yield Step(f"create the table `{table.name}`", partial(_create, table, connection))
    operations = Operations(context)
    for table in tables:
        if table.name in existing:
            yield from _complete(table, connection, operations)
    if channels in tables and channels.name in existing:
        yield from _fill_abilities(connection, abilities.name in existing)


def _nothing(_words: str) -> None:
    """Tell nobody."""


def _create(table: Table, connection: Connection) -> None:
    if connection.dialect.name != "sqlite":
        metadata.create_all(connection, tables=[table])
        return
    connection.exec_driver_sql(sqlite_ddl.create_table(table, connection.dialect))
    for index in sorted(table.indexes, key=lambda index: str(index.name)):
        index.create(connection)


def _add_column(column: Column[Any], connection: Connection, operations: Operations) -> None:
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(sqlite_ddl.add_column(column, connection.dialect))
    else:
        added = Column(column.name, column.type, server_default=_default(column))
        operations.add_column(column.table.name, added)


def _complete(table: Table, connection: Connection, operations: Operations) -> Iterator[Step]:
    inspector = inspect(connection)
    present = {column["name"]: column for column in inspector.get_columns(table.name)}
    for column in table.columns:
        if column.name not in present:
            add = partial(_add_column, column, connection, operations)
            yield Step(f"add the column `{table.name}.{column.name}`", add)
    indexed = _indexed(inspector, table)
    if table is channels and "idx_channels_key" in indexed.values():
        drop = partial(operations.drop_index, "idx_channels_key", table.name)
        yield Step("drop the index `idx_channels_key` of old versions", drop)  # a TEXT has no index
    for column in table.columns:
        if column.name in present and connection.dialect.name != "sqlite":
            yield from _widen(column, present[column.name]["type"], connection, operations)
    for name, columns, unique in _wanted_indexes(table):
        if (columns, unique) not in indexed:
            create = partial(
                operations.create_index, name, table.name, list(columns), unique=unique
            )
            yield Step(f"create the index `{name}` of `{table.name}`", create)
    yield from _write_zeros(table, connection, present.keys())


def _default(column: Column[Any]) -> Any:
    clause = column.server_default
    return clause.arg if isinstance(clause, DefaultClause) else None


def _indexed(inspector: Inspector, table: Table) -> dict[tuple[tuple[str, ...], bool], str]:
    """Return what is indexed, by columns and uniqueness: old versions named indexes differently."""
    found: dict[tuple[tuple[str, ...], bool], str] = {}
    for index in inspector.get_indexes(table.name):
        columns = tuple(name for name in index["column_names"] if name is not None)
        found[columns, bool(index["unique"])] = index["name"] or ""
    for constraint in inspector.get_unique_constraints(table.name):
        found[tuple(constraint["column_names"]), True] = constraint["name"] or ""
    return found


def _wanted_indexes(table: Table) -> list[tuple[str, tuple[str, ...], bool]]:
    wanted: list[tuple[str, tuple[str, ...], bool]] = []
    for item in (*table.indexes, *table.constraints):
        if isinstance(item, Index | UniqueConstraint):
            unique = isinstance(item, UniqueConstraint) or item.unique
            wanted.append((str(item.name), tuple(column.name for column in item.columns), unique))
    return sorted(wanted)


def _widen(
    column: Column[Any], theirs: TypeEngine[Any], connection: Connection, operations: Operations
) -> Iterator[Step]:
    ours = column.type.dialect_impl(connection.dialect)
    if column.primary_key or not _is_wider(ours, theirs):
        return
    can_have_default = connection.dialect.name != "mysql" or getattr(ours, "length", None)
    is_number = isinstance(ours, Integer)
    alter = partial(
        operations.alter_column,
        column.table.name,
        column.name,
        type_=column.type,
        existing_type=theirs,
        existing_nullable=column.nullable,
        existing_server_default=_default(column) if can_have_default or is_number else None,
    )
    yield Step(f"widen the column `{column.table.name}.{column.name}`", alter)


def _is_wider(ours: TypeEngine[Any], theirs: TypeEngine[Any]) -> bool:
    if isinstance(theirs, Integer):
        return isinstance(ours, BigInteger) and not isinstance(theirs, BigInteger)
    if isinstance(theirs, String) and theirs.length is not None:
        length: int | None = getattr(ours, "length", None)
        return length is None or length > theirs.length
    return False


def _write_zeros(table: Table, connection: Connection, present: Container[str]) -> Iterator[Step]:
    """Replace NULL as gorm reads it: a column added without a default has it in every older row."""
    unique = {index.columns[0].name for index in table.indexes if index.unique}
    for column in table.columns:
        zero = _zero(column)
        # Log rows are many: only the one column that older versions lack and that is indexed.
        is_wanted = table is not logs or column.name == "channel_id"
        if zero is None or not is_wanted or column.name in unique:
            continue
        rows = select(func.count()).select_from(table)
        has_default = column.server_default is not None
        if column.name in present or _is_there(column, connection):
            rows = rows.where(column.is_(None))
        elif has_default:
            continue
        if count := connection.scalar(rows):
            write = update(table).where(column.is_(None)).values({column.name: zero})
            words = f"write {zero!r} for NULL in `{table.name}.{column.name}` ({count} rows)"
            yield Step(words, partial(connection.execute, write))


def _is_there(column: Column[Any], connection: Connection) -> bool:
    return any(
        found["name"] == column.name for found in inspect(connection).get_columns(column.table.name)
    )


def _zero(column: Column[Any]) -> Any:
    if column.primary_key or not column.nullable:
        return None
    if isinstance(column.server_default, DefaultClause):
        return column.server_default.arg
    return column.default.arg if isinstance(column.default, ScalarElementColumnDefault) else None


def _fill_abilities(connection: Connection, is_there: bool) -> Iterator[Step]:
    """Index the channels of versions before 0.4, which had no `abilities`."""
    if is_there and connection.scalar(select(func.count()).select_from(abilities)):
        return
    # Early versions lacked columns, which a run that only names its steps has not added.
    names = {column["name"] for column in inspect(connection).get_columns(channels.name)}
    known = [column for column in channels.columns if column.name in names]
    rows: list[dict[str, Any]] = []
    for channel in connection.execute(select(*known)):
        pairs = {
            (group, model)
            for group in (channel.group or "").split(",")
            for model in (channel.models or "").split(",")
            if group and model
        }
        rows += [
            {
                "group": group,
                "model": model,
                "channel_id": channel.id,
                "enabled": channel.status == ChannelStatus.ENABLED,
                "priority": getattr(channel, "priority", None) or 0,
            }
            for group, model in sorted(pairs)
        ]
    if rows:
        words = f"index the models of the channels in `abilities` ({len(rows)} rows)"
        yield Step(words, partial(connection.execute, abilities.insert(), rows))
