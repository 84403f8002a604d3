"""Rows of one-hub and new-api as ours: what they say alike is taken over, what has no place here is noted.

Pure: rows as dicts come in, rows come out. Sources: the `model/` folders of github.com/MartialBE/one-hub at 387f8bf1 and
of github.com/QuantumNous/new-api (read 2026-11-26), and databases that they made.
"""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Final, cast

from oneapi.app.foreign_operations import config_of, json_object
from oneapi.providers import registry
from oneapi.providers.foreign_types import (
    COMPATIBLE,
    NEW_API,
    NEW_API_PLANS,
    ONE_HUB,
    Counterpart,
)
from oneapi.store import settings
from oneapi.store.enums import ChannelStatus, RedemptionStatus, Role, UserStatus
from oneapi.store.settings_table import TABLE

Row = Mapping[str, Any]
Made = dict[str, Any]

TYPES: Final[Mapping[str, Mapping[int, Counterpart]]] = {"new-api": NEW_API, "one-hub": ONE_HUB}
LONGEST_GROUP: Final = 32
_CHAT_PATH: Final = re.compile(r"/v1/chat/completions/?$")
_CUSTOM: Final = 8
# Of a user, key or channel: what is set there and means nothing here.
_USER_EXTRAS: Final = {
    "discord_id": "sign-in with Discord",
    "telegram_id": "sign-in with Telegram",
    "linux_do_id": "sign-in with LinuxDO",
    "stripe_customer": "a customer number at Stripe",
    "remark": "a remark",
}
_KEY_EXTRAS: Final = {"group": "a group of its own", "backup_group": "a second group"}
_CHANNEL_EXTRAS: Final = (
    *("open_ai_organization", "test_model", "tag", "remark", "plugin"),
    *("disabled_stream", "only_chat", "allow_extra_body", "compatible_response"),
)
_TAKEN_SETTINGS: Final = frozenset({"system_prompt", "proxy", "thinking_to_content"})
_EMPTY: Final = (None, "", 0, False, "{}", "[]", "null")
# Ratios that are called otherwise there.
_NEW_API_RATIOS: Final = {"CreateCacheRatio": "CacheWriteRatio"}
_HUB_FACTORS: Final = {
    "cached_read_tokens": "CacheRatio",
    "cached_tokens": "CacheRatio",
    "cached_write_tokens": "CacheWriteRatio",
    "input_audio_tokens": "AudioRatio",
}
_SKIPPED_OPTIONS: Final = frozenset({"Theme", "AdoptedModelRatio", "AdoptedCompletionRatio"})


class Notes:
    """What has no place here: how often, and the first names."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._names: dict[str, list[str]] = {}

    def add(self, words: str, name: object = "", count: int = 1) -> None:
        """Note it once more."""
        self._counts[words] += count
        if name:
            self._names.setdefault(words, []).append(str(name))

    def lines(self) -> list[str]:
        """Return a line for each kind."""
        return [f"  {words}: {self._count(words)}" for words in self._counts]

    def _count(self, words: str) -> str:
        names = self._names.get(words, [])
        shown = ", ".join(names[:10]) + (", …" if len(names) > 10 else "")
        return f"{self._counts[words]} ({shown})" if shown else str(self._counts[words])


def user(row: Row, notes: Notes) -> Made:
    """Return a user; one that was deleted there is so here, under another name."""
    name = str(row["username"])
    gone = row.get("deleted_at") is not None
    if gone:
        name = f"deleted_{hashlib.sha256(name.encode()).hexdigest()[:32]}"
    for column, words in _USER_EXTRAS.items():
        if row.get(column) not in _EMPTY:
            notes.add(f"users with {words}", name)
    reward = _whole(row.get("aff_quota"))
    if reward:
        notes.add("users whose rewards for invitations were added to their balance", name)
    role = _whole(row.get("role")) or Role.COMMON
    if role not in set(Role):
        notes.add("users of a role that is unknown here, now common ones", name)
        role = Role.COMMON
    status = _whole(row.get("status")) or UserStatus.ENABLED
    return {
        "id": row["id"],
        "username": name,
        "password": row.get("password") or "",
        "role": role,
        "status": UserStatus.DELETED if gone else status,
        "access_token": (row.get("access_token") or "").strip() or None,
        "quota": _whole(row.get("quota")) + reward,
        "used_quota": _whole(row.get("used_quota")),
        "request_count": _whole(row.get("request_count")),
        "group": _group(row.get("group"), f"user {name!r}"),
        "aff_code": row.get("aff_code") or None,
        "inviter_id": _whole(row.get("inviter_id")),
        **{
            column: row.get(column) or ""
            for column in ("display_name", "email", "wechat_id", "lark_id", "oidc_id")
        },
        "github_id": github_number(row) or row.get("github_id") or "",
    }


def github_number(row: Row) -> str:
    """Return a person's number at GitHub where one-hub has it beside the login; nothing where it has not."""
    number = _whole(row.get("github_id_new"))
    return str(number) if number > 0 else ""


def api_key(row: Row, notes: Notes) -> Made | None:
    """Return a client's key, the same string; `None` for one that was deleted."""
    if row.get("deleted_at") is not None or not row.get("key"):
        return None
    name = row.get("name") or ""
    for column, words in _KEY_EXTRAS.items():
        if row.get(column) not in _EMPTY:
            notes.add(f"keys with {words}: they are charged as their user's group", name)
    unlimited = bool(row.get("unlimited_quota"))
    models, networks = _limits(row)
    return {
        "user_id": _whole(row.get("user_id")),
        "key": str(row["key"]).strip(),
        "status": _whole(row.get("status")) or 1,
        "name": name,
        "created_time": _whole(row.get("created_time")),
        "accessed_time": _whole(row.get("accessed_time")),
        "expired_time": _whole(row.get("expired_time")) or -1,
        # There it counts below zero for keys without a limit.
        "remain_quota": 0 if unlimited else _whole(row.get("remain_quota")),
        "unlimited_quota": unlimited,
        "used_quota": _whole(row.get("used_quota")),
        "models": models or None,
        "subnet": networks,
    }


def _limits(row: Row) -> tuple[str, str]:
    """Return the models and the networks that a key is for, as comma lists."""
    limits = json_object(json_object(row.get("setting")).get("limits"))
    models: list[str] = []
    networks: list[str] = []
    if row.get("model_limits_enabled"):
        models = re.split(r"[,\n]", row.get("model_limits") or "")
    if (there := json_object(limits.get("limit_model_setting"))).get("enabled"):
        models = cast("list[str]", there.get("models") or [])
    if row.get("allow_ips"):
        networks = re.split(r"[,\s]", str(row["allow_ips"]))
    if (there := json_object(limits.get("limits_ip_setting"))).get("enabled"):
        networks = cast("list[str]", there.get("whitelist") or [])
    return _listed(models), _listed(networks)


def channels(row: Row, kind: str, notes: Notes) -> list[Made]:
    """Return a channel, or one for each of its keys; the first has its id."""
    if row.get("deleted_at") is not None:
        return []
    name = row.get("name") or ""
    made = _channel(row, kind, name, notes)
    for column in _CHANNEL_EXTRAS:
        if row.get(column) not in _EMPTY:
            notes.add(f"channels with `{column}`", name)
    if row.get("auto_ban") == 0:
        notes.add("channels that are never to be switched off by themselves", name)
    if "*" in made["models"]:
        notes.add("channels with a pattern among their models, which is a name here", name)
    info = json_object(row.get("channel_info"))
    keys = _keys(str(row.get("key") or ""))
    if not info.get("is_multi_key") or len(keys) < 2:
        return [made]
    notes.add("channels with several keys, now as many channels", name)
    off = json_object(info.get("multi_key_status_list"))
    return [
        made
        | {"key": key, "id": row["id"] if number == 0 else None}
        | {"name": name if number == 0 else f"{name} ({number + 1})"}
        | {"status": _whole(off.get(str(number))) or made["status"]}
        for number, key in enumerate(keys)
    ]


def _keys(text: str) -> list[str]:
    """Return the keys of a channel with several: one a line, or in a list of JSON (Google's keys are objects)."""
    if text.lstrip().startswith("["):
        try:
            listed = cast("list[Any]", json.loads(text))
        except ValueError:
            listed = []
        if listed:
            return [one if isinstance(one, str) else json.dumps(one) for one in listed]
    return [key.strip() for key in text.splitlines() if key.strip()]


def _channel(row: Row, kind: str, name: str, notes: Notes) -> Made:
    theirs = _whole(row.get("type"))
    base_url = str(row.get("base_url") or "").strip()
    ours = TYPES[kind].get(theirs)
    if kind == "new-api" and base_url in NEW_API_PLANS:
        ours, base_url = NEW_API_PLANS[base_url], ""
    status = _whole(row.get("status"))
    if ours is None:
        notes.add("channels of a type that is not here, switched off", f"{name}, type {theirs}")
        ours, status = Counterpart(COMPATIBLE), ChannelStatus.DISABLED
    elif registry.provider(ours.type) is None:
        notes.add("channels of a type that this version does not serve yet", f"{name}, {ours.type}")
    if theirs == _CUSTOM and _CHAT_PATH.search(base_url):
        base_url = _CHAT_PATH.sub("", base_url)  # a whole address there
    setting = json_object(row.get("setting"))
    for said in sorted(set(setting) - _TAKEN_SETTINGS):
        if setting[said] not in _EMPTY:
            notes.add(f"channels with the setting `{said}`", name)
    return {
        "id": row["id"],
        "type": ours.type,
        "key": str(row.get("key") or "").strip(),
        "status": status,
        "name": name,
        "weight": _whole(row.get("weight")),
        "created_time": _whole(row.get("created_time")),
        "test_time": _whole(row.get("test_time")),
        "response_time": _whole(row.get("response_time")),
        "base_url": base_url or ours.base_url,
        "other": row.get("other") or "",
        "balance": row.get("balance") or 0.0,
        "balance_updated_time": _whole(row.get("balance_updated_time")),
        "models": row.get("models") or "",
        "group": _listed(
            _group(part.strip(), f"channel {name!r}")
            for part in str(row.get("group") or "default").split(",")
        ),
        "used_quota": _whole(row.get("used_quota")),
        "model_mapping": row.get("model_mapping") or "",
        "priority": _whole(row.get("priority")),
        "config": config_of(row, lambda words: notes.add(words, name)),
        "system_prompt": setting.get("system_prompt") or None,
    }


def redemption(row: Row, notes: Notes, now: int) -> Made | None:
    """Return a code; `None` for one that was deleted. One that has expired is switched off."""
    if row.get("deleted_at") is not None or not row.get("key"):
        return None
    status = _whole(row.get("status")) or RedemptionStatus.ENABLED
    expires = _whole(row.get("expired_time"))
    if expires and status == RedemptionStatus.ENABLED:
        is_past = expires < now
        notes.add(
            "codes that had expired, switched off" if is_past else "codes that will not expire here"
        )
        status = RedemptionStatus.DISABLED if is_past else status
    columns = ("user_id", "quota", "created_time", "redeemed_time")
    return {
        "key": str(row["key"]).strip(),
        "status": status,
        "name": row.get("name") or "",
        **{column: _whole(row.get(column)) for column in columns},
    }


def options(rows: Iterable[Row], notes: Notes) -> dict[str, str]:
    """Return the settings that mean the same here, each of which we would take."""
    found: dict[str, str] = {}
    for row in rows:
        key: str = _NEW_API_RATIOS.get(row["key"]) or row["key"]
        value: str = row["value"] or ""
        if key not in TABLE or key in _SKIPPED_OPTIONS:
            if value not in _EMPTY and value != "false":
                notes.add("settings that are unknown here", row["key"])
            continue
        try:
            settings.parse(key, value)
        except ValueError:
            notes.add("settings whose value is not taken here", row["key"])
            continue
        found[key] = value
    return found


def hub_prices(rows: Iterable[Row], notes: Notes) -> dict[str, str]:
    """Return one-hub's table of prices as options: its numbers are ratios too, for the answer as for the prompt."""
    tables: dict[str, dict[str, float]] = {}

    def put(option: str, model: str, value: float) -> None:
        tables.setdefault(option, {})[model] = round(value, 12)

    for row in rows:
        model, asked, given = row["model"], float(row["input"] or 0), float(row["output"] or 0)
        if "*" in model:
            notes.add("prices for a pattern of names", model)
        elif row["type"] == "times":
            put("ModelPrice", model, asked * 0.002)  # a thousand times the ratio a call
        else:
            put("ModelRatio", model, asked)
            put("CompletionRatio", model, (given or asked) / asked if asked else 1)
            if given and not asked:
                notes.add("prices of answers to free prompts", model)
            for unit, factor in json_object(row.get("extra_ratios")).items():
                if unit in _HUB_FACTORS and isinstance(factor, int | float):
                    put(_HUB_FACTORS[unit], model, factor)
    return {option: json.dumps(table, ensure_ascii=False) for option, table in tables.items()}


def hub_groups(rows: Iterable[Row]) -> dict[str, str]:
    """Return one-hub's groups as the option that names them."""
    ratios = {_group(row["symbol"], "a group"): float(row["ratio"] or 0) for row in rows}
    return {"GroupRatio": json.dumps(ratios, ensure_ascii=False)} if ratios else {}


def _group(name: Any, whose: str) -> str:
    group = str(name or "default")
    if len(group) > LONGEST_GROUP:
        raise ValueError(f"the group {group!r} of {whose} has more than {LONGEST_GROUP} characters")
    return group


def _whole(value: Any) -> int:
    return int(value or 0)


def _listed(parts: Iterable[str]) -> str:
    return ",".join(dict.fromkeys(part.strip() for part in parts if part.strip()))
