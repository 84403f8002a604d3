"""Request heads: nothing breaks out of its place, and they are rendered once."""

import pytest
from hypothesis import given, strategies as st

from oneapi.errors import InvalidRequest, UpstreamError
from oneapi.providers.base import UpstreamRequest
from oneapi.providers.secret import Secret
from oneapi.upstream import UpstreamClient
from oneapi.upstream.client import MAX_KEPT_HEADS
from oneapi.upstream.heads import Origin, located, render
from tests.fakes import FakeVendor


@pytest.mark.parametrize(
    ("url", "origin", "target"),
    [
        ("https://api.example.com/v1/x", Origin("https", "api.example.com", 443), "/v1/x"),
        ("http://h:8080", Origin("http", "h", 8080), "/"),
        ("http://h?a=b", Origin("http", "h", 80), "/?a=b"),
        (
            "https://H.Example/a%2Fb?x=%26&y#frag",
            Origin("https", "h.example", 443),
            "/a%2Fb?x=%26&y",
        ),
        ("http://[::1]:99/x", Origin("http", "::1", 99), "/x"),
        ("https://h/模型", Origin("https", "h", 443), "/%E6%A8%A1%E5%9E%8B"),
        ("https://müller.example/", Origin("https", "xn--mller-kva.example", 443), "/"),
        ("https://h//a/../b", Origin("https", "h", 443), "//a/../b"),
    ],
)
def test_where_an_address_leads(url: str, origin: Origin, target: str) -> None:
    assert located(url) == (origin, target)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/v1",
        "ftp://h/",
        "http://",
        "https:///x",
        "http://h:port/",
        "http://h:99999/",
        "http://u:p@h/",
    ],
)
def test_an_unusable_address_is_the_channels_fault(url: str) -> None:
    with pytest.raises(UpstreamError, match="base URL") as caught:
        located(url)
    assert caught.value.retryable
    assert caught.value.channel_at_fault


@pytest.mark.parametrize(
    "url",
    ["http://h/a b", "http://h/a\r\nX: y", "http://h/\0", "http://h\r\nX: y/", "http://h/?\t"],
)
def test_an_address_that_could_split_a_request_is_refused(url: str) -> None:
    with pytest.raises(InvalidRequest):
        render("GET", url, ())


@given(st.text(max_size=20), st.text(max_size=20), st.text(max_size=30))
def test_no_text_breaks_out_of_its_header(name: str, value: str, path: str) -> None:
    try:
        head = render("POST", f"http://h/{path}", ((name, value),))
    except (InvalidRequest, UpstreamError):
        return
    lines = head.prefix.split(b"\r\n")
    assert lines[0].startswith(b"POST /")
    assert lines[0].endswith(b" HTTP/1.1")
    assert lines[0].count(b" ") == 2
    assert len(lines) <= 6
    assert not any(c in line for line in lines for c in (b"\r", b"\n", b"\0"))
    assert all(b": " in line for line in lines[1:-1])


@pytest.mark.parametrize("bad", ["a\rb", "a\nb", "a\0b", "a\x1bb", "a\r\n b"])
def test_values_with_control_characters_are_refused(bad: str) -> None:
    with pytest.raises(InvalidRequest, match="`X`"):
        render("GET", "http://h/", (("X", bad),))


@pytest.mark.parametrize("bad", ["", "A B", "A:", "Ä", "A\r\n", "A\0"])
def test_names_that_are_no_tokens_are_refused(bad: str) -> None:
    with pytest.raises(InvalidRequest):
        render("GET", "http://h/", ((bad, "x"),))


@pytest.mark.parametrize("method", ["", "get", "GET /", "PO ST", "GET\r\n"])
def test_methods_that_are_none_are_refused(method: str) -> None:
    with pytest.raises(InvalidRequest):
        render(method, "http://h/", ())


def test_headers_of_the_connection_are_ours() -> None:
    given_headers = (
        ("Host", "evil"),
        ("content-length", "9"),
        ("Transfer-Encoding", "chunked"),
        ("Connection", "close"),
        ("Accept-Encoding", "br"),
        ("Expect", "100-continue"),
        ("User-Agent", "sdk/1"),
    )
    assert render("GET", "http://h:81/", given_headers).prefix == (
        b"GET / HTTP/1.1\r\nHost: h:81\r\nUser-Agent: sdk/1\r\nAccept-Encoding: identity\r\n"
    )


def test_secrets_and_other_scripts_travel() -> None:
    prefix = render("GET", "http://h/", (("x-api-key", Secret("k")), ("X-Title", "标题"))).prefix
    assert b"x-api-key: k\r\n" in prefix
    assert "X-Title: 标题\r\n".encode() in prefix


def test_a_head_that_no_server_takes_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="too large"):
        render("GET", "http://h/", (("X", "y" * 70_000),))


async def test_heads_are_kept_but_not_for_ever(client: UpstreamClient, vendor: FakeVendor) -> None:
    for number in range(MAX_KEPT_HEADS + 5):
        request = UpstreamRequest("GET", f"{vendor.url}/{number}", ())
        await (await client.send(request)).read(10_000)
    assert client.kept_heads == MAX_KEPT_HEADS
    assert [got.path for got in vendor.requests[-2:]] == ["/1027", "/1028"]
