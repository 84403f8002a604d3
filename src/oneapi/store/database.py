"""One database: its engine, its transactions, and the only place with one vendor's SQL.

Reading is `connect()`, writing is `begin()`. Both raise `DatabaseAway` when the database cannot be
reached or is locked, so that callers need to know no driver's errors.
"""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from sqlalchemy import Connection, Engine, Insert, Table, text
from sqlalchemy.exc import DBAPIError, TimeoutError as PoolTimeout

from oneapi.store import drivers, inserts
from oneapi.store.dsn import Dialect, Dsn, parse
from oneapi.store.failures import DatabaseAway, condition, is_away
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
    def outside(self) -> Generator[Connection, None, None]:
        """A connection outside any transaction, for what cannot run inside one; SQLite's."""
        with _translated(), self.engine.connect() as connection:
            connection.execution_options(begins=False)
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

    def follow_ids(self, connection: Connection, table: Table) -> None:
        """Let ids that are given out follow those that were written; PostgreSQL does not see them by itself."""
        if self.dialect == "postgresql":
            connection.execute(
                text(
                    f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'),"  # noqa: S608 - ours
                    f" (SELECT COALESCE(MAX(id), 1) FROM {table.name}))"
                )
            )

    def insert_ignore(self, table: Table) -> Insert:
        """See `inserts.insert_ignore`."""
        return inserts.insert_ignore(self.dialect, table)

    def upsert(
        self, table: Table, keys: Sequence[str], update: Sequence[str] = (), add: Sequence[str] = ()
    ) -> Insert:
        """See `inserts.upsert`."""
        return inserts.upsert(self.dialect, table, keys, update, add)

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
        raise DatabaseAway(f"{condition(error)}: {cause}") from error


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
