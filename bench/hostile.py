"""Hostile clients and vendors, bounded in number and time: `python -m bench.hostile clients|vendor …`, on 127.0.0.1 only.

Each client does one thing that a client should not, again and again: it sends before it has shown a key, says a name
twice, names its own price, never reads, leaves early, smuggles, floods. The vendor answers each request with the next of its
faults. Nothing here judges; what it does to others is judged by `bench.soak`.
"""

import argparse
import asyncio
import contextlib
import gzip
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable

MODEL = "hostile-chat"
PAUSE_SECONDS = 0.25  # between two misdeeds of one client
HELD_SECONDS = 20.0  # how long a client that waits for nothing is patient
BOMB = gzip.compress(b'{"model":"m","messages":[' + b" " * 30_000_000 + b"]}")
Misdeed = Callable[["Client"], Awaitable[str]]


class Client:
    """Where a hostile client sends, and which key it has; its key is good, its money little."""

    def __init__(self, port: int, key: str, seed: int) -> None:
        self._port = port
        self.key = key
        self.random = random.Random(seed)

    @contextlib.asynccontextmanager
    async def connection(self):  # type: ignore[no-untyped-def]
        """Yield a connection's reader and writer; it is closed whatever happens."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        try:
            yield reader, writer
        finally:
            writer.transport.abort()

    def head(self, *lines: str, key: bool = True, path: str = "/v1/chat/completions") -> bytes:
        """Return a POST's head with these lines."""
        shown = (f"Authorization: Bearer {self.key}",) if key else ()
        return "\r\n".join((f"POST {path} HTTP/1.1", "Host: x", *shown, *lines, "", "")).encode()

    async def send(self, head: bytes, body: bytes = b"") -> str:
        """Send a whole request; return the status, or that the connection was closed."""
        async with self.connection() as (reader, writer):
            writer.write(head + body)
            return await _status(reader)

    async def ask(self, document: object | bytes, path: str = "/v1/chat/completions") -> str:
        """Send a document as a well-behaved client would."""
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        head = self.head(
            "Content-Type: application/json", f"Content-Length: {len(body)}", path=path
        )
        return await self.send(head, body)


async def _status(reader: asyncio.StreamReader) -> str:
    try:
        async with asyncio.timeout(HELD_SECONDS):
            line = await reader.readline()
    except (TimeoutError, OSError):
        return "no answer"
    return line.split(b" ")[1].decode("ascii", "replace") if line.count(b" ") else "closed"


def _chat(**more: object) -> dict[str, object]:
    return {"model": MODEL, "messages": [{"role": "user", "content": "hello"}]} | more


async def unfinished_body(client: Client) -> str:
    """Announce a body without a key, and send a byte now and then."""
    async with client.connection() as (reader, writer):
        writer.write(client.head("Content-Length: 100000", key=client.random.random() < 0.5))
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(HELD_SECONDS):
                while not (reader.at_eof() or writer.transport.is_closing()):
                    writer.write(b"x")
                    await writer.drain()
                    await asyncio.sleep(1)
                    if reader._buffer:  # type: ignore[attr-defined] # noqa: SLF001 - it was answered
                        return await _status(reader)
        return "held"


async def large_body_without_key(client: Client) -> str:
    """Send two megabytes without a key."""
    body = b'{"model":"' + b"x" * 2_000_000 + b'"}'
    return await client.send(client.head(f"Content-Length: {len(body)}", key=False), body)


async def bomb(client: Client) -> str:
    """Send a small body that becomes a large one, with or without a key."""
    head = client.head(
        "Content-Type: application/json",
        "Content-Encoding: gzip",
        f"Content-Length: {len(BOMB)}",
        key=client.random.random() < 0.5,
    )
    return await client.send(head, BOMB)


async def endless_trailers(client: Client) -> str:
    """Send trailers behind the last chunk until somebody objects."""
    async with client.connection() as (reader, writer):
        writer.write(client.head("Transfer-Encoding: chunked", key=False) + b"2\r\n{}\r\n0\r\n")
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(HELD_SECONDS):
                for number in range(20_000):
                    writer.write(b"x-%d: %b\r\n" % (number, b"y" * 200))
                    await writer.drain()
                    if writer.transport.is_closing() or reader._buffer:  # type: ignore[attr-defined] # noqa: SLF001
                        break
        return await _status(reader)


async def slow_head(client: Client) -> str:
    """Send a head byte by byte."""
    async with client.connection() as (_, writer):
        with contextlib.suppress(OSError):
            for byte in client.head("Content-Length: 2"):
                writer.write(bytes((byte,)))
                await asyncio.sleep(0.5)
                if writer.transport.is_closing() or client.random.random() < 0.02:
                    break
        return "held"


async def smuggling(client: Client) -> str:
    """Try to make one body two requests."""
    inner = b"GET /v1/models HTTP/1.1\r\nHost: x\r\n\r\n"
    lines = client.random.choice(
        (
            ("Upgrade: x", "Connection: Upgrade", f"Content-Length: {len(inner)}"),
            (f"Content-Length: {len(inner)}", "Transfer-Encoding: chunked"),
            ("Content-Length: 2", f"Content-Length: {len(inner)}"),
            ("Transfer-Encoding: gzip, chunked",),
        )
    )
    return await client.send(client.head(*lines), inner)


async def rubbish(client: Client) -> str:
    """Send what is no HTTP."""
    return await client.send(client.random.randbytes(2000))


async def name_said_twice(client: Client) -> str:
    """Say the model twice, or in another case."""
    other = client.random.choice(("model", "Model", "MODEL", "\\u006dodel"))
    body = f'{{"model":"{MODEL}","{other}":"bench-chat","messages":[]}}'
    return await client.ask(body.encode())


async def own_price(client: Client) -> str:
    """Name two limits, the smaller one first."""
    return await client.ask(_chat(max_completion_tokens=1, max_tokens=100_000))


async def never_reads(client: Client) -> str:
    """Ask for a stream and read nothing of it."""
    body = json.dumps(_chat(stream=True, max_tokens=2000)).encode()
    async with client.connection() as (reader, writer):
        reader._limit = 1  # type: ignore[attr-defined] # noqa: SLF001 - our side stops reading at once
        writer.write(client.head(f"Content-Length: {len(body)}") + body)
        await asyncio.sleep(HELD_SECONDS)
        return "held"


async def leaves_early(client: Client) -> str:
    """Ask for a stream and leave at once, or a little later."""
    body = json.dumps(_chat(stream=True, max_tokens=100)).encode()
    async with client.connection() as (_, writer):
        writer.write(client.head(f"Content-Length: {len(body)}") + body)
        await asyncio.sleep(client.random.choice((0, 0.01, 0.1, 1)))
        return "left"


async def wrong_key(client: Client) -> str:
    """Guess a key, from an address that a header invents."""
    head = client.head("X-Forwarded-For: 10.0.0.1", "Content-Length: 2", key=False)
    guess = b"Authorization: Bearer sk-%032x\r\n\r\n" % client.random.getrandbits(128)
    return await client.send(head[:-2] + guess, b"{}")


async def ordinary(client: Client) -> str:
    """Ask well, for what a hostile vendor answers."""
    streams = client.random.random() < 0.5
    path = client.random.choice(("/v1/chat/completions", "/v1/messages"))
    return await client.ask(_chat(stream=streams, max_tokens=50), path)


MISDEEDS: tuple[Misdeed, ...] = (
    unfinished_body,
    large_body_without_key,
    bomb,
    endless_trailers,
    slow_head,
    smuggling,
    rubbish,
    name_said_twice,
    own_price,
    never_reads,
    leaves_early,
    wrong_key,
    ordinary,
    ordinary,
)


async def _misbehave(client: Client, misdeed: Misdeed, until: float, seen: Counter[str]) -> None:
    while time.monotonic() < until:
        try:
            outcome = await misdeed(client)
        except OSError as error:
            outcome = type(error).__name__
        seen[f"{misdeed.__name__}: {outcome}"] += 1
        await asyncio.sleep(PAUSE_SECONDS * (0.5 + client.random.random()))


async def clients(port: int, key: str, seconds: float) -> None:
    """Misbehave for some seconds, two clients of each kind; print what they saw."""
    seen: Counter[str] = Counter()
    until = time.monotonic() + seconds
    async with asyncio.TaskGroup() as group:
        for number, misdeed in enumerate(MISDEEDS * 2):
            client = Client(port, key, number)
            group.create_task(_misbehave(client, misdeed, until, seen))
    print(json.dumps(dict(seen.most_common())))


GOOD = {
    "id": "c",
    "object": "chat.completion",
    "created": 1,
    "model": MODEL,
    "choices": [
        {
            "index": 0,
            "message": {"role": "assistant", "content": "hello"},
            "finish_reason": "stop",
        }
    ],
}
USAGES: tuple[object, ...] = (
    {"prompt_tokens": 5, "completion_tokens": -1, "total_tokens": 4},
    {"prompt_tokens": 10**15, "completion_tokens": 10**15},
    {"prompt_tokens": "five", "completion_tokens": None},
    {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0},
    {"prompt_tokens": 5, "completion_tokens": 3, "total_tokens": 8},
    None,
)
CHUNK = b'data: {"id":"c","choices":[{"index":0,"delta":{"content":"hello "}}]}\n\n'


def _whole(document: object, status: str = "200 OK") -> bytes:
    body = json.dumps(document).encode()
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def _faults(number: int) -> tuple[bytes, float, bool]:
    """Return the next answer: bytes, seconds to wait before its last byte, whether to close then."""
    stream = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
    answers: tuple[tuple[bytes, float, bool], ...] = (
        *((_whole(GOOD | {"usage": usage}), 0.0, False) for usage in USAGES),
        (_whole(GOOD) + _whole(GOOD), 0.0, False),  # one answer too many
        (_whole({"error": {"message": "busy"}}, "500 Internal Server Error"), 0.0, False),
        (_whole({"code": 500, "msg": "busy", "success": False}), 0.0, False),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{", 0.0, True),
        (b"\x00\xff nonsense\r\n\r\n", 0.0, True),
        (stream + CHUNK * 20, 0.0, True),
        (stream + CHUNK + b'data: {"error":{"message":"over quota"}}\n\n', 0.0, True),
        (stream + b"data: " + b"x" * 1_000_000 + b"\n\n", 0.0, True),
        (stream + CHUNK * 3, 8.0, True),
        (stream + CHUNK + b"data: [DONE]\n\n", 0.0, True),
        (
            b"HTTP/1.1 307 Temporary Redirect\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n",
            0,
            False,
        ),
        (b"HTTP/1.1 200 OK\r\n" + b"x-h: y\r\n" * 5000, 0.0, True),
    )
    return answers[number % len(answers)]


async def vendor(port: int) -> None:
    """Answer on a port, each request with the next fault, until cancelled."""
    count = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal count
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = next(
                    (
                        int(line.partition(b":")[2])
                        for line in head.split(b"\r\n")
                        if line.lower().startswith(b"content-length:")
                    ),
                    0,
                )
                await reader.readexactly(length)
                count += 1
                answer, seconds, closes = _faults(count)
                writer.write(answer[:-1])
                await asyncio.sleep(seconds)
                writer.write(answer[-1:])
                await writer.drain()
                if closes:
                    break
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", port)
    async with server:
        await server.serve_forever()


def main() -> int:
    """Run one side, as the command line says; clients end by themselves and print what they saw."""
    parser = argparse.ArgumentParser(prog="python -m bench.hostile", description=__doc__)
    parser.add_argument("side", choices=("clients", "vendor"))
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--key", default="")
    parser.add_argument("--seconds", type=float, default=60.0)
    arguments = parser.parse_args()
    if arguments.side == "vendor":
        asyncio.run(vendor(arguments.port))
    else:
        asyncio.run(clients(arguments.port, arguments.key, arguments.seconds))
    return 0


if __name__ == "__main__":
    sys.exit(main())
