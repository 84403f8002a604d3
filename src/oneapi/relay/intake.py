"""A request on its way in: head, limits, body; what comes out is a frozen `Request`.

JSON bodies are collected in memory; multipart bodies go to a spool that can be sent to a vendor again and again.
"""

import zlib
from collections.abc import Callable
from typing import Final, NamedTuple
from urllib.parse import unquote

from oneapi.errors import GatewayError, InvalidRequest, PayloadTooLarge
from oneapi.relay.exchange import Request
from oneapi.upstream.bodies import SpooledBody


class Limits(NamedTuple):
    """What one request may weigh, in bytes."""

    body: int = 64 * 1024 * 1024


_KEPT: Final = 1024
_targets: Final[dict[bytes, tuple[str, str]]] = {}


def _split(url: bytes) -> tuple[str, str]:
    """Return path and query of a request target."""
    known = _targets.get(url)
    if known is not None:
        return known
    raw_path, _, query = url.partition(b"?")
    path = raw_path.decode("latin-1")
    if len(_targets) >= _KEPT:
        _targets.clear()
    found = _targets[url] = (unquote(path) if "%" in path else path, query.decode("latin-1"))
    return found


class Intake:
    """The request being received on one connection; `refusal` is set when its head alone condemns it."""

    __slots__ = (
        "_clock",
        "_limit",
        "_parts",
        "_size",
        "_spool",
        "arrived",
        "headers",
        "http_1_0",
        "method",
        "path",
        "peer",
        "query",
        "refusal",
        "request_id",
    )

    def __init__(
        self,
        method: str,
        url: bytes,
        headers: dict[bytes, bytes],
        request_id: str,
        limits: Limits,
    ) -> None:
        self.path, self.query = _split(url)
        self.method = method
        self.headers = headers
        self.request_id = request_id
        self.peer = ""
        self.http_1_0 = False
        self.arrived = 0.0
        self._limit = limits.body
        self._size = 0
        self._parts: list[bytes] = []
        self._spool: SpooledBody | None = None
        self.refusal: GatewayError | None = None
        length = headers.get(b"content-length")
        if length is not None and length.isdigit() and int(length) > self._limit:
            self.refusal = self._too_large()
        elif headers.get(b"content-type", b"").startswith(b"multipart/"):
            self._spool = SpooledBody()

    @property
    def is_spooled(self) -> bool:
        """Whether the body is a form, which may be large."""
        return self._spool is not None

    def _too_large(self) -> PayloadTooLarge:
        return PayloadTooLarge(
            f"the request body is larger than {self._limit // 1_048_576} MiB",
            code="payload_too_large",
        )

    def feed(self, body: bytes) -> None:
        """Take a piece of the body; raise `PayloadTooLarge` when it becomes too much."""
        self._size += len(body)
        if self._size > self._limit:
            self._parts.clear()
            raise self._too_large()
        if self._spool is not None:
            self._spool.append(body)
        else:
            self._parts.append(body)

    def request(self, clock: Callable[[], float]) -> Request:
        """Return the complete request; raise `InvalidRequest` for a body that cannot be unpacked."""
        body: bytes | SpooledBody
        if self._spool is not None:
            body = self._spool
        else:
            parts = self._parts
            body = parts[0] if len(parts) == 1 else b"".join(parts)
            encoding = self.headers.get(b"content-encoding")
            if encoding is not None and encoding.lower() not in {b"", b"identity"}:
                body = self._unpacked(encoding.lower(), body)
        self._parts = []
        return Request(
            self.method,
            self.path,
            self.query,
            self.headers,
            self.peer,
            body,
            self.request_id,
            self.arrived,
            int(clock()),
        )

    def _unpacked(self, encoding: bytes, body: bytes) -> bytes:
        if encoding not in {b"gzip", b"deflate", b"x-gzip"}:
            raise InvalidRequest(
                f"`Content-Encoding` {encoding.decode('latin-1')!r} is not supported; use gzip",
                status=415,
                param="Content-Encoding",
            )
        unpacker = zlib.decompressobj(wbits=47)
        try:
            unpacked = unpacker.decompress(body, self._limit + 1)
        except zlib.error as error:
            raise InvalidRequest("the body is not valid gzip", param="Content-Encoding") from error
        if len(unpacked) > self._limit:
            raise self._too_large()
        if not unpacker.eof:
            raise InvalidRequest("the gzip body is cut off", param="Content-Encoding")
        return unpacked

    def close(self) -> None:
        """Throw away what was collected."""
        self._parts = []
        if self._spool is not None:
            self._spool.close()
