"""The walk of one relay request. Read this first: everything else in this package is one of its steps.

routes      what is this path, in which dialect does its client speak
admission   ApiKey -> Caller, from memory
drafting    decode only what routing needs; estimate the prompt; the ceiling of the charge
ledger      hold the ceiling: from here on, every way out settles or releases
attempts    a channel, the vendor's request, its answer; on failure the next channel
delivery    bytes to the client; the charge is journaled before the last of them
"""

from collections.abc import Callable
from typing import Any

import msgspec

from oneapi.errors import InsufficientQuota, InvalidRequest, NotImplementedHere
from oneapi.ledger import Hold
from oneapi.relay import billing, metering
from oneapi.relay.admission import check_model, pinned_channel
from oneapi.relay.affording import refusal
from oneapi.relay.catalogue import model_list, model_page, one_model
from oneapi.relay.counting import Count
from oneapi.relay.directory import Caller
from oneapi.relay.drafting import FORMS, drafted, no_route, priced, read_again, tightened
from oneapi.relay.endings import fail
from oneapi.relay.exchange import JSON, Request, Responder
from oneapi.relay.job import Job
from oneapi.relay.parts import Parts
from oneapi.relay.proxy import relay_raw
from oneapi.relay.routes import Kind, Route, spoken_by
from oneapi.relay.snapshot import Snapshot
from oneapi.store.database import Database
from oneapi.upstream import SpooledBody


async def handle(parts: Parts, request: Request, responder: Responder, route: Route) -> None:
    """Answer one request, or raise `GatewayError`."""
    caller = await parts.admission.admit(request)
    _check_form(request, route)
    match route.kind:
        case Kind.RELAY:
            await relay(parts, request, responder, route, caller)
        case Kind.COUNT:
            await _count(parts, request, responder, route, caller)
        case Kind.PROXY:
            tools = (parts.snapshot, parts.upstream, parts.ledger, parts.monotonic)
            await relay_raw(request, responder, caller, route.argument, tools)
        case Kind.STUB:
            raise NotImplementedHere("API not implemented")
        case _:
            found = await _document(parts, request, route, caller)
            responder.send(200, JSON, msgspec.json.encode(found))


async def relay(
    parts: Parts, request: Request, responder: Responder, route: Route, caller: Caller
) -> None:
    """Serve a model request, waiting for whatever memory does not know: the balance, quota, a channel."""
    job = drafted(parts, request, responder, route, caller)
    priced(job, await parts.balances.affordable(caller.payer) if job.needs_balance else 0)
    job.hold = await _held(parts, job)
    failure: BaseException | None = None
    try:
        await parts.attempts.run(job)
    except BaseException as error:
        failure = error
        raise
    finally:
        fail(job, failure or job.failure, parts.monotonic())


async def _held(parts: Parts, job: Job) -> Hold:
    """Put the ceiling aside; before a payer is refused, the prompt is looked at more closely."""
    payer = job.caller.payer
    known = parts.balances.recall(payer)
    if known is not None and job.ceiling > known:
        tightened(job, known)
    try:
        return await _taken(parts, job)
    except InsufficientQuota as error:
        refused = error
    affordable = await parts.balances.affordable(payer)
    if tightened(job, affordable):
        try:
            return await _taken(parts, job)
        except InsufficientQuota as error:
            refused = error
    raise refusal(refused, job, affordable) from refused


async def _taken(parts: Parts, job: Job) -> Hold:
    hold = parts.ledger.hold(job.caller.payer, job.ceiling, job.request.request_id)
    await hold.take()
    return hold


def _check_form(request: Request, route: Route) -> None:
    """Refuse a form where JSON belongs: it could neither be read nor priced."""
    takes_json = route.kind is Kind.COUNT or (
        route.kind is Kind.RELAY and route.endpoint not in FORMS
    )
    if takes_json and isinstance(request.body, SpooledBody):
        raise InvalidRequest(
            "this path takes JSON: send `Content-Type: application/json`, not a form",
            status=415,
            param="Content-Type",
        )


async def _count(
    parts: Parts, request: Request, responder: Responder, route: Route, caller: Caller
) -> None:
    """Answer how many tokens a prompt has, free of charge: as a vendor counts them, or by our own estimate."""
    body = request.body
    try:
        envelope = route.client.envelope(body, route.endpoint)
    except InvalidRequest as error:
        envelope, body = read_again(route.client, body, route.endpoint, error)
    model = envelope.model
    check_model(caller, model)
    snapshot = parts.snapshot
    pinned = None if caller.pinned is None else pinned_channel(snapshot, caller.pinned)
    if pinned is None and (caller.group, model) not in snapshot.routes:
        raise no_route(snapshot, caller, model)
    count = Count(request, body, route.asked, (caller.group, model), snapshot, pinned)
    counted = await parts.counting.count(count, parts.attempts.timeouts)
    if counted is None:
        tokens = metering.estimate_prompt(route.endpoint, body, model=model)
        counted = msgspec.json.encode({"input_tokens": tokens})
    responder.send(200, JSON, counted)


async def _document(parts: Parts, request: Request, route: Route, caller: Caller) -> dict[str, Any]:
    snapshot = parts.snapshot
    dialect = spoken_by(request.headers, route).name
    match route.kind:
        case Kind.MODELS if dialect == "anthropic":
            return model_page(snapshot, caller, request.query)
        case Kind.MODELS:
            return model_list(snapshot, caller)
        case Kind.MODEL:
            return one_model(snapshot, caller, route.argument, dialect)
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
