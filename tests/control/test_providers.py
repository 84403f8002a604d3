"""The vendors as the channel form gets them."""

import re

from oneapi.providers.registry import provider, providers
from oneapi.providers.urls import AZURE_VERSION
from tests.control.conftest import World


def test_every_vendor_of_the_registry_is_a_row(world: World) -> None:
    rows = world.admin.get("/api/providers").content
    assert [row["type"] for row in rows] == sorted(row.type for row in providers())
    assert all(row["name"] and row["endpoint_preview"].count("{base_url}") <= 1 for row in rows)
    needing = {row["type"] for row in rows if row["base_url_required"]}
    assert needing == {row.type for row in providers() if not row.base_url}


def test_a_row_says_what_a_base_url_becomes(world: World) -> None:
    rows = world.admin.get("/api/providers").content
    first = rows[0]
    row = provider(first["type"])
    assert row is not None
    assert first["base_url"] == row.base_url
    assert first["endpoint_preview"] == "{base_url}/v1/chat/completions"
    assert first["models"]


def test_a_vendor_is_called_what_its_readers_call_it(world: World) -> None:
    for language, name in (("en-US", "Alibaba Bailian"), ("zh-CN", "阿里云百炼")):
        answer = world.admin.get("/api/providers", **{"accept-language": language})
        rows = {row["type"]: row for row in answer.content}
        assert (rows[49]["name"], rows[36]["name"]) == (name, "DeepSeek")


def test_no_vendor_is_called_half_in_english_by_readers_of_chinese(world: World) -> None:
    rows = world.admin.get("/api/providers", **{"accept-language": "zh-CN"}).content
    assert [row["name"] for row in rows if re.search(r"\((?!OpenAI\))", row["name"])] == []
    english = {row.type: row.notes for row in providers()}
    assert [
        row["name"] for row in rows if row["notes"] and row["notes"] == english[row["type"]]
    ] == []


def test_the_version_of_azure_has_its_place_in_the_form(world: World) -> None:
    (azure,) = (row for row in world.admin.get("/api/providers").content if row["type"] == 3)
    field = azure["fields"][0]
    assert (field["name"], field["label"], field["default"]) == (
        "other",
        "API version",
        AZURE_VERSION,
    )


def test_the_switch_for_tiers_is_a_field_of_every_vendor_with_endpoints(world: World) -> None:
    rows = world.admin.get("/api/providers").content
    named = {
        row["type"] for row in rows if "allow_service_tier" in [f["name"] for f in row["fields"]]
    }
    assert named == {row.type for row in providers() if row.services}


def test_a_field_speaks_the_readers_language(world: World) -> None:
    labels = {
        language: world.admin.get("/api/providers", **{"accept-language": language}).content[0][
            "fields"
        ][0]["label"]
        for language in ("en-US", "zh-CN")
    }
    assert labels == {"en-US": "Clients pick the service tier", "zh-CN": "允许客户端选择服务等级"}


def test_the_switch_for_tiers_is_true_or_false(world: World) -> None:
    channel = {"type": 1, "name": "c", "key": "sk-1", "models": "m"}
    for config in ('{"allow_service_tier": true}', '{"allow_service_tier": false}'):
        assert world.admin.post("/api/channel/", channel | {"config": config}).json["success"]
    refused = world.admin.post(
        "/api/channel/", channel | {"config": '{"allow_service_tier": "true"}'}
    )
    assert "allow_service_tier" in refused.refusal


def test_a_vendors_own_fields_come_before_those_of_all(world: World) -> None:
    rows = {row["type"]: row for row in world.admin.get("/api/providers").content}
    assert [field["name"] for field in rows[37]["fields"]][:1] == ["user_id"]
    assert rows[37]["fields"][0]["required"]
    assert rows[1]["key_hint"] == "sk-proj-…"
    assert rows[1]["key_url"].startswith("https://")
    assert rows[25]["is_in_china"]
    assert not rows[1]["is_in_china"]


def test_every_row_says_where_it_is_from(world: World) -> None:
    rows = [row for row in world.admin.get("/api/providers").content if row["endpoints"]]
    assert [row["slug"] for row in rows if not (row["home"] and row["source"])] == []
    assert {row["checked"] for row in rows} >= {"", "2026-11-26"}
    assert {row["kind"] for row in rows} == {"lab", "cloud", "gateway", "plan", "local"}
