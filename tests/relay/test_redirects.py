"""A vendor that points elsewhere, at its own host or at another, in every lane."""

from collections.abc import Iterator

import pytest

from tests.fakes import FakeVendor, body_answer, chat_events, json_answer, stream_answer
from tests.gateway import Answer, Gateway, chat_request
from tests.server.environment import measured

pytestmark = pytest.mark.fault("W28")


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    with Gateway(tmp_path_factory.mktemp("gateway"), env=measured()) as running:
        yield running


def ask(gateway: Gateway, key: str, model: str, client: str, stream: bool) -> Answer:
    path = "/v1/chat/completions" if client == "chat" else "/v1/messages"
    return gateway.post(key, path, chat_request(model, max_tokens=9, stream=stream))


@pytest.mark.parametrize("status", [307, 308])
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("client", ["chat", "msgs"])
def test_a_redirect_at_the_vendors_host_is_followed(
    gateway: Gateway, key: str, client: str, stream: bool, status: int
) -> None:
    model = f"moved-{client}-{stream}-{status}"
    moved = body_answer(b"", status, [("Location", "/elsewhere")])
    with FakeVendor.in_thread() as vendor:
        gateway.serve(vendor.url, model)
        for _ in range(2):  # the second on a connection that is there
            vendor.script(moved)
            assert ask(gateway, key, model, client, stream).status == 200
            assert vendor.requests[-1].path == "/elsewhere"
            assert vendor.requests[-1].body == vendor.requests[-2].body
            vendor.requests.clear()


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_a_redirect_to_another_host_is_an_error_that_names_it(
    gateway: Gateway, key: str, stream: bool
) -> None:
    model = f"away-{stream}"
    away = body_answer(b"", 307, [("Location", "https://example.com/v1/x?secret=1")])
    with FakeVendor.in_thread() as vendor:
        gateway.serve(vendor.url, model)
        assert ask(gateway, key, model, "chat", stream).status == 200
        vendor.script(away, json_answer({"never": "asked"}))
        answer = ask(gateway, key, model, "chat", stream)
        assert answer.status == 502
        message = answer.json()["error"]["message"]
        assert "redirects to 'https://example.com/v1/x' (HTTP status 307)" in message


def test_the_next_channel_answers_for_one_that_points_away(gateway: Gateway, key: str) -> None:
    with FakeVendor.in_thread() as first, FakeVendor.in_thread() as second:
        gateway.serve(first.url, "next", priority=1)
        gateway.serve(second.url, "next")
        first.script(body_answer(b"", 302, [("Location", "/login")]))
        second.script(stream_answer(*chat_events(["a"])))
        assert ask(gateway, key, "next", "chat", stream=True).status == 200
        assert (len(first.requests), len(second.requests)) == (1, 1)
