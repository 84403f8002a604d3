"""Testing many channels as a job: which ones, what is written down, and what is switched because of it."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import insert

from oneapi.store.tables import abilities, channels, jobs, logs, options
from tests.control.conftest import NOW, World
from tests.control.test_channel_tests import channel
from tests.control.working import work_off
from tests.fakes import FakeVendor, chat_document, error_answer, json_answer

TEST = "/api/jobs/test_channels"
FINE = json_answer(chat_document("here"))


@pytest.fixture
def vendor() -> Iterator[FakeVendor]:
    with FakeVendor.in_thread() as vendor:
        vendor.default = FINE
        yield vendor


def run_tests(world: World, **wanted: Any) -> list[dict[str, Any]]:
    """Test channels, and return the results in the order of the channels."""
    job = world.admin.post(TEST, wanted).content
    work_off(world)
    assert world.admin.get(f"/api/jobs/{job['id']}").content["state"] == "done"
    return sorted(
        world.admin.get(f"/api/jobs/{job['id']}/results?size=100").content,
        key=lambda item: item["subject_id"],
    )


def switches(world: World, **settings: str) -> None:
    with world.database.begin() as connection:
        for key, value in settings.items():
            connection.execute(insert(options).values(key=key, value=value))


def automatic(world: World) -> None:
    switches(world, AutomaticDisableChannelEnabled="true", AutomaticEnableChannelEnabled="true")


def subjects(items: list[dict[str, Any]]) -> list[str]:
    return [item["subject"] for item in items]


def test_all_channels_are_tested_but_those_that_a_person_has_disabled(
    everywhere: World, vendor: FakeVendor
) -> None:
    for name, status in (("on", 1), ("off", 2), ("auto", 3)):
        channel(everywhere, vendor, name=name, status=status)
    items = run_tests(everywhere)
    assert subjects(items) == ["on", "auto"]
    first = items[0]
    assert (first["outcome"], first["said"], first["model"]) == ("passed", "here", "gpt-4o")
    assert [row["test_time"] for row in everywhere.rows(channels)] == [NOW, 0, NOW]
    assert subjects(run_tests(everywhere, includes_disabled=True)) == ["on", "off", "auto"]
    assert subjects(run_tests(everywhere, scope="disabled")) == ["off", "auto"]


def test_only_those_that_failed(world: World, vendor: FakeVendor) -> None:
    channel(world, vendor, name="fine", test_time=NOW, response_time=100)
    channel(world, vendor, name="untested")
    channel(world, vendor, name="failed", test_time=NOW, response_time=0)
    channel(world, vendor, name="off", status=2, test_time=NOW, response_time=0)
    channel(world, vendor, name="auto", status=3)
    assert subjects(run_tests(world, scope="failed")) == ["failed", "auto"]


def test_only_those_that_are_named_with_a_model(world: World, vendor: FakeVendor) -> None:
    channel(world, vendor, name="other")
    one = channel(world, vendor, name="one", status=2, models="a,b")
    two = channel(world, vendor, name="two", models="c")
    items = run_tests(world, ids=[one, two, 99], model="b")
    assert [(item["subject"], item["model"]) for item in items] == [("one", "b"), ("two", "c")]


def test_what_cannot_be_tested_is_passed_over_and_says_why(
    world: World, vendor: FakeVendor
) -> None:
    channel(world, vendor, name="empty", models="")
    channel(world, vendor, name="unknown", type=9999)
    items = run_tests(world)
    assert [item["outcome"] for item in items] == ["skipped", "skipped"]
    assert "no models" in items[0]["said"]
    assert "type" in items[1]["said"]


def test_a_refused_key_disables_with_reason_and_evidence(
    everywhere: World, vendor: FakeVendor
) -> None:
    automatic(everywhere)
    vendor.default = error_answer(401, "no such key")
    channel_id = channel(everywhere, vendor)
    everywhere.add(abilities, group="default", model="gpt-4o", channel_id=channel_id, enabled=True)
    (item,) = run_tests(everywhere)
    assert (item["outcome"], item["led_to"]) == ("failed", "disabled")
    assert everywhere.row(channels, channel_id)["status"] == 3
    assert [row["enabled"] for row in everywhere.rows(abilities)] == [False]
    assert everywhere.published("channels") == [str(channel_id)]
    (shown,) = everywhere.admin.get("/api/channel/").content
    assert (shown["disabled_reason"], shown["disabled_evidence"]) == ("key_refused", "no such key")
    written = everywhere.rows(logs)[-1]
    assert (written["type"], written["channel_id"]) == (4, channel_id)
    assert "已被禁用，原因：供应商拒绝了密钥；no such key" in written["content"]
    assert json.loads(written["detail"])["why"] == "key_refused"
    (shown,) = everywhere.admin.get("/api/log/?type=4", accept_language="en").content
    assert shown["content"] == (
        f"channel mine (#{channel_id}) was disabled: the vendor refused its key; no such key"
    )


def test_a_channel_that_works_again_is_enabled(everywhere: World, vendor: FakeVendor) -> None:
    automatic(everywhere)
    channel_id = channel(everywhere, vendor, status=3)
    everywhere.add(abilities, group="default", model="gpt-4o", channel_id=channel_id, enabled=False)
    (item,) = run_tests(everywhere)
    assert (item["led_to"], everywhere.row(channels, channel_id)["status"]) == ("enabled", 1)
    assert [row["enabled"] for row in everywhere.rows(abilities)] == [True]
    assert "已重新启用，原因：测试通过" in everywhere.rows(logs)[-1]["content"]


def test_what_a_person_has_disabled_stays_so_whatever_a_test_shows(
    world: World, vendor: FakeVendor
) -> None:
    automatic(world)
    passes = channel(world, vendor, name="passes", status=2)
    items = run_tests(world, ids=[passes])
    assert (items[0]["outcome"], items[0]["led_to"]) == ("passed", "")
    vendor.default = error_answer(401, "no such key")
    run_tests(world, scope="disabled")
    assert world.row(channels, passes)["status"] == 2


@pytest.mark.parametrize(("answer", "status"), [(FINE, 3), (error_answer(401, "no"), 1)])
def test_nothing_is_switched_unless_the_settings_say_so(
    world: World, vendor: FakeVendor, answer: Any, status: int
) -> None:
    vendor.default = answer
    channel_id = channel(world, vendor, status=status)
    run_tests(world)
    assert world.row(channels, channel_id)["status"] == status


@pytest.mark.parametrize("status", [500, 429])
def test_a_vendors_bad_moment_disables_nothing(
    world: World, vendor: FakeVendor, status: int
) -> None:
    automatic(world)
    vendor.default = error_answer(status, "busy")
    channel_id = channel(world, vendor)
    (item,) = run_tests(world)
    assert (item["outcome"], world.row(channels, channel_id)["status"]) == ("failed", 1)


def test_a_slow_channel_is_disabled_and_not_enabled_again(world: World, vendor: FakeVendor) -> None:
    automatic(world)
    switches(world, ChannelDisableThreshold="0.0001")
    channel_id = channel(world, vendor)
    assert [item["led_to"] for item in run_tests(world)] == ["disabled"]
    assert json.loads(world.rows(logs)[-1]["detail"])["why"] == "slow"
    assert [item["led_to"] for item in run_tests(world)] == [""]
    assert world.row(channels, channel_id)["status"] == 3


def test_one_apis_scripts_test_all(world: World, vendor: FakeVendor) -> None:
    channel(world, vendor, name="on")
    channel(world, vendor, name="off", status=2)
    assert world.admin.get("/api/channel/test").json == {"success": True, "message": ""}
    assert world.admin.get("/api/channel/test").json["success"] is False
    work_off(world)
    assert [row["test_time"] for row in world.rows(channels)] == [NOW, NOW]


@pytest.mark.parametrize("path", ["test", "test/1", "update_balance", "update_balance/1"])
def test_no_link_makes_a_browser_ask_vendors(world: World, vendor: FakeVendor, path: str) -> None:
    channel(world, vendor, type=25)
    admin = world.visitor()
    admin.post("/api/user/login", {"username": "admin", "password": "correct horse"})
    assert admin.get(f"/api/channel/{path}").json["code"] == "use_post"
    assert (vendor.requests, world.rows(jobs)) == ([], [])
