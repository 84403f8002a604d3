"""Runs jobs: one process of each node looks for them, takes them, and gives signs of life while they run."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import partial
from typing import Any, Final, TypeVar

import structlog

from oneapi.control.jobs import queue
from oneapi.control.jobs.queue import Item, Job, JobState, Outcome, Standing
from oneapi.store.database import Database, DatabaseAway, is_away

BEAT_SECONDS: Final = 1.0
T = TypeVar("T")

log = structlog.get_logger()

Run = Callable[..., Awaitable[Any]]


class Progress:
    """How far a job is; what its work reports to. `finished`: what was dealt with before this process took the job over."""

    def __init__(
        self, job: Job, finished: Mapping[int, bool], database: Database, run: Run
    ) -> None:
        self.arguments: Final = job.arguments
        self.is_scheduled: Final = job.user_id == 0
        self.finished: Final = frozenset(finished)
        self.total = 0
        # Results are counted anew, so that none counts twice; work without results goes on from what the row says.
        self.done = len(finished) if finished else job.done
        self.failed = sum(finished.values()) if finished else job.failed
        # What was there to do at first: done is also what a process did after its last sign of life.
        self._first_total = job.total if job.done and not finished else 0
        self._job_id = job.id
        self._database = database
        self._run = run

    def expect(self, remaining: int) -> None:
        """Say how much is left to do."""
        self.done = max(self.done, self._first_total - remaining)
        self.total = self.done + remaining

    def advance(self, count: int) -> None:
        """Say that so much more is done."""
        self.done += count

    async def record(self, item: Item) -> None:
        """Write down what came of one subject."""
        await self._run(queue.record, self._database, self._job_id, item)
        self.done += 1
        self.failed += item.outcome is Outcome.FAILED

    def figures(self) -> dict[str, int]:
        """Return the figures for the job's row."""
        return {"total": self.total, "done": self.done, "failed": self.failed}


Work = Callable[[Progress], Awaitable[None]]
"""Does a job. May be cancelled at any await, and be begun again after what `finished` names."""


class Runner:
    """Looks for jobs and owns their tasks. `work` loads what does them, which is heavy, when there is the first one."""

    def __init__(
        self,
        database: Database,
        run: Run,
        clock: Callable[[], float],
        holder: tuple[str, str],
        work: Callable[[], Awaitable[Mapping[str, Work]]],
    ) -> None:
        """`holder`: the node, of which this is the only process that runs jobs, and what tells it from its predecessors."""
        self._database = database
        self._run = run
        self._clock = clock
        self._node = holder[0]
        self._holder = ":".join(holder)
        self._work = work
        self._tasks: set[asyncio.Task[None]] = set()
        self._has_reclaimed = False

    async def look(self) -> None:
        """Take what waits and begin it; raises `DatabaseAway`."""
        if not self._has_reclaimed:
            await self._run(queue.reclaim, self._database, f"{self._node}:", self._now())
            self._has_reclaimed = True
        for job in await self._run(queue.take, self._database, self._holder, self._now()):
            task = asyncio.get_running_loop().create_task(self._carry_out(job))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def aclose(self) -> None:
        """Give back what runs, so that another process goes on with it."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _now(self) -> int:
        return int(self._clock())

    async def _carry_out(self, job: Job) -> None:
        try:
            await self._run_to_end(job)
        except DatabaseAway as error:
            # Without signs of life the job is free again soon, and goes on.
            log.warning("job_waits", job=job.id, kind=job.kind, reason=str(error))

    async def _run_to_end(self, job: Job) -> None:
        log.info("job_begins", job=job.id, kind=job.kind)
        finished = await self._run(queue.finished, self._database, job.id)
        progress = Progress(job, finished, self._database, self._run)
        kinds = await self._work()
        work = asyncio.ensure_future(kinds[job.kind](progress))
        try:
            standing = await self._watch(job, progress, work)
        except asyncio.CancelledError:
            await _stopped(work)
            await self._run(queue.release, self._database, job.id, self._holder)
            raise
        await self._end(job, progress, work, standing)

    async def _watch(self, job: Job, progress: Progress, work: "asyncio.Future[None]") -> Standing:
        """Return when the work has ended, or is wanted no more."""
        while not work.done():
            await asyncio.wait({work}, timeout=BEAT_SECONDS)
            # While the database is away, the work finds that out by itself.
            with contextlib.suppress(DatabaseAway):
                standing = await self._beat(job, progress)
                if standing is not Standing.GOES_ON:
                    return standing
        return Standing.GOES_ON

    async def _beat(self, job: Job, progress: Progress) -> Standing:
        figures = progress.figures()
        beat = partial(queue.beat, self._database, job, self._holder, self._now(), **figures)
        return await self._run(beat)

    async def _end(
        self, job: Job, progress: Progress, work: "asyncio.Future[None]", standing: Standing
    ) -> None:
        await _stopped(work)
        if standing is Standing.LOST:
            log.warning("job_lost", job=job.id, kind=job.kind)
            return
        error = None if work.cancelled() else work.exception()
        if error is not None and is_away(error):
            await self._run(queue.release, self._database, job.id, self._holder)
            return
        state, note = JobState.CANCELLED if work.cancelled() else JobState.DONE, ""
        if error is not None:
            log.error("job_failed", job=job.id, kind=job.kind, exc_info=error)
            state, note = JobState.FAILED, f"{type(error).__name__}: {error}"
        await self._beat(job, progress)
        await self._run(queue.end, self._database, job, self._holder, state, self._now(), note)
        log.info("job_ended", job=job.id, kind=job.kind, state=str(state), **progress.figures())


async def _stopped(work: "asyncio.Future[None]") -> None:
    """Cancel it, unless it has ended, and wait until it has."""
    work.cancel()
    await asyncio.wait({work})


async def over(subjects: Iterable[T], work: Callable[[T], Awaitable[None]], at_once: int) -> None:
    """Do something to each of them, some at once; the first error ends it."""
    waiting = iter(subjects)

    async def worker() -> None:
        for subject in waiting:
            await work(subject)

    loop = asyncio.get_running_loop()
    tasks = [loop.create_task(worker()) for _ in range(at_once)]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
