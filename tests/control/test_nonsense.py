"""Values that no row should hold are refused before they are written, by the name of their field."""

from typing import Any

import pytest
from sqlalchemy import Table

from oneapi.store.tables import channels, options, redemptions, tokens, users
from tests.control.conftest import ALICE, NOW, World

CHANNEL = {"type": 1, "name": "c", "key": "sk-1", "models": "m", "group": "default"}
ADDRESSES = [
    "https://a b.example",
    "https://a.example/v 1",
    "https://a.example\n/v1",
    "https://a.example/\r\nX-Evil: 1",
    "https://a.example/v1#x",
    "https://a.example/v1?x=1",
    "https://a.example?",
    "https://a.example/\\v1",
    'https://a.example/"v1',
    "https://a.example:99999",
    "https://a.example:port",
    "https://a.example:0",
    "https://user@a.example",
    "https://@a.example",
    "https://[::1",
    "https://\u200ba.example",
    "https:///v1",
    "//a.example",
    "javascript:alert(1)",
]


@pytest.mark.fault("A10")
@pytest.mark.parametrize("path", ["/api/channel/", "/api/channel/test", "/api/channel/models"])
@pytest.mark.parametrize("address", ADDRESSES)
def test_a_base_url_that_could_only_fail_is_refused(world: World, path: str, address: str) -> None:
    reply = world.admin.post(path, CHANNEL | {"base_url": address})
    assert reply.json["success"] is False
    assert reply.json["field"] == "base_url", reply.json
    assert world.rows(channels) == []


@pytest.mark.parametrize(
    "address",
    ["https://a.example", " http://10.0.0.1:8080/v1/ ", "https://[::1]:443/x", "https://ä.example/%20"],
)  # fmt: skip
def test_a_base_url_that_may_work_is_kept(world: World, address: str) -> None:
    world.root.post("/api/channel/", CHANNEL | {"base_url": address})
    assert world.rows(channels)[0]["base_url"] == address.strip()


@pytest.mark.fault("A10")
@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({"key": "sk-1\x00"}, "key"),
        ({"key": "sk-\u4e2d"}, "key"),
        ({"key": "sk-\x07"}, "key"),
        ({"name": "two\nlines"}, "name"),
        ({"models": "a,b\nc"}, "models"),
        ({"group": "a,b\x1b"}, "group"),
        ({"status": True}, "status"),
        ({"status": -1}, "status"),
        ({"weight": True}, "weight"),
        ({"weight": 10**9}, "weight"),
        ({"priority": "high"}, "priority"),
        ({"priority": 1.5}, "priority"),
        ({"type": -1}, "type"),
        ({"config": '{"proxy": "ftp://x"}'}, "config"),
        ({"config": '{"proxy": 5}'}, "config"),
        ({"config": '{"proxy": "http://h:99999"}'}, "config"),
    ],
)
def test_nonsense_about_a_channel(world: World, document: dict[str, Any], field: str) -> None:
    assert world.admin.post("/api/channel/", CHANNEL | document).json["field"] == field
    assert world.rows(channels) == []


@pytest.mark.fault("A10")
def test_a_channel_has_one_key(world: World) -> None:
    world.admin.post("/api/channel/", CHANNEL | {"key": "sk-1\nsk-2"})
    first, second = world.rows(channels)
    assert (first["key"], second["key"]) == ("sk-1", "sk-2")
    change = {"id": first["id"], "key": "sk-3\r\nX-Evil: 1"}
    assert world.admin.put("/api/channel/", change).json["field"] == "key"
    assert world.rows(channels) == [first, second]
    world.admin.put("/api/channel/", {"id": first["id"], "key": " sk-3\n"})
    assert world.rows(channels)[0]["key"] == "sk-3"


@pytest.mark.fault("A10")
@pytest.mark.parametrize("role", [-1, 2, 5, 11, 99, 101, 2**31, True, "admin", 1.5])
def test_there_are_four_roles(world: World, role: Any) -> None:
    before = world.rows(users)
    assert world.root.put("/api/user/", {"id": ALICE, "role": role}).json["field"] == "role"
    carol = {"username": "carol", "password": "correct horse", "role": role}
    assert world.root.post("/api/user/", carol).json["field"] == "role"
    assert world.rows(users) == before


@pytest.mark.fault("A10")
@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({"status": True}, "status"),
        ({"status": -1}, "status"),
        ({"status": 3}, "status"),
        ({"quota": 2**53}, "quota"),
        ({"quota": True}, "quota"),
        ({"quota": 0.5}, "quota"),
        ({"group": "a,b"}, "group"),
        ({"group": "a\nb"}, "group"),
        ({"group": "x" * 33}, "group"),
        ({"username": "a\u200bb"}, "username"),
        ({"username": "a\nb"}, "username"),
    ],
)
def test_nonsense_about_a_user(world: World, document: dict[str, Any], field: str) -> None:
    before = world.rows(users)
    assert world.root.put("/api/user/", {"id": ALICE} | document).json["field"] == field
    assert world.rows(users) == before


@pytest.mark.fault("A10")
@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({"expired_time": -2}, "expired_time"),
        ({"expired_time": NOW * 1000}, "expired_time"),
        ({"expired_time": True}, "expired_time"),
        ({"remain_quota": -1}, "remain_quota"),
        ({"remain_quota": 2**60}, "remain_quota"),
        ({"status": 9}, "status"),
    ],
)
def test_nonsense_about_a_key(world: World, document: dict[str, Any], field: str) -> None:
    assert world.alice.post("/api/token/", {"name": "k"} | document).json["field"] == field
    assert world.rows(tokens) == []
    made = world.alice.post("/api/token/", {"name": "k"}).content
    before = world.rows(tokens)
    assert world.alice.put("/api/token/", made | document).json["field"] == field
    assert world.rows(tokens) == before


@pytest.mark.fault("A10")
@pytest.mark.parametrize("status", [3, 4])
def test_a_key_is_not_made_expired_by_hand(world: World, status: int) -> None:
    made = world.alice.post("/api/token/", {"name": "k"}).content
    change = {"id": made["id"], "status": status}
    assert world.alice.put("/api/token/?status_only=1", change).json["field"] == "status"


@pytest.mark.fault("A10")
@pytest.mark.parametrize(
    ("table", "path", "document", "field"),
    [
        (redemptions, "/api/redemption/", {"name": "c", "count": 1, "quota": -1}, "quota"),
        (redemptions, "/api/redemption/", {"name": "c", "count": 1, "quota": True}, "quota"),
        (redemptions, "/api/redemption/", {"name": "c", "count": "many"}, "count"),
        (users, "/api/topup", {"user_id": ALICE, "quota": 2**53}, "quota"),
        (users, "/api/topup", {"user_id": ALICE, "quota": 1, "remark": "x" * 70_000}, "remark"),
    ],
)
def test_nonsense_about_money(
    world: World, table: Table, path: str, document: dict[str, Any], field: str
) -> None:
    before = world.rows(table)
    assert world.admin.post(path, document).json["field"] == field
    assert world.rows(table) == before


@pytest.mark.fault("A10")
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ServerAddress", "http://a b"),
        ("TopUpLink", "https://a.example/\nx"),
        ("TopUpLink", "java\tscript:alert(1)"),
        ("ChatLink", "java\nscript:alert(1)"),
        ("Logo", "\x01javascript:alert(1)"),
    ],
)
def test_an_address_among_the_options_has_no_blank(world: World, name: str, value: str) -> None:
    assert world.root.put("/api/option/", {"key": name, "value": value}).json["success"] is False
    assert world.rows(options) == []
