"""Testing many channels as a job, and what follows: switching off what proves broken, on what works again.

Only what the gateway itself has switched off is switched on again; what a person has switched off is tested when asked for,
and left as it is.
"""

import asyncio
from functools import partial
from typing import Any, Final

from sqlalchemy import ColumnElement, RowMapping, and_, or_, select
from starlette.concurrency import run_in_threadpool

from oneapi.control.answers import Refused, sentence
from oneapi.control.channels.backing_off import count, is_due
from oneapi.control.channels.probe import Probe
from oneapi.control.channels.trials import tested
from oneapi.control.context import Services
from oneapi.control.fields import comma_list
from oneapi.control.jobs.queue import Item, Outcome
from oneapi.control.jobs.runner import Progress, over
from oneapi.store.enums import ChannelStatus
from oneapi.store.settings import Settings, load
from oneapi.store.switching import Reason, Switched, log_switched, switch_off, switch_on
from oneapi.store.tables import channels

AT_ONCE: Final = 4
ALL, FAILED, DISABLED = "all", "failed", "disabled"


def chosen(arguments: dict[str, Any]) -> list[ColumnElement[bool]]:
    """Return what a channel must fulfil to be tested: see `routes.ChannelsToTest`."""
    if ids := arguments.get("ids"):
        return [channels.c.id.in_(ids)]
    status = channels.c.status
    off = (ChannelStatus.DISABLED, ChannelStatus.AUTO_DISABLED)
    conditions: list[ColumnElement[bool]] = []
    match arguments.get("scope"):
        case "disabled":
            return [status.in_(off)]
        case "failed":
            # One API's way to say that the last test failed: a time of the test, and none of the answer.
            failed = and_(channels.c.test_time > 0, channels.c.response_time == 0)
            conditions.append(or_(status == ChannelStatus.AUTO_DISABLED, failed))
        case _:
            pass
    if not arguments.get("includes_disabled"):
        conditions.append(status.in_((ChannelStatus.ENABLED, ChannelStatus.AUTO_DISABLED)))
    return conditions


def chosen_ids(services: Services, conditions: list[ColumnElement[bool]]) -> list[int]:
    """Return the channels' numbers, the latest first, as One API tests them."""
    query = select(channels.c.id).where(*conditions).order_by(channels.c.id.desc())
    with services.database.connect() as connection:
        return list(connection.scalars(query))


async def test_channels(services: Services, progress: Progress) -> None:
    """Test the channels that are chosen, some at once, and switch them by what comes of it."""
    conditions = chosen(progress.arguments)
    if progress.is_scheduled:
        conditions.append(is_due(services.now()))
    ids = await run_in_threadpool(chosen_ids, services, conditions)
    left = [channel_id for channel_id in ids if channel_id not in progress.finished]
    progress.expect(len(left))
    at_once = 1 if services.test_pause_seconds else AT_ONCE
    await over(left, partial(_test, services, progress), at_once)


async def _test(services: Services, progress: Progress, channel_id: int) -> None:
    row = await run_in_threadpool(_row, services, channel_id)
    if row is None:  # deleted meanwhile
        progress.advance(1)
        return
    name = row["name"] or f"#{channel_id}"
    wanted = str(progress.arguments.get("model") or "")
    if wanted not in comma_list(row["models"] or ""):
        wanted = ""
    try:
        result = await tested(services, channel_id, wanted)
    except Refused as refusal:  # it cannot be tested: no models, a type that is not served
        said = sentence(refusal.key, "en", **refusal.values)
        await progress.record(Item(channel_id, name, Outcome.SKIPPED, said))
        return
    minutes = int(progress.arguments.get("minutes") or 0)
    await run_in_threadpool(count, services, channel_id, result.passed, minutes)
    switched = await run_in_threadpool(_follow_up, services, row, result)
    await progress.record(
        Item(
            channel_id,
            name,
            Outcome.PASSED if result.passed else Outcome.FAILED,
            result.answer or result.error,
            result.model,
            result.time_ms,
            led_to="" if switched is None else "enabled" if switched.is_on else "disabled",
        )
    )
    if services.test_pause_seconds:
        await asyncio.sleep(services.test_pause_seconds)


def _row(services: Services, channel_id: int) -> RowMapping | None:
    with services.database.connect() as connection:
        query = select(channels).where(channels.c.id == channel_id)
        return connection.execute(query).mappings().first()


def _follow_up(services: Services, row: RowMapping, result: Probe) -> Switched | None:
    """Switch the channel, if its test is evidence enough, and say so in the log."""
    with services.database.connect() as connection:
        settings = load(connection)
    found = verdict(row["status"], result, settings)
    if found is None:
        return None
    reason, evidence = found
    switch = switch_on if reason is Reason.PASSED else switch_off
    with services.writing() as connection:
        switched = switch(connection, row["id"], reason, evidence, services.now())
    if switched is not None:
        log_switched(services.log_database, switched, services.now())
    return switched


def verdict(status: int, result: Probe, settings: Settings) -> tuple[Reason, str] | None:
    """Return why a channel in that state is to be switched, and the evidence; `None`: it stays as it is."""
    slowest = settings.number("ChannelDisableThreshold")
    seconds = result.time_ms / 1000
    is_slow = result.passed and 0 < slowest < seconds
    if status == ChannelStatus.ENABLED and settings.flag("AutomaticDisableChannelEnabled"):
        if result.key_refused:
            return Reason.KEY_REFUSED, result.error
        if is_slow:
            return Reason.SLOW, f"{seconds:.2f} s, {slowest:g} s are allowed"
    is_off = status == ChannelStatus.AUTO_DISABLED
    if is_off and settings.flag("AutomaticEnableChannelEnabled") and result.passed and not is_slow:
        return Reason.PASSED, f"{seconds:.2f} s"
    return None
