"""One database: its engine, its transactions, and the only place with one vendor's SQL.

Reading is `connect()`, writing is `begin()`. Both raise `DatabaseAway` when the database cannot be
reached or is locked, so that callers need to know no driver's errors.
"""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Insert, Table, insert, text
from sqlalchemy.exc import DBAPIError, TimeoutError as PoolTimeout

from oneapi.store import drivers
from oneapi.store.dsn import Dialect, Dsn, parse
from oneapi.store.failures import DatabaseAway, is_away
from oneapi.store.limits import LONG, Patience, Pool

__all__ = [
    "Database",
    "DatabaseAway",
    "Patience",
    "Pool",
    "is_away",
    "open_database",
]


class Database:
    """Owns one SQLAlchemy engine; thread-safe."""

    def __init__(self, dsn: Dsn, pool: Pool, patience: Patience) -> None:
        self._dsn = dsn
        self._patience = patience
        self.dialect: Dialect = dsn.dialect
        self.engine: Engine = drivers.engine(dsn, pool, patience)

    @property
    def path(self) -> Path | None:
        """The file of a SQLite database."""
        return Path(self._dsn.arguments["database"]) if self.dialect == "sqlite" else None

    @contextmanager
    def begin(self) -> Generator[Connection, None, None]:
        """A write transaction: commits at the end, rolls back on any error."""
        with _translated(), self.engine.connect() as connection:
            connection.execution_options(writes=True)
            with connection.begin():
                yield connection

    @contextmanager
    def connect(self) -> Generator[Connection, None, None]:
        """A connection for reading; nothing is committed."""
        with _translated(), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def exclusively(self, purpose: str) -> Generator[Connection, None, None]:
        """A write transaction that one node at a time is in, whichever tables it touches."""
        if self.dialect == "mysql":
            # DDL commits by itself there: the lock is the session's, held until after our commit.
            with _translated(), self._named_lock(purpose) as connection, connection.begin():
                yield connection
            return
        with self.begin() as connection:  # on SQLite this is the only writer already
            if self.dialect == "postgresql":
                lock = text("SELECT pg_advisory_xact_lock(hashtext(:purpose))")
                connection.execute(lock, {"purpose": f"one-api {purpose}"})
            yield connection

    @contextmanager
    def _named_lock(self, purpose: str) -> Generator[Connection, None, None]:
        name = "CONCAT('one-api ', SHA1(CONCAT(DATABASE(), ' ', :purpose)))"
        with self.engine.connect() as connection:
            seconds = round(self._patience.lock_seconds)
            taken = connection.scalar(
                text(f"SELECT GET_LOCK({name}, :seconds)"),
                {"purpose": purpose, "seconds": seconds},
            )
            connection.commit()
            if taken != 1:
                raise DatabaseAway(f"another node has been at {purpose!r} for {seconds} s")
            try:
                yield connection
            finally:
                if not connection.invalidated:
                    connection.rollback()
                    release = text(f"SELECT RELEASE_LOCK({name})")
                    connection.execute(release, {"purpose": purpose})
                    connection.commit()

    def patient(self) -> "Database":
        """Return a second `Database` at the same place for long statements; close it after use."""
        arguments = {k: v for k, v in self._dsn.arguments.items() if not k.endswith("_timeout")}
        return Database(replace(self._dsn, arguments=arguments), Pool(max_idle=1, max_open=4), LONG)

    def insert_ignore(self, table: Table) -> Insert:
        """An INSERT that does nothing (`rowcount` 0) when the row's key exists."""
        if self.dialect == "mysql":
            return insert(table).prefix_with("IGNORE")
        # SQLAlchemy keeps the count of inserted rows only where asked to.
        statement = self._conflict_insert(table).on_conflict_do_nothing()
        return statement.inline().execution_options(preserve_rowcount=True)

    def upsert(
        self, table: Table, keys: Sequence[str], update: Sequence[str] = (), add: Sequence[str] = ()
    ) -> Insert:
        """An INSERT that changes the row with these `keys` if there is one.

        Its `update` columns are replaced; to its `add` columns the new values are added.
        """
        if self.dialect == "mysql":
            from sqlalchemy.dialects.mysql import insert as mysql_insert

            statement = mysql_insert(table)
            return statement.on_duplicate_key_update(
                {name: statement.inserted[name] for name in update}
                | {name: table.c[name] + statement.inserted[name] for name in add}
            )
        statement = self._conflict_insert(table)
        return statement.on_conflict_do_update(
            index_elements=[table.c[name] for name in keys],
            set_={name: statement.excluded[name] for name in update}
            | {name: table.c[name] + statement.excluded[name] for name in add},
        )

    def _conflict_insert(self, table: Table) -> Any:
        if self.dialect == "sqlite":
            from sqlalchemy.dialects.sqlite import insert as sqlite_insert

            return sqlite_insert(table)
        from sqlalchemy.dialects.postgresql import insert as postgresql_insert

        return postgresql_insert(table)

    def close(self) -> None:
        """Close every connection of the pool."""
        self.engine.dispose()


@contextmanager
def _translated() -> Generator[None, None, None]:
    try:
        yield
    except (DBAPIError, PoolTimeout) as error:
        if not is_away(error):
            raise
        cause = getattr(error, "orig", None) or error
        raise DatabaseAway(f"the database is away: {cause}") from error


def open_database(
    dsn: str | None,
    *,
    sqlite_path: str | Path = "one-api.db",
    busy_timeout_ms: int = 3000,
    pool: Pool | None = None,
    patience: Patience | None = None,
    name: str = "SQL_DSN",
) -> Database:
    """Return the database that `dsn` names, or the SQLite file when it is empty; connects later.

    Raises `ValueError` with one sentence that begins with `name` and shows no password.
    """
    read = parse(dsn, name) if dsn and dsn.strip() else _file(sqlite_path)
    patience = patience or Patience()
    if read.dialect == "sqlite":
        patience = Patience(lock_seconds=busy_timeout_ms / 1000)
    return Database(read, pool or Pool(), patience)


def _file(path: str | Path) -> Dsn:
    # One API's path may carry its driver's parameters; ours come as arguments.
    return Dsn("sqlite", {"database": str(path).partition("?")[0]})
