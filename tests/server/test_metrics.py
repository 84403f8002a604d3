"""`/metrics` as Prometheus gets it: one scrape for all workers, counters that never fall, and who may read it."""

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from prometheus_client.parser import text_string_to_metric_families
from tests.fakes import (
    FakeVendor,
    chat_events,
    error_answer,
    json_answer,
    stream_answer,
    wait_until,
)
from tests.gateway import ACCESS, Gateway
from tests.server.environment import measured

from oneapi.app.metrics import FOLDER, Figures, Momentary, added, backlogs, read
from oneapi.server.front import Message
from oneapi.server.metrics import Metrics

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def scraped(gateway: Gateway) -> Samples:
    answer = gateway.request("GET", "/metrics")
    assert answer.status == 200, answer.body
    assert answer.headers["content-type"].startswith("text/plain; version=")
    families = text_string_to_metric_families(answer.body.decode())
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in families
        for sample in family.samples
    }


def total(samples: Samples, name: str, /, **labels: str) -> float:
    wanted = set(labels.items())
    return sum(
        value for (found, said), value in samples.items() if found == name and wanted <= said
    )


@pytest.fixture(scope="module")
def vendor() -> Iterator[FakeVendor]:
    with FakeVendor.in_thread() as vendor:
        yield vendor


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory, vendor: FakeVendor) -> Iterator[Gateway]:
    with Gateway(tmp_path_factory.mktemp("gateway"), workers=2, env=measured()) as running:
        running.serve(vendor.url, "gpt-4o-mini", name='a "name"')
        yield running


def test_one_scrape_tells_what_all_workers_did(gateway: Gateway, vendor: FakeVendor) -> None:
    key = gateway.add_key()
    before = scraped(gateway)
    for _ in range(
        20
    ):  # each on a connection of its own: the system spreads them over both workers
        assert gateway.chat(key).status == 200
    vendor.script(stream_answer(*chat_events(["Hel", "lo"])))
    assert gateway.chat(key, stream=True).status == 200
    assert gateway.chat("sk-wrong").status == 401
    assert gateway.chat(key, model="unknown").status == 404

    def grown(name: str, /, **labels: str) -> float:
        return total(scraped(gateway), name, **labels) - total(before, name, **labels)

    wait_until(lambda: grown("oneapi_requests_total", model="gpt-4o-mini") == 21)
    wait_until(lambda: grown("oneapi_charges_total", kind="all") == 21)
    assert grown("oneapi_request_duration_seconds_count", model="gpt-4o-mini") == 21
    assert grown("oneapi_request_duration_seconds_bucket", le="+Inf") == 21
    assert grown("oneapi_first_token_seconds_count") == 1
    assert 0 < grown("oneapi_first_token_seconds_sum") < 60
    assert grown("oneapi_tokens_total", kind="input") > 0
    assert grown("oneapi_tokens_total", kind="output") > 0
    assert grown("oneapi_charged_quota_total") > 0
    wait_until(lambda: grown("oneapi_error_answers_total", status="401") == 1)
    wait_until(lambda: grown("oneapi_error_answers_total", status="404") == 1)
    wait_until(lambda: total(scraped(gateway), "oneapi_workers") == 2)
    now = scraped(gateway)
    assert total(now, "oneapi_ready") == 1
    assert total(now, "oneapi_channel_enabled", name='a "name"') == 1
    wait_until(lambda: total(scraped(gateway), "oneapi_journal_unflushed_bytes") == 0)
    assert total(scraped(gateway), "oneapi_journal_lag_seconds") == 0


def test_what_fails_and_what_rests_is_told(gateway: Gateway, vendor: FakeVendor) -> None:
    key = gateway.add_key()
    channel = gateway.serve(vendor.url, "failing", name="failing")
    before = scraped(gateway)
    vendor.script(*[error_answer(500)] * 5)
    assert gateway.chat(key, model="failing").status >= 500
    vendor.scripts.clear()

    def now(name: str, /, **labels: str) -> float:
        return total(scraped(gateway), name, channel=str(channel), **labels)

    wait_until(lambda: now("oneapi_failed_requests_total", model="failing") == 1)
    assert now("oneapi_charged_quota_total") == 0
    assert total(before, "oneapi_channel_enabled", channel=str(channel)) == 1
    gateway.api("PUT", "/api/channel/", {"id": channel, "status": 2})
    wait_until(lambda: now("oneapi_channel_enabled") == 0)


def test_leases_are_told(gateway: Gateway, vendor: FakeVendor) -> None:
    key = gateway.add_user("leasing", 10_000_000)
    vendor.default = json_answer(json.loads(gateway.chat(key).body))
    wait_until(lambda: gateway.chat(key).status == 200 and _leased(gateway) > 0)


def _leased(gateway: Gateway) -> float:
    return total(scraped(gateway), "oneapi_leased_quota", account="user")


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_a_worker_that_dies_does_not_set_counters_back(
    gateway: Gateway, vendor: FakeVendor, how: int
) -> None:
    key, model = gateway.add_key(), f"signal-{how}"
    gateway.serve(vendor.url, model)

    def requests() -> float:
        return total(scraped(gateway), "oneapi_requests_total", model=model)

    for _ in range(10):
        assert gateway.chat(key, model=model).status == 200
    wait_until(lambda: requests() == 10)
    before = scraped(gateway)
    for pid in gateway.worker_pids():
        os.kill(pid, how)
        wait_until(lambda pid=pid: pid not in gateway.worker_pids())
    gateway.wait_ready()
    wait_until(lambda: total(scraped(gateway), "oneapi_workers") == 2)
    after = scraped(gateway)
    for name in ("oneapi_charges_total", "oneapi_tokens_total", "oneapi_requests_total"):
        assert total(after, name) >= total(before, name) > 0
    assert gateway.chat(key, model=model).status == 200
    wait_until(lambda: requests() == 11)


def test_the_figures_are_the_owners_alone(gateway: Gateway) -> None:
    (first, *_) = gateway.directory.rglob("metrics/*.json")
    assert (first.stat().st_mode & 0o777, first.parent.stat().st_mode & 0o777) == (0o600, 0o700)


def test_a_token_opens_it_to_others(gateway: Gateway) -> None:
    forwarded = {"X-Forwarded-For": "127.0.0.1"}
    assert gateway.request("GET", "/metrics", headers=forwarded).status == 401
    gateway.set_option("MetricsToken", "a token")
    good = forwarded | {"Authorization": "Bearer a token"}
    wait_until(lambda: gateway.request("GET", "/metrics", headers=good).status == 200)
    wrong = forwarded | {"Authorization": f"Bearer {ACCESS}"}
    assert gateway.request("GET", "/metrics", headers=wrong).status == 401
    assert "a token" not in json.dumps(gateway.api("GET", "/api/option/"))


# Who may read it.


async def asked(
    peer: object, headers: dict[str, str] | None = None, bearer: str = "", method: str = "GET"
) -> int:
    sent: list[Message] = []

    async def page() -> tuple[str, bytes]:
        return "text/plain", b"x 1\n"

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {}

    pairs = [(name.lower().encode(), value.encode()) for name, value in (headers or {}).items()]
    scope: dict[str, Any] = {"method": method, "client": peer, "headers": pairs}
    await Metrics(page, lambda: bearer)(scope, receive, send)
    return sent[0]["status"]


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"])
async def test_this_machine_may_read_it(host: str) -> None:
    assert await asked((host, 1)) == 200
    assert await asked((host, 1), method="HEAD") == 200
    assert await asked((host, 1), method="POST") == 405


@pytest.mark.parametrize(
    "peer", [("10.0.0.1", 1), ("192.168.1.5", 1), ("fe80::1%eth0", 1), ("", 0), None]
)
async def test_others_may_not(peer: object) -> None:
    assert await asked(peer) == 401
    assert await asked(peer, {"Authorization": "Bearer "}) == 401
    assert await asked(peer, {"Authorization": "Bearer x"}) == 401
    assert await asked(peer, {"Authorization": "Bearer "}, "x") == 401
    assert await asked(peer, {"Authorization": "Basic x"}, "x") == 401
    assert await asked(peer, {"Authorization": "Bearer \xff"}, "x") == 401
    assert await asked(peer, {"Authorization": "bearer x"}, "x") == 200


@pytest.mark.parametrize(
    "name", ["X-Forwarded-For", "X-Forwarded-Host", "Forwarded", "X-Real-IP", "Via"]
)
async def test_who_comes_through_a_proxy_on_this_machine_needs_the_token(name: str) -> None:
    assert await asked(("127.0.0.1", 1), {name: "127.0.0.1"}) == 401
    assert await asked(("127.0.0.1", 1), {name: "1.2.3.4", "Authorization": "Bearer x"}, "x") == 200


# Adding up.


def test_what_is_of_a_moment_counts_from_workers_that_live() -> None:
    alive = Figures(os.getpid(), {"charges": 1}, now=Momentary(10, 1.0))
    dead = Figures(0, {"charges": 2}, now=Momentary(20, 9.0))
    sum_of_both = added([alive, dead])
    assert sum_of_both.numbers == {"charges": 3}
    assert sum_of_both.now == Momentary(10, 1.0)


def test_a_file_that_cannot_be_read_is_passed_over(tmp_path: Path) -> None:
    broken = tmp_path / "0.json"
    assert read(broken) == Figures()
    broken.write_bytes(b'{"numbers": {"charges": 1')
    assert read(broken) == Figures()


def test_what_only_journals_have_is_told_of_workers_that_live(tmp_path: Path) -> None:
    folder = tmp_path / FOLDER
    folder.mkdir()
    for slot, pid in ((0, os.getpid()), (1, 0)):
        said = Figures(pid=pid, now=Momentary(512, 2.5))
        (folder / f"{slot}.json").write_bytes(msgspec.json.encode(said))
    assert backlogs(tmp_path, "node") == {"node:0": (512, 2.5)}
