"""What does each kind of job. Heavy to import: the management plane's own code."""

from collections.abc import Mapping
from functools import partial
from typing import Final

from oneapi.control.channels.balances import update_balances
from oneapi.control.channels.watching import test_channels
from oneapi.control.context import Services
from oneapi.control.jobs.runner import Work
from oneapi.control.logs.deletion import delete_old_logs

TEST_CHANNELS: Final = "test_channels"
UPDATE_BALANCES: Final = "update_balances"
DELETE_LOGS: Final = "delete_logs"


def kinds(services: Services) -> Mapping[str, Work]:
    """Return the work of each kind."""
    return {
        TEST_CHANNELS: partial(test_channels, services),
        UPDATE_BALANCES: partial(update_balances, services),
        DELETE_LOGS: partial(delete_old_logs, services),
    }
