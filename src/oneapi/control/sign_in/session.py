"""Sessions: a row each, which its owner sees and ends; the cookie holds its signed secret, hidden from scripts.

A session is worthless once the password changes, whoever changes it: the row carries a fingerprint of the password's hash.
Role and status are read from the user's row at every request.
"""

import hmac
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from typing import Final
from urllib.parse import urlsplit

from fastapi import Request
from itsdangerous import BadData, URLSafeSerializer
from sqlalchemy import delete, insert, select, update
from starlette.responses import Response

from oneapi.control.context import Services
from oneapi.store.database import DatabaseAway
from oneapi.store.tables import sessions
from oneapi.wire.client_address import address_of

COOKIE: Final = "session"
AGE_SECONDS: Final = 30 * 24 * 3600
DEFAULT_PASSWORD_SECONDS: Final = 3600  # long enough to choose another one
_SEEN_EVERY_SECONDS: Final = 300
_SALT: Final = "oneapi.session"
_ADDRESS_MAX: Final = 64
_AGENT_MAX: Final = 255


@dataclass(frozen=True, slots=True)
class Session:
    """One row; `secret` only serves to compare fingerprints."""

    id: int
    user_id: int
    fingerprint: str
    by_default_password: bool
    secret: str

    def belongs_to(self, password_hash: str) -> bool:
        """Tell whether the password is still the one that the person signed in with."""
        own = _fingerprint(self.secret, password_hash)
        return hmac.compare_digest(self.fingerprint.encode(), own.encode())


def _fingerprint(secret: str, password_hash: str) -> str:
    return hmac.new(secret.encode(), password_hash.encode(), sha256).hexdigest()[:32]


def _cookie_hash(request: Request, services: Services) -> str:
    """Return what the row of the request's cookie is found by; empty: no cookie, or none that we signed."""
    cookie = request.cookies.get(COOKIE)
    if not cookie:
        return ""
    try:
        said = URLSafeSerializer(services.session_secret, salt=_SALT).loads(cookie)
    except (BadData, RecursionError):
        return ""
    return sha256(said.encode()).hexdigest() if isinstance(said, str) and said.isascii() else ""


def is_from_elsewhere(request: Request) -> bool:
    """Tell whether another site's page sends this, or, where it may change something, a sibling's (another subdomain).

    Browsers say so in Sec-Fetch-Site; where they do not (plain http), the origin's host must be the one that was asked.
    Behind a proxy that asks under a name of its own that cannot be told: then only the cookie's SameSite stands between.
    Source: https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Sec-Fetch-Site (read 2026-11-26).
    """
    is_read = request.method in ("GET", "HEAD")
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "cross-site" or (site == "same-site" and not is_read)
    origin = request.headers.get("origin")
    if origin is None or is_read:
        return False
    asked = _host_of(f"//{request.headers.get('host', '')}")
    return _host_of(origin) != asked and "." in asked and address_of(asked) is None


def _host_of(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").rstrip(".")
    except ValueError:
        return ""


def read_session(request: Request, services: Services) -> Session | None:
    """Return the session of the request, or None: no cookie, not ours, ended, too old, or used by another site's page."""
    if is_from_elsewhere(request):
        return None
    secret_hash = _cookie_hash(request, services)
    if not secret_hash:
        return None
    with services.database.connect() as connection:
        query = select(sessions).where(sessions.c.secret_hash == secret_hash)
        row = connection.execute(query).first()
    if row is None or row.expires_at < services.clock():
        return None
    if row.seen_at + _SEEN_EVERY_SECONDS < services.clock():
        _note_seen(services, row.id)
    return Session(
        id=row.id,
        user_id=row.user_id,
        fingerprint=row.fingerprint,
        by_default_password=row.by_default_password,
        secret=services.session_secret,
    )


def _note_seen(services: Services, session_id: int) -> None:
    seen = update(sessions).where(sessions.c.id == session_id).values(seen_at=services.now())
    with suppress(DatabaseAway), services.database.begin() as connection:
        connection.execute(seen)


def start_session(
    answer: Response, request: Request, user_id: int, password_hash: str, by_default_password: bool
) -> None:
    """Begin a session of a person who has just proved who they are; the one that the request came with ends."""
    services: Services = request.app.state.services
    now, secret = services.now(), services.new_id()
    age = DEFAULT_PASSWORD_SECONDS if by_default_password else AGE_SECONDS
    row = {
        "user_id": user_id,
        "secret_hash": sha256(secret.encode()).hexdigest(),
        "fingerprint": _fingerprint(services.session_secret, password_hash),
        "by_default_password": by_default_password,
        "created_at": now,
        "seen_at": now,
        "expires_at": now + age,
        "address": request.state.client.address[:_ADDRESS_MAX],
        "agent": _printable(request.headers.get("user-agent", ""))[:_AGENT_MAX],
    }
    with services.database.begin() as connection:
        if old := _cookie_hash(request, services):
            connection.execute(delete(sessions).where(sessions.c.secret_hash == old))
        connection.execute(insert(sessions).values(row))
    answer.set_cookie(
        COOKIE,
        URLSafeSerializer(services.session_secret, salt=_SALT).dumps(secret),
        max_age=age,
        httponly=True,
        samesite="lax",
        secure=bool(request.state.is_https),
    )


def _printable(text: str) -> str:
    return "".join(letter for letter in text if letter.isprintable())


def close_session(request: Request, services: Services) -> None:
    """End the session of the request, if there is one."""
    secret_hash = _cookie_hash(request, services)
    if secret_hash:
        with services.database.begin() as connection:
            connection.execute(delete(sessions).where(sessions.c.secret_hash == secret_hash))


def end_session(answer: Response) -> None:
    """Take the cookie away."""
    answer.delete_cookie(COOKIE, httponly=True, samesite="lax")
