"""Cloudflare Turnstile before forms that robots like.

Source: https://developers.cloudflare.com/turnstile/get-started/server-side-validation/ (read 2026-11-26)
"""

from fastapi import Request
from starlette.concurrency import run_in_threadpool

from oneapi.control.answers import Refused
from oneapi.control.context import Services
from oneapi.control.fields import QueryText
from oneapi.control.gate import client_of
from oneapi.control.identity import Surroundings
from oneapi.control.sign_in.outgoing import post_form
from oneapi.store.settings import Settings, load


async def turnstile(request: Request, services: Surroundings, turnstile: QueryText = "") -> None:
    """Refuse whoever has not passed the check, where the operator has switched it on. Every answer serves once."""
    settings = await run_in_threadpool(_settings, services)
    if not settings.flag("TurnstileCheckEnabled"):
        return
    if not turnstile:
        raise Refused("turnstile_missing", field="turnstile")
    form = {
        "secret": settings.text("TurnstileSecretKey"),
        "response": turnstile,
        "remoteip": client_of(request).address,
    }
    said = await post_form(services, services.identity.turnstile, form)
    if said.get("success") is not True:
        raise Refused("turnstile_failed", field="turnstile")


def _settings(services: Services) -> Settings:
    with services.database.connect() as connection:
        return load(connection)
