"""What channels of new-api and one-hub do to their requests is taken over, and what cannot be is said."""

import json
from typing import Any

import pytest

from oneapi.app.foreign_operations import config_of
from oneapi.app.foreign_rows import Notes, channels
from oneapi.providers import registry
from oneapi.providers.adjusting import check


def brought(**row: Any) -> tuple[dict[str, Any], list[str]]:
    said: list[str] = []
    told = {name: json.dumps(v) if isinstance(v, dict) else v for name, v in row.items()}
    config = json.loads(config_of(told, said.append) or "{}")
    check(config)
    return config, said


def body(do: str, name: str, **said: Any) -> dict[str, Any]:
    return {"in": "body", "do": do, "name": name, **said}


def header(do: str, name: str, **said: Any) -> dict[str, Any]:
    return {"in": "header", "do": do, "name": name, **said}


def operations(*entries: dict[str, Any]) -> dict[str, Any]:
    return {"operations": list(entries)}


TAKEN: list[tuple[dict[str, Any], list[dict[str, Any]]]] = [
    (
        {"param_override": {"temperature": 0, "a.b": 1}},
        [body("set", "temperature", value=0), body("set", r"a\.b", value=1)],
    ),
    (
        {"param_override": operations({"path": "top_p", "mode": "set", "value": 1})},
        [body("set", "top_p", value=1)],
    ),
    (
        {
            "param_override": operations(
                {"path": "a", "mode": "set", "value": 1, "keep_origin": True}
            )
        },
        [body("default", "a", value=1)],
    ),
    (
        {"param_override": operations({"mode": "move", "from": "a", "to": "b.c"})},
        [body("move", "a", to="b.c")],
    ),
    ({"param_override": operations({"path": "a", "mode": "delete"})}, [body("delete", "a")]),
    (
        {"param_override": operations({"path": "stop", "mode": "append", "value": "x"})},
        [body("append", "stop", value="x")],
    ),
    (
        {"param_override": operations({"path": "X-A", "mode": "set_header", "value": "b"})},
        [header("set", "X-A", value="b")],
    ),
    (
        {"param_override": operations({"mode": "pass_headers", "value": ["X-S"]})},
        [header("set", "X-S", value="{client_header:X-S}")],
    ),
    (
        {
            "param_override": operations(
                {
                    "path": "a",
                    "mode": "set",
                    "value": 1,
                    "conditions": [
                        {"path": "model", "mode": "prefix", "value": "gpt"},
                        {"path": "original_model", "mode": "full", "value": "o3"},
                    ],
                }
            )
        },
        [body("set", "a", value=1, when={"models": ["gpt*", "o3"]})],
    ),
    (
        {"header_override": {"X-Key": "{api_key}", "X-C": "{client_header:X-C}"}},
        [
            header("set", "X-Key", value="{api_key}"),
            header("set", "X-C", value="{client_header:X-C}"),
        ],
    ),
    ({"model_headers": {"x-a": "b"}}, [header("set", "x-a", value="b")]),
    (
        {"custom_parameter": {"a": 1, "remove_params": ["b.c"], "stream": True}},
        [body("delete", "b.c"), body("default", "a", value=1)],
    ),
    ({"custom_parameter": {"a": 1, "overwrite": True}}, [body("set", "a", value=1)]),
    (
        {"custom_parameter": {"per_model": True, "m": {"a": 1}}},
        [body("default", "a", value=1, when={"models": ["m"]})],
    ),
]
NOT_TAKEN: list[dict[str, Any]] = [
    {"param_override": {"model": "gpt-5"}},
    {"param_override": operations({"path": "a", "mode": "regex_replace", "value": "b"})},
    {
        "param_override": operations(
            {"path": "a", "mode": "delete", "conditions": [{"path": "user", "value": "x"}]}
        )
    },
    {"header_override": {"*": True}},
    {"header_override": {"Authorization": "Bearer {api_key}"}},
    {"status_code_mapping": {"200": "500"}},
]


@pytest.mark.parametrize(("row", "wanted"), TAKEN, ids=lambda said: json.dumps(said)[:60])
def test_what_can_be_said_here_is_taken(row: dict[str, Any], wanted: list[dict[str, Any]]) -> None:
    assert brought(**row) == ({"operations": wanted}, [])


@pytest.mark.parametrize("row", NOT_TAKEN, ids=lambda said: json.dumps(said)[:60])
def test_what_cannot_be_is_noted(row: dict[str, Any]) -> None:
    config, said = brought(**row)
    assert config == {}
    assert len(said) == 1


def test_the_rest_of_a_channels_settings_comes_as_well() -> None:
    config, said = brought(
        status_code_mapping={"400": "503", "404": 404},
        setting={"thinking_to_content": True, "proxy": "socks5://p:1"},
        settings={"allow_service_tier": True},
    )
    assert config == {
        "status_mapping": {"400": "503"},
        "reasoning": "think",
        "allow_service_tier": True,
        "proxy": "socks5://p:1",
    }
    assert said == []


def test_a_channel_has_what_its_row_says() -> None:
    notes = Notes()
    row = {"id": 1, "type": 1, "name": "n", "key": "k", "param_override": '{"top_k": 1, "n": 4}'}
    (made,) = channels(row, "new-api", notes)
    assert json.loads(made["config"]) == {"operations": [body("set", "top_k", value=1)]}
    assert ["n" in line and "only delete it" in line for line in notes.lines()] == [True]


PLANS = {
    "glm-coding-plan": "glm-coding",
    "glm-coding-plan-international": "zai-coding",
    "kimi-coding-plan": "kimi-code",
    "doubao-coding-plan": "doubao-coding",
}


@pytest.mark.parametrize(("name", "slug"), PLANS.items())
def test_a_plan_that_stands_for_an_address_is_its_vendor(name: str, slug: str) -> None:
    row = {"id": 1, "type": 26, "name": "n", "key": "k", "base_url": name}
    (made,) = channels(row, "new-api", Notes())
    known = registry.provider(made["type"])
    assert known is not None
    assert (known.slug, made["base_url"], made["status"]) == (slug, "", 0)


def test_keys_that_are_json_are_taken_out_of_their_list() -> None:
    listed = '[\n  {"client_email": "a"},\n  "plain"\n]'
    row = {
        "id": 1,
        "type": 41,
        "name": "n",
        "key": listed,
        "channel_info": '{"is_multi_key": true}',
    }
    made = channels(row, "new-api", Notes())
    assert [one["key"] for one in made] == ['{"client_email": "a"}', "plain"]


def test_a_key_has_no_line_break_behind_it() -> None:
    (made,) = channels({"id": 1, "type": 1, "name": "n", "key": "sk-1\n"}, "new-api", Notes())
    assert made["key"] == "sk-1"


def test_a_group_of_a_channel_that_has_no_place_is_named() -> None:
    row = {"id": 1, "type": 1, "name": "main", "key": "k", "group": f"default,{'g' * 40}"}
    with pytest.raises(ValueError, match="channel 'main' has more than 32"):
        channels(row, "new-api", Notes())
