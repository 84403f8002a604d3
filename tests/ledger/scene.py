"""What the ledger's tests share: people with money, a clock that is set by hand, a database that fails on command."""

# pyright: reportPrivateUsage=false
# A crash, a full disk or a moment in between can only be made from inside.

import asyncio
import os
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from msgspec.structs import replace
from sqlalchemy import Connection, ScalarSelect, func, insert, select

from oneapi.ledger import Facts, Hold, Ledger, Payer, Seat, Terms
from oneapi.ledger.accounts import Ref, leases_of
from oneapi.ledger.pricing import Price
from oneapi.store.database import Database, DatabaseAway
from oneapi.store.tables import channels, logs, tokens, users
from oneapi.store.tables.ledger import leases
from oneapi.wire.usage import Usage

NEVER = 1e6  # seconds: only `flush` flushes
PRICE = Price(input=10**9, output=4 * 10**9, cache_read=5 * 10**8, source="table")
ONE = 10**9
CHANNEL = 7


class Clock:
    """Unix seconds, moved by hand."""

    def __init__(self) -> None:
        self.now = 1_790_000_000.0

    def __call__(self) -> float:
        return self.now


class FailingDatabase(Database):
    """A database whose next transactions fail: before they begin, before they commit, or after."""

    def __init__(self, real: Database) -> None:
        self.engine = real.engine
        self.dialect = real.dialect
        self.faults: list[str] = []
        self.is_away = False
        self.on_begin: Callable[[], None] = lambda: None

    @contextmanager
    def begin(self) -> Generator[Connection, None, None]:
        fault = self.faults.pop(0) if self.faults else ""
        self.on_begin()
        if self.is_away or fault == "refused":
            raise DatabaseAway("refused")
        with super().begin() as connection:
            yield connection
            if fault == "rolled back":
                connection.rollback()
                raise DatabaseAway("lost before commit")
        if fault == "answer lost":
            raise DatabaseAway("lost after commit")

    @contextmanager
    def connect(self) -> Generator[Connection, None, None]:
        if self.is_away:
            raise DatabaseAway("refused")
        with super().connect() as connection:
            yield connection


def person(database: Database, id: int, quota: int) -> None:
    """Add a user with one key of the same number, limited to the same quota, and the channel."""
    with database.begin() as connection:
        name = f"user{id}"
        connection.execute(
            insert(users),
            {
                "id": id,
                "username": name,
                "password": "",
                "quota": quota,
                "access_token": name,
                "aff_code": name,
            },
        )
        row = {"id": id, "user_id": id, "key": name, "name": f"key{id}", "remain_quota": quota}
        connection.execute(insert(tokens), row)
        if connection.execute(select(channels.c.id)).first() is None:
            connection.execute(insert(channels), {"id": CHANNEL, "name": "vendor"})


def payer(id: int = 1, *, limited: bool = False) -> Payer:
    return Payer(id, id, limited, f"user{id}", f"key{id}")


def facts(**said: Any) -> Facts:
    plain: dict[str, Any] = {
        "model": "gpt-4o",
        "channel_id": CHANNEL,
        "is_stream": True,
        "elapsed_ms": 1234,
        "created_at": 1_790_000_000,
        "ended": "complete",
    }
    return Facts(**(plain | said))


def usage(quota: int) -> Usage:
    """Return a usage that costs this much at `PRICE`."""
    return Usage(input_tokens=quota)


def settle(hold: Hold, quota: int, **said: Any) -> int:
    return hold.settle(usage(quota), PRICE, ONE, facts(**said))


def terms(**said: Any) -> Terms:
    plain: dict[str, Any] = {"flush_seconds": NEVER, "sync_seconds": NEVER, "others_seconds": 0.05}
    return replace(Terms(), **(plain | {"database_seconds": 1.0} | said))


def seat(folder: Path, slot: int = 0, node: str = "node") -> Seat:
    return Seat(node, slot, folder / node / "journal")


async def pay(ledger: Ledger, ceiling: int, quota: int, request_id: str, **who: Any) -> int:
    """Make one whole request."""
    async with ledger.hold(payer(**who), ceiling, request_id) as hold:
        return settle(hold, quota)


async def crash(ledger: Ledger) -> None:
    """End a worker as `kill -9` would: nothing is flushed, returned or synced."""
    for task in ledger._tasks:
        task.cancel()
    await asyncio.gather(*ledger._tasks, return_exceptions=True)
    ledger._teller.close()
    ledger._copier.close()
    ledger._syncer.shutdown()
    for segment in ledger.journal._spares:
        os.close(segment.descriptor)
    os.close(ledger.journal._descriptor)
    ledger.journal._descriptor = -1
    ledger._lock.release()
    ledger._tasks = []


async def until(is_true: Callable[[], bool], seconds: float = 10.0) -> None:
    """Poll until something is true."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    while not is_true():
        assert loop.time() < deadline, "did not become true in time"
        await asyncio.sleep(0.005)


class Money(NamedTuple):
    """Where a user's quota is."""

    quota: int
    used: int
    requests: int
    leased: int

    @property
    def total(self) -> int:
        return self.quota + self.used + self.leased


def money(database: Database, id: int = 1) -> Money:
    columns = (users.c.quota, users.c.used_quota, users.c.request_count, _leased("user", id))
    with database.connect() as connection:
        return Money(*connection.execute(select(*columns).where(users.c.id == id)).one())


def key_money(database: Database, id: int = 1) -> Money:
    columns = (tokens.c.remain_quota, tokens.c.used_quota, _leased("key", id))
    with database.connect() as connection:
        quota, used, held = connection.execute(select(*columns).where(tokens.c.id == id)).one()
        return Money(quota, used, 0, held)


def _leased(kind: str, id: int) -> ScalarSelect[int]:
    """Ask for it in the same statement: between two, a worker may have taken some."""
    held = func.coalesce(func.sum(leases.c.amount), 0)
    return select(held).where(leases.c.account == kind, leases.c.account_id == id).scalar_subquery()


def leases_in(database: Database, holder: str) -> dict[Ref, int]:
    with database.connect() as connection:
        return leases_of(connection, holder)


def log_rows_in(database: Database) -> list[dict[str, Any]]:
    with database.connect() as connection:
        rows = connection.execute(select(logs).order_by(logs.c.id))
        return [dict(row._mapping) for row in rows]
