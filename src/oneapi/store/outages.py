"""A task that meets a database that is away or a disk that is full: says it once, waits longer each time, goes on."""

from typing import Final

import structlog

from oneapi.store.failures import condition

LONGEST_PAUSE_SECONDS: Final = 3.0
_REASON_LENGTH: Final = 500

log = structlog.get_logger(__name__)


class Outage:
    """What one task has failed of late; `condition` is empty when its last try succeeded."""

    def __init__(self, task: str) -> None:
        self._task = task
        self._failures = 0
        self.condition = ""

    def failed(self, error: BaseException) -> None:
        """Count a failure; the first one, and one for another reason, is said."""
        now = condition(error)
        self._failures += 1
        if now != self.condition:
            reason = str(error)[:_REASON_LENGTH]
            log.warning("task_waits", task=self._task, condition=now, reason=reason)
        self.condition = now

    def succeeded(self) -> None:
        """Say that the outage is over, if there was one."""
        if self._failures:
            log.info("task_goes_on", task=self._task, after_failures=self._failures)
        self._failures = 0
        self.condition = ""

    def pause(self, seconds: float) -> float:
        """Return how long to wait before the next try of what is done every so many seconds."""
        return max(seconds, min(seconds * 2 ** min(self._failures, 16), LONGEST_PAUSE_SECONDS))
