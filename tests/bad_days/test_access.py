"""Clients that try to get what their key does not allow, or to pay less than it costs: the vendor never hears of it."""

import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
import pytest

from tests import fakes
from tests.fakes import (
    FakeVendor,
    Gate,
    Received,
    body_answer,
    chat_document,
    chat_events,
    chatty,
    json_answer,
    stream_answer,
    wait_until,
)
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


MESSAGE = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "claude",
    "content": [{"type": "text", "text": "Hello!"}],
    "stop_reason": "end_turn",
    "usage": {"input_tokens": 10, "output_tokens": 5},
}


def speaking(received: Received) -> fakes.Answer:
    """Answer as Anthropic on its path, as OpenAI elsewhere."""
    return json_answer(MESSAGE) if received.path.startswith("/v1/messages") else chatty(received)


@pytest.fixture(scope="module")
def vendor() -> Iterator[FakeVendor]:
    with FakeVendor.in_thread(speaking) as vendor:
        yield vendor


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory, vendor: FakeVendor) -> Iterator[Gateway]:
    with Gateway(tmp_path_factory.mktemp("gateway")) as running:
        mapping = json.dumps({"alias": "cheap"})
        running.serve(vendor.url, "cheap,dear,alias", model_mapping=mapping)
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


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Bearer dummy", "X-Api-Key": "KEY"},
        {"Authorization": "KEY", "X-Api-Key": "dummy"},
        {"X-Api-Key": "dummy", "Api-Key": "KEY"},
        {"Authorization": "Bearer ", "Api-Key": "KEY"},
        {"Authorization": "bearer   KEY"},
        {"Authorization": "Bearer Bearer KEY"},
        {"Authorization": "Bearer sk-KEY"},
        {"X-Api-Key": "Bearer KEY"},
    ],
)
@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/messages"])
def test_the_key_that_is_ours_counts(gateway: Gateway, path: str, headers: dict[str, str]) -> None:
    key = gateway.add_key()
    named = {name: value.replace("KEY", key) for name, value in headers.items()}
    for _ in range(2):  # looked up, then remembered
        answer = gateway.request("POST", path, f'{{"model":"cheap",{REST}}}'.encode(), named)
        assert answer.status == 200, answer.body


@pytest.mark.parametrize(
    "headers",
    [{}, {"Authorization": "Bearer dummy", "X-Api-Key": "dummy"}, {"Authorization": "Bearer"}],
)
def test_no_key_of_ours_is_refused(gateway: Gateway, headers: dict[str, str]) -> None:
    for path in ("/v1/chat/completions", "/v1/messages"):
        body = f'{{"model":"cheap",{REST}}}'.encode()
        assert gateway.request("POST", path, body, headers).status == 401


HALF = r"hi \ud83d"


@pytest.mark.fault("W20")
@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/messages"])
@pytest.mark.parametrize("model", ["cheap", "claude", "alias"])
@pytest.mark.parametrize("padding", ["", "x" * 9000])
def test_half_a_character_is_not_the_end(
    gateway: Gateway, vendor: FakeVendor, path: str, model: str, padding: str
) -> None:
    body = f'{{"model":"{model}","max_tokens":5,"messages":[{{"role":"user","content":"{HALF}{padding}"}}]}}'
    answer = ask(gateway, gateway.add_key(), path, body)
    assert answer.status == 200, answer.body
    sent = vendor.requests[-1].body
    assert msgspec.json.decode(sent) if not padding or model == "alias" else json.loads(sent)


@pytest.mark.fault("W20")
@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/messages"])
@pytest.mark.parametrize("streams", [False, True])
def test_half_a_character_of_a_vendor_is_not_the_end(
    gateway: Gateway, vendor: FakeVendor, path: str, streams: bool
) -> None:
    if streams:
        chunks = chat_events(["hi @", "there"])
        vendor.script(stream_answer(*[event.replace(b"@", rb"\ud83d") for event in chunks]))
    else:
        whole = json.dumps(chat_document("hi @")).replace("@", r"\ud83d").encode()
        vendor.script(body_answer(whole))
    body = f'{{"model":"cheap","stream":{json.dumps(streams)},{REST}}}'
    answer = ask(gateway, gateway.add_key(), path, body)
    assert answer.status == 200, answer.body
    assert b"hi " in answer.body
    assert b"error" not in answer.body
    if streams:
        assert b"there" in answer.body


def _error(answer: Answer) -> dict[str, Any]:
    return answer.json()["error"]


@pytest.mark.fault("R7")
@pytest.mark.parametrize("stream", [False, True])
def test_an_unknown_model_is_not_found_in_the_dialects_own_word(
    gateway: Gateway, stream: bool
) -> None:
    key = gateway.add_key()
    body = f'{{"model":"nobody","stream":{json.dumps(stream)},{REST}}}'
    openai = ask(gateway, key, "/v1/chat/completions", body)
    assert (openai.status, _error(openai)["code"]) == (404, "model_not_found")
    assert (_error(openai)["type"], _error(openai)["param"]) == ("invalid_request_error", "model")
    anthropic = ask(gateway, key, "/v1/messages", body)
    assert (anthropic.status, _error(anthropic)["type"]) == (404, "not_found_error")
    for answer in (openai, anthropic):
        assert "retry-after" not in answer.headers
        assert "'nobody'" in _error(answer)["message"]


@pytest.mark.fault("R7")
def test_a_model_on_another_endpoint_is_not_found(gateway: Gateway) -> None:
    answer = ask(gateway, gateway.add_key(), "/v1/embeddings", f'{{"model":"claude",{REST}}}')
    assert (answer.status, _error(answer)["code"]) == (404, "endpoint_not_supported")


@pytest.mark.fault("R7")
def test_a_model_whose_channels_are_switched_off_may_come_back(
    gateway: Gateway, vendor: FakeVendor
) -> None:
    channel = gateway.serve(vendor.url, "seldom")
    gateway.api("PUT", "/api/channel/", {"id": channel, "status": 2})
    key = gateway.add_key()
    wait_until(lambda: ask_seldom(gateway, key).status == 503)
    answer = ask_seldom(gateway, key)
    assert _error(answer)["code"] == "channels_disabled"


def ask_seldom(gateway: Gateway, key: str) -> Answer:
    return ask(gateway, key, "/v1/chat/completions", f'{{"model":"seldom",{REST}}}')


@pytest.mark.fault("R7")
@pytest.mark.parametrize("name", ["max_tokens", "max_completion_tokens"])
@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/messages"])
def test_who_cannot_pay_is_told_what_would_do(gateway: Gateway, path: str, name: str) -> None:
    gateway.set_option("ModelRatio", json.dumps({"cheap": 30}))
    gateway.set_option("CompletionRatio", json.dumps({"cheap": 1}))
    if path == "/v1/messages":
        name = "max_tokens"
    key = gateway.add_key(unlimited_quota=False, remain_quota=30_000)
    request: dict[str, Any] = {"model": "cheap", "messages": [{"role": "user", "content": "hi"}]}
    told = gateway.post(key, path, {**request, name: 5000})
    message = _error(told)["message"]
    assert told.status == 403, told.body
    assert "$0.06 (30000 quota) is left" in message
    found = re.search(rf"`{name}` of at most (\d+)", message)
    assert found is not None, message
    limit = int(found[1])
    assert 800 < limit < 1000
    assert gateway.post(key, path, {**request, name: limit + 40}).status == 403
    assert gateway.post(key, path, {**request, name: limit}).status == 200


@pytest.fixture(scope="module")
def exposed(tmp_path_factory: pytest.TempPathFactory, vendor: FakeVendor) -> Iterator[Gateway]:
    """A gateway that trusts no proxy: everybody here comes from an address that nobody believes."""
    folder = tmp_path_factory.mktemp("exposed")
    with Gateway(folder, env={"TRUSTED_PROXIES": "none"}) as running:
        running.serve(vendor.url, "cheap")
        yield running


FORWARDED = [("X-Forwarded-For", "{}"), ("Forwarded", 'for="{}"'), ("X-Real-IP", "{}")]


@pytest.mark.fault("A9")
@pytest.mark.parametrize(("name", "value"), FORWARDED)
def test_a_keys_network_is_the_clients_own(gateway: Gateway, name: str, value: str) -> None:
    key = gateway.add_key(subnet="203.0.113.0/24")
    body = f'{{"model":"cheap",{REST}}}'
    for address, status in [("203.0.113.9", 200), ("203.0.113.9:80", 200), ("198.51.100.7", 403)]:
        headers = {name: value.format(address)}
        assert ask(gateway, key, "/v1/chat/completions", body, **headers).status == status
    assert ask(gateway, key, "/v1/chat/completions", body).status == 403


@pytest.mark.fault("A9")
@pytest.mark.parametrize(("name", "value"), FORWARDED)
def test_a_strangers_word_opens_no_network(exposed: Gateway, name: str, value: str) -> None:
    body = f'{{"model":"cheap",{REST}}}'
    public, local = (exposed.add_key(subnet=net) for net in ("203.0.113.0/24", "127.0.0.0/8"))
    headers = {name: value.format("203.0.113.9")}
    assert ask(exposed, public, "/v1/chat/completions", body, **headers).status == 403
    assert ask(exposed, local, "/v1/chat/completions", body).status == 200
    told = ask(exposed, local, "/v1/chat/completions", body, **headers)
    assert (told.status, _error(told)["code"]) == (403, "network_not_allowed")
    assert "not certain behind 127.0.0.1" in _error(told)["message"]


@pytest.mark.fault("A10")
def test_a_balance_that_is_set_while_streams_run_is_what_the_answer_says(
    gateway: Gateway, vendor: FakeVendor
) -> None:
    gateway.set_option("ModelRatio", json.dumps({"cheap": 1}))
    key = gateway.add_user("streaming", 100_000_000)
    (user,) = gateway.api("GET", "/api/user/search?keyword=streaming")
    gate = Gate()
    first, *rest = chat_events(["Hel", "lo"], (10, 5))
    vendor.script(stream_answer(first, gate, *rest))
    body = json.dumps({"model": "cheap", "max_tokens": 1000, "stream": True, "messages": [{}]})
    with ThreadPoolExecutor(1) as pool:
        streaming = pool.submit(ask, gateway, key, "/v1/chat/completions", body)
        wait_until(lambda: gate.reached or streaming.done())
        assert gate.reached, streaming.result().body
        said = gateway.api("PUT", "/api/user/", {"id": user["id"], "quota": 12_345})
        assert said == {"quota": 12_345}
        gate.open()
        assert streaming.result(30).status == 200
    wait_until(lambda: _standing(gateway, "streaming")["used_quota"] > 0)
    wait_until(lambda: _standing(gateway, "streaming")["leased"] == 0)
    standing = _standing(gateway, "streaming")
    assert standing["quota"] + standing["used_quota"] == 12_345


def _standing(gateway: Gateway, name: str) -> Any:
    leased = "(SELECT COALESCE(SUM(amount), 0) FROM leases WHERE account_id = users.id AND account = 'user')"
    query = f"SELECT quota, used_quota, {leased} AS leased FROM users WHERE username = :name"
    return gateway.rows(query, name=name)[0]
