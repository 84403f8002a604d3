"""Entries that do not fit: money moves on, log rows that cannot be written are complained about."""

# pyright: reportPrivateUsage=false
# A crash, a full disk or a moment in between can only be made from inside.

import asyncio
import json
import sqlite3
from typing import Any

import msgspec
import pytest
from sqlalchemy import event, select
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from oneapi.errors import InsufficientQuota, Unavailable
from oneapi.ledger import Facts, Payer
from oneapi.ledger.accounts import Ref
from oneapi.ledger.encoding import encoded, encoded_price
from oneapi.ledger.entry import (
    Failure,
    Released,
    Settled,
    decoded,
    decoded_price,
)
from oneapi.ledger.flusher import _blamed
from oneapi.ledger.journal import Position
from oneapi.ledger.leases import Leases
from oneapi.ledger.log_rows import COLUMNS, row
from oneapi.ledger.pricing import Price
from oneapi.store.database import Database
from oneapi.store.tables import usage_hours
from oneapi.wire.usage import Usage
from tests.ledger.conftest import Opener
from tests.ledger.scene import (
    ONE,
    PRICE,
    facts,
    log_rows_in,
    money,
    pay,
    payer,
    person,
    settle,
    usage,
)


def entry(**said: Any) -> Settled:
    plain: dict[str, Any] = {
        "request_id": "request-1",
        "payer": payer(),
        "ceiling": 100,
        "charge": 60,
        "covered": 60,
        "key_covered": 0,
        "factor": ONE,
        "usage": usage(60),
        "price": encoded_price(PRICE),
        "facts": facts(),
    }
    return Settled(**(plain | said))


def said(entry: Settled) -> dict[str, Any]:
    return dict(zip(COLUMNS, row(entry), strict=True))


@pytest.mark.parametrize(
    ("endpoint", "price", "text"),
    [
        ("chat", Price(input=25 * 10**8, output=10**10), "倍率：2.50 × 1.00 × 4.00"),
        ("embeddings", Price(input=5 * 10**7, output=5 * 10**7), "倍率：0.05 × 1.00 × 1.00"),
        ("chat", Price(call=10**9), "倍率：0.00 × 1.00 × 1.00"),
        ("images", Price(image=20 * 10**12), "倍率：20.00 × 1.00"),
        ("image_edits", Price(image=10**13), "倍率：10.00 × 1.00"),
        ("speech", Price(character=75 * 10**8), "倍率：7.50 × 1.00"),
        ("transcriptions", Price(input=15 * 10**9), "倍率：15.00 × 1.00"),
    ],
)
def test_the_content_is_one_api_s(endpoint: str, price: Price, text: str) -> None:
    made = entry(price=encoded_price(price), facts=facts(endpoint=endpoint))
    assert said(made)["content"] == text


def test_the_detail_says_how_the_quota_came_about() -> None:
    long = Price(input=10**9, long_from=200_000, long=Price(input=2 * 10**9))
    counted = Usage(input_tokens=5, estimated=True)
    made = entry(price=encoded_price(long), usage=counted, facts=facts(asked_model="gpt-4o"))
    detail = json.loads(said(made)["detail"])
    assert detail["source"] == "estimated"
    assert detail["price"]["long"] == {"input": 2 * 10**9}
    assert "asked_model" not in detail  # the same as the model


def test_names_are_made_to_fit() -> None:
    made = said(entry(payer=Payer(1, 1, False, "u" * 300, "nul\0key"), facts=facts(model="m\0")))
    assert (made["username"], made["token_name"], made["model_name"]) == ("u" * 191, "nulkey", "m")


def test_an_entry_comes_back_as_it_was() -> None:
    made = entry(facts=facts(attempts=((1, 429), (2, 500)), ended="client_left"))
    back = decoded(encoded(made))
    assert back == made
    assert decoded_price(made.price) == PRICE
    released = Released("request-2", 1, 100, "no channel")
    assert decoded(encoded(released)) == released
    failed = Released("request-3", 1, 100, "failed", payer(), facts(), Failure(502, "code", "why"))
    assert decoded(encoded(failed)) == failed
    as_before = msgspec.msgpack.encode([2, "request-2", 1, 100, "no channel"])
    assert decoded(as_before) == released


def test_an_entry_is_written_as_ever() -> None:
    counted = Usage(input_tokens=60, cached_tokens=5, seconds=1.5, estimated=True)
    made = entry(usage=counted, price=msgspec.Raw(b"\x80"), facts=facts(attempts=((1, 429),)))
    said = ["gpt-4o", 7, True, 1234, 1_790_000_000, "complete", [[1, 429]], False, "", "chat"]

    def written(*later: Any) -> bytes:
        return msgspec.msgpack.encode(
            [
                *(1, "request-1", [1, 1, False, "user1", "key1"], 100, 60, 60, 0, ONE),
                {"input_tokens": 60, "cached_tokens": 5, "seconds": 1.5, "estimated": True},
                {},
                [*said, *later],
                *(False, ""),
            ]
        )

    assert encoded(made) == written("", "", 0, [], [], -1)
    for by_older_versions in (written("", "", 0, []), written(""), written()):
        assert decoded(by_older_versions) == made


def test_what_later_versions_add_is_passed_over() -> None:
    parts: list[Any] = msgspec.msgpack.decode(encoded(entry()))
    parts[2].append("more")
    parts[8]["more"] = 1
    back = decoded(msgspec.msgpack.encode([*parts, "more"]))
    assert isinstance(back, Settled)
    assert decoded_price(back.price) == PRICE  # its bytes may be others
    assert msgspec.structs.replace(back, price=entry().price) == entry()


def test_an_entry_is_never_longer_than_a_record() -> None:
    endless = "x" * 2**20
    back = decoded(encoded(entry(facts=facts(model=endless, asked_model=endless))))
    assert isinstance(back, Settled)
    assert back.facts.model == "x" * 2000


def test_names_that_cannot_be_encoded_are_mended() -> None:
    lone = "model \ud800"
    back = decoded(encoded(entry(facts=facts(model=lone, asked_model=lone))))
    assert isinstance(back, Settled)
    assert back.facts.model == "model ?"
    assert back.charge == 60
    released = decoded(encoded(Released(lone, 1, 100, lone)))
    assert released == Released("model ?", 1, 100, "model ?")


def test_facts_of_the_wrong_type_do_not_hold_up_money() -> None:
    odd = Facts("m", 7, True, 12.5, 1_790_000_000, "complete")  # pyright: ignore[reportArgumentType]
    counted = Usage(input_tokens=True, images=1.5)
    back = decoded(encoded(entry(facts=odd, usage=counted)))
    assert isinstance(back, Settled)
    assert (back.charge, back.facts.elapsed_ms, back.facts.channel_id) == (60, 12, 7)
    assert back.usage.images == 2
    assert decoded_price(back.price) == PRICE


def test_what_nobody_wrote_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError):
        decoded(msgspec.msgpack.encode([2, 1, 2, 3]))
    with pytest.raises(msgspec.ValidationError):
        decoded(msgspec.msgpack.encode([9]))


def test_prices_are_encoded_once_and_not_kept_without_bound() -> None:
    first = Price(input=1)
    assert encoded_price(first) is encoded_price(first)
    made = [Price(input=n) for n in range(2000)]
    raws = [encoded_price(price) for price in made]
    assert [decoded_price(raw).input for raw in raws] == list(range(2000))


@pytest.mark.parametrize(
    ("missing", "blamed"),
    [
        (0, {0: 0, 1: 0, 2: 0}),
        (30, {0: 0, 1: 0, 2: 30}),
        (60, {0: 0, 1: 10, 2: 50}),
        (70, {0: 0, 1: 10, 2: 60}),
        (260, {0: 60, 1: 100, 2: 100}),
    ],
)
def test_debts_are_spread_over_those_who_owe(missing: int, blamed: dict[int, int]) -> None:
    # index, charge, covered by a lease: the first owes nothing beyond its lease, the others 10 and 50
    assert _blamed(missing, [(0, 100, 100), (1, 100, 90), (2, 100, 50)]) == blamed


async def test_a_log_row_that_the_database_refuses_does_not_hold_up_money(
    database: Database, opened: Opener
) -> None:
    person(database, 1, 1000)
    ledger = await opened(database)
    await pay(ledger, 100, 10, "request-1")
    async with ledger.hold(payer(), 100, "request-2") as hold:
        settle(hold, 20, elapsed_ms=2**63)  # no bigint holds that
    await pay(ledger, 100, 30, "request-3")
    with capture_logs() as complaints:
        await ledger.flush()
    assert [row["request_id"] for row in log_rows_in(database)] == ["request-1", "request-3"]
    assert money(database).used == 60
    events = [complaint["event"] for complaint in complaints]
    assert events == ["flush_looks_closer", "log_row_refused"]


async def test_a_log_row_that_its_own_database_refuses_is_left_out(
    database: Database, sqlite_database: Database, opened: Opener
) -> None:
    person(sqlite_database, 1, 1000)
    ledger = await opened(sqlite_database, log_database=database)
    await pay(ledger, 100, 10, "request-1")
    async with ledger.hold(payer(), 100, "request-2") as hold:
        settle(hold, 20, elapsed_ms=2**63)
    await ledger.flush()
    assert [row["request_id"] for row in log_rows_in(database)] == ["request-1"]
    assert money(sqlite_database).used == 30


async def test_a_log_database_without_consumption_rows_still_follows(
    database: Database, sqlite_database: Database, opened: Opener
) -> None:
    person(sqlite_database, 1, 150)
    ledger = await opened(sqlite_database, log_database=database, logs_consumption=False)
    await pay(ledger, 100, 390, "request-1")
    await ledger.flush()
    assert log_rows_in(database) == []
    (row,) = log_rows_in(sqlite_database)  # nothing else would tell what was not collected
    assert row["quota"] == 150
    assert money(sqlite_database).used == 150


async def test_a_database_that_goes_away_among_log_rows_is_away(
    sqlite_database: Database, opened: Opener
) -> None:
    person(sqlite_database, 1, 1000)
    ledger = await opened(sqlite_database)
    async with ledger.hold(payer(), 100, "request-1") as hold:
        settle(hold, 300)  # owes, so that the flush looks closer

    def break_off(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith("INSERT INTO logs"):
            cause = sqlite3.OperationalError("disk I/O error")
            cause.sqlite_errorcode = 10
            raise OperationalError(statement, (), cause)

    event.listen(sqlite_database.engine, "before_cursor_execute", break_off)
    with pytest.raises(Unavailable):
        await ledger.flush()
    event.remove(sqlite_database.engine, "before_cursor_execute", break_off)
    await ledger.flush()
    assert money(sqlite_database).used == 300
    assert len(log_rows_in(sqlite_database)) == 1


async def test_a_damaged_journal_is_complained_about(
    sqlite_database: Database, opened: Opener
) -> None:
    person(sqlite_database, 1, 1000)
    ledger = await opened(sqlite_database)
    await pay(ledger, 100, 10, "request-1")
    ledger.journal._write(b"rubbish")
    await pay(ledger, 100, 10, "request-2")
    with capture_logs() as complaints:
        await ledger.flush()
    assert [c["skipped_bytes"] for c in complaints if c["event"] == "journal_damaged"] == [7]
    assert money(sqlite_database).used == 20


def stealing(database: Database, amount: int, times: int) -> Any:
    """Before a taking from an account, somebody else takes: that often."""
    left = [times]

    def steal(connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith("UPDATE users SET quota=(users.quota - ") and left[0]:
            left[0] -= 1
            connection.exec_driver_sql(f"UPDATE users SET quota = quota - {amount}")

    event.listen(database.engine, "before_cursor_execute", steal)
    return steal


async def test_a_balance_that_others_take_from_is_tried_again(
    sqlite_database: Database, opened: Opener
) -> None:
    person(sqlite_database, 1, 100)
    ledger = await opened(sqlite_database)
    thief = stealing(sqlite_database, 10, 5)
    tries = (pay(ledger, 10, 10, f"request-{n}") for n in range(30))
    results = await asyncio.gather(*tries, return_exceptions=True)
    event.remove(sqlite_database.engine, "before_cursor_execute", thief)
    assert sum(result == 10 for result in results) == 5
    assert sum(isinstance(result, InsufficientQuota) for result in results) == 25


async def test_a_debt_is_collected_from_what_others_leave(
    sqlite_database: Database, opened: Opener
) -> None:
    person(sqlite_database, 1, 150)
    ledger = await opened(sqlite_database)
    assert await pay(ledger, 100, 200, "request-1") == 200
    thief = stealing(sqlite_database, 20, 2)
    await ledger.flush()
    event.remove(sqlite_database.engine, "before_cursor_execute", thief)
    assert money(sqlite_database)[:2] == (0, 110)


def test_leases_follow_the_database() -> None:
    leases = Leases()
    leases.granted(Ref("user", 1), 100, is_large=True)
    assert leases.account(Ref("user", 1)).low == 50
    leases.correct({Ref("user", 1): 70, Ref("key", 2): 30})
    assert {account.ref: account.amount for account in leases} == {
        Ref("user", 1): 70,
        Ref("key", 2): 30,
    }
    assert Position(1, 5) < Position(2, 0)


async def test_what_was_used_is_added_up_by_the_hour(database: Database, opened: Opener) -> None:
    person(database, 1, 64_000)
    ledger = await opened(database)
    for number in range(3):
        await pay(ledger, 100, 10 + number, f"request-{number}")
    await ledger.flush()
    await pay(ledger, 100, 50, "request-3")
    await ledger.aclose()
    with database.connect() as connection:
        (row,) = connection.execute(select(usage_hours)).mappings()
    assert row["hour"] % 3600 == 0
    assert (row["user_id"], row["requests"], row["quota"]) == (1, 4, 83)
    assert row["input_tokens"] + row["output_tokens"] > 0
