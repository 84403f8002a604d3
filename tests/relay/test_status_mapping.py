"""What a channel says about its vendor's statuses wins over what they mean elsewhere."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from oneapi.providers.operations import OperationError
from oneapi.providers.refusals import refusal
from oneapi.providers.statuses import judge, statuses_in
from tests.fakes import (
    Answer,
    FakeVendor,
    chat_chunk,
    error_answer,
    event,
    json_answer,
    stream_answer,
    wait_until,
)
from tests.gateway import Gateway, chat_request
from tests.server.environment import measured

# vendor's status, mapping; then whether another channel is asked, whether this one rests, and what the client is told
RULES: list[tuple[int, dict[str, Any], tuple[bool, bool, int]]] = [
    (400, {}, (False, False, 400)),
    (400, {"400": "retry"}, (True, False, 400)),
    (400, {"400": "rest"}, (True, True, 400)),
    (400, {"4xx": "rest", "400": "retry"}, (True, False, 400)),
    (404, {"4xx": "retry"}, (True, False, 404)),
    (429, {"429": "pass"}, (False, False, 429)),
    (503, {"5xx": "pass"}, (False, False, 503)),
    (503, {"503": 400}, (False, False, 400)),
    (400, {"400": "503"}, (True, True, 503)),
    (302, {"3xx": "pass"}, (False, False, 502)),
]


@pytest.mark.parametrize(("status", "mapping", "wanted"), RULES, ids=str)
def test_a_status_is_treated_as_the_channel_says(
    status: int, mapping: dict[str, Any], wanted: tuple[bool, bool, int]
) -> None:
    error = refusal(status, {}, b'{"error": {"message": "no"}}')
    judge(error, statuses_in(mapping))
    assert (error.retryable, error.channel_at_fault, error.status) == wanted


@pytest.mark.parametrize("action", ["rest", "pass"])
def test_a_key_that_is_refused_is_no_ones_key_to_the_client(action: str) -> None:
    error = refusal(401, {}, b'{"error": {"message": "no"}}')
    assert error.auth_failed
    judge(error, statuses_in({"401": action}))
    is_rest = action == "rest"
    assert (error.auth_failed, error.channel_at_fault, error.status) == (False, is_rest, 502)
    assert error.retryable is is_rest
    assert (error.code, error.body) == ("channel_key_refused", None)


@pytest.mark.parametrize(
    ("said", "place"),
    [
        ([], "status_mapping"),
        ({"200": "retry"}, "status_mapping.200"),
        ({"4x": "retry"}, "status_mapping.4x"),
        ({"429": "again"}, "status_mapping.429"),
        ({"429": 200}, "status_mapping.429"),
        ({"429": None}, "status_mapping.429"),
        ({"429": True}, "status_mapping.429"),
    ],
    ids=str,
)
def test_a_mapping_that_cannot_be_is_refused(said: Any, place: str) -> None:
    with pytest.raises(OperationError) as refused:
        statuses_in(said)
    assert refused.value.place == place


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    with Gateway(tmp_path_factory.mktemp("gateway"), env=measured()) as running:
        yield running


def pair(
    gateway: Gateway, first: FakeVendor, second: FakeVendor, model: str, mapping: Any, kind: int = 1
) -> None:
    config = json.dumps({"status_mapping": mapping})
    gateway.serve(first.url, model, priority=2, config=config, type=kind)
    gateway.serve(second.url, model, priority=1, type=kind)


PATHS = {"/v1/chat/completions": "chat", "/v1/messages": "Messages"}


@pytest.mark.parametrize("path", PATHS, ids=PATHS.values())
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_a_status_that_is_the_clients_elsewhere_is_retried_here(
    gateway: Gateway, path: str, stream: bool
) -> None:
    model = f"retried-{PATHS[path]}-{stream}"
    with FakeVendor.in_thread() as first, FakeVendor.in_thread() as second:
        pair(gateway, first, second, model, {"400": "retry"})
        for asked in (1, 2):  # it does not rest
            first.script(error_answer(400, "not here"))
            request = chat_request(model, max_tokens=9, stream=stream)
            answer = gateway.post(gateway.add_key(), path, request)
            assert answer.status == 200, answer.body
            assert (len(first.requests), len(second.requests)) == (asked, asked)


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_a_status_may_go_to_the_client_at_once(gateway: Gateway, stream: bool) -> None:
    model = f"passed-{stream}"
    with FakeVendor.in_thread() as first, FakeVendor.in_thread() as second:
        pair(gateway, first, second, model, {"5xx": "pass"})
        for _ in range(2):
            first.script(error_answer(503, "busy"))
            answer = gateway.chat(gateway.add_key(), model, stream=stream)
            assert answer.status == 503
            assert answer.json()["error"]["message"].startswith("busy")
        assert (len(first.requests), len(second.requests)) == (2, 0)


def test_a_status_may_put_the_channel_to_rest(gateway: Gateway, key: str) -> None:
    refusing = FakeVendor.in_thread(lambda _: error_answer(400, "not here"))
    with refusing as first, FakeVendor.in_thread() as second:
        pair(gateway, first, second, "rested", {"400": "rest"})

        def is_passed_over() -> bool:
            before = len(first.requests)
            assert gateway.chat(key, "rested").status == 200
            return len(first.requests) == before

        wait_until(is_passed_over)  # late news of the channel would wake it once


def late(status: int, **said: Any) -> Answer:
    """A stream that breaks off with an error behind its first text."""
    error = {"error": {"message": "busy", "code": status, **said}}
    return stream_answer(event(chat_chunk({"role": "assistant", "content": "Hel"})), event(error))


LATE: list[tuple[dict[str, Any], Answer, bool]] = [
    ({}, late(429), True),
    ({"429": "pass"}, late(429), False),
    ({"4xx": "retry"}, late(429), False),
    ({"429": 400}, late(429), False),
    ({}, late(400, type="invalid_request_error"), False),
    ({"400": "rest"}, late(400, type="invalid_request_error"), True),
]


@pytest.mark.parametrize("path", PATHS, ids=PATHS.values())
@pytest.mark.parametrize("number", range(len(LATE)), ids=[str(one[0]) for one in LATE])
def test_an_error_behind_the_first_text_is_judged_as_any_other(
    gateway: Gateway, path: str, number: int
) -> None:
    mapping, said, rests = LATE[number]
    model = f"late-{PATHS[path]}-{number}"
    with FakeVendor.in_thread(lambda _: said) as first, FakeVendor.in_thread() as second:
        pair(gateway, first, second, model, mapping)
        key, request = gateway.add_key(), chat_request(model, max_tokens=9, stream=True)

        def is_passed_over() -> bool:
            before = len(first.requests)
            assert gateway.post(key, path, request).status == 200
            return len(first.requests) == before

        if rests:
            wait_until(is_passed_over)
        else:
            assert not any(is_passed_over() for _ in range(3))


def test_a_client_of_claude_is_told_what_kind_of_error_came_late(gateway: Gateway) -> None:
    with FakeVendor.in_thread(lambda _: late(429)) as vendor:
        gateway.serve(vendor.url, "late-kind")
        request = chat_request("late-kind", max_tokens=9, stream=True)
        answer = gateway.post(gateway.add_key(), "/v1/messages", request)
    assert b'"type":"rate_limit_error"' in answer.body.rpartition(b"event: error")[2]


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_an_error_behind_a_good_status_is_one_as_well(gateway: Gateway, stream: bool) -> None:
    model = f"hidden-{stream}"
    hidden = {"error": {"message": "busy", "code": 503}}
    said = stream_answer(event(hidden)) if stream else json_answer(hidden)
    with FakeVendor.in_thread() as first, FakeVendor.in_thread() as second:
        pair(gateway, first, second, model, {"503": "pass"})
        first.script(said)
        answer = gateway.chat(gateway.add_key(), model, stream=stream)
        assert (answer.status, len(second.requests)) == (503, 0)


def test_what_was_done_about_a_status_is_told(gateway: Gateway) -> None:
    with FakeVendor.in_thread() as first, FakeVendor.in_thread() as second:
        pair(gateway, first, second, "told", {"404": "retry"})
        first.script(error_answer(404, "no such thing"))
        answer = gateway.chat(gateway.add_key(), "told")
        (tried,) = gateway.story(answer)["attempts"]
        assert (tried["status"], tried["error"]) == (404, "no such thing (status mapping: retry)")
