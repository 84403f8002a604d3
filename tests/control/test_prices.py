"""What the models that somebody may use cost them."""

import json
from typing import Any

from sqlalchemy import insert

from oneapi.store.tables import audit, options
from tests.control.conftest import World


def serve(world: World, models: str, **changes: Any) -> None:
    channel = {"type": 1, "name": "c", "key": "k", "models": models, "group": "default"}
    assert world.root.post("/api/channel/", channel | changes).json["success"]


def priced(world: World, group: str = "") -> dict[str, Any]:
    content = world.admin.get(f"/api/prices?group={group}").content
    return {row["model"]: row for row in content["models"]}


def option(world: World, key: str, value: Any) -> None:
    with world.database.begin() as connection:
        connection.execute(insert(options).values(key=key, value=json.dumps(value)))


def test_a_price_is_quota_for_a_million_tokens(world: World) -> None:
    option(world, "ModelRatio", {"house-model": 1.5})
    option(world, "CompletionRatio", {"house-model": 4})
    serve(world, "house-model")
    seen = priced(world)["house-model"]
    assert seen["prices"] == {"input": 1_500_000, "output": 6_000_000}
    assert seen["source"] == "option"


def test_a_price_by_the_call_is_that_of_one_call(world: World) -> None:
    option(world, "ModelPrice", {"house-model": 0.25})
    serve(world, "house-model")
    assert priced(world)["house-model"]["prices"] == {"call": 125_000}


def test_what_the_table_knows_is_said_of_it(world: World) -> None:
    serve(world, "gpt-4o")
    seen = priced(world)["gpt-4o"]
    assert seen["source"] == "table"
    assert seen["prices"]["cache_read"] < seen["prices"]["input"] < seen["prices"]["output"]
    assert (seen["vendor"], seen["context"], seen["kind"]) == ("OpenAI", 128_000, "chat")
    assert {"image", "tools"} <= set(seen["can"])


def test_a_models_vendor_is_called_what_its_readers_call_it(world: World) -> None:
    serve(world, "moonshot-v1-8k")
    for language, name in (("en-US", "Moonshot"), ("zh-CN", "月之暗面 Kimi")):
        (seen,) = world.admin.get("/api/prices", accept_language=language).content["models"]
        assert name in seen["vendor"]


def test_where_channels_differ_the_dearest_price_is_said(world: World) -> None:
    option(world, "ModelRatio", {"cheap": 1, "dear": 2})
    serve(world, "cheap,dear")
    serve(world, "cheap", model_mapping='{"cheap": "dear"}')
    assert priced(world)["cheap"]["prices"]["input"] == 2_000_000


def test_everybody_sees_their_own_group_and_administrators_any(world: World) -> None:
    option(world, "GroupRatio", {"default": 1, "vip": 0.5})
    serve(world, "for-all", group="default,vip")
    serve(world, "for-vip", group="vip")
    assert list(priced(world)) == ["for-all"]
    assert list(priced(world, "vip")) == ["for-all", "for-vip"]
    assert world.admin.get("/api/prices?group=vip").content["factor"] == 0.5
    assert [row["groups"] for row in priced(world, "vip").values()] == [["default", "vip"], ["vip"]]
    own = world.alice.get("/api/prices?group=vip").content
    assert (own["group"], own["factor"], len(own["models"])) == ("default", 1, 1)
    assert own["models"][0]["groups"] == []


def test_visitors_see_the_default_groups_prices_where_root_has_said_so(world: World) -> None:
    serve(world, "for-all", group="default,vip")
    serve(world, "for-vip", group="vip")
    refused = world.visitor().get("/api/prices/public")
    assert refused.json["code"] == "prices_not_public"
    option(world, "PublicPricesEnabled", True)
    assert world.visitor().get("/api/status").content["public_prices"] is True
    shown = world.visitor().get("/api/prices/public").content
    assert [(row["model"], row["groups"]) for row in shown["models"]] == [("for-all", [])]


def test_a_channel_that_is_off_serves_nothing(world: World) -> None:
    serve(world, "gone")
    assert world.root.put("/api/channel/", {"id": 1, "status": 2}).json["success"]
    assert priced(world) == {}


def own(world: World) -> dict[str, Any]:
    return {row["model"]: row for row in world.root.get("/api/prices/own").content}


def change(world: World, *entries: tuple[str, str, float | None]) -> dict[str, Any]:
    wanted = [{"option": option, "name": name, "value": value} for option, name, value in entries]
    return world.root.put("/api/prices/own", {"entries": wanted}).json


def changed(world: World) -> list[str]:
    return [row["subject"] for row in world.rows(audit) if row["kind"] == "option"]


def test_an_own_price_stands_beside_the_catalogues(everywhere: World) -> None:
    serve(everywhere, "gpt-4o,house-model")
    before = own(everywhere)["gpt-4o"]
    assert (before["origin"], before["now"]) == ("table", before["catalogue"])
    assert before["source"].startswith("http")
    assert own(everywhere)["house-model"]["catalogue"] == {}
    chosen = (("ModelRatio", "gpt-4o", 5), ("CompletionRatio", "gpt-4o", 2))
    assert change(everywhere, *chosen)["success"]
    after = own(everywhere)["gpt-4o"]
    assert (after["origin"], after["catalogue"]) == ("own", before["catalogue"])
    assert (after["now"]["input"], after["now"]["output"]) == (5_000_000, 10_000_000)
    assert after["entries"] == [
        {"option": "ModelRatio", "name": "gpt-4o", "value": 5},
        {"option": "CompletionRatio", "name": "gpt-4o", "value": 2},
    ]
    assert change(everywhere, *((option, name, None) for option, name, _ in chosen))["success"]
    assert own(everywhere)["gpt-4o"] == before
    assert everywhere.published("settings") == ["ModelRatio", "CompletionRatio"] * 2
    assert changed(everywhere) == ["ModelRatio", "CompletionRatio"] * 2


def test_what_an_adopted_database_sold_at_is_told_from_an_own_price(world: World) -> None:
    option(world, "AdoptedModelRatio", {"gpt-4o": 2.5, "mine": 1})
    option(world, "ModelRatio", {"mine": 3})
    serve(world, "gpt-4o")
    seen = own(world)
    assert (seen["gpt-4o"]["origin"], seen["gpt-4o"]["is_served"]) == ("adopted", True)
    assert (seen["mine"]["origin"], seen["mine"]["is_served"]) == ("own", False)


def test_one_entry_is_changed_and_nothing_else(world: World) -> None:
    kept = {"openrouter/auto": -500000, "a": 1.25, "b": 0.1}
    option(world, "ModelRatio", kept)
    assert change(world, ("ModelRatio", "b", 7))["success"]
    (row,) = world.rows(options)
    assert json.loads(row["value"]) == kept | {"b": 7}
    assert change(world, ("ModelRatio", "b", 7), ("CacheRatio", "c", None))["success"]
    assert changed(world) == ["ModelRatio"]  # what is so already is no change


def test_a_wrong_price_is_refused_and_none_is_stored(world: World) -> None:
    for value in (-1, 1e12):
        answer = change(world, ("ModelRatio", "a", 1), ("CacheRatio", "a", value))
        assert (answer["success"], answer["field"]) == (False, "entries.1.value")
    option(world, "CacheRatio", ["no object"])
    answer = change(world, ("ModelRatio", "a", 1), ("CacheRatio", "a", 0.5))
    assert (answer["success"], answer["field"]) == (False, "CacheRatio")
    assert [row["key"] for row in world.rows(options)] == ["CacheRatio"]
