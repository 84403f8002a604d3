"""Log rows: filters, sums, deletion, and what people see of their own."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from oneapi.store.database import open_database
from oneapi.store.tables import LOG_TABLES, channels, logs, metadata
from tests.control.browser import Browser
from tests.control.conftest import ALICE, BOB, NOW, ROOT, World

LOG_FIELDS = [
    "id",
    "user_id",
    "created_at",
    "type",
    "content",
    "username",
    "token_name",
    "model_name",
    "quota",
    "prompt_tokens",
    "completion_tokens",
    "channel",
    "request_id",
    "elapsed_time",
    "is_stream",
    "system_prompt_reset",
    "credited",
    "reason",
]


def write(world: World, **values: Any) -> int:
    row = {
        "user_id": ALICE,
        "username": "alice",
        "created_at": NOW,
        "type": 2,
        "content": "charged",
        "model_name": "gpt-4o",
        "token_name": "a key",
        "quota": 10,
        "channel_id": 7,
    }
    return world.put(logs, **(row | values))


def ids(who: Browser, query: str = "") -> list[int]:
    return [row["id"] for row in who.get(f"/api/log/?{query}").content]


@pytest.mark.parametrize(
    ("detail", "expected"),
    [
        ('{"credited":500,"reason":"redemption","reference":"7"}', (500, "redemption")),
        ('{"credited":500,"reason":"top_up","remark":true}', (500, "")),
        ("no json", (0, "")),
        (None, (0, "")),
    ],
)
def test_ones_own_rows_say_what_was_credited_and_why(
    everywhere: World, detail: str | None, expected: tuple[int, str]
) -> None:
    write(everywhere, type=1, quota=0, detail=detail)
    row = everywhere.alice.get("/api/log/self?type=1").content[0]
    assert (row["credited"], row["reason"]) == expected


def test_a_row_has_all_of_one_apis_fields(everywhere: World) -> None:
    write(everywhere, is_stream=True, elapsed_time=12, request_id="r", detail='{"a":1}')
    row = everywhere.admin.get("/api/log/").content[0]
    assert list(row) == [*LOG_FIELDS, "detail"]
    assert (row["channel"], row["is_stream"], row["system_prompt_reset"]) == (7, True, False)
    assert (row["elapsed_time"], row["detail"]) == (12, '{"a":1}')


def test_the_latest_row_comes_first_ten_to_a_page(everywhere: World) -> None:
    written = [write(everywhere) for _ in range(12)]
    assert ids(everywhere.admin) == written[:1:-1]
    assert ids(everywhere.admin, "p=1") == written[1::-1]


def test_filters_match_exactly(everywhere: World) -> None:
    write(everywhere)
    other = write(
        everywhere,
        type=4,
        created_at=NOW + 5,
        username="bob",
        user_id=BOB,
        token_name="another",
        model_name="o1",
        channel_id=8,
    )
    queries = [
        "type=4",
        f"start_timestamp={NOW + 1}",
        "username=bob",
        "token_name=another",
        "model_name=o1",
        "channel=8",
    ]
    assert [ids(everywhere.admin, query) for query in queries] == [[other]] * len(queries)
    assert len(ids(everywhere.admin, "type=0&username=&channel=")) == 2


def test_a_period_has_two_ends(world: World) -> None:
    early, middle, late = (write(world, created_at=NOW + offset) for offset in (0, 10, 20))
    assert ids(world.admin, f"end_timestamp={NOW + 10}") == [middle, early]
    assert ids(world.admin, f"start_timestamp={NOW + 10}") == [late, middle]
    assert ids(world.admin, "start_timestamp=rubbish") == [late, middle, early]


def test_only_consumption_adds_up(everywhere: World) -> None:
    for quota in (1, 20):
        write(everywhere, quota=quota)
    write(everywhere, quota=300, type=1)
    write(everywhere, quota=4000, username="bob", user_id=BOB)
    stat = everywhere.admin.get
    assert stat("/api/log/stat").content == {"quota": 4021}
    assert stat("/api/log/stat?type=1&username=alice").content == {"quota": 21}
    assert stat("/api/log/stat?username=nobody").content == {"quota": 0}
    assert everywhere.bob.get("/api/log/self/stat?username=alice").content == {"quota": 4000}


def test_people_see_their_own_rows_without_id_and_detail(world: World) -> None:
    write(world, detail='{"attempts":[[3,500]]}')
    write(world, user_id=BOB, username="bob")
    rows = world.alice.get("/api/log/self/?username=bob").content
    assert [(row["id"], row["user_id"]) for row in rows] == [(0, ALICE)]
    assert list(rows[0]) == LOG_FIELDS


def test_search_is_by_type_or_the_beginning_of_the_content(everywhere: World) -> None:
    charged, topped = write(everywhere), write(everywhere, type=1, content="topped up")

    def found(path: str) -> list[int]:
        return [row["created_at"] for row in everywhere.admin.get(path).content]

    def found_ids(keyword: str) -> list[int]:
        rows = everywhere.admin.get(f"/api/log/search?keyword={keyword}").content
        return [row["id"] for row in rows]

    assert found_ids("topped") == [topped]
    assert found_ids("2") == [charged]
    assert found_ids("opped") == []
    assert found("/api/log/search?keyword=") == [NOW, NOW]
    own = everywhere.alice.get("/api/log/self/search?keyword=1").content
    assert [row["content"] for row in own] == ["topped up"]
    assert everywhere.alice.get("/api/log/self/search?keyword=topped").content == []
    assert everywhere.bob.get("/api/log/self/search?keyword=1").content == []


def test_a_search_answers_a_hundred_rows_at_most(world: World) -> None:
    for _ in range(101):
        write(world)
    assert len(world.admin.get("/api/log/search?keyword=charged").content) == 100


def test_old_rows_are_deleted_and_counted(everywhere: World) -> None:
    with everywhere.database.begin() as connection:
        old = [{"user_id": ALICE, "created_at": NOW - 1, "type": 2} for _ in range(2500)]
        connection.execute(logs.insert(), old)
    stays = write(everywhere)
    deleted = everywhere.admin.delete(f"/api/log/?target_timestamp={NOW}")
    assert deleted.content == 2500
    assert [row["id"] for row in everywhere.rows(logs)] == [stays]


def test_nothing_is_deleted_without_a_time(world: World) -> None:
    write(world)
    assert world.admin.delete("/api/log/").refusal == "target timestamp is required"
    assert len(world.rows(logs)) == 1


def test_rows_come_from_the_log_database(worlds: Callable[..., World], tmp_path: Path) -> None:
    elsewhere = open_database(None, sqlite_path=tmp_path / "logs.db")
    metadata.create_all(elsewhere.engine, tables=LOG_TABLES)
    world = worlds(log_database=elsewhere)
    write(world)
    with elsewhere.begin() as connection:
        row = {"user_id": ALICE, "username": "alice", "type": 2, "quota": 3, "created_at": NOW}
        connection.execute(insert(logs).values(row))
    assert [row["quota"] for row in world.admin.get("/api/log/").content] == [3]
    assert world.alice.get("/api/log/self/stat").content == {"quota": 3}
    assert world.admin.delete(f"/api/log/?target_timestamp={NOW + 1}").content == 1
    assert len(world.rows(logs)) == 1
    world.admin.post("/api/topup", {"user_id": ALICE, "quota": 5})
    assert [row["type"] for row in world.admin.get("/api/log/").content] == [1]
    elsewhere.close()


DETAIL = {
    "source": "reported",
    "ended": "complete",
    "usage": {"input_tokens": 1000, "output_tokens": 100, "cached_tokens": 400},
    "price": {"input": 1_250_000_000, "output": 5_000_000_000, "cache_read": 625_000_000},
    "factor": 2_000_000_000,
    "ceiling": 9000,
    "endpoint": "chat",
    "attempts": [[8, 429]],
    "errors": ["busy"],
    "choice": "turn",
    "first_token_ms": 420,
}
FAILURE: dict[str, Any] = {
    "failure": "bad_response_status_code",
    "status": 502,
    "error": "overloaded",
    "ended": "failed",
    "ceiling": 9000,
    "endpoint": "chat",
    "attempts": [[8, 529]],
    "errors": ["what only the vendor's customer may read"],
    "unwritten": 3,
}
REQUEST_ID = "20231114221320" + "0" * 17


def test_the_story_of_a_request_adds_up_to_its_charge(everywhere: World) -> None:
    everywhere.put(channels, id=7, name="answered")
    everywhere.put(channels, id=8, name="refused")
    write(everywhere, request_id=REQUEST_ID, quota=3000, detail=json.dumps(DETAIL))
    told = everywhere.admin.get(f"/api/log/{REQUEST_ID}").content
    assert (told["channel_name"], told["source"], told["ended"]) == (
        "answered",
        "reported",
        "complete",
    )
    assert told["attempts"] == [
        {"channel_id": 8, "channel_name": "refused", "status": 429, "error": "busy"}
    ]
    assert (told["choice"], told["first_token_ms"], told["status"]) == ("turn", 420, 0)
    assert {line["unit"]: (line["count"], line["quota"]) for line in told["lines"]} == {
        "input": (600, 750.0),
        "cache_read": (400, 250.0),
        "output": (100, 500.0),
    }
    prices = {line["unit"]: line["unit_usd"] * 1e6 for line in told["lines"]}
    assert prices == pytest.approx({"input": 2.5, "cache_read": 1.25, "output": 10.0})
    assert (told["hold"], told["factor"]) == (9000, 2.0)
    assert sum(line["quota"] for line in told["lines"]) * told["factor"] == told["charge"] == 3000


def test_people_are_told_their_own_stories_without_channels_names(world: World) -> None:
    world.put(channels, id=7, name="secret source")
    write(world, request_id=REQUEST_ID, detail=json.dumps(DETAIL))
    reply = world.alice.get(f"/api/log/{REQUEST_ID}")
    assert reply.content["charge"] == 10
    assert b"secret" not in reply.body
    assert world.bob.get(f"/api/log/{REQUEST_ID}").json["code"] == "request_missing"


def test_a_failure_is_told_to_its_user_as_the_client_was_told(everywhere: World) -> None:
    everywhere.put(channels, id=8, name="secret source")
    detail = json.dumps(FAILURE)
    write(
        everywhere, request_id=REQUEST_ID, type=6, quota=0, content="502：overloaded", detail=detail
    )
    reply = everywhere.alice.get(f"/api/log/{REQUEST_ID}")
    told = reply.content
    assert (told["status"], told["code"], told["error"], told["unwritten"]) == (
        502,
        "bad_response_status_code",
        "overloaded",
        3,
    )
    assert told["attempts"] == [{"channel_id": 8, "channel_name": "", "status": 529, "error": ""}]
    assert b"customer" not in reply.body
    (attempt,) = everywhere.admin.get(f"/api/log/{REQUEST_ID}").content["attempts"]
    assert (attempt["channel_name"], attempt["error"]) == ("secret source", FAILURE["errors"][0])
    (row,) = everywhere.alice.get("/api/log/self?type=6", accept_language="en").content
    assert (row["type"], row["quota"], row["content"]) == (6, 0, "502: overloaded")


@pytest.mark.parametrize("path", ["/api/log/", "/api/log/self"])
def test_one_apis_clients_see_failures_only_if_they_ask(world: World, path: str) -> None:
    write(world, user_id=ROOT, type=None, content="of an old version")
    write(world, user_id=ROOT, content="charged")
    write(world, user_id=ROOT, type=6, quota=0, content="502：overloaded")

    def found(query: str) -> list[str]:
        return [row["content"] for row in world.root.get(f"{path}?{query}").content]

    assert found("type=0") == found("") == ["charged", "of an old version"]
    assert found("type=6") == ["502：overloaded"]
    assert found("size=10") == ["502：overloaded", "charged", "of an old version"]
    searched = world.root.get("/api/log/search?keyword=502").content
    assert searched == []
    assert len(world.root.get("/api/log/search?keyword=6").content) == 1


@pytest.mark.parametrize(
    "detail", [None, "", "{", "[]", '{"usage": 5, "price": [], "factor": "x"}']
)
def test_a_row_of_one_api_has_a_story_too(world: World, detail: str | None) -> None:
    write(world, request_id="20250221-an-id", detail=detail)
    told = world.admin.get("/api/log/20250221-an-id").content
    assert (told["charge"], told["lines"], told["factor"]) == (10, [], 1.0)


CHARGE = json.dumps({"price": {"input": 1}, "factor": 10**9, "endpoint": "chat"})


@pytest.mark.fault("R7")
@pytest.mark.parametrize("path", ["/api/log/", "/api/log/self", "/api/log/search?keyword=2"])
def test_a_row_is_worded_for_its_reader(world: World, path: str) -> None:
    world.put(logs, user_id=ROOT, type=2, content="倍率：7.50 × 1.00 × 1.33", detail=CHARGE)
    contents = [
        world.root.get(path, **({"accept_language": language} if language else {})).content[0]
        for language in ("en-US,en;q=0.9", "zh-CN", "")
    ]
    assert [row["content"] for row in contents] == [
        "ratio: 7.50 × 1.00 × 1.33",
        "倍率：7.50 × 1.00 × 1.33",
        "倍率：7.50 × 1.00 × 1.33",
    ]


@pytest.mark.fault("R7")
def test_what_happened_to_a_balance_is_worded_in_the_sites_money(world: World) -> None:
    world.admin.put("/api/user/", {"id": ALICE, "quota": 500_000})
    world.admin.post("/api/topup", {"user_id": ALICE, "quota": 250_000})
    world.admin.post("/api/topup", {"user_id": ALICE, "quota": 1, "remark": "订单 17"})
    rows = world.alice.get("/api/log/self", accept_language="en").content
    assert [row["content"] for row in rows] == [
        "订单 17",
        "$0.50 (250000 quota) by a top-up",
        "an administrator set the balance from $0.002 (1000 quota) to $1.00 (500000 quota)",
    ]
    assert world.alice.get("/api/log/self").content[1]["content"] == "通过 API 充值 ＄0.500000 额度"


@pytest.mark.parametrize(
    "detail", [None, "", "rubbish", "[]", "{}", '{"reason": "new"}', '{"reason": "top_up"}', '"x"']
)
def test_a_row_that_does_not_say_what_happened_stays_as_it_is(
    world: World, detail: str | None
) -> None:
    world.put(logs, user_id=ALICE, type=1, content="通过兑换码充值 7", detail=detail)
    (row,) = world.alice.get("/api/log/self", accept_language="en").content
    assert row["content"] == "通过兑换码充值 7"
