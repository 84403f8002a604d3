"""HTTP/1.1 spoken by hand, for tests of what an HTTP library would not send."""

import json
import socket
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass

from tests.gateway import chat_request

WAIT_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class RawAnswer:
    """One answer from a socket; header names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


class RawClient:
    """A connection, and what has come on it that was not read yet."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=WAIT_SECONDS)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._rest = b""

    def send(self, *segments: bytes) -> None:
        """Write each piece by itself."""
        for segment in segments:
            self.socket.sendall(segment)

    def read(self, *, has_body: bool = True) -> RawAnswer:
        """Read one answer: with a length, chunked, or until the end."""
        head = self._until(b"\r\n\r\n")
        status, *lines = head.decode("latin-1").split("\r\n")
        pairs = (line.partition(": ") for line in lines if line)
        headers = {name.lower(): value for name, _, value in pairs}
        number = int(status.split(" ")[1])
        if number < 200 or not has_body:
            return RawAnswer(number, headers, b"")
        return RawAnswer(number, headers, self._body(headers))

    def _body(self, headers: dict[str, str]) -> bytes:
        if "content-length" in headers:
            return self._take(int(headers["content-length"]))
        if headers.get("transfer-encoding") != "chunked":
            return self.rest()
        pieces: list[bytes] = []
        while size := int(self._until(b"\r\n"), 16):
            pieces.append(self._take(size + 2)[:-2])
        self._until(b"\r\n")
        return b"".join(pieces)

    def rest(self) -> bytes:
        """Return everything until the other side closes; a reset counts as that."""
        try:
            while piece := self.socket.recv(1 << 16):
                self._rest += piece
        except ConnectionResetError:
            pass
        found, self._rest = self._rest, b""
        return found

    def _until(self, mark: bytes) -> bytes:
        while mark not in self._rest:
            self._more()
        found, _, self._rest = self._rest.partition(mark)
        return found

    def _take(self, size: int) -> bytes:
        while len(self._rest) < size:
            self._more()
        found, self._rest = self._rest[:size], self._rest[size:]
        return found

    def _more(self) -> None:
        piece = self.socket.recv(1 << 16)
        if not piece:
            raise EOFError(self._rest)
        self._rest += piece

    def close(self) -> None:
        self.socket.close()


@contextmanager
def connected(port: int) -> Generator[RawClient]:
    client = RawClient(port)
    try:
        yield client
    finally:
        client.close()


def request_head(target: str, lines: Iterable[str] = (), *, method: str = "POST") -> bytes:
    """Return a head with a Host and these lines."""
    return "\r\n".join([f"{method} {target} HTTP/1.1", "Host: x", *lines, "", ""]).encode("latin-1")


def chat_lines(key: str, body: bytes, *more: str) -> list[str]:
    """Return the lines of a model request with `body`."""
    return [
        f"Authorization: Bearer {key}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        *more,
    ]


def chat_body(**fields: object) -> bytes:
    return json.dumps(chat_request(**fields)).encode()  # pyright: ignore[reportArgumentType]
