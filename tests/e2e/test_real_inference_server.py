"""The whole way, as an operator goes it: curl to set up, the official SDKs to use, a real inference server behind.

The vendor is llama.cpp's own HTTP server (from the wheel `xllamacpp`) on a model that the test writes itself.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anthropic
import openai
import pytest

from tests.e2e.tiny_model import write_tiny_model
from tests.gateway import Gateway

SERVER = Path(__file__).with_name("inference_server.py")
DEFAULT_RATIO = 30  # quota per token of a model that has no price
PASSWORD = "a-better-password"


@pytest.fixture(scope="module")
def inference_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    model = tmp_path_factory.mktemp("model") / "tiny.gguf"
    write_tiny_model(model)
    process = subprocess.Popen(
        [sys.executable, str(SERVER), str(model)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    yield process.stdout.readline().strip()
    process.kill()
    process.communicate()


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    unset = {"INITIAL_ROOT_ACCESS_TOKEN": "", "INITIAL_ROOT_TOKEN": ""}
    with Gateway(tmp_path_factory.mktemp("gateway"), env=unset) as running:
        yield running


class Curl:
    """curl with a cookie jar, as the README uses it."""

    def __init__(self, gateway: Gateway, jar: Path) -> None:
        self.base = f"http://127.0.0.1:{gateway.port}"
        self.jar = jar

    def __call__(self, method: str, path: str, document: Any = None) -> Any:
        command = ["curl", "-sS", "-X", method, "-b", self.jar, "-c", self.jar, self.base + path]
        if document is not None:
            command += ["-H", "Content-Type: application/json", "-d", json.dumps(document)]
        reply = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
        assert reply["success"], reply
        return reply.get("data")


@pytest.fixture(scope="module")
def curl(gateway: Gateway, tmp_path_factory: pytest.TempPathFactory) -> Curl:
    curl = Curl(gateway, tmp_path_factory.mktemp("curl") / "cookies")
    curl("POST", "/api/user/login", {"username": "root", "password": "123456"})
    curl("PUT", "/api/user/self", {"password": PASSWORD})
    curl("POST", "/api/user/login", {"username": "root", "password": PASSWORD})
    return curl


@pytest.fixture(scope="module")
def key(curl: Curl, inference_server: str) -> str:
    curl(
        "POST",
        "/api/channel/",
        {
            "type": 8,
            "name": "llama.cpp",
            "key": "none",
            "base_url": inference_server,
            "models": "tiny",
            "group": "default",
        },
    )
    made = curl("POST", "/api/token/", {"name": "sdk", "remain_quota": 1_000_000})
    return "sk-" + made["key"]


@pytest.fixture
def client(gateway: Gateway, key: str) -> Iterator[openai.OpenAI]:
    base_url = f"http://127.0.0.1:{gateway.port}/v1"
    with openai.OpenAI(api_key=key, base_url=base_url, max_retries=0) as client:
        yield client


def consumed(gateway: Gateway, before: int, count: int = 1) -> list[Any]:
    """Return the consume rows that were added after the first `before`."""
    rows = gateway.wait_for_logs(before + count)
    assert len(rows) == before + count
    return rows[before:]


def logged(gateway: Gateway) -> int:
    return len(gateway.rows("SELECT id FROM logs WHERE type = 2"))


def ask(text: str = "Hello") -> Any:
    return [{"role": "user", "content": text}]


def test_a_chat_is_answered_and_charged_to_the_unit(
    gateway: Gateway, client: openai.OpenAI
) -> None:
    before = logged(gateway)
    answer = client.chat.completions.create(model="tiny", messages=ask(), max_tokens=12)
    assert answer.choices[0].message.content
    assert answer.usage is not None
    (row,) = consumed(gateway, before)
    assert row["prompt_tokens"] == answer.usage.prompt_tokens
    assert row["completion_tokens"] == answer.usage.completion_tokens
    assert row["quota"] == answer.usage.total_tokens * DEFAULT_RATIO
    assert (row["model_name"], row["token_name"]) == ("tiny", "sdk")
    assert answer._request_id == row["request_id"]  # pyright: ignore[reportPrivateUsage] - public, says its docs


def test_a_stream_shows_usage_only_to_who_asked(gateway: Gateway, client: openai.OpenAI) -> None:
    before = logged(gateway)
    stream = client.chat.completions.create(
        model="tiny", messages=ask("Stream"), max_tokens=12, stream=True
    )
    chunks = list(stream)
    assert "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
    assert all(chunk.usage is None for chunk in chunks)
    (row,) = consumed(gateway, before)
    assert row["completion_tokens"] == 12
    assert row["quota"] == (row["prompt_tokens"] + 12) * DEFAULT_RATIO
    assert row["is_stream"]


def test_a_stream_shows_the_usage_that_is_charged(gateway: Gateway, client: openai.OpenAI) -> None:
    before = logged(gateway)
    stream = client.chat.completions.create(
        model="tiny",
        messages=ask("Stream"),
        max_tokens=9,
        stream=True,
        stream_options={"include_usage": True},
    )
    usages = [chunk.usage for chunk in stream if chunk.usage is not None]
    (row,) = consumed(gateway, before)
    assert row["quota"] == usages[-1].total_tokens * DEFAULT_RATIO


def test_embeddings_come_as_floats_and_as_base64(gateway: Gateway, client: openai.OpenAI) -> None:
    before = logged(gateway)
    packed = client.embeddings.create(model="tiny", input=["Hello", "world"])
    floats = client.embeddings.create(
        model="tiny", input=["Hello", "world"], encoding_format="float"
    )
    assert len(packed.data) == len(floats.data) == 2
    assert packed.data[1].embedding == pytest.approx(floats.data[1].embedding, abs=1e-3)
    rows = consumed(gateway, before, 2)
    assert [row["quota"] for row in rows] == [
        packed.usage.prompt_tokens * DEFAULT_RATIO,
        floats.usage.prompt_tokens * DEFAULT_RATIO,
    ]


def test_the_anthropic_sdk_talks_through_messages(gateway: Gateway, key: str) -> None:
    before = logged(gateway)
    base_url = f"http://127.0.0.1:{gateway.port}"
    with anthropic.Anthropic(api_key=key, base_url=base_url, max_retries=0) as client:
        message = client.messages.create(model="tiny", max_tokens=10, messages=ask())
        assert message.content[0].type == "text"
        assert message.stop_reason == "max_tokens"
        with client.messages.stream(model="tiny", max_tokens=10, messages=ask()) as stream:
            text = "".join(stream.text_stream)
            final = stream.get_final_message()
    assert text
    rows = consumed(gateway, before, 2)
    for row, usage in zip(rows, (message.usage, final.usage), strict=True):
        read = usage.cache_read_input_tokens or 0
        assert row["prompt_tokens"] == usage.input_tokens + read
        assert row["completion_tokens"] == usage.output_tokens == 10
    assert message._request_id == rows[0]["request_id"]  # pyright: ignore[reportPrivateUsage]


def test_the_models_of_the_key_are_listed(client: openai.OpenAI) -> None:
    assert [model.id for model in client.models.list()] == ["tiny"]


def test_balances_and_logs_agree_to_the_unit(gateway: Gateway, curl: Curl, key: str) -> None:
    rows = gateway.rows("SELECT quota FROM logs WHERE type = 2")
    spent = sum(row["quota"] for row in rows)
    assert spent > 0
    (user,) = gateway.rows("SELECT used_quota, request_count FROM users WHERE id = 1")
    assert (user["used_quota"], user["request_count"]) == (spent, len(rows))
    assert curl("GET", "/api/user/self")["quota"] == 500_000_000_000_000 - spent
    (own,) = [t for t in curl("GET", "/api/token/?p=0") if key.endswith(t["key"])]
    assert (own["used_quota"], own["remain_quota"]) == (spent, 1_000_000 - spent)
    assert gateway.stop() == 0
    (account,) = gateway.rows("SELECT quota, used_quota FROM users WHERE id = 1")
    assert account["quota"] + account["used_quota"] == 500_000_000_000_000
    assert gateway.rows("SELECT * FROM leases") == []
