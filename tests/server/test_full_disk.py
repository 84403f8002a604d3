"""The real command on a full disk: it waits and says so, copies are whole or not there, mistakes still end a start."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Generator
from pathlib import Path

import pytest
from tests.fakes import FakeVendor, chat_document, json_answer, wait_until
from tests.gateway import Answer, Gateway, chat_request, free_port
from tests.server.environment import clean, measured
from tests.small_disk import SmallDisk, can_mount, mounted, small_disk

from oneapi.config import DISK_FULL

pytestmark = [
    pytest.mark.fault("A4"),
    pytest.mark.skipif(not can_mount(), reason="takes a file system of its own; see the summary"),
]


@pytest.fixture
def disk(tmp_path: Path) -> Generator[SmallDisk, None, None]:
    with small_disk(tmp_path / "disk", 24) as made:
        yield made


@pytest.fixture
def gateway(disk: SmallDisk) -> Generator[Gateway, None, None]:
    """One whose every file is on the disk; not started."""
    made = Gateway(disk.folder, env=measured(), has_tables=False)
    yield made
    made.stop()


def _asked(gateway: Gateway, path: str, method: str = "GET") -> Answer | None:
    try:
        return gateway.request(method, path, timeout=5)
    except OSError:
        return None


def _run(disk: SmallDisk, *arguments: str) -> tuple[int, str]:
    place = {"SQLITE_PATH": str(disk.folder / "one-api.db")}
    command = [sys.executable, "-m", "oneapi", *arguments]
    ran = subprocess.run(command, env=clean() | place, capture_output=True, text=True, check=False)
    return ran.returncode, ran.stdout + ran.stderr


def test_a_first_start_waits_for_room_and_says_so(gateway: Gateway, disk: SmallDisk) -> None:
    disk.fill()
    gateway.start(waits=False)
    wait_until(lambda: _asked(gateway, "/healthz") is not None)
    answers = {
        path: _asked(gateway, path)
        for path in ("/healthz", "/readyz", "/v1/models", "/v1/messages", "/api/status")
    }
    told = {path: (answer.status, answer.json()) for path, answer in answers.items() if answer}
    reason = "the disk is full: the gateway starts as soon as there is room"
    assert told["/healthz"] == (200, {"status": "alive"})
    assert told["/readyz"] == (503, {"status": "not ready", "reason": "the disk is full"})
    assert (
        told["/v1/models"][1]["error"] | {"message": reason, "code": "disk_full"}
        == told["/v1/models"][1]["error"]
    )
    assert told["/v1/messages"][1]["type"] == "error"
    assert told["/api/status"] == (503, {"success": False, "message": reason})
    assert answers["/v1/models"] is not None
    assert answers["/v1/models"].headers["retry-after"]
    assert gateway.output().count("task_waits") <= 1
    disk.free()
    gateway.wait_ready()
    assert gateway.request("GET", "/api/status").status == 200
    assert gateway.stop() == 0
    assert gateway.output().count("root_account_made") == 1


def test_a_start_that_waits_for_room_is_stopped_at_once(gateway: Gateway, disk: SmallDisk) -> None:
    disk.fill()
    gateway.start(waits=False)
    wait_until(lambda: _asked(gateway, "/readyz") is not None)
    began = time.monotonic()
    assert gateway.stop() == 0
    assert time.monotonic() - began < 10


def test_a_stop_on_a_full_disk_leaves_every_charge_to_the_next_start(
    gateway: Gateway, disk: SmallDisk
) -> None:
    with FakeVendor.in_thread(default=json_answer(chat_document())) as vendor:
        gateway.start()
        gateway.serve(vendor.url, "gpt-4o-mini")
        key = gateway.add_user("asker", 10**12)
        assert gateway.chat(key, max_tokens=50).status == 200
        disk.fill()
        served = sum(gateway.chat(key, max_tokens=50).status == 200 for _ in range(300))
        assert gateway.stop() == 0
        assert served > 0
        disk.free()
        gateway.start()
        assert gateway.stop() == 0
    (user,) = gateway.rows("SELECT * FROM users WHERE username = 'asker'")
    assert user["request_count"] == served + 1
    assert user["quota"] + user["used_quota"] == 10**12
    assert gateway.rows("SELECT * FROM leases") == []


def test_who_waits_for_room_answers_odd_requests_too(gateway: Gateway, disk: SmallDisk) -> None:
    disk.fill()
    gateway.start(waits=False)
    wait_until(lambda: _asked(gateway, "/readyz") is not None)
    head = _asked(gateway, "/readyz", "HEAD")
    assert head is not None
    assert (head.status, head.body) == (503, b"")
    large = gateway.post("key", "/v1/chat/completions", chat_request(user="x" * 3_000_000))
    assert large.status == 503
    for rubbish in (b"\r\n\r\n", b"x" * 100_000, b"GET"):
        with socket.create_connection(("127.0.0.1", gateway.port), timeout=5) as connection:
            connection.sendall(rubbish)
    assert _asked(gateway, "/healthz") is not None


def test_a_worker_that_dies_on_a_full_disk_takes_nothing_from_the_others(
    gateway: Gateway, disk: SmallDisk
) -> None:
    gateway.workers = 2
    gateway.start()
    wait_until(lambda: gateway.output().count("worker ready") == 2)
    disk.fill()
    victim, other = gateway.worker_pids()
    os.kill(victim, signal.SIGKILL)
    wait_until(lambda: "worker died" in gateway.output() or _lines(gateway, "worker died"))
    for _ in range(20):
        answer = _asked(gateway, "/healthz")
        assert answer is None or answer.status == 200
        ready = _asked(gateway, "/readyz")
        assert ready is None or ready.json()["reason"] == "the disk is full"
    assert other in gateway.worker_pids()
    disk.free()
    wait_until(lambda: _lines(gateway, "worker ready") == 3, seconds=20)
    gateway.wait_ready()
    assert other in gateway.worker_pids()


def _lines(gateway: Gateway, event: str) -> int:
    return gateway.output().count(event)


def test_a_backup_on_a_full_disk_is_whole_or_not_there(gateway: Gateway, disk: SmallDisk) -> None:
    gateway.start()
    copies = disk.folder / "copies"
    copies.mkdir()
    older = copies / "older.db"
    assert _run(disk, "backup", str(older))[0] == 0
    whole = older.read_bytes()
    disk.fill()
    for copy in (older, copies / "new.db"):
        status, said = _run(disk, "backup", str(copy))
        assert status == DISK_FULL
        assert "full" in said
        assert len(said.splitlines()) == 1
    assert [path.name for path in copies.iterdir()] == ["older.db"]
    assert older.read_bytes() == whole


def test_a_migration_on_a_full_disk_can_be_repeated(disk: SmallDisk) -> None:
    disk.fill()
    status, said = _run(disk, "migrate")
    assert status == DISK_FULL
    assert "full" in said
    assert "Traceback" not in said
    disk.free()
    assert _run(disk, "migrate", "--check")[0] == 1
    assert _run(disk, "migrate")[0] == 0
    assert _run(disk, "migrate", "--check")[0] == 0


def test_a_form_that_a_full_disk_cannot_keep_is_refused(tmp_path: Path, disk: SmallDisk) -> None:
    form = b"--XX\r\nContent-Disposition: form-data; name=model\r\n\r\nwhisper-1\r\n--XX\r\n"
    form += b"Content-Disposition: form-data; name=file; filename=a\r\n\r\n" + bytes(3 << 20)
    form += b"\r\n--XX--\r\n"
    environment = measured() | {"TMPDIR": str(disk.folder)}
    vendor = FakeVendor.in_thread(default=json_answer({"text": "hi"}))
    with vendor as served, Gateway(tmp_path / "gateway", env=environment) as gateway:
        gateway.serve(served.url, "whisper-1")
        headers = {
            "Authorization": f"Bearer {gateway.add_key()}",
            "Content-Type": "multipart/form-data; boundary=XX",
        }

        def transcribe() -> Answer:
            return gateway.request("POST", "/v1/audio/transcriptions", form, headers)

        assert transcribe().status == 200
        disk.fill()
        refused = transcribe()
        assert (refused.status, refused.json()["error"]["code"]) == (503, "disk_full")
        assert refused.headers["retry-after"]
        assert gateway.request("GET", "/readyz").status == 200, "it is another disk"
        disk.free()
        assert transcribe().status == 200


def test_log_files_go_on_when_there_is_room_again(tmp_path: Path, disk: SmallDisk) -> None:
    disk.fill()
    command = [sys.executable, "-m", "oneapi", "--log-dir", str(disk.folder / "made" / "later")]
    place = {
        "SQLITE_PATH": str(tmp_path / "one-api.db"),
        "PORT": str(free_port()),
        "HOST": "127.0.0.1",
        "WORKERS": "1",
        "ONLY_ONE_LOG_FILE": "true",
    }
    log = disk.folder / "made" / "later" / "oneapi.log"
    with (tmp_path / "output").open("wb") as output:
        process = subprocess.Popen(command, env=clean() | place, stdout=output, stderr=output)
    try:
        wait_until(lambda: "serving on" in (tmp_path / "output").read_text(), seconds=30)
        disk.free()
    finally:
        process.terminate()
        assert process.wait(20) == 0
    told = (tmp_path / "output").read_text().splitlines()
    written = log.read_text().splitlines()
    lost = next(line for line in written if "log_lines_lost" in line)
    assert written[-2:] == told[-2:], "stopping, stopped"
    supervisors = [line for line in told if "| supervisor |" in line]
    assert int(lost.partition("count=")[2]) == len(supervisors) - 2


@pytest.mark.parametrize("what", ["the journal's folder", "everything"])
def test_a_disk_that_may_not_be_written_ends_the_start_with_one_line(
    tmp_path: Path, what: str
) -> None:
    data = tmp_path / "data"
    data.mkdir()
    place = {"SQLITE_PATH": str(tmp_path / "one-api.db"), "DATA_DIR": str(data), "PORT": "0"}
    folder = data / "journal" if what == "the journal's folder" else data
    command = [sys.executable, "-m", "oneapi", "--log-dir", str(tmp_path / "logs")]
    with mounted(folder, "size=1m,ro"):
        ran = subprocess.run(
            command, env=clean() | place, capture_output=True, text=True, timeout=60, check=False
        )
    assert ran.returncode == 1
    assert "Read-only file system" in ran.stdout
    assert str(folder) in ran.stdout
    assert "Traceback" not in ran.stdout + ran.stderr


def test_a_log_folder_that_cannot_be_made_is_a_mistake(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    command = [sys.executable, "-m", "oneapi", "--log-dir", str(tmp_path / "file" / "logs")]
    place = {"SQLITE_PATH": str(tmp_path / "one-api.db"), "PORT": "0"}
    ran = subprocess.run(
        command, env=clean() | place, capture_output=True, text=True, timeout=60, check=False
    )
    assert ran.returncode == 2
    assert ran.stderr.startswith("one-api: --log-dir")
    assert len(ran.stderr.splitlines()) == 1
