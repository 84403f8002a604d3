"""How the installation is doing, as administrators see it: counts, workers, and channels that rest."""

from collections.abc import Iterator

import pytest
from sqlalchemy import insert

from oneapi.ledger import writers
from oneapi.store.tables import channels, usage_hours
from oneapi.store.tables.ledger import journal_offsets, leases
from oneapi.store.tables.statistics import FIRST_TOKEN_CLASSES
from tests.control.conftest import NOW, World


@pytest.fixture
def resting(world: World) -> Iterator[World]:
    """The same installation, whose relay knows that a channel rests, and that another one did."""
    rests = [(1, "gpt-4o", NOW + 30.5), (1, "o3", NOW + 90.0), (2, "gpt-4o", NOW - 1.0)]
    found = World(world.database, cooldowns=lambda: rests)
    for name in ("first", "second"):
        found.put(channels, name=name, type=1, models="gpt-4o,o3", status=1)
    yield found
    found.close()


def test_a_channel_says_until_when_it_rests_and_with_which_models(resting: World) -> None:
    seen = {row["id"]: row for row in resting.admin.get("/api/channel/").content}
    assert (seen[1]["cooling_until"], seen[1]["cooling_models"]) == (NOW + 90, ["o3", "gpt-4o"])
    assert (seen[2]["cooling_until"], seen[2]["cooling_models"]) == (0, [])


def test_what_rests_is_listed_and_can_be_woken(resting: World) -> None:
    admin = resting.admin
    listed = admin.get("/api/status/resting").content
    assert [(row["name"], row["model"], row["until"] - NOW) for row in listed] == [
        ("first", "o3", 90),
        ("first", "gpt-4o", 30),
    ]
    assert admin.delete("/api/status/resting/1").json["success"]
    assert resting.published("channels") == ["1"]


def test_the_overview_counts_channels_people_and_what_failed_of_late(everywhere: World) -> None:
    for status in (1, 1, 2, 3):
        everywhere.put(channels, name="c", type=1, status=status)
    counters = dict.fromkeys(
        ("quota", "input_tokens", "output_tokens", "cached_tokens", "elapsed_ms"), 0
    ) | dict.fromkeys(FIRST_TOKEN_CLASSES, 0)
    place = {"hour": NOW - NOW % 3600, "user_id": 1, "token_id": 1, "channel_id": 1}
    with everywhere.database.begin() as connection:
        row = {**place, **counters, "model_name": "m", "requests": 7, "failed": 2}
        connection.execute(insert(usage_hours).values(row))
    seen = everywhere.admin.get("/api/status/overview").content
    by_state = [seen[f"channels_{name}"] for name in ("enabled", "disabled", "auto_disabled")]
    assert by_state == [2, 1, 1]
    assert (seen["users"], seen["requests"], seen["failed"]) == (4, 7, 2)
    assert (seen["version"], seen["log_database"]) == ("1.2.3", "")


def test_what_only_journals_have_is_said_of_the_workers_of_this_node(world: World) -> None:
    here = World(world.database, backlogs=lambda: {"here:0": (4096, 3.5), "here:1": (0, 0.0)})
    for holder in ("here:0", "here:1", "there:0"):
        here.add(journal_offsets, holder=holder, seq=1, position=0, updated_at=NOW)
    seen = here.admin.get("/api/status/overview").content["processes"]
    here.close()
    assert [(one["name"], one["unflushed_bytes"], one["lag_seconds"]) for one in seen] == [
        ("here:0", 4096, 3.5),
        ("here:1", 0, 0.0),
        ("there:0", None, None),
    ]


def test_workers_that_have_written_of_late_are_named(world: World) -> None:
    with world.database.begin() as connection:
        for holder, at in (("a:0", 100), ("b:0", 200), ("#credited", 300), ("old:0", 10)):
            values = {"holder": holder, "seq": 1, "position": 0, "updated_at": at}
            connection.execute(insert(journal_offsets).values(values))
        for account, number in (("user", 1), ("user", 2), ("key", 1)):
            lease = {"holder": "b:0", "account": account, "account_id": number, "amount": 5}
            connection.execute(insert(leases).values(lease | {"renewed_at": 0}))
        assert writers(connection, since=50) == [("b:0", 200, 10), ("a:0", 100, 0)]
