"""Jobs in the running product: one worker of several runs them, and a restart goes on with what was begun."""

import time
from pathlib import Path
from typing import Any

from sqlalchemy import insert
from tests.fakes import FakeVendor, chat_document, error_answer, json_answer, wait_until
from tests.gateway import Gateway
from tests.server.environment import measured

from oneapi.store.tables import jobs

SECONDS = 20.0


def ended(gateway: Gateway, job_id: int) -> dict[str, Any]:
    """Wait until a job is neither waiting nor running."""
    deadline = time.monotonic() + SECONDS
    while True:
        job: dict[str, Any] = gateway.api("GET", f"/api/jobs/{job_id}")
        if job["state"] not in ("waiting", "running"):
            return job
        assert time.monotonic() < deadline, job
        time.sleep(0.05)


def write(gateway: Gateway, **values: Any) -> None:
    """Write a job as another process has left it."""
    row = {
        "kind": "test_channels",
        "arguments": "{}",
        "user_id": 0,
        "username": "",
        "created_at": 1,
        "beat_at": 2**40,
        "starts": 1,
    }
    database = gateway.database()
    with database.begin() as connection:
        connection.execute(insert(jobs).values(row | values))
    database.close()


def test_one_of_two_workers_tests_all_channels(tmp_path: Path) -> None:
    with (
        FakeVendor.in_thread() as vendor,
        Gateway(tmp_path / "g", workers=2, env=measured()) as gateway,
    ):
        vendor.default = json_answer(chat_document("here"))
        for number in range(6):
            gateway.add_channel(vendor.url, name=f"channel-{number}")
        job = gateway.api("POST", "/api/jobs/test_channels", {})
        done = ended(gateway, job["id"])
        assert (done["state"], done["done"], done["total"], done["failed"]) == ("done", 6, 6, 0)
        assert len(vendor.requests) == 6
        (holder,) = gateway.rows("SELECT holder, starts FROM jobs")
        assert holder["starts"] == 1


def test_a_killed_gateway_goes_on_with_its_job_when_it_is_back(tmp_path: Path) -> None:
    with FakeVendor.in_thread() as vendor, Gateway(tmp_path / "g") as gateway:
        gateway.add_channel(vendor.url, name="a channel")
        node = (tmp_path / "g" / "node-id").read_text().strip()
        vendor.default = json_answer(chat_document("here"))
        gateway.stop()
        write(gateway, state="running", active="test_channels", holder=f"{node}:dead")
        gateway.start()
        done = ended(gateway, 1)
        assert (done["state"], done["done"]) == ("done", 1)


def test_the_schedule_begins_what_is_due(tmp_path: Path) -> None:
    environment = {"CHANNEL_TEST_FREQUENCY": "60"}
    with FakeVendor.in_thread() as vendor, Gateway(tmp_path / "g", env=environment) as gateway:
        vendor.default = json_answer(chat_document("here"))
        gateway.add_channel(vendor.url, name="a channel")
        write(gateway, state="done", created_at=1)  # its last turn was long ago
        deadline = time.monotonic() + SECONDS
        while len(gateway.rows("SELECT id FROM jobs")) < 2:
            assert time.monotonic() < deadline, "nothing was begun"
            time.sleep(0.05)
        done = ended(gateway, 2)
        assert (done["state"], done["done"], done["is_scheduled"]) == ("done", 1, True)


def test_a_webhook_hears_of_a_channel_that_was_disabled(tmp_path: Path) -> None:
    with FakeVendor.in_thread() as vendor, Gateway(tmp_path / "g") as gateway:
        vendor.default = error_answer(401, "no such key")
        gateway.set_option("AutomaticDisableChannelEnabled", "true")
        gateway.set_option("AlarmWebhookUrl", f"{vendor.url}/alarm")
        gateway.add_channel(vendor.url, name="a channel")
        job = gateway.api("POST", "/api/jobs/test_channels", {})
        ended(gateway, job["id"])
        wait_until(lambda: any(got.path == "/alarm" for got in vendor.requests), SECONDS)
