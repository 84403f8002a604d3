"""What is left of the accounts at vendors: asked for one channel, or for all as a job.

An account that is used up takes its channel out of routing, where the settings let tests do so.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

import msgspec
from sqlalchemy import RowMapping, select, update
from starlette.concurrency import run_in_threadpool

from oneapi.control.answers import Refused
from oneapi.control.channels.queries import channel_by_id
from oneapi.control.context import Services
from oneapi.control.jobs.queue import Item, Outcome
from oneapi.control.jobs.runner import Progress, over
from oneapi.errors import UpstreamError
from oneapi.providers import registry
from oneapi.providers.balance_row import Balance, Figure
from oneapi.providers.balances import amount, question
from oneapi.providers.base import Target
from oneapi.providers.refusals import refusal
from oneapi.providers.targets import target_of
from oneapi.store.enums import ChannelStatus
from oneapi.store.settings import load
from oneapi.store.switching import Reason, Switched, log_switched, switch_off
from oneapi.store.tables import channels

AT_ONCE: Final = 4
_OK: Final = 200
_MISSING: Final = (404, 405)


class NoBalanceThere(UpstreamError):
    """The vendor has nothing at the address where others of its kind tell their balance."""


async def update_balance(services: Services, channel_id: int) -> float:
    """Ask for a channel's balance and write it down; in the vendor's currency.

    Refuses where vendors of this kind do not tell it, and with the vendor's words where this one does not.
    """
    row = await run_in_threadpool(_saved, services, channel_id)
    try:
        balance = await _balance(services, row)
    except UpstreamError as error:
        raise Refused("vendor_refused", reason=error.message) from error
    await run_in_threadpool(_write_down, services, channel_id, balance)
    return balance


async def update_balances(services: Services, progress: Progress) -> None:
    """Ask for the balances of the channels with these `ids`, or of all that no person has disabled."""
    ids = await run_in_threadpool(_askable, services, progress.arguments.get("ids") or [])
    left = [channel_id for channel_id in ids if channel_id not in progress.finished]
    progress.expect(len(left))
    await over(left, partial(_update, services, progress), AT_ONCE)


async def _update(services: Services, progress: Progress, channel_id: int) -> None:
    try:
        row = await run_in_threadpool(_saved, services, channel_id)
    except Refused:  # deleted meanwhile
        progress.advance(1)
        return
    name = row["name"] or f"#{channel_id}"
    try:
        balance = await _balance(services, row)
    except NoBalanceThere as error:
        await progress.record(Item(channel_id, name, Outcome.SKIPPED, error.message))
        return
    except UpstreamError as error:
        await progress.record(Item(channel_id, name, Outcome.FAILED, error.message))
        return
    await run_in_threadpool(_write_down, services, channel_id, balance)
    switched = await run_in_threadpool(_follow_up, services, row, balance)
    led_to = "disabled" if switched else ""
    await progress.record(Item(channel_id, name, Outcome.PASSED, amount=balance, led_to=led_to))


def _saved(services: Services, channel_id: int) -> RowMapping:
    with services.database.connect() as connection:
        return channel_by_id(connection, channel_id)


def _askable(services: Services, ids: list[int]) -> list[int]:
    types = [provider.type for provider in registry.providers() if provider.balance is not None]
    query = select(channels.c.id).where(channels.c.type.in_(types))
    if ids:
        query = query.where(channels.c.id.in_(ids))
    else:
        used = (ChannelStatus.ENABLED, ChannelStatus.AUTO_DISABLED)
        query = query.where(channels.c.status.in_(used))
    with services.database.connect() as connection:
        return list(connection.scalars(query.order_by(channels.c.id.desc())))


async def _balance(services: Services, row: Mapping[Any, Any]) -> float:
    """Return a channel's balance; raises `UpstreamError` in the vendor's words."""
    target = target_of(row)
    balance = target.provider.balance if target is not None else None
    if target is None or balance is None:
        raise Refused("no_balance")
    answer = await _answer(services, target, balance, balance.has)
    left = amount(answer, balance, balance.has)
    if balance.spent is not None:
        if balance.spent.url != balance.has.url:
            answer = await _answer(services, target, balance, balance.spent, answer)
        left -= amount(answer, balance, balance.spent)
    return left


async def _answer(
    services: Services, target: Target, balance: Balance, figure: Figure, before: Any = None
) -> Any:
    today = datetime.fromtimestamp(services.clock(), UTC).date()
    request = question(target, balance, figure, today, before)
    reply = await services.ask(request, target.config.get("proxy"))
    if reply.status in _MISSING:
        raise NoBalanceThere(f"this vendor does not tell a balance (status {reply.status})")
    if reply.status != _OK:
        raise refusal(reply.status, reply.headers, reply.body)
    try:
        return msgspec.json.decode(reply.body)
    except msgspec.DecodeError as error:
        raise NoBalanceThere("this vendor answers no JSON where others tell a balance") from error


def _write_down(services: Services, channel_id: int, balance: float) -> None:
    with services.database.begin() as connection:
        connection.execute(
            update(channels)
            .where(channels.c.id == channel_id)
            .values(balance=balance, balance_updated_time=services.now())
        )


def _follow_up(services: Services, row: RowMapping, balance: float) -> Switched | None:
    """Switch a channel off whose account is used up, and say so in the log."""
    if balance > 0:
        return None
    with services.database.connect() as connection:
        if not load(connection).flag("AutomaticDisableChannelEnabled"):
            return None
    evidence = f"{balance:g}"
    with services.writing() as connection:
        switched = switch_off(connection, row["id"], Reason.NO_BALANCE, evidence, services.now())
    if switched is not None:
        log_switched(services.log_database, switched, services.now())
    return switched
