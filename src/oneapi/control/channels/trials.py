"""A test of a saved channel: asked, and written down at the channel and in the log."""

import json

from sqlalchemy import RowMapping, insert, update
from starlette.concurrency import run_in_threadpool

from oneapi.control.channels.probe import Probe, model_to_test, probe
from oneapi.control.channels.queries import channel_by_id
from oneapi.control.context import Services
from oneapi.store.enums import LogType
from oneapi.store.tables import channels, logs


async def tested(services: Services, channel_id: int, wanted: str) -> Probe:
    """Try a saved channel, and write down how it went."""
    row = await run_in_threadpool(saved_row, services, channel_id)
    model = model_to_test(row, wanted)
    result = await probe(services.ask, row, model, services.test_prompt, services.clock)
    await run_in_threadpool(write_down, services, row, result)
    return result


def saved_row(services: Services, channel_id: int) -> RowMapping:
    """Return a channel's row, or refuse."""
    with services.database.connect() as connection:
        return channel_by_id(connection, channel_id)


def write_down(services: Services, row: RowMapping, result: Probe) -> None:
    """Keep time and outcome at the channel, and a log row of One API's kind; its routes do not change by it."""
    name = row["name"] or row["id"]
    content = (
        f"渠道 {name} 测试成功，响应：{result.answer}"
        if result.passed
        else f"渠道 {name} 测试失败，错误：{result.error}"
    )
    with services.database.begin() as connection:
        connection.execute(
            update(channels)
            .where(channels.c.id == row["id"])
            .values(test_time=services.now(), response_time=result.time_ms if result.passed else 0)
        )
    with services.log_database.begin() as connection:
        connection.execute(
            insert(logs).values(
                user_id=0,
                created_at=services.now(),
                type=LogType.TEST,
                content=content,
                detail=json.dumps(
                    {
                        "test": "passed" if result.passed else "failed",
                        "channel": str(name),
                        "said": result.answer if result.passed else result.error,
                    }
                ),
                model_name=result.model,
                channel_id=row["id"],
                elapsed_time=result.time_ms,
            )
        )
