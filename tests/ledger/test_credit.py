"""Redemption, top-up, gifts and administrators' edits: one conditional transaction, one log row each."""

import json
import threading
from pathlib import Path

import pytest
from sqlalchemy import insert, select, update

from oneapi.errors import InvalidRequest, NotFound
from oneapi.ledger import (
    Kind,
    Reason,
    credit,
    key_balance,
    leased,
    quota_text,
    redeem,
    set_key_quota,
    set_quota,
    user_balance,
)
from oneapi.ledger.credit import TOTAL, begin_total, books
from oneapi.store.database import Database
from oneapi.store.tables import options, redemptions, users
from oneapi.store.tables.ledger import journal_offsets
from tests.ledger.conftest import Opener
from tests.ledger.scene import (
    FailingDatabase,
    key_money,
    log_rows_in,
    money,
    payer,
    person,
)

NOW = 1_790_000_000


@pytest.mark.parametrize(
    ("reason", "type", "content", "shown"),
    [
        (Reason(Kind.REGISTRATION), 4, "新用户注册赠送 ＄1.000000 额度", 0),
        (Reason(Kind.INVITED), 4, "使用邀请码赠送 ＄1.000000 额度", 0),
        (Reason(Kind.INVITER), 4, "邀请用户赠送 ＄1.000000 额度", 0),
        (Reason(Kind.TOP_UP), 1, "通过 API 充值 ＄1.000000 额度", 500_000),
        (Reason(Kind.TOP_UP, remark="order 17"), 1, "order 17", 500_000),
        (Reason(Kind.REFUND, "request-1"), 4, "退还额度 ＄1.000000 额度", 0),
    ],
)
def test_a_credit_has_one_api_s_words(
    sqlite_database: Database, reason: Reason, type: int, content: str, shown: int
) -> None:
    person(sqlite_database, 1, 100)
    with sqlite_database.begin() as connection:
        assert credit(connection, 1, 500_000, reason, now=NOW) == 500_000
    (row,) = log_rows_in(sqlite_database)
    assert (row["type"], row["content"], row["quota"]) == (type, content, shown)
    assert (row["user_id"], row["username"], row["created_at"]) == (1, "user1", NOW)
    assert json.loads(row["detail"]) == {
        "credited": 500_000,
        "reason": reason.kind.value,
        "reference": reason.reference,
        **({"remark": True} if reason.remark else {}),
    }
    assert money(sqlite_database).quota == 500_100


def test_what_is_taken_is_at_most_what_is_there(database: Database) -> None:
    person(database, 1, 100)
    with database.begin() as connection:
        assert credit(connection, 1, -30, Reason(Kind.TOP_UP), now=NOW) == -30
        assert credit(connection, 1, -100, Reason(Kind.TOP_UP), now=NOW) == -70
        assert credit(connection, 1, -1, Reason(Kind.TOP_UP), now=NOW) == 0
        assert credit(connection, 1, 0, Reason(Kind.TOP_UP), now=NOW) == 0
    assert money(database).quota == 0


def test_no_balance_grows_until_its_column_cannot_hold_it(database: Database) -> None:
    """SQLite would count on in floating point, the others would break off in the middle."""
    person(database, 1, 2**62 - 9)
    with pytest.raises(InvalidRequest, match="cannot hold so much"), database.begin() as connection:
        credit(connection, 1, 10, Reason(Kind.TOP_UP), now=NOW)
    with database.begin() as connection:
        assert credit(connection, 1, 9, Reason(Kind.TOP_UP), now=NOW) == 9
    assert money(database).quota == 2**62


def test_a_code_stays_good_when_the_balance_is_full(database: Database) -> None:
    person(database, 1, 2**63 - 1)
    code = {"key": "c" * 32, "status": 1, "name": "gift", "quota": 5}
    with database.begin() as connection:
        connection.execute(insert(redemptions).values(code))
    with pytest.raises(InvalidRequest, match="cannot hold so much"), database.begin() as connection:
        redeem(connection, 1, "c" * 32, NOW)
    with database.connect() as connection:
        assert connection.scalar(select(redemptions.c.status)) == 1


def test_balances_that_add_up_to_more_than_a_bigint_are_compared(database: Database) -> None:
    """People write the largest number there is where they mean that there is no limit."""
    person(database, 1, 2**63 - 1)
    person(database, 2, 2**63 - 1)
    with database.begin() as connection:
        connection.execute(update(users).values(used_quota=5))
    begin_total(database, NOW)
    with database.begin() as connection:
        assert books(connection) == (2**64 + 8, 0)
        assert credit(connection, 1, -7, Reason(Kind.TOP_UP), now=NOW) == -7
        assert books(connection) == (2**64 + 1, 0)
        connection.execute(update(users).where(users.c.id == 2).values(quota=users.c.quota - 3))
        assert books(connection) == (2**64 - 2, -3)


@pytest.mark.parametrize("amount", [5, -5])
def test_nobody_cannot_be_credited(sqlite_database: Database, amount: int) -> None:
    with sqlite_database.begin() as connection, pytest.raises(NotFound):
        credit(connection, 1, amount, Reason(Kind.TOP_UP), now=NOW)


async def test_an_administrator_sets_what_the_user_sees(database: Database, opened: Opener) -> None:
    person(database, 1, 1000)
    ledger = await opened(database)
    async with ledger.hold(payer(limited=True), 300, "request-1"):
        with database.begin() as connection:
            assert user_balance(connection, 1) == key_balance(connection, 1) == 1000
            assert leased(connection, "user", [1, 2]) == {1: 300}
            assert set_quota(connection, 1, 500, now=NOW) == 500
            assert set_key_quota(connection, 1, 400) == 400
        assert money(database) == (200, 0, 0, 300)
        assert key_money(database) == (100, 0, 0, 300)
        with database.begin() as connection:
            assert set_quota(connection, 1, 0, now=NOW) == 300  # what is held cannot be taken back
            assert set_key_quota(connection, 1, 2000) == 2000
    assert [row["content"] for row in log_rows_in(database)] == [
        "管理员将用户额度从 ＄0.002000 额度修改为 ＄0.001000 额度",
        "管理员将用户额度从 ＄0.001000 额度修改为 ＄0.000600 额度",
    ]
    assert {row["type"] for row in log_rows_in(database)} == {3}


def test_a_balance_cannot_be_set_below_zero(sqlite_database: Database) -> None:
    person(sqlite_database, 1, 1000)
    with sqlite_database.begin() as connection:
        with pytest.raises(InvalidRequest) as quota:
            set_quota(connection, 1, -1, now=NOW)
        with pytest.raises(InvalidRequest) as remaining:
            set_key_quota(connection, 1, -1)
        with pytest.raises(NotFound):
            set_key_quota(connection, 9, 1)
    assert (quota.value.param, remaining.value.param) == ("quota", "remain_quota")


def code(database: Database, key: str, quota: int, status: int = 1) -> None:
    with database.begin() as connection:
        row = {"key": key, "quota": quota, "status": status, "name": "gift", "user_id": 1}
        connection.execute(insert(redemptions), row)


def test_a_code_is_redeemed_once(database: Database) -> None:
    person(database, 1, 100)
    code(database, "k" * 32, 500)
    with database.begin() as connection:
        assert redeem(connection, 1, "k" * 32, NOW) == 500
    with database.begin() as connection, pytest.raises(InvalidRequest) as used:
        redeem(connection, 1, "k" * 32, NOW)
    with database.begin() as connection, pytest.raises(InvalidRequest) as unknown:
        redeem(connection, 1, "x" * 32, NOW)
    assert (used.value.code, unknown.value.code) == ("redemption_used", "redemption_unknown")
    assert money(database).quota == 600
    (row,) = log_rows_in(database)
    assert (row["type"], row["quota"], row["content"]) == (
        1,
        0,
        "通过兑换码充值 ＄0.001000 额度",
    )
    with database.connect() as connection:
        found = connection.execute(select(redemptions.c.status, redemptions.c.redeemed_time)).one()
    assert tuple(found) == (3, NOW)


def test_a_disabled_code_is_refused(sqlite_database: Database) -> None:
    person(sqlite_database, 1, 100)
    code(sqlite_database, "k" * 32, 500, status=2)
    with sqlite_database.begin() as connection, pytest.raises(InvalidRequest, match="any more"):
        redeem(connection, 1, "k" * 32, NOW)
    assert money(sqlite_database).quota == 100


def test_twenty_who_redeem_the_same_code_at_once_get_it_once(database: Database) -> None:
    person(database, 1, 0)
    code(database, "k" * 32, 500)
    together = threading.Barrier(20)
    won: list[int] = []

    def try_it() -> None:
        together.wait()
        try:
            with database.begin() as connection:
                won.append(redeem(connection, 1, "k" * 32, NOW))
        except InvalidRequest:
            pass

    threads = [threading.Thread(target=try_it) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert won == [500]
    assert money(database).quota == 500


def test_log_rows_may_go_elsewhere(
    sqlite_database: Database, database: Database, tmp_path: Path
) -> None:
    person(sqlite_database, 1, 0)
    code(sqlite_database, "k" * 32, 500)
    with sqlite_database.begin() as connection, database.begin() as elsewhere:
        credit(connection, 1, 5, Reason(Kind.TOP_UP), now=NOW, log_connection=elsewhere)
        set_quota(connection, 1, 9, now=NOW, log_connection=elsewhere)
        redeem(connection, 1, "k" * 32, NOW, log_connection=elsewhere)
    assert log_rows_in(sqlite_database) == []
    assert [row["type"] for row in log_rows_in(database)] == [1, 3, 1]


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ({}, "＄0.500000 额度"),
        ({"QuotaPerUnit": "1000000"}, "＄0.250000 额度"),
        ({"QuotaPerUnit": "0"}, "＄0.500000 额度"),
        ({"QuotaPerUnit": "much"}, "＄0.500000 额度"),
        ({"DisplayInCurrencyEnabled": "false"}, "250000 点额度"),
    ],
)
def test_quota_is_said_as_the_options_have_it(
    sqlite_database: Database, said: dict[str, str], text: str
) -> None:
    with sqlite_database.begin() as connection:
        for key, value in said.items():
            connection.execute(insert(options), {"key": key, "value": value})
        assert quota_text(connection, 250_000) == text


def test_the_total_is_opened_once(database: Database) -> None:
    person(database, 1, 100)
    begin_total(database, NOW)
    with database.begin() as connection:
        credit(connection, 1, 11, Reason(Kind.TOP_UP), now=NOW)
    begin_total(database, NOW + 5)
    with database.connect() as connection:
        row = connection.execute(
            select(journal_offsets).where(journal_offsets.c.holder == TOTAL)
        ).one()
    assert tuple(row) == (TOTAL, 100, 11, NOW)


def test_two_workers_may_open_the_total_at_once(database: Database) -> None:
    person(database, 1, 100)
    racing = FailingDatabase(database)
    racing.on_begin = lambda: begin_total(database, NOW)
    begin_total(racing, NOW + 5)
    with database.begin() as connection:
        known = connection.execute(update(journal_offsets).values(updated_at=NOW))
    assert known.rowcount == 1
