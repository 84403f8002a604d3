"""Runs the jobs of an installation, as the one worker of a node does."""

import asyncio
from typing import Any

from oneapi.control.jobs.kinds import kinds
from oneapi.control.jobs.runner import Runner, Work
from tests.control.conftest import World


async def in_thread(work: Any, *arguments: Any) -> Any:
    return await asyncio.to_thread(work, *arguments)


def runner(world: World, node: str = "node", process: str = "1", **others: Work) -> Runner:
    """`others` stand in for kinds of work."""

    async def work() -> dict[str, Work]:
        return {**kinds(world.services), **others}

    return Runner(world.database, in_thread, world.clock, (node, process), work)


async def until_idle() -> None:
    """Wait for whatever was begun."""
    me = asyncio.current_task()
    await asyncio.gather(*(task for task in asyncio.all_tasks() if task is not me))


def work_off(world: World) -> None:
    """Run all jobs that wait, to their ends."""

    async def look() -> None:
        await runner(world).look()
        await until_idle()

    asyncio.run(look())
