"""Switching a channel off, on evidence: the vendor refused its key, or too many of its last requests failed.

Never for the client's own mistakes, never by words in a message. The row is written beside the path; the change feed
tells the others.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from sqlalchemy import update

from oneapi.errors import UpstreamError
from oneapi.relay.health import Evidence
from oneapi.relay.snapshot import Channel, Policy
from oneapi.store.changes import publish
from oneapi.store.database import Database, DatabaseAway
from oneapi.store.tables import abilities, channels

ENABLED, AUTO_DISABLED = 1, 3

log = structlog.get_logger()


class Disabling:
    """Watches outcomes and writes `status = 3` when the evidence is in. Owns its tasks."""

    def __init__(
        self,
        database: Database,
        run: Callable[..., Awaitable[Any]],
        clock: Callable[[], float],
        evidence: Evidence | None,
    ) -> None:
        self._database = database
        self._run = run
        self._clock = clock
        self._evidence = evidence
        self._tasks: set[asyncio.Task[None]] = set()
        self._condemned: set[int] = set()

    def succeeded(self, channel: Channel) -> None:
        """Count a success."""
        if self._evidence is not None:
            self._evidence.record(channel.id, success=True)

    def failed(self, channel: Channel, error: UpstreamError, policy: Policy) -> None:
        """Count a failure that is the channel's; disable it when that is enough."""
        if not error.channel_at_fault:
            return
        if error.auth_failed and policy.disables_automatically:
            self._disable(channel, f"the vendor refused the key: {error.message}")
        elif self._evidence is not None and self._evidence.record(channel.id, success=False):
            self._disable(
                channel, f"too many of the last requests failed; the last: {error.message}"
            )

    def _disable(self, channel: Channel, reason: str) -> None:
        if channel.id in self._condemned:
            return
        self._condemned.add(channel.id)
        task = asyncio.get_running_loop().create_task(self._write(channel, reason))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _write(self, channel: Channel, reason: str) -> None:
        try:
            if await self._run(self._switch_off, channel.id):
                log.warning(
                    "channel_disabled", channel_id=channel.id, channel=channel.name, reason=reason
                )
        except DatabaseAway as error:
            log.warning("channel_disable_failed", channel_id=channel.id, error=str(error))
        finally:
            self._condemned.discard(channel.id)

    def _switch_off(self, channel_id: int) -> bool:
        with self._database.begin() as connection:
            changed = connection.execute(
                update(channels)
                .where(channels.c.id == channel_id, channels.c.status == ENABLED)
                .values(status=AUTO_DISABLED)
            )
            if changed.rowcount != 1:
                return False
            connection.execute(
                update(abilities).where(abilities.c.channel_id == channel_id).values(enabled=False)
            )
            publish(connection, "channels", str(channel_id), int(self._clock()))
        return True

    async def aclose(self) -> None:
        """Wait for what is being written."""
        await asyncio.gather(*self._tasks)
