"""`/v1/oneapi/proxy/{channel}/…` on the running product: raw both ways, for administrators, written down."""

import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes import FakeVendor, body_answer, json_answer, raw_answer
from tests.gateway import ROOT_KEY, Answer, Gateway
from tests.server.environment import measured


@pytest.fixture(scope="module")
def vendor() -> Iterator[FakeVendor]:
    with FakeVendor.in_thread() as running:
        yield running


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    with Gateway(tmp_path_factory.mktemp("gateway"), env=measured()) as running:
        yield running


@pytest.fixture(scope="module")
def channel(gateway: Gateway, vendor: FakeVendor) -> int:
    return gateway.serve(vendor.url, "gpt-4o-mini")


def through(gateway: Gateway, channel: int, path: str, method: str = "GET") -> Answer:
    headers = {"Authorization": f"Bearer sk-{ROOT_KEY}", "X-Own": "1"}
    return gateway.request(method, f"/v1/oneapi/proxy/{channel}/{path}", headers=headers)


@pytest.mark.parametrize(
    "path", ["v1/files?limit=2", "a%20b/c", "a%3Fb%23c", "100%25", "%E4%B8%AD", "x:y@z/"]
)
def test_the_path_arrives_as_it_was_written(
    gateway: Gateway, vendor: FakeVendor, channel: int, path: str
) -> None:
    vendor.script(json_answer({}))
    assert through(gateway, channel, path).status == 200
    assert vendor.requests[-1].path == f"/{path}"


def test_headers_pass_both_ways_and_keys_do_not(
    gateway: Gateway, vendor: FakeVendor, channel: int
) -> None:
    said = [("Location", "/elsewhere"), ("X-Request-Id", "req_1"), ("Set-Cookie", "session=theirs")]
    vendor.script(json_answer({}, 302, said))
    answer = through(gateway, channel, "v1/x")
    assert vendor.requests[-1].headers["x-own"] == "1"
    assert vendor.requests[-1].headers["authorization"] == "Bearer sk-vendor"
    assert (answer.status, answer.headers["location"]) == (302, "/elsewhere")
    assert answer.headers["x-request-id"] == "req_1"
    assert "request-id" not in answer.headers
    assert "set-cookie" not in answer.headers


def test_what_is_said_of_the_connection_stays_here(
    gateway: Gateway, vendor: FakeVendor, channel: int
) -> None:
    vendor.script(json_answer({}))
    headers = {
        "Authorization": f"Bearer sk-{ROOT_KEY}",
        "Connection": "X-Hop, keep-alive",
        "X-Hop": "1",
        "Content-Encoding": "gzip",
    }
    path = f"/v1/oneapi/proxy/{channel}/v1/x"
    assert gateway.request("POST", path, gzip.compress(b"{}"), headers).status == 200
    received = vendor.requests[-1]
    assert received.body == b"{}"
    assert not {"x-hop", "content-encoding"} & set(received.headers)


@pytest.mark.parametrize(("method", "status"), [("DELETE", 204), ("GET", 304)])
def test_an_answer_without_a_body_stays_one(
    gateway: Gateway, vendor: FakeVendor, channel: int, method: str, status: int
) -> None:
    vendor.script(raw_answer(b"HTTP/1.1 %d Whatever\r\n\r\n" % status))
    answer = through(gateway, channel, "v1/files/1", method)
    assert (answer.status, answer.body) == (status, b"")
    assert "transfer-encoding" not in answer.headers


def test_a_head_request_gets_no_body(gateway: Gateway, vendor: FakeVendor, channel: int) -> None:
    vendor.script(raw_answer(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"))
    answer = through(gateway, channel, "v1/files/1", "HEAD")
    assert answer.status == 200
    assert "transfer-encoding" not in answer.headers


def test_others_than_administrators_are_refused(gateway: Gateway, channel: int) -> None:
    key = gateway.add_user("proxyuser", 1000)
    headers = {"Authorization": f"Bearer {key}"}
    answer = gateway.request("GET", f"/v1/oneapi/proxy/{channel}/v1/x", headers=headers)
    assert answer.status == 403


def test_it_is_written_down(tmp_path: Path, vendor: FakeVendor) -> None:
    with Gateway(tmp_path) as gateway:
        channel = gateway.serve(vendor.url, "gpt-4o-mini")
        vendor.script(body_answer(b"as it is", content_type="text/plain"))
        assert through(gateway, channel, "v1/x").body == b"as it is"
        (row,) = gateway.wait_for_logs(1)
    assert (row["channel_id"], row["quota"]) == (channel, 0)
    assert "proxy GET /v1/x" in row["detail"]
