"""The real command serving: what starting, stopping, dying and re-reading look like from outside."""

import http.client
import json
import os
import signal
import socket
import time
from collections.abc import Generator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path

from tests.fakes import FakeVendor, Gate, chat_events, stream_answer, wait_until
from tests.gateway import ACCESS, ROOT_KEY, Gateway, chat_request
from tests.server.environment import measured


def _process(gateway: Gateway) -> int:
    assert gateway.process is not None
    return gateway.process.pid


@contextmanager
def _begun_stream(gateway: Gateway) -> Generator[http.client.HTTPResponse, None, None]:
    connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=20)
    connection.request(
        "POST",
        "/v1/chat/completions",
        json.dumps(chat_request(stream=True)),
        {"Authorization": f"Bearer sk-{ROOT_KEY}", "Content-Type": "application/json"},
    )
    with closing(connection), connection.getresponse() as response:
        yield response


def _held_back(gate: Gate) -> AbstractContextManager[FakeVendor]:
    first, *rest = chat_events(["Hel", "lo"])
    return FakeVendor.in_thread(default=stream_answer(first, gate, *rest))


def _rest(stream: http.client.HTTPResponse) -> bytes:
    try:
        return stream.read()
    except http.client.IncompleteRead as broken:
        return broken.partial


def _process_ends(gateway: Gateway) -> int:
    assert gateway.process is not None
    return gateway.process.wait(20)


def _refuses(gateway: Gateway) -> bool:
    try:
        socket.create_connection(("127.0.0.1", gateway.port), timeout=2).close()
    except ConnectionRefusedError:
        return True
    return False


def test_the_keys_of_the_environment_work_from_the_first_request(tmp_path: Path) -> None:
    with Gateway(tmp_path, env=measured()) as gateway:
        models = gateway.request(
            "GET", "/v1/models", headers={"Authorization": f"Bearer {ROOT_KEY}"}
        )
        self_ = gateway.request("GET", "/api/user/self", headers={"Authorization": ACCESS})
    assert models.status == 200
    assert self_.json()["data"]["username"] == "root"


def test_a_stream_that_has_begun_is_finished_and_charged_before_the_end(tmp_path: Path) -> None:
    gate = Gate()
    with _held_back(gate) as vendor, Gateway(tmp_path, env=measured()) as gateway:
        gateway.serve(vendor.url, "gpt-4o-mini")
        with _begun_stream(gateway) as stream:
            os.kill(_process(gateway), signal.SIGTERM)
            wait_until(lambda: _refuses(gateway))
            gate.open()
            assert stream.read().endswith(b"data: [DONE]\n\n")
        assert _process_ends(gateway) == 0
        assert [row["completion_tokens"] for row in gateway.wait_for_logs(1)] == [5]
        assert gateway.rows("SELECT * FROM leases") == []


def test_a_stream_that_does_not_end_is_cut_when_the_time_is_over(tmp_path: Path) -> None:
    patience = {"SHUTDOWN_TIMEOUT": "0.5"}
    with _held_back(Gate()) as vendor, Gateway(tmp_path, env=measured() | patience) as gateway:
        gateway.serve(vendor.url, "gpt-4o-mini")
        with _begun_stream(gateway) as stream:
            began = time.monotonic()
            assert gateway.stop() == 0
            assert time.monotonic() - began < 10
            assert b"[DONE]" not in _rest(stream)
        assert gateway.rows("SELECT * FROM leases") == []


def test_a_second_signal_ends_streams_at_once(tmp_path: Path) -> None:
    patience = {"SHUTDOWN_TIMEOUT": "60"}
    with _held_back(Gate()) as vendor, Gateway(tmp_path, env=measured() | patience) as gateway:
        gateway.serve(vendor.url, "gpt-4o-mini")
        with _begun_stream(gateway):
            os.kill(_process(gateway), signal.SIGTERM)
            wait_until(lambda: _refuses(gateway))
            assert gateway.stop() == 0  # the second one


def test_a_killed_worker_is_replaced_and_the_other_serves_on(tmp_path: Path) -> None:
    with Gateway(tmp_path, workers=2, env=measured()) as gateway:
        wait_until(lambda: gateway.output().count("worker ready") == 2, seconds=30)
        victim = gateway.worker_pids()[0]
        os.kill(victim, signal.SIGKILL)
        wait_until(lambda: gateway.output().count("worker ready") == 3, seconds=30)
        assert victim not in gateway.worker_pids()
        answers = [gateway.request("GET", "/readyz").status for _ in range(20)]
        assert answers == [200] * 20


def test_workers_leave_when_their_supervisor_is_killed(tmp_path: Path) -> None:
    with Gateway(tmp_path, workers=2, env=measured()) as gateway:
        wait_until(lambda: gateway.output().count("worker ready") == 2, seconds=30)
        assert gateway.process is not None
        gateway.process.kill()
        gateway.process.wait()
        wait_until(lambda: _refuses(gateway))
        wait_until(lambda: gateway.rows("SELECT * FROM leases") == [])


def test_a_hangup_re_reads_the_dotenv_file_without_refusing_anybody(tmp_path: Path) -> None:
    key = {"Authorization": f"Bearer {ROOT_KEY}"}
    with Gateway(tmp_path, env=measured()) as gateway:
        (tmp_path / ".env").write_text("LOG_FORMAT=json\n")
        os.kill(_process(gateway), signal.SIGHUP)

        def is_renewed() -> bool:
            models = gateway.request("GET", "/v1/models", headers=key)
            assert models.status == 200
            return gateway.output().count("worker ready") == 2

        wait_until(is_renewed, seconds=30)
        wait_until(lambda: len(gateway.worker_pids()) == 1)


def test_the_probes_cost_no_import_and_the_supervisor_stays_small(tmp_path: Path) -> None:
    with Gateway(tmp_path, env=measured()) as gateway:
        assert gateway.request("GET", "/healthz").json() == {"status": "alive"}
        libraries = Path(f"/proc/{gateway.worker_pids()[0]}/maps").read_text()
        assert "pydantic_core" not in libraries
        assert gateway.request("GET", "/api/status").json()["success"]
        assert "pydantic_core" in Path(f"/proc/{gateway.worker_pids()[0]}/maps").read_text()
        supervisor = Path(f"/proc/{_process(gateway)}/maps").read_text()
        assert not any(name in supervisor for name in ("uvloop", "sqlalchemy", "msgspec"))


def test_the_last_line_of_a_start_says_how_to_begin(tmp_path: Path) -> None:
    with Gateway(tmp_path) as gateway:
        sign_in = f"sign in at http://localhost:{gateway.port} as root with the password 123456"
        wait_until(lambda: sign_in in gateway.output())
        assert gateway.output().rindex(sign_in) > gateway.output().index("serving on")
        gateway.api("PUT", "/api/user/self", {"password": "another password"})
    with gateway:
        gateway.chat("sk-nobody")
    assert gateway.output().count(sign_in) == 1
