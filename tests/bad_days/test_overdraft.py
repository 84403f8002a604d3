"""200 parallel requests on a balance for ten: at most ten are served, and nothing ever falls below zero."""

import asyncio
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.engines import Engine
from tests.fakes import Answer, FakeVendor, Received, chat_document, json_answer
from tests.gateway import Gateway, chat_request

RATIO = 30
LIMIT = 100  # `max_tokens`, so that the ceiling is known
PARALLEL = 200


def full_answer(received: Received) -> Answer:
    """Use all that the client allowed."""
    return json_answer(chat_document(prompt=20, completion=LIMIT))


async def burst(port: int, key: str, count: int) -> Counter[int]:
    """Send `count` requests at once on connections of their own; return the statuses."""
    return await burst_of(port, key, count, chat_request(max_tokens=LIMIT))


async def burst_of(port: int, key: str, count: int, request: dict[str, Any]) -> Counter[int]:
    """Send a request `count` times at once; return the statuses."""
    body = json.dumps(request).encode()
    message = (
        f"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    ).encode() + body

    async def one() -> int:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(message)
        status = (await reader.readline()).split(b" ")[1]
        await reader.read()
        writer.close()
        return int(status)

    async with asyncio.timeout(60):
        return Counter(await asyncio.gather(*(one() for _ in range(count))))


@pytest.mark.parametrize("workers", [1, 4])
def test_no_balance_is_overdrawn(tmp_path: Path, engine: Engine, workers: int) -> None:
    dsn = "" if engine.kind == "sqlite" else engine.dsn(engine.create_database())
    with FakeVendor.in_thread() as vendor:
        vendor.default = full_answer
        with Gateway(tmp_path, workers=workers, dsn=dsn) as gateway:
            gateway.serve(vendor.url, "gpt-4o-mini")
            gateway.set_option("ModelRatio", json.dumps({"gpt-4o-mini": RATIO}))
            gateway.set_option("CompletionRatio", json.dumps({"gpt-4o-mini": 1}))
            price = (20 + LIMIT) * RATIO
            key = gateway.add_user("poor", 10 * price)
            statuses = asyncio.run(burst(gateway.port, key, PARALLEL))
            assert set(statuses) <= {200, 403}
            assert 1 <= statuses[200] <= 10
            rows = gateway.wait_for_logs(statuses[200])
            assert [row["quota"] for row in rows] == [price] * statuses[200]
            assert gateway.stop() == 0
        (user,) = gateway.rows("SELECT quota, used_quota FROM users WHERE username = 'poor'")
        assert user["quota"] >= 0
        assert user["quota"] + user["used_quota"] == 10 * price
        assert gateway.rows("SELECT * FROM leases") == []
        assert len(vendor.requests) == statuses[200]
