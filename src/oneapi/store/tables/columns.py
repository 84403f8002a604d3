"""Column types as gorm 1.25 makes them on SQLite, MySQL/MariaDB and PostgreSQL.

A database that One API made and one that we made must look the same to either program: One API
alters columns whose type differs from its own. No dialect's module is imported here, nor by an
option on a `Table`, so that start-up stays short.
"""

from typing import Any

from sqlalchemy import (
    CHAR,
    REAL,
    BigInteger,
    Boolean,
    Column,
    Connection,
    Dialect,
    Double,
    Integer,
    MetaData,
    Numeric,
    String,
    Text,
    event,
    text as literal,
)
from sqlalchemy.types import TypeDecorator, TypeEngine

MYSQL = ("mysql", "mariadb")
BIGINT_MAX = 2**63 - 1  # beyond it SQLite counts on in floating point, and the others break off
_EXACT = "utf8mb4_bin"  # MySQL's default collations call "gpt-4" and "GPT-4" the same

metadata = MetaData()


@event.listens_for(metadata, "before_create")
def _table_options(_target: MetaData, connection: Connection, **named: Any) -> None:
    """Say what only `CREATE TABLE` needs; a database's default charset may be unfit for Chinese."""
    for table in named["tables"]:
        if connection.dialect.name in MYSQL:
            table.dialect_kwargs[f"{connection.dialect.name}_charset"] = "utf8mb4"
        elif connection.dialect.name == "sqlite" and list(table.primary_key.columns.keys()) == [
            "id"
        ]:
            table.dialect_kwargs["sqlite_autoincrement"] = True


BIGINT: TypeEngine[int] = BigInteger().with_variant(Integer(), "sqlite")
_DOUBLE: TypeEngine[float] = Double()
MONEY_OF_VENDOR: TypeEngine[float] = _DOUBLE.with_variant(REAL(), "sqlite").with_variant(
    Numeric(asdecimal=False), "postgresql"
)
# MySQL turns TEXT(n) into the smallest type that holds n characters: this is LONGTEXT.
LONG_TEXT: TypeEngine[str] = Text().with_variant(Text(4_294_967_295), *MYSQL)
TEXT: TypeEngine[str] = Text()
# A string without a size that is indexed or has a default: MySQL can do neither with TEXT.
STRING: TypeEngine[str] = Text().with_variant(String(191), *MYSQL)
EXACT_STRING: TypeEngine[str] = Text().with_variant(String(191, collation=_EXACT), *MYSQL)
# One API gives a channel's group list 32 characters; SQLite does not enforce it, the others do.
GROUP_LIST: TypeEngine[str] = (
    Text().with_variant(String(32), "sqlite").with_variant(String(1024), *MYSQL)
)
GROUP: TypeEngine[str] = String(32)
MAPPING: TypeEngine[str] = Text().with_variant(String(1024), "sqlite")


class Flag(TypeDecorator[bool]):
    """A boolean; gorm declares it `numeric` on SQLite."""

    impl = Boolean
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return Numeric(asdecimal=False) if dialect.name == "sqlite" else Boolean()

    def process_bind_param(self, value: bool | None, dialect: Dialect) -> Any:
        if value is None or dialect.name != "sqlite":
            return value
        return int(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> bool | None:
        return None if value is None else bool(value)


class FixedString(TypeDecorator[str]):
    """CHAR(n), read without the blanks with which PostgreSQL fills shorter values."""

    impl = CHAR
    cache_ok = True

    def __init__(self, length: int) -> None:
        super().__init__(length)
        self.length = length

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return CHAR(self.length, collation=_EXACT if dialect.name in MYSQL else None)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else value.rstrip(" ")


def identity() -> Column[int]:
    """Return the `id` column; numbers of deleted rows are not given out again on any engine."""
    return Column("id", BIGINT, primary_key=True, autoincrement=True)


def number(name: str, default: int | None = None) -> Column[int]:
    """Return an integer column: the server's default is gorm's; without one, we write gorm's 0."""
    if default is not None:
        return Column(name, BIGINT, server_default=literal(str(default)))
    return Column(name, BIGINT, default=0)


def string(
    name: str,
    kind: TypeEngine[str] = STRING,
    default: str | None = None,
    *,
    nullable_value: bool = False,
) -> Column[str]:
    """Return a text column: the server's default is gorm's; without one, we write gorm's ''.

    `nullable_value`: a pointer in One API, which writes NULL where nothing was said.
    """
    if default is not None:
        return Column(name, kind, server_default=default)
    return Column(name, kind, default=None if nullable_value else "")
