"""What the models that somebody may use cost them."""

import json
from typing import Any

from sqlalchemy import insert

from oneapi.store.tables import options
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
    assert (seen["context"], seen["kind"]) == (128_000, "chat")
    assert {"image", "tools"} <= set(seen["can"])


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
    own = world.alice.get("/api/prices?group=vip").content
    assert (own["group"], own["factor"], len(own["models"])) == ("default", 1, 1)


def test_a_channel_that_is_off_serves_nothing(world: World) -> None:
    serve(world, "gone")
    assert world.root.put("/api/channel/", {"id": 1, "status": 2}).json["success"]
    assert priced(world) == {}
