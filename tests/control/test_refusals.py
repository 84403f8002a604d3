"""A refusal that is about a field names it, so that a form says it there."""

from typing import Any

import pytest

from oneapi.store.tables import tokens
from tests.control.browser import Asked
from tests.control.conftest import ALICE, World

LONG = "n" * 31


@pytest.mark.parametrize(
    ("method", "path", "body", "code", "field"),
    [
        (
            "POST",
            "/api/user/",
            {"username": "bob", "password": "long enough"},
            "user_exists",
            "username",
        ),
        (
            "POST",
            "/api/user/",
            {"username": "carol", "password": "x" * 9, "role": 100},
            "role_too_high",
            "role",
        ),
        ("PUT", "/api/user/", {"id": ALICE, "username": "bob"}, "user_exists", "username"),
        ("PUT", "/api/user/self", {"username": "bob"}, "user_exists", "username"),
        (
            "POST",
            "/api/user/manage",
            {"username": "bob", "action": "praise"},
            "bad_action",
            "action",
        ),
        ("POST", "/api/topup", {"user_id": ALICE, "quota": -1}, "negative_top_up", "quota"),
        ("POST", "/api/user/topup", {"key": ""}, "no_code", "key"),
        ("POST", "/api/user/topup", {"key": "no such code"}, "bad_code", "key"),
        ("POST", "/api/token/", {"name": LONG}, "key_name_too_long", "name"),
        ("POST", "/api/token/", {"name": "k", "subnet": "300.0.0.1/8"}, "bad_subnet", "subnet"),
        (
            "POST",
            "/api/redemption/",
            {"name": "", "quota": 1, "count": 1},
            "code_name_length",
            "name",
        ),
        (
            "POST",
            "/api/redemption/",
            {"name": "c", "quota": 1, "count": 0},
            "code_count_low",
            "count",
        ),
        (
            "POST",
            "/api/redemption/",
            {"name": "c", "quota": 1, "count": 101},
            "code_count_high",
            "count",
        ),
        (
            "POST",
            "/api/channel/",
            {"name": "c", "type": 1, "models": "m", "key": ""},
            "no_channel_keys",
            "key",
        ),
        ("PUT", "/api/option/", {"key": "Theme", "value": "none such"}, "bad_theme", "Theme"),
        ("PUT", "/api/option/", {"key": "RetryTimes", "value": "many"}, "bad_option", "RetryTimes"),
        (
            "POST",
            "/api/user/login",
            {"username": "", "password": "x"},
            "invalid_parameter",
            "username",
        ),
        (
            "POST",
            "/api/user/login",
            {"username": "bob", "password": ""},
            "invalid_parameter",
            "password",
        ),
        (
            "POST",
            "/api/user/reset",
            {"email": "a@b.example", "token": "old"},
            "bad_reset_link",
            "token",
        ),
    ],
)
def test_the_field_is_named(
    world: World, method: str, path: str, body: dict[str, Any], code: str, field: str
) -> None:
    answer = world.root.ask(Asked(method, path, body)).json
    assert (answer["success"], answer["code"], answer["field"]) == (False, code, field)


@pytest.mark.parametrize(
    ("state", "code", "field"),
    [
        ({"status": 3, "expired_time": 1}, "key_expired", "expired_time"),
        (
            {"status": 4, "remain_quota": 0, "unlimited_quota": False},
            "key_exhausted",
            "remain_quota",
        ),
    ],
)
def test_a_key_that_ended_by_itself_names_what_is_to_be_changed(
    world: World, state: dict[str, Any], code: str, field: str
) -> None:
    key = world.put(tokens, user_id=ALICE, key="k" * 48, name="old", **state)
    answer = world.alice.put("/api/token/?status_only=true", {"id": key, "status": 1}).json
    assert (answer["success"], answer["code"], answer["field"]) == (False, code, field)
