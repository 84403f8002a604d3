"""The form of a channel says what all vendors' channels have, and a channel comes back as it was saved."""

import json
from typing import Any

from oneapi.providers.adjusting import check
from tests.control.conftest import World
from tests.control.test_channels import NEW, make

CONFIG: dict[str, Any] = {
    "reasoning": "think",
    "cost_factor": 0.6,
    "status_mapping": {"429": "retry", "5xx": "503"},
    "operations": [{"in": "body", "do": "set", "name": "top_k", "value": 5}],
}


def test_the_form_describes_each_field_and_what_an_operation_is_made_of(world: World) -> None:
    form = world.admin.get("/api/channel/form").content
    assert [(field["name"], field["kind"]) for field in form["fields"]] == [
        ("reasoning", "choice"),
        ("cost_factor", "number"),
        ("status_mapping", "statuses"),
        ("operations", "operations"),
    ]
    assert {field["name"] for field in form["fields"]} == set(CONFIG)
    assert all(field["label"] and field["help"] for field in form["fields"])
    said = {"body": "a", "header": "x-a"}
    for place in form["places"]:
        for verb in form["verbs"]:
            operation = {"in": place, "do": verb["name"], "name": said[place]}
            operation |= {"value": "v"} if verb["has_value"] else {}
            operation |= {"to": f"{said[place]}b"} if verb["has_target"] else {}
            check({"operations": [operation]})
    check({"operations": [CONFIG["operations"][0] | {"when": {"endpoints": form["endpoints"]}}]})


def test_a_channel_comes_back_as_it_was_saved(everywhere: World) -> None:
    channel = make(everywhere, config=json.dumps(CONFIG))
    shown = everywhere.admin.get(f"/api/channel/{channel}").content
    assert json.loads(shown["config"]) == CONFIG


def test_a_wrong_one_is_refused_and_nothing_is_changed(world: World) -> None:
    channel = make(world, config=json.dumps(CONFIG))
    wrong = CONFIG | {"operations": [*CONFIG["operations"], {"do": "delete", "name": "model"}]}
    reply = world.admin.put("/api/channel/", {"id": channel, "config": json.dumps(wrong)})
    assert reply.json["field"] == "config.operations[1].name"
    shown = world.admin.get(f"/api/channel/{channel}").content
    assert (json.loads(shown["config"]), shown["name"]) == (CONFIG, NEW["name"])
