"""What is begun by itself: how often, by whom, and how channels that keep failing are left alone longer and longer."""

import threading
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import insert

from oneapi.control.jobs import queue
from oneapi.control.jobs.schedule import Environment, begin_due
from oneapi.store.tables import jobs, options
from tests.control.conftest import NOW, World
from tests.control.test_channel_tests import channel
from tests.control.working import work_off
from tests.fakes import FakeVendor, chat_document, error_answer, json_answer

HALF_HOURLY = Environment({"test_channels": 30}, NOW)


@pytest.fixture
def vendor() -> Iterator[FakeVendor]:
    with FakeVendor.in_thread() as vendor:
        vendor.default = json_answer(chat_document("here"))
        yield vendor


def begun(world: World, minutes: float, environment: Environment = HALF_HOURLY) -> int:
    """Look whether something is due, so many minutes after the start; return how many jobs there have been."""
    world.clock.now = NOW + minutes * 60
    begin_due(world.database, environment, int(world.clock()))
    return len(world.rows(jobs))


def test_channels_are_tested_every_so_many_minutes(everywhere: World) -> None:
    assert begun(everywhere, 29) == 0
    assert begun(everywhere, 30) == 1
    work_off(everywhere)
    assert begun(everywhere, 59) == 1
    assert begun(everywhere, 60) == 2
    assert [row["user_id"] for row in everywhere.rows(jobs)] == [0, 0]


def test_a_restart_does_not_begin_the_time_anew(world: World) -> None:
    begun(world, 30)
    work_off(world)
    restarted = Environment({"test_channels": 30}, NOW + 59 * 60)
    assert begun(world, 60, restarted) == 2


def test_a_time_that_is_longer_than_jobs_are_kept_is_waited_out(everywhere: World) -> None:
    day = 24 * 60
    seldom = Environment({"test_channels": 100 * day}, NOW)
    assert begun(everywhere, 100 * day, seldom) == 1
    work_off(everywhere)
    queue.prune(everywhere.database, NOW + 140 * 86_400)
    assert begun(everywhere, 140 * day, seldom) == 1
    assert begun(everywhere, 199 * day, seldom) == 1
    assert begun(everywhere, 200 * day, seldom) == 2


def test_nothing_is_begun_where_nobody_says_how_often(world: World) -> None:
    assert begun(world, 10**6, Environment({"test_channels": 0}, NOW)) == 0


def test_the_setting_wins_over_the_environment(world: World) -> None:
    with world.database.begin() as connection:
        connection.execute(insert(options).values(key="ChannelTestMinutes", value="5"))
    assert (begun(world, 4), begun(world, 5)) == (0, 1)
    reply = world.root.put("/api/option/", {"key": "ChannelTestMinutes", "value": "0"})
    work_off(world)
    assert reply.json["success"]
    assert begun(world, 10**6) == 1


def test_while_a_person_tests_the_schedule_waits(world: World) -> None:
    world.admin.post("/api/jobs/test_channels", {})
    assert begun(world, 30) == 1
    work_off(world)
    assert begun(world, 31) == 2


def test_of_many_nodes_one_begins(everywhere: World) -> None:
    everywhere.clock.now = NOW + 1800
    failures: list[BaseException] = []

    def node() -> None:
        try:
            begin_due(everywhere.database, HALF_HOURLY, NOW + 1800)
        except BaseException as error:  # noqa: BLE001 - shown by the assertion below
            failures.append(error)

    nodes = [threading.Thread(target=node) for _ in range(4)]
    for thread in nodes:
        thread.start()
    for thread in nodes:
        thread.join()
    assert failures == []
    assert len(everywhere.rows(jobs)) == 1


def test_a_channel_that_keeps_failing_is_tested_less_and_less_often(
    world: World, vendor: FakeVendor
) -> None:
    vendor.default = error_answer(500, "broken")
    channel(world, vendor)
    asked: list[int] = []
    for turn in range(1, 10):
        begun(world, 30 * turn)
        work_off(world)
        asked.append(len(vendor.requests))
    assert asked == [1, 2, 2, 3, 3, 3, 3, 4, 4]


def test_who_asks_for_a_test_gets_it_and_a_pass_ends_the_waiting(
    world: World, vendor: FakeVendor
) -> None:
    vendor.script(error_answer(500, "broken"), error_answer(500, "broken"))
    channel(world, vendor)
    for turn in (1, 2):
        begun(world, 30 * turn)
        work_off(world)
    world.admin.post("/api/jobs/test_channels", {})
    work_off(world)
    assert len(vendor.requests) == 3
    begun(world, 90)
    work_off(world)
    assert len(vendor.requests) == 4


def test_what_a_person_has_disabled_is_left_alone(world: World, vendor: FakeVendor) -> None:
    channel(world, vendor, status=2)
    begun(world, 30)
    work_off(world)
    assert vendor.requests == []


def test_the_last_run_is_seen(worlds: Callable[..., World], vendor: FakeVendor) -> None:
    world = worlds(schedule=HALF_HOURLY)
    turn, other = world.admin.get("/api/status/schedule").content
    assert (other["kind"], other["minutes"], other["next_at"]) == ("update_balances", 0, 0)
    assert turn == {"kind": "test_channels", "minutes": 30, "next_at": NOW + 1800, "last": None}
    channel(world, vendor)
    begun(world, 30)
    work_off(world)
    turn, _ = world.admin.get("/api/status/schedule").content
    assert turn["next_at"] == NOW + 3600
    assert (turn["last"]["state"], turn["last"]["done"]) == ("done", 1)
