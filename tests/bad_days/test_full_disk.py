"""The disk fills up under load, and everything is killed meanwhile: delivered = charged, and it passes by itself.

The full version of the first test makes ten runs: `FULL_DISK_RUNS=10 pytest -s tests/bad_days/test_full_disk.py`.
"""

import asyncio
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from tests.bad_days.streams import (
    STREAM_SECONDS,
    PacedVendor,
    Witness,
    check_books,
    keep_streaming,
    set_up,
    until_flowing,
)
from tests.fakes import (
    Answer as FakeAnswer,
    Ending,
    FakeVendor,
    Gate,
    body_answer,
    chat_document,
    chat_events,
    json_answer,
    raw_answer,
    stream_answer,
)
from tests.gateway import Answer, Gateway, chat_request
from tests.server.environment import clean
from tests.small_disk import SmallDisk, limit_files, small_disk

STREAMS = 500
RUNS = int(os.environ.get("FULL_DISK_RUNS", "2"))  # noqa: TID251 - see above
DISK_MB = 64
EMBEDDINGS: dict[str, Any] = {
    "object": "list",
    "data": [{"object": "embedding", "index": 0, "embedding": [0.1]}],
    "usage": {"prompt_tokens": 3, "total_tokens": 3},
}
pytestmark = [pytest.mark.fault("A4"), pytest.mark.alone]


@pytest.fixture
def gateway(tmp_path: Path) -> Generator[Gateway, None, None]:
    """One whose every file is on the small disk; not started."""
    made = Gateway(tmp_path / "disk", workers=2)
    yield made
    made.stop()


@pytest.fixture
def disk(tmp_path: Path, gateway: Gateway) -> Generator[SmallDisk, None, None]:
    with small_disk(tmp_path / "disk", DISK_MB, lambda: _processes(gateway)) as made:
        yield made


def _processes(gateway: Gateway) -> list[int]:
    process = gateway.process
    return [] if process is None else [process.pid, *gateway.worker_pids()]


def _ready(gateway: Gateway) -> Answer | None:
    try:
        return gateway.request("GET", "/readyz", timeout=5)
    except OSError:
        return None


def _until_said(gateway: Gateway, disk: SmallDisk) -> None:
    """Wait until it says that the disk is full; whatever it gives back meanwhile is taken, too."""
    deadline = time.monotonic() + 20
    while (answer := _ready(gateway)) is None or answer.status == 200:
        assert time.monotonic() < deadline, gateway.output()
        disk.fill()
        time.sleep(0.1)
    assert answer.json() == {"status": "not ready", "reason": "the disk is full"}
    assert gateway.request("GET", "/healthz").status == 200


def _books_balance(gateway: Gateway) -> str:
    command = [sys.executable, "-m", "oneapi", "check"]
    place = {"SQLITE_PATH": str(gateway.directory / "one-api.db")}
    checked = subprocess.run(
        command, env=clean() | place, capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout
    return checked.stdout


async def _kill_everything(gateway: Gateway, disk: SmallDisk, witness: Witness) -> None:
    chance = random.Random(1)
    for run in range(RUNS):
        is_full = run % 2 == 0
        await until_flowing(witness, STREAMS // 5)
        before = len(witness.delivered)
        if is_full:
            await asyncio.to_thread(disk.fill)
            await asyncio.sleep(3 * chance.random())
        await asyncio.sleep(STREAM_SECONDS * chance.random())
        gateway.kill()
        await asyncio.to_thread(gateway.start, waits=not is_full)
        if is_full:
            await asyncio.to_thread(_until_said, gateway, disk)
            await asyncio.to_thread(disk.free)
            await asyncio.to_thread(gateway.wait_ready)
        during = len(witness.delivered) - before
        print(f"run {run + 1}: {'disk full' if is_full else 'room left'}, {during} delivered")
    await until_flowing(witness, STREAMS // 5)


async def _bad_day(gateway: Gateway, disk: SmallDisk, witness: Witness) -> None:
    async with PacedVendor() as vendor:
        key = await set_up(gateway, vendor)
        stop = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            group.create_task(keep_streaming(gateway.port, key, STREAMS, stop, witness))
            await _kill_everything(gateway, disk, witness)
            stop.set()


def test_what_was_delivered_is_charged_although_everything_was_killed_on_a_full_disk(
    gateway: Gateway, disk: SmallDisk
) -> None:
    witness = Witness()
    gateway.start()
    asyncio.run(_bad_day(gateway, disk, witness))
    assert gateway.stop() == 0
    print(f"{len(witness.delivered)} delivered, {len(witness.begun)} begun", witness.refused)
    check_books(gateway, witness)
    print(_books_balance(gateway))
    assert len(witness.delivered) >= STREAMS


async def _fill_up(gateway: Gateway, disk: SmallDisk, witness: Witness) -> None:
    async with PacedVendor(chunks=1) as vendor:
        key = await set_up(gateway, vendor)
        stop = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            group.create_task(keep_streaming(gateway.port, key, STREAMS // 2, stop, witness))
            await until_flowing(witness, STREAMS)
            await asyncio.to_thread(disk.fill)
            deadline = time.monotonic() + 90
            while sum(witness.refused.values()) < STREAMS:
                assert time.monotonic() < deadline, "whoever cannot be recorded is refused"
                await asyncio.sleep(0.05)
            await asyncio.to_thread(_until_said, gateway, disk)
            await asyncio.to_thread(disk.free)
            await until_flowing(witness, STREAMS)
            await asyncio.to_thread(gateway.wait_ready)
            stop.set()


def test_load_on_a_full_disk_is_served_or_refused_and_no_worker_dies(
    gateway: Gateway, disk: SmallDisk
) -> None:
    witness = Witness()
    gateway.start()
    workers = set(gateway.worker_pids())
    asyncio.run(_fill_up(gateway, disk, witness))
    assert set(gateway.worker_pids()) == workers
    assert gateway.stop() == 0
    assert set(witness.refused) == {(503, "disk_full", True)}
    check_books(gateway, witness)
    _books_balance(gateway)


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/messages"])
def test_a_stream_that_cannot_be_recorded_breaks_off_with_an_error_and_is_charged_later(
    tmp_path: Path, path: str
) -> None:
    gate = Gate()
    role, first, *rest = chat_events(["Hel", "lo"], usage=(10, 5))
    with FakeVendor.in_thread(default=stream_answer(role, first, gate, *rest)) as vendor:
        with Gateway(tmp_path) as gateway:
            gateway.serve(vendor.url, "gpt-4o-mini")
            key = gateway.add_user("streamer", 10**9)
            told = asyncio.run(_break_off(gateway, gate, key, path))
            assert b"disk_full" in told or b"the disk is full" in told
            assert b"[DONE]" not in told
            assert b"message_stop" not in told
            (row,) = gateway.wait_for_logs(1)
            assert "unrecorded" in row["detail"]
            assert gateway.stop() == 0
        _books_balance(gateway)


async def _break_off(gateway: Gateway, gate: Gate, key: str, path: str) -> bytes:
    """Begin a stream, let its disk break its word before the end, and return what the client got."""
    body = json.dumps(
        {
            "model": "gpt-4o-mini",
            "stream": True,
            "max_tokens": 100,
            "messages": [{"role": "user", "content": "hi"}],
        }
    )
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
    writer.write(
        f"POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\nConnection: close\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()
    )
    async with asyncio.timeout(20):
        begun = await reader.readuntil(b"Hel")
    workers = gateway.worker_pids()
    limit_files(workers, 0)
    gate.open()
    rest = await reader.read()
    limit_files(workers, 1 << 30)
    writer.close()
    return begun + rest


def whole(answer: FakeAnswer) -> FakeAnswer:
    """The same bytes in one write."""
    return raw_answer(b"".join(s for s in answer.steps if isinstance(s, bytes)), ending=Ending.KEEP)


CHAT = json_answer(chat_document())
SPEECH = body_answer(b"audio" * 100, content_type="audio/mpeg")
# In one write: of a stream that comes in several, the client may have the beginning already.
STREAMED = whole(stream_answer(*chat_events(["Hello"])))
LANES: dict[str, tuple[FakeAnswer, str, dict[str, Any]]] = {
    "passed through": (CHAT, "/v1/chat/completions", {}),
    "converted": (CHAT, "/v1/messages", {}),
    "not streamed though asked for": (CHAT, "/v1/chat/completions", {"stream": True}),
    "streamed in one piece": (STREAMED, "/v1/chat/completions", {"stream": True}),
    "embeddings": (json_answer(EMBEDDINGS), "/v1/embeddings", {"input": "hi"}),
    "speech": (SPEECH, "/v1/audio/speech", {"input": "hi", "voice": "alloy"}),
}


def test_an_answer_that_cannot_be_recorded_is_an_error_and_costs_nothing(tmp_path: Path) -> None:
    with FakeVendor.in_thread() as vendor, Gateway(tmp_path) as gateway:
        gateway.serve(vendor.url, "gpt-4o-mini")
        key = gateway.add_user("asker", 10**9)
        for name, (answer, path, fields) in LANES.items():
            vendor.default = answer
            asked = chat_request(max_tokens=50) | fields
            assert gateway.post(key, path, asked).status == 200, name
            _refuse(gateway, key, path, asked)
            assert gateway.post(key, path, asked).status == 200, name
        assert gateway.stop() == 0
    rows = gateway.rows("SELECT id FROM logs WHERE type = 2")
    assert len(rows) == 2 * len(LANES)
    _books_balance(gateway)


def _refuse(gateway: Gateway, key: str, path: str, asked: dict[str, Any]) -> None:
    """Ask while the disk breaks its word: after the vendor's answer the first time, then before anything."""
    workers = gateway.worker_pids()
    limit_files(workers, 0)
    refused = [gateway.post(key, path, asked) for _ in range(2)]
    readiness = gateway.request("GET", "/readyz")
    limit_files(workers, 1 << 30)
    for answer in refused:
        assert answer.status == 503, path
        assert "disk is full" in answer.body.decode(), path
        assert path == "/v1/messages" or answer.json()["error"]["code"] == "disk_full"
        assert answer.headers["retry-after"]
    assert readiness.json()["reason"] == "the disk is full"
    gateway.wait_ready()
