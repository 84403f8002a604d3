"""What answers when it is no relay request."""

import asyncio
import json
from typing import Any

import pytest

from oneapi.server.front import AsgiApp, Front, Readiness, Receive, Scope, Send

READY = Readiness(is_ready=True)


def _never() -> AsgiApp:
    raise AssertionError("an app was built that nobody asked for")


async def _ask(front: Front, path: str, method: str = "GET") -> list[dict[str, Any]]:
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(dict(message))

    await front({"type": "http", "method": method, "path": path}, receive, send)
    return sent


async def _told(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"path": scope["path"]})


async def test_the_probes_do_not_build_the_management_plane() -> None:
    front = Front(_never, lambda: READY, _never, _told)
    assert (await _ask(front, "/healthz"))[0]["status"] == 200
    assert (await _ask(front, "/readyz"))[0]["status"] == 200


@pytest.mark.parametrize("is_ready", [True, False])
async def test_ready_says_whether_requests_are_welcome(is_ready: bool) -> None:
    front = Front(_never, lambda: Readiness(is_ready), _never, _told)
    assert (await _ask(front, "/readyz"))[0]["status"] == (200 if is_ready else 503)
    assert (await _ask(front, "/healthz"))[0]["status"] == 200


@pytest.mark.fault("A4")
@pytest.mark.parametrize("is_ready", [True, False])
async def test_ready_says_what_is_the_matter(is_ready: bool) -> None:
    front = Front(_never, lambda: Readiness(is_ready, "the disk is full"), _never, _told)
    _, body = await _ask(front, "/readyz")
    assert json.loads(body["body"])["reason"] == "the disk is full"


async def test_a_head_request_gets_no_body() -> None:
    head, body = await _ask(Front(_never, lambda: READY, _never, _told), "/healthz", "HEAD")
    assert dict(head["headers"])[b"content-length"] != b"0"
    assert body["body"] == b""


async def test_the_management_plane_is_built_once_for_requests_that_come_together() -> None:
    built: list[AsgiApp] = []

    def build() -> AsgiApp:
        built.append(_told)
        return _told

    front = Front(build, lambda: READY, _never, _told)
    answers = await asyncio.gather(*(_ask(front, f"/api/{number}") for number in range(5)))
    assert [answer[0]["path"] for answer in answers] == [f"/api/{number}" for number in range(5)]
    assert len(built) == 1


async def test_a_failed_build_is_tried_again_by_the_next_request() -> None:
    outcomes: list[AsgiApp | None] = [None, _told]

    def build() -> AsgiApp:
        outcome = outcomes.pop(0)
        if outcome is None:
            raise ImportError("half an installation")
        return outcome

    front = Front(build, lambda: READY, _never, _told)
    with pytest.raises(ImportError):
        await _ask(front, "/api/status")
    assert await _ask(front, "/api/status") == [{"path": "/api/status"}]


@pytest.mark.parametrize("path", ["/api", "/api/status", "/docs", "/metrics", "/v1/models"])
async def test_the_management_plane_answers_for_its_addresses(path: str) -> None:
    front = Front(lambda: _told, lambda: READY, _never, _told)
    assert (await _ask(front, path))[0]["path"] == path


@pytest.mark.parametrize("path", ["/", "/login", "/apiary", "/assets/index.js", "/channel/edit/5"])
async def test_every_other_address_is_the_pages(path: str) -> None:
    front = Front(_never, lambda: READY, lambda: _told, _told)
    assert (await _ask(front, path))[0]["path"] == path
