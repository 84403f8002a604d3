"""The id under which the vendor knows a request: in the row's explanation, and with an error."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.fakes import (
    DONE,
    Answer as VendorAnswer,
    FakeVendor,
    body_answer,
    chat_document,
    chat_events,
    error_answer,
    event,
    json_answer,
    stream_answer,
)
from tests.gateway import Answer, Gateway, chat_request
from tests.server.environment import measured

pytestmark = pytest.mark.fault("R7")


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    with Gateway(tmp_path_factory.mktemp("gateway"), env=measured()) as running:
        yield running


def ask(gateway: Gateway, key: str, model: str, client: str = "chat", **fields: Any) -> Answer:
    path = "/v1/chat/completions" if client == "chat" else "/v1/messages"
    return gateway.post(key, path, chat_request(model, max_tokens=9, **fields))


def detail(gateway: Gateway, answer: Answer) -> Any:
    request_id = answer.headers["x-oneapi-request-id"]
    count = 1
    while True:
        for row in gateway.wait_for_logs(count):
            count += 1
            if row["request_id"] == request_id:
                return json.loads(row["detail"])


ANSWERS: dict[str, VendorAnswer] = {
    "whole": json_answer(chat_document(), headers=[("X-Request-Id", "req_1")]),
    "stream": stream_answer(*chat_events(["a"]), headers=[("Request-Id", "req_1")]),
}


@pytest.mark.parametrize("kind", ANSWERS)
@pytest.mark.parametrize("client", ["chat", "msgs"])
def test_the_vendors_id_is_in_the_row(gateway: Gateway, key: str, client: str, kind: str) -> None:
    model = f"good-{client}-{kind}"
    with FakeVendor.in_thread() as vendor:
        gateway.serve(vendor.url, model)
        for _ in range(2):  # the second on a connection that is there
            vendor.script(ANSWERS[kind])
            answer = ask(gateway, key, model, client, stream=kind == "stream")
            assert detail(gateway, answer)["vendor_request_id"] == "req_1"
            story = gateway.api("GET", f"/api/log/{answer.headers['x-oneapi-request-id']}")
            assert story["vendor_request_id"] == "req_1"


def test_a_row_without_one_says_nothing(gateway: Gateway, key: str) -> None:
    with FakeVendor.in_thread() as vendor:
        gateway.serve(vendor.url, "silent")
        assert "vendor_request_id" not in detail(gateway, ask(gateway, key, "silent"))


REFUSALS: dict[str, VendorAnswer] = {
    "in a header": error_answer(429, "slow", [("X-Request-Id", "req_9"), ("Retry-After", "2.2")]),
    "in the body": json_answer(
        {"type": "error", "error": {"type": "api_error", "message": "x"}, "request_id": "req_9"},
        500,
    ),
    "of a good status": body_answer(
        b'{"error":{"message":"no"},"request_id":"req_9"}', 200, content_type="text/plain"
    ),
    "in a header of a good status": json_answer({"error": "no"}, 200, [("X-Request-Id", "req_9")]),
    "beside a stream that only fails": stream_answer(
        event({"error": {"message": "no"}}), headers=[("Request-Id", "req_9")]
    ),
    "beside a stream without an answer": stream_answer(DONE, headers=[("Request-Id", "req_9")]),
    "of Azure": error_answer(500, "no", [("Apim-Request-Id", "req_9")]),
    "of AWS": error_answer(500, "no", [("X-Amzn-RequestId", "req_9")]),
}


@pytest.mark.parametrize("kind", REFUSALS)
@pytest.mark.parametrize("stream", [False, True])
def test_an_error_names_it(gateway: Gateway, key: str, kind: str, stream: bool) -> None:
    model = f"bad-{kind}-{stream}".replace(" ", "-")
    with FakeVendor.in_thread() as vendor:
        gateway.serve(vendor.url, model)
        vendor.script(REFUSALS[kind])
        answer = ask(gateway, key, model, stream=stream)
        assert answer.headers["x-oneapi-vendor-request-id"] == "req_9"
        assert answer.headers["x-request-id"] == answer.headers["x-oneapi-request-id"]
        if kind == "in a header":
            assert answer.headers["retry-after"] == "3", "never earlier than the vendor said"


def test_an_id_that_is_none_is_not_passed_on(gateway: Gateway, key: str) -> None:
    with FakeVendor.in_thread() as vendor:
        gateway.serve(vendor.url, "odd")
        vendor.script(
            json_answer({"error": {"message": "x"}, "request_id": "a\r\nSet-Cookie: b"}, 500),
            json_answer({"error": {"message": "x"}, "request_id": 7}, 500),
            error_answer(500, "x", [("X-Request-Id", "y" * 9000)]),
        )
        first, second, third = (ask(gateway, key, "odd") for _ in range(3))
        assert "x-oneapi-vendor-request-id" not in first.headers
        assert "x-oneapi-vendor-request-id" not in second.headers
        assert third.headers["x-oneapi-vendor-request-id"] == "y" * 128
