"""What the C compiler learns from: `python tools/training.py [ROUNDS]` serves the load that the fast lane is made for.

One real worker on a free port of this machine, its files in a folder that is gone afterwards; clients and a vendor in a
thread beside it. An answer that is not as expected ends it with a traceback. What is not served here counts as rare and
is compiled for size: what has become common belongs into `_usual`.
"""

import asyncio
import contextlib
import gzip
import json
import os
import sys
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

from oneapi.app import commands
from oneapi.config import Flags, read
from oneapi.server import sockets
from oneapi.server.supervisor import Post
from oneapi.server.worker import work

ROUNDS = 40
CLIENTS = 8  # at once
DEADLINE_SECONDS = 60.0
HOST = "127.0.0.1"
ACCESS_KEY, KEY = "a" * 32, "k" * 32
CHAT, MESSAGES, EMBEDDINGS = "/v1/chat/completions", "/v1/messages", "/v1/embeddings"
MODELS = {"good": "gpt-4o-mini", "broken": "gpt-4o", "embeds": "text-embedding-3-small"}
USAGE = {"prompt_tokens": 50, "completion_tokens": 60, "total_tokens": 110}
POEM = "Wer reitet so spaet durch Nacht und Wind? Es ist der Vater mit seinem Kind. " * 4


class Asked(NamedTuple):
    """A request, and what must come of it: the hundreds of the status, and words of the answer."""

    path: str
    body: bytes
    status: int = 2
    words: str = ""
    authorization: str = f"Bearer sk-{KEY}"
    fields: str = ""


def _chat(model: str = "good", size: int = 200, **more: Any) -> bytes:
    messages = [{"role": "user", "content": "x" * size}]
    document = {"model": MODELS.get(model, model), "messages": messages, "max_tokens": 100}
    return json.dumps(document | more).encode()


def _usual(number: int) -> Iterator[Asked]:
    """What one client asks on its connection: mostly small chats, and some of everything else."""
    for step in range(80):
        yield Asked(CHAT, _chat(size=100 + number + step), words=POEM)
        if step % 8 == 0:
            yield Asked(CHAT, _chat(stream=True), words="[DONE]")
            yield Asked(CHAT, _chat(size=60_000), words=POEM)
            yield Asked(MESSAGES, _chat(), words=POEM)
            yield Asked(MESSAGES, _chat(stream=True), words="message_stop")
    embeds = {"model": MODELS["embeds"], "input": "x"}
    yield Asked(EMBEDDINGS, json.dumps(embeds).encode(), words="0.25")
    yield Asked(CHAT, gzip.compress(_chat()), words=POEM, fields="Content-Encoding: gzip\r\n")


def _mishaps() -> Iterator[Asked]:
    """What goes wrong; asked last, because a channel that rests sends everybody on the long way."""
    yield Asked(CHAT, _chat(), 4, "key", "Bearer sk-unknown")
    yield Asked(CHAT, b"{", 4, "JSON")
    yield Asked(CHAT, _chat("nobody's"), 4, "nobody's")
    yield Asked(CHAT, _chat("broken"), 5, "error")


async def _message(reader: asyncio.StreamReader) -> tuple[str, bytes]:
    """Read the head, in small letters, and the body of a request or an answer."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    if "transfer-encoding" not in head:
        size = head.partition("content-length: ")[2].partition("\r\n")[0]
        return head, await reader.readexactly(int(size))
    body = b""
    while size := int(await reader.readline(), 16):
        body += (await reader.readexactly(size + 2))[:-2]
    await reader.readexactly(2)
    return head, body


def _answer(asked: dict[str, Any]) -> Iterator[bytes]:
    """Answer as the vendor, piece by piece."""
    begin = "HTTP/1.1 200 OK\r\nContent-Type: {}\r\nX-Request-Id: v-1\r\n{}\r\n\r\n"
    if asked["model"] == MODELS["broken"]:
        yield b"HTTP/1.1 500 Oops\r\nContent-Length: 2\r\n\r\n{}"
        return
    known = {"id": "chatcmpl-1", "created": 1763683200, "model": asked["model"], "usage": USAGE}
    if not asked.get("stream"):
        message = {"role": "assistant", "content": POEM}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        data = [{"object": "embedding", "index": 0, "embedding": [0.25, -0.5]}]
        made: dict[str, Any] = {"data": data} if "input" in asked else {"choices": [choice]}
        body = json.dumps(known | {"object": "chat.completion"} | made).encode()
        yield begin.format("application/json", f"Content-Length: {len(body)}").encode() + body
        return
    yield begin.format("text/event-stream", "Transfer-Encoding: chunked").encode()
    for step in range(22):
        delta = {"content": f"word {step} "} if step < 20 else {}
        choice = {"index": 0, "delta": delta, "finish_reason": "stop" if step == 20 else None}
        made = {"choices": [choice], "usage": None} if step < 21 else {"choices": []}
        event = b"data: " + json.dumps(known | {"object": "chat.completion.chunk"} | made).encode()
        yield b"%x\r\n%b\n\n\r\n" % (len(event) + 2, event)
    yield b"e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n"


async def _vend(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(asyncio.IncompleteReadError):  # the gateway has closed the connection
        while True:
            _, body = await _message(reader)
            for piece in _answer(json.loads(body)):
                writer.write(piece)
                await asyncio.sleep(0)
    writer.close()


async def _ask(port: int, requests: Iterable[Asked]) -> int:
    """Ask one thing after the other on one connection; return how many answers there were, all as expected."""
    reader, writer = await asyncio.open_connection(HOST, port)
    count = 0
    for asked in requests:
        head = f"POST {asked.path} HTTP/1.1\r\nHost: {HOST}:{port}\r\nAccept: */*\r\n"
        head += f"Authorization: {asked.authorization}\r\nContent-Type: application/json\r\n"
        head += f"{asked.fields}Content-Length: {len(asked.body)}\r\n\r\n"
        writer.write(head.encode() + asked.body)
        told, body = await _message(reader)
        fits = told[9] == str(asked.status) and asked.words in body.decode()
        assert fits, f"{asked}\n{told}{body.decode()}"
        count += 1
    writer.close()
    return count


async def _patiently(port: int, asked: Asked) -> None:
    """Ask until the answer is as expected."""
    while True:
        with contextlib.suppress(OSError, AssertionError):
            await _ask(port, [asked])
            return
        await asyncio.sleep(0.05)


async def _client(port: int, rounds: Iterator[int]) -> int:
    return sum([await _ask(port, _usual(number)) for number in rounds])


async def _crowd(port: int, rounds: int) -> int:
    """Be all clients, and the vendor; return how many answers there were, all as expected."""
    async with asyncio.timeout(DEADLINE_SECONDS), await asyncio.start_server(_vend, HOST) as vendor:
        address = f"http://{HOST}:{vendor.sockets[0].getsockname()[1]}"
        channel = {"type": 1, "name": "vendor", "key": "sk-vendor", "base_url": address}
        channel |= {"models": ",".join(MODELS.values()), "group": "default"}
        body = json.dumps(channel).encode()
        await _patiently(port, Asked("/api/channel/", body, words="true", authorization=ACCESS_KEY))
        await _patiently(port, Asked(CHAT, _chat(), words=POEM))
        numbers = iter(range(rounds))
        counts = await asyncio.gather(*(_client(port, numbers) for _ in range(CLIENTS)))
        return sum(counts) + await _ask(port, _mishaps())


def _beside(lifeline: int, port: int, rounds: int) -> int:
    """Run the crowd; the worker takes the end of the lifeline for a reason to stop."""
    try:
        return asyncio.run(_crowd(port, rounds))
    finally:
        os.close(lifeline)


def train(folder: str, rounds: int) -> int:
    """Serve a crowd in this process; return how many answers it got, all as expected."""
    settings = {
        "DATA_DIR": folder,
        "SQLITE_PATH": f"{folder}/one-api.db",
        "HOST": HOST,
        "PORT": "0",
    }
    settings |= {"INITIAL_ROOT_TOKEN": KEY, "INITIAL_ROOT_ACCESS_TOKEN": ACCESS_KEY}
    config = read(settings, Flags(log_dir=folder))
    commands.migrate(config, print, check_only=False)
    held = sockets.reserve(config.host, config.port)
    port = int(held[0].getsockname()[1])
    lifeline, its_end = os.pipe()
    ready = os.open(os.devnull, os.O_WRONLY)
    with ThreadPoolExecutor(1) as beside:
        crowd = beside.submit(_beside, its_end, port, rounds)
        work(Post(config, 0, True, True, True, held, ready, lifeline))
    return crowd.result()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        total = train(made, int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS)
    print(f"{total} answers, all as expected")
