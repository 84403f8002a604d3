"""What administrators change is written down: who, when, from where, what, before and after, and no secret."""

import json
from typing import Any

import pytest

from oneapi.store.expiry import prune_audit
from oneapi.store.tables import audit, channels, users
from tests.control.conftest import ADMIN, ALICE, NOW, PASSWORD, ROOT, World
from tests.control.matrix import ADMIN as ADMINS, CASES

MEASURED = "/api/channel/"
"""A channel's test and its balance are measured, not changed, whoever asks for it."""


def deeds(world: World) -> list[dict[str, Any]]:
    return [
        row | {"before": json.loads(row["before"]), "after": json.loads(row["after"])}
        for row in world.rows(audit)
    ]


@pytest.mark.parametrize(
    "route", [r for r, case in CASES.items() if case.level >= ADMINS and case.changes]
)
def test_every_route_of_administrators_that_changes_something_writes_it_down(route: str) -> None:
    """The matrix holds each line against what the route does."""
    is_measured = route.endswith(("}/test", "}/balance", "/test/{channel_id}")) or (
        "/update_balance/" in route
    )
    assert ("audit" in CASES[route].changes) is not is_measured


def test_who_when_from_where_and_what(everywhere: World) -> None:
    visitor = everywhere.visitor("203.0.113.7", authorization=f"Bearer {'2'.rjust(32, 'a')}")
    assert visitor.put("/api/user/", {"id": ALICE, "display_name": "A.", "quota": 2500}).json[
        "success"
    ]
    (deed,) = deeds(everywhere)
    expected = {
        "at": NOW,
        "user_id": ADMIN,
        "username": "admin",
        "address": "203.0.113.7",
        "means": "access_token",
        "kind": "user",
        "action": "change",
        "subject_id": ALICE,
        "subject": "alice",
        "before": {"display_name": "Alice", "quota": 1000},
        "after": {"display_name": "A.", "quota": 2500},
    }
    assert {name: deed[name] for name in expected} == expected


def test_a_session_is_told_from_a_script(world: World) -> None:
    browser = world.visitor()
    browser.post("/api/user/login", {"username": "root", "password": PASSWORD})
    browser.put("/api/option/", {"key": "Notice", "value": "Hello."})
    (deed,) = deeds(world)
    assert (deed["user_id"], deed["means"], deed["subject"]) == (ROOT, "session", "Notice")
    assert (deed["before"], deed["after"]) == ({"value": ""}, {"value": "Hello."})


def test_no_secret_is_written_down(world: World) -> None:
    secrets = ("sk-one", "sk-two", "sk-three", "correct pony", "hush hush")
    channel = {"type": 1, "name": "c", "key": "sk-one\nsk-two", "models": "m"}
    assert world.root.post("/api/channel/", channel).json["success"]
    first = world.rows(channels)[0]["id"]
    world.root.put("/api/channel/", {"id": first, "key": "sk-three", "name": "d"})
    world.root.delete(f"/api/channel/{first}")
    world.root.put("/api/user/", {"id": ALICE, "password": "correct pony"})
    for key in ("SMTPToken", "GitHubClientSecret", "NobodyKnowsThisToken"):
        world.root.put("/api/option/", {"key": key, "value": "hush hush"})
    world.root.post("/api/user/", {"username": "carol", "password": "correct pony"})
    written = json.dumps(world.rows(audit))
    assert [secret for secret in (*secrets, "$2b$") if secret in written] == []
    changed = next(d for d in deeds(world) if d["action"] == "change" and d["kind"] == "channel")
    assert changed["after"] == {"key": "***", "name": "d"}
    assert deeds(world)[-2]["after"] == {"value": "***"}


def test_what_was_deleted_is_still_known(world: World) -> None:
    world.root.post("/api/redemption/", {"name": "gift", "quota": 7, "count": 1})
    world.root.delete("/api/redemption/1")
    world.root.delete(f"/api/user/{ALICE}")
    code, user = deeds(world)[1:]
    assert (code["action"], code["subject"], code["before"]["quota"]) == ("delete", "gift", 7)
    assert (user["subject"], user["before"]["username"]) == ("alice", "alice")
    assert user["after"]["status"] == 3


def test_what_is_refused_is_not_written_down(world: World) -> None:
    assert not world.admin.put("/api/user/", {"id": ROOT, "display_name": "x"}).json["success"]
    assert not world.root.put("/api/option/", {"key": "RetryTimes", "value": "x"}).json["success"]
    assert not world.root.put("/api/channel/", {"id": 99, "name": "x"}).json["success"]
    assert not world.root.post("/api/topup", {"user_id": 99, "quota": 5}).json["success"]
    assert not world.root.post("/api/jobs/99/cancel").json["success"]
    assert world.rows(audit) == []


def test_many_at_once_are_one_each(world: World) -> None:
    for status in (1, 2, 3):
        world.put(channels, type=1, name=f"c{status}", key="k", status=status)
    assert world.admin.delete("/api/channel/disabled").content == 2
    assert [deed["subject"] for deed in deeds(world)] == ["c2", "c3"]


def test_administrators_see_it_without_what_is_roots(everywhere: World) -> None:
    everywhere.root.put("/api/option/", {"key": "Notice", "value": "Hello."})
    everywhere.admin.post("/api/topup", {"user_id": ALICE, "quota": 5})
    (seen,) = everywhere.admin.get("/api/audit/?size=10").json["data"]
    assert (seen["kind"], seen["action"], seen["after"]) == (
        "user",
        "top_up",
        {"quota": 5, "remark": ""},
    )
    every = everywhere.root.get("/api/audit/?size=1").json
    assert (every["total"], every["data"][0]["kind"]) == (2, "user")
    older = everywhere.root.get(f"/api/audit/?size=1&cursor={every['next_cursor']}").json
    assert older["data"][0]["subject"] == "Notice"
    assert [d["kind"] for d in everywhere.root.get("/api/audit/").content] == ["user", "option"]


@pytest.mark.parametrize(
    ("query", "subjects"),
    [
        ("kind=user", ["alice"]),
        ("action=change", ["Notice"]),
        (f"user_id={ADMIN}", ["alice"]),
        (f"subject_id={ALICE}&kind=user", ["alice"]),
        (f"since={NOW + 1}", []),
        (f"until={NOW}", ["alice", "Notice"]),
        ("keyword=noti", ["Notice"]),
        ("keyword=127.0", ["alice", "Notice"]),
    ],
)
def test_it_is_filtered_and_searched(world: World, query: str, subjects: list[str]) -> None:
    world.root.put("/api/option/", {"key": "Notice", "value": "Hello."})
    world.admin.post("/api/topup", {"user_id": ALICE, "quota": 5})
    rows = world.root.get(f"/api/audit/?size=10&{query}").json["data"]
    assert [row["subject"] for row in rows] == subjects


def test_it_is_kept_as_long_as_the_setting_says(everywhere: World) -> None:
    everywhere.admin.post("/api/topup", {"user_id": ALICE, "quota": 5})
    prune_audit(everywhere.database, NOW + 10 * 86_400, 0)
    prune_audit(everywhere.database, NOW + 10 * 86_400, 10)
    assert len(everywhere.rows(audit)) == 1
    prune_audit(everywhere.database, NOW + 10 * 86_400 + 1, 10)
    assert everywhere.rows(audit) == []
    assert everywhere.row(users, ALICE)["quota"] == 1005


def test_what_a_channels_config_hides_is_stars(world: World) -> None:
    operations = [
        {"in": "header", "do": "set", "name": "x-key", "value": "hidden"},
        {"in": "body", "do": "set", "name": "top_k", "value": 5},
    ]
    secret = {"sk": "hidden", "proxy": "socks5://me:hidden@1.1.1.1:1080", "operations": operations}
    document = {"type": 1, "key": "k", "name": "c", "models": "m", "config": json.dumps(secret)}
    assert world.root.post("/api/channel/", document).json["success"]
    channel = int(world.rows(channels)[-1]["id"])
    other = json.dumps(secret | {"region": "x"})
    assert world.root.put("/api/channel/", {"id": channel, "config": other}).json["success"]
    assert "hidden" not in json.dumps(deeds(world))
    after = json.loads(deeds(world)[-1]["after"]["config"])
    assert (after["region"], after["proxy"]) == ("x", "socks5://me:***@1.1.1.1:1080")
    assert after["operations"][1] == operations[1]
