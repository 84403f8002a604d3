"""The dashboard: sums, comparison, ranking and steps, of oneself and of the site, from the hours added up."""

import random
import time
from typing import Any

import pytest
from sqlalchemy import update

from oneapi.control.dashboard.queries import median_of
from oneapi.ledger.flusher import add_use
from oneapi.store.calendar import day_of
from oneapi.store.tables import channels, tokens, usage_days
from oneapi.store.tables.statistics import FIRST_TOKEN_CLASSES
from tests.control.conftest import ADMIN, ALICE, BOB, NOW, World

HOUR = 3600
THIS_HOUR = NOW - NOW % HOUR


def use(world: World, **values: Any) -> None:
    row = {
        "hour": THIS_HOUR,
        "user_id": ALICE,
        "token_id": 1,
        "channel_id": 1,
        "model_name": "gpt-4o",
        "requests": 2,
        "input_tokens": 100,
        "output_tokens": 10,
        "cached_tokens": 40,
        "quota": 500,
        "elapsed_ms": 3000,
        "failed": 1,
        "cost": 30,
        "costed": 50,
    }
    with world.database.begin() as connection:
        add_use(connection, [row | dict.fromkeys(FIRST_TOKEN_CLASSES, 0) | values])


@pytest.mark.parametrize("end", [2**61 - 1, 2**63 - 1, 10**30, 1_700_000_000_000])
def test_times_that_no_calendar_has_are_refused(world: World, end: int) -> None:
    start = min(end, 2**61 - 1) - 7 * 24 * HOUR
    reply = world.alice.get(f"/api/dashboard?start={start}&end={end}")
    assert (reply.status, reply.json["field"]) == (200, "start")


def test_use_is_added_up_ranked_and_laid_out_by_the_day(everywhere: World) -> None:
    use(everywhere)
    use(everywhere, model_name="o3", quota=900)
    use(everywhere, hour=THIS_HOUR - HOUR, quota=50)
    use(everywhere, hour=THIS_HOUR - 8 * 24 * HOUR, quota=7)
    use(everywhere, user_id=BOB, quota=10_000)
    told = everywhere.alice.get("/api/dashboard").content
    assert told["sums"] == {
        "requests": 6,
        "quota": 1450,
        "input_tokens": 300,
        "output_tokens": 30,
        "cached_tokens": 120,
        "elapsed_ms": 9000,
        "failed": 3,
        "cost": None,
        "costed": None,
        "first_token_ms": 0,
    }
    assert told["before"]["quota"] == 7
    assert [(entry["name"], entry["quota"]) for entry in told["top"]] == [
        ("o3", 900),
        ("gpt-4o", 550),
    ]
    assert told["step_seconds"] == 24 * HOUR
    assert sum(point["quota"] for point in told["series"]) == 1450
    assert {point["key"] for point in told["series"]} == {"o3", "gpt-4o"}


def test_the_first_token_of_streams_is_a_median(everywhere: World) -> None:
    use(everywhere, first_token_100=1, first_token_300=1, first_token_1500=2)
    use(everywhere, model_name="o3", first_token_1500=1)
    use(everywhere, user_id=BOB, first_token_10000=100)
    told = everywhere.alice.get("/api/dashboard").content
    assert 1000 < told["sums"]["first_token_ms"] <= 1500
    assert told["before"]["first_token_ms"] == 0


@pytest.mark.parametrize(
    ("counts", "median"),
    [
        ([0] * 12, 0),
        ([1, *[0] * 11], 50),
        ([0, 4, *[0] * 10], 150),
        ([1, 0, 0, 1, *[0] * 8], 100),
        ([*[0] * 11, 2], 15_000),
    ],
)
def test_a_median_lies_within_its_class(counts: list[int], median: int) -> None:
    assert median_of(counts) == median


def test_two_days_are_shown_by_the_hour(world: World) -> None:
    use(world)
    use(world, hour=THIS_HOUR - HOUR, quota=50)
    told = world.alice.get(f"/api/dashboard?start={NOW - 24 * HOUR}&end={NOW + 1}").content
    assert told["step_seconds"] == HOUR
    assert [(point["at"], point["quota"]) for point in told["series"]] == [
        (THIS_HOUR - HOUR, 50),
        (THIS_HOUR, 500),
    ]


def test_administrators_see_the_site_by_user_key_and_channel(world: World) -> None:
    channel = world.put(channels, name="a vendor")
    key = world.put(tokens, user_id=ALICE, key="k" * 48, name="laptop")
    use(world, channel_id=channel, token_id=key)
    use(world, user_id=BOB, channel_id=channel, token_id=99, quota=1)
    names = {
        by: [
            entry["name"]
            for entry in world.admin.get(f"/api/dashboard?scope=site&by={by}").content["top"]
        ]
        for by in ("user", "channel", "token")
    }
    assert names == {"user": ["alice", "bob"], "channel": ["a vendor"], "token": ["laptop", "99"]}


def test_administrators_see_what_it_cost(everywhere: World) -> None:
    channel = everywhere.put(channels, name="a vendor")
    use(everywhere, channel_id=channel)
    use(everywhere, channel_id=channel, model_name="o3", cost=7, costed=9)
    for by, wanted in (("channel", [(37, 59)]), ("model", [(30, 50), (7, 9)])):
        told = everywhere.admin.get(f"/api/dashboard?scope=site&by={by}").content
        assert (told["sums"]["cost"], told["sums"]["costed"]) == (37, 59)
        assert [(entry["cost"], entry["costed"]) for entry in told["top"]] == wanted
    told = everywhere.alice.get("/api/dashboard").content
    found = [told["sums"], told["before"], *told["top"]]
    assert {(entry["cost"], entry["costed"]) for entry in found} == {(None, None)}


def test_what_has_no_colour_of_its_own_is_one_more(world: World) -> None:
    for number in range(12):
        use(world, model_name=f"model-{number:02}", quota=100 - number)
    series = world.alice.get("/api/dashboard").content["series"]
    assert len(series) == 9
    assert next(point["quota"] for point in series if point["key"] == "") == 92 + 91 + 90 + 89


@pytest.mark.parametrize("query", ["scope=site", "by=channel", "by=user"])
def test_people_see_nothing_but_their_own(world: World, query: str) -> None:
    assert world.alice.get(f"/api/dashboard?{query}").json["code"] == "not_allowed"


@pytest.mark.parametrize(
    ("query", "field"),
    [("start=5&end=5", "start"), ("start=1&end=99999999", "start"), ("by=weather", "by")],
)
def test_a_span_that_cannot_be_shown_is_refused(world: World, query: str, field: str) -> None:
    assert world.alice.get(f"/api/dashboard?{query}").json["field"] == field


SPANS = [
    ("", "a week that ends now"),
    (f"&start={NOW - 9 * 24 * HOUR}", "a beginning in the middle of a day"),
    (f"&start={NOW - 9 * 24 * HOUR}&end={NOW - 30 * HOUR}", "an end in the middle, too"),
    (f"&start={day_of(NOW - 9 * 24 * HOUR)}&end={day_of(NOW)}", "whole days"),
]


@pytest.mark.parametrize("by", ["model", "token", "channel", "user"])
@pytest.mark.parametrize("scope", ["own", "site"])
@pytest.mark.parametrize("span", [span for span, _ in SPANS], ids=[what for _, what in SPANS])
def test_days_tell_what_hours_tell(world: World, by: str, scope: str, span: str) -> None:
    chance = random.Random(1)
    for _ in range(300):
        user, hour = chance.choice((ALICE, BOB, ADMIN)), THIS_HOUR - chance.randrange(480) * HOUR
        values = {"token_id": 10 * user + chance.randrange(2), "channel_id": chance.randrange(3)}
        values |= {"model_name": chance.choice(("o3", "gpt-4o")), "quota": chance.randrange(900)}
        use(world, user_id=user, hour=hour, **values)
    query = f"/api/dashboard?scope={scope}&by={by}{span}"
    by_days = world.admin.get(query).content
    with world.database.begin() as connection:
        # A day that begins in another time zone: nothing but hours is to be relied on.
        shifted = usage_days.c.day - HOUR
        connection.execute(update(usage_days).values(day=shifted, quota=usage_days.c.quota + 7))
    assert by_days["sums"]["quota"] > 0
    assert world.admin.get(query).content == by_days


def test_a_month_is_read_from_its_days(world: World) -> None:
    use(world)
    with world.database.begin() as connection:
        connection.execute(update(usage_days).values(quota=501))
    start = day_of(NOW - 29 * 24 * HOUR)
    assert world.alice.get(f"/api/dashboard?start={start}").content["sums"]["quota"] == 501
    assert world.alice.get(f"/api/dashboard?start={NOW - HOUR}").content["sums"]["quota"] == 500


def day(at: int) -> str:
    return time.strftime("%Y-%m-%d", time.localtime(at))


def test_one_apis_clients_see_their_days_by_model(everywhere: World) -> None:
    use(everywhere)
    use(everywhere, token_id=2, requests=4, failed=0, quota=50)
    use(everywhere, hour=THIS_HOUR - 6 * 24 * HOUR, model_name="o3")
    use(everywhere, hour=THIS_HOUR - 7 * 24 * HOUR, model_name="too long ago")
    use(everywhere, model_name="only failed", requests=2, failed=2, quota=0)
    use(everywhere, user_id=BOB, quota=10_000)
    assert everywhere.alice.get("/api/user/dashboard/").content == [
        {
            "Day": day(THIS_HOUR - 6 * 24 * HOUR),
            "ModelName": "o3",
            "RequestCount": 1,
            "Quota": 500,
            "PromptTokens": 100,
            "CompletionTokens": 10,
        },
        {
            "Day": day(THIS_HOUR),
            "ModelName": "gpt-4o",
            "RequestCount": 5,
            "Quota": 550,
            "PromptTokens": 200,
            "CompletionTokens": 20,
        },
    ]


def recent(world: World, query: str) -> dict[str, Any]:
    return world.admin.get(f"/api/dashboard/recent?{query}").content


def test_the_last_day_of_channels_is_told_hour_by_hour(everywhere: World) -> None:
    use(everywhere, channel_id=7)
    use(everywhere, channel_id=7, user_id=BOB, requests=5, failed=0)
    use(everywhere, channel_id=7, hour=THIS_HOUR - 23 * HOUR, requests=3, failed=2)
    use(everywhere, channel_id=7, hour=THIS_HOUR - 24 * HOUR, requests=99)
    use(everywhere, channel_id=8)
    told = recent(everywhere, "by=channel&ids=7,9")
    assert told["start"] == THIS_HOUR - 23 * HOUR
    assert told["rows"] == [{"id": 7, "requests": [3, *[0] * 22, 7], "failed": [2, *[0] * 22, 1]}]


def test_of_keys_everybody_is_told_of_their_own(world: World) -> None:
    use(world, token_id=3)
    use(world, token_id=4, user_id=BOB)
    told = world.alice.get("/api/dashboard/recent?by=token&ids=3,4").content
    assert [row["id"] for row in told["rows"]] == [3]
    assert world.alice.get("/api/dashboard/recent?by=channel&ids=1").json["code"] == "not_allowed"
    for wrong in ("x", "1;2", ",".join(["1"] * 101), "9" * 30):
        assert world.alice.get(f"/api/dashboard/recent?ids={wrong}").json["field"] == "ids"
