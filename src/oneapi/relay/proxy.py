"""`/v1/oneapi/proxy/{channel}/…`: an administrator's raw request through a channel, logged, free of charge."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import quote

from oneapi.errors import Forbidden, InvalidRequest
from oneapi.ledger import Facts, Ledger
from oneapi.ledger.pricing import ONE, Price
from oneapi.providers.base import Target, UpstreamRequest
from oneapi.relay.admission import ADMIN_ROLE, pinned_channel
from oneapi.relay.delivery import BinaryDelivery
from oneapi.relay.directory import Caller
from oneapi.relay.endings import end
from oneapi.relay.exchange import HeaderPairs, Request, Responder
from oneapi.relay.snapshot import Channel, Snapshot
from oneapi.upstream import UpstreamClient
from oneapi.wire.usage import Usage

RAW_KEY_TYPE = 43  # One API's channel type "Proxy": the key is sent as it is
STAYS_HERE = frozenset(
    {
        *(
            "host",
            "content-length",
            "accept-encoding",
            "connection",
            "keep-alive",
            "transfer-encoding",
        ),
        *("proxy-connection", "te", "trailer", "upgrade", "expect", "authorization", "x-api-key"),
        "http2-settings",
        "content-encoding",  # the body goes on unpacked
        *("api-key", "cookie", "x-forwarded-for", "x-real-ip", "forwarded"),
    }
)
# Of an answer's headers: what belongs to the vendor's connection or origin, and what the responder says itself.
STAYS_THERE: Final = frozenset(
    {
        *("connection", "keep-alive", "transfer-encoding", "trailer", "upgrade", "content-length"),
        *("content-encoding", "content-type", "date", "set-cookie", "strict-transport-security"),
        *("alt-svc", "access-control-allow-origin", "x-oneapi-request-id"),
    }
)
_UNQUOTED: Final = "/:@!$&'()*+,;=~"


def _headers(request: Request, target: Target) -> tuple[tuple[str, str], ...]:
    # What `Connection` names is meant for us alone (RFC 9110 section 7.6.1).
    ours = {name.strip().lower() for name in request.header(b"connection").split(",")}
    said = (
        (name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers.items()
    )
    headers = [pair for pair in said if pair[0] not in STAYS_HERE and pair[0] not in ours]
    key = target.key.reveal()
    match target.provider.auth:
        case _ if target.provider.type == RAW_KEY_TYPE:
            headers.append(("authorization", key))
        case "bearer":
            headers.append(("authorization", f"Bearer {key}"))
        case name:
            headers.append((name, key))
    return tuple(headers)


def _passed_on(headers: Mapping[str, str]) -> HeaderPairs:
    return tuple(
        (name.encode("latin-1"), value.encode("latin-1"))
        for name, value in headers.items()
        if name not in STAYS_THERE
    )


def _url(target: Target, path: str, query: str) -> str:
    """Return the vendor's address; the path came decoded."""
    return f"{target.base_url}/{quote(path, safe=_UNQUOTED)}" + (f"?{query}" if query else "")


def _facts(request: Request, channel: Channel, path: str, ended: str, elapsed_ms: int) -> Facts:
    return Facts(
        model="",
        channel_id=channel.id,
        is_stream=False,
        elapsed_ms=elapsed_ms,
        created_at=request.created_at,
        ended=ended,
        endpoint=f"proxy {request.method} /{path}"[:200],
    )


async def relay_raw(
    request: Request,
    responder: Responder,
    caller: Caller,
    argument: str,
    parts: tuple[Snapshot, UpstreamClient, Ledger, Callable[[], float]],
) -> None:
    """Send the request through channel `argument` (`<channel>/<path>`) and pass the answer on as it is."""
    snapshot, upstream, ledger, monotonic = parts
    if caller.role < ADMIN_ROLE:
        raise Forbidden("only administrators may use the proxy", code="proxy_not_allowed")
    name, _, path = argument.partition("/")
    channel = pinned_channel(snapshot, name)
    target = channel.target
    if not target.base_url:
        raise InvalidRequest(f"channel {name} has no base URL", param="base_url")
    url = _url(target, path, request.query)
    hold = ledger.hold(caller.payer, 0, request.request_id)
    await hold.take()
    try:
        response = await upstream.send(
            UpstreamRequest(request.method, url, _headers(request, target), request.body),
            proxy=target.config.get("proxy"),
        )

        def settle(ended: str) -> None:
            elapsed_ms = int((monotonic() - request.arrived) * 1000)
            facts = _facts(request, channel, path, ended, elapsed_ms)
            hold.settle(Usage(), Price(), ONE, facts)

        content_type = response.headers.get("content-type", "application/octet-stream")
        try:
            await BinaryDelivery(
                responder,
                content_type.encode("latin-1"),
                settle,
                response.status,
                _passed_on(response.headers),
            ).run(response)
        except asyncio.CancelledError:
            response.close()
            raise
    except BaseException as error:
        if hold.is_open:
            elapsed_ms = int((monotonic() - request.arrived) * 1000)
            facts = _facts(request, channel, path, "failed", elapsed_ms)
            end(hold, facts, error, left=responder.left)
        raise
