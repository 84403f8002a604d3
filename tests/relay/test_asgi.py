"""The relay over plain ASGI gives the same answers as the lane: the way out, should uvicorn's insides change."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select

from oneapi.ledger import Ledger, Seat
from oneapi.relay import Limits, Relay, RelayServices
from oneapi.relay.asgi import serve
from oneapi.store.database import Database
from oneapi.store.tables import channels, logs, tokens, users
from oneapi.upstream import UpstreamClient
from oneapi.wire.client_address import ProxyTrust
from tests.fakes import FakeClock, FakeVendor, Gate, chat_events, stream_answer, until
from tests.gateway import chat_request

KEY = "k" * 48


def fill(database: Database, vendor: FakeVendor) -> None:
    with database.begin() as connection:
        connection.execute(
            insert(users).values(id=1, username="u", password="", quota=10**9, group="default")
        )
        connection.execute(
            insert(tokens).values(id=1, user_id=1, key=KEY, name="t", unlimited_quota=True)
        )
        connection.execute(
            insert(channels).values(
                id=1, type=1, key="k", name="c", base_url=vendor.url, models="m", group="default"
            )
        )


@asynccontextmanager
async def running(database: Database, folder: Path) -> AsyncGenerator[Relay]:
    clock = FakeClock()
    ledger = Ledger(database, Seat("node", 0, folder), clock)
    upstream = UpstreamClient()

    async def run(work: Any, *arguments: Any) -> Any:
        return await asyncio.to_thread(work, *arguments)

    relay = Relay(
        RelayServices(
            database=database,
            ledger=ledger,
            upstream=upstream,
            run=run,
            clock=clock,
            monotonic=clock,
            new_request_id=lambda: "request-1",
            tell=lambda topic, news: None,
            limits=Limits(body=1 << 20),
            proxies=ProxyTrust(()),
        )
    )
    await ledger.start()
    await relay.start()
    try:
        yield relay
    finally:
        await relay.aclose()
        await ledger.aclose()
        await upstream.aclose()


class Client:
    """An ASGI server's side of one request."""

    def __init__(self, body: bytes) -> None:
        self.sent: list[dict[str, Any]] = []
        self.gone = asyncio.Event()
        self._messages = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive(self) -> dict[str, Any]:
        if self._messages:
            return self._messages.pop()
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: dict[str, Any]) -> None:
        self.sent.append(message)

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.sent)

    async def ask(self, relay: Relay) -> None:
        scope = {
            "method": "POST",
            "path": "/v1/chat/completions",
            "query_string": b"",
            "headers": [(b"authorization", f"Bearer sk-{KEY}".encode())],
            "client": ("127.0.0.1", 1),
        }
        await serve(relay, scope, self.receive, self.send)


async def test_whole_answers_streams_and_errors_are_those_of_the_lane(
    sqlite_database: Database, tmp_path: Path
) -> None:
    async with FakeVendor() as vendor:
        fill(sqlite_database, vendor)
        async with running(sqlite_database, tmp_path) as relay:
            whole = Client(json.dumps(chat_request("m", max_tokens=9)).encode())
            streamed = Client(json.dumps(chat_request("m", max_tokens=9, stream=True)).encode())
            wrong = Client(b"{}")
            for client in (whole, streamed, wrong):
                await client.ask(relay)
        assert [client.sent[0]["status"] for client in (whole, streamed, wrong)] == [200, 200, 400]
        for client in (whole, streamed, wrong):
            headers = dict(client.sent[0]["headers"])
            for name in (b"x-oneapi-request-id", b"x-request-id", b"request-id"):
                assert headers[name] == b"request-1"
        assert json.loads(whole.body)["object"] == "chat.completion"
        assert streamed.body.endswith(b"data: [DONE]\n\n")
        assert json.loads(wrong.body)["error"]["param"] == "messages"
    with sqlite_database.connect() as connection:
        assert len(connection.execute(select(logs.c.id)).all()) == 2


async def test_a_client_that_leaves_cancels_the_vendor(
    sqlite_database: Database, tmp_path: Path
) -> None:
    async with FakeVendor() as vendor:
        fill(sqlite_database, vendor)
        gate = Gate()
        vendor.script(stream_answer(gate, *chat_events(["late"])))
        async with running(sqlite_database, tmp_path) as relay:
            client = Client(json.dumps(chat_request("m", max_tokens=9, stream=True)).encode())
            async with asyncio.timeout(10), asyncio.TaskGroup() as group:
                group.create_task(client.ask(relay))
                await until(lambda: gate.reached)
                client.gone.set()
                await until(lambda: vendor.abandoned)
        assert client.sent == []
