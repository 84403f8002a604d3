"""The head of a client's request: its fields, and what of it is no HTTP that everybody would read alike.

The parser (llhttp, strict) has judged its letters. Here is what it lets through and nginx and h11 do not: a `Host` that
is missing, doubled or no host, versions other than 1.0 and 1.1, transfer codings besides `chunked`, and fields said twice
of which two readers could take different ones.
"""

import re
from typing import Final

from oneapi.errors import HttpVersionNotSupported, InvalidRequest, NotImplementedHere

# Said twice, two readers could take different ones; all others are lists and are joined (RFC 9110 section 5.3).
_ONCE: Final = frozenset(
    {
        b"api-key",
        b"authorization",
        b"content-encoding",
        b"content-length",
        b"content-type",
        b"expect",
        b"host",
        b"transfer-encoding",
        b"x-api-key",
    }
)
# RFC 3986 section 3.2.2: a name, an IPv4 address or one in brackets, and a port.
_HOST: Final = re.compile(rb"(?:[A-Za-z0-9._~!$&'()*+,;=%-]*|\[[0-9A-Fa-f:.]+\])(?::[0-9]*)?")
_KEPT: Final = 1024
_hosts: Final[set[bytes]] = set()  # that were good
_ORIGIN: Final = re.compile(rb"https?://[^/?#]+", re.IGNORECASE)
_BLANKS: Final = (32, 9)
_SLASH: Final = 47


class Head:
    """Collects the fields of one head after the other; names in lower case, values without blanks around them.

    `is_open`: from the end of a message to the end of the next head.
    """

    __slots__ = ("fields", "is_open", "twice")

    def __init__(self) -> None:
        self.fields: dict[bytes, bytes] = {}
        self.is_open = True
        self.twice = b""

    def begin(self) -> None:
        """Start anew; the fields that were collected belong to whoever took them."""
        self.fields = {}
        self.is_open = True
        self.twice = b""

    def add(self, name: bytes, value: bytes) -> None:
        """Take a field; those behind a chunked body (trailers) mean nothing to us and are not kept."""
        if not self.is_open:
            return
        if value and value[-1] in _BLANKS:
            value = value.rstrip(b" \t")
        name = name.lower()
        fields = self.fields
        before = fields.get(name)
        if before is None:
            fields[name] = value
        elif name in _ONCE:
            self.twice = name
        else:
            fields[name] = before + (b"; " if name == b"cookie" else b", ") + value

    def check(self, version: str) -> int:
        """Return how long the body says it is, else 0; raise `GatewayError` for a head that is not to be trusted."""
        fields = self.fields
        if version != "1.1":
            _check_version(version, fields)
        if self.twice:
            raise InvalidRequest(f"the header {self.twice.decode('latin-1')!r} is there twice")
        host = fields.get(b"host")
        if host is None:
            if version == "1.1":
                raise InvalidRequest("HTTP/1.1 demands a `Host` header, and there is none")
        elif host not in _hosts:
            _check_host(host)
        coding = fields.get(b"transfer-encoding")
        if coding is not None and coding.lower() != b"chunked":
            raise NotImplementedHere(
                "the only `Transfer-Encoding` that is understood is chunked",
                code="transfer_encoding_not_supported",
            )
        length = fields.get(b"content-length")
        return int(length) if length is not None else 0


def _check_version(version: str, fields: dict[bytes, bytes]) -> None:
    if version != "1.0":
        raise HttpVersionNotSupported(f"HTTP/{version} is not spoken here; use HTTP/1.1")
    if b"transfer-encoding" in fields:
        raise InvalidRequest("HTTP/1.0 knows no `Transfer-Encoding`")


def _check_host(host: bytes) -> None:
    if _HOST.fullmatch(host) is None:
        raise InvalidRequest("the `Host` header is no host")
    if len(_hosts) < _KEPT and len(host) < 256:
        _hosts.add(host)


def origin_form(target: bytes) -> bytes:
    """Return a request's target as a path; a whole URL is allowed too (RFC 9112 section 3.2.2, read 2026-11-26)."""
    if target[0] == _SLASH:
        return target
    origin = _ORIGIN.match(target)
    if origin is None:
        return target
    rest = target[origin.end() :]
    return rest if rest[:1] == b"/" else b"/" + rest
