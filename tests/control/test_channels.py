"""Channels: secrets in, never out; routes always as the channel says."""

import json
from typing import Any

import pytest

from oneapi.store.tables import abilities, channels
from tests.control.conftest import NOW, World

CHANNEL_FIELDS = [
    "id",
    "type",
    "key",
    "status",
    "name",
    "weight",
    "created_time",
    "test_time",
    "response_time",
    "base_url",
    "other",
    "balance",
    "balance_updated_time",
    "models",
    "group",
    "used_quota",
    "model_mapping",
    "priority",
    "config",
    "system_prompt",
    "disabled_reason",
    "disabled_evidence",
    "cooling_until",
    "cooling_models",
    "guarded",
]
NEW: dict[str, Any] = {
    "type": 1,
    "key": "sk-vendor",
    "name": "first",
    "models": "gpt-4o,gpt-4o-mini",
    "group": "default,vip",
    "priority": 5,
}


def make(world: World, **changes: Any) -> int:
    reply = world.admin.post("/api/channel/", NEW | changes)
    assert reply.json == {"success": True, "message": ""}
    return int(world.rows(channels)[-1]["id"])


def routes(world: World, channel_id: int) -> list[tuple[str, str, bool, int]]:
    return sorted(
        (row["group"], row["model"], row["enabled"], row["priority"])
        for row in world.rows(abilities)
        if row["channel_id"] == channel_id
    )


def test_a_new_channel_is_stored_with_its_routes_and_told(everywhere: World) -> None:
    channel_id = make(everywhere)
    row = everywhere.row(channels, channel_id)
    assert (row["key"], row["status"], row["created_time"]) == ("sk-vendor", 1, NOW)
    assert routes(everywhere, channel_id) == [
        ("default", "gpt-4o", True, 5),
        ("default", "gpt-4o-mini", True, 5),
        ("vip", "gpt-4o", True, 5),
        ("vip", "gpt-4o-mini", True, 5),
    ]
    assert everywhere.published("channels") == [str(channel_id)]


def test_every_line_of_the_key_makes_a_channel(everywhere: World) -> None:
    make(everywhere, key="one\r\n\n  two \nthree|a|b")
    made = everywhere.rows(channels)
    assert [row["key"] for row in made] == ["one", "two", "three|a|b"]
    assert {row["name"] for row in made} == {"first"}
    assert len(everywhere.published("channels")) == 3


def test_keys_are_never_shown(world: World) -> None:
    channel_id = make(world, key="the-secret")
    admin = world.admin
    answers = [
        admin.get("/api/channel/"),
        admin.get("/api/channel/search?keyword=first"),
        admin.get(f"/api/channel/{channel_id}"),
        admin.put("/api/channel/", {"id": channel_id, "name": "first"}),
        admin.put("/api/channel/", {"id": channel_id, "key": "the-secret-too"}),
    ]
    for answer in answers:
        assert b"the-secret" not in answer.body
        assert b'"key":""' in answer.body
    assert list(answers[2].content) == CHANNEL_FIELDS


def test_numbers_are_whole_where_gos_are(world: World) -> None:
    channel_id = world.put(channels, type=1, name="c", balance=12.0, models="m")
    assert b'"balance":12,' in world.admin.get(f"/api/channel/{channel_id}").body


@pytest.mark.parametrize("key", ["", " \n \n", None])
def test_a_channel_needs_a_key(world: World, key: str | None) -> None:
    assert world.admin.post("/api/channel/", NEW | {"key": key}).refusal == "empty slice found"


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({"type": 0}, "type"),
        ({"type": 52}, "type"),
        ({"type": "openai"}, "type"),
        ({"weight": -1}, "weight"),
        ({"base_url": "ftp://example.com"}, "base_url"),
        ({"base_url": "example.com"}, "base_url"),
        ({"base_url": "https://"}, "base_url"),
        ({"model_mapping": "{"}, "model_mapping"),
        ({"model_mapping": "[]"}, "model_mapping"),
        ({"model_mapping": '{"a": 1}'}, "model_mapping"),
        ({"model_mapping": '{"a": ""}'}, "model_mapping"),
        ({"model_mapping": "[" * 100_000}, "model_mapping"),
        ({"config": "no json"}, "config"),
        ({"config": "[1]"}, "config"),
        ({"group": "x" * 33}, "group"),
        ({"models": "x" * 192}, "models"),
        ({"priority": 2**63}, "priority"),
        ({"status": 4}, "status"),
        ({"system_prompt": "x" * 70_000}, "system_prompt"),
    ],
)
def test_a_wrong_field_is_named_and_nothing_is_written(
    world: World, document: dict[str, Any], field: str
) -> None:
    assert f"`{field}`" in world.admin.post("/api/channel/", NEW | document).refusal
    assert world.rows(channels) == []


def test_all_of_one_apis_types_are_accepted(world: World) -> None:
    for number in range(1, 52):  # by root: Ollama's own address is this machine
        assert world.root.post("/api/channel/", NEW | {"type": number}).json["success"]
    assert [row["type"] for row in world.rows(channels)] == list(range(1, 52))


def test_lists_are_trimmed_and_without_duplicates(everywhere: World) -> None:
    channel_id = make(everywhere, models=" a, b,a,,", group="default, vip,default")
    row = everywhere.row(channels, channel_id)
    assert (row["models"], row["group"]) == ("a,b", "default,vip")
    assert len(routes(everywhere, channel_id)) == 4


def test_models_that_differ_in_case_are_two(everywhere: World) -> None:
    channel_id = make(everywhere, models="GPT,gpt", group="default")
    assert [model for _, model, _, _ in routes(everywhere, channel_id)] == ["GPT", "gpt"]


def test_only_what_was_sent_changes_and_routes_follow(everywhere: World) -> None:
    channel_id = make(everywhere)
    before = everywhere.row(channels, channel_id)
    shown = everywhere.admin.put("/api/channel/", {"id": channel_id, "status": 2}).content
    assert everywhere.row(channels, channel_id) == before | {"status": 2}
    assert (shown["status"], shown["models"]) == (2, "gpt-4o,gpt-4o-mini")
    assert {enabled for _, _, enabled, _ in routes(everywhere, channel_id)} == {False}
    everywhere.admin.put("/api/channel/", {"id": channel_id, "status": 1, "models": "o1"})
    assert routes(everywhere, channel_id) == [
        ("default", "o1", True, 5),
        ("vip", "o1", True, 5),
    ]
    assert len(everywhere.published("channels")) == 3


def test_blank_and_zero_are_written_where_they_are_values(world: World) -> None:
    filled = {"base_url": "https://a.b", "model_mapping": '{"a":"b"}', "weight": 3, "other": "x"}
    channel_id = make(world, **filled, config='{"region":"r"}', system_prompt="be brief")
    blank = {"base_url": "", "model_mapping": "", "weight": 0, "other": "", "priority": 0}
    blank |= {"config": "", "system_prompt": "", "models": "", "name": ""}
    world.admin.put("/api/channel/", {"id": channel_id} | blank)
    row = world.row(channels, channel_id)
    assert {name: row[name] for name in blank} == blank
    assert routes(world, channel_id) == []


def test_a_full_row_that_comes_back_changes_nothing_not_even_the_key(world: World) -> None:
    channel_id = make(world, base_url=" https://a.b/v1 ", config='{"region":"r"}')
    before = world.row(channels, channel_id)
    assert before["base_url"] == "https://a.b/v1"
    shown = world.admin.get(f"/api/channel/{channel_id}").content
    world.admin.put("/api/channel/", shown | {"type": 0, "status": 0, "group": ""})
    assert world.row(channels, channel_id) == before


def test_counters_and_times_cannot_be_set(world: World) -> None:
    channel_id = make(world)
    before = world.row(channels, channel_id)
    forged = {"used_quota": 9, "balance": 9, "created_time": 9, "test_time": 9, "response_time": 9}
    world.admin.put("/api/channel/", {"id": channel_id} | forged)
    assert world.row(channels, channel_id) == before


def test_a_channel_that_is_not_there(world: World) -> None:
    assert world.admin.get("/api/channel/9").refusal == "no such channel"
    assert world.admin.put("/api/channel/", {"id": 9, "name": "x"}).refusal == "no such channel"
    assert world.admin.put("/api/channel/", {"name": "x"}).refusal == "no such channel"


def test_search_is_by_id_or_prefix(everywhere: World) -> None:
    make(everywhere)
    make(everywhere, name="second")
    expected = {"f": ["first"], "1": ["first"], "irst": [], "%25": []}
    search = "/api/channel/search?keyword="
    found = {keyword: everywhere.admin.get(search + keyword).content for keyword in expected}
    names = {keyword: [channel["name"] for channel in page] for keyword, page in found.items()}
    assert names == expected


def test_the_latest_channel_comes_first(world: World) -> None:
    for number in range(11):
        make(world, name=f"channel {number}")
    listed = world.admin.get("/api/channel/?p=0").content
    assert [channel["name"] for channel in listed][:2] == ["channel 10", "channel 9"]
    assert [channel["name"] for channel in world.admin.get("/api/channel/?p=1").content] == [
        "channel 0"
    ]


def test_deleting_takes_the_routes_along(everywhere: World) -> None:
    gone, stays = make(everywhere), make(everywhere)
    assert everywhere.admin.delete(f"/api/channel/{gone}").json["success"] is True
    assert [row["id"] for row in everywhere.rows(channels)] == [stays]
    assert routes(everywhere, gone) == []
    assert everywhere.published("channels")[-1] == str(gone)


def test_disabled_channels_are_deleted_together(everywhere: World) -> None:
    stays, by_hand, by_gateway = (make(everywhere, status=status) for status in (1, 2, 3))
    assert everywhere.admin.delete("/api/channel/disabled").content == 2
    assert [row["id"] for row in everywhere.rows(channels)] == [stays]
    assert {row["channel_id"] for row in everywhere.rows(abilities)} == {stays}
    assert everywhere.published("channels")[-2:] == [str(by_hand), str(by_gateway)]


def test_all_known_models_are_listed_in_openais_format(world: World) -> None:
    answer = world.admin.get("/api/channel/models").json
    assert answer["object"] == "list"
    names = [model["id"] for model in answer["data"]]
    assert "gpt-4o" in names
    assert "claude-3-5-sonnet-20241022" in names
    assert len(names) == len(set(names))


def test_models_by_channel_type_cover_all_types(world: World) -> None:
    by_type = world.alice.get("/api/models").content
    assert list(by_type) == [str(number) for number in range(1, 52)]
    assert "gpt-4o" in by_type["1"]
    assert json.dumps(by_type["43"]) == "null"
    assert by_type["34"] == []


SECRETS: dict[str, Any] = {
    "sk": "the-clouds-secret",
    "region": "r",
    "proxy": "http://me:the-proxys-password@192.0.2.1:1",
    "operations": [
        {"in": "header", "do": "set", "name": "X-Team-Key", "value": "the-headers-secret"},
        {"in": "header", "do": "set", "name": "X-Version", "value": "7"},
    ],
}


def test_secrets_of_a_config_are_not_shown_and_come_back(world: World) -> None:
    assert world.root.post("/api/channel/", NEW | {"config": json.dumps(SECRETS)}).json["success"]
    (row,) = world.rows(channels)
    shown = world.admin.get(f"/api/channel/{row['id']}").content
    assert json.loads(shown["config"]) == SECRETS | {
        "sk": "***",
        "proxy": "http://me:***@192.0.2.1:1",
        "operations": [SECRETS["operations"][0] | {"value": "***"}, SECRETS["operations"][1]],
    }
    assert world.root.put("/api/channel/", shown | {"name": "new"}).json["success"]
    (now,) = world.rows(channels)
    assert (now["name"], now["config"], now["guarded"]) == ("new", row["config"], row["guarded"])


@pytest.mark.parametrize(
    "config",
    [
        {"ak": "***"},
        {"proxy": "http://me:***@192.0.2.9:1"},
        {"operations": [{"in": "header", "do": "set", "name": "X-Other-Key", "value": "***"}]},
    ],
)
def test_stars_that_stand_for_nothing_are_refused(world: World, config: dict[str, Any]) -> None:
    world.root.post("/api/channel/", NEW | {"config": json.dumps(SECRETS)})
    (row,) = world.rows(channels)
    changed = {"id": row["id"], "config": json.dumps(config)}
    assert world.root.put("/api/channel/", changed).json["field"] == "config"
    assert world.root.post("/api/channel/", NEW | changed).json["field"] == "config"
    assert world.rows(channels) == [row]
