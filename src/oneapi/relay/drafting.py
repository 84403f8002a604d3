"""Understanding and pricing a model request, from memory alone: from its bytes to a `Job` with a ceiling."""

from typing import Any, Final

import msgspec

from oneapi.errors import GatewayError, InvalidRequest, NotFound, Unavailable
from oneapi.ledger.charging import quota_of
from oneapi.relay import metering
from oneapi.relay.admission import check_model, pinned_channel
from oneapi.relay.ceiling import Asked, ceiling, demand
from oneapi.relay.directory import Caller
from oneapi.relay.exchange import Request, Responder
from oneapi.relay.job import Job
from oneapi.relay.multipart import envelope_of, read_form
from oneapi.relay.other_models import check_other_models
from oneapi.relay.parts import Parts
from oneapi.relay.pricing import Worst
from oneapi.relay.routes import Route
from oneapi.relay.snapshot import Snapshot
from oneapi.upstream.bodies import SpooledBody
from oneapi.wire.decoding import decode_as, repaired
from oneapi.wire.dialect import ClientDialect, Envelope, PlainEnvelope
from oneapi.wire.endpoints import ROWS, Endpoint
from oneapi.wire.field_names import check_names
from oneapi.wire.outsides import plain_bound
from oneapi.wire.service_tiers import picked_tiers

FORMS: Final = {row.endpoint: row for row in ROWS.values() if row.file_field}
_LIMITS: Final = {row.endpoint: row.limits for row in ROWS.values() if row.limits}
_FIELDS: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_CHAT: Final = Endpoint.CHAT
_SPEECH: Final = Endpoint.SPEECH
_TOKENS_PER_MESSAGE: Final = metering.HOLDING.message
_LONG_CONTEXT: Final = (b"context-1m", 1_000_000)  # an `anthropic-beta`, and the window it opens


def drafted(
    parts: Parts, request: Request, responder: Responder, route: Route, caller: Caller
) -> Job:
    """Understand a model request; raise `GatewayError` naming what is wrong with it.

    Its ceiling is set when the client named a limit of a text; otherwise `priced` works it out.
    """
    snapshot = parts.snapshot
    endpoint = route.endpoint
    body = request.body
    if type(body) is bytes and not route.argument:
        try:
            envelope = route.client.envelope(body, endpoint)
        except InvalidRequest as error:
            envelope, body = read_again(route.client, body, endpoint, error)
    else:
        envelope, body = _unusual(request, route)
    model = envelope.model
    if caller.models:
        check_model(caller, model)
    pinned = None if caller.pinned is None else pinned_channel(snapshot, caller.pinned)
    place = (caller.group, model)
    worst = parts.pricing.worst(snapshot, place, envelope, endpoint, pinned)
    if worst is None:
        raise no_route(snapshot, caller, model)
    job = Job(request, responder, route, place, caller, envelope, body, snapshot, pinned, worst)
    if endpoint is not _CHAT or not _plainly_priced(job, envelope, worst):
        _demand(job, metering.HOLDING)
    return job


def _plainly_priced(job: Job, envelope: Envelope, worst: Worst) -> bool:
    """Set the ceiling of a chat in text with one limit of its own, which most requests are."""
    if not worst.is_flat:
        return False
    bound: int = envelope.bound if isinstance(envelope, PlainEnvelope) else plain_bound(envelope)
    if bound <= 0:
        return False
    body: bytes = job.body
    # A body with a single array has no parts: that one is the messages.
    if body.find(b"[", body.find(b"[") + 1) >= 0 and metering.has_parts(body):
        return False
    tokens = len(body) + _TOKENS_PER_MESSAGE + worst.instructions
    if tokens > worst.window:
        return False
    nano = tokens * worst.per_input + bound * worst.per_output + worst.per_call
    job.ceiling = quota_of(nano, worst.factor)
    return True


def _demand(job: Job, rates: metering.Rates) -> None:
    """Set what the request wants, for `priced` to make a ceiling of."""
    envelope, worst = job.envelope, job.worst
    check_other_models(envelope, job.body)
    job.picked_tiers = picked_tiers(envelope)
    if job.endpoint is _SPEECH:  # whose `speed` is how fast is spoken
        job.picked_tiers = tuple([name for name in job.picked_tiers if name != "speed"])
    limit = envelope.output_limit
    if limit and job.endpoint in _LIMITS and not envelope.says_limit(_LIMITS[job.endpoint]):
        job.imposed_limit = limit
    job.wanted = demand(
        job.endpoint,
        job.body,
        Asked(
            limit,
            envelope.answers,
            envelope.output_beside,
            envelope.characters,
            envelope.audio is not None,
            envelope.model,
            _window(job),
            worst.instructions,
            metering.compacts(envelope.context_management),
        ),
        rates,
    )


def _window(job: Job) -> int:
    """Return how many tokens the model reads at most; a client may ask Anthropic for the longer one."""
    window = job.worst.window
    beta, longer = _LONG_CONTEXT
    asks = beta in job.request.headers.get(b"anthropic-beta", b"")
    return max(window, longer) if asks else window


def priced(job: Job, affordable: int) -> None:
    """Set the most that the request may cost, and the output limit to impose on it, if that is still open."""
    wanted = job.wanted
    if wanted is not None:
        worst = job.worst
        most = ceiling(wanted, job.held_price(), worst.factor, worst.output_cap, affordable)
        job.ceiling = most.quota
        if most.imposed_limit is not None:
            job.imposed_limit = most.imposed_limit


def tightened(job: Job, affordable: int) -> bool:
    """Look at the prompt more closely, where the balance is too small for the ceiling; say whether it is less now."""
    before = job.ceiling
    _demand(job, metering.TIGHT)
    priced(job, affordable)
    return job.ceiling < before


def read_again(
    client: ClientDialect, body: bytes, endpoint: Endpoint, error: InvalidRequest
) -> tuple[Envelope, bytes]:
    """Return envelope and body of a text that Go reads and we do not; raise `error` if that is not why."""
    again = repaired(body)
    if again is body:
        raise error
    return client.envelope(again, endpoint), again


def _unusual(request: Request, route: Route) -> tuple[Envelope, Any]:
    """Return envelope and body of a form, or of a request whose path names the model."""
    body = request.body
    if isinstance(body, SpooledBody):
        row = FORMS[route.endpoint]
        form = read_form(body, request.header(b"content-type"))
        return envelope_of(form, row.default_model, row.file_field), body
    body = repaired(body)
    check_names(body)
    document = decode_as(_FIELDS, body)
    document.setdefault("model", msgspec.Raw(msgspec.json.encode(route.argument)))
    body = msgspec.json.encode(document)
    return route.client.envelope(body, route.endpoint), body


def no_route(snapshot: Snapshot, caller: Caller, model: str) -> GatewayError:
    """Return why nobody serves a model: it is none of this group's, or its channels are switched off at the moment."""
    group = caller.group
    if any(
        model in channel.models and group in channel.groups
        for channel in snapshot.channels.values()
    ):
        return Unavailable(
            f"every channel for the model {model!r} is switched off at the moment",
            code="channels_disabled",
            param="model",
        )
    return NotFound(
        f"the model {model!r} does not exist for group {group!r}; GET /v1/models lists those that do",
        code="model_not_found",
        param="model",
    )
