"""Our own exchanges are what the vendors' SDKs take for theirs: requests, answers, and every event of a stream."""

import json
from pathlib import Path
from typing import Any

import pytest
from anthropic.types import Message, MessageCreateParams, MessageTokensCount, RawMessageStreamEvent
from openai.types import CreateEmbeddingResponse
from openai.types.chat import ChatCompletion, ChatCompletionChunk, CompletionCreateParams
from pydantic import TypeAdapter

from tests.providers.exchanges import PUBLISHED

FILES = sorted(PUBLISHED.glob("*/*/*.json"))
ANSWERS: dict[str, Any] = {
    "anthropic/messages": Message,
    "anthropic/messages_stream": RawMessageStreamEvent,
    "anthropic/count_tokens": MessageTokensCount,
    "openai/embed": CreateEmbeddingResponse,
    "openai/chat": ChatCompletion,
    "openai/chat_stream": ChatCompletionChunk,
}
ASKED: dict[str, Any] = {
    "anthropic/messages": MessageCreateParams,
    "anthropic/messages_stream": MessageCreateParams,
    "openai/chat": CompletionCreateParams,
    "openai/chat_stream": CompletionCreateParams,
}


def kind_of(path: Path) -> str:
    return f"{path.parent.parent.name}/{path.parent.name}"


def answers(path: Path) -> list[Any]:
    response = json.loads(path.read_text("utf-8"))["response"]
    if response["status"] != 200:
        return []
    return [event for event in response.get("events", [response.get("body")]) if event != "[DONE]"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{kind_of(path)}/{path.stem}")
def test_an_exchange_says_where_it_comes_from(path: Path) -> None:
    document = json.loads(path.read_text("utf-8"))
    assert document["source"].startswith("https://")
    assert document["written"]


@pytest.mark.parametrize(
    "path",
    [path for path in FILES if kind_of(path) in ANSWERS],
    ids=lambda path: f"{kind_of(path)}/{path.stem}",
)
def test_the_vendors_sdk_takes_it(path: Path) -> None:
    kind = kind_of(path)
    judge: TypeAdapter[Any] = TypeAdapter(ANSWERS[kind])
    for found in answers(path):
        if found.get("type") != "ping":
            judge.validate_python(found)
    if kind in ASKED:
        request: TypeAdapter[Any] = TypeAdapter(ASKED[kind])
        request.validate_python(json.loads(path.read_text("utf-8"))["request"]["json"])
