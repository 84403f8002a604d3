"""Lists with `size`: sorted, filtered, searched, counted, and gone on with by a cursor; without it they are One API's."""

import base64
import json
from dataclasses import replace
from itertools import product
from typing import Any
from urllib.parse import quote

import pytest
from sqlalchemy import insert

from oneapi.control.lists import slice_of, wanted_in
from oneapi.control.logs.queries import LOGS
from oneapi.store.tables import channels, logs, tokens
from tests.control.browser import Browser
from tests.control.conftest import ALICE, BOB, World


def fill(world: World, count: int) -> None:
    for number in range(count):
        world.put(
            channels,
            type=1 + number % 2,
            name=f"channel {number:02}",
            status=1 + number % 3,
            group="default,vip" if number % 2 else "default",
            models="gpt-4o,o3" if number % 4 else "gpt-4o-mini",
            priority=number // 5,
            weight=None if number % 7 == 0 else number,
        )


def walk(who: Browser, path: str) -> list[dict[str, Any]]:
    """Follow the cursor to the end of a list; return all rows in their order."""
    rows: list[dict[str, Any]] = []
    cursor = ""
    while True:
        reply = who.get(f"{path}&cursor={cursor}" if cursor else path).json
        assert reply["success"], reply
        rows += reply["data"]
        cursor = reply["next_cursor"]
        if not cursor:
            return rows


@pytest.mark.parametrize("sort", ["id", "name", "priority", "weight", "type"])
@pytest.mark.parametrize("order", ["asc", "desc"])
def test_the_cursor_leads_through_every_row_once_and_in_order(
    everywhere: World, sort: str, order: str
) -> None:
    fill(everywhere, 23)
    rows = walk(everywhere.admin, f"/api/channel/?size=5&sort={sort}&order={order}")
    values = [(row[sort] if row[sort] is not None else 0, row["id"]) for row in rows]
    assert len({row["id"] for row in rows}) == 23
    assert values == sorted(values, reverse=order == "desc")


def test_a_list_tells_how_many_rows_there_are(world: World) -> None:
    fill(world, 23)
    reply = world.admin.get("/api/channel/?size=10").json
    assert (len(reply["data"]), reply["total"], reply["total_is_exact"]) == (10, 23, True)
    last = world.admin.get("/api/channel/?size=10&p=2").json
    assert (len(last["data"]), last["next_cursor"]) == (3, None)


def test_rows_of_a_span_come_by_their_time_and_the_cursor_goes_on_so(everywhere: World) -> None:
    times = [5, 9, 7, 7, 3, 8, 20]
    ids = [everywhere.put(logs, user_id=BOB, type=2, created_at=at) for at in times]
    rows = walk(everywhere.admin, "/api/log/?size=2&start_timestamp=4&end_timestamp=10")
    expected = sorted(zip(times, ids, strict=True), reverse=True)
    assert [(row["created_at"], row["id"]) for row in rows] == [
        (at, row_id) for at, row_id in expected if 4 <= at <= 10
    ]
    every = walk(everywhere.admin, "/api/log/?size=2")
    assert [row["id"] for row in every] == sorted(ids, reverse=True)


@pytest.mark.parametrize("hours", [0, -12, 14])
def test_a_request_is_found_by_its_id_whatever_zone_it_is_in(world: World, hours: int) -> None:
    request_id = "2023111422132000000000000000001"  # 1 700 000 000 in UTC
    world.put(logs, type=2, created_at=1_700_000_000 + hours * 3600, request_id=request_id)
    world.put(logs, type=2, created_at=1_700_000_000, request_id="other")
    for asked, count in ((request_id, 1), (f"{request_id},other", 2), ("other", 1)):
        reply = world.admin.get(f"/api/log/?size=5&request_id={asked}").json
        assert (len(reply["data"]), reply["total"]) == (count, count)


ASKED = (
    {"model_name": "rare"},
    {"model_name": "often"},
    {"model_name": "often,rare"},
    {"model_name": "often", "channel": "1"},
    {"model_name": "often", "type": "6"},
    {"type": "6"},
    {"type": "1"},
    {"token_name": "key", "model_name": "rare"},
    {"model_name": "none", "channel": "1"},
)


def mixed_logs() -> list[dict[str, Any]]:
    return [
        {
            "type": (2, 6, 2, 1)[number % 4],
            "created_at": 1_700_000_000 - number * 7919 % 100,
            "model_name": "rare" if number % 9 == 0 else None if number % 8 == 0 else "often",
            "channel_id": number % 3,
            "token_name": "key" if number % 2 else "another",
        }
        for number in range(40)
    ]


def fits(row: dict[str, Any], asked: dict[str, str]) -> bool:
    columns = {"channel": "channel_id"}
    return all(str(row[columns.get(n, n)]) in text.split(",") for n, text in asked.items())


@pytest.mark.parametrize(("some", "many"), [(10_000, 50_000), (2, 5), (0, 0)])
def test_whichever_way_rows_are_found_they_are_the_same(
    everywhere: World, some: int, many: int
) -> None:
    """SQLite finds few rows by an index, and many by reading."""
    listing = replace(LOGS, some=some, many=many)
    with everywhere.database.begin() as connection:
        connection.execute(insert(logs), mixed_logs())
    rows = everywhere.rows(logs)
    for asked, sort, order in product(ASKED, ("id", "created_at"), ("asc", "desc")):
        query = {"size": "3", "sort": sort, "order": order, **asked}
        keys = [(row[sort], row["id"]) for row in rows if fits(row, asked)]
        found: list[tuple[int, int]] = []
        cursor: str | None = ""
        while cursor is not None:
            wanted = wanted_in(listing, query | {"cursor": cursor})
            with everywhere.database.connect() as connection:
                part = slice_of(connection, listing, wanted)
            assert part.total == len(keys)
            found += [(row[sort], row["id"]) for row in part.rows]
            cursor = part.next_cursor
        assert found == sorted(keys, reverse=order == "desc"), query


def test_streamed_answers_are_told_from_whole_ones(everywhere: World) -> None:
    for is_stream in (True, False, None):
        everywhere.put(logs, type=2, created_at=1, is_stream=is_stream)
    ask = everywhere.admin.get
    assert [row["is_stream"] for row in ask("/api/log/?size=5&is_stream=true").content] == [True]
    assert ask("/api/log/?size=5&is_stream=false").json["total"] == 2
    assert ask("/api/log/?size=5&is_stream=maybe").json["field"] == "is_stream"


def test_rows_of_users_are_found_by_their_names_even_when_they_are_gone(everywhere: World) -> None:
    for user_id, username in ((BOB, "bob"), (ALICE, "alice"), (99, "gone")):
        everywhere.put(logs, user_id=user_id, username=username, type=2, created_at=1)
    for asked, names in (("bob", ["bob"]), ("bob,alice", ["alice", "bob"]), ("gone", ["gone"])):
        found = everywhere.admin.get(f"/api/log/?size=5&username={asked}").content
        assert [row["username"] for row in found] == names


def test_filters_and_keyword_narrow_rows_and_total(everywhere: World) -> None:
    fill(everywhere, 24)
    ask = everywhere.admin.get
    by_status = ask("/api/channel/?size=100&status=1,3").json
    assert {row["status"] for row in by_status["data"]} == {1, 3}
    assert by_status["total"] == 16
    assert ask("/api/channel/?size=100&group=vip").json["total"] == 12
    assert ask("/api/channel/?size=100&model=gpt-4o").json["total"] == 18
    assert ask("/api/channel/?size=100&keyword=CHANNEL 07").json["total"] == 1
    assert ask("/api/channel/?size=100&keyword=%25").json["total"] == 0
    assert ask("/api/channel/?size=100&status=2&group=vip").json["total"] == 4


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("size=0", "size"),
        ("size=101", "size"),
        ("size=many", "size"),
        ("size=5&sort=key", "sort"),
        ("size=5&sort=name&order=up", "order"),
        ("size=5&status=on", "status"),
        ("size=5&cursor=nonsense", "cursor"),
        ("size=100&p=99999", "p"),
    ],
)
def test_a_query_that_cannot_be_answered_is_refused_by_its_field(
    world: World, query: str, field: str
) -> None:
    reply = world.admin.get(f"/api/channel/?{query}")
    assert (reply.status, reply.json["success"]) == (200, False)
    assert (reply.json["code"], reply.json["field"]) == ("bad_field", field)


def cursor_of(*said: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(said).encode()).decode()


@pytest.mark.parametrize(
    "said",
    [
        ("name", "desc", 5, 1),
        ("name", "desc", "a\0b", 1),
        ("name", "desc", "\ud800", 1),
        ("name", "desc", "a", 2**70),
        ("name", "desc", "a", True),
        ("type", "desc", "a", 1),
        ("type", "desc", True, 1),
        ("type", "desc", 10**30, 1),
        ("type", "desc", float("nan"), 1),
        ("type", "desc", float("inf"), 1),
        ("type", "desc", None, 1),
    ],
)
def test_a_cursor_that_somebody_made_up_is_refused(everywhere: World, said: Any) -> None:
    path = f"/api/channel/?size=5&sort={said[0]}&cursor={cursor_of(*said)}"
    reply = everywhere.admin.get(path)
    assert (reply.status, reply.json.get("field")) == (200, "cursor")


def test_a_cursor_that_nests_without_end_is_refused(world: World) -> None:
    nested = base64.urlsafe_b64encode(b"[" * 40_000).decode()
    reply = world.admin.get(f"/api/channel/?size=5&cursor={nested}")
    assert (reply.status, reply.json.get("field")) == (200, "cursor")


@pytest.mark.parametrize(
    "path",
    ["channel/?keyword", "channel/?group", "channel/?model", "redemption/?name", "jobs/?kind"],
)
def test_what_no_database_keeps_is_not_looked_for(everywhere: World, path: str) -> None:
    reply = everywhere.admin.get(f"/api/{path}=a%00b&size=5")
    assert (reply.status, reply.json.get("code")) == (200, "bad_field")
    assert reply.json["field"] == path.partition("?")[2]


@pytest.mark.parametrize("keyword", ["Über", "über", "ÜBER", "ber all", "Ж", "ж", "频道"])
def test_a_keyword_is_found_in_whatever_case_and_script(everywhere: World, keyword: str) -> None:
    for name in ("Über allem", "ЖУК", "频道", "another"):
        everywhere.put(channels, type=1, name=name, status=1, group="default", models="m")
    reply = everywhere.admin.get(f"/api/channel/?size=5&keyword={quote(keyword)}").json
    assert reply["total"] == 1


def test_the_cursor_leads_past_rows_without_a_name(everywhere: World) -> None:
    for name in (None, None, None, "a", "b"):
        everywhere.put(channels, type=1, name=name, status=1, group="default", models="m")
    for order in ("asc", "desc"):
        rows = walk(everywhere.admin, f"/api/channel/?size=1&sort=name&order={order}")
        assert sorted(row["id"] for row in rows) == [1, 2, 3, 4, 5]


def test_a_cursor_of_another_order_is_refused(world: World) -> None:
    fill(world, 6)
    cursor = world.admin.get("/api/channel/?size=5&sort=name").json["next_cursor"]
    reply = world.admin.get(f"/api/channel/?size=5&sort=type&cursor={cursor}").json
    assert reply["field"] == "cursor"


@pytest.mark.parametrize("path", ["user", "redemption", "log", "log/self", "token"])
def test_every_list_has_a_total(world: World, path: str) -> None:
    reply = world.root.get(f"/api/{path}/?size=2").json
    assert reply["total"] == (4 if path == "user" else 0)
    assert reply["total_is_exact"] is True


def test_without_a_size_the_answer_is_one_apis(world: World) -> None:
    fill(world, 12)
    reply = world.admin.get("/api/channel/").json
    assert set(reply) == {"success", "message", "data"}
    assert len(reply["data"]) == 10


def test_nobody_sees_more_than_their_own_by_filtering(world: World) -> None:
    world.put(tokens, user_id=BOB, key="b" * 48, name="bob's")
    world.put(logs, user_id=BOB, username="bob", type=2, created_at=1)
    for path in ("token/?size=10", f"log/self?size=10&user_id={BOB}", "log/self?size=10"):
        assert world.alice.get(f"/api/{path}").json["total"] == 0
    assert world.bob.get("/api/log/self?size=10").json["total"] == 1
    assert world.alice.get("/api/log/?size=10").json["code"] == "not_allowed"
    assert ALICE != BOB


def test_refusals_have_a_stable_code_whatever_the_language(world: World) -> None:
    english = world.admin.post("/api/channel/", {"type": 1, "key": "k", "base_url": "ftp://x"})
    chinese = world.admin.post(
        "/api/channel/", {"type": 1, "key": "k", "base_url": "ftp://x"}, accept_language="zh-CN"
    )
    for reply in (english, chinese):
        assert (reply.json["code"], reply.json["field"]) == ("bad_field", "base_url")
    assert english.json["message"] != chinese.json["message"]
    assert world.admin.get("/api/channel/99").json["code"] == "channel_missing"
