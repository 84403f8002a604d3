"""Telling the operator that the gateway has switched channels: all that happened since the last look in one message.

A webhook gets JSON, signed where there is a secret: `X-Oneapi-Signature: sha256=` and the HMAC-SHA256, in hexadecimal
digits, of `X-Oneapi-Timestamp`, a full stop and the body. Beside it, called as One API calls it, a Message Pusher; and mail
to root's addresses where there is none or it fails.
"""

import asyncio
import hashlib
import hmac
from collections.abc import Awaitable, Callable, Sequence
from html import escape
from typing import Any, Final, NamedTuple

import msgspec
import structlog
from sqlalchemy import select

from oneapi.control.answers import sentence
from oneapi.errors import UpstreamError
from oneapi.providers.base import UpstreamRequest
from oneapi.store.database import Database
from oneapi.store.enums import Role
from oneapi.store.settings import Settings, load
from oneapi.store.switching import Switched, in_chinese
from oneapi.store.tables import users
from oneapi.upstream.asking import Ask
from oneapi.upstream.limits import Timeouts
from oneapi.upstream.mail import Mail

TRIES: Final = 3
PAUSE_SECONDS: Final = 2.0
MAX_BYTES: Final = 64 << 10  # of an answer
TIMEOUTS: Final = Timeouts(connect=10.0, first_byte=20.0, idle=20.0, total=30.0)
_JSON: Final = ("content-type", "application/json")

log = structlog.get_logger()


class Ways(NamedTuple):
    """How to reach somebody. `pause` waits between tries."""

    ask: Ask
    post_mail: Callable[[Mail], None]
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep


class Told(NamedTuple):
    """What is told, and when (unix seconds)."""

    channels: Sequence[Switched]
    at: int


async def tell(ways: Ways, settings: Settings, addresses: Sequence[str], told: Told) -> None:
    """Tell what was switched, in every way that is set up."""
    if url := settings.text("AlarmWebhookUrl"):
        await _asked(ways, webhook(url, settings.text("AlarmWebhookSecret"), told))
    if settings.text("MessagePusherAddress") and await _asked(ways, _pushed(settings, told)):
        return
    if settings.text("SMTPServer"):
        for address in addresses:
            ways.post_mail(Mail(address, _subject(), _text(told), _html(told)))


def whom(database: Database) -> tuple[Settings, list[str]]:
    """Return the settings, and root's addresses. Blocking."""
    is_root = (users.c.role >= Role.ROOT, users.c.email != "")
    with database.connect() as connection:
        return load(connection), list(connection.scalars(select(users.c.email).where(*is_root)))


def webhook(url: str, secret: str, told: Told) -> UpstreamRequest:
    """Return the request that a webhook gets."""
    document = {
        "event": "channels_switched",
        "at": told.at,
        "channels": [
            {
                "id": one.channel_id,
                "name": one.name,
                "state": "enabled" if one.is_on else "disabled",
                "reason": one.reason,
                "evidence": one.evidence,
            }
            for one in told.channels
        ],
    }
    body = msgspec.json.encode(document)
    headers = (_JSON, ("x-oneapi-timestamp", str(told.at)))
    if secret:
        signed = hmac.new(secret.encode(), f"{told.at}.".encode() + body, hashlib.sha256)
        headers = (*headers, ("x-oneapi-signature", f"sha256={signed.hexdigest()}"))
    return UpstreamRequest("POST", url, headers, body)


def _pushed(settings: Settings, told: Told) -> UpstreamRequest:
    text = _text(told)
    document = {
        "title": _subject(),
        "description": text,
        "content": text,
        "url": "",
        "channel": "",
        "token": settings.text("MessagePusherToken"),
    }
    url = settings.text("MessagePusherAddress")
    return UpstreamRequest("POST", url, (_JSON,), msgspec.json.encode(document))


async def _asked(ways: Ways, request: UpstreamRequest) -> bool:
    """Send it, three times at most; say whether it was taken."""
    reason = ""
    for attempt in range(TRIES):
        if attempt:
            await ways.pause(PAUSE_SECONDS)
        try:
            reply = await ways.ask(request, None)
        except UpstreamError as error:
            reason = error.message
            continue
        if 200 <= reply.status < 300 and not _is_refusal(reply.body):
            return True
        reason = f"status {reply.status}"
    host = request.url.partition("://")[2].partition("/")[0].rpartition("@")[2]
    log.error("alarm_not_sent", host=host, reason=reason)
    return False


def _is_refusal(body: bytes) -> bool:
    """Say whether an answer is a Message Pusher's `success: false`."""
    try:
        document: Any = msgspec.json.decode(body)
    except msgspec.DecodeError:
        return False
    return isinstance(document, dict) and document.get("success") is False  # pyright: ignore[reportUnknownMemberType]


def _subject() -> str:
    return sentence("alarm_subject", "zh")


def _text(told: Told) -> str:
    return "\n".join(in_chinese(one) for one in told.channels)


def _html(told: Told) -> str:
    return "".join(f"<p>{escape(in_chinese(one))}</p>" for one in told.channels)
