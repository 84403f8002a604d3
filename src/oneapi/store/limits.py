"""How many connections a database may see, and how long we wait for it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pool:
    """One API's `SQL_MAX_IDLE_CONNS`, `SQL_MAX_OPEN_CONNS` and `SQL_MAX_LIFETIME`, per process."""

    max_idle: int = 100
    max_open: int = 1000
    max_lifetime_seconds: int = 60


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait for a connection, a lock, an answer."""

    connect_seconds: float = 2.0
    lock_seconds: float = 5.0
    statement_seconds: float = 10.0


# For migrations and backups, whose statements may walk through millions of rows.
LONG: Patience = Patience(connect_seconds=5.0, lock_seconds=300.0, statement_seconds=3600.0)
