"""Paths: what each is, and how tolerant we are of its spelling."""

import pytest

from oneapi.errors import MethodNotAllowed, NotFound
from oneapi.relay.routes import Kind, resolve
from oneapi.wire.endpoints import Endpoint


@pytest.mark.parametrize(
    "path",
    [
        "/v1/chat/completions",
        "/v1/chat/completions/",
        "/v1/v1/chat/completions",
        "//v1/chat/completions",
        "/chat/completions",
        "/v1//chat/completions",
    ],
)
def test_every_spelling_of_a_chat_is_a_chat(path: str) -> None:
    route = resolve("POST", path)
    assert (route.kind, route.endpoint, route.client.name) == (Kind.RELAY, Endpoint.CHAT, "openai")


def test_messages_are_a_chat_in_another_dialect() -> None:
    route = resolve("POST", "/v1/messages")
    assert (route.kind, route.endpoint) == (Kind.RELAY, Endpoint.CHAT)
    assert route.client.name == "anthropic"


def test_a_model_with_slashes_is_one_model() -> None:
    assert resolve("GET", "/v1/models/meta/llama-3").argument == "meta/llama-3"


def test_the_old_embeddings_path_names_the_model() -> None:
    route = resolve("POST", "/v1/engines/text-embedding-ada-002/embeddings")
    assert (route.endpoint, route.argument) == (Endpoint.EMBEDDINGS, "text-embedding-ada-002")


def test_a_proxy_path_keeps_its_rest_as_it_is() -> None:
    assert resolve("PUT", "/v1/oneapi/proxy/7/a//b/").argument == "7/a//b/"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/files"),
        ("DELETE", "/v1/files/f1"),
        ("GET", "/v1/threads/t/runs/r/steps"),
        ("DELETE", "/v1/models/gpt-4o"),
    ],
)
def test_what_openai_has_and_we_do_not_is_a_stub(method: str, path: str) -> None:
    assert resolve(method, path).kind is Kind.STUB


def test_an_unknown_path_is_not_found() -> None:
    with pytest.raises(NotFound, match=r"GET /v1/nothing"):
        resolve("GET", "/v1/nothing")


def test_a_wrong_method_names_the_right_one() -> None:
    with pytest.raises(MethodNotAllowed, match="use POST"):
        resolve("GET", "/v1/embeddings")
