"""Fakes shared by all tests: `FakeVendor`, a scripted HTTP server on a socket, and `FakeClock`.

An answer is a value: bytes to write, gates to wait at, and how it ends. Nothing here sleeps to
synchronise: a `Gate` holds an answer back until the test opens it, `until`/`wait_until` poll a
condition with a deadline.

    async with FakeVendor() as vendor:                 # inside an asyncio test
        vendor.script(json_answer({"ok": True}), stream_answer(b"data: 1\\n\\n", gate, b"…"))
    with FakeVendor.in_thread() as vendor:             # from synchronous tests, or for a gateway
        ...                                            # in another process

Requests take the scripted answers in order; when none is left, `vendor.default` answers (a small
OpenAI-like vendor).
"""

import asyncio
import json
import socket
import ssl
import struct
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Self, cast

DEADLINE_SECONDS = 10.0


class FakeClock:
    """A clock that moves only when told to."""

    def __init__(self, now: float = 1_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


async def until(condition: Callable[[], object], seconds: float = DEADLINE_SECONDS) -> None:
    """Poll `condition` on the running loop until it is true; fail after `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true in time"
        await asyncio.sleep(0.002)


def wait_until(condition: Callable[[], object], seconds: float = DEADLINE_SECONDS) -> None:
    """Poll `condition` from a synchronous test until it is true; fail after `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true in time"
        time.sleep(0.002)


class Gate:
    """A point in an answer where the vendor waits until the test opens it, from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []
        self.is_open = False
        self.reached = 0

    def open(self) -> None:
        with self._lock:
            self.is_open = True
            waiting, self._waiting = self._waiting, []
        for loop, event in waiting:
            loop.call_soon_threadsafe(event.set)

    async def wait(self) -> None:
        event = asyncio.Event()
        with self._lock:
            self.reached += 1
            if self.is_open:
                return
            self._waiting.append((asyncio.get_running_loop(), event))
        await event.wait()


class Ending(Enum):
    """What happens to the connection after the last byte of an answer."""

    KEEP = "keep"  # wait for the next request
    CLOSE = "close"  # an orderly FIN
    RESET = "reset"  # a TCP reset
    HANG = "hang"  # neither a byte nor an end


Step = bytes | Gate


@dataclass(frozen=True, slots=True)
class Received:
    """One request as the vendor saw it; header names are lower-case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Answer:
    """Raw bytes and gates in order, and the ending; `early` answers before the body was read."""

    steps: tuple[Step, ...]
    ending: Ending = Ending.KEEP
    early: bool = False


Script = Answer | Callable[[Received], Answer]
Headers = Sequence[tuple[str, str]]


def head(status: int, headers: Headers) -> bytes:
    lines = [f"HTTP/1.1 {status} Whatever", *(f"{name}: {value}" for name, value in headers)]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def raw_answer(*steps: Step, ending: Ending = Ending.CLOSE, early: bool = False) -> Answer:
    """Exactly these bytes, nothing added: wrong headers, broken framing, anything."""
    return Answer(steps, ending, early)


def body_answer(
    body: bytes,
    status: int = 200,
    headers: Headers = (),
    content_type: str = "application/json",
    ending: Ending = Ending.KEEP,
) -> Answer:
    framing = [("Content-Type", content_type), ("Content-Length", str(len(body)))]
    return Answer((head(status, [*framing, *headers]) + body,), ending)


def json_answer(document: Any, status: int = 200, headers: Headers = ()) -> Answer:
    return body_answer(json.dumps(document).encode(), status, headers)


def html_answer(status: int = 502) -> Answer:
    page = b"<html><body><h1>502 Bad Gateway</h1><hr>nginx</body></html>"
    return body_answer(page, status, content_type="text/html")


def half_json_answer() -> Answer:
    """A complete HTTP answer whose JSON is not complete."""
    return body_answer(b'{"id": "chatcmpl-1", "choices": [{"index": 0, "mess')


def error_answer(status: int, message: str = "no", headers: Headers = ()) -> Answer:
    """An error in OpenAI's shape."""
    error = {"message": message, "type": "invalid_request_error", "param": None, "code": None}
    return json_answer({"error": error}, status, headers)


def silence() -> Answer:
    """Accept the request and say nothing."""
    return Answer((), Ending.HANG)


def cut(answer: Answer, after: int, ending: Ending = Ending.CLOSE) -> Answer:
    """The first `after` bytes of `answer` (gates kept), then `ending`."""
    steps: list[Step] = []
    left = after
    for step in answer.steps:
        steps.append(step[:left] if isinstance(step, bytes) else step)
        left -= len(step) if isinstance(step, bytes) else 0
        if left <= 0:
            break
    return Answer(tuple(steps), ending)


def dripping(answer: Answer, size: int = 1) -> Answer:
    """The same bytes in separate writes of `size` bytes."""
    steps: list[Step] = []
    for step in answer.steps:
        if isinstance(step, bytes):
            steps += [step[at : at + size] for at in range(0, len(step), size)]
        else:
            steps.append(step)
    return Answer(tuple(steps), answer.ending)


def stream_answer(
    *pieces: Step,
    status: int = 200,
    headers: Headers = (),
    content_type: str = "text/event-stream",
    ending: Ending = Ending.KEEP,
) -> Answer:
    """A chunked answer, one chunk per piece; it is properly ended only when `ending` is KEEP."""
    framing = [("Content-Type", content_type), ("Transfer-Encoding", "chunked")]
    steps: list[Step] = [head(status, [*framing, *headers])]
    steps += [p if isinstance(p, Gate) else b"%x\r\n%b\r\n" % (len(p), p) for p in pieces]
    if ending is Ending.KEEP:
        steps.append(b"0\r\n\r\n")
    return Answer(tuple(steps), ending)


def never_closing(*pieces: Step) -> Answer:
    """A stream that stops sending and never ends."""
    return stream_answer(*pieces, ending=Ending.HANG)


def event(document: Any) -> bytes:
    """One SSE event with a JSON document."""
    return b"data: " + json.dumps(document).encode() + b"\n\n"


DONE = b"data: [DONE]\n\n"


def big_line_answer(size: int = 1 << 20) -> Answer:
    """A stream whose first event is one line of `size` characters of content."""
    return stream_answer(*chat_events(["x" * size]))


def chat_document(
    content: str = "Hello!", prompt: int = 10, completion: int = 5, model: str = "gpt-4o-mini"
) -> dict[str, Any]:
    """A whole chat completion in OpenAI's shape."""
    message = {"role": "assistant", "content": content}
    return {
        "id": "chatcmpl-fake",
        "object": "chat.completion",
        "created": 1_700_000_000,
        "model": model,
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": usage_document(prompt, completion),
    }


def usage_document(prompt: int, completion: int) -> dict[str, int]:
    total = prompt + completion
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": total}


def chat_chunk(delta: Mapping[str, Any], finish: str | None = None, **extra: Any) -> dict[str, Any]:
    """One chunk of a streamed chat completion in OpenAI's shape."""
    return {
        "id": "chatcmpl-fake",
        "object": "chat.completion.chunk",
        "created": 1_700_000_000,
        "model": "gpt-4o-mini",
        "choices": [{"index": 0, "delta": dict(delta), "finish_reason": finish}],
        **extra,
    }


def chat_events(words: Sequence[str], usage: tuple[int, int] | None = (10, 5)) -> list[bytes]:
    """The events of a whole streamed chat: role, words, finish, usage (unless `None`), `[DONE]`."""
    events = [event(chat_chunk({"role": "assistant", "content": ""}))]
    events += [event(chat_chunk({"content": word})) for word in words]
    events.append(event(chat_chunk({}, "stop")))
    if usage is not None:
        events.append(event(chat_chunk({}) | {"choices": [], "usage": usage_document(*usage)}))
    return [*events, DONE]


def message_document(usage: Mapping[str, Any]) -> dict[str, Any]:
    """A whole answer in Anthropic's shape: the text `hi`."""
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "m",
        "content": [{"type": "text", "text": "hi"}],
        "stop_reason": "end_turn",
        "usage": usage,
    }


def message_events(message: Mapping[str, Any]) -> list[bytes]:
    """The events of a whole message in Anthropic's shape, of its text alone; what it put out is counted again at its end."""
    text = message["content"][-1]["text"]
    end = {"stop_reason": message["stop_reason"]}
    events: list[dict[str, Any]] = [
        {"type": "message_start", "message": {**message, "content": [], "stop_reason": None}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}},
        {"type": "content_block_stop", "index": 0},
        {
            "type": "message_delta",
            "delta": end,
            "usage": {"output_tokens": message["usage"]["output_tokens"]},
        },
        {"type": "message_stop"},
    ]
    return [f"event: {one['type']}\n".encode() + event(one) for one in events]


def chatty(received: Received) -> Answer:
    """Answer as a small OpenAI-like vendor would: a chat, streamed if asked for."""
    document: Any
    try:
        document = json.loads(received.body or b"{}")
    except ValueError:
        document = {}
    if not isinstance(document, dict):  # random bytes may be a number
        document = {}
    document = cast("dict[str, Any]", document)
    if not document.get("stream"):
        return json_answer(chat_document(model=document.get("model", "gpt-4o-mini")))
    options: Any = document.get("stream_options")
    asked = bool(options and options.get("include_usage"))
    return stream_answer(*chat_events(["Hel", "lo", "!"], (10, 5) if asked else None))


class _Wire(asyncio.StreamReaderProtocol):
    """One connection; `left` is set as soon as the client has gone."""

    def __init__(self, vendor: "FakeVendor") -> None:
        self.vendor = vendor
        self.left = asyncio.Event()
        self.reader = asyncio.StreamReader(limit=1 << 20)
        self.transport: Any = None
        super().__init__(self.reader, self.serve)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.vendor.connections += 1
        self.vendor.wires.add(self)
        super().connection_made(transport)

    def eof_received(self) -> bool:
        self.left.set()
        super().eof_received()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self.left.set()
        self.vendor.wires.discard(self)
        super().connection_lost(exc)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.vendor.tasks.add(task)
        try:
            while await self._exchange(reader, writer):
                pass
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the client went away between requests, or the test is over
        finally:
            self.vendor.tasks.discard(task)
            writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, path, _ = lines[0].split(" ")
        pairs = [line.split(":", 1) for line in lines[1:] if line]
        headers = {name.lower(): value.strip() for name, value in pairs}
        script = self.vendor.scripts.popleft() if self.vendor.scripts else self.vendor.default
        early = isinstance(script, Answer) and script.early
        body = b"" if early else await self._body(reader, headers)
        received = Received(method, path, headers, body)
        self.vendor.requests.append(received)
        answer = script if isinstance(script, Answer) else script(received)
        if not await self._play(answer, writer):
            self.vendor.abandoned.append(received)
            return False
        if answer.ending is Ending.RESET:
            connection = writer.get_extra_info("socket")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()
        while early and (discarded := await reader.read(1 << 16)):
            self.vendor.discarded += len(discarded)
        return answer.ending is Ending.KEEP and not early

    async def _body(self, reader: asyncio.StreamReader, headers: Mapping[str, str]) -> bytes:
        if headers.get("transfer-encoding") != "chunked":
            return await reader.readexactly(int(headers.get("content-length", "0")))
        pieces: list[bytes] = []
        while size := int(await reader.readline(), 16):
            pieces.append(await reader.readexactly(size))
            await reader.readline()
        await reader.readline()
        return b"".join(pieces)

    async def _play(self, answer: Answer, writer: asyncio.StreamWriter) -> bool:
        """Return whether the client stayed until the last byte was written."""
        for step in answer.steps:
            if self.left.is_set():
                return False
            if isinstance(step, Gate):
                await self._until_open_or_left(step)
                if not step.is_open:
                    return False
                continue
            writer.write(step)
            try:
                await writer.drain()
            except OSError:
                return False
        if answer.ending is Ending.HANG:
            await self.left.wait()
            return False
        return True

    async def _until_open_or_left(self, gate: Gate) -> None:
        waits = [asyncio.ensure_future(gate.wait()), asyncio.ensure_future(self.left.wait())]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()


@dataclass(eq=False)
class FakeVendor:
    """A scripted vendor; see the module's docstring.

    `requests`: what it got. `abandoned`: requests whose client went away before the end of the
    answer. `connections`: accepted so far; `open_connections`: still open. `discarded`: bytes of
    request bodies that were read after an early answer.
    """

    default: Script = chatty
    tls: ssl.SSLContext | None = None
    requests: list[Received] = field(default_factory=list[Received])
    abandoned: list[Received] = field(default_factory=list[Received])
    scripts: deque[Script] = field(default_factory=deque[Script])
    tasks: set[asyncio.Task[None]] = field(default_factory=set[asyncio.Task[None]])
    wires: set[_Wire] = field(default_factory=set[_Wire])
    connections: int = 0
    discarded: int = 0
    port: int = 0
    server: asyncio.AbstractServer | None = None

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    @property
    def open_connections(self) -> int:
        return len(self.wires)

    def script(self, *answers: Script) -> None:
        """Answer the next requests like this, in order."""
        self.scripts.extend(answers)

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        # The port is taken again after a restart, so that "the vendor is back" can be told.
        self.server = await loop.create_server(
            lambda: _Wire(self), "127.0.0.1", self.port, ssl=self.tls, backlog=1024
        )
        self.port = self.server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Close the port and every connection, at once."""
        if self.server is not None:
            self.server.close()
            self.server = None
        await self.drop_connections()

    async def drop_connections(self) -> None:
        """Close every open connection from the vendor's side."""
        tasks = list(self.tasks)
        for task in tasks:
            task.cancel()
        for wire in list(self.wires):
            wire.transport.abort()
        await asyncio.gather(*tasks, return_exceptions=True)
        await until(lambda: not self.wires)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.stop()

    @classmethod
    @contextmanager
    def in_thread(cls, default: Script = chatty) -> Generator[Self, None, None]:
        """Serve from a thread of its own; `script`, `requests` and gates work from any thread."""
        vendor = cls(default)
        loop = asyncio.new_event_loop()
        thread = threading.Thread(target=loop.run_forever, daemon=True, name="fake-vendor")
        thread.start()
        asyncio.run_coroutine_threadsafe(vendor.start(), loop).result(DEADLINE_SECONDS)
        try:
            yield vendor
        finally:
            asyncio.run_coroutine_threadsafe(vendor.stop(), loop).result(DEADLINE_SECONDS)
            loop.call_soon_threadsafe(loop.stop)
            thread.join(DEADLINE_SECONDS)
            loop.close()
