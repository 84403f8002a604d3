"""One client request on its way through the relay: what every stage needs to know of it."""

from collections.abc import Callable
from typing import Any, Final

from msgspec import UNSET

from oneapi.ledger import Facts, Hold
from oneapi.ledger.pricing import Price, searching
from oneapi.ledger.variants import dearest, in_force, varies
from oneapi.providers.base import NOTHING, Call, Document, UpstreamRequest
from oneapi.providers.provider import Service
from oneapi.providers.quirks import NO_FIELDS
from oneapi.relay.billable import OTHER_UNITS, TEXT, Sent, billable_usage
from oneapi.relay.ceiling import Demand
from oneapi.relay.directory import Caller
from oneapi.relay.exchange import JSON, HeaderPairs, Request, Responder
from oneapi.relay.metering import estimate_prompt
from oneapi.relay.multipart import MultipartEnvelope, with_model
from oneapi.relay.offers import Offer
from oneapi.relay.pricing import Worst, candidates_of, price_of
from oneapi.relay.routes import Route
from oneapi.relay.snapshot import Channel, Snapshot
from oneapi.wire.dialect import Envelope, StreamOptions
from oneapi.wire.endpoints import Endpoint, endpoints
from oneapi.wire.served_tiers import asked_tier, told_tier
from oneapi.wire.service_tiers import without_tiers
from oneapi.wire.usage import Usage

# Client headers that a vendor may see; everything else (keys, cookies, addresses) stays here.
TRAVELLING: Final[tuple[bytes, ...]] = (
    b"anthropic-version",
    b"anthropic-beta",
    b"openai-beta",
    b"idempotency-key",
)
_SPEECH: Final = Endpoint.SPEECH
_UNSET: Final = UNSET
_STREAMED: Final = endpoints(lambda row: row.streams_by == "stream")


class Attempt:
    """One try of one request on one channel, at the service that it offers.

    `request_id`: the vendor's, as soon as it has answered; `tier`: of its service, in its words, where that has a price.
    """

    __slots__ = ("call", "channel", "offer", "request_id", "tier")

    def __init__(self, channel: Channel, call: Call, offer: Offer) -> None:
        self.channel: Final = channel
        self.call: Final = call
        self.offer: Final = offer
        self.request_id = ""
        self.tier = ""


class Job:
    """A model request that was understood; `hold` is there once its quota has been put aside.

    `route`: what routing looks up. `attempts`: (channel id, status) of the attempts that failed, `errors`: what they
    said; `choice`: why the channel of the next one was chosen; `failure`: what a stream that had begun was told.
    `ceiling` (quota) is
    worked out from `wanted` and `worst` when nothing simpler has said it. `imposed_limit` is what the vendor is told
    instead of what the client said: it named no limit, or several. `adapted`: what the next
    attempt does otherwise, because the channel that it is made on has refused something of ours. `onward`: what the next
    attempt sends, because the vendor has pointed there. `operated`: what the channel of the last failed attempt had made of
    its request.
    """

    __slots__ = (
        "adapted",
        "asked",
        "asks_first_face",
        "attempts",
        "body",
        "caller",
        "ceiling",
        "choice",
        "client",
        "document",
        "endpoint",
        "envelope",
        "errors",
        "failure",
        "hold",
        "imposed_limit",
        "onward",
        "operated",
        "picked_tiers",
        "pinned",
        "plain_body",
        "request",
        "responder",
        "route",
        "snapshot",
        "stream",
        "wanted",
        "worst",
    )

    hold: Hold

    def __init__(
        self,
        request: Request,
        responder: Responder,
        way: Route,
        route: tuple[str, str],
        caller: Caller,
        envelope: Envelope,
        body: Any,
        snapshot: Snapshot,
        pinned: Channel | None,
        worst: Worst,
    ) -> None:
        self.request: Final = request
        self.responder: Final = responder
        self.asked: Final = way.asked
        self.client: Final = way.client
        self.endpoint: Final = way.endpoint
        self.caller: Final = caller
        self.envelope: Final = envelope
        # A property of Python's costs a frame; only speech defines its own.
        is_speech = way.endpoint is _SPEECH
        self.stream: Final = (
            envelope.stream
            if is_speech
            else envelope.stream_flag is True and way.endpoint in _STREAMED
        )
        self.route: Final = route
        self.body: Final = body
        self.snapshot: Final = snapshot
        self.pinned: Final = pinned
        self.worst: Final = worst
        self.wanted: Demand | None = None
        self.ceiling = 0
        self.imposed_limit: int | None = None
        self.document: tuple[bytes, Document] | None = None
        self.attempts: list[tuple[int, int]] = []
        self.errors: tuple[str, ...] = ()
        self.choice = ""
        self.failure: Exception | None = None
        self.adapted = NO_FIELDS
        self.asks_first_face = False
        self.onward: UpstreamRequest | None = None
        self.picked_tiers: tuple[str, ...] = ()
        self.plain_body: bytes | None = None
        self.operated: tuple[str, ...] = ()

    @property
    def needs_balance(self) -> bool:
        """Whether the output limit depends on what the payer has left."""
        wanted = self.wanted
        return wanted is not None and wanted.limit is None and not self.worst.is_free

    @property
    def extra_headers(self) -> HeaderPairs:
        """Return what the answer's headers say besides the usual."""
        if self.imposed_limit is None:
            return ()
        return ((b"x-oneapi-max-tokens", str(self.imposed_limit).encode()),)

    def call(self, channel: Channel, service: Service, document: Document | None) -> Call:
        """Address the request to a channel's service; `document` is the canonical one in the slow lane."""
        request = self.request
        envelope = self.envelope
        options = envelope.stream_options
        says_options = options is not _UNSET
        asked = self.route[1]
        model = channel.model_mapping.get(asked, asked)
        body = self.body if not self.picked_tiers else self.body_for(channel)
        if model != asked and isinstance(envelope, MultipartEnvelope):
            body = with_model(body, envelope.form, model)
        headers = request.headers
        return Call(
            self.endpoint,
            service,
            channel.target,
            model,
            asked,
            self.stream,
            body,
            document,
            headers.get(b"content-type", JSON).decode("latin-1"),
            says_options and isinstance(options, StreamOptions) and options.include_usage is True,
            self.imposed_limit,
            channel.system_prompt,
            _travelling(headers),
            request.query,
            request.request_id,
            request.created_at,
            says_options,
            0 if document is None else estimate_prompt(self.endpoint, body, model=model),
            self.adapted,
            headers,
        )

    def keepalive(self) -> bytes:
        """Return what a stream's client is sent while there is nothing to say."""
        request = self.request
        return self.client.keepalive(
            self.endpoint, self.route[1], request.request_id, request.created_at
        )

    def body_for(self, channel: Channel) -> Any:
        """Return what a channel is sent: without a tier of the vendor's service that its operator has not allowed."""
        if not self.picked_tiers or channel.allows_tiers:
            return self.body
        if self.plain_body is None:
            self.plain_body = without_tiers(self.body, self.picked_tiers)
        return self.plain_body

    def tier_for(self, channel: Channel) -> str:
        """Return the words by which a channel is asked for a tier of the vendor's service."""
        allowed = self.picked_tiers and channel.allows_tiers
        return asked_tier(self.envelope) if allowed else ""

    def held_price(self) -> Price:
        """Return the dearest price, in the tier that the client asks for where any channel lets it."""
        if not self.picked_tiers:
            return self.worst.price
        channels = (
            candidates_of(self.snapshot, self.route) if self.pinned is None else (self.pinned,)
        )
        return dearest(self.worst.price, max([self.tier_for(one) for one in channels], default=""))

    def canonical(self, channel: Channel) -> Document:
        """Return the canonical document of a chat, decoded once for all channels that are sent the same."""
        body = self.body_for(channel)
        known = self.document
        if known is None or known[0] is not body:
            known = self.document = (body, self.client.to_canonical(body))
        return known[1]

    def _told_tier(self, attempt: Attempt) -> str:
        """Return the words by which the vendor was asked for a tier: on its way a request may lose them."""
        if not self.picked_tiers or not attempt.channel.allows_tiers:
            return ""
        body = attempt.offer.dialect.request(attempt.call).body
        return told_tier(body) if type(body) is bytes else ""

    def settle(
        self, attempt: Attempt, usage: Usage, ended: str, now: float, first_at: float = 0.0
    ) -> None:
        """Charge the request; call it before the last byte goes out.

        `now`, and `first_at` when the first token came (0 if nobody has seen it): monotonic seconds.
        """
        channel = attempt.channel
        request = self.request
        worst = self.worst
        price = worst.price
        if not worst.is_common:
            price = price_of(self.snapshot, channel, self.envelope, self.endpoint)
            if varies(price):
                served = attempt.tier or self._told_tier(attempt)
                price = in_force(price, served, request.created_at)
        if usage.searches:
            price = searching(price)
        self.hold.settle(
            usage,
            price,
            worst.factor,
            Facts(
                attempt.call.model,
                channel.id,
                self.stream,
                int((now - request.arrived) * 1000),
                request.created_at,
                ended,
                tuple(self.attempts),
                channel.system_prompt is not None,
                self.route[1],
                str(self.endpoint),
                attempt.request_id,
                self.choice,
                max(1, int((first_at - request.arrived) * 1000)) if first_at else 0,
                self.errors,
                attempt.call.operated,
                channel.cost_factor,
            ),
        )

    def takes(self, usage: Usage) -> bool:
        """Whether a whole answer's usage is charged as it is: what nearly all vendors nearly always report."""
        if usage.oddity or usage.total_tokens or usage.searches:
            return False
        read: Any = usage.input_tokens
        made: Any = usage.output_tokens
        if type(read) is not int or type(made) is not int:
            return False
        inputs: int = read
        outputs: int = made
        window = self.worst.window
        if not 0 < inputs <= window:
            return False
        if self.endpoint in TEXT:
            return 0 < outputs <= window
        return outputs == 0 and self.endpoint not in OTHER_UNITS

    def within_limit(self, delivered: int, hidden: int) -> int:
        """Return how much was made in all, when some of it may have been hidden: no more than the limit that was sent."""
        limit = self.envelope.output_limit or self.imposed_limit
        if limit is None:
            return delivered + hidden
        return max(delivered, min(delivered + hidden, limit * self.envelope.answers))

    def usage(
        self, reported: Usage | None, delivered: Callable[[], int], *, is_whole: bool
    ) -> Usage:
        """Return what is charged; see `billable_usage`."""
        envelope = self.envelope
        sent = Sent(
            self.endpoint,
            self.body,
            self.route[1],
            self.worst.window,
            envelope.output_limit or self.worst.output_cap or 0,
            envelope.answers,
        )
        sent.price = self.worst.price
        return billable_usage(sent, reported, delivered(), is_whole=is_whole)


def _travelling(headers: dict[bytes, bytes]) -> dict[str, str]:
    found = NOTHING
    for name in TRAVELLING:
        if name in headers:
            found = {**found, name.decode(): headers[name].decode("latin-1")}
    return found
