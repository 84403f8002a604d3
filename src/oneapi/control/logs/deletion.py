"""The job that deletes old log rows, in slices, so that nobody who writes rows waits for it."""

from starlette.concurrency import run_in_threadpool

from oneapi.control.context import Services
from oneapi.control.jobs.runner import Progress
from oneapi.control.logs.queries import count_logs, delete_slice


async def delete_old_logs(services: Services, progress: Progress) -> None:
    """Delete the rows from before `before` (unix seconds)."""
    database, before = services.log_database, int(progress.arguments["before"])
    progress.expect(await run_in_threadpool(count_logs, database, before))
    while size := await run_in_threadpool(delete_slice, database, before):
        progress.advance(size)
