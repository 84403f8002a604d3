"""`POST /v1/messages/count_tokens`: the vendor's own count where a channel has one, exact and free; else our estimate.

Counting has rate limits of its own at vendors, and some that speak the dialect do not count at all: what comes of it says
nothing about chats. So a channel rests from counting on its own, and nothing is charged or logged.
Source: https://platform.claude.com/docs/en/build-with-claude/token-counting (read 2026-11-26).
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Final

import msgspec

from oneapi.errors import UpstreamError
from oneapi.providers.adjusting import judged
from oneapi.providers.base import Call, Dialect
from oneapi.providers.provider import Service
from oneapi.providers.quirks import NO_FIELDS
from oneapi.relay.disabling import Disabling
from oneapi.relay.exchange import JSON, Request
from oneapi.relay.health import Health
from oneapi.relay.job import TRAVELLING
from oneapi.relay.routing import Balancer, resting_place
from oneapi.relay.snapshot import Channel, Snapshot
from oneapi.upstream import Timeouts, UpstreamClient
from oneapi.wire.decoding import UNDECODABLE
from oneapi.wire.endpoints import ClientPath

_MAX_BYTES: Final = 64 << 10
_SUCCESS: Final = 200


class _Counted(msgspec.Struct):
    input_tokens: int


_COUNTED: Final = msgspec.json.Decoder(_Counted)


@dataclass(frozen=True, slots=True)
class Count:
    """A request to count.

    `body` as it is to be read, `asked` the path it came on, `route` group and model, `pinned` the channel of the key.
    """

    request: Request
    body: bytes
    asked: ClientPath
    route: tuple[str, str]
    snapshot: Snapshot
    pinned: Channel | None


class Counting:
    """Asks the channels of a model that count; one per worker."""

    def __init__(
        self,
        upstream: UpstreamClient,
        balancer: Balancer,
        health: Health,
        disabling: Disabling,
        monotonic: Callable[[], float],
    ) -> None:
        self._upstream = upstream
        self._balancer = balancer
        self._health = health
        self._disabling = disabling
        self._monotonic = monotonic

    async def count(self, count: Count, timeouts: Timeouts) -> bytes | None:
        """Return a vendor's answer, `None` when there is none to be had now.

        Raises the vendor's refusal when the request itself is at fault.
        """
        place = resting_place(count.route, count.asked.endpoint)
        policy = count.snapshot.policy
        deadline = self._monotonic() + policy.retry_budget_seconds
        tried: list[int] = []
        while len(tried) <= policy.retry_times and self._monotonic() < deadline:
            channel = self._chosen(count, tried)
            if channel is None:
                return None
            try:
                answer = await self._ask(count, channel, timeouts)
            except UpstreamError as error:
                judged(error, channel.target.adjustments)
                self._health.failed(channel.id, place, error)
                if error.auth_failed:
                    self._disabling.failed(channel, error, policy)
                if not error.retryable and error.body is not None:
                    raise
                tried.append(channel.id)
            except BaseException:
                self._health.abandoned(channel.id, place)
                raise
            else:
                self._health.succeeded(channel.id, place)
                return answer
        return None

    def _chosen(self, count: Count, tried: Collection[int]) -> Channel | None:
        pinned = count.pinned
        if pinned is None:
            return self._balancer.choose(count.snapshot, count.route, count.asked, tried)
        serves = count.asked in pinned.offers and pinned.id not in tried
        return pinned if serves else None

    async def _ask(self, count: Count, channel: Channel, timeouts: Timeouts) -> bytes:
        """Ask one channel, again where it refuses only what is ours."""
        offer = channel.offers[count.asked]
        adapted = NO_FIELDS
        while True:
            call = _call(count, channel, offer.service, adapted)
            try:
                return await self._answer(call, offer.dialect, timeouts)
            except UpstreamError as error:
                adapted = offer.dialect.adapt(call, error)
                if not adapted:
                    raise

    async def _answer(self, call: Call, dialect: Dialect, timeouts: Timeouts) -> bytes:
        response = await self._upstream.send(
            dialect.request(call), proxy=call.target.config.get("proxy"), timeouts=timeouts
        )
        try:
            body = await response.read(_MAX_BYTES)
        finally:
            response.close()
        if response.status != _SUCCESS:
            raise dialect.error(response.status, response.headers, body)
        try:
            _COUNTED.decode(body)
        except UNDECODABLE as error:
            raise UpstreamError("the vendor's answer is no count of tokens") from error
        return body


def _call(count: Count, channel: Channel, service: Service, adapted: frozenset[str]) -> Call:
    request = count.request
    headers, model = request.headers, count.route[1]
    return Call(
        count.asked.endpoint,
        service,
        channel.target,
        channel.model_mapping.get(model, model),
        model,
        False,
        count.body,
        content_type=JSON.decode(),
        system_prompt=channel.system_prompt,
        headers={n.decode(): headers[n].decode("latin-1") for n in TRAVELLING if n in headers},
        query=request.query,
        request_id=request.request_id,
        created=request.created_at,
        adapted=adapted,
        client_headers=headers,
    )
