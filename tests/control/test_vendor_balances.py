"""What is left of the accounts at vendors: each vendor's own way to tell it, one channel and many."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from sqlalchemy import insert

from oneapi.providers import registry
from oneapi.providers.balances import question
from oneapi.providers.targets import target_of
from oneapi.store.tables import channels, jobs, logs, options
from tests.control.conftest import NOW, World
from tests.control.test_channel_tests import channel
from tests.control.working import work_off
from tests.fakes import FakeVendor, error_answer, html_answer, json_answer

BEARER = ("authorization", "Bearer sk-vendor")
GRANTS = "/dashboard/billing/credit_grants"
# As the references in `providers/balances.py` show them.
DEEPSEEK = {
    "is_available": True,
    "balance_infos": [
        {"currency": "USD", "total_balance": "2.50"},
        {"currency": "CNY", "total_balance": "110.00", "granted_balance": "10.00"},
    ],
}
DOLLARS = {"is_available": True, "balance_infos": [{"currency": "USD", "total_balance": "2.50"}]}
SILICONFLOW = {
    "code": 20000,
    "message": "OK",
    "status": True,
    "data": {"balance": "0.88", "chargeBalance": "88.00", "totalBalance": "88.88"},
}
MOONSHOT = {
    "code": 0,
    "data": {"available_balance": 49.58894, "voucher_balance": 46.58893, "cash_balance": 3.00001},
    "scode": "0x0",
    "status": True,
}


@pytest.fixture
def vendor() -> Iterator[FakeVendor]:
    with FakeVendor.in_thread() as vendor:
        yield vendor


@pytest.mark.parametrize(
    ("channel_type", "answer", "path", "header", "left"),
    [
        (4, {"total_available": 7.5}, GRANTS, BEARER, 7.5),
        (5, {"data": {"credit": "12345"}}, "/sb-api/user/status?api_key=sk-vendor", None, 12345),
        (12, {"total_remaining": 3}, GRANTS, BEARER, 3),
        (13, {"total_available": 4}, GRANTS, BEARER, 4),
        (
            20,
            {"data": {"total_credits": 100.5, "total_usage": 25.75}},
            "/v1/credits",
            BEARER,
            74.75,
        ),
        (25, MOONSHOT, "/v1/users/me/balance", BEARER, 49.58894),
        (32, {"object": "account", "balance": 9.5}, "/v1/accounts", BEARER, 9.5),
        (36, DEEPSEEK, "/user/balance", BEARER, 110),
        (36, DOLLARS, "/user/balance", BEARER, 2.5),
        (
            41,
            {"availableBalance": "1000000", "creditLimit": "200000"},
            "/openapi/v1/billing/balance/detail",
            BEARER,
            100,
        ),
        (44, SILICONFLOW, "/v1/user/info", BEARER, 88.88),
    ],
)
def test_each_vendor_tells_its_balance_its_own_way(
    world: World,
    vendor: FakeVendor,
    channel_type: int,
    answer: dict[str, Any],
    path: str,
    header: tuple[str, str] | None,
    left: float,
) -> None:
    vendor.default = json_answer(answer)
    base = vendor.url + ("/v3/openai" if channel_type == 41 else "")
    channel_id = channel(world, vendor, type=channel_type, base_url=base)
    reply = world.admin.post(f"/api/channel/{channel_id}/balance", {}).content
    assert reply["balance"] == pytest.approx(left)
    (asked,) = vendor.requests
    assert (asked.method, asked.path) == ("GET", path)
    if header is None:
        assert "authorization" not in asked.headers
    else:
        assert asked.headers[header[0]] == header[1]
    row = world.row(channels, channel_id)
    assert (row["balance"], row["balance_updated_time"]) == (pytest.approx(left), NOW)


def test_one_vendor_has_its_own_address_and_header() -> None:
    target = target_of({"id": 1, "type": 10, "key": "k", "base_url": "", "other": "", "config": ""})
    assert target is not None
    balance = target.provider.balance
    assert balance is not None
    request = question(target, balance, balance.has, date(2026, 11, 26))
    assert request.url == "https://aiproxy.io/api/report/getUserOverview"
    assert ("api-key", "k") in request.headers


@pytest.mark.parametrize("channel_type", [1, 8, 50])
@pytest.mark.parametrize(
    ("pays", "start"), [(True, "2023-11-01"), (False, "2023-08-06"), (None, "2023-08-06")]
)
def test_the_old_billing_is_a_limit_less_what_was_used(
    world: World, vendor: FakeVendor, channel_type: int, pays: bool | None, start: str
) -> None:
    limit = {"hard_limit_usd": 120.0} | ({} if pays is None else {"has_payment_method": pays})
    vendor.script(json_answer(limit), json_answer({"total_usage": 1234.5}))
    base = vendor.url + "/v1"
    channel_id = channel(world, vendor, type=channel_type, base_url=base)
    reply = world.admin.get(f"/api/channel/update_balance/{channel_id}").json
    assert reply == {"success": True, "message": "", "balance": pytest.approx(107.655)}
    assert [asked.path for asked in vendor.requests] == [
        "/v1/dashboard/billing/subscription",
        f"/v1/dashboard/billing/usage?start_date={start}&end_date=2023-11-14",
    ]


@pytest.mark.parametrize(
    ("channel_type", "answer", "said"),
    [
        (36, error_answer(401, "no such key"), "no such key"),
        (36, json_answer({"balance_infos": []}), "`balance_infos.currency=CNY.total_balance`"),
        (44, json_answer({"code": 50001, "message": "busy"}), "busy"),
        (25, json_answer({"code": 0, "data": {"available_balance": "much"}}), "available_balance"),
        (25, json_answer({"code": 0, "data": {"available_balance": True}}), "available_balance"),
        (25, json_answer([]), "`code` is None"),
        (1, error_answer(404, "not found"), "404"),
        (1, html_answer(200), "no JSON"),
    ],
)
def test_a_balance_that_is_not_told_is_refused_in_words_and_the_old_one_stays(
    world: World, vendor: FakeVendor, channel_type: int, answer: Any, said: str
) -> None:
    vendor.default = answer
    channel_id = channel(world, vendor, type=channel_type, balance=5.0)
    reply = world.admin.get(f"/api/channel/update_balance/{channel_id}").json
    assert (reply["success"], reply["code"]) == (False, "vendor_refused")
    assert said in reply["message"]
    assert world.row(channels, channel_id)["balance"] == 5.0


def test_vendors_without_one_are_refused_as_one_api_does(world: World, vendor: FakeVendor) -> None:
    channel_id = channel(world, vendor, type=14)
    reply = world.admin.get(f"/api/channel/update_balance/{channel_id}", accept_language="zh")
    assert reply.refusal == "尚未实现"
    assert vendor.requests == []


def test_the_list_of_vendors_says_who_tells_a_balance(world: World) -> None:
    has = {row["type"] for row in world.admin.get("/api/providers").content if row["has_balance"]}
    assert has == {row.type for row in registry.providers() if row.balance is not None}
    assert {1, 8, 20, 25, 36, 44} <= has
    assert 14 not in has


def results(world: World, **wanted: Any) -> list[dict[str, Any]]:
    job = world.admin.post("/api/jobs/update_balances", wanted).content
    work_off(world)
    assert world.admin.get(f"/api/jobs/{job['id']}").content["state"] == "done"
    found = world.admin.get(f"/api/jobs/{job['id']}/results?size=100").content
    return sorted(found, key=lambda item: item["subject_id"])


def test_all_balances_are_updated_as_a_job(everywhere: World, vendor: FakeVendor) -> None:
    vendor.default = json_answer(DEEPSEEK)
    channel(everywhere, vendor, name="one", type=36)
    channel(everywhere, vendor, name="by a person", type=36, status=2)
    channel(everywhere, vendor, name="tells nothing", type=14)
    channel(everywhere, vendor, name="auto", type=36, status=3)
    items = results(everywhere)
    assert [(item["subject"], item["outcome"], item["amount"]) for item in items] == [
        ("one", "passed", 110),
        ("auto", "passed", 110),
    ]
    assert [row["balance"] for row in everywhere.rows(channels)] == [110, 0, 0, 110]


def test_one_that_fails_does_not_keep_the_others(world: World, vendor: FakeVendor) -> None:
    vendor.default = json_answer(DEEPSEEK)
    channel(world, vendor, name="fine", type=36)
    channel(world, vendor, name="away", type=36, base_url="http://127.0.0.1:1")
    elsewhere = channel(world, vendor, name="elsewhere", type=25)
    items = results(world)
    assert [item["outcome"] for item in items] == ["passed", "failed", "failed"]
    vendor.default = error_answer(404, "no such page")
    assert [item["outcome"] for item in results(world, ids=[elsewhere])] == ["skipped"]


@pytest.mark.parametrize(("automatic", "status"), [("true", 3), ("false", 1)])
def test_an_account_that_is_used_up_disables_its_channel_where_that_is_wanted(
    world: World, vendor: FakeVendor, automatic: str, status: int
) -> None:
    with world.database.begin() as connection:
        connection.execute(
            insert(options).values(key="AutomaticDisableChannelEnabled", value=automatic)
        )
    empty = {"code": 0, "data": {"available_balance": 0}}
    vendor.default = json_answer(empty)
    channel_id = channel(world, vendor, type=25)
    by_hand = channel(world, vendor, type=25, status=2)
    items = results(world, ids=[channel_id, by_hand])
    assert [item["led_to"] for item in items] == ["disabled" if status == 3 else "", ""]
    assert [row["status"] for row in world.rows(channels)] == [status, 2]
    assert ["余额不足" in row["content"] for row in world.rows(logs)] == [True] * (status // 3)


def test_one_apis_scripts_begin_an_update_of_all(world: World) -> None:
    for _ in range(2):  # while it goes on, too
        reply = world.admin.get("/api/channel/update_balance").json
        assert reply == {"success": True, "message": ""}
    assert [row["kind"] for row in world.rows(jobs)] == ["update_balances"]
