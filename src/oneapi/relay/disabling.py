"""Switching a channel off, on evidence: the vendor refused its key, or too many of its last requests failed.

Never for the client's own mistakes, never by words in a message. The row is written beside the path; the change feed
tells the others.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import structlog

from oneapi.errors import UpstreamError
from oneapi.relay.health import Evidence
from oneapi.relay.snapshot import Channel, Policy
from oneapi.store.database import Database, DatabaseAway
from oneapi.store.switching import Reason, log_switched, switch_off

log = structlog.get_logger()


class Disabling:
    """Watches outcomes and writes `status = 3` when the evidence is in. Owns its tasks."""

    def __init__(
        self,
        database: Database,
        run: Callable[..., Awaitable[Any]],
        clock: Callable[[], float],
        evidence: Evidence | None,
        log_database: Database | None = None,
    ) -> None:
        self._database = database
        self._log_database = log_database or database
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
            self._disable(channel, Reason.KEY_REFUSED, error.message)
        elif self._evidence is not None and self._evidence.record(channel.id, success=False):
            self._disable(channel, Reason.FAILING, error.message)

    def _disable(self, channel: Channel, reason: Reason, evidence: str) -> None:
        if channel.id in self._condemned:
            return
        self._condemned.add(channel.id)
        task = asyncio.get_running_loop().create_task(self._write(channel, reason, evidence))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _write(self, channel: Channel, reason: Reason, evidence: str) -> None:
        try:
            if await self._run(self._switch_off, channel.id, reason, evidence):
                log.warning(
                    "channel_disabled",
                    channel_id=channel.id,
                    channel=channel.name,
                    reason=str(reason),
                    evidence=evidence,
                )
        except DatabaseAway as error:
            log.warning("channel_disable_failed", channel_id=channel.id, error=str(error))
        finally:
            self._condemned.discard(channel.id)

    def _switch_off(self, channel_id: int, reason: Reason, evidence: str) -> bool:
        now = int(self._clock())
        with self._database.begin() as connection:
            switched = switch_off(connection, channel_id, reason, evidence, now)
        if switched is None:
            return False
        log_switched(self._log_database, switched, now)
        return True

    async def aclose(self) -> None:
        """Wait for what is being written."""
        await asyncio.gather(*self._tasks)
