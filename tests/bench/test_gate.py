"""The benchmark's correctness gate: it holds for nginx and for the gateway, and it fails where it must."""

import asyncio
import contextlib
import threading
from collections import Counter
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from bench.contenders import GateError
from bench.load import AnswerError, Tally, Target
from bench.ours import (
    BUDGET,
    INITIAL_QUOTA,
    VENDOR_KEY,
    Books,
    Ours,
    books,
    charge,
    check_books,
)
from bench.rounds import cold_start
from bench.vendor import Delivery, Vendor

from bench import gate, load

ONE = Delivery("bench-chat", 60, 20)
TWO = Delivery("bench-embedding", 7, 0)


@pytest.fixture
def liar() -> Generator[int, None, None]:
    """A server that gives the same plausible answer to everybody."""
    body = b'{"choices":[{"message":{"content":"Hi"}}],"usage":{"prompt_tokens":60}}'
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.read(65536):
            writer.write(head % len(body) + body)
        writer.close()

    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(asyncio.start_server(answer, "127.0.0.1", 0))
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    yield server.sockets[0].getsockname()[1]
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    server.close()
    loop.run_until_complete(_end_all(loop))
    loop.close()


async def _end_all(loop: asyncio.AbstractEventLoop) -> None:
    others = asyncio.all_tasks(loop) - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


def right_books() -> Books:
    owed = 3 * charge(ONE) + charge(TWO)
    return Books(
        rows=Counter({(ONE, charge(ONE)): 3, (TWO, charge(TWO)): 1}),
        user=(INITIAL_QUOTA - owed, owed, 4),
        api_key=(BUDGET - owed, owed),
        channel_used=owed,
        leases=0,
    )


DELIVERED = Counter({ONE: 3, TWO: 1})


def test_nginx_delivers_every_shape_unchanged() -> None:
    assert gate.check_nginx() > 2000


@pytest.mark.parametrize("workers", [1, 2])
def test_the_gateway_delivers_every_shape_and_charges_it_to_the_unit(workers: int) -> None:
    assert gate.check_ours(workers) > 2000


def test_a_cold_start_ends_with_a_relayed_answer(tmp_path: Path) -> None:
    with contextlib.ExitStack() as stack:
        vendor = Vendor(tmp_path)
        stack.callback(vendor.stop)
        ours = Ours(vendor, tmp_path)
        ours.stop()
        assert 0 < cold_start(ours) < 30
        check_books(books(tmp_path / "one-api.db"), vendor.deliveries(VENDOR_KEY))


def test_an_answer_to_somebody_else_is_found(liar: int) -> None:
    with pytest.raises(AnswerError, match="3 wrong answers"):
        load.run(Target(liar, "sk-x"), ["--requests", "3", "--connections", "1"], Tally(), seed=1)


def test_a_charge_is_rounded_up_once_and_is_at_least_one() -> None:
    assert charge(ONE) == 95  # (60 + 20 × 3.3) × 0.75 = 94.5
    assert charge(TWO) == 1


def test_right_books_pass() -> None:
    check_books(right_books(), DELIVERED)


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ({"rows": Counter({(ONE, charge(ONE)): 2, (TWO, charge(TWO)): 1})}, "1 missing, 0 extra"),
        ({"rows": Counter({(ONE, charge(ONE) + 1): 3, (TWO, 1): 1})}, "3 missing, 3 extra"),
        ({"leases": 1}, "leases is 1 not 0"),
        ({"channel_used": 1}, "channels.used_quota"),
        ({"api_key": (BUDGET, 0)}, "tokens.remain_quota"),
        ({"user": (INITIAL_QUOTA, 0, 4)}, "users.quota"),
    ],
)
def test_wrong_books_do_not_pass(wrong: dict[str, Any], complaint: str) -> None:
    found = right_books()._replace(**wrong)
    with pytest.raises(GateError, match=complaint):
        check_books(found, DELIVERED)
