"""A worker's ledger: admission, settlement, refills, returns."""

# pyright: reportPrivateUsage=false
# A crash, a full disk or a moment in between can only be made from inside.

import asyncio
import json
import time
from pathlib import Path

import pytest
from sqlalchemy import select, update

from oneapi.errors import InsufficientQuota
from oneapi.ledger.pricing import Price
from oneapi.store.database import Database
from oneapi.store.tables import channels, tokens
from oneapi.wire.usage import Usage
from tests.ledger.conftest import Opener
from tests.ledger.scene import (
    CHANNEL,
    ONE,
    PRICE,
    FailingDatabase,
    facts,
    key_money,
    leases_in,
    log_rows_in,
    money,
    pay,
    payer,
    person,
    seat,
    settle,
    terms,
    until,
    usage,
)


async def test_a_request_is_charged_and_explained(database: Database, opened: Opener) -> None:
    person(database, 1, 1000)
    ledger = await opened(database)
    said = facts(attempts=((3, 500),), asked_model="gpt", system_prompt_reset=True)
    async with ledger.hold(payer(limited=True), 500, "request-1") as hold:
        counted = Usage(input_tokens=100, output_tokens=20, cached_tokens=50)
        charged = hold.settle(counted, PRICE, ONE // 2, said)
    await ledger.flush()

    assert charged == (50 + 25 + 80 + 1) // 2
    (row,) = log_rows_in(database)
    detail = json.loads(row.pop("detail"))
    assert row.pop("id") > 0
    assert row == {
        "user_id": 1,
        "created_at": 1_790_000_000,
        "type": 2,
        "content": "倍率：1.00 × 0.50 × 4.00",
        "username": "user1",
        "token_name": "key1",
        "model_name": "gpt-4o",
        "quota": charged,
        "prompt_tokens": 100,
        "completion_tokens": 20,
        "channel_id": CHANNEL,
        "request_id": "request-1",
        "elapsed_time": 1234,
        "is_stream": True,
        "system_prompt_reset": True,
    }
    assert detail == {
        "source": "reported",
        "ended": "complete",
        "usage": {"input_tokens": 100, "output_tokens": 20, "cached_tokens": 50},
        "price": {
            "input": 10**9,
            "output": 4 * 10**9,
            "cache_read": 5 * 10**8,
            "source": "table",
        },
        "factor": 5 * 10**8,
        "ceiling": 500,
        "endpoint": "chat",
        "asked_model": "gpt",
        "attempts": [[3, 500]],
    }
    assert money(database)[1:3] == (charged, 1)
    assert key_money(database).used == charged
    assert money(database).total == key_money(database).total == 1000
    with database.connect() as connection:
        of_channel = select(channels.c.used_quota).where(channels.c.id == CHANNEL)
        assert connection.execute(of_channel).scalar() == charged
        assert connection.execute(select(tokens.c.accessed_time)).scalar() == 1_790_000_000


async def test_an_unlimited_key_counts_what_it_used(database: Database, opened: Opener) -> None:
    person(database, 1, 1000)
    ledger = await opened(database)
    assert await pay(ledger, 100, 30, "request-1") == 30
    await ledger.flush()
    assert key_money(database) == (1000, 30, 0, 0)


async def test_closing_flushes_and_leaves_no_lease(database: Database, opened: Opener) -> None:
    person(database, 1, 1000)
    ledger = await opened(database)
    await pay(ledger, 100, 30, "request-1", limited=True)
    await ledger.aclose()
    await ledger.aclose()  # twice is once
    assert money(database) == (970, 30, 1, 0)
    assert key_money(database) == (970, 30, 0, 0)


async def test_a_block_left_without_settling_costs_nothing(
    sqlite_database: Database, opened: Opener
) -> None:
    person(sqlite_database, 1, 1000)
    ledger = await opened(sqlite_database)
    with pytest.raises(ValueError, match="vendor"):
        async with ledger.hold(payer(limited=True), 400, "request-1"):
            raise ValueError("vendor")
    async with ledger.hold(payer(), 400, "request-2"):
        pass
    async with ledger.hold(payer(), 400, "request-3") as hold:
        hold.release("no channel")
    await ledger.aclose()
    assert money(sqlite_database) == (1000, 0, 0, 0)
    assert log_rows_in(sqlite_database) == []


async def test_a_cancelled_request_gives_its_hold_back(
    sqlite_database: Database, opened: Opener
) -> None:
    person(sqlite_database, 1, 1000)
    ledger = await opened(sqlite_database)
    entered = asyncio.Event()

    async def request() -> None:
        async with ledger.hold(payer(), 400, "request-1"):
            entered.set()
            await asyncio.Event().wait()

    async with asyncio.TaskGroup() as group:
        task = group.create_task(request())
        await entered.wait()
        task.cancel()
    assert ledger.leases.users[1].held == 0
    assert ledger.leases.users[1].free == 400


async def test_a_hold_ends_once(sqlite_database: Database, opened: Opener) -> None:
    person(sqlite_database, 1, 1000)
    ledger = await opened(sqlite_database)
    async with ledger.hold(payer(), 100, "request-1") as hold:
        settle(hold, 10)
        with pytest.raises(AssertionError, match="once"):
            settle(hold, 10)
        with pytest.raises(AssertionError, match="once"):
            hold.release("again")
    with pytest.raises(AssertionError, match="once"):
        ledger.hold(payer(), 100, "never entered").release("early")
    await ledger.aclose()
    assert money(sqlite_database) == (990, 10, 1, 0)


async def test_a_ceiling_of_zero_is_always_admitted(
    sqlite_database: Database, opened: Opener
) -> None:
    away = FailingDatabase(sqlite_database)
    person(sqlite_database, 1, 0)
    ledger = await opened(away)
    away.is_away = True
    async with ledger.hold(payer(limited=True), 0, "request-1") as hold:
        assert hold.settle(usage(10), Price(), ONE, facts()) == 0
    async with ledger.hold(payer(), -5, "request-2"):
        pass
    away.is_away = False
    await ledger.flush()
    assert money(sqlite_database) == (0, 0, 1, 0)


async def test_who_has_too_little_is_told_how_much(database: Database, opened: Opener) -> None:
    person(database, 1, 1000)
    person(database, 2, 1000)
    ledger = await opened(database)
    with pytest.raises(InsufficientQuota, match=r"user quota .* up to 1001, 1000 is left") as user:
        await pay(ledger, 1001, 1, "request-1")
    assert user.value.code == "insufficient_user_quota"
    with database.begin() as connection:
        connection.execute(update(tokens).where(tokens.c.id == 2).values(remain_quota=10))
    with pytest.raises(InsufficientQuota, match=r"this key .* up to 11, 10 is left"):
        await pay(ledger, 11, 1, "request-2", id=2, limited=True)
    with pytest.raises(InsufficientQuota, match=r"up to 5, 0 is left"):
        await pay(ledger, 5, 1, "request-3", id=99)


async def test_a_request_waits_for_none_or_all_of_its_accounts(
    sqlite_database: Database, opened: Opener
) -> None:
    person(sqlite_database, 1, 1000)
    with sqlite_database.begin() as connection:
        connection.execute(update(tokens).values(remain_quota=10))
    ledger = await opened(sqlite_database)
    with pytest.raises(InsufficientQuota):
        await pay(ledger, 900, 1, "request-1", limited=True)
    assert await pay(ledger, 1000, 700, "request-2") == 700


@pytest.mark.fault("A1", "R1")
@pytest.mark.parametrize(("used", "above"), [(99, 0), (100, 0), (400, 1), (401, 1), (1000, 1)])
async def test_a_charge_follows_usage_above_the_ceiling_as_far_as_the_balance_goes(
    sqlite_database: Database, opened: Opener, used: int, above: int
) -> None:
    person(sqlite_database, 1, 1000)
    ledger = await opened(sqlite_database)
    assert await pay(ledger, 100, used, "request-1", limited=True) == used
    await ledger.aclose()
    assert money(sqlite_database) == (1000 - used, used, 1, 0)
    assert key_money(sqlite_database) == (1000 - used, used, 0, 0)
    counters = ledger.counters
    assert (counters.charges, counters.above_hold, counters.uncollected) == (1, above, 0)


@pytest.mark.fault("W3", "A6")
@pytest.mark.parametrize(
    ("odd", "charged"),
    [
        (Usage(input_tokens=-1, output_tokens=2), 8),
        (Usage(input_tokens=5, output_tokens=-7), 5),
        (Usage(input_tokens=5, cached_tokens=-1), 5),
        (Usage(input_tokens=5, seconds=float("nan")), 5),
        (Usage(input_tokens=5, seconds=float("inf")), 5),
        (Usage(input_tokens=float("nan"), output_tokens=2), 8),
        (Usage(input_tokens=5, output_tokens="many"), 5),
        (Usage(input_tokens=5, images=None), 5),
        (Usage(input_tokens=5, estimated=True, oddity="what the vendor said"), 5),
    ],
)
async def test_a_usage_that_cannot_be_is_never_charged_as_the_ceiling(
    sqlite_database: Database, opened: Opener, odd: Usage, charged: int
) -> None:
    person(sqlite_database, 1, 1000)
    ledger = await opened(sqlite_database)
    async with ledger.hold(payer(), 100, "request-1") as hold:
        assert hold.settle(odd, PRICE, ONE, facts()) == charged
    await ledger.aclose()
    assert money(sqlite_database) == (1000 - charged, charged, 1, 0)
    (row,) = log_rows_in(sqlite_database)
    assert min(row["prompt_tokens"], row["completion_tokens"]) >= 0
    oddity = json.loads(row["detail"])["oddity"]
    assert oddity == (odd.oddity or repr(odd))
    assert ledger.counters.doubted == 1


@pytest.mark.fault("A1", "R1")
async def test_what_a_balance_cannot_pay_is_written_down_as_uncollected(
    database: Database, opened: Opener
) -> None:
    person(database, 1, 150)
    person(database, 2, 1000)
    with database.begin() as connection:
        connection.execute(update(tokens).where(tokens.c.id == 2).values(remain_quota=100))
    ledger = await opened(database)
    assert await pay(ledger, 100, 350, "request-1", limited=True) == 350
    assert await pay(ledger, 100, 300, "request-2", id=2, limited=True) == 300
    await ledger.flush()
    rows = {row["request_id"]: row for row in log_rows_in(database)}
    assert rows["request-1"]["quota"] == 150
    detail = json.loads(rows["request-1"]["detail"])
    assert (detail["uncollected"], detail["uncollected_from_key"]) == (200, 200)
    assert rows["request-2"]["quota"] == 300
    assert json.loads(rows["request-2"]["detail"])["uncollected_from_key"] == 200
    assert money(database) == (0, 150, 1, 0)
    assert key_money(database) == (0, 150, 0, 0)
    assert money(database, 2) == (700, 300, 1, 0)
    assert key_money(database, 2) == (0, 100, 0, 0)
    counters = ledger.counters
    assert (counters.above_hold, counters.uncollected, counters.uncollected_quota) == (2, 1, 200)


async def test_a_rich_account_is_leased_from_in_large_pieces(
    sqlite_database: Database, opened: Opener
) -> None:
    person(sqlite_database, 1, 64_000)
    ledger = await opened(sqlite_database)
    await pay(ledger, 100, 100, "request-1")
    assert money(sqlite_database).leased == 1000
    for number in range(4):
        await pay(ledger, 100, 100, f"more-{number}")
    assert money(sqlite_database).leased == 1000  # the first piece still lasts
    await pay(ledger, 100, 100, "request-2")  # now less than half of it is free
    await until(lambda: money(sqlite_database).leased == 1000 + 63_000 // 64)
    assert ledger.leases.users[1].free == 400 + 63_000 // 64


async def test_a_small_account_lends_only_what_is_needed(
    sqlite_database: Database, opened: Opener
) -> None:
    person(sqlite_database, 1, 6399)
    ledger = await opened(sqlite_database)
    await pay(ledger, 100, 60, "request-1")
    assert money(sqlite_database).leased == 100
    await pay(ledger, 90, 60, "request-2")
    assert money(sqlite_database).leased == 150


async def test_requests_that_wait_together_share_one_refill(
    sqlite_database: Database, opened: Opener
) -> None:
    counting = FailingDatabase(sqlite_database)
    person(sqlite_database, 1, 6000)
    ledger = await opened(counting)
    begun: list[float] = []
    counting.on_begin = lambda: begun.append(time.monotonic())
    await asyncio.gather(*(pay(ledger, 100, 60, f"request-{n}") for n in range(40)))
    assert len(begun) == 1


async def test_an_idle_lease_goes_home_after_two_flushes(
    database: Database, opened: Opener
) -> None:
    person(database, 1, 1000)
    person(database, 2, 1000)
    ledger = await opened(database)
    await pay(ledger, 100, 60, "request-1", limited=True)
    await pay(ledger, 100, 100, "request-2", id=2)
    await ledger.flush()
    assert money(database).leased == 40
    await ledger.flush()
    assert money(database) == (940, 60, 1, 0)
    assert key_money(database) == (940, 60, 0, 0)
    assert leases_in(database, "node:0") == {}
    await ledger.flush()
    await ledger.flush()
    assert list(ledger.leases) == []


async def test_a_lease_in_use_stays(sqlite_database: Database, opened: Opener) -> None:
    person(sqlite_database, 1, 1000)
    ledger = await opened(sqlite_database)
    async with ledger.hold(payer(), 100, "request-1"):
        for _ in range(5):
            await ledger.flush()
        assert money(sqlite_database).leased == 100


async def test_a_request_waits_for_what_others_do_not_use(
    database: Database, opened: Opener, tmp_path: Path
) -> None:
    person(database, 1, 100)
    patient = terms(others_seconds=5.0, database_seconds=8.0)
    first = await opened(database, seat(tmp_path, 0), patient)
    second = await opened(database, seat(tmp_path, 1), patient)
    await pay(first, 80, 10, "request-1")
    waiting = asyncio.ensure_future(pay(second, 80, 10, "request-2"))
    await first.flush()
    await first.flush()
    assert await waiting == 10


async def test_a_request_does_not_wait_for_others_forever(
    sqlite_database: Database, opened: Opener, tmp_path: Path
) -> None:
    person(sqlite_database, 1, 100)
    first = await opened(sqlite_database, seat(tmp_path, 0))
    second = await opened(sqlite_database, seat(tmp_path, 1))
    async with first.hold(payer(), 80, "request-1"):
        with pytest.raises(InsufficientQuota):
            await pay(second, 80, 10, "request-2")


async def test_the_option_not_to_log_keeps_money_and_drops_rows(
    sqlite_database: Database, opened: Opener
) -> None:
    person(sqlite_database, 1, 1000)
    ledger = await opened(sqlite_database, logs_consumption=False)
    await pay(ledger, 100, 60, "request-1")
    await pay(ledger, 10, 40, "request-2")
    await ledger.aclose()
    assert money(sqlite_database) == (900, 100, 2, 0)
    assert log_rows_in(sqlite_database) == []


@pytest.mark.fault("A1")
async def test_what_is_not_collected_gets_its_row_even_where_rows_are_not_wanted(
    sqlite_database: Database, opened: Opener
) -> None:
    person(sqlite_database, 1, 100)
    ledger = await opened(sqlite_database, logs_consumption=False)
    await pay(ledger, 10, 10, "request-1")
    await pay(ledger, 10, 400, "request-2")
    await ledger.aclose()
    (row,) = log_rows_in(sqlite_database)
    assert (row["request_id"], row["quota"]) == ("request-2", 90)


@pytest.mark.fault("A10")
async def test_what_is_recalled_is_returned_though_the_account_is_busy(
    database: Database, opened: Opener
) -> None:
    person(database, 1, 100_000)
    ledger = await opened(database)
    async with ledger.hold(payer(), 40, "request-1") as hold:
        assert money(database).leased > 40  # a large piece of a rich account
        ledger.recall(1)
        await ledger.flush()
        assert money(database).leased == 40
        assert money(database).total == 100_000
        settle(hold, 30)
    assert await pay(ledger, 40, 40, "request-2") == 40
    await ledger.flush()
    assert (money(database).total, money(database).used) == (100_000, 70)
