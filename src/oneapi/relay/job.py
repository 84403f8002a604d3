"""One client request on its way through the relay, as a value: what every stage needs and nobody changes."""

from collections.abc import Mapping
from typing import Any

import msgspec

from oneapi.ledger import Facts, Hold
from oneapi.providers.base import Call, Dialect, Document, Endpoint
from oneapi.relay.directory import Caller
from oneapi.relay.exchange import JSON, HeaderPairs, Request, Responder
from oneapi.relay.metering import estimate_prompt
from oneapi.relay.multipart import MultipartEnvelope, with_model
from oneapi.relay.pricing import price_of
from oneapi.relay.snapshot import Channel, Snapshot
from oneapi.wire.dialect import ClientDialect, Envelope
from oneapi.wire.usage import Usage

# Client headers that a vendor may see; everything else (keys, cookies, addresses) stays here.
TRAVELLING = frozenset(
    {b"anthropic-version", b"anthropic-beta", b"openai-beta", b"idempotency-key"}
)
NOTHING: Mapping[str, str] = {}


class Attempt(msgspec.Struct, frozen=True):
    """One try of one request on one channel. `passes_through`: client and vendor speak the same dialect."""

    channel: Channel
    call: Call
    dialect: Dialect
    passes_through: bool


class Job(msgspec.Struct, frozen=True):
    """A request that was admitted, with its hold."""

    request: Request
    body: Any
    responder: Responder
    client: ClientDialect
    endpoint: Endpoint
    caller: Caller
    envelope: Envelope
    snapshot: Snapshot
    pinned: Channel | None
    hold: Hold
    imposed_limit: int | None
    document: list[Document]  # the canonical document, made when first asked for
    attempts: list[tuple[int, int]]  # (channel id, status) of the attempts that failed

    @property
    def route(self) -> tuple[str, str]:
        """Return what routing looks up."""
        return (self.caller.group, self.envelope.model)

    @property
    def extra_headers(self) -> HeaderPairs:
        """Return what the answer's headers say besides the usual."""
        if self.imposed_limit is None:
            return ()
        return ((b"x-oneapi-max-tokens", str(self.imposed_limit).encode()),)

    def call(self, channel: Channel, document: Document | None) -> Call:
        """Address the request to a channel; `document` is the canonical one in the slow lane."""
        request, envelope = self.request, self.envelope
        model = channel.model_mapping.get(envelope.model, envelope.model)
        body = self.body
        if isinstance(envelope, MultipartEnvelope) and model != envelope.model:
            body = with_model(body, envelope.form, model)
        headers = request.headers
        return Call(
            self.endpoint,
            channel.target,
            model,
            envelope.model,
            envelope.stream,
            body,
            document,
            headers.get(b"content-type", JSON).decode("latin-1"),
            envelope.shows_usage,
            self.imposed_limit,
            channel.system_prompt,
            NOTHING if TRAVELLING.isdisjoint(headers) else _travelling(headers),
            request.query,
            request.request_id,
            request.created_at,
            envelope.stream_options is not None,
            estimate_prompt(self.endpoint, body, model=model, margin=False) if document else 0,
        )

    def canonical(self) -> Document:
        """Return the canonical document of a chat, decoded once."""
        if not self.document:
            self.document.append(self.client.to_canonical(self.body))
        return self.document[0]

    def settle(self, attempt: Attempt, usage: Usage, ended: str, now: float) -> None:
        """Charge the request; call it before the last byte goes out. `now` is monotonic seconds."""
        channel, call = attempt.channel, attempt.call
        request, envelope, snapshot = self.request, self.envelope, self.snapshot
        self.hold.settle(
            usage,
            price_of(snapshot, channel, envelope, self.endpoint),
            snapshot.prices.factor(self.caller.group),
            Facts(
                call.model,
                channel.id,
                envelope.stream,
                int((now - request.arrived) * 1000),
                request.created_at,
                ended,
                tuple(self.attempts),
                channel.system_prompt is not None,
                envelope.model,
                str(self.endpoint),
            ),
        )

    def usage(self, reported: Usage | None, output_tokens: int, ended: str) -> Usage:
        """Return what is charged: as reported when the answer is whole, otherwise at least what was delivered."""
        if reported is None or not (
            reported.input_tokens or reported.output_tokens or _other(reported)
        ):
            prompt = estimate_prompt(
                self.endpoint, self.body, model=self.envelope.model, margin=False
            )
            return Usage(input_tokens=prompt, output_tokens=output_tokens, estimated=True)
        if ended != "complete" and output_tokens > reported.output_tokens:
            return msgspec.structs.replace(reported, output_tokens=output_tokens, estimated=True)
        return reported


def _other(usage: Usage) -> bool:
    return bool(usage.images or usage.seconds or usage.characters)


def _travelling(headers: dict[bytes, bytes]) -> dict[str, str]:
    return {name.decode(): headers[name].decode("latin-1") for name in headers.keys() & TRAVELLING}
