"""What a channel does about its vendor's errors otherwise than their statuses say: `status_mapping` of its `config`.

By status (`429`) or class (`5xx`): `retry` (another channel is asked, this one does not rest), `rest` (another one is asked,
this one rests), `pass` (the client is told at once, nobody is at fault), or another status, as which it is then treated.
"""

import re
from collections.abc import Mapping
from typing import Any, Final, cast

from oneapi.errors import UpstreamError
from oneapi.providers.operations import OperationError
from oneapi.providers.refusals import refusal

STATUS_MAPPING: Final = "status_mapping"
RETRY: Final = "retry"
REST: Final = "rest"
TELL: Final = "pass"
ACTIONS: Final = (RETRY, REST, TELL)
_STATUS: Final = re.compile(r"(?!20[01])[2-5](?:\d\d|xx)")
_TOLD: Final = re.compile(r"[45]\d\d")

Statuses = Mapping[str, str]


def statuses_in(said: Any) -> Statuses:
    """Return what a config says; raise `OperationError` for what is wrong."""
    if said is None:
        return {}
    if not isinstance(said, dict):
        raise OperationError(STATUS_MAPPING, "must be an object")
    found: dict[str, str] = {}
    for status, action in cast("dict[str, Any]", said).items():
        place = f"{STATUS_MAPPING}.{status}"
        if not _STATUS.fullmatch(status):
            raise OperationError(
                place, "must be a status like `429`, or a class of them like `5xx`"
            )
        word = str(action) if isinstance(action, int | str) and action is not True else ""
        if word not in ACTIONS and not _TOLD.fullmatch(word):
            raise OperationError(
                place, f"must be {', '.join(ACTIONS)}, or a status from 400 to 599"
            )
        found[status] = word
    return found


def judge(error: UpstreamError, statuses: Statuses) -> str:
    """Change what is done about a vendor's error, as its channel says; return what that is, blank for nothing."""
    status = error.vendor_status
    action = statuses.get(str(status)) or statuses.get(f"{status // 100}xx") or ""
    if not action:
        return ""
    if action in ACTIONS:
        error.retryable = action != TELL
        error.channel_at_fault = action == REST
        # Not switched off; and no client is to take it for its own key.
        if error.auth_failed and action != RETRY:
            error.status, error.code, error.body = 502, "channel_key_refused", None
        error.auth_failed = error.auth_failed and action == RETRY
        return action
    other = refusal(int(action), {}, error.said)
    error.status = other.status
    error.retryable = other.retryable
    error.channel_at_fault = other.channel_at_fault
    error.auth_failed = other.auth_failed
    return action
