"""Tells a database that is away, locked or full from a mistake of ours."""

from typing import Any

from sqlalchemy.exc import DBAPIError, TimeoutError as PoolTimeout

# https://www.sqlite.org/rescode.html (read 2026-11-21):
# BUSY, LOCKED, READONLY, IOERR, FULL, CANTOPEN, PROTOCOL
_SQLITE = frozenset({5, 6, 8, 10, 13, 14, 15})
# https://mariadb.com/kb/en/mariadb-error-codes/ (read 2026-11-21)
_MYSQL = frozenset(
    {
        0,  # the driver's own: the connection is closed
        1021,  # disk full
        1040,  # too many connections
        1053,  # shutting down
        1114,  # table full
        1158,
        1159,
        1160,
        1161,  # network read and write errors
        1203,
        1205,  # lock wait timeout
        1213,  # deadlock
        1226,  # a resource limit of this user
        1290,  # read-only
        1836,  # read-only mode
        1927,  # connection killed
        1969,  # statement timeout
        2002,
        2003,
        2005,
        2006,
        2013,
        2014,
        2055,  # no connection, or lost
        3024,  # statement timeout (MySQL)
    }
)
# https://www.postgresql.org/docs/current/errcodes-appendix.html (read 2026-11-21)
_POSTGRESQL = ("08", "53", "57", "40", "55P03", "25006", "58")
# libpq gives no code for a refusal at sign-in; these are our configuration's mistakes.
_REFUSED = ("authentication", "pg_hba.conf", "does not exist", "role ")


class DatabaseAway(Exception):
    """The database cannot be reached, is locked, read-only or full: the same may succeed later."""


def is_away(error: BaseException) -> bool:
    """Say whether `error` is the database's condition rather than a mistake in a statement."""
    if isinstance(error, DatabaseAway | PoolTimeout):
        return True
    if not isinstance(error, DBAPIError):
        return False
    if error.connection_invalidated:
        return True
    return _driver_says_away(error.orig)


def _driver_says_away(error: Any) -> bool:
    if (sqlite := getattr(error, "sqlite_errorcode", None)) is not None:
        return sqlite & 0xFF in _SQLITE
    family = type(error).__module__.partition(".")[0]
    if family == "psycopg":
        if error.sqlstate is not None:
            return error.sqlstate.startswith(_POSTGRESQL)
        is_operational = any(c.__name__ == "OperationalError" for c in type(error).__mro__)
        return is_operational and not any(word in str(error) for word in _REFUSED)
    if family == "pymysql":
        cause = getattr(error, "original_exception", None)
        if type(cause).__name__ == "SSLCertVerificationError":
            return False
        return bool(error.args) and error.args[0] in _MYSQL
    return False
