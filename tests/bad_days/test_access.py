"""Clients that try to get what their key does not allow, or to pay less than it costs: the vendor never hears of it."""

import json
from collections.abc import Iterator

import pytest

from tests.fakes import FakeVendor
from tests.gateway import Answer, Gateway

REST = '"messages":[{"role":"user","content":"hi"}],"prompt":"x","input":"x","max_tokens":5'
PATHS = {
    "/v1/chat/completions": "openai",
    "/v1/completions": "openai",
    "/v1/embeddings": "openai",
    "/v1/engines/cheap/embeddings": "openai",
    "/v1/images/generations": "openai",
    "/v1/audio/speech": "openai",
    "/v1/messages": "anthropic",
    "/v1/messages/count_tokens": "anthropic",
}


@pytest.fixture(scope="module")
def vendor() -> Iterator[FakeVendor]:
    with FakeVendor.in_thread() as vendor:
        yield vendor


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory, vendor: FakeVendor) -> Iterator[Gateway]:
    with Gateway(tmp_path_factory.mktemp("gateway")) as running:
        running.serve(vendor.url, "cheap,dear")
        running.serve(vendor.url, "claude", type=14)
        yield running


def ask(gateway: Gateway, key: str, path: str, body: str, **headers: str) -> Answer:
    named = {"Authorization": f"Bearer {key}", "Content-Type": "application/json", **headers}
    return gateway.request("POST", path, body.encode(), named)


@pytest.mark.fault("A2", "W21")
@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    ("said", "name"),
    [('"Model":"dear"', "Model"), ('"model":"dear"', "model"), ('"Stream":true', "Stream")],
)
def test_a_key_for_one_model_does_not_reach_another(
    gateway: Gateway, vendor: FakeVendor, path: str, said: str, name: str
) -> None:
    key = gateway.add_key(models="cheap")
    before = len(vendor.requests)
    for body in (f'{{"model":"cheap",{REST},{said}}}', f'{{{said},"model":"cheap",{REST}}}'):
        answer = ask(gateway, key, path, body)
        assert answer.status == 400, answer.body
        error = answer.json()["error"]
        assert error["type"] == "invalid_request_error"
        assert f"`{name}`" in error["message"]
        if PATHS[path] == "openai":
            assert (error["param"], error["code"]) == (name, "ambiguous_field")
    assert len(vendor.requests) == before


def test_what_is_asked_plainly_is_served(gateway: Gateway, vendor: FakeVendor) -> None:
    key = gateway.add_key(models="cheap")
    body = json.dumps({"model": "cheap", "Foo": 1, **json.loads("{" + REST + "}")})
    assert ask(gateway, key, "/v1/chat/completions", body).status == 200
    assert vendor.requests[-1].body == body.encode()
