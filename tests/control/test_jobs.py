"""What runs long: one of a kind at a time, progress, results, cancelling, and going on after a restart."""

import asyncio
from typing import Any

import pytest

from oneapi.control.jobs import queue
from oneapi.control.jobs.queue import Item, Outcome, Wanted
from oneapi.control.jobs.runner import Progress
from oneapi.store.tables import job_items, jobs, logs
from tests.control.conftest import ALICE, NOW, World
from tests.control.working import runner, until_idle, work_off

DELETE = "/api/jobs/delete_logs"


def write(world: World, created_at: int) -> int:
    return world.put(logs, user_id=ALICE, created_at=created_at, type=2, content="x")


def begin(world: World) -> int:
    return int(world.admin.post(DELETE, {"before": NOW}).content["id"])


def job(world: World, job_id: int) -> dict[str, Any]:
    return dict(world.admin.get(f"/api/jobs/{job_id}").content)


def test_a_job_waits_runs_and_tells_how_it_ended(everywhere: World) -> None:
    kept = write(everywhere, NOW)
    for _ in range(3):
        write(everywhere, NOW - 1)
    begun = everywhere.admin.post(DELETE, {"before": NOW}).content
    assert (begun["state"], begun["username"], begun["is_scheduled"]) == ("waiting", "admin", False)
    work_off(everywhere)
    ended = job(everywhere, begun["id"])
    assert (ended["state"], ended["total"], ended["done"], ended["failed"]) == ("done", 3, 3, 0)
    assert (ended["created_at"], ended["started_at"], ended["ended_at"]) == (NOW, NOW, NOW)
    assert [row["id"] for row in everywhere.rows(logs)] == [kept]


def test_one_job_of_a_kind_at_a_time(everywhere: World) -> None:
    first = begin(everywhere)
    assert everywhere.admin.post(DELETE, {"before": NOW}).json["code"] == "job_running"
    assert len(everywhere.rows(jobs)) == 1
    work_off(everywhere)
    assert begin(everywhere) > first


def test_a_job_is_taken_once(everywhere: World) -> None:
    job_id = begin(everywhere)
    taken = [queue.take(everywhere.database, holder, NOW) for holder in ("a:1", "b:1", "a:1")]
    assert [[job.id for job in jobs_taken] for jobs_taken in taken] == [[job_id], [], []]


def test_a_job_that_nobody_has_taken_is_cancelled_at_once(everywhere: World) -> None:
    job_id = begin(everywhere)
    reply = everywhere.admin.post(f"/api/jobs/{job_id}/cancel", {}).content
    assert (reply["state"], reply["is_cancelling"]) == ("cancelled", False)
    work_off(everywhere)
    assert job(everywhere, job_id)["state"] == "cancelled"
    begin(everywhere)


def test_a_job_that_runs_is_cancelled_and_what_it_did_stays(world: World) -> None:
    job_id = begin(world)

    async def endless(progress: Progress) -> None:
        progress.expect(2)
        await progress.record(Item(7, "seven", Outcome.PASSED, "fine"))
        await asyncio.to_thread(world.admin.post, f"/api/jobs/{job_id}/cancel", {})
        await asyncio.Event().wait()

    async def run() -> None:
        await runner(world, delete_logs=endless).look()
        await until_idle()

    asyncio.run(run())
    ended = job(world, job_id)
    assert (ended["state"], ended["done"], ended["total"]) == ("cancelled", 1, 2)
    (item,) = world.admin.get(f"/api/jobs/{job_id}/results").content
    assert (item["subject_id"], item["subject"], item["said"]) == (7, "seven", "fine")


def test_a_worker_that_stops_gives_its_job_back_and_the_next_goes_on(world: World) -> None:
    job_id = begin(world)
    seen: list[frozenset[int]] = []

    async def work(progress: Progress) -> None:
        seen.append(progress.finished)
        left = [number for number in (1, 2) if number not in progress.finished]
        progress.expect(len(left))
        await progress.record(Item(left[0], "", Outcome.FAILED))
        if len(left) == 2:
            begun.set()
            await asyncio.Event().wait()

    begun = asyncio.Event()

    async def stopped() -> None:
        first = runner(world, delete_logs=work)
        await first.look()
        await begun.wait()
        await first.aclose()
        (waiting,) = world.rows(jobs)
        assert (waiting["state"], waiting["starts"]) == ("waiting", 0)
        await runner(world, process="2", delete_logs=work).look()
        await until_idle()

    asyncio.run(stopped())
    assert seen == [frozenset(), {1}]
    ended = job(world, job_id)
    assert (ended["state"], ended["total"], ended["done"], ended["failed"]) == ("done", 2, 2, 2)


def test_what_a_dead_process_left_is_taken_by_its_successor_at_once(everywhere: World) -> None:
    job_id = begin(everywhere)
    queue.take(everywhere.database, "node:dead", NOW)
    queue.reclaim(everywhere.database, "other:", NOW)
    assert job(everywhere, job_id)["state"] == "running"
    work_off(everywhere)  # by the process "node:1"
    assert job(everywhere, job_id)["state"] == "done"


def test_what_was_done_after_the_last_sign_of_life_is_counted(everywhere: World) -> None:
    """Of ten rows four were deleted when it was last heard of, and seven when it died."""
    job_id = begin(everywhere)
    (lost,) = queue.take(everywhere.database, "node:dead", NOW)
    queue.beat(everywhere.database, lost, "node:dead", NOW, total=10, done=4)
    for _ in range(3):
        write(everywhere, NOW - 1)
    work_off(everywhere)
    ended = job(everywhere, job_id)
    assert (ended["state"], ended["total"], ended["done"]) == ("done", 10, 10)


def test_another_node_takes_over_what_gives_no_sign_of_life(everywhere: World) -> None:
    begin(everywhere)
    (lost,) = queue.take(everywhere.database, "a:1", NOW)
    assert queue.take(everywhere.database, "b:1", NOW + queue.SILENT_SECONDS) == []
    later = NOW + queue.SILENT_SECONDS + 1
    assert [job.id for job in queue.take(everywhere.database, "b:1", later)] == [lost.id]
    assert queue.beat(everywhere.database, lost, "a:1", later) is queue.Standing.LOST
    queue.end(everywhere.database, lost, "a:1", queue.JobState.FAILED, later, "too late")
    assert job(everywhere, lost.id)["state"] == "running"


def test_a_job_that_ends_its_process_every_time_is_stopped_and_says_so(world: World) -> None:
    job_id = begin(world)
    now = NOW
    for _ in range(queue.STARTS_MAX):
        assert len(queue.take(world.database, "a:1", now)) == 1
        now += queue.SILENT_SECONDS + 1
    assert queue.take(world.database, "a:1", now) == []
    ended = job(world, job_id)
    assert (ended["state"], "5 times" in ended["note"]) == ("stopped", True)


def test_a_mistake_fails_the_job_and_nothing_else(world: World) -> None:
    job_id = begin(world)

    async def broken(_: Progress) -> None:
        raise ValueError("no such thing")

    async def run() -> None:
        await runner(world, delete_logs=broken).look()
        await until_idle()

    asyncio.run(run())
    ended = job(world, job_id)
    assert (ended["state"], ended["note"]) == ("failed", "ValueError: no such thing")


def test_jobs_are_listed_filtered_and_forgotten_in_time(everywhere: World) -> None:
    first = begin(everywhere)
    work_off(everywhere)
    second = begin(everywhere)
    assert [row["id"] for row in everywhere.admin.get("/api/jobs").content] == [second, first]
    reply = everywhere.admin.get("/api/jobs?size=10&state=done").json
    assert ([row["id"] for row in reply["data"]], reply["total"]) == ([first], 1)
    queue.record(everywhere.database, first, Item(1, "x", Outcome.PASSED))
    queue.record(everywhere.database, first, Item(1, "again", Outcome.FAILED))
    (item,) = everywhere.admin.get(f"/api/jobs/{first}/results?size=10").content
    assert (item["subject"], item["outcome"]) == ("x", "passed")
    queue.prune(everywhere.database, NOW + queue.KEEP_SECONDS + 1)
    assert [row["id"] for row in everywhere.rows(jobs)] == [second]
    assert everywhere.rows(job_items) == []


@pytest.mark.parametrize(
    ("path", "document", "field"),
    [
        (DELETE, {}, "before"),
        (DELETE, {"before": 0}, "before"),
        ("/api/jobs/test_channels", {"scope": "some"}, "scope"),
        ("/api/jobs/test_channels", {"ids": ["x"]}, "ids.0"),
    ],
)
def test_what_is_wrong_about_a_job_is_named(
    world: World, path: str, document: dict[str, Any], field: str
) -> None:
    assert world.admin.post(path, document).json["field"] == field
    assert world.rows(jobs) == []


def test_a_job_that_does_not_exist_is_refused(world: World) -> None:
    assert world.admin.get("/api/jobs/9").json["code"] == "job_missing"
    assert world.admin.post("/api/jobs/9/cancel", {}).json["code"] == "job_missing"


def test_the_schedules_jobs_have_no_person(world: World) -> None:
    queue.add(world.database, Wanted("test_channels"), NOW)
    assert world.admin.get("/api/jobs").content[0]["is_scheduled"] is True
