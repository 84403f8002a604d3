"""Tells what passes by itself, a database that is away or a disk that is full, from a mistake of ours.

One rule for everything that keeps something: the three databases, journals, log files, spooled bodies.
"""

import errno
import re
from typing import Any, Final

from sqlalchemy.exc import DBAPIError, TimeoutError as PoolTimeout

# EFBIG is `ulimit -f`, a limit on our files like a quota.
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_PASSING: Final = _FULL | {
    errno.EIO,
    errno.EROFS,
    errno.EMFILE,
    errno.ENFILE,
    errno.ENOMEM,
    errno.ENOBUFS,
}
# https://www.sqlite.org/rescode.html (read 2026-11-21):
# BUSY, LOCKED, NOMEM, READONLY, IOERR, FULL, CANTOPEN, PROTOCOL
_SQLITE: Final = frozenset({5, 6, 7, 8, 10, 13, 14, 15})
_SQLITE_FULL: Final = 13
_SQLITE_SHARED_MEMORY_FULL: Final = 4874  # IOERR_SHMSIZE: the `-shm` file cannot grow
# https://mariadb.com/kb/en/mariadb-error-codes/ (read 2026-11-21) and
# https://dev.mysql.com/doc/mysql-errors/8.0/en/global-error-reference.html (read 2026-11-26)
_MYSQL: Final = frozenset(
    {
        0,  # the driver's own: the connection is closed
        3,  # a file cannot be written
        20,  # disk full
        1021,  # disk full
        1023,
        1024,
        1026,  # a file cannot be closed, read, written
        1030,  # the storage engine has an error of the system's
        1037,
        1038,
        1041,  # out of memory
        1040,  # too many connections
        1053,  # shutting down
        1114,  # table full
        1158,
        1159,
        1160,
        1161,  # network read and write errors
        1180,  # an error of the system's during COMMIT
        1203,
        1205,  # lock wait timeout
        1213,  # deadlock
        1226,  # a resource limit of this user
        1290,  # read-only
        1836,  # read-only mode
        1878,  # a temporary file cannot be written
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
_MYSQL_FULL: Final = frozenset({20, 1021, 1114})
# Others name the system's error: "(errno: 28 …)", "(Errcode: 28 …)", "(OS errno 28 …)", "Got error 28 …".
_NAMES_FULL: Final = re.compile(
    rf"\b(?:errno|errcode|error):? (?:{errno.ENOSPC}|{errno.EDQUOT})\b", re.I
)
# https://www.postgresql.org/docs/current/errcodes-appendix.html (read 2026-11-21)
_POSTGRESQL: Final = ("08", "53", "57", "40", "55P03", "25006", "58")
_POSTGRESQL_FULL: Final = "53100"
# libpq gives no code for a refusal at sign-in; these are our configuration's mistakes.
_REFUSED: Final = ("authentication", "pg_hba.conf", "does not exist", "role ")


class DatabaseAway(Exception):
    """The database cannot be reached, is locked, read-only or full: the same may succeed later."""


def is_away(error: BaseException) -> bool:
    """Say whether `error` is a condition of database or disk, rather than a mistake in what was asked."""
    if isinstance(error, DatabaseAway | PoolTimeout):
        return True
    if isinstance(error, OSError):
        return error.errno in _PASSING
    if isinstance(error, DBAPIError):
        return error.connection_invalidated or _driver_says_away(error.orig)
    return _driver_says_away(error)


def is_full(error: BaseException) -> bool:
    """Say whether what `error` tells of, or was raised from, is a disk without room."""
    return _full_cause(error) is not None


def is_full_here(error: BaseException) -> bool:
    """Say whether it is a disk of this machine, not that of a database server."""
    cause = _full_cause(error)
    return isinstance(cause, OSError) or hasattr(getattr(cause, "orig", cause), "sqlite_errorcode")


def condition(error: BaseException) -> str:
    """Return what is the matter, in words that anybody may read: no path, no statement, no address."""
    if is_full_here(error):
        return "the disk is full"
    if is_full(error):
        return "the disk of the database is full"
    if isinstance(error, OSError):
        return f"the disk takes nothing ({error.strerror})"
    return "the database is away"


def _full_cause(error: BaseException) -> BaseException | None:
    seen: BaseException | None = error
    while seen is not None and not _says_full(seen):
        seen = seen.__cause__
    return seen


def _says_full(error: BaseException) -> bool:
    if isinstance(error, OSError):
        return error.errno in _FULL
    return _driver_says_full(error.orig if isinstance(error, DBAPIError) else error)


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
        return bool(error.args) and (error.args[0] in _MYSQL or _driver_says_full(error))
    return False


def _driver_says_full(error: Any) -> bool:
    if (sqlite := getattr(error, "sqlite_errorcode", None)) is not None:
        return sqlite in (_SQLITE_FULL, _SQLITE_SHARED_MEMORY_FULL)
    family = type(error).__module__.partition(".")[0]
    if family == "psycopg":
        return error.sqlstate == _POSTGRESQL_FULL
    if family == "pymysql" and error.args:
        return error.args[0] in _MYSQL_FULL or bool(_NAMES_FULL.search(str(error)))
    return False
