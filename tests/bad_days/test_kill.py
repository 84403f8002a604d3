"""`kill -9` under 500 live streams, ten times: charged = delivered, and each request ends once."""

import asyncio
import json
import os
import random
import signal
import time
from collections.abc import AsyncIterator
from pathlib import Path

from tests.bad_days.streams import Witness, keep_streaming
from tests.fakes import chat_chunk, event, usage_document
from tests.gateway import Gateway

RATIO = 30
STREAMS = 500
KILLS = 10
PROMPT, COMPLETION = 10, 5
CHUNKS = 8
CHUNK_SECONDS = 0.1


class PacedVendor:
    """A vendor with 500 streams open at once, each some chunks at a fixed pace; lighter than FakeVendor."""

    def __init__(self) -> None:
        chunk = event(chat_chunk({"content": "word "}))
        finish = event(chat_chunk({}, "stop"))
        usage = event(chat_chunk({}) | {"choices": [], "usage": usage_document(PROMPT, COMPLETION)})
        self._chunk = b"%x\r\n%b\r\n" % (len(chunk), chunk)
        end = finish + usage + b"data: [DONE]\n\n"
        self._end = b"%x\r\n%b\r\n0\r\n\r\n" % (len(end), end)
        self.port = 0

    async def serve(self) -> AsyncIterator[None]:
        server = await asyncio.start_server(self._answer, "127.0.0.1", 0, backlog=1024)
        self.port = server.sockets[0].getsockname()[1]
        async with server:
            yield

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
                await reader.readexactly(length)
                writer.write(
                    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                    b"Transfer-Encoding: chunked\r\n\r\n"
                )
                for _ in range(CHUNKS):
                    writer.write(self._chunk)
                    await asyncio.sleep(CHUNK_SECONDS)
                writer.write(self._end)
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


async def _until_flowing(witness: Witness, more: int) -> None:
    goal = len(witness.delivered) + more
    deadline = time.monotonic() + 60
    while len(witness.delivered) < goal:
        assert time.monotonic() < deadline, "the streams do not flow"
        await asyncio.sleep(0.05)


async def _kill_in_turn(gateway: Gateway, witness: Witness) -> None:
    """One worker, the other one, everything at once, and so on."""
    chance = random.Random(1)
    for turn in range(KILLS):
        await _until_flowing(witness, STREAMS // 5)
        await asyncio.sleep(chance.random() * CHUNK_SECONDS * CHUNKS)
        if turn % 3 == 2:
            gateway.kill()
            await asyncio.to_thread(gateway.start)
        else:
            victims = gateway.worker_pids()
            os.kill(victims[turn % len(victims)], signal.SIGKILL)
    await _until_flowing(witness, STREAMS // 5)


async def _bad_day(gateway: Gateway, witness: Witness) -> None:
    vendor = PacedVendor()
    serving = vendor.serve()
    await anext(serving)
    await asyncio.to_thread(gateway.serve, f"http://127.0.0.1:{vendor.port}", "gpt-4o-mini")
    options = {"ModelRatio": {"gpt-4o-mini": RATIO}, "CompletionRatio": {"gpt-4o-mini": 1}}
    for name, value in options.items():
        await asyncio.to_thread(gateway.set_option, name, json.dumps(value))
    key = await asyncio.to_thread(gateway.add_user, "streamer", 10**12)
    await asyncio.sleep(1.5)  # prices reach every worker within a second
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(
            keep_streaming(gateway.port, key, ["gpt-4o-mini"], STREAMS, stop, witness)
        )
        await _kill_in_turn(gateway, witness)
        stop.set()
    await serving.aclose()  # type: ignore[attr-defined]


def test_what_was_delivered_is_charged_once_whatever_was_killed(tmp_path: Path) -> None:
    witness = Witness()
    with Gateway(tmp_path, workers=2) as gateway:
        asyncio.run(_bad_day(gateway, witness))
        assert gateway.stop() == 0
        rows = gateway.rows(
            "SELECT request_id, quota, detail FROM logs WHERE type = 2 AND username = 'streamer'"
        )
        charged = [row["request_id"] for row in rows]
        assert len(charged) == len(set(charged)), "a request was charged twice"
        assert witness.delivered <= set(charged), "an answer was delivered and not charged"
        whole = [row for row in rows if row["request_id"] in witness.delivered]
        assert {row["quota"] for row in whole} == {(PROMPT + COMPLETION) * RATIO}
        (user,) = gateway.rows("SELECT * FROM users WHERE username = 'streamer'")
        assert user["used_quota"] == sum(row["quota"] for row in rows)
        assert user["request_count"] == len(rows)
        assert user["quota"] + user["used_quota"] == 10**12
        assert gateway.rows("SELECT * FROM leases") == []
        assert len(witness.delivered) >= STREAMS
