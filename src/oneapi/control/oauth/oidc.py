"""An OpenID Connect provider: discovered anew for every sign-in, so that its keys and addresses are today's.

Who somebody is stands in the signed id_token; the userinfo endpoint only adds names, for the same subject.
Sources: https://openid.net/specs/openid-connect-core-1_0.html §3.1.2–3.1.3, §5.3,
https://openid.net/specs/openid-connect-discovery-1_0.html §3–4 (read 2026-11-26)
"""

import asyncio
from base64 import b64encode
from typing import Any, Final, TypeGuard, cast
from urllib.parse import quote, urlencode

import structlog
from starlette.concurrency import run_in_threadpool

from oneapi.control.answers import Refused
from oneapi.control.oauth.id_token import BadIdToken, Object, read_id_token
from oneapi.control.oauth.provider import Identity, Provider, Visit, id_of, text_of
from oneapi.control.sign_in.outgoing import get_json, learnt, post_form
from oneapi.store.settings import Settings
from oneapi.store.tables import users

_SKEW_SECONDS: Final = 60
# What root says of the provider; whatever else it names itself is asked under guard (decision 36).
_BY_ROOT: Final = ("OidcWellKnown", "OidcTokenEndpoint", "OidcUserinfoEndpoint")
_NAMES: Final = ("name", "preferred_username", "email")
_WELL_KNOWN: Final = "/.well-known/"

log = structlog.get_logger()
_reading = asyncio.Lock()  # one id_token at a time


def _is_on(settings: Settings) -> bool:
    return settings.flag("OidcEnabled") and bool(settings.text("OidcClientId"))


async def _discovered(visit: Visit) -> Object:
    """Return what the provider says of itself; an endpoint that is set wins, for who reaches it by another way."""
    url = visit.settings.text("OidcWellKnown").strip()
    if not url:
        raise Refused("provider_not_set_up", setting="OidcWellKnown")
    if _WELL_KNOWN not in url:
        url = f"{url.rstrip('/')}{_WELL_KNOWN}openid-configuration"
    said = await get_json(visit.services, url)
    for name, setting in (
        ("authorization_endpoint", "OidcAuthorizationEndpoint"),
        ("token_endpoint", "OidcTokenEndpoint"),
        ("userinfo_endpoint", "OidcUserinfoEndpoint"),
    ):
        said[name] = visit.settings.text(setting).strip() or text_of(said.get(name))
    for name in ("issuer", "jwks_uri", "authorization_endpoint", "token_endpoint"):
        if not text_of(said.get(name)):
            log.warning("identity_provider_misread", url=url, missing=name)
            raise Refused("provider_refused", host="OpenID Connect")
    return said


def _way(visit: Visit, url: str) -> str | None:
    return learnt(url, *(visit.settings.text(name) for name in _BY_ROOT))


async def _authorization(visit: Visit) -> str:
    endpoint = (await _discovered(visit))["authorization_endpoint"]
    query = {
        "client_id": visit.settings.text("OidcClientId"),
        "redirect_uri": visit.callback("oidc"),
        "response_type": "code",
        "scope": "openid profile email",
        "state": visit.begun.state,
        "nonce": visit.begun.nonce,
        "code_challenge": visit.begun.challenge,
        "code_challenge_method": "S256",
    }
    return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(query)}"


async def _identity(visit: Visit) -> Identity:
    said = await _discovered(visit)
    granted = await _redeemed(visit, said)
    keys = await get_json(visit.services, said["jwks_uri"], way=_way(visit, said["jwks_uri"]))
    try:
        async with _reading:
            claims = await run_in_threadpool(read_id_token, text_of(granted.get("id_token")), keys)
        _check(claims, said["issuer"], visit)
    except BadIdToken as error:
        log.warning("id_token_refused", issuer=said["issuer"], reason=str(error))
        raise Refused("provider_refused", host="OpenID Connect") from error
    subject = id_of(claims.get("sub"), "OpenID Connect")
    sources = [claims]
    if not all(claims.get(name) for name in _NAMES):
        sources.append(await _userinfo(visit, said, subject, text_of(granted.get("access_token"))))

    def said_first(name: str) -> str:
        return next((text for source in sources if (text := text_of(source.get(name)))), "")

    username = said_first("preferred_username")
    # An address counts where the same source says that it is verified.
    emails = [text_of(one.get("email")) for one in sources if _is_verified(one)]
    return Identity(
        id=subject,
        display_name=said_first("name") or username or "OIDC User",
        email=next(filter(None, emails), ""),
        username=username,
    )


def _is_verified(about: Object) -> bool:
    said = about.get("email_verified")
    return said is True or said == "true"  # some write it as a text


async def _redeemed(visit: Visit, said: Object) -> Object:
    """Trade the code for tokens, showing who we are in the way that the provider takes."""
    client, secret = (visit.settings.text(name) for name in ("OidcClientId", "OidcClientSecret"))
    form = {
        "grant_type": "authorization_code",
        "code": visit.code,
        "redirect_uri": visit.callback("oidc"),
    }
    if visit.begun.verifier:
        form["code_verifier"] = visit.begun.verifier
    methods = said.get("token_endpoint_auth_methods_supported")
    endpoint = said["token_endpoint"]
    way = _way(visit, endpoint)
    if not secret:
        form["client_id"] = client
        return await post_form(visit.services, endpoint, form, way=way)
    # What is no list is as good as silence, which means Basic.
    if isinstance(methods, list) and "client_secret_post" in methods:
        form |= {"client_id": client, "client_secret": secret}
        return await post_form(visit.services, endpoint, form, way=way)
    # `%20`, not `+`: some undo only what stands in a path.
    pair = f"{quote(client, safe='')}:{quote(secret, safe='')}".encode()
    basic = ("Authorization", f"Basic {b64encode(pair).decode()}")
    return await post_form(visit.services, endpoint, form, basic, way=way)


def _check(claims: Object, issuer: str, visit: Visit) -> None:
    """Refuse what was issued by another, for another, for another sign-in, or at another time."""
    client, now = visit.settings.text("OidcClientId"), visit.services.clock()
    audience = claims.get("aud")
    audiences: list[Any] = cast("list[Any]", audience) if isinstance(audience, list) else [audience]
    expires_at, issued_at = claims.get("exp"), claims.get("iat")
    if claims.get("iss") != issuer:
        raise BadIdToken(f"its issuer is {claims.get('iss')!r}")
    if client not in audiences or claims.get("azp", client) != client:
        raise BadIdToken(f"it is for {audience!r}")
    if len(audiences) > 1 and "azp" not in claims:
        raise BadIdToken("it is for several, and does not say who asked")
    if not _is_number(expires_at) or expires_at + _SKEW_SECONDS <= now:
        raise BadIdToken("it has expired")
    if not _is_number(issued_at) or issued_at - _SKEW_SECONDS > now:
        raise BadIdToken("it was issued in the future")
    if _is_number(begins_at := claims.get("nbf")) and begins_at - _SKEW_SECONDS > now:
        raise BadIdToken("it is not valid yet")
    if (claims.get("nonce") or "") != visit.begun.nonce:
        raise BadIdToken("it belongs to another sign-in")


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


async def _userinfo(visit: Visit, said: Object, subject: str, access_token: str) -> Object:
    """Return what the provider's endpoint says of a subject; refuse it when it speaks of another one."""
    url = text_of(said.get("userinfo_endpoint"))
    if not url or not access_token:
        return {}
    try:
        shown = ("Authorization", f"Bearer {access_token}")
        told = await get_json(visit.services, url, shown, way=_way(visit, url))
    except Refused:  # it is logged; without a name the person is still who they are
        return {}
    if told.get("sub") != subject:
        log.warning("userinfo_refused", url=url, reason="it is about somebody else")
        raise Refused("provider_refused", host="OpenID Connect")
    return told


OIDC: Final = Provider(
    key="oidc",
    name=" OIDC ",
    account=" OIDC 账户",
    column=users.c.oidc_id,
    is_on=_is_on,
    authorization=_authorization,
    identity=_identity,
)
