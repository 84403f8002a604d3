"""The databases that a configuration names, opened; and why something cannot start."""

from collections.abc import Generator
from contextlib import contextmanager

from sqlalchemy.exc import SQLAlchemyError

from oneapi.config import Config
from oneapi.store.database import Database, DatabaseAway, is_away, open_database
from oneapi.store.failures import condition, is_full
from oneapi.store.limits import Pool
from oneapi.store.migrations import Scope, is_current
from oneapi.store.private_files import make_folder


class CannotStart(Exception):
    """Why a worker or a command cannot go on, in one line.

    `is_temporary`: the same may succeed later; `is_full`: as soon as there is room on a disk. `condition`: what has to
    pass, in words.
    """

    def __init__(self, reason: str, *, cause: BaseException | None = None) -> None:
        super().__init__(" ".join(reason.split()))
        self.is_temporary = cause is not None and is_away(cause)
        self.is_full = cause is not None and is_full(cause)
        self.condition = condition(cause) if cause is not None and self.is_temporary else ""


class Databases:
    """The main database, and that of the logs, which is the same one unless `LOG_SQL_DSN` says otherwise."""

    def __init__(self, config: Config) -> None:
        pool = Pool(config.sql_max_idle, config.sql_max_open, config.sql_max_lifetime_seconds)
        try:
            if not config.sql_dsn:
                make_folder(config.sqlite_file.parent)
            self.main = open_database(
                config.sql_dsn,
                sqlite_path=config.sqlite_file,
                busy_timeout_ms=config.sqlite_busy_timeout_ms,
                pool=pool,
            )
            self.logs = self.main
            if config.log_sql_dsn:
                self.logs = open_database(config.log_sql_dsn, pool=pool, name="LOG_SQL_DSN")
        except (ValueError, OSError) as error:
            raise CannotStart(str(error), cause=error) from error

    @property
    def separate_logs(self) -> Database | None:
        """The log database, if it is another one."""
        return None if self.logs is self.main else self.logs

    def stale(self) -> list[tuple[Database, Scope]]:
        """Return what has not this version's schema."""
        every: list[tuple[Database, Scope]] = [(self.main, "main")]
        if self.logs is not self.main:
            every.append((self.logs, "logs"))
        return [(database, scope) for database, scope in every if not is_current(database, scope)]

    def close(self) -> None:
        """Close both."""
        self.main.close()
        if self.logs is not self.main:
            self.logs.close()


@contextmanager
def databases_of(config: Config) -> Generator[Databases, None, None]:
    """Open the databases for a command; what goes wrong with them becomes `CannotStart`."""
    databases = Databases(config)
    try:
        yield databases
    except (DatabaseAway, SQLAlchemyError, ValueError, OSError) as error:
        raise CannotStart(sentence(error), cause=error) from error
    finally:
        databases.close()


def sentence(error: Exception) -> str:
    """Return what a driver, or SQLAlchemy around it, has to say."""
    return str(getattr(error, "orig", None) or error)
