"""The way to an identity provider and back: begun by one browser, ended by the same one, once, within ten minutes.

The state is signed: what it says (which provider, for whom, by whose invitation) cannot be changed on the way. It is good
only beside the cookie of the browser that began, and only until a row of `verifications` is gone. The PKCE verifier and the
nonce are made from both, so nothing that opens anything is kept anywhere.
Sources: RFC 9700 §2.1, RFC 7636 §4 (read 2026-11-26).
"""

import hmac
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from fastapi import Request
from itsdangerous import BadData, URLSafeSerializer
from starlette.responses import Response

from oneapi.control.answers import Refused
from oneapi.control.context import Services
from oneapi.control.sign_in.codes import LIFE_SECONDS, Purpose, issue, use

COOKIE: Final = "sign-in"
_STATE_SALT: Final = "oneapi.oauth.state"
_BROWSER_SALT: Final = "oneapi.oauth.browser"
_STATE_MAX: Final = 1024


@dataclass(frozen=True, slots=True)
class Begun:
    """What was begun. `provider` is empty where the client named none, and `verifier` and `nonce` with it.

    `user_id`: whose account shall be bound; 0: somebody signs in. `aff_code`: who has invited a new user.
    """

    state: str
    provider: str
    user_id: int
    aff_code: str
    verifier: str
    nonce: str

    @property
    def challenge(self) -> str:
        """The verifier as the provider is told of it (PKCE, S256)."""
        return _base64(sha256(self.verifier.encode()).digest())


def begin(
    request: Request, services: Services, provider: str, user_id: int, aff_code: str
) -> tuple[Begun, str]:
    """Return what begins now, and the browser's secret, which `remember` puts into its cookie."""
    browser = _browser(request, services) or services.new_id()
    said = [services.new_id(), provider, user_id, aff_code]
    state = str(URLSafeSerializer(services.session_secret, salt=_STATE_SALT).dumps(said))
    with services.database.begin() as connection:
        issue(connection, services, Purpose.OAUTH, _subject(state), browser)
    return _begun(services, state, browser, said), browser


def remember(answer: Response, request: Request, browser: str) -> None:
    """Let the browser show that it was it who began."""
    services: Services = request.app.state.services
    answer.set_cookie(
        COOKIE,
        str(URLSafeSerializer(services.session_secret, salt=_BROWSER_SALT).dumps(browser)),
        max_age=LIFE_SECONDS,
        httponly=True,
        samesite="lax",
        secure=bool(request.state.is_https),
    )


def end(request: Request, services: Services, provider: str, state: str) -> Begun:
    """Use a state up; refuse one that is not ours, not this browser's, for another provider, used, or too old."""
    browser = _browser(request, services)
    said = _said(services, state)
    if not browser or not said or said[1] not in ("", provider):
        raise Refused("bad_state", status=403)
    with services.database.begin() as connection:
        is_open = use(connection, services, Purpose.OAUTH, _subject(state), browser)
    if not is_open:
        raise Refused("bad_state", status=403)
    return _begun(services, state, browser, said)


def _browser(request: Request, services: Services) -> str:
    cookie = request.cookies.get(COOKIE, "")
    try:
        said = URLSafeSerializer(services.session_secret, salt=_BROWSER_SALT).loads(cookie)
    except (BadData, RecursionError):
        return ""
    return said if isinstance(said, str) else ""


def _said(services: Services, state: str) -> list[Any]:
    if not state or len(state) > _STATE_MAX:
        return []
    try:
        return list(URLSafeSerializer(services.session_secret, salt=_STATE_SALT).loads(state))
    except (BadData, RecursionError):
        return []


def _begun(services: Services, state: str, browser: str, said: list[Any]) -> Begun:
    _, provider, user_id, aff_code = said

    def made_of(purpose: str) -> str:
        text = f"{purpose}\n{state}\n{browser}".encode()
        return _base64(hmac.new(services.session_secret.encode(), text, sha256).digest())

    if not provider:
        return Begun(state, "", user_id, aff_code, "", "")
    return Begun(state, provider, user_id, aff_code, made_of("verifier"), made_of("nonce"))


def _subject(state: str) -> str:
    return sha256(state.encode()).hexdigest()


def _base64(octets: bytes) -> str:
    return urlsafe_b64encode(octets).rstrip(b"=").decode("ascii")
