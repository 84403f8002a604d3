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
from oneapi.providers.base import Endpoint
from oneapi.relay import billing, metering
from oneapi.relay.admission import check_model
from oneapi.relay.affording import refusal
from oneapi.relay.catalogue import model_list, one_model
from oneapi.relay.directory import Caller
from oneapi.relay.drafting import FILE_FIELDS, drafted, priced, read_again, tightened
from oneapi.relay.exchange import JSON, Request, Responder
from oneapi.relay.job import Job
from oneapi.relay.parts import Parts
from oneapi.relay.proxy import relay_raw
from oneapi.relay.routes import Kind, Route
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
    job = drafted(parts, request, responder, route, caller)
    priced(job, await parts.balances.affordable(caller.payer) if job.needs_balance else 0)
    async with await _held(parts, job) as hold:
        job.hold = hold
        await parts.attempts.run(job)


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
        route.kind is Kind.RELAY and route.endpoint not in FILE_FIELDS
    )
    if takes_json and isinstance(request.body, SpooledBody):
        raise InvalidRequest(
            "this path takes JSON: send `Content-Type: application/json`, not a form",
            status=415,
            param="Content-Type",
        )


def _count(request: Request, responder: Responder, route: Route, caller: Caller) -> None:
    """Answer how many tokens a prompt has, by our own estimate; free of charge."""
    body = request.body
    try:
        envelope = route.client.envelope(body, "count_tokens")
    except InvalidRequest as error:
        envelope, body = read_again(route.client, body, "count_tokens", error)
    check_model(caller, envelope.model)
    count = metering.estimate_prompt(Endpoint.CHAT, body, model=envelope.model)
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
