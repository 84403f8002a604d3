"""The session cookie: signed, not readable by scripts, worthless once the password changes.

It says who signed in and when, and carries a fingerprint of the password's hash; role and status are never in it.
"""

import hmac
from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated, Final

import msgspec
from fastapi import Request
from itsdangerous import BadData, URLSafeSerializer
from starlette.responses import Response

from oneapi.control.fields import BIGINT_MAX
from oneapi.control.services import Services

COOKIE: Final = "session"
_AGE_SECONDS: Final = 30 * 24 * 3600
_SALT: Final = "oneapi.session"


@dataclass(frozen=True, slots=True)
class Session:
    """What the cookie says; `secret` only serves to compare fingerprints."""

    user_id: int
    fingerprint: str
    by_default_password: bool
    secret: str

    def belongs_to(self, password_hash: str) -> bool:
        """Tell whether the password is still the one that the person signed in with."""
        own = _fingerprint(self.secret, password_hash)
        return hmac.compare_digest(self.fingerprint.encode(), own.encode())


class _Said(msgspec.Struct, frozen=True):
    """What a cookie holds. Another program with our secret may have signed it: nothing of its shape is certain."""

    id: Annotated[int, msgspec.Meta(ge=1, le=BIGINT_MAX)]
    at: Annotated[int, msgspec.Meta(ge=0, le=BIGINT_MAX)]
    pw: str
    default: bool


def _fingerprint(secret: str, password_hash: str) -> str:
    return hmac.new(secret.encode(), password_hash.encode(), sha256).hexdigest()[:32]


def read_session(request: Request, services: Services) -> Session | None:
    """Return the session of the request, or None: no cookie, not ours, too old, or sent by another site's page."""
    cookie = request.cookies.get(COOKIE)
    if not cookie or request.headers.get("sec-fetch-site") == "cross-site":
        return None
    serializer = URLSafeSerializer(services.session_secret, salt=_SALT)
    try:
        said = msgspec.convert(serializer.loads(cookie), _Said)
    except (BadData, msgspec.ValidationError, RecursionError):
        return None
    if said.at + _AGE_SECONDS < services.clock():
        return None
    return Session(
        user_id=said.id,
        fingerprint=said.pw,
        by_default_password=said.default,
        secret=services.session_secret,
    )


def start_session(
    answer: Response, request: Request, user_id: int, password_hash: str, by_default_password: bool
) -> None:
    """Set the cookie of a person who has just proved who they are."""
    services: Services = request.app.state.services
    said = {
        "id": user_id,
        "at": services.now(),
        "pw": _fingerprint(services.session_secret, password_hash),
        "default": by_default_password,
    }
    answer.set_cookie(
        COOKIE,
        URLSafeSerializer(services.session_secret, salt=_SALT).dumps(said),
        max_age=_AGE_SECONDS,
        httponly=True,
        samesite="lax",
        secure=bool(request.state.is_https),
    )


def end_session(answer: Response) -> None:
    """Take the cookie away."""
    answer.delete_cookie(COOKIE, httponly=True, samesite="lax")
