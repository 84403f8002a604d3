"""Inserts that know what to do when the row is there already, in each engine's words."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Insert, Table, insert


def insert_ignore(dialect: str, table: Table) -> Insert:
    """Return an INSERT that does nothing (`rowcount` 0) when the row's key exists."""
    if dialect == "mysql":
        return insert(table).prefix_with("IGNORE")
    # SQLAlchemy keeps the count of inserted rows only where asked to.
    statement = _conflict_insert(dialect, table).on_conflict_do_nothing()
    return statement.inline().execution_options(preserve_rowcount=True)


def upsert(
    dialect: str,
    table: Table,
    keys: Sequence[str],
    update: Sequence[str] = (),
    add: Sequence[str] = (),
) -> Insert:
    """Return an INSERT that changes the row with these `keys` if there is one.

    Its `update` columns are replaced; to its `add` columns the new values are added.
    """
    if dialect == "mysql":
        from sqlalchemy.dialects.mysql import insert as mysql_insert

        statement = mysql_insert(table)
        return statement.on_duplicate_key_update(
            {name: statement.inserted[name] for name in update}
            | {name: table.c[name] + statement.inserted[name] for name in add}
        )
    statement = _conflict_insert(dialect, table)
    return statement.on_conflict_do_update(
        index_elements=[table.c[name] for name in keys],
        set_={name: statement.excluded[name] for name in update}
        | {name: table.c[name] + statement.excluded[name] for name in add},
    )


def _conflict_insert(dialect: str, table: Table) -> Any:
    if dialect == "sqlite":
        from sqlalchemy.dialects.sqlite import insert as sqlite_insert

        return sqlite_insert(table)
    from sqlalchemy.dialects.postgresql import insert as postgresql_insert

    return postgresql_insert(table)
