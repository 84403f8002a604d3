"""A key that is plainly another vendor's is refused when a channel is saved; any that may be right is not."""

import pytest

from oneapi.store.tables import channels
from tests.control.conftest import World

CHANNEL = {"name": "c", "models": "m"}


def _saved(world: World, **fields: object) -> str:
    """Return why a channel is refused, blank when it is made."""
    reply = world.admin.post("/api/channel/", CHANNEL | fields)
    return "" if reply.json["success"] else reply.refusal


@pytest.mark.parametrize(
    ("number", "key", "whose"),
    [
        (1, "sk-ant-api03-x", "Anthropic"),
        (1, "sk-or-v1-x", "OpenRouter"),
        (14, "sk-proj-x", "OpenAI"),
        (24, "gsk_x", "Groq"),
        (29, "xai-x", "xAI"),
        (36, "sk-ant-x", "Anthropic"),
        (1101, "sk-proj-x", "OpenAI"),
    ],
)
def test_another_vendors_key_is_refused(world: World, number: int, key: str, whose: str) -> None:
    refusal = _saved(world, type=number, key=key)
    assert "`key`" in refusal
    assert f"a key of {whose}" in refusal
    assert "`base_url`" in refusal


@pytest.mark.parametrize(
    ("number", "key"),
    [
        (1, "sk-proj-x"),
        (1, "sk-x"),
        (1, "something else"),  # nobody's mark: vendors change what their keys look like
        (14, "sk-ant-x"),
        (14, "made-by-a-proxy"),
        (7, "sk-ant-x"),  # gateways may give out any
        (8, "sk-ant-x"),
        (50, "sk-ant-x"),
        (17, "sk-x"),
        (1200, "sk-ant-x"),
    ],
)
def test_a_key_that_may_be_right_is_taken(world: World, number: int, key: str) -> None:
    address = {"base_url": "https://vendor.example.com"} if number in (8, 50) else {}
    assert _saved(world, type=number, key=key, **address) == ""


def test_with_a_base_url_of_its_own_a_channel_takes_any_key(world: World) -> None:
    assert _saved(world, type=1, key="sk-ant-x", base_url="https://proxy.example.com") == ""


def test_one_wrong_key_of_many_is_enough(world: World) -> None:
    before = world.admin.get("/api/channel/").content
    assert "`key`" in _saved(world, type=1, key="sk-x\nsk-ant-x")
    assert world.admin.get("/api/channel/").content == before


@pytest.mark.parametrize(
    "typed",
    [
        " sk-x1\t",
        "Bearer sk-x1",
        "authorization: bearer  sk-x1 ",
        "x-api-key: sk-x1",
        '"sk-x1"',
        "OPENAI_API_KEY=sk-x1",
        "export ANTHROPIC_AUTH_TOKEN='sk-x1'",
        "\r\nsk-x1\r\n\r\n",
    ],
)
def test_a_key_is_read_out_of_what_was_copied_with_it(world: World, typed: str) -> None:
    assert _saved(world, type=8, base_url="https://v.example", key=typed) == ""
    assert [row["key"] for row in world.rows(channels)] == ["sk-x1"]
    reply = world.admin.put("/api/channel/", {"id": 1, "key": typed.replace("x1", "x2")})
    assert reply.json["success"]
    assert [row["key"] for row in world.rows(channels)] == ["sk-x2"]


def test_a_key_in_base64_may_end_like_the_name_of_a_variable(world: World) -> None:
    assert _saved(world, type=8, base_url="https://v.example", key="c2tKEY=\nc2tKEY==") == ""
    assert [row["key"] for row in world.rows(channels)] == ["c2tKEY=", "c2tKEY=="]


def test_a_change_is_looked_at_when_it_is_about_the_key(world: World) -> None:
    assert _saved(world, type=1, key="sk-ant-x", base_url="https://proxy.example.com") == ""
    channel = world.admin.get("/api/channel/").content[0]["id"]
    without = world.admin.put("/api/channel/", {"id": channel, "base_url": "", "name": "still"})
    assert without.json["success"]  # what was stored before stays possible
    wrong = world.admin.put("/api/channel/", {"id": channel, "key": "sk-ant-y"})
    assert "`key`" in wrong.refusal
    assert world.admin.put("/api/channel/", {"id": channel, "key": "sk-ant-y", "type": 14}).json[
        "success"
    ]


def test_a_type_is_one_that_there_is(world: World) -> None:
    assert _saved(world, type=1100, key="pplx-x") == ""
    assert _saved(world, type=21, key="x") == ""  # One API's, not served: adopted ones are edited
    assert "`type`" in _saved(world, type=999, key="x")
    assert "`type`" in _saved(world, type=123456, key="x")
