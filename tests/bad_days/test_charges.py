"""Decision 20's table on the running product: whatever ends an answer and whatever is reported, the right charge, once.

All cases run side by side against one gateway; each is a model of its own, so that none puts another's channel to rest.
"""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.bad_days.charges import CASES, GONE, HEARD, QUESTION, WORDS, Case, answer, charge
from tests.fakes import Answer, FakeVendor, Gate, Received, until
from tests.gateway import Gateway

PARALLEL = 40
SECONDS = "1"
PATHS = {"chat": "/v1/chat/completions", "messages": "/v1/messages"}


@dataclass
class Table:
    """The rows of the log, by model, and the settlement that `one-api check` would find wrong."""

    rows: dict[str, list[Any]] = field(default_factory=dict[str, list[Any]])
    missing: int = 0


class Play:
    """The vendor's side of all cases, and the clients'."""

    def __init__(self, gateway: Gateway, key: str) -> None:
        self.port = gateway.port
        self.key = key
        self.gates = {case.model: Gate() for case in CASES}
        self.cases = {case.model: case for case in CASES}

    def vendor(self, received: Received) -> Answer:
        case = self.cases[received.json()["model"]]
        return answer(case, self.gates[case.model])

    async def run(self) -> None:
        turns = asyncio.Semaphore(PARALLEL)

        async def one(case: Case) -> None:
            async with turns, asyncio.timeout(30):
                await self.client(case)

        await asyncio.gather(*map(one, CASES))

    async def client(self, case: Case) -> None:
        reader, writer = await self.ask(case)
        gate = self.gates[case.model]
        if case.cause in GONE:
            await until(lambda: gate.reached)
            if case.cause != "client gone before" and case.shape == "stream":
                await self.heard(reader)
            await self.settled()
            writer.close()
            await self.settled()
            if case.cause != "client gone, no end":
                gate.open()
            return
        while await reader.read(1 << 16):
            pass
        writer.close()

    async def ask(self, case: Case) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        request = {
            "model": case.model,
            "messages": [{"role": "user", "content": QUESTION}],
            "max_tokens": 100,
            "stream": case.shape == "stream",
        }
        body = json.dumps(request).encode()
        message = (
            f"POST {PATHS[case.client]} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {self.key}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        ).encode() + body
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(message)
        return reader, writer

    async def heard(self, reader: asyncio.StreamReader) -> None:
        """Read until what the vendor has said so far is there."""
        said = b""
        while said.count(WORDS[0].encode()) < HEARD:
            said += await reader.read(1 << 16)

    async def settled(self) -> None:
        """Return when the gateway has certainly seen what happened before: its one loop has turned twice."""
        for _ in range(2):
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            await reader.read()
            writer.close()


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Table]:
    with FakeVendor.in_thread() as vendor, Gateway(tmp_path_factory.mktemp("gateway")) as gateway:
        for name in ("IdleTimeoutSeconds", "DrainAfterDisconnectSeconds"):
            gateway.set_option(name, SECONDS)
        gateway.set_option("RetryTimes", "0")
        for kind, dialect in ((8, "chat"), (14, "messages")):
            models = ",".join(case.model for case in CASES if case.vendor == dialect)
            gateway.serve(vendor.url, models, type=kind)
        play = Play(gateway, gateway.add_key())
        vendor.default = play.vendor
        asyncio.run(play.run())
        assert gateway.stop() == 0  # what is under way ends, and everything is flushed
        found = Table()
        for row in consumed(gateway):
            found.rows.setdefault(row["model_name"], []).append(row)
        (user,) = gateway.rows("SELECT quota, used_quota FROM users WHERE username = 'root'")
        found.missing = user["used_quota"] - sum(row["quota"] for row in consumed(gateway))
        assert gateway.rows("SELECT * FROM leases") == []
        yield found


def consumed(gateway: Gateway) -> list[Any]:
    return gateway.rows("SELECT * FROM logs WHERE type = 2")


@pytest.mark.fault("A1", "A6", "A10", "R1", "W2", "W3", "W4", "W5")
@pytest.mark.parametrize("case", CASES, ids=str)
def test_every_end_has_its_charge(table: Table, case: Case) -> None:
    owed = charge(case)
    rows = table.rows.get(case.model, [])
    if owed is None:
        assert rows == []
        return
    (row,) = rows
    said = json.loads(row["detail"])
    found = (row["prompt_tokens"], row["completion_tokens"], said["source"], said["ended"])
    assert found == (owed.read, owed.made, owed.source, owed.ended)
    assert row["quota"] == owed.quota
    assert ("oddity" in said) == (case.usage in ("negative", "text"))


def test_the_books_hold_these_rows_and_nothing_else(table: Table) -> None:
    assert table.missing == 0
    assert len(CASES) == 8 * 7 * 2 * 2 * 2
