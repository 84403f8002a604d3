"""`kill -9` under 500 live streams, ten times: charged = delivered, and each request ends once."""

import asyncio
import os
import random
import signal
from pathlib import Path

from tests.bad_days.streams import (
    STREAM_SECONDS,
    PacedVendor,
    Witness,
    check_books,
    keep_streaming,
    set_up,
    until_flowing,
)
from tests.gateway import Gateway

STREAMS = 500
KILLS = 10


async def _kill_in_turn(gateway: Gateway, witness: Witness) -> None:
    """One worker, the other one, everything at once, and so on."""
    chance = random.Random(1)
    for turn in range(KILLS):
        await until_flowing(witness, STREAMS // 5)
        await asyncio.sleep(chance.random() * STREAM_SECONDS)
        if turn % 3 == 2:
            gateway.kill()
            await asyncio.to_thread(gateway.start)
        else:
            victims = gateway.worker_pids()
            os.kill(victims[turn % len(victims)], signal.SIGKILL)
    await until_flowing(witness, STREAMS // 5)


async def _bad_day(gateway: Gateway, witness: Witness) -> None:
    async with PacedVendor() as vendor:
        key = await set_up(gateway, vendor)
        stop = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            group.create_task(keep_streaming(gateway.port, key, STREAMS, stop, witness))
            await _kill_in_turn(gateway, witness)
            stop.set()


def test_what_was_delivered_is_charged_once_whatever_was_killed(tmp_path: Path) -> None:
    witness = Witness()
    with Gateway(tmp_path, workers=2) as gateway:
        asyncio.run(_bad_day(gateway, witness))
        assert gateway.stop() == 0
        check_books(gateway, witness)
        assert len(witness.delivered) >= STREAMS
