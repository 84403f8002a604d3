"""GitHub: github.com, GitHub Enterprise Server, and GitHub Enterprise Cloud on a domain of its own.

Sources: https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps,
https://docs.github.com/en/rest/users/emails, https://docs.github.com/en/enterprise-server/rest (read 2026-11-26)
"""

from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from oneapi.control.answers import Refused
from oneapi.control.oauth.provider import REASON_MAX, Identity, Provider, Visit, text_of
from oneapi.control.sign_in.outgoing import get_json, get_list, post_form
from oneapi.store.settings import Settings
from oneapi.store.tables import users

GITHUB_COM: Final = "https://github.com"
_SCOPE: Final = "user:email"


def _is_on(settings: Settings) -> bool:
    return settings.flag("GitHubOAuthEnabled") and bool(settings.text("GitHubClientId"))


def _site(settings: Settings) -> str:
    return settings.text("GitHubAddress").strip().rstrip("/") or GITHUB_COM


def api_of(site: str) -> str:
    """Return where the API of a GitHub is: beside github.com and `*.ghe.com`, under every other address."""
    host = (urlsplit(site).hostname or "").lower()
    if host == "github.com" or host.endswith(".ghe.com"):
        return f"https://api.{host}"
    return f"{site}/api/v3"


async def _authorization(visit: Visit) -> str:
    # Without `redirect_uri` GitHub goes to the address that is registered.
    query = {
        "client_id": visit.settings.text("GitHubClientId"),
        "state": visit.begun.state,
        "scope": _SCOPE,
        "code_challenge": visit.begun.challenge,
        "code_challenge_method": "S256",
    }
    return f"{_site(visit.settings)}/login/oauth/authorize?{urlencode(query)}"


async def _identity(visit: Visit) -> Identity:
    site = _site(visit.settings)
    form = {
        "client_id": visit.settings.text("GitHubClientId"),
        "client_secret": visit.settings.text("GitHubClientSecret"),
        "code": visit.code,
    }
    if visit.begun.verifier:
        form["code_verifier"] = visit.begun.verifier
    granted = await post_form(visit.services, f"{site}/login/oauth/access_token", form)
    access_token = text_of(granted.get("access_token"))
    if not access_token:  # GitHub says 200 to a wrong code, and `error`
        raise Refused("provider_denied", provider="GitHub", reason=_reason(granted))
    headers = (("Authorization", f"Bearer {access_token}"), ("User-Agent", "one-api"))
    api = api_of(site)
    said = await get_json(visit.services, f"{api}/user", *headers)
    number = said.get("id")
    if isinstance(number, bool) or not isinstance(number, int) or not 0 < number < 2**63:
        raise Refused("provider_refused", host="GitHub")
    login = text_of(said.get("login"))
    return Identity(
        id=str(number),
        display_name=text_of(said.get("name")) or login or "GitHub User",
        email=await _email(visit, f"{api}/user/emails", headers),
        former_id=login,
    )


def _reason(granted: dict[str, Any]) -> str:
    said = text_of(granted.get("error_description")) or text_of(granted.get("error")) or "-"
    return said[:REASON_MAX]


async def _email(visit: Visit, url: str, headers: tuple[tuple[str, str], ...]) -> str:
    """Return the address that GitHub has verified; nothing where it does not tell (a GitHub App without the right)."""
    try:
        listed = await get_list(visit.services, url, *headers)
    except Refused:
        return ""
    for one in listed:
        match one:
            case {"primary": True, "verified": True, "email": str(email)}:
                return email
            case _:
                continue
    return ""


GITHUB: Final = Provider(
    key="github",
    name=" GitHub ",
    account=" GitHub 账户",
    column=users.c.github_id,
    is_on=_is_on,
    authorization=_authorization,
    identity=_identity,
    had_logins=True,
)
