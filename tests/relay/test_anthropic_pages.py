"""What Anthropic's clients ask besides answers: how many tokens a prompt has, and which models there are."""

import json
from collections.abc import Iterator
from typing import Any

import anthropic
import pytest

from tests.fakes import (
    Ending,
    FakeVendor,
    error_answer,
    html_answer,
    json_answer,
    raw_answer,
    wait_until,
)
from tests.gateway import Answer, Gateway
from tests.server.environment import measured

CLAUDE = "claude-sonnet-4-5"
HELLO = [{"role": "user", "content": "hi"}]
ANTHROPIC = 14
COUNT = "/v1/messages/count_tokens"
VERSION = {"anthropic-version": "2023-06-01"}


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    with Gateway(tmp_path_factory.mktemp("gateway"), env=measured()) as running:
        yield running


@pytest.fixture
def vendor() -> Iterator[FakeVendor]:
    with FakeVendor.in_thread() as found:
        yield found


@pytest.fixture
def key(gateway: Gateway) -> str:
    return gateway.add_key()


def _count(gateway: Gateway, key: str, model: str, **fields: Any) -> Answer:
    return gateway.post(key, COUNT, {"model": model, "messages": HELLO, **fields})


def _refusal(kind: str, message: str, status: int) -> Any:
    error = {"type": "error", "error": {"type": kind, "message": message}}
    return json_answer(error, status)


ESTIMATE = 10  # of HELLO, at most


@pytest.mark.fault("also: count_tokens")
def test_the_vendor_that_counts_is_asked(gateway: Gateway, key: str, vendor: FakeVendor) -> None:
    mapping = json.dumps({"asked-c1": CLAUDE})
    gateway.serve(vendor.url, "asked-c1", type=ANTHROPIC, model_mapping=mapping)
    vendor.script(json_answer({"input_tokens": 2095}))
    headers = {"anthropic-beta": "token-counting-2024-11-01", **VERSION}
    tools = [{"name": "get", "input_schema": {"type": "object"}}]
    body = json.dumps({"model": "asked-c1", "messages": HELLO, "tools": tools}).encode()
    answer = gateway.request("POST", f"{COUNT}?beta=true", body, {"x-api-key": key, **headers})
    assert (answer.status, answer.json()) == (200, {"input_tokens": 2095})
    asked = vendor.requests[-1]
    assert asked.path == f"{COUNT}?beta=true"
    assert asked.json() == {"model": CLAUDE, "messages": HELLO, "tools": tools}
    assert {name: asked.headers[name] for name in headers} == headers


@pytest.mark.fault("also: count_tokens")
def test_counting_costs_nothing_and_leaves_no_row(
    gateway: Gateway, key: str, vendor: FakeVendor
) -> None:
    gateway.serve(vendor.url, "free-c1", type=ANTHROPIC)
    vendor.default = lambda received: json_answer({"input_tokens": 5_000_000})
    before = gateway.api("GET", "/api/user/self")["quota"]
    assert _count(gateway, key, "free-c1").json() == {"input_tokens": 5_000_000}
    assert gateway.api("GET", "/api/user/self")["quota"] == before
    assert gateway.rows("SELECT 1 FROM logs WHERE model_name = 'free-c1'") == []


@pytest.mark.fault("also: count_tokens")
@pytest.mark.parametrize(
    "answer",
    [
        error_answer(404, "Not Found"),
        error_answer(500, "no such endpoint"),
        _refusal("not_found_error", "model: m", 404),
        _refusal("rate_limit_error", "slow down", 429),
        _refusal("authentication_error", "invalid x-api-key", 401),
        html_answer(),
        html_answer(200),
        json_answer({"tokens": 5}),
        raw_answer(ending=Ending.CLOSE),
    ],
)
def test_where_the_vendor_does_not_count_we_estimate_and_chats_go_on(
    gateway: Gateway, vendor: FakeVendor, answer: Any
) -> None:
    key = gateway.add_key()
    model = f"broken-{key[-8:]}"
    gateway.set_option("AutomaticDisableChannelEnabled", "false")
    gateway.serve(vendor.url, model, type=ANTHROPIC)
    vendor.default = lambda received: answer

    def is_asked() -> bool:
        asked = len(vendor.requests)
        counted = _count(gateway, key, model)
        assert counted.status == 200
        assert 0 < counted.json()["input_tokens"] <= ESTIMATE
        return len(vendor.requests) > asked

    assert is_asked()
    wait_until(lambda: not is_asked())  # at once, or when the news of its making has ended its rest
    vendor.script(json_answer(_message()))
    chat = gateway.post(key, "/v1/messages", {"model": model, "max_tokens": 5, "messages": HELLO})
    assert chat.status == 200


def _message() -> dict[str, Any]:
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": CLAUDE,
        "content": [{"type": "text", "text": "hi"}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 5, "output_tokens": 1},
    }


@pytest.mark.fault("also: count_tokens")
def test_the_clients_own_mistake_is_the_vendors_to_name(
    gateway: Gateway, key: str, vendor: FakeVendor
) -> None:
    gateway.serve(vendor.url, "wrong-c1", type=ANTHROPIC)
    vendor.script(_refusal("invalid_request_error", "messages.0: what?", 400))
    answer = _count(gateway, key, "wrong-c1")
    assert answer.status == 400
    assert answer.json()["error"]["message"] == "messages.0: what?"
    vendor.script(json_answer({"input_tokens": 8}))
    assert _count(gateway, key, "wrong-c1").json() == {"input_tokens": 8}


UNKNOWN = "messages.1.content.0: Invalid `signature` in `thinking` block"


@pytest.mark.fault("W19")
@pytest.mark.parametrize(("path", "field"), [(COUNT, "input_tokens"), ("/v1/messages", "content")])
def test_thinking_of_another_account_does_not_end_a_session(
    gateway: Gateway, key: str, vendor: FakeVendor, path: str, field: str
) -> None:
    model = f"signed-{field}"
    gateway.serve(vendor.url, model, type=ANTHROPIC)
    good = {"input_tokens": 8} if path == COUNT else _message()
    vendor.script(_refusal("invalid_request_error", UNKNOWN, 400), json_answer(good))
    thought = {"type": "thinking", "thinking": "hm", "signature": "of another account"}
    said = {"role": "assistant", "content": [thought, {"type": "text", "text": "yo"}]}
    limit = {} if path == COUNT else {"max_tokens": 5}
    document = {"model": model, "messages": [*HELLO, said, *HELLO], **limit}
    answer = gateway.post(key, path, document)
    assert (answer.status, answer.json()[field]) == (200, good[field])
    first, second = (asked.json()["messages"] for asked in vendor.requests)
    assert first == document["messages"]
    assert second == [*HELLO, {"role": "assistant", "content": said["content"][1:]}, *HELLO]


@pytest.mark.fault("also: count_tokens")
def test_the_next_channel_counts_when_the_first_one_cannot(
    gateway: Gateway, key: str, vendor: FakeVendor
) -> None:
    with FakeVendor.in_thread() as first:
        gateway.serve(first.url, "two-c1", type=ANTHROPIC, priority=9)
        gateway.serve(vendor.url, "two-c1", type=ANTHROPIC)
        first.script(error_answer(500))
        vendor.script(json_answer({"input_tokens": 9}))
        assert _count(gateway, key, "two-c1").json() == {"input_tokens": 9}


@pytest.mark.fault("also: count_tokens")
def test_a_vendor_of_another_dialect_is_not_asked(
    gateway: Gateway, key: str, vendor: FakeVendor
) -> None:
    gateway.serve(vendor.url, "gpt-4o-mini")
    answer = _count(gateway, key, "gpt-4o-mini")
    assert 0 < answer.json()["input_tokens"] <= ESTIMATE
    assert vendor.requests == []


@pytest.mark.fault("also: count_tokens")
def test_a_model_that_nobody_serves_is_not_counted(gateway: Gateway, key: str) -> None:
    answer = _count(gateway, key, "nobody-serves-this")
    assert answer.status in (404, 503)
    assert answer.json()["type"] == "error"


def test_chats_and_counts_have_turns_of_their_own(gateway: Gateway, key: str) -> None:
    """Agents count before each chat: with common turns one channel would have all chats."""
    with FakeVendor.in_thread() as first, FakeVendor.in_thread() as second:
        for found in (first, second):
            gateway.serve(found.url, "turns-c1", type=ANTHROPIC, weight=1)
            found.default = lambda received: json_answer(
                {"input_tokens": 1} if "count" in received.path else _message()
            )
        for _ in range(4):
            assert _count(gateway, key, "turns-c1").status == 200
            chat = {"model": "turns-c1", "max_tokens": 5, "messages": HELLO}
            assert gateway.post(key, "/v1/messages", chat).status == 200
        paths = [
            [r.path for r in found.requests].count("/v1/messages") for found in (first, second)
        ]
        assert paths == [2, 2]


# -- models ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def five(gateway: Gateway) -> str:
    """A key that may use five models."""
    models = [f"page-{letter}" for letter in "abcd"] + [CLAUDE]
    gateway.serve("http://127.0.0.1:1", ",".join(models), type=ANTHROPIC)
    return gateway.add_key(models=",".join(models))


def _page(gateway: Gateway, key: str, query: str = "", path: str = "") -> Answer:
    return gateway.request(
        "GET", f"/v1/models{path}?{query}", headers={"x-api-key": key, **VERSION}
    )


@pytest.mark.fault("also: models")
def test_anthropics_clients_get_anthropics_list(gateway: Gateway, five: str) -> None:
    page = _page(gateway, five).json()
    names = [model["id"] for model in page["data"]]
    assert sorted(names) == sorted(["page-a", "page-b", "page-c", "page-d", CLAUDE])
    assert (page["has_more"], page["first_id"], page["last_id"]) == (False, names[0], names[-1])
    claude = next(model for model in page["data"] if model["id"] == CLAUDE)
    assert claude == _page(gateway, five, path=f"/{CLAUDE}").json()
    assert (claude["type"], claude["display_name"]) == ("model", CLAUDE)
    assert (claude["max_input_tokens"], claude["max_tokens"]) == (200_000, 64_000)
    plain = gateway.request("GET", "/v1/models", headers={"x-api-key": five}).json()
    assert plain["object"] == "list"
    listed = {model["id"]: model for model in plain["data"]}
    said = listed[CLAUDE]
    assert (said["context_length"], said["max_output_tokens"]) == (200_000, 64_000)
    assert said["owned_by"] == "anthropic"
    assert "context_length" not in listed["page-a"]


@pytest.mark.fault("also: models")
def test_pages_forwards_and_backwards(gateway: Gateway, five: str) -> None:
    names = [model["id"] for model in _page(gateway, five).json()["data"]]
    first = _page(gateway, five, "limit=2").json()
    assert [model["id"] for model in first["data"]] == names[:2]
    assert first["has_more"] is True
    last = _page(gateway, five, f"limit=3&after_id={first['last_id']}").json()
    assert ([model["id"] for model in last["data"]], last["has_more"]) == (names[2:], False)
    back = _page(gateway, five, f"limit=1&before_id={names[2]}").json()
    assert ([model["id"] for model in back["data"]], back["has_more"]) == ([names[1]], True)
    back = _page(gateway, five, f"before_id={names[2]}").json()
    assert ([model["id"] for model in back["data"]], back["has_more"]) == (names[:2], False)
    empty = _page(gateway, five, f"after_id={names[-1]}").json()
    assert empty == {"data": [], "has_more": False, "first_id": None, "last_id": None}
    assert _page(gateway, five, "lifecycle=retired").json()["data"] == []
    assert len(_page(gateway, five, "lifecycle[]=active&limit=1000").json()["data"]) == 5


@pytest.mark.fault("also: models")
@pytest.mark.parametrize(
    ("query", "field"),
    [
        *(("limit=0", "limit"), ("limit=1001", "limit"), ("limit=x", "limit")),
        *(("limit=-1", "limit"), ("limit=9999999999999", "limit"), ("after_id=?", "after_id")),
        ("before_id=page-a&after_id=page-b", "before_id"),
    ],
)
def test_a_page_that_is_none_is_named(gateway: Gateway, five: str, query: str, field: str) -> None:
    answer = _page(gateway, five, query)
    assert answer.status == 400
    assert answer.json()["error"]["type"] == "invalid_request_error"
    assert f"`{field}`" in answer.json()["error"]["message"]


@pytest.mark.fault("also: models")
def test_errors_of_the_list_are_anthropics_too(gateway: Gateway, five: str) -> None:
    missing = _page(gateway, five, path="/no-such-model")
    assert (missing.status, missing.json()["error"]["type"]) == (404, "not_found_error")
    unknown = _page(gateway, "sk-nobody")
    assert (unknown.status, unknown.json()["error"]["type"]) == (401, "authentication_error")


@pytest.mark.fault("also: models", "also: count_tokens")
def test_the_sdk_reads_lists_and_counts(gateway: Gateway, five: str, vendor: FakeVendor) -> None:
    client = anthropic.Anthropic(
        api_key=five, base_url=f"http://127.0.0.1:{gateway.port}", max_retries=0
    )
    with client:
        assert {model.id for model in client.models.list(limit=2)} >= {"page-a", CLAUDE}
        found = client.models.retrieve(CLAUDE)
        assert (found.type, found.created_at.year) == ("model", 1970)
        with pytest.raises(anthropic.NotFoundError):
            client.models.retrieve("no-such-model")
        counted = client.messages.count_tokens(
            model=CLAUDE, messages=[{"role": "user", "content": "hi"}]
        )
        assert 0 < counted.input_tokens <= ESTIMATE
