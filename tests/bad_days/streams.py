"""Clients that stream, many at once, and remember what they got: the witnesses of the kill tests; and their vendor."""

import asyncio
import json
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Self

from tests.fakes import chat_chunk, event, usage_document
from tests.gateway import Gateway, chat_request

MODEL = "gpt-4o-mini"
RATIO = 30
CREDIT = 10**12
PROMPT, COMPLETION = 10, 5
CHUNKS = 8
CHUNK_SECONDS = 0.1
STREAM_SECONDS = CHUNKS * CHUNK_SECONDS


@dataclass
class Witness:
    """`delivered`: request ids of streams whose end the client has read. `begun`: of all that got a head.

    `refused`: how many got which status and code instead, and whether they were told when to come back. `cut`: request
    ids of those that were told in band why they break off.
    """

    delivered: set[str] = field(default_factory=set[str])
    begun: set[str] = field(default_factory=set[str])
    cut: set[str] = field(default_factory=set[str])
    refused: Counter[tuple[int, str, bool]] = field(default_factory=Counter[tuple[int, str, bool]])


async def stream(port: int, key: str, witness: Witness) -> None:
    """Stream one answer to its end, or until the connection breaks."""
    body = json.dumps(chat_request(MODEL, stream=True, max_tokens=100)).encode()
    message = (
        f"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    ).encode() + body
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return
    try:
        writer.write(message)
        await writer.drain()
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        fields = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
        if not head.startswith("HTTP/1.1 200"):
            said = json.loads(await reader.readexactly(int(fields["content-length"])))
            code = said["error"]["code"]
            witness.refused[int(head.split()[1]), code, "retry-after" in fields] += 1
            await asyncio.sleep(0.1)
            return
        request_id = fields["x-oneapi-request-id"]
        witness.begun.add(request_id)
        async for line in reader:
            if line.startswith(b"data: [DONE]"):
                witness.delivered.add(request_id)
            elif line.startswith(b'data: {"error"'):
                witness.cut.add(request_id)
    except (OSError, asyncio.IncompleteReadError):
        pass
    finally:
        writer.close()


async def keep_streaming(
    port: int, key: str, parallel: int, stop: asyncio.Event, witness: Witness
) -> None:
    """Keep `parallel` streams going until told to stop; then let the open ones end."""

    async def one() -> None:
        while not stop.is_set():
            await stream(port, key, witness)
            await asyncio.sleep(0.01)

    await asyncio.gather(*(one() for _ in range(parallel)))


async def until_flowing(witness: Witness, more: int) -> None:
    goal = len(witness.delivered) + more
    deadline = time.monotonic() + 60
    while len(witness.delivered) < goal:
        assert time.monotonic() < deadline, "the streams do not flow"
        await asyncio.sleep(0.05)


class PacedVendor:
    """A vendor with 500 streams open at once, each some chunks at a fixed pace; lighter than FakeVendor."""

    def __init__(self, chunks: int = CHUNKS) -> None:
        self._chunks = chunks
        chunk = event(chat_chunk({"content": "word "}))
        finish = event(chat_chunk({}, "stop"))
        usage = event(chat_chunk({}) | {"choices": [], "usage": usage_document(PROMPT, COMPLETION)})
        self._chunk = b"%x\r\n%b\r\n" % (len(chunk), chunk)
        end = finish + usage + b"data: [DONE]\n\n"
        self._end = b"%x\r\n%b\r\n0\r\n\r\n" % (len(end), end)
        self.port = 0

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._answer, "127.0.0.1", 0, backlog=1024)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *exc: object) -> None:
        self._server.close()

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
                for _ in range(self._chunks):
                    writer.write(self._chunk)
                    await asyncio.sleep(CHUNK_SECONDS)
                writer.write(self._end)
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


async def set_up(gateway: Gateway, vendor: PacedVendor) -> str:
    """Route to the vendor at a price, and return the key of somebody who can pay."""
    await asyncio.to_thread(gateway.serve, f"http://127.0.0.1:{vendor.port}", MODEL)
    options = {"ModelRatio": {MODEL: RATIO}, "CompletionRatio": {MODEL: 1}}
    for name, value in options.items():
        await asyncio.to_thread(gateway.set_option, name, json.dumps(value))
    key = await asyncio.to_thread(gateway.add_user, "streamer", CREDIT)
    await asyncio.sleep(1.5)  # prices reach every worker within a second
    return key


def check_books(gateway: Gateway, witness: Witness) -> None:
    """Compare what was charged with what was delivered; the gateway has stopped."""
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
    assert user["quota"] + user["used_quota"] == CREDIT
    assert user["quota"] >= 0
    assert gateway.rows("SELECT * FROM leases") == []
