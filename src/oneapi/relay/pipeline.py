"""The walk of one relay request. Read this first: everything else in this package is one of its steps.

routes      what is this path, in which dialect does its client speak
admission   ApiKey -> Caller, from memory
envelope    only the fields that routing needs are decoded
metering    estimate the prompt; the ceiling of the charge
ledger      hold the ceiling: from here on, every way out settles or releases
attempts    a channel, the vendor's request, its answer; on failure the next channel
delivery    bytes to the client; the charge is journaled before the last of them
"""

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from oneapi.errors import InvalidRequest, NotImplementedHere, Unavailable
from oneapi.ledger import Hold, Ledger
from oneapi.providers.base import Endpoint
from oneapi.relay import billing, metering
from oneapi.relay.admission import Admission, check_model, pinned_channel
from oneapi.relay.attempts import Attempts
from oneapi.relay.balances import Balances
from oneapi.relay.catalogue import model_list, one_model
from oneapi.relay.directory import Caller
from oneapi.relay.exchange import JSON, Request, Responder
from oneapi.relay.job import Job
from oneapi.relay.multipart import envelope_of, read_form
from oneapi.relay.pricing import Pricing, Worst
from oneapi.relay.proxy import relay_raw
from oneapi.relay.routes import Kind, Route
from oneapi.relay.snapshot import Channel, Snapshot
from oneapi.store.database import Database
from oneapi.upstream import UpstreamClient
from oneapi.upstream.bodies import SpooledBody
from oneapi.wire.dialect import Envelope

FILE_FIELDS = {
    Endpoint.TRANSCRIPTIONS: ("file", "whisper-1"),
    Endpoint.TRANSLATIONS: ("file", "whisper-1"),
    Endpoint.IMAGE_EDITS: ("image", "dall-e-2"),
    Endpoint.IMAGE_VARIATIONS: ("image", "dall-e-2"),
}


class Parts(msgspec.Struct):
    """What the pipeline works with; one per worker. `snapshot` is replaced when something changes."""

    snapshot: Snapshot
    admission: Admission
    ledger: Ledger
    attempts: Attempts
    upstream: UpstreamClient
    database: Database
    run: Callable[..., Awaitable[Any]]
    monotonic: Callable[[], float]
    pricing: Pricing
    balances: Balances


async def handle(parts: Parts, request: Request, responder: Responder, route: Route) -> None:
    """Answer one request, or raise `GatewayError`."""
    caller = await parts.admission.admit(request)
    match route.kind:
        case Kind.RELAY:
            await relay(parts, request, responder, route, caller)
        case Kind.COUNT:
            _count(request, responder, route, caller)
        case Kind.PROXY:
            tools = (parts.snapshot, parts.upstream, parts.ledger, parts.monotonic)
            await relay_raw(request, responder, caller, route.argument, tools)
        case Kind.STUB:
            raise NotImplementedHere("API not implemented")
        case _:
            responder.send(200, JSON, msgspec.json.encode(await _document(parts, route, caller)))


async def relay(
    parts: Parts, request: Request, responder: Responder, route: Route, caller: Caller
) -> None:
    """Serve a model request, waiting for whatever memory does not know: the balance, quota, a channel."""
    draft = drafted(parts, request, route, caller)
    affordable = 0
    if draft.needs_balance:
        affordable = await parts.balances.affordable(caller.payer)
    ceiling = ceiling_of(draft, affordable)
    async with parts.ledger.hold(caller.payer, ceiling.quota, request.request_id) as hold:
        await parts.attempts.run(job_of(draft, ceiling, hold, responder))


class Draft(msgspec.Struct, frozen=True):
    """A model request, understood and priced, before quota is held for it.

    `ceiling` is set when the client named a limit of a text; otherwise `ceiling_of` works it out from `wanted`.
    """

    request: Request
    body: Any
    route: Route
    caller: Caller
    envelope: Envelope
    snapshot: Snapshot
    pinned: Channel | None
    worst: Worst
    ceiling: metering.Ceiling | None
    wanted: metering.Demand | None

    @property
    def needs_balance(self) -> bool:
        """Whether the output limit depends on what the payer has left."""
        wanted = self.wanted
        return wanted is not None and wanted.limit is None and not self.worst.is_free


def drafted(parts: Parts, request: Request, route: Route, caller: Caller) -> Draft:
    """Understand a model request; from memory alone. Raises `GatewayError` naming what is wrong with it."""
    snapshot = parts.snapshot
    endpoint = route.endpoint
    body = request.body
    if type(body) is bytes and not route.argument:
        envelope = route.client.envelope(body, endpoint)
    else:
        envelope, body = _unusual(request, route)
    if caller.models:
        check_model(caller, envelope.model)
    pinned = None if caller.pinned is None else pinned_channel(snapshot, caller.pinned)
    if pinned is None and (caller.group, envelope.model) not in snapshot.routes:
        raise _no_route(caller, envelope.model)
    worst = parts.pricing.worst(snapshot, caller.group, envelope, endpoint, pinned)
    ceiling = wanted = None
    if endpoint is Endpoint.CHAT:
        ceiling = _plain_ceiling(envelope, body, worst)
    if ceiling is None:
        wanted = metering.demand(
            endpoint,
            body,
            limit=envelope.max_output_tokens,
            answers=envelope.answers,
            characters=envelope.characters,
            model=envelope.model,
        )
    return Draft(request, body, route, caller, envelope, snapshot, pinned, worst, ceiling, wanted)


def _plain_ceiling(envelope: Envelope, body: bytes, worst: Worst) -> metering.Ceiling | None:
    """Return the ceiling of a chat in text with a limit of its own, which most requests are."""
    limit = envelope.max_output_tokens
    if not limit or not worst.is_flat:
        return None
    tokens = metering.text_tokens(body)
    if tokens is None:
        return None
    output = limit * (envelope.n or 1)
    nano = tokens * worst.per_input + output * worst.per_output + worst.price.call
    return metering.flat_ceiling(nano, worst.factor)


def ceiling_of(draft: Draft, affordable: int) -> metering.Ceiling:
    """Return the most that the request may cost, and the output limit to impose on it."""
    worst, wanted = draft.worst, draft.wanted
    if draft.ceiling is not None:
        return draft.ceiling
    assert wanted is not None, "a draft has a ceiling or what to make it of"
    return metering.ceiling(wanted, worst.price, worst.factor, worst.output_cap, affordable)


def job_of(draft: Draft, ceiling: metering.Ceiling, hold: Hold, responder: Responder) -> Job:
    """Return the request as the rest of the walk sees it."""
    return Job(
        draft.request,
        draft.body,
        responder,
        draft.route.client,
        draft.route.endpoint,
        draft.caller,
        draft.envelope,
        draft.snapshot,
        draft.pinned,
        hold,
        ceiling.imposed_limit,
        [],
        [],
    )


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


def _count(request: Request, responder: Responder, route: Route, caller: Caller) -> None:
    """Answer how many tokens a prompt has, by our own estimate; free of charge."""
    envelope = route.client.envelope(request.body, "count_tokens")
    check_model(caller, envelope.model)
    count = metering.estimate_prompt(
        Endpoint.CHAT, request.body, model=envelope.model, margin=False
    )
    responder.send(200, JSON, msgspec.json.encode({"input_tokens": count}))


async def _document(parts: Parts, route: Route, caller: Caller) -> dict[str, Any]:
    snapshot = parts.snapshot
    match route.kind:
        case Kind.MODELS:
            return model_list(snapshot, caller)
        case Kind.MODEL:
            return one_model(snapshot, caller, route.argument)
        case Kind.SUBSCRIPTION:
            return await parts.run(_ask, parts.database, billing.subscription, caller, snapshot)
        case _:
            return await parts.run(_ask, parts.database, billing.consumption, caller, snapshot)


def _ask(
    database: Database,
    question: Callable[..., dict[str, Any]],
    caller: Caller,
    snapshot: Snapshot,
) -> dict[str, Any]:
    with database.connect() as connection:
        return question(connection, caller.payer, snapshot.settings)
