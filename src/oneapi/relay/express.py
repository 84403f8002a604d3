"""The common request without a task: a whole answer, same dialect on both sides, everything in memory.

It is the walk of `pipeline` with callbacks instead of awaits: the same functions admit, price, hold, choose, settle and
answer. Whatever needs waiting (an unknown key, quota from the database, a new connection, a second channel) is handed over
to the pipeline; nothing has left for the client by then.
"""

import asyncio
from collections.abc import Callable
from typing import Final

from oneapi.errors import GatewayError, UpstreamError
from oneapi.relay.answering import BINARY
from oneapi.relay.attempts import SUCCESS
from oneapi.relay.drafting import drafted, priced
from oneapi.relay.endings import fail
from oneapi.relay.exchange import Request, Responder
from oneapi.relay.job import Attempt, Job
from oneapi.relay.parts import Parts
from oneapi.relay.routes import Kind, Route
from oneapi.relay.snapshot import Channel
from oneapi.relay.translation import MAX_ANSWER_BYTES
from oneapi.upstream import REDIRECTS, Exchange, UnansweredError, redirected
from oneapi.wire.vendor_ids import HEADERS, LONGEST

# Carries the job on in a task: why the first attempt failed, or the channel that it is still to be made on.
GoOn = Callable[[Job, UpstreamError | None, Channel | None], None]
Fail = Callable[[Job, Exception], None]
_RELAY: Final = Kind.RELAY


def prepared(parts: Parts, request: Request, responder: Responder, route: Route) -> Job | None:
    """Return the job of a model request, its quota held; `None` when something has to be waited for.

    Raises `GatewayError` as the pipeline would.
    """
    if route.kind is not _RELAY or type(request.body) is not bytes:
        return None
    caller = parts.admission.recall(request)
    if caller is None:
        return None
    job = drafted(parts, request, responder, route, caller)
    if job.wanted is not None:
        affordable = parts.balances.recall(caller.payer) if job.needs_balance else 0
        if affordable is None:
            return None
        priced(job, affordable)
    hold = parts.ledger.hold_now(caller.payer, job.ceiling, request.request_id)
    if hold is None:
        return None
    job.hold = hold
    return job


class Express:
    """One request whose first attempt is under way; the responder's flow, and the vendor's listener.

    `chosen`: the channel whose turn it is, also for whoever carries on when `start` could not.
    """

    __slots__ = ("_attempt", "_exchange", "_fail", "_go_on", "_job", "_parts", "chosen")

    def __init__(self, parts: Parts, job: Job, go_on: GoOn, fail: Fail) -> None:
        self._parts = parts
        self._job = job
        self._go_on = go_on
        self._fail = fail
        self._attempt: Attempt | None = None
        self._exchange: Exchange | None = None
        self.chosen: Channel | None = None

    def start(self) -> bool:
        """Send the request if that takes no waiting; otherwise nothing has left."""
        job, parts = self._job, self._parts
        if job.stream or job.endpoint in BINARY:
            return False
        attempts = parts.attempts
        channel = self.chosen = attempts.choose(job, ())
        if channel is None:
            return False
        offer = channel.offers.get(job.asked)
        if offer is None or not offer.answer_passes or not channel.is_direct:
            return False
        if offer.otherwise is not None and channel.target.observed.faceless:
            return False  # the first face may be the one that has it
        call = job.call(channel, offer.service, None)
        self._attempt = attempt = Attempt(channel, call, offer)
        try:
            request = offer.dialect.request(attempt.call)
        except GatewayError:  # this vendor cannot be told, another one may
            return False
        job.responder.attach(self)
        self._exchange = parts.upstream.send_now(
            request, attempts.timeouts, MAX_ANSWER_BYTES, self._ended
        )
        if self._exchange is None:
            job.responder.attach(None)
            return False
        return True

    def _ended(self, exchange: Exchange) -> None:
        """The vendor's answer is there, or there is none; called from its socket, so nothing may be raised."""
        job, attempt = self._job, self._attempt
        assert attempt is not None, "start() made it"
        self._exchange = None  # nothing of a request may refer to itself when it is over
        attempts = self._parts.attempts
        try:
            self._answer(job, attempt, exchange)
        except (
            UnansweredError
        ):  # nobody has served it: the connection had died idle, or the vendor points elsewhere
            self._hand_over(job, None, attempt.channel)
        except UpstreamError as error:
            error.request_id = error.request_id or attempt.request_id
            job.operated = attempt.call.operated
            if attempts.adapt(job, attempt, error):
                self._hand_over(job, None, attempt.channel)
            else:
                attempts.failed(job, attempt.channel, error)
                self._hand_over(job, error, None)
        except Exception as error:  # noqa: BLE001 - said and logged at the front door, like the pipeline's
            attempts.abandoned(job, attempt.channel)
            self._fail(job, error)
        else:
            attempts.succeeded(job, attempt.channel)
            job.responder.done()

    def _answer(self, job: Job, attempt: Attempt, exchange: Exchange) -> None:
        if exchange.error is not None:
            raise exchange.error
        headers, body = exchange.headers, exchange.body()
        attempt.request_id = headers.first(HEADERS)[:LONGEST]
        status = exchange.status
        if status not in SUCCESS:
            dialect = attempt.offer.dialect
            if status in REDIRECTS:
                request = dialect.request(attempt.call)
                job.onward = redirected(request, headers.get("location"))
                if job.onward is not None:
                    raise UnansweredError("the vendor points elsewhere")
            raise dialect.error(status, headers, body)
        answering = self._parts.attempts.answering
        answering.whole(job, attempt, headers.get("content-type", ""), body)

    def _hand_over(self, job: Job, error: UpstreamError | None, channel: Channel | None) -> None:
        if not job.responder.left:
            job.responder.attach(None)
            self._go_on(job, error, channel)
            return
        if channel is not None:
            self._parts.attempts.abandoned(job, channel)
        fail(job, error, self._parts.monotonic())
        job.responder.done()

    def client_left(self) -> None:
        """Nobody waits any more: cancel the vendor, unless its answer is coming in, with what it costs."""
        exchange = self._exchange
        if exchange is None:
            return
        seconds = self._job.snapshot.policy.drain_seconds
        if exchange.status and seconds > 0:
            asyncio.get_running_loop().call_later(seconds, exchange.close)
        else:
            exchange.close()

    def pause(self) -> None:
        """A whole answer is one write."""

    def resume(self) -> None:
        """A whole answer is one write."""
