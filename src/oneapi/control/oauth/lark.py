"""Lark and Feishu, which are two sites with one way of signing in.

Sources: https://open.feishu.cn/document/authentication-management/access-token/obtain-oauth-code,
…/get-user-access-token, https://open.feishu.cn/document/server-docs/authentication-management/login-state-management/get
(read 2026-11-26)
"""

from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from oneapi.control.answers import Refused
from oneapi.control.oauth.provider import REASON_MAX, Identity, Provider, Visit, id_of, text_of
from oneapi.control.sign_in.outgoing import get_json, post_json
from oneapi.store.settings import Settings
from oneapi.store.tables import users

FEISHU: Final = "https://open.feishu.cn"


def _is_on(settings: Settings) -> bool:
    return bool(settings.text("LarkClientId"))


def _site(settings: Settings) -> str:
    return settings.text("LarkAddress").strip().rstrip("/") or FEISHU


def pages_of(site: str) -> str:
    """Return where people agree: beside the API of Feishu and Lark, else at the same address."""
    host = (urlsplit(site).hostname or "").lower()
    is_theirs = host.startswith("open.") and host.endswith((".feishu.cn", ".larksuite.com"))
    return f"https://accounts.{host.removeprefix('open.')}" if is_theirs else site


async def _authorization(visit: Visit) -> str:
    query = {
        "client_id": visit.settings.text("LarkClientId"),
        "redirect_uri": visit.callback("lark"),
        "response_type": "code",
        "state": visit.begun.state,
        "code_challenge": visit.begun.challenge,
        "code_challenge_method": "S256",
    }
    return f"{pages_of(_site(visit.settings))}/open-apis/authen/v1/authorize?{urlencode(query)}"


async def _identity(visit: Visit) -> Identity:
    api = f"{_site(visit.settings)}/open-apis/authen"
    document = {
        "grant_type": "authorization_code",
        "client_id": visit.settings.text("LarkClientId"),
        "client_secret": visit.settings.text("LarkClientSecret"),
        "code": visit.code,
        "redirect_uri": visit.callback("lark"),
    }
    if visit.begun.verifier:
        document["code_verifier"] = visit.begun.verifier
    granted = await post_json(visit.services, f"{api}/v2/oauth/token", document)
    access_token = text_of(granted.get("access_token"))
    if granted.get("code", 0) != 0 or not access_token:
        raise Refused("provider_denied", provider="Lark", reason=_reason(granted))
    bearer = ("Authorization", f"Bearer {access_token}")
    said = await get_json(visit.services, f"{api}/v1/user_info", bearer)
    person = said.get("data")
    if said.get("code") != 0 or not isinstance(person, dict):
        raise Refused("provider_denied", provider="Lark", reason=_reason(said))
    about: dict[str, Any] = person  # pyright: ignore[reportUnknownVariableType]
    return Identity(
        id=id_of(about.get("open_id"), "Lark"),
        display_name=text_of(about.get("name")) or text_of(about.get("en_name")) or "Lark User",
    )


def _reason(said: dict[str, Any]) -> str:
    told = text_of(said.get("error_description")) or text_of(said.get("msg"))
    return (told or f"{said.get('code')}")[:REASON_MAX]


LARK: Final = Provider(
    key="lark",
    name="飞书",
    account="飞书账户",
    column=users.c.lark_id,
    is_on=_is_on,
    authorization=_authorization,
    identity=_identity,
)
