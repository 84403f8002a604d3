"""The page's files as they are served."""

from pathlib import Path
from typing import Any, NamedTuple

import pytest

from oneapi.web.site import Site, Surroundings

POLICY = b"default-src 'self'"
PROXY = "10.0.0.1"


class Reply(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes


@pytest.fixture
def built(tmp_path: Path) -> Path:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text('<head><base href="/" /></head>')
    (tmp_path / "theme.js").write_text("plain")
    (tmp_path / "assets/index-abc.js").write_text("plain script")
    (tmp_path / "assets/index-abc.js.gz").write_bytes(b"gzipped")
    (tmp_path / "assets/index-abc.js.br").write_bytes(b"brotli")
    return tmp_path


async def _ask(
    folder: Path, path: str, method: str = "GET", peer: str = PROXY, **around: Any
) -> Reply:
    headers = {name.replace("_", "-"): value for name, value in around.pop("headers", {}).items()}
    surroundings = Surroundings(policy=lambda: POLICY, trusts=PROXY.__eq__, **around)
    return await _asked(Site(surroundings, folder), path, method, peer, headers)


async def _asked(site: Site, path: str, method: str, peer: str, headers: dict[str, str]) -> Reply:
    path, _, query = path.partition("?")
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "client": (peer, 1),
    }
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        raise AssertionError("no body is read")

    async def send(message: Any) -> None:
        sent.append(message)

    await site(scope, receive, send)
    told = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return Reply(sent[0]["status"], told, sent[1]["body"])


@pytest.mark.parametrize(
    "path", ["/", "/login", "/channel/edit/5", "/oauth/github?code=1", "/index.html"]
)
async def test_addresses_of_the_page_are_the_page(built: Path, path: str) -> None:
    reply = await _ask(built, path)
    assert (reply.status, reply.body) == (200, b'<head><base href="/" /></head>')
    assert reply.headers["content-type"] == "text/html; charset=utf-8"
    assert reply.headers["cache-control"] == "no-cache"
    assert reply.headers["content-security-policy"] == POLICY.decode()
    assert reply.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("accepted", "coding", "body"),
    [
        ("gzip, deflate, br", "br", b"brotli"),
        ("gzip", "gzip", b"gzipped"),
        ("br;q=0, gzip", "gzip", b"gzipped"),
        ("", None, b"plain script"),
    ],
)
async def test_files_are_sent_as_they_were_compressed_at_build_time(
    built: Path, accepted: str, coding: str | None, body: bytes
) -> None:
    reply = await _ask(built, "/assets/index-abc.js", headers={"accept_encoding": accepted})
    assert (reply.body, reply.headers.get("content-encoding")) == (body, coding)
    assert reply.headers["content-type"] == "text/javascript; charset=utf-8"
    assert reply.headers["vary"] == "accept-encoding"
    assert reply.headers["content-length"] == str(len(body))


async def test_hashed_files_may_be_kept_for_ever_and_others_are_asked_for_again(
    built: Path,
) -> None:
    hashed = await _ask(built, "/assets/index-abc.js")
    assert hashed.headers["cache-control"] == "public, max-age=31536000, immutable"
    for path in ("/", "/theme.js"):
        first = await _ask(built, path)
        again = await _ask(built, path, headers={"if_none_match": first.headers["etag"]})
        assert (again.status, again.body) == (304, b"")


@pytest.mark.parametrize(
    "path",
    [
        "/assets/gone-123.js",
        "/favicon.ico",
        "/../pyproject.toml",
        "/assets/../../x.py",
        "//etc/x.conf",
    ],
)
async def test_a_file_that_is_not_there_is_404_and_not_the_page(built: Path, path: str) -> None:
    reply = await _ask(built, path)
    assert (reply.status, reply.headers["cache-control"]) == (404, "no-store")


async def test_a_file_that_an_upgrade_took_away_is_404_and_no_crash(built: Path) -> None:
    site = Site(Surroundings(policy=lambda: POLICY, trusts=bool), built)
    (built / "theme.js").unlink()
    assert (await _asked(site, "/theme.js", "GET", PROXY, {})).status == 404


async def test_the_page_is_told_the_path_that_the_proxy_stripped(built: Path) -> None:
    prefixed = {"x_forwarded_prefix": "/one-api/"}
    assert b'<base href="/one-api/" />' in (await _ask(built, "/login", headers=prefixed)).body
    configured = await _ask(built, "/login", base_path="/here")
    assert b'<base href="/here/" />' in configured.body
    assert configured.headers["vary"] == "x-forwarded-prefix"


@pytest.mark.parametrize(
    ("said", "peer"),
    [
        ("/one-api", "203.0.113.9"),
        ('/"><script>', PROXY),
        ("//evil.example", PROXY),
        ("evil", PROXY),
    ],
)
async def test_a_prefix_of_a_stranger_or_of_no_path_is_ignored(
    built: Path, said: str, peer: str
) -> None:
    reply = await _ask(built, "/login", peer=peer, headers={"x_forwarded_prefix": said})
    assert b'<base href="/" />' in reply.body


async def test_head_has_the_headers_alone_and_other_methods_are_refused(built: Path) -> None:
    head = await _ask(built, "/login", "HEAD")
    assert (head.status, head.body) == (200, b"")
    assert head.headers["content-length"] != "0"
    posted = await _ask(built, "/login", "POST")
    assert (posted.status, posted.headers["allow"]) == (405, "GET, HEAD")


async def test_a_clone_without_the_page_says_how_to_build_it(tmp_path: Path) -> None:
    reply = await _ask(tmp_path / "dist", "/")
    assert reply.status == 404
    assert b"make web" in reply.body


async def test_a_slave_sends_visitors_to_the_frontend_with_what_they_asked_for(built: Path) -> None:
    reply = await _ask(built, "/token?open=5", redirect_to="https://page.example")
    assert reply.status == 301
    assert reply.headers["location"] == "https://page.example/token?open=5"
