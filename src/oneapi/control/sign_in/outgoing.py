"""What signing in asks others: identity providers, Cloudflare. Every such request leaves through `fetch_json`."""

import asyncio
import json
from typing import Any, Final
from urllib.parse import urlencode

import msgspec
import structlog

from oneapi.control.answers import Refused
from oneapi.control.context import Services
from oneapi.errors import UpstreamError
from oneapi.providers.base import UpstreamRequest

TIMEOUT_SECONDS: Final = 10.0
_JSON: Final = ("Accept", "application/json")

log = structlog.get_logger()


async def get_json(services: Services, url: str, *headers: tuple[str, str]) -> dict[str, Any]:
    """Return the JSON object at an address; raises `Refused`."""
    return await fetch_json(services, UpstreamRequest("GET", url, (_JSON, *headers)))


async def post_form(
    services: Services, url: str, form: dict[str, str], *headers: tuple[str, str]
) -> dict[str, Any]:
    """Send a form and return the JSON object that comes of it; raises `Refused`."""
    kind = ("Content-Type", "application/x-www-form-urlencoded")
    body = urlencode(form).encode()
    return await fetch_json(services, UpstreamRequest("POST", url, (_JSON, kind, *headers), body))


async def post_json(services: Services, url: str, document: dict[str, str]) -> dict[str, Any]:
    """Send a JSON object and return the one that comes of it; raises `Refused`."""
    kind = ("Content-Type", "application/json")
    body = json.dumps(document).encode()
    return await fetch_json(services, UpstreamRequest("POST", url, (_JSON, kind), body))


async def fetch_json(services: Services, request: UpstreamRequest) -> dict[str, Any]:
    """Return the JSON object of a good answer; what else comes is logged, and the person is told that it failed."""
    host = request.url.split("/")[2]
    try:
        async with asyncio.timeout(TIMEOUT_SECONDS):
            answer = await services.ask(request, None)
    except (UpstreamError, TimeoutError) as error:
        log.warning("identity_provider_away", host=host, reason=str(error) or "too slow")
        raise Refused("provider_away", host=host) from error
    if not 200 <= answer.status < 300:
        log.warning("identity_provider_refused", host=host, status=answer.status)
        raise Refused("provider_refused", host=host)
    try:
        return msgspec.json.decode(answer.body, type=dict[str, Any])
    except msgspec.DecodeError as error:
        log.warning("identity_provider_misread", host=host)
        raise Refused("provider_refused", host=host) from error
