"""Keeps the log database up to date while the worker runs (only with `LOG_SQL_DSN`)."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import structlog

from oneapi.ledger.journal import Position
from oneapi.ledger.recovery import replay_logs
from oneapi.ledger.teller import Desk, Failed, attempt

log = structlog.get_logger(__name__)


class LogCopier:
    """Follows the main flusher; nothing of it is remembered that the log database does not say itself."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._loop = asyncio.get_running_loop()
        self._executor = ThreadPoolExecutor(1, f"ledger-logs-{desk.seat.slot}")
        self._turn = asyncio.Lock()
        self._is_away = False
        self.offset = Position(0, 0)

    async def follow(self, limit: Position) -> bool:
        """Write all log rows before `limit`; false if the log database is away."""
        async with self._turn:
            if self.offset >= limit:
                return True
            answer = await self._loop.run_in_executor(
                self._executor, attempt, self._replay, limit, self._desk
            )
            if isinstance(answer, Failed):
                if not self._is_away:
                    log.warning("log_database_away", reason=str(answer.error)[:500])
                self._is_away = True
                return False
            self.offset = answer
            self._is_away = False
            return True

    def _replay(self, limit: Position, desk: Desk) -> Position:
        return replay_logs(desk.databases, desk.seat, limit, desk.orders())

    def close(self) -> None:
        """Give up the thread; a job that still hangs in it ends by itself."""
        self._executor.shutdown(wait=False, cancel_futures=True)
