"""One request, one channel after the other, until one answers or the budget is spent."""

import asyncio
from collections.abc import Callable, Collection
from functools import partial
from typing import Final

import structlog

from oneapi.errors import GatewayError, InvalidRequest, NotFound, Saturated, UpstreamError
from oneapi.providers.adjusting import judged
from oneapi.providers.quirks import NO_FIELDS
from oneapi.relay.answering import Answering
from oneapi.relay.delivery import BrokenOffError, StreamDelivery
from oneapi.relay.disabling import Disabling
from oneapi.relay.endings import as_told
from oneapi.relay.health import Health
from oneapi.relay.job import Attempt, Job
from oneapi.relay.offers import is_not_found
from oneapi.relay.routing import PINNED, WAITED, Balancer, serving
from oneapi.relay.snapshot import Channel
from oneapi.upstream import Timeouts, UpstreamClient, UpstreamResponse
from oneapi.wire.vendor_ids import request_id_in

log = structlog.get_logger()
MAX_ERROR_BYTES = 1 << 20
POLL_SECONDS = 0.1
ERROR_LENGTH: Final = 120  # characters of what a failed attempt said that the log keeps
SUCCESS: Final = frozenset({200, 201})


class Attempts:
    """What all attempts of a worker share."""

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
        self.answering = Answering(monotonic)
        self.deliveries: set[StreamDelivery] = set()
        self.timeouts = Timeouts()

    async def run(
        self, job: Job, last: UpstreamError | None = None, first: Channel | None = None
    ) -> None:
        """Answer the request; raise `GatewayError` when the client has not even a status line yet.

        `last` is why the first attempt failed, when there has been one already; `first` is the channel to begin with,
        when one has been chosen already.
        """
        if not job.stream:
            await self._until_answered(job, None, (last, first))
            return
        delivery = StreamDelivery(
            job.responder,
            job.keepalive,
            job.snapshot.policy.drain_seconds,
            job.extra_headers,
        )
        self.deliveries.add(delivery)
        try:
            await self._until_answered(job, delivery, (last, first))
        except GatewayError as error:
            if not delivery.started:
                raise
            job.failure = error
            delivery.fail(job.client.error_event(as_told(error), job.request.request_id))
        except BrokenOffError as broken:
            delivery.fail(job.client.error_event(broken.error, job.request.request_id))
        finally:
            self.deliveries.discard(delivery)

    async def _until_answered(
        self,
        job: Job,
        delivery: StreamDelivery | None,
        begun: tuple[UpstreamError | None, Channel | None],
    ) -> None:
        last, chosen = begun
        policy = job.snapshot.policy
        deadline = self._monotonic() + policy.retry_budget_seconds
        retries = 0 if job.pinned is not None else policy.retry_times
        tried = [channel_id for channel_id, _ in job.attempts]
        unsayable: dict[int, InvalidRequest] = {}
        while True:
            if last is not None and (
                not last.retryable
                or len(tried) > retries
                or job.responder.left
                or self._monotonic() >= deadline
            ):
                raise last
            channel = chosen or self.choose(job, [*tried, *unsayable])
            channel = channel or await self._otherwise(job, last, unsayable)
            chosen = None
            try:
                last = await self._outcome(job, channel, delivery)
            except InvalidRequest as error:  # nobody was asked: this vendor has no word for it
                if job.pinned is not None:
                    raise
                unsayable[channel.id] = error
                continue
            if last is None:
                return
            tried.append(channel.id)

    def choose(self, job: Job, tried: Collection[int]) -> Channel | None:
        """Return the channel for the next attempt, `None` when none can be tried now."""
        if job.pinned is not None:
            job.choice = PINNED
            return job.pinned
        balancer = self._balancer
        channel = balancer.choose(job.snapshot, job.route, job.asked, tried)
        job.choice = balancer.reason
        return channel

    async def _outcome(
        self, job: Job, channel: Channel, delivery: StreamDelivery | None
    ) -> UpstreamError | None:
        """Make one attempt; return why it failed, `None` if the client has its answer."""
        try:
            while (error := await self._try(job, channel, delivery)) is not None:
                attempt, failure = error
                if attempt is None or (delivery is not None and delivery.begun):
                    break
                if not self.adapt(job, attempt, failure):
                    break
        except BrokenOffError as broken:
            self.failed(job, channel, broken.cause)
            raise
        except BaseException:
            self.abandoned(job, channel)
            raise
        finally:
            job.adapted = NO_FIELDS
            job.asks_first_face = False
        if error is not None:
            self.failed(job, channel, error[1])
            return error[1]
        self.succeeded(job, channel)
        return None

    async def _try(
        self, job: Job, channel: Channel, delivery: StreamDelivery | None
    ) -> tuple[Attempt | None, UpstreamError] | None:
        """Send the request and deliver the answer; return what was tried and why it failed, `None` if it did not."""
        response: UpstreamResponse | None = None
        attempt: Attempt | None = None
        try:
            attempt = self._prepared(job, channel)
            request, job.onward = job.onward, None
            response = await self._upstream.send(
                request or attempt.offer.dialect.request(attempt.call),
                proxy=channel.target.config.get("proxy"),
                timeouts=self.timeouts,
            )
            if delivery is not None and not self._health.calm:
                delivery.begins = partial(self._health.succeeded, channel.id, job.route[1])
            attempt.request_id = request_id_in(response.headers)
            if response.status not in SUCCESS:
                raise await _refusal(attempt, response)
            if job.adapted:
                attempt.offer.dialect.adapted(attempt.call)
            if job.asks_first_face:
                channel.target.observed.faceless.add((job.asked, job.route[1]))
            await self.answering.answer(job, attempt, response, delivery)
        except UpstreamError as error:
            if attempt is not None:
                error.request_id = error.request_id or attempt.request_id
                job.operated = attempt.call.operated
            return attempt, error
        finally:
            if response is not None:
                response.close()
        return None

    def adapt(self, job: Job, attempt: Attempt, error: UpstreamError) -> bool:
        """Say whether the channel refused only what is ours, or another face may have it: it is asked again otherwise."""
        if is_not_found(attempt.offer, error):
            attempt.channel.found_nothing(job.asked, attempt.offer, error)
            job.asks_first_face = True
            log.info("vendor_face_lacks", channel_id=attempt.channel.id, model=attempt.call.model)
            return True
        adapted = attempt.offer.dialect.adapt(attempt.call, error)
        if not adapted:
            return False
        job.adapted = adapted
        log.info(
            "vendor_refused_ours",
            channel_id=attempt.channel.id,
            model=attempt.call.model,
            refused=sorted(adapted),
            error=error.message,
        )
        return True

    def _prepared(self, job: Job, channel: Channel) -> Attempt:
        offer = channel.offer(job.asked)
        if offer.otherwise is not None:
            faceless = channel.target.observed.faceless
            if job.asks_first_face or (job.asked, job.route[1]) in faceless:
                offer = offer.otherwise
        document = None if offer.passes_through else job.canonical(channel)
        return Attempt(channel, job.call(channel, offer.service, document), offer)

    def succeeded(self, job: Job, channel: Channel) -> None:
        """The channel answered; a usage that cannot be believed is no failure: the client has its answer."""
        self._health.succeeded(channel.id, job.route[1])
        self._disabling.succeeded(channel)

    def failed(self, job: Job, channel: Channel, error: UpstreamError) -> None:
        """The attempt failed; the channel may have to rest, or be switched off."""
        job.attempts.append((channel.id, error.status))
        action = judged(error, channel.target.adjustments)
        said = error.message[:ERROR_LENGTH]
        job.errors = (*job.errors, f"{said} (status mapping: {action})" if action else said)
        self._health.failed(channel.id, job.route[1], error)
        self._disabling.failed(channel, error, job.snapshot.policy)

    def abandoned(self, job: Job, channel: Channel) -> None:
        """The attempt ended without a verdict on the channel."""
        self._health.abandoned(channel.id, job.route[1])

    async def _otherwise(
        self, job: Job, last: UpstreamError | None, unsayable: dict[int, InvalidRequest]
    ) -> Channel:
        """No channel can be tried now: say why, or wait for one that rests.

        `unsayable`: why the vendors of some channels cannot be sent the request; it is the answer when no other channel is
        left.
        """
        if last is not None:
            raise last
        served = serving(job.snapshot.routes.get(job.route, ()), job.asked)
        able = [channel for channel in served if channel.id not in unsayable]
        if not able:
            raise next(iter(unsayable.values()), None) or _no_channel(job)
        return await self._wait(job, [(channel.id, job.route[1]) for channel in able], unsayable)

    async def _wait(
        self, job: Job, places: list[tuple[int, str]], others: Collection[int]
    ) -> Channel:
        """Every channel but `others` rests, or is being probed: wait a bounded time for the first."""
        deadline = self._monotonic() + job.snapshot.policy.saturation_wait_seconds
        while True:
            rest = self._health.rest_seconds(places)
            left = deadline - self._monotonic()
            if left <= 0 or rest > left:
                raise Saturated(
                    f"every channel for {job.route[1]!r} is resting after errors",
                    retry_after=max(1.0, rest),
                )
            await asyncio.sleep(min(POLL_SECONDS, left))
            chosen = self._balancer.choose(job.snapshot, job.route, job.asked, others)
            if chosen is not None:
                job.choice = WAITED
                return chosen


async def _refusal(attempt: Attempt, response: UpstreamResponse) -> UpstreamError:
    body = await response.read(MAX_ERROR_BYTES)
    return attempt.offer.dialect.error(response.status, response.headers, body)


def _no_channel(job: Job) -> NotFound:
    group, model = job.route
    return NotFound(
        f"no channel of group {group!r} serves {job.endpoint.value} with the model {model!r}",
        code="endpoint_not_supported",
        param="model",
    )
