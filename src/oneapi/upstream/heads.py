"""Request heads as bytes, rendered once per (method, url, headers), and where they go.

Nothing that a client or an operator typed can break out of its place: names are tokens, values hold
no CR, LF or NUL, targets hold no space or control character (RFC 9110 §5.5, RFC 9112 §3.2; read
2026-11-21). Headers that belong to the connection are ours and are dropped from the given ones.
"""

import re
from typing import Final, NamedTuple
from urllib.parse import SplitResult, quote, urlsplit

from oneapi.errors import InvalidRequest, UpstreamError
from oneapi.providers.base import Headers
from oneapi.providers.operations import CONNECTION_HEADERS

MAX_REQUEST_HEAD_BYTES = 64 << 10

_PORTS = {"http": 80, "https": 443}
_METHOD = re.compile(r"[A-Z]{1,20}")
_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,256}")
_BAD_IN_VALUE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_BAD_IN_TARGET = re.compile(r"[\x00-\x20\x7f]")


class Origin(NamedTuple):
    """Where connections go; those of one origin are interchangeable."""

    scheme: str
    host: str
    port: int

    @property
    def label(self) -> str:
        """Return how messages name it: host, and port when it is not the usual one."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


class Head:
    """A rendered head up to the place of Content-Length, and its origin.

    `host` is the origin's label, as messages name it. `sends_length`: GET and HEAD without a body say nothing of a
    length. `bodiless`: the answer has no body, whatever its headers say.
    """

    __slots__ = ("bodiless", "host", "origin", "prefix", "sends_length")

    def __init__(self, origin: Origin, prefix: bytes, method: str) -> None:
        self.origin: Final = origin
        self.host: Final = origin.label
        self.prefix: Final = prefix
        self.sends_length: Final = method not in {"GET", "HEAD"}
        self.bodiless: Final = method == "HEAD"

    def message(self, body: bytes) -> bytes:
        """Return the whole request."""
        if body or self.sends_length:
            length = str(len(body)).encode()  # `%` takes three times as long
            return b"".join((self.prefix, b"Content-Length: ", length, b"\r\n\r\n", body))
        return self.prefix + b"\r\n"

    def opening(self, size: int) -> bytes:
        """Return the head of a request whose body of `size` bytes follows."""
        return b"%bContent-Length: %d\r\n\r\n" % (self.prefix, size)


def render(method: str, url: str, headers: Headers) -> Head:
    """Return the head; raise `InvalidRequest` for what must not be sent, `UpstreamError` for a bad URL."""
    if not _METHOD.fullmatch(method):
        raise InvalidRequest(f"the method {method[:32]!r} cannot be sent")
    origin, target = located(url)
    lines = [
        f"{method} {target} HTTP/1.1".encode("ascii"),
        b"Host: " + origin.label.encode("ascii"),
        *(name.encode("ascii") + b": " + value for name, value in cleaned(headers)),
        b"Accept-Encoding: identity",
        b"",
    ]
    prefix = b"\r\n".join(lines)
    if len(prefix) > MAX_REQUEST_HEAD_BYTES:
        raise InvalidRequest("the headers of the request are too large to be sent")
    return Head(origin, prefix, method)


def cleaned(headers: Headers) -> list[tuple[str, bytes]]:
    """Return the headers that travel, checked, with a User-Agent (some vendors refuse without one)."""
    kept: list[tuple[str, bytes]] = []
    named = False
    for name, value in headers:
        lowered = name.lower()
        if lowered in CONNECTION_HEADERS:
            continue
        if not _NAME.fullmatch(name):
            raise InvalidRequest(f"the header name {name[:64]!r} cannot be sent")
        if _BAD_IN_VALUE.search(value):
            raise InvalidRequest(f"the header `{name}` holds a character that cannot be sent")
        named = named or lowered == "user-agent"
        kept.append((name, _encoded(value.strip(" \t"))))
    if not named:
        kept.append(("User-Agent", b"one-api"))
    return kept


def _encoded(value: str) -> bytes:
    try:
        return value.encode("latin-1")
    except UnicodeEncodeError:
        pass
    try:
        return value.encode()
    except UnicodeEncodeError as error:
        raise InvalidRequest("a header holds a character that cannot be sent") from error


def located(url: str) -> tuple[Origin, str]:
    """Return the origin and the request target of `url`."""
    if _BAD_IN_TARGET.search(url):
        raise InvalidRequest("the vendor's address holds a character that cannot be sent")
    try:
        parts = urlsplit(url)
        origin = _origin(parts)
        path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=-._~[]|\"<>{}^`\\")
        query = quote(parts.query, safe="/?%:@!$&'()*+,;=-._~[]|\"<>{}^`\\")
    except (ValueError, UnicodeError) as error:
        raise _unusable() from error
    return origin, f"{path}?{query}" if query else path


def _origin(parts: SplitResult) -> Origin:
    host = parts.hostname
    if parts.scheme not in _PORTS or not host or parts.username is not None:
        raise _unusable()
    if not host.isascii():
        host = host.encode("idna").decode("ascii")
    return Origin(parts.scheme, host, parts.port or _PORTS[parts.scheme])


def _unusable() -> UpstreamError:
    return UpstreamError("the channel's base URL is not a usable http(s) address")
