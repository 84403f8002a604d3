"""Switching channels off takes evidence, and happens in the database where everybody sees it."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import insert, select

from oneapi.errors import UpstreamError
from oneapi.relay.disabling import Disabling
from oneapi.relay.health import Evidence
from oneapi.relay.snapshot import Channel, Policy
from oneapi.store.database import Database
from oneapi.store.tables import abilities, changes, channels
from tests.relay.test_routing import channel

AUTOMATIC = Policy(0, 30.0, 2.0, 5.0, disables_automatically=True)
MANUAL = Policy(0, 30.0, 2.0, 5.0, disables_automatically=False)


async def run(work: Any, *arguments: Any) -> Any:
    return await asyncio.to_thread(work, *arguments)


@pytest.fixture
def stored(sqlite_database: Database) -> Channel:
    with sqlite_database.begin() as connection:
        connection.execute(insert(channels).values(id=1, type=1, key="k", status=1, name="c1"))
        connection.execute(
            insert(abilities).values(group="default", model="m", channel_id=1, enabled=True)
        )
    return channel(1)


def status(database: Database) -> tuple[int, bool, list[str]]:
    with database.connect() as connection:
        return (
            connection.execute(select(channels.c.status)).scalar_one(),
            bool(connection.execute(select(abilities.c.enabled)).scalar_one()),
            list(connection.execute(select(changes.c.topic)).scalars()),
        )


async def after(
    database: Database, policy: Policy, *errors: UpstreamError
) -> tuple[int, bool, list[str]]:
    evidence = Evidence(samples=3, success_rate=0.8)
    disabling = Disabling(database, run, lambda: 1.0, evidence)
    for error in errors:
        disabling.failed(channel(1), error, policy)
    await disabling.aclose()
    return status(database)


async def test_a_refused_key_switches_off_where_the_operator_wants_it(
    sqlite_database: Database, stored: Channel
) -> None:
    refused = UpstreamError("no", status=401, auth_failed=True)
    assert await after(sqlite_database, AUTOMATIC, refused) == (3, False, ["channels"])


async def test_a_refused_key_alone_switches_nothing_off_otherwise(
    sqlite_database: Database, stored: Channel
) -> None:
    refused = UpstreamError("no", status=401, auth_failed=True)
    assert await after(sqlite_database, MANUAL, refused) == (1, True, [])


async def test_a_window_of_failures_is_evidence(sqlite_database: Database, stored: Channel) -> None:
    failures = [UpstreamError("no", status=500)] * 3
    assert (await after(sqlite_database, MANUAL, *failures))[0] == 3


async def test_the_clients_mistakes_are_none(sqlite_database: Database, stored: Channel) -> None:
    mistakes = [UpstreamError("credit balance", status=400, channel_at_fault=False)] * 9
    assert await after(sqlite_database, AUTOMATIC, *mistakes) == (1, True, [])
