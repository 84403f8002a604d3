"""The short way for small whole answers: no coroutine, one call when it is over."""

from collections.abc import Callable

import pytest

from oneapi.errors import Truncated, UpstreamError, UpstreamTimeout
from oneapi.upstream import SpooledBody, Timeouts, UpstreamClient
from oneapi.upstream.response import Exchange, UnansweredError
from tests.fakes import (
    Answer,
    FakeVendor,
    body_answer,
    cut,
    json_answer,
    raw_answer,
    silence,
    stream_answer,
    until,
)
from tests.upstream.asking import post, whole

NewClient = Callable[..., UpstreamClient]


async def test_it_needs_a_warm_connection_and_a_small_body(
    client: UpstreamClient, vendor: FakeVendor
) -> None:
    ended: list[Exchange] = []
    request = post(vendor)
    assert client.send_now(request, Timeouts(), 100, ended.append) is None
    await whole(client, vendor)
    with SpooledBody() as body:
        for unfit in (post(vendor, body), post(vendor, b"x" * 300_000)):
            assert client.send_now(unfit, Timeouts(), 100, ended.append) is None
    assert client.idle == 1
    assert ended == []


async def test_a_whole_answer_is_one_call(client: UpstreamClient, vendor: FakeVendor) -> None:
    vendor.script(json_answer(0), json_answer({"a": 1}, 429), stream_answer(b"x", b"y"))
    await whole(client, vendor)
    ended: list[Exchange] = []
    for count, (status, body) in enumerate([(429, b'{"a": 1}'), (200, b"xy")], 1):
        exchange = client.send_now(post(vendor), Timeouts(), 100, ended.append)
        assert exchange is not None
        assert len(ended) == count - 1
        await until(lambda count=count: len(ended) == count)
        assert ended[-1] is exchange
        assert (exchange.complete, exchange.status, exchange.body()) == (True, status, body)
    assert vendor.connections == 1
    assert client.idle == 1


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (raw_answer(), UnansweredError),
        (raw_answer(b"H"), UpstreamError),
        (raw_answer(b"garbage\r\n\r\n"), UnansweredError),
        (cut(body_answer(b"x" * 90), 120), Truncated),
        (body_answer(b"x" * 101), UpstreamError),
        (silence(), UpstreamTimeout),
    ],
)
async def test_a_failure_is_one_call_too(
    client: UpstreamClient, vendor: FakeVendor, answer: Answer, kind: type[UpstreamError]
) -> None:
    vendor.script(json_answer(0), answer)
    await whole(client, vendor)
    ended: list[Exchange] = []
    limits = Timeouts(first_byte=0.1)
    exchange = client.send_now(post(vendor), limits, 100, ended.append)
    assert exchange is not None
    await until(lambda: ended)
    await until(lambda: client.connections == 0)
    assert ended == [exchange]
    assert type(exchange.error) is kind
    assert not exchange.complete


async def test_abandoning_it_is_seen_by_the_vendor(
    client: UpstreamClient, vendor: FakeVendor
) -> None:
    vendor.script(json_answer(0), silence())
    await whole(client, vendor)
    ended: list[Exchange] = []
    exchange = client.send_now(post(vendor), Timeouts(), 100, ended.append)
    assert exchange is not None
    await until(lambda: len(vendor.requests) == 2)
    exchange.close()
    await until(lambda: vendor.abandoned)
    assert ended == [exchange]
