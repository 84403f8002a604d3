"""May this caller do this? Key, status, expiry, network, model: from memory only once the key has been seen."""

from collections.abc import Callable
from typing import Final, NoReturn

from oneapi.errors import Forbidden, NotFound, Unauthorized
from oneapi.relay.directory import (
    KEY_ENABLED,
    NEVER,
    USER_ENABLED,
    Caller,
    Directory,
    KeyRecord,
    Presented,
)
from oneapi.relay.exchange import Request
from oneapi.relay.snapshot import Channel, Snapshot
from oneapi.wire.client_address import Client, ProxyTrust

ADMIN_ROLE = 10


# Where clients put their key. Some fill two of them, one with a word that is no key: the one that is ours counts.
CREDENTIALS: Final = (b"authorization", b"x-api-key", b"api-key")


def credentials(request: Request) -> list[bytes]:
    """Return what a client presents, as it came; raise `Unauthorized` when there is nothing."""
    headers = request.headers
    found = [value for name in CREDENTIALS if (value := headers.get(name))]
    if found:
        return found
    raise Unauthorized(
        "no API key: send `Authorization: Bearer sk-…`, `x-api-key` or `api-key`",
        code="missing_api_key",
    )


class Admission:
    """Turns a request into a `Caller`, or raises."""

    def __init__(
        self, directory: Directory, clock: Callable[[], float], proxies: ProxyTrust
    ) -> None:
        self._directory = directory
        self._proxies = proxies
        self._known: Final = directory.known
        self._clock = clock

    def recall(self, request: Request) -> Caller | None:
        """Return who is calling, if memory knows; raise `Unauthorized` or `Forbidden`."""
        known = self._known
        found = known.get(request.headers.get(b"authorization", b""))
        if found is None:
            for presented in credentials(request):
                found = known.get(presented)
                if found is not None:
                    break
            else:
                return None
        return self._caller(found, request)

    async def admit(self, request: Request) -> Caller:
        """Return who is calling; raise `Unauthorized` or `Forbidden`, or `Unavailable` if nobody can say."""
        for presented in credentials(request):
            found = self._known.get(presented) or await self._directory.find(presented)
            if found is not None:
                return self._caller(found, request)
        raise Unauthorized("this API key is not known", code="invalid_api_key")

    def _caller(self, found: Presented, request: Request) -> Caller:
        return found.caller if found.is_plain else self._checked(found, request)

    def _checked(self, found: Presented, request: Request) -> Caller:
        record = found.record
        if record.key_status != KEY_ENABLED:
            _refuse_status(record)
        if record.expires_at != NEVER and record.expires_at <= self._clock():
            raise Unauthorized("this API key has expired", code="api_key_expired")
        if record.user_status != USER_ENABLED:
            raise Forbidden("the user of this API key is disabled", code="user_disabled")
        if record.networks:
            _check_network(record, self._proxies.client(request.peer, request.headers))
        if found.caller.pinned is not None and record.role < ADMIN_ROLE:
            raise Forbidden(
                "only administrators may name a channel in the key", code="channel_not_allowed"
            )
        return found.caller


def _refuse_status(record: KeyRecord) -> NoReturn:
    match record.key_status:
        case 3:
            raise Unauthorized("this API key has expired", code="api_key_expired")
        case 4:
            raise Unauthorized(
                f"the quota of API key {record.payer.key_name!r} (#{record.payer.key_id}) is used up",
                code="api_key_exhausted",
            )
        case _:
            raise Unauthorized("this API key is disabled", code="api_key_disabled")


def _check_network(record: KeyRecord, client: Client) -> None:
    if client.is_among(record.networks):
        return
    networks = ", ".join(str(network) for network in record.networks)
    whence = f"you come from {client.address or 'a socket of this machine'}"
    if not client.is_known:
        whence = f"your own address is not certain behind {client.address or 'a socket'} (TRUSTED_PROXIES)"
    raise Forbidden(
        f"this API key may only be used from {networks}; {whence}", code="network_not_allowed"
    )


def check_model(caller: Caller, model: str) -> None:
    """Raise `Forbidden` if the key is limited to other models."""
    if caller.models and model not in caller.models:
        raise Forbidden(
            f"this API key may not use the model {model!r}", code="model_not_allowed", param="model"
        )


def pinned_channel(snapshot: Snapshot, name: str) -> Channel:
    """Return the channel an administrator named in key or path; raise when there is none or it is disabled."""
    channel = snapshot.channels.get(int(name)) if name.isdecimal() else None
    if channel is None:
        raise NotFound(f"there is no channel {name!r}", code="channel_not_found", status=400)
    if not channel.enabled:
        raise Forbidden(f"channel {name} is disabled", code="channel_disabled")
    return channel


def visible_models(snapshot: Snapshot, caller: Caller) -> list[str]:
    """Return the models this caller may use."""
    available = snapshot.models.get(caller.group, ())
    if not caller.models:
        return list(available)
    return [model for model in available if model in caller.models]
