"""The page's files over plain ASGI: read once, sent as they were compressed when the page was built.

Every address that is no file is `index.html`: the page finds its own way. Files whose name carries a hash may be
kept for ever; everything else is asked for again and mostly answered 304.
"""

import re
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, NamedTuple

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

BUILT: Final = Path(__file__).with_name("dist")
NOT_BUILT: Final = b"One API is running. Its web page was not built: run `make web`, which needs Node or the network.\n"
NO_FILE: Final = b"there is no such file\n"
_BASE: Final = b'<base href="/" />'
_PREFIX: Final = re.compile(r"(?:/[A-Za-z0-9._~-]+)*")
_PREFIXES_KEPT: Final = 16  # forms of index.html, one for each path prefix
_TYPES: Final = {
    ".css": b"text/css; charset=utf-8",
    ".html": b"text/html; charset=utf-8",
    ".js": b"text/javascript; charset=utf-8",
    ".json": b"application/json",
    ".png": b"image/png",
    ".svg": b"image/svg+xml",
    ".txt": b"text/plain; charset=utf-8",
}
_ENCODINGS: Final = ((b"br", ".br"), (b"gzip", ".gz"))
_FOR_EVER: Final = b"public, max-age=31536000, immutable"
_ASK_AGAIN: Final = b"no-cache"


class Surroundings(NamedTuple):
    """What the page depends on outside its files; `policy` is asked for every answer, because settings change."""

    policy: Callable[[], bytes]
    trusts: Callable[[str], bool]  # whether a peer is a proxy whose headers may be believed
    base_path: str = ""
    redirect_to: str = ""  # another node serves the page


class Site:
    """Serves the page; files are looked for when it is made, and read when they are first asked for."""

    def __init__(self, surroundings: Surroundings, folder: Path = BUILT) -> None:
        self._surroundings = surroundings
        self._folder = folder
        self._names = frozenset(_names(folder))
        self._kept: dict[str, bytes] = {}
        self._pages: dict[str, tuple[bytes, bytes]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["method"] not in ("GET", "HEAD"):
            await self._send(scope, send, 405, [(b"allow", b"GET, HEAD")], b"")
            return
        headers = dict(scope["headers"])
        name = scope["path"].lstrip("/")
        if self._surroundings.redirect_to:
            where = self._surroundings.redirect_to.encode() + _asked(scope)
            await self._send(scope, send, 301, [(b"location", where)], b"")
        elif name in self._names and name != "index.html":
            await self._send_file(scope, send, name, headers)
        elif "." in name.rpartition("/")[2] and name != "index.html":
            await self._send_missing(scope, send, NO_FILE)
        elif "index.html" in self._names:
            await self._send_page(scope, send, headers)
        else:
            await self._send_missing(scope, send, NOT_BUILT)

    async def _send_missing(self, scope: Scope, send: Send, why: bytes) -> None:
        await self._send(scope, send, 404, [(b"cache-control", b"no-store")], why)

    async def _send_file(
        self, scope: Scope, send: Send, name: str, headers: dict[bytes, bytes]
    ) -> None:
        coding, suffix = self._coding(name, headers.get(b"accept-encoding", b""))
        try:
            body = self._read(name + suffix)
        except (
            FileNotFoundError
        ):  # the package was replaced while we run: the page loads itself anew
            await self._send_missing(scope, send, NO_FILE)
            return
        told: Headers = [
            (b"content-type", _TYPES.get(Path(name).suffix, b"application/octet-stream"))
        ]
        if coding:
            told.append((b"content-encoding", coding))
        told.append((b"vary", b"accept-encoding"))
        if name.startswith("assets/"):
            await self._send(scope, send, 200, [*told, (b"cache-control", _FOR_EVER)], body)
        else:
            await self._send_fresh(scope, send, told, body, _etag(body))

    async def _send_page(self, scope: Scope, send: Send, headers: dict[bytes, bytes]) -> None:
        body, etag = self._page(self._prefix(scope, headers))
        told: Headers = [
            (b"content-type", _TYPES[".html"]),
            (b"content-security-policy", self._surroundings.policy()),
            (b"referrer-policy", b"strict-origin-when-cross-origin"),
            (b"vary", b"x-forwarded-prefix"),
        ]
        await self._send_fresh(scope, send, told, body, etag)

    async def _send_fresh(
        self, scope: Scope, send: Send, told: Headers, body: bytes, etag: bytes
    ) -> None:
        told = [*told, (b"cache-control", _ASK_AGAIN), (b"etag", etag)]
        known = dict(scope["headers"]).get(b"if-none-match", b"")
        if etag in known:
            await self._send(scope, send, 304, told, b"")
        else:
            await self._send(scope, send, 200, told, body)

    async def _send(
        self, scope: Scope, send: Send, status: int, told: Headers, body: bytes
    ) -> None:
        headers = [*told, (b"x-content-type-options", b"nosniff")]
        if status != 304:
            headers.append((b"content-length", str(len(body)).encode()))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        content = b"" if scope["method"] == "HEAD" else body
        await send({"type": "http.response.body", "body": content})

    def _coding(self, name: str, accepted: bytes) -> tuple[bytes, str]:
        wanted = {
            part.partition(b";")[0].strip()
            for part in accepted.lower().split(b",")
            if not part.replace(b" ", b"").endswith((b";q=0", b";q=0.0"))
        }
        for coding, suffix in _ENCODINGS:
            if coding in wanted and name + suffix in self._names:
                return coding, suffix
        return b"", ""

    def _read(self, name: str) -> bytes:
        body = self._kept.get(name)
        if body is None:
            body = self._kept[name] = (self._folder / name).read_bytes()
        return body

    def _prefix(self, scope: Scope, headers: dict[bytes, bytes]) -> str:
        """Return the path under which the proxy in front serves us: its own word, else the configured one."""
        said = headers.get(b"x-forwarded-prefix", b"").decode("latin-1").rstrip("/")
        peer = scope.get("client")
        if said and _PREFIX.fullmatch(said) and self._surroundings.trusts(peer[0] if peer else ""):
            return said
        return self._surroundings.base_path

    def _page(self, prefix: str) -> tuple[bytes, bytes]:
        page = self._pages.get(prefix)
        if page is None:
            base = b'<base href="%b/" />' % prefix.encode()
            body = self._read("index.html").replace(_BASE, base, 1)
            if len(self._pages) >= _PREFIXES_KEPT:
                self._pages.clear()
            page = self._pages[prefix] = (body, _etag(body))
        return page


def _names(folder: Path) -> Iterable[str]:
    for path in folder.rglob("*"):
        if path.is_file():
            yield path.relative_to(folder).as_posix()


def _etag(body: bytes) -> bytes:
    return b'"%b"' % sha256(body).hexdigest()[:20].encode()


def _asked(scope: Scope) -> bytes:
    query = scope["query_string"]
    path = scope.get("raw_path") or scope["path"].encode()
    return path + (b"?" + query if query else b"")
