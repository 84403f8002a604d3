"""Understanding and pricing a model request, from memory alone: from its bytes to a `Job` with a ceiling."""

from typing import Any, Final

import msgspec

from oneapi.errors import InvalidRequest, Unavailable
from oneapi.ledger.charging import quota_of
from oneapi.providers.base import Endpoint
from oneapi.relay import metering
from oneapi.relay.admission import check_model, pinned_channel
from oneapi.relay.directory import Caller
from oneapi.relay.exchange import Request, Responder
from oneapi.relay.job import Job
from oneapi.relay.multipart import envelope_of, read_form
from oneapi.relay.parts import Parts
from oneapi.relay.pricing import Worst
from oneapi.relay.routes import Route
from oneapi.upstream.bodies import SpooledBody
from oneapi.wire.dialect import Envelope

FILE_FIELDS = {
    Endpoint.TRANSCRIPTIONS: ("file", "whisper-1"),
    Endpoint.TRANSLATIONS: ("file", "whisper-1"),
    Endpoint.IMAGE_EDITS: ("image", "dall-e-2"),
    Endpoint.IMAGE_VARIATIONS: ("image", "dall-e-2"),
}
_CHAT: Final = Endpoint.CHAT
_BYTES_PER_TOKEN: Final = metering.HOLDING.bytes_per_token
_TOKENS_PER_MESSAGE: Final = metering.HOLDING.message


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
        envelope = route.client.envelope(body, endpoint)
    else:
        envelope, body = _unusual(request, route)
    model = envelope.model
    if caller.models:
        check_model(caller, model)
    pinned = None if caller.pinned is None else pinned_channel(snapshot, caller.pinned)
    place = (caller.group, model)
    worst = parts.pricing.worst(snapshot, place, envelope, endpoint, pinned)
    if worst is None:
        raise _no_route(caller, model)
    job = Job(request, responder, route, place, caller, envelope, body, snapshot, pinned, worst)
    if endpoint is not _CHAT or not _plainly_priced(job, envelope, worst):
        job.wanted = metering.demand(
            endpoint,
            body,
            limit=envelope.max_output_tokens,
            answers=envelope.answers,
            characters=envelope.characters,
            model=model,
        )
    return job


def _plainly_priced(job: Job, envelope: Envelope, worst: Worst) -> bool:
    """Set the ceiling of a chat in text with a limit of its own, which most requests are."""
    limit = envelope.max_completion_tokens
    if limit is None:
        limit = envelope.max_tokens
    if not limit or not worst.is_flat:
        return False
    body: bytes = job.body
    # A body with a single array has no parts: that one is the messages.
    if body.find(b"[", body.find(b"[") + 1) >= 0 and metering.has_parts(body):
        return False
    tokens = len(body) // _BYTES_PER_TOKEN + _TOKENS_PER_MESSAGE
    output = limit * (envelope.n or 1)
    nano = tokens * worst.per_input + output * worst.per_output + worst.per_call
    job.ceiling = quota_of(nano, worst.factor)
    return True


def priced(job: Job, affordable: int) -> None:
    """Set the most that the request may cost, and the output limit to impose on it, if that is still open."""
    wanted = job.wanted
    if wanted is not None:
        worst = job.worst
        most = metering.ceiling(wanted, worst.price, worst.factor, worst.output_cap, affordable)
        job.ceiling = most.quota
        job.imposed_limit = most.imposed_limit


def _unusual(request: Request, route: Route) -> tuple[Envelope, Any]:
    """Return envelope and body of a form, or of a request whose path names the model."""
    body = request.body
    if isinstance(body, SpooledBody):
        field, model = FILE_FIELDS.get(route.endpoint, ("file", ""))
        form = read_form(body, request.header(b"content-type"))
        return envelope_of(form, model, field), body
    try:
        document = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    except msgspec.DecodeError as error:
        raise InvalidRequest(f"the body is not a JSON object: {error}") from error
    document.setdefault("model", msgspec.Raw(msgspec.json.encode(route.argument)))
    body = msgspec.json.encode(document)
    return route.client.envelope(body, route.endpoint), body


def _no_route(caller: Caller, model: str) -> Unavailable:
    return Unavailable(
        f"no channel of group {caller.group!r} serves the model {model!r}",
        code="model_not_found",
        param="model",
    )
