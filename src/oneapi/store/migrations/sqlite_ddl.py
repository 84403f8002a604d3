"""SQLite's tables in the notation of gorm's SQLite driver, which reads `CREATE TABLE` as text.

SQLite keeps the statement that made a table. One API's driver parses it when it opens a database,
and cannot when the statement has tabs, line breaks or names without quotes: One API would refuse to
start. Source: gorm.io/driver/sqlite v1.5.1, `ddlmod.go`, `migrator.go` (read 2026-11-21).
"""

from typing import Any

from sqlalchemy import Column, DefaultClause, Dialect, Table, UniqueConstraint


def create_table(table: Table, dialect: Dialect) -> str:
    """Return `CREATE TABLE` as gorm writes it; ids of deleted rows are not given out again."""
    parts = [column_clause(column, dialect) for column in table.columns]
    keys = [column.name for column in table.primary_key.columns]
    if keys == ["id"]:
        parts[0] = "`id` integer PRIMARY KEY AUTOINCREMENT"
    else:
        parts.append("PRIMARY KEY ({})".format(",".join(f"`{key}`" for key in keys)))
    parts += [
        "CONSTRAINT `{}` UNIQUE ({})".format(
            item.name, ",".join(f"`{c.name}`" for c in item.columns)
        )
        for item in table.constraints
        if isinstance(item, UniqueConstraint)
    ]
    return f"CREATE TABLE `{table.name}` ({','.join(parts)})"


def add_column(column: Column[Any], dialect: Dialect) -> str:
    """Return `ALTER TABLE … ADD` as gorm writes it."""
    return f"ALTER TABLE `{column.table.name}` ADD {column_clause(column, dialect)}"


def column_clause(column: Column[Any], dialect: Dialect) -> str:
    """Return a column's name, type and default."""
    clause = f"`{column.name}` {column.type.compile(dialect).lower()}"
    if not column.nullable and not column.primary_key:
        clause += " NOT NULL"
    if isinstance(column.server_default, DefaultClause):
        clause += f" DEFAULT {_value(column.server_default.arg)}"
    return clause


def _value(default: Any) -> str:
    # gorm quotes with `"`; SQLite reads a word that is no column as a string.
    return f'"{default}"' if isinstance(default, str) else str(default)
