"""Every route of `/api`, one line each: who may use it, a request that works, what it changes, what others are told.

The matrix of `test_matrix.py` is made from the application's routes, and fails for one that is not here. Whoever adds a
route adds a line. In path and document `ME` stands for the number of whoever asks, which is also that of their key,
of their session and of a row of the log of theirs.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, cast

from tests.control.browser import Asked
from tests.control.conftest import ALICE, BOB, NOW, PASSWORD

ANYBODY, SIGNED_IN, USER, ADMIN, ROOT = range(5)
"""Levels, each above the one before; `SIGNED_IN`: even with the default password."""

ME: Final = -987
"""In a document: the number of whoever asks. In a path it is `{me}`."""

CODE, SPENT_CODE = "c0de" * 8, "dead" * 8
OTHER: Final = "correct pony"  # a new password


@dataclass(frozen=True)
class Case:
    """A route's line. `told`: the refusal of those who are admitted and still may not, by what they are.

    `path`: the path to ask, where the route's own has parameters or needs a query. `changes`: the tables that a request that
    works changes; with `?` it may. `refused`: what everybody is told who is admitted, because a request that works needs
    others before it. `foreign`: what another user is told who asks for what is Alice's. `by_script`: a GET that changes
    something, which sessions are refused. `is_callback`: a GET that a provider or a mail sends people to, and that is checked
    in another way. `is_guarded`: not for other sites' pages, even though anybody may.
    """

    level: int
    path: str = ""
    document: Any = None
    changes: frozenset[str] = frozenset()
    told: Mapping[str, str] = field(default_factory=dict[str, str])
    foreign: str = ""
    by_script: bool = False
    is_callback: bool = False
    is_guarded: bool = False
    refused: str = ""

    def asked(self, route: str, me: int) -> Asked:
        """The request of whoever has the number `me`."""
        method, path = route.split(" ")
        path = (self.path or path).replace("{me}", str(me))
        return Asked(method, path, _filled(self.document, me))


def _filled(document: Any, me: int) -> Any:
    if isinstance(document, dict):
        return {
            name: _filled(value, me) for name, value in cast("dict[str, Any]", document).items()
        }
    return me if document == ME else document


def changes(names: str) -> frozenset[str]:
    return frozenset(names.split())


CHANNEL = {"type": 1, "name": "new", "key": "sk-new", "models": "m", "group": "default"}
PROBE = {"id": 1, "model": "gpt-4o"}
KEY = {"id": ME, "name": "renamed", "remain_quota": 5, "expired_time": -1}
NEWCOMER = {"username": "carol", "password": PASSWORD}
NEW_PASSWORD = {"password": OTHER, "original_password": PASSWORD}

CASES: Final[Mapping[str, Case]] = {
    # What anybody may know
    "GET /api/status": Case(ANYBODY),
    "GET /api/notice": Case(ANYBODY),
    "GET /api/about": Case(ANYBODY),
    "GET /api/home_page_content": Case(ANYBODY),
    "GET /api/prices/public": Case(ANYBODY, refused="prices_not_public"),
    # Signing in
    "POST /api/user/login": Case(ANYBODY, document={"username": "bob", "password": PASSWORD}, changes=changes("sessions"), is_guarded=True),
    "POST /api/user/logout": Case(ANYBODY, changes=changes("sessions?")),
    "GET /api/user/logout": Case(ANYBODY, by_script=True),
    "POST /api/user/register": Case(ANYBODY, document=NEWCOMER, changes=changes("users tokens changes")),
    "POST /api/user/reset": Case(ANYBODY, document={"email": "bob@example.com", "token": "reset", "password": OTHER}, changes=changes("users sessions verifications changes")),
    "GET /api/verification": Case(ANYBODY, "/api/verification?email=new@example.com", changes=changes("verifications"), by_script=True),
    "POST /api/verification": Case(ANYBODY, document={"email": "new@example.com"}, changes=changes("verifications")),
    "GET /api/reset_password": Case(ANYBODY, "/api/reset_password?email=bob@example.com", changes=changes("verifications"), by_script=True),
    "POST /api/reset_password": Case(ANYBODY, document={"email": "bob@example.com"}, changes=changes("verifications")),
    "GET /api/oauth/state": Case(ANYBODY, changes=changes("verifications"), by_script=True),
    "POST /api/oauth/state": Case(ANYBODY, document={"provider": "github", "aff_code": "aff4"}, changes=changes("verifications")),
    "GET /api/oauth/{provider}": Case(ANYBODY, "/api/oauth/github?code=c&state=s", refused="bad_state", is_callback=True),
    "POST /api/oauth/{provider}": Case(ANYBODY, "/api/oauth/github", document={"code": "c", "state": "s"}, refused="bad_state"),
    "GET /api/oauth/email/bind": Case(USER, "/api/oauth/email/bind?email=new@example.com&code=246810", changes=changes("users verifications changes"), by_script=True),
    "POST /api/oauth/email/bind": Case(USER, document={"email": "New@example.com", "code": "246810"}, changes=changes("users verifications changes")),
    "GET /api/oauth/wechat/bind": Case(USER, "/api/oauth/wechat/bind?code=c", refused="provider_off", by_script=True),
    "POST /api/oauth/wechat/bind": Case(USER, document={"code": "c", "state": "s"}, refused="bad_state"),
    # One's own account
    "DELETE /api/oauth/{provider}": Case(USER, "/api/oauth/github", changes=changes("users")),
    "GET /api/user/self": Case(SIGNED_IN),
    "PUT /api/user/self": Case(SIGNED_IN, document=NEW_PASSWORD, changes=changes("users changes sessions?")),
    "DELETE /api/user/self": Case(USER, changes=changes("users sessions changes"), told={"root": "root_not_deletable"}),
    "GET /api/user/sessions": Case(USER),
    "DELETE /api/user/sessions": Case(USER, changes=changes("sessions?")),
    "DELETE /api/user/sessions/{session_id}": Case(USER, "/api/user/sessions/{me}", changes=changes("sessions"), foreign="session_missing"),
    "GET /api/user/token": Case(USER, changes=changes("users changes"), by_script=True),
    "POST /api/user/token": Case(USER, changes=changes("users changes")),
    "GET /api/user/aff": Case(USER, by_script=True),
    "POST /api/user/aff": Case(USER),
    "GET /api/user/available_models": Case(USER),
    "GET /api/user/invited": Case(USER),
    "GET /api/prices": Case(USER),
    "POST /api/user/topup": Case(USER, document={"key": CODE}, changes=changes("users redemptions logs")),
    "GET /api/user/dashboard": Case(USER),
    "GET /api/dashboard": Case(USER),
    "GET /api/dashboard/recent": Case(USER),
    # One's own keys
    "GET /api/token": Case(USER),
    "GET /api/token/search": Case(USER, "/api/token/search?keyword=key"),
    "GET /api/token/{key_id}": Case(USER, "/api/token/{me}", foreign="key_missing"),
    "POST /api/token": Case(USER, document={"name": "new", "models": "a, b"}, changes=changes("tokens changes")),
    "PUT /api/token": Case(USER, document=KEY, changes=changes("tokens changes"), foreign="key_missing"),
    "DELETE /api/token/{key_id}": Case(USER, "/api/token/{me}", changes=changes("tokens changes"), foreign="key_missing"),
    # The log
    "GET /api/log": Case(ADMIN),
    "DELETE /api/log": Case(ADMIN, f"/api/log?target_timestamp={NOW}", changes=changes("audit logs")),
    "GET /api/log/stat": Case(ADMIN),
    "GET /api/log/search": Case(ADMIN, "/api/log/search?keyword=2"),
    "GET /api/log/self": Case(USER),
    "GET /api/log/self/stat": Case(USER),
    "GET /api/log/self/search": Case(USER, "/api/log/self/search?keyword=2"),
    "GET /api/log/{request_id}": Case(USER, "/api/log/request-of-{me}", foreign="request_missing"),
    # Users
    "GET /api/user": Case(ADMIN),
    "GET /api/user/search": Case(ADMIN, "/api/user/search?keyword=ali"),
    "GET /api/user/{user_id}": Case(ADMIN, f"/api/user/{ALICE}"),
    "GET /api/user/{user_id}/tokens": Case(ADMIN, f"/api/user/{ALICE}/tokens"),
    "POST /api/user": Case(ADMIN, document=NEWCOMER, changes=changes("audit users tokens changes")),
    "PUT /api/user": Case(ADMIN, document={"id": ALICE, "display_name": "A.", "quota": 2000}, changes=changes("audit users logs changes")),
    "DELETE /api/user/{user_id}": Case(ADMIN, f"/api/user/{BOB}", changes=changes("audit users sessions changes")),
    "POST /api/user/manage": Case(ADMIN, document={"username": "bob", "action": "disable"}, changes=changes("audit users changes")),
    "POST /api/topup": Case(ADMIN, document={"user_id": ALICE, "quota": 5}, changes=changes("audit users logs")),
    # Channels
    "GET /api/models": Case(USER),
    "GET /api/group": Case(ADMIN),
    "GET /api/providers": Case(ADMIN),
    "GET /api/channel": Case(ADMIN),
    "GET /api/channel/search": Case(ADMIN, "/api/channel/search?keyword=v"),
    "GET /api/channel/form": Case(ADMIN),
    "GET /api/channel/models": Case(ADMIN),
    "GET /api/channel/{channel_id}": Case(ADMIN, "/api/channel/1"),
    "POST /api/channel": Case(ADMIN, document=CHANNEL, changes=changes("audit channels abilities changes")),
    "PUT /api/channel": Case(ADMIN, document={"id": 1, "name": "renamed"}, changes=changes("audit channels changes")),
    "DELETE /api/channel/disabled": Case(ADMIN, changes=changes("audit channels changes")),
    "DELETE /api/channel/{channel_id}": Case(ADMIN, "/api/channel/1", changes=changes("audit channels abilities changes")),
    "GET /api/channel/test": Case(ADMIN, changes=changes("audit jobs"), by_script=True),
    "POST /api/channel/test": Case(ADMIN, document=PROBE),
    "GET /api/channel/test/{channel_id}": Case(ADMIN, "/api/channel/test/1", changes=changes("channels logs"), by_script=True),
    "POST /api/channel/{channel_id}/test": Case(ADMIN, "/api/channel/1/test", document={}, changes=changes("channels logs")),
    "POST /api/channel/models": Case(ADMIN, document={"id": 1}),
    "GET /api/channel/update_balance": Case(ADMIN, changes=changes("audit jobs"), by_script=True),
    "GET /api/channel/update_balance/{channel_id}": Case(ADMIN, "/api/channel/update_balance/1", changes=changes("channels"), by_script=True),
    "POST /api/channel/{channel_id}/balance": Case(ADMIN, "/api/channel/1/balance", changes=changes("channels")),
    # Codes
    "GET /api/redemption": Case(ADMIN),
    "GET /api/redemption/search": Case(ADMIN, "/api/redemption/search?keyword=c"),
    "GET /api/redemption/{code_id}": Case(ADMIN, "/api/redemption/1"),
    "POST /api/redemption": Case(ADMIN, document={"name": "new", "quota": 5, "count": 2}, changes=changes("audit redemptions")),
    "PUT /api/redemption": Case(ADMIN, document={"id": 1, "name": "renamed", "quota": 6}, changes=changes("audit redemptions")),
    "DELETE /api/redemption/{code_id}": Case(ADMIN, "/api/redemption/1", changes=changes("audit redemptions")),
    # What takes long
    "GET /api/status/schedule": Case(ADMIN),
    "GET /api/status/overview": Case(ADMIN),
    "GET /api/status/resting": Case(ADMIN),
    "DELETE /api/status/resting/{channel_id}": Case(ADMIN, "/api/status/resting/1", changes=changes("audit changes")),
    "GET /api/jobs": Case(ADMIN),
    "GET /api/jobs/{job_id}": Case(ADMIN, "/api/jobs/1"),
    "GET /api/jobs/{job_id}/results": Case(ADMIN, "/api/jobs/1/results"),
    "POST /api/jobs/{job_id}/cancel": Case(ADMIN, "/api/jobs/1/cancel", changes=changes("audit jobs")),
    "POST /api/jobs/test_channels": Case(ADMIN, document={}, changes=changes("audit jobs")),
    "POST /api/jobs/delete_logs": Case(ADMIN, document={"before": NOW}, changes=changes("audit jobs")),
    "POST /api/jobs/update_balances": Case(ADMIN, document={}, changes=changes("audit jobs")),
    # What was changed
    "GET /api/audit": Case(ADMIN),
    # Settings
    "GET /api/option": Case(ROOT),
    "GET /api/option/form": Case(ROOT),
    "GET /api/prices/own": Case(ROOT),
    "PUT /api/prices/own": Case(ROOT, document={"entries": [{"option": "ModelRatio", "name": "m", "value": 2}]}, changes=changes("audit options changes")),
    "PUT /api/option": Case(ROOT, document={"key": "Notice", "value": "Hello."}, changes=changes("audit options changes")),
}  # fmt: skip
