"""Ledgers that end with their test."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from pathlib import Path

import pytest

from oneapi.ledger import Ledger, Seat, Terms
from oneapi.store.database import Database
from tests.ledger.scene import Clock, person, seat, terms

Opener = Callable[..., Awaitable[Ledger]]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def opened(tmp_path: Path, clock: Clock) -> AsyncGenerator[Opener]:
    """A function that starts a ledger, with `quota` one of which person 1 has so much; all are closed in the end."""
    started: list[Ledger] = []

    async def start(
        database: Database,
        where: Seat | None = None,
        its_terms: Terms | None = None,
        log_database: Database | None = None,
        *,
        logs_consumption: bool = True,
        quota: int | None = None,
    ) -> Ledger:
        if quota is not None:
            person(database, 1, quota)
        ledger = Ledger(
            database,
            where or seat(tmp_path),
            clock,
            log_database=log_database,
            terms=its_terms or terms(),
            logs_consumption=lambda: logs_consumption,
        )
        await ledger.start()
        started.append(ledger)
        return ledger

    yield start
    for ledger in started:
        await ledger.aclose()
