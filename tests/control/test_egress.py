"""Channels whose address somebody else than root has entered: they lead to the open internet only."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import insert

from oneapi.store.tables import channels, options
from tests.control.browser import Browser
from tests.control.conftest import World
from tests.fakes import FakeVendor, json_answer

OPEN = "https://api.example.com"


@pytest.fixture
def vendor() -> Iterator[FakeVendor]:
    with FakeVendor.in_thread() as vendor:
        yield vendor


def form(base_url: str = "", **changes: Any) -> dict[str, Any]:
    return {"type": 1, "name": "c", "key": "k", "models": "gpt-4o", "base_url": base_url} | changes


def allow(world: World, networks: str) -> None:
    with world.database.begin() as connection:
        row = {"key": "EgressAllowedNetworks", "value": networks}
        connection.execute(insert(options).values(row))


def made(world: World, person: Browser, **fields: Any) -> dict[str, Any]:
    assert person.post("/api/channel/", form(**fields)).json["success"]
    return world.rows(channels)[-1]


def changed(world: World, person: Browser, row: dict[str, Any], **fields: Any) -> bool:
    """Change a channel as the page does, which sends all of it; say whether it is guarded now."""
    names = ("id", "type", "name", "models", "base_url", "other", "config", "priority")
    document = {name: row[name] for name in names if row[name] is not None} | fields
    reply = person.put("/api/channel/", document)
    assert reply.json["success"], reply.json["message"]
    return bool(world.row(channels, row["id"])["guarded"])


def test_an_address_is_guarded_unless_root_has_entered_it(everywhere: World) -> None:
    assert made(everywhere, everywhere.admin, base_url=OPEN)["guarded"]
    assert made(everywhere, everywhere.admin, config='{"region":"us-east-1"}')["guarded"]
    assert made(everywhere, everywhere.admin, other="v1.1")["guarded"]
    assert not made(everywhere, everywhere.admin)["guarded"]  # the vendor's own address
    assert not made(everywhere, everywhere.admin, config="{}")["guarded"]
    assert not made(everywhere, everywhere.root, base_url="http://10.0.0.1:11434")["guarded"]


def test_who_changes_an_address_answers_for_it(world: World) -> None:
    row = made(world, world.root, base_url="http://10.0.0.1:11434")
    assert not changed(world, world.admin, row, name="renamed", priority=7)
    assert changed(world, world.admin, row, base_url=OPEN, key="k")
    assert changed(world, world.admin, row, base_url=OPEN, name="again")


def test_root_vouches_only_for_what_root_enters(world: World) -> None:
    row = made(world, world.admin, base_url=OPEN, config='{"region":"x"}')
    assert changed(world, world.root, row, priority=7)  # saving the form is no word about it
    assert changed(world, world.root, row, config='{"region":"y"}')
    assert not changed(world, world.root, row, base_url="http://10.0.0.1", config="")


def test_a_channel_back_at_its_vendors_own_address_is_not_guarded(world: World) -> None:
    row = made(world, world.admin, base_url=OPEN)
    assert not changed(world, world.admin, row, base_url="")


@pytest.mark.parametrize(
    "elsewhere",
    [
        {"base_url": "https://collects.example.org"},
        {"base_url": OPEN + "/another/account"},
        {"type": 1183, "base_url": "", "config": '{"workspace": "collects.example.org"}'},
        {"base_url": "http://api.example.com", "config": '{"proxy":"http://proxy.example.org"}'},
    ],
)
def test_nobody_but_root_sends_a_stored_key_elsewhere(
    world: World, elsewhere: dict[str, Any]
) -> None:
    row = made(world, world.root, base_url=OPEN)
    for ask in (
        lambda: world.admin.put("/api/channel/", {"id": row["id"], **elsewhere}),
        lambda: world.admin.post("/api/channel/test", {"id": row["id"], **elsewhere}),
        lambda: world.admin.post("/api/channel/models", {"id": row["id"], **elsewhere}),
    ):
        assert (reply := ask().json)["field"] == "key", reply
    assert world.row(channels, row["id"]) == row
    changed(world, world.admin, row, key="another", **elsewhere)
    assert world.row(channels, row["id"])["key"] == "another"
    assert not changed(world, world.root, row, base_url="")


def test_what_shows_the_key_to_nobody_new_needs_no_key(world: World) -> None:
    row = made(world, world.root, base_url=OPEN)
    proxied = '{"proxy":"http://proxy.example.org","region":"x"}'  # which reads nothing of https
    assert changed(world, world.admin, row, config=proxied, name="renamed")
    assert not changed(world, world.admin, row, base_url="", config="")  # the vendor's own


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("base_url", "http://127.0.0.1:6379"),
        ("base_url", "http://2130706433/"),
        ("base_url", "http://[::ffff:169.254.169.254]"),
        ("base_url", "http://localhost:3000"),
        ("config", '{"proxy":"socks5://192.168.1.1:1080"}'),
    ],
)
def test_an_inner_address_is_refused_when_it_is_saved(world: World, field: str, value: str) -> None:
    reply = world.admin.post("/api/channel/", form(**{field: value}))
    assert (reply.json["success"], reply.json["field"]) == (False, field)
    assert "EgressAllowedNetworks" in reply.json["message"]
    assert world.rows(channels) == []
    row = made(world, world.root, base_url=OPEN)
    reply = world.admin.put("/api/channel/", {"id": row["id"], field: value})
    assert (reply.json["success"], reply.json["field"]) == (False, field)
    assert world.row(channels, row["id"]) == row
    assert made(world, world.root, **{field: value})["guarded"] is False


INSIDE = [
    {"type": 30},  # a vendor whose own address is this machine
    {"type": 1240},
    {"type": 1183, "config": '{"workspace": "127.0.0.1"}'},  # an address that the config completes
    {"type": 1183, "config": '{"workspace": "localhost"}'},
]


@pytest.mark.parametrize("fields", INSIDE)
def test_a_vendors_own_address_inside_is_an_inner_address(
    world: World, fields: dict[str, Any]
) -> None:
    reply = world.admin.post("/api/channel/", form(**fields))
    assert (reply.json["success"], reply.json["field"]) == (False, "base_url")
    row = made(world, world.root)
    assert not world.admin.put("/api/channel/", {"id": row["id"], **fields}).json["success"]
    assert made(world, world.root, **fields)["guarded"] is False
    allow(world, "127.0.0.0/8")
    assert made(world, world.admin, **fields)["guarded"]
    assert not changed(world, world.admin, row, name="renamed")


def test_root_allows_networks_to_others(world: World) -> None:
    allow(world, "192.168.0.0/16, ollama")
    assert made(world, world.admin, base_url="http://192.168.1.1:11434")["guarded"]
    assert made(world, world.admin, base_url="http://ollama:11434")["guarded"]
    assert not world.admin.post("/api/channel/", form("http://10.0.0.1")).json["success"]


def test_a_test_of_what_is_not_saved_leads_an_administrator_nowhere_inside(
    world: World, vendor: FakeVendor
) -> None:
    for path in ("/api/channel/test", "/api/channel/models"):
        reply = world.admin.post(path, form(vendor.url))
        assert (reply.json["success"], "EgressAllowedNetworks" in reply.json["message"]) == (
            False,
            True,
        )
    assert vendor.connections == 0
    vendor.default = json_answer({"data": [{"id": "m"}]})
    assert world.root.post("/api/channel/models", form(vendor.url)).content == ["m"]


def test_nor_does_a_saved_channel(world: World, vendor: FakeVendor) -> None:
    """Its name may have led outside when it was saved."""
    row = {"type": 1, "key": "k", "models": "gpt-4o", "base_url": vendor.url, "status": 1}
    channel_id = world.put(channels, **row, guarded=True)
    reply = world.root.post(f"/api/channel/{channel_id}/test", {})
    assert (reply.json["success"], "EgressAllowedNetworks" in reply.json["message"]) == (
        False,
        True,
    )
    # The key of a channel of root's must not be sent to where an administrator points.
    of_root = world.put(channels, **row)
    moved = {"id": of_root, "base_url": "http://127.0.0.2:1"}
    assert world.admin.post("/api/channel/test", moved).json["field"] == "key"
    reply = world.admin.post("/api/channel/test", moved | {"key": "another"})
    assert "EgressAllowedNetworks" in reply.json["message"]
    assert vendor.connections == 0
    assert world.admin.post("/api/channel/test", {"id": of_root}).json["success"]


@pytest.mark.parametrize("value", ["", "10.0.0.0/8", "fd00::/8,192.168.1.7", "ollama.lan, vllm"])
def test_the_list_takes_networks_and_hosts(world: World, value: str) -> None:
    option = {"key": "EgressAllowedNetworks", "value": value}
    assert world.root.put("/api/option/", option).json["success"]


@pytest.mark.parametrize("value", ["10.0.0.0/33", "http://ollama", "10.0.0", "10.0.0.0/8;ollama"])
def test_and_nothing_else(world: World, value: str) -> None:
    reply = world.root.put("/api/option/", {"key": "EgressAllowedNetworks", "value": value})
    assert (reply.json["success"], reply.json["field"]) == (False, "EgressAllowedNetworks")
