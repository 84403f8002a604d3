"""How connections are opened: drivers, their timeouts, and what every new session is told.

Every wait on a server ends: a stopped server must show as an error within seconds, not as a
hanging thread.
"""

import ssl
import threading
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Engine, create_engine, event
from sqlalchemy.pool import QueuePool

from oneapi.store.dsn import Dsn, Tls
from oneapi.store.failures import DatabaseAway, condition, is_away
from oneapi.store.limits import Patience, Pool
from oneapi.store.private_files import FILE, close_to_others, make_private_file

_MYSQL_SESSION = (
    "SET SESSION innodb_lock_wait_timeout = {lock}",
    # One API leaves the mode to the server; without this one a server may cut long values silently.
    "SET SESSION sql_mode = CONCAT(@@SESSION.sql_mode, ',STRICT_TRANS_TABLES')",
)
_POSTGRESQL_SESSION = (
    "SELECT set_config('lock_timeout', '{lock}s', false)",
    "SELECT set_config('statement_timeout', '{statement}s', false)",
)
_NO_TLS = 2026  # CR_SSL_CONNECTION_ERROR: required, and the server has none
_making = threading.Lock()
_SQLITE_SESSION = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = NORMAL",
    "PRAGMA cache_size = -500",  # kB; the system keeps the file's pages too, once for all connections
    "PRAGMA journal_size_limit = 67108864",  # the write-ahead log shrinks again after a peak
)


def engine(dsn: Dsn, pool: Pool, patience: Patience) -> Engine:
    """Return an engine for `dsn`; opens no connection yet."""
    match dsn.dialect:
        case "sqlite":
            return _sqlite(dsn, pool, patience)
        case "mysql":
            return _mysql(dsn, pool, patience)
        case "postgresql":
            return _postgresql(dsn, pool, patience)


def _pool_options(pool: Pool, patience: Patience) -> dict[str, Any]:
    open_at_most = max(pool.max_open, pool.max_idle, 1)
    idle = max(pool.max_idle, 1)
    return {
        "poolclass": QueuePool,
        "pool_size": min(idle, open_at_most),
        "max_overflow": open_at_most - idle,
        "pool_timeout": patience.connect_seconds,
        "pool_recycle": pool.max_lifetime_seconds or -1,
        "pool_pre_ping": True,
        "pool_use_lifo": True,
    }


def _session(made: Engine, statements: tuple[str, ...]) -> None:
    def tell(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        try:
            for statement in statements:
                cursor.execute(statement)
        finally:
            cursor.close()
        if not getattr(connection, "autocommit", False):
            connection.commit()

    event.listen(made, "connect", tell)


def _sqlite(dsn: Dsn, pool: Pool, patience: Patience) -> Engine:
    made = create_engine(
        URL.create("sqlite", database=dsn.arguments["database"]),
        connect_args={
            "timeout": patience.lock_seconds,
            "check_same_thread": False,
            "isolation_level": None,  # transactions are begun below, not by the driver's guesses
        },
        poolclass=QueuePool,
        pool_size=min(max(pool.max_idle, 1), 8),
        max_overflow=-1,
        pool_use_lifo=True,
    )
    _session(made, _SQLITE_SESSION)

    def begin(connection: Any) -> None:
        # A reader that becomes a writer later may fail without waiting: writers lock at once.
        options = connection.get_execution_options()
        if options.get("begins", True):
            immediate = options.get("writes", False)
            connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")

    event.listen(made, "begin", begin)
    _make_private(made, dsn.arguments["database"])
    return made


def _make_private(made: Engine, database: str) -> None:
    """Make the database's files the owner's alone, before the first connection: they hold every key."""
    path = Path(database)
    is_file = not database.startswith((":", "file:"))  # as opposed to one in memory
    is_done = not is_file

    def make(_dialect: Any, _record: Any, _positional: Any, _named: Any) -> None:
        nonlocal is_done
        with _making:  # nobody may connect before we have closed the file again
            if is_done:
                return
            try:
                # SQLite gives what it makes beside it the same rights.
                make_private_file(path)
            except OSError as error:
                if is_away(error):
                    raise DatabaseAway(f"{condition(error)}: {error}") from error
                return  # SQLite says better what is wrong
            for suffix in ("-wal", "-shm", "-journal"):
                close_to_others(Path(f"{path}{suffix}"), FILE)
            is_done = True

    event.listen(made, "do_connect", make)


def _mysql(dsn: Dsn, pool: Pool, patience: Patience) -> Engine:
    arguments: dict[str, Any] = {
        "connect_timeout": patience.connect_seconds,
        "read_timeout": patience.statement_seconds,
        "write_timeout": patience.statement_seconds,
        **dsn.arguments,
        **_mysql_tls(dsn.tls),
    }
    made = create_engine(
        "mysql+pymysql://",
        connect_args=arguments,
        isolation_level="READ COMMITTED",
        **_pool_options(pool, patience),
    )
    if dsn.tls == "preferred":
        _prefer_tls(made)
    ours = tuple(s.format(lock=max(1, round(patience.lock_seconds))) for s in _MYSQL_SESSION)
    _session(made, ours + dsn.session)
    return made


def _mysql_tls(tls: Tls) -> dict[str, Any]:
    match tls:
        case "off":
            return {"ssl_disabled": True}
        case "preferred":
            return {}  # see `_prefer_tls`
        case "unverified":
            return {"ssl": _unverified()}
        case "verified":
            return {"ssl": ssl.create_default_context()}


def _unverified() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _prefer_tls(made: Engine) -> None:
    """Encrypt when the server can, unverified, as MySQL's own clients do; else do without.

    The driver does so too, but reads the system's certificates for each connection: 50 ms of CPU.
    """
    context = _unverified()
    is_refused = False

    def connect(dialect: Any, _record: Any, _positional: Any, named: dict[str, Any]) -> Any:
        nonlocal is_refused
        driver = dialect.loaded_dbapi
        if not is_refused:
            try:
                return driver.connect(**named, ssl=context)
            except driver.OperationalError as error:
                cause = getattr(error, "original_exception", None)
                if error.args[0] != _NO_TLS and not isinstance(cause, ssl.SSLError):
                    raise
                is_refused = True
        return driver.connect(**named, ssl_disabled=True)

    event.listen(made, "do_connect", connect)


def _postgresql(dsn: Dsn, pool: Pool, patience: Patience) -> Engine:
    arguments: dict[str, Any] = {
        # libpq takes whole seconds, and at least two
        "connect_timeout": max(2, round(patience.connect_seconds)),
        # A pooler between us and the server may not know a statement that was prepared elsewhere.
        "prepare_threshold": None,
        **dsn.arguments,
    }
    made = create_engine(
        "postgresql+psycopg://",
        connect_args=arguments,
        isolation_level="READ COMMITTED",
        **_pool_options(pool, patience),
    )

    def connect(_dialect: Any, _record: Any, _positional: Any, named: dict[str, Any]) -> Any:
        connection = _patient_connection().connect(**named)
        connection.patience = patience.statement_seconds + 1
        return connection

    event.listen(made, "do_connect", connect)
    limits = {"lock": round(patience.lock_seconds), "statement": round(patience.statement_seconds)}
    _session(made, tuple(s.format(**limits) for s in _POSTGRESQL_SESSION) + dsn.session)
    return made


@cache
def _patient_connection() -> Any:
    from psycopg import Connection, OperationalError

    class PatientConnection(Connection[Any]):
        """Gives up a server that does not answer: `statement_timeout` is the server's to keep."""

        patience = 10.0

        def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
            try:
                return super().wait(gen, interval, timeout or self.patience)
            except OperationalError as error:
                if type(error).__name__ == "_WaitTimeout":
                    self.pgconn.finish()  # its state is unknown: no other may use it
                raise

    return PatientConnection
