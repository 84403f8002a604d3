"""Databases as one-hub and new-api make them, in small: their columns, and rows with everything that has to be decided.

Sources: their `model/` folders (read 2026-11-26; see `oneapi.app.foreign_rows`).
"""

from datetime import datetime
from typing import Any

import bcrypt
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Float,
    Integer,
    MetaData,
    String,
    Table,
    Text,
)

from oneapi.store.database import Database

PASSWORD = "Passw0rd!x"
HASH = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
GONE = datetime(2026, 1, 1)  # noqa: DTZ001 - as they store it
LONG_KEY = "a1B2c3_" + "Zz-9_" * 10 + "ab"  # 59 characters, with `-` and `_`
KEY = "AbCdEfGh1234567890123456789012345678901234567890"

KINDS: dict[str, Any] = {"n": BigInteger, "t": Text, "s": String(191), "b": Boolean, "f": Float}
COLUMNS = {
    "users": "id:n username:s password:t display_name:s role:n status:n email:s github_id:s oidc_id:s"
    " wechat_id:s telegram_id:s access_token:s quota:n used_quota:n request_count:n group:s aff_code:s"
    " aff_quota:n inviter_id:n deleted_at:d",
    "options": "key:s value:t",
    "redemptions": "id:n user_id:n key:s status:n name:s quota:n created_time:n redeemed_time:n deleted_at:d"
    " expired_time:n",
    "channels": "id:n type:n key:t status:n name:s weight:n created_time:n test_time:n response_time:n base_url:s"
    " other:t balance:f balance_updated_time:n models:t group:s used_quota:n model_mapping:t priority:n tag:s"
    " deleted_at:d",
    "tokens": "id:n user_id:n key:s status:n name:s created_time:n accessed_time:n expired_time:n remain_quota:n"
    " unlimited_quota:b used_quota:n group:s deleted_at:d",
}
NEW_API = {
    "channels": " auto_ban:n setting:t channel_info:t param_override:t",
    "tokens": " model_limits_enabled:b model_limits:t allow_ips:t",
}
ONE_HUB = {
    "users": " github_id_new:n",
    "channels": " proxy:s only_chat:b",
    "tokens": " setting:t backup_group:s",
}
HUB_TABLES = {
    "prices": "model:s type:s channel_type:n input:f output:f extra_ratios:t",
    "user_groups": "id:n symbol:s name:s ratio:f api_rate:n",
    "telegram_menus": "id:n command:s",
}


def make(database: Database, kind: str, vendor: str) -> None:
    """Fill an empty database as `kind` ("one-hub" or "new-api") would have; `vendor` is its first channel's."""
    extra = NEW_API if kind == "new-api" else ONE_HUB
    shapes = {name: columns + extra.get(name, "") for name, columns in COLUMNS.items()}
    shapes |= HUB_TABLES if kind == "one-hub" else {"top_ups": "id:n user_id:n amount:n"}
    metadata = MetaData()
    for name, columns in shapes.items():
        Table(name, metadata, *(_column(*column.split(":")) for column in columns.split()))
    metadata.create_all(database.engine)
    own = new_api() if kind == "new-api" else one_hub()
    shared = alike(vendor)
    if kind == "one-hub":
        shared["users"][0]["github_id_new"] = 583231
    with database.begin() as connection:
        for name in metadata.tables:
            for row in (*shared.get(name, ()), *own.get(name, ())):
                connection.execute(metadata.tables[name].insert().values(row))


def _column(name: str, kind: str) -> Column[Any]:
    if kind == "d":
        return Column(name, DateTime)
    is_id = name == "id"
    return Column(name, Integer if is_id else KINDS[kind], primary_key=is_id, autoincrement=False)


def _user(number: int, name: str, **fields: Any) -> dict[str, Any]:
    return {
        "id": number,
        "username": name,
        "password": HASH,
        "role": 1,
        "status": 1,
        "quota": 0,
    } | fields


def _key(number: int, key: str, **fields: Any) -> dict[str, Any]:
    row = {
        "id": number,
        "user_id": 7,
        "key": key,
        "status": 1,
        "expired_time": -1,
        "remain_quota": 0,
    }
    return row | {"unlimited_quota": True, "used_quota": 5} | fields


def _channel(number: int, kind: int, name: str, **fields: Any) -> dict[str, Any]:
    row = {
        "id": number,
        "type": kind,
        "key": "sk-up",
        "status": 1,
        "name": name,
        "group": "default",
    }
    return row | {"models": "gpt-4o", "base_url": "", "other": ""} | fields


def alike(vendor: str) -> dict[str, list[dict[str, Any]]]:
    """What both have alike."""
    return {
        "users": [
            _user(3, "root", role=100, aff_code="", access_token=None, github_id="octocat"),
            _user(
                7,
                "alice",
                github_id="12345",
                quota=1_000_000,
                aff_quota=50,
                group="vip",
                telegram_id="12",
                inviter_id=3,
            ),
            _user(8, "gone", deleted_at=GONE, aff_code="x"),
            _user(9, "helper", role=3, status=2, group=None, password=""),
        ],
        "redemptions": [
            {"id": 1, "key": "c" * 32, "status": 1, "quota": 100, "name": "gift"},
            {"id": 2, "key": "d" * 32, "status": 1, "quota": 100, "expired_time": 17},
            {"id": 3, "key": "e" * 32, "status": 1, "quota": 100, "deleted_at": GONE},
        ],
        "channels": [
            _channel(
                5, 1, "main", base_url=vendor, group="default,vip", models="gpt-4o,mine", priority=3
            ),
            _channel(6, 99, "of another world"),
            _channel(8, 1, "deleted", deleted_at=GONE),
        ],
    }


def new_api() -> dict[str, list[dict[str, Any]]]:
    """What is new-api's own."""
    several = '{"is_multi_key": true, "multi_key_status_list": {"1": 3}}'
    return {
        "channels": [
            _channel(11, 43, "several", key="k1\nk2\n", channel_info=several, auto_ban=0),
            _channel(12, 8, "whole address", base_url="http://x/v1/chat/completions"),
            _channel(
                13,
                35,
                "another number",
                setting='{"system_prompt": "Be kind.", "proxy": "http://p"}',
            ),
        ],
        "tokens": [
            _key(1, KEY, name="laptop", remain_quota=-4143),
            _key(2, KEY[::-1], name="limited", unlimited_quota=False, remain_quota=300, group="vip")
            | {
                "model_limits_enabled": True,
                "model_limits": "gpt-4o",
                "allow_ips": "10.0.0.0/8\n::1",
            },
            _key(3, "x" * 48, deleted_at=GONE),
        ],
        "options": [
            {"key": "ModelRatio", "value": '{"gpt-4o": 2, "mine": 1}'},
            {"key": "CompletionRatio", "value": '{"gpt-4o": 4}'},
            {"key": "GroupRatio", "value": '{"default": 1, "vip": 0.5}'},
            {"key": "CreateCacheRatio", "value": '{"gpt-4o": 1.25}'},
            {"key": "SystemName", "value": "爱丽丝的站"},
            {"key": "RetryTimes", "value": "many"},
            {"key": "SelfUseModeEnabled", "value": "true"},
        ],
        "top_ups": [{"id": 1, "user_id": 7, "amount": 5}],
    }


def one_hub() -> dict[str, list[dict[str, Any]]]:
    """What is one-hub's own."""
    limits = (
        '{"limits": {"limit_model_setting": {"enabled": true, "models": ["gpt-4o"]},'
        ' "limits_ip_setting": {"enabled": true, "whitelist": ["10.0.0.0/8", "::1"]}}}'
    )
    return {
        "channels": [
            _channel(11, 28, "another number", models="deepseek-*", proxy="http://p"),
        ],
        "tokens": [
            _key(1, LONG_KEY, name="laptop"),
            _key(2, KEY, name="limited", unlimited_quota=False, remain_quota=300, setting=limits),
        ],
        "options": [{"key": "SystemName", "value": "爱丽丝的站"}],
        "prices": [
            {
                "model": "gpt-4o",
                "type": "tokens",
                "input": 2,
                "output": 8,
                "extra_ratios": '{"cached_tokens": 0.5}',
            },
            {"model": "mine", "type": "times", "input": 10, "output": 0},
            {"model": "claude-*", "type": "tokens", "input": 1, "output": 5},
        ],
        "user_groups": [
            {"id": 1, "symbol": "default", "ratio": 1, "api_rate": 600},
            {"id": 2, "symbol": "vip", "ratio": 0.5, "api_rate": 600},
        ],
        "telegram_menus": [{"id": 1, "command": "/x"}],
    }
