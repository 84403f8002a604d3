"""What the management plane needs from outside: one frozen value, made by the composition root.

Cheap to import (no FastAPI), so that `app.py` can build it before the first `/api` request.
"""

import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Connection

from oneapi.control.jobs.schedule import BY_HAND, Environment
from oneapi.store.database import Database
from oneapi.store.rate_limit import Debts, Limit
from oneapi.upstream.asking import Ask
from oneapi.upstream.mail import Mail
from oneapi.wire.client_address import LOOPBACK, ProxyTrust

_API: Final = Limit(480, 180)
_CRITICAL: Final = Limit(20, 1200)
_ACCOUNT: Final = Limit(10, 1200)


@dataclass(frozen=True, slots=True)
class RateLimits:
    """One API's limits per client address, and ours of wrong passwords per account; `DEBUG=true` or 0 switches one off."""

    api: Limit = _API
    critical: Limit = _CRITICAL
    account: Limit = _ACCOUNT


@dataclass(frozen=True, slots=True)
class IdentityUrls:
    """Where those that no setting names are asked; tests have their own."""

    turnstile: str = "https://challenges.cloudflare.com/turnstile/v0/siteverify"


def _no_mail(_: Mail) -> None:
    return


def _no_cooldowns() -> list[Any]:
    return []


def _no_backlogs() -> Mapping[str, tuple[int, float]]:
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """The management plane's surroundings.

    `nudge` is called after a committed change, from a thread of the pool: it must be safe to call there. `ask` sends a
    request to a vendor, `test_prompt` is what a channel is tested with.
    `new_id` returns 32 hexadecimal digits, `random_text(n)` n characters of [0-9a-zA-Z]; both unguessable.
    `pause` waits for some seconds, in a thread of the pool. `schedule` is what the environment says of it; where
    `test_pause_seconds` is set, many channels are tested one after the other, with that pause.
    `debts` is what the workers of a node share of what `rate_limits` count; without it each counts by itself.
    `post_mail` queues a mail and returns at once.
    `backlogs` says of this node's workers how many bytes of charges only their journals have, and for how many seconds.
    `log_database` is the same object as `database` unless `LOG_SQL_DSN` names another one.
    """

    database: Database
    log_database: Database
    clock: Callable[[], float]
    new_id: Callable[[], str]
    random_text: Callable[[int], str]
    session_secret: str
    version: str
    started_at: int
    nudge: Callable[[], None]
    ask: Ask
    test_prompt: str
    rate_limits: RateLimits = field(default_factory=RateLimits)
    debts: Debts | None = None
    proxies: ProxyTrust = field(default_factory=lambda: ProxyTrust(LOOPBACK))
    cooldowns: Callable[[], list[Any]] = _no_cooldowns
    backlogs: Callable[[], Mapping[str, tuple[int, float]]] = _no_backlogs
    pause: Callable[[float], None] = time.sleep
    schedule: Environment = BY_HAND
    test_pause_seconds: float = 0.0
    identity: IdentityUrls = field(default_factory=IdentityUrls)
    post_mail: Callable[[Mail], None] = _no_mail

    def now(self) -> int:
        """Return the time in whole seconds, as One API's columns hold it."""
        return int(self.clock())

    @contextmanager
    def writing(self) -> Generator[Connection]:
        """Yield a write transaction on the main database; after its commit, wake those who follow the changes."""
        with self.database.begin() as connection:
            yield connection
        self.nudge()

    @contextmanager
    def crediting(self) -> Generator[tuple[Connection, Connection | None]]:
        """Like `writing`, with a transaction for the log row when logs live elsewhere.

        That one commits first: no balance ever changes without a row that says why.
        """
        with self.writing() as connection:
            if self.log_database is self.database:
                yield connection, None
                return
            with self.log_database.begin() as log_connection:
                yield connection, log_connection
