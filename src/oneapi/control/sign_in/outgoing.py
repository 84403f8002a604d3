"""What signing in asks others: identity providers, Cloudflare. Every such request leaves through `_fetch`.

`way` is how (see `upstream.asking`): None for addresses that root has entered, `learnt` says it for those that others name.
"""

import asyncio
import json
from typing import Any, Final, TypeVar
from urllib.parse import urlencode, urlsplit

import msgspec
import structlog

from oneapi.control.answers import Refused
from oneapi.control.context import Services
from oneapi.errors import InvalidRequest, UpstreamError
from oneapi.providers.base import UpstreamRequest
from oneapi.upstream.egress import guarded

TIMEOUT_SECONDS: Final = 10.0
_JSON: Final = ("Accept", "application/json")

T = TypeVar("T")

log = structlog.get_logger()


def learnt(url: str, *by_root: str) -> str | None:
    """Return the way to an address that somebody else has named: guarded, unless root has named its host and port, too."""
    place = urlsplit(url).netloc.lower()
    return None if place in [urlsplit(one.strip()).netloc.lower() for one in by_root] else guarded()


async def get_json(
    services: Services, url: str, *headers: tuple[str, str], way: str | None = None
) -> dict[str, Any]:
    """Return the JSON object at an address; raises `Refused`."""
    request = UpstreamRequest("GET", url, (_JSON, *headers))
    return await _fetch(services, request, dict[str, Any], way)


async def get_list(services: Services, url: str, *headers: tuple[str, str]) -> list[Any]:
    """Return the JSON array at an address; raises `Refused`."""
    return await _fetch(services, UpstreamRequest("GET", url, (_JSON, *headers)), list[Any])


async def post_form(
    services: Services,
    url: str,
    form: dict[str, str],
    *headers: tuple[str, str],
    way: str | None = None,
) -> dict[str, Any]:
    """Send a form and return the JSON object that comes of it; raises `Refused`."""
    kind = ("Content-Type", "application/x-www-form-urlencoded")
    body = urlencode(form).encode()
    request = UpstreamRequest("POST", url, (_JSON, kind, *headers), body)
    return await _fetch(services, request, dict[str, Any], way)


async def post_json(services: Services, url: str, document: dict[str, str]) -> dict[str, Any]:
    """Send a JSON object and return the one that comes of it; raises `Refused`."""
    kind = ("Content-Type", "application/json")
    body = json.dumps(document).encode()
    request = UpstreamRequest("POST", url, (_JSON, kind), body)
    return await _fetch(services, request, dict[str, Any])


async def _fetch(
    services: Services, request: UpstreamRequest, kind: type[T], way: str | None = None
) -> T:
    """Return the JSON of a good answer; what else comes is logged, and the person is told that it failed."""
    host = urlsplit(request.url).netloc or request.url
    try:
        async with asyncio.timeout(TIMEOUT_SECONDS):
            answer = await services.ask(request, way)
    except (UpstreamError, InvalidRequest, TimeoutError) as error:
        log.warning("identity_provider_away", host=host, reason=str(error) or "too slow")
        raise Refused("provider_away", host=host) from error
    if not 200 <= answer.status < 300:
        log.warning("identity_provider_refused", host=host, status=answer.status)
        raise Refused("provider_refused", host=host)
    try:
        return msgspec.json.decode(answer.body, type=kind)
    except msgspec.DecodeError as error:
        log.warning("identity_provider_misread", host=host)
        raise Refused("provider_refused", host=host) from error
