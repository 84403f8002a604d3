"""Trying channels: saved and unsaved ones, every kind of model, and what the vendor says when it fails."""

import json
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from oneapi.store.tables import channels, logs
from tests.control.conftest import NOW, World
from tests.fakes import Answer, FakeVendor, chat_document, json_answer

CLAUDE = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "claude-sonnet-4-5",
    "content": [{"type": "text", "text": "I am Claude."}],
    "stop_reason": "end_turn",
    "usage": {"input_tokens": 5, "output_tokens": 4},
}


@pytest.fixture
def vendor() -> Iterator[FakeVendor]:
    with FakeVendor.in_thread() as vendor:
        yield vendor


def channel(world: World, vendor: FakeVendor, **changes: Any) -> int:
    row = {
        "type": 1,
        "name": "mine",
        "key": "sk-vendor",
        "status": 1,
        "base_url": vendor.url,
        "models": "gpt-4o,text-embedding-3-small,tts-1,dall-e-3",
    }
    return world.put(channels, **(row | changes))


def test_a_channel_that_answers_is_shown_with_its_answer_and_written_down(
    everywhere: World, vendor: FakeVendor
) -> None:
    vendor.default = json_answer(chat_document("I am gpt-4o."))
    channel_id = channel(everywhere, vendor)
    reply = everywhere.admin.post(f"/api/channel/{channel_id}/test", {}).content
    assert (reply["model"], reply["answer"], reply["error"]) == ("gpt-4o", "I am gpt-4o.", "")
    assert reply["url"] == f"{vendor.url}/v1/chat/completions"
    (sent,) = vendor.requests
    assert sent.headers["authorization"] == "Bearer sk-vendor"
    assert sent.json()["messages"] == [{"role": "user", "content": "Who are you?"}]
    row = everywhere.row(channels, channel_id)
    assert (row["test_time"], row["response_time"] > 0) == (NOW, True)
    (written,) = everywhere.rows(logs)
    assert (written["type"], written["channel_id"], written["quota"]) == (5, channel_id, 0)
    assert "测试成功，响应：I am gpt-4o." in written["content"]


def test_one_apis_scripts_get_one_apis_answer(world: World, vendor: FakeVendor) -> None:
    vendor.default = json_answer(chat_document("here"))
    channel_id = channel(world, vendor)
    reply = world.admin.get(f"/api/channel/test/{channel_id}?model=gpt-4o").json
    assert set(reply) == {"success", "message", "time", "modelName"}
    assert (reply["success"], reply["message"], reply["modelName"]) == (True, "here", "gpt-4o")
    vendor.default = json_answer({"error": {"message": "bad key"}}, status=401)
    reply = world.admin.get(f"/api/channel/test/{channel_id}").json
    assert (reply["success"], reply["message"], reply["time"]) == (False, "bad key", 0)


@pytest.mark.parametrize(
    ("model", "answer", "path", "shown"),
    [
        (
            "text-embedding-3-small",
            {"data": [{"index": 0, "embedding": [0.1, 0.2]}], "usage": {"prompt_tokens": 1}},
            "/v1/embeddings",
            "a vector of 2 numbers",
        ),
        ("dall-e-3", {"created": 1, "data": [{"url": "x"}]}, "/v1/images/generations", "1 result"),
        (
            "BAAI/bge-reranker-v2-m3",
            {"results": [{"index": 0, "relevance_score": 0.9}, {"index": 1}]},
            "/v1/rerank",
            "a ranking of 2 documents, the best is number 1",
        ),
        (
            "gte-rerank-v2",
            {"object": "list", "data": [{"index": 1, "relevance_score": 0.9}]},
            "/v1/rerank",
            "the best is number 2",
        ),
        ("tts-1", {"sound": True}, "/v1/audio/speech", "bytes of application/json"),
    ],
)
def test_a_model_is_asked_for_what_it_is_for(
    world: World, vendor: FakeVendor, model: str, answer: dict[str, Any], path: str, shown: str
) -> None:
    vendor.default = json_answer(answer)
    channel_id = channel(world, vendor)
    reply = world.admin.post(f"/api/channel/{channel_id}/test", {"model": model}).content
    assert vendor.requests[0].path == path
    assert shown in reply["answer"]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (json_answer({"error": {"message": "no such model"}}, status=404), "no such model"),
        (json_answer({"results": []}), "holds no ranking"),
        (json_answer({"choices": []}), "holds no ranking"),
        (json_answer([1]), "holds no ranking"),
    ],
)
def test_a_reranker_that_does_not_rank_fails_its_test(
    world: World, vendor: FakeVendor, answer: Answer, error: str
) -> None:
    vendor.default = answer
    channel_id = channel(world, vendor, model_mapping='{"my-reranker": "their-reranker"}')
    reply = world.admin.post(f"/api/channel/{channel_id}/test", {"model": "my-reranker"}).json
    assert (reply["success"], error in reply["message"]) == (False, True)
    sent = vendor.requests[0].json()
    assert (sent["model"], len(sent["documents"])) == ("their-reranker", 2)
    assert vendor.requests[0].headers["authorization"] == "Bearer sk-vendor"


def test_a_claude_channel_is_tried_in_its_own_dialect(world: World, vendor: FakeVendor) -> None:
    vendor.default = json_answer(CLAUDE)
    channel_id = channel(
        world,
        vendor,
        type=14,
        models="sonnet",
        model_mapping=json.dumps({"sonnet": "claude-sonnet-4-5"}),
    )
    reply = world.admin.post(f"/api/channel/{channel_id}/test", {}).content
    assert (reply["model"], reply["answer"]) == ("sonnet", "I am Claude.")
    assert vendor.requests[0].path == "/v1/messages"
    assert vendor.requests[0].json()["model"] == "claude-sonnet-4-5"


def test_a_vendor_that_cannot_be_reached_has_no_status(world: World, vendor: FakeVendor) -> None:
    with socket.socket() as nobody:  # bound, and nobody listens
        nobody.bind(("127.0.0.1", 0))
        base_url = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        channel_id = channel(world, vendor, base_url=base_url)
        probe = world.admin.post(f"/api/channel/{channel_id}/test", {}).json["data"]
    assert (probe["status"], "cannot connect" in probe["error"]) == (0, True)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (json_answer({"error": {"message": "no such model"}}, status=404), "no such model"),
        (json_answer({"unexpected": True}), ""),
    ],
)
def test_a_failure_is_told_in_the_vendors_words_and_written_down(
    world: World, vendor: FakeVendor, answer: Any, said: str
) -> None:
    vendor.default = answer
    channel_id = channel(world, vendor)
    reply = world.admin.post(f"/api/channel/{channel_id}/test", {}).json
    assert (reply["success"], reply["code"]) == (False, "test_failed")
    assert reply["message"]
    assert said in reply["data"]["error"]
    assert world.row(channels, channel_id)["response_time"] == 0
    assert "测试失败" in world.rows(logs)[0]["content"]


def test_a_vendor_that_cannot_be_reached_fails_the_test(world: World, vendor: FakeVendor) -> None:
    channel_id = channel(world, vendor, base_url="http://127.0.0.1:1")
    reply = world.admin.post(f"/api/channel/{channel_id}/test", {}).json
    assert "127.0.0.1" in reply["message"]


def test_a_vendor_without_chats_is_tested_with_what_it_has(
    world: World, vendor: FakeVendor
) -> None:
    vendor.default = json_answer(
        {"object": "list", "data": [{"embedding": [0.5, 0.25]}], "usage": {"prompt_tokens": 1}}
    )
    form = {"type": 1121, "key": "pa-x", "base_url": vendor.url, "models": "voyage-3.5"}
    answer = world.root.post("/api/channel/test", form).content
    assert answer["answer"] == "a vector of 2 numbers"
    assert vendor.requests[0].path == "/v1/embeddings"


def test_a_vendor_without_a_list_of_models_is_not_asked(world: World, vendor: FakeVendor) -> None:
    refusal = world.root.post("/api/channel/models", {"type": 1121, "key": "pa-x"}).refusal
    assert "Voyage AI has no list of its models" in refusal
    assert vendor.requests == []


def test_a_channel_can_be_tried_before_it_is_saved(world: World, vendor: FakeVendor) -> None:
    vendor.default = json_answer(chat_document("fine"))
    form = {"type": 8, "key": "sk-a\nsk-b", "base_url": vendor.url, "models": "m"}
    assert world.root.post("/api/channel/test", form).content["answer"] == "fine"
    assert vendor.requests[0].headers["authorization"] == "Bearer sk-a"
    assert (world.rows(channels), world.rows(logs)) == ([], [])
    saved = channel(world, vendor)
    form = {"id": saved, "key": "", "models": "gpt-4o-mini"}
    assert world.root.post("/api/channel/test", form).content["model"] == "gpt-4o-mini"
    assert vendor.requests[1].headers["authorization"] == "Bearer sk-vendor"


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"key": "k", "models": "m"}, "type"),
        ({"type": 1, "models": "m"}, "key"),
        ({"type": 1, "key": "k"}, "model"),
    ],
)
def test_what_is_missing_for_a_test_is_named(
    world: World, form: dict[str, Any], field: str
) -> None:
    assert world.root.post("/api/channel/test", form).json["field"] == field


@pytest.mark.parametrize(
    ("channel_type", "path", "header"),
    [
        (1, "/v1/models", "authorization"),
        (50, "/models", "authorization"),
        (14, "/v1/models", "x-api-key"),
    ],
)
def test_the_vendors_models_can_be_asked_for(
    world: World, vendor: FakeVendor, channel_type: int, path: str, header: str
) -> None:
    vendor.default = json_answer({"data": [{"id": "b"}, {"id": "models/a"}]})
    form = {"type": channel_type, "key": "sk-x", "base_url": vendor.url}
    assert world.root.post("/api/channel/models", form).content == ["a", "b"]
    (asked,) = vendor.requests
    assert (asked.method, asked.path) == ("GET", path)
    assert "sk-x" in asked.headers[header]


def test_a_vendor_that_lists_no_models_says_why(world: World, vendor: FakeVendor) -> None:
    vendor.default = json_answer({"error": {"message": "not allowed"}}, status=403)
    reply = world.root.post("/api/channel/models", {"type": 1, "key": "k", "base_url": vendor.url})
    assert reply.json["code"] == "vendor_refused"
    assert "not allowed" in reply.json["message"]


def test_only_administrators_try_channels(world: World, vendor: FakeVendor) -> None:
    channel_id = channel(world, vendor)
    for path in (f"/api/channel/{channel_id}/test", "/api/channel/test", "/api/channel/models"):
        assert world.alice.post(path, {"type": 1, "key": "k"}).json["code"] == "not_allowed"
    assert vendor.requests == []
