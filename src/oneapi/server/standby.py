"""What answers on the port of a worker that waits for room on the disk before it can start: everybody is told why."""

import asyncio
import contextlib
import json
import socket
from typing import Final

from oneapi.errors import StorageFailed
from oneapi.server import sockets
from oneapi.server.front import ALIVE, Readiness, ready_answer
from oneapi.wire.registry import client_dialect

RETRY_AFTER_SECONDS: Final = 5
ASK_SECONDS: Final = 5.0  # for a request's head, and again for what still comes behind it
LONGEST_HEAD: Final = 65_536
REASONS: Final = {200: "OK", 503: "Service Unavailable"}


class Standby:
    """Answers 503 with the reason, and `/healthz`; `held` are the places that the supervisor holds."""

    def __init__(self, held: list[socket.socket]) -> None:
        self._held = held
        self._servers: list[asyncio.Server] = []
        self._condition = ""

    async def open(self, condition: str) -> None:
        """Listen, unless that is done; tell the condition from now on."""
        self._condition = condition
        if self._servers:
            return
        for listener in sockets.listeners([place.dup() for place in self._held]):
            server = await asyncio.start_server(self._serve, sock=listener, limit=LONGEST_HEAD)
            self._servers.append(server)

    async def aclose(self) -> None:
        """Listen no more."""
        for server in self._servers:
            server.close()
        self._servers.clear()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(ASK_SECONDS):
                head = await reader.readuntil(b"\r\n\r\n")
            method, _, rest = head.decode("latin-1").partition(" ")
            writer.write(self._answer(method, rest.partition(" ")[0].partition("?")[0]))
            writer.write_eof()
            # Whoever closes on bytes that were not read takes his answer away from the client.
            async with asyncio.timeout(ASK_SECONDS):
                while await reader.read(LONGEST_HEAD):
                    pass
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    def _answer(self, method: str, path: str) -> bytes:
        status, body = self._said(path)
        head = (
            f"HTTP/1.1 {status} {REASONS[status]}\r\ncontent-type: application/json\r\n"
            f"content-length: {len(body)}\r\ncache-control: no-store\r\n"
        )
        if status == 503:
            head += f"retry-after: {RETRY_AFTER_SECONDS}\r\n"
        return f"{head}connection: close\r\n\r\n".encode() + (b"" if method == "HEAD" else body)

    def _said(self, path: str) -> tuple[int, bytes]:
        if path == "/healthz":
            return 200, ALIVE
        if path == "/readyz":
            return ready_answer(Readiness(is_ready=False, reason=self._condition))
        reason = f"{self._condition}: the gateway starts as soon as there is room"
        if path.startswith("/api"):
            return 503, json.dumps({"success": False, "message": reason}).encode()
        dialect = client_dialect("anthropic" if path.startswith("/v1/messages") else "openai")
        return dialect.error(StorageFailed(reason, code="disk_full"), "")
