"""Fill a folder with a believable installation, and serve it: `python tools/demo.py FOLDER [--port 3000]`.

Twenty channels in all states, sixty users, keys, codes, two months of logs with daily rhythm. Two channels reach a
vendor of ours on this machine, so that chats and channel tests work. Everybody's password is `demo-password`.
The same numbers come out every time, relative to the present hour.
"""

import argparse
import json
import math
import os
import random
import sqlite3
import sys
import threading
import time
from bisect import bisect_left
from contextlib import closing
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import bcrypt
from sqlalchemy import Connection, func, insert, select, update
from tools.demo_vendor import listening

from oneapi.ledger.flusher import add_use
from oneapi.store.bootstrap import bootstrap
from oneapi.store.calendar import hour_of
from oneapi.store.database import open_database
from oneapi.store.migrations import migrate
from oneapi.store.tables import (
    abilities,
    audit,
    channel_watch,
    channels,
    logs,
    options,
    redemptions,
    tokens,
    usage_hours,
    users,
)
from oneapi.store.tables.statistics import COUNTERS, FIRST_TOKEN_CLASSES, FIRST_TOKEN_MS

PASSWORD: Final = "demo-password"
DAYS: Final = 61
REQUESTS_A_DAY: Final = 1200
DOLLAR: Final = 500_000
NANO: Final = 1_000_000_000

# model: (dollars per million tokens in, cached, out), share of the traffic
MODELS: Final = {
    "claude-sonnet-5-5": ((3.0, 0.3, 15.0), 30),
    "gpt-6.1-sol": ((1.25, 0.125, 10.0), 24),
    "gemini-4-hydrogen": ((1.0, 0.1, 8.0), 14),
    "deepseek-v4-pro": ((0.27, 0.07, 1.1), 12),
    "qwen3.8-max": ((0.8, 0.16, 3.2), 9),
    "qwen3.8-flash": ((0.05, 0.01, 0.4), 6),
    "kimi-k3": ((0.6, 0.15, 2.5), 3),
    "glm-5.3": ((0.4, 0.08, 1.6), 2),
}
# name, type, models, groups, priority, weight, status, first token ms, balance
CHANNELS: Final = [
    (
        "openai-main",
        1,
        "gpt-6.1-sol,gpt-6.1-luna,text-embedding-4",
        "default,vip",
        10,
        5,
        1,
        388,
        0.0,
    ),
    ("openai-backup", 1, "gpt-6.1-sol,gpt-6.1-luna", "default,vip", 5, 1, 1, 412, 0.0),
    (
        "anthropic-1",
        14,
        "claude-sonnet-5-5,claude-opus-5-5,claude-haiku-5",
        "default,vip,svip",
        10,
        1,
        1,
        614,
        0.0,
    ),
    ("anthropic-team", 14, "claude-sonnet-5-5", "svip", 10, 2, 1, 590, 0.0),
    ("gemini-pool", 51, "gemini-4-hydrogen,gemini-4-helium", "default", 10, 3, 1, 455, 0.0),
    (
        "百炼",
        49,
        "qwen3.8-max,qwen3.8-flash,qwen3.8-27b,text-embedding-v5",
        "default",
        5,
        1,
        1,
        301,
        2310.08,
    ),
    ("kimi-coding", 25, "kimi-k3,kimi-k2.7-code", "vip", 5, 1, 1, 540, 96.0),
    ("azure-eastus-2", 3, "gpt-6.1-sol", "default", 5, 1, 3, 0, 0.0),
    ("deepseek", 36, "deepseek-v4-pro,deepseek-v4-flash", "default,vip", 5, 2, 1, 520, 512.4),
    ("openrouter", 20, "claude-sonnet-5-5,gpt-6.1-sol,glm-5.3", "default", 1, 1, 1, 730, 41.7),
    ("bedrock-litellm", 50, "bedrock-claude-haiku", "default", 3, 1, 1, 830, 0.0),
    ("kimi-free-api", 8, "moonshot-v1-8k,moonshot-v1-32k", "default", 0, 1, 2, 1900, 0.0),
    ("doubao", 40, "doubao-seed-2.1-pro,doubao-seed-2.1-lite", "default", 3, 1, 1, 276, 880.15),
    ("spark-v2", 48, "spark-x2", "default", 1, 1, 1, 910, 0.0),
    ("siliconflow", 44, "glm-5.3,qwen3.8-27b", "default,vip", 3, 1, 1, 348, 18.2),
    ("minimax", 27, "minimax-m3", "default", 1, 1, 3, 0, 3.4),
    ("groq", 29, "llama-5-70b,whisper-large-v3", "default", 2, 1, 1, 98, 0.0),
    ("xai", 45, "grok-5", "vip", 2, 1, 2, 470, 0.0),
    ("demo-vendor", 50, "demo-chat,demo-thinking", "default,vip,svip", 20, 1, 1, 120, 0.0),
    ("demo-vendor-2", 50, "demo-chat", "default", 1, 1, 1, 150, 0.0),
]
_NAMES: Final = """
alice bob team-search ci-bot carol dave erin frank grace heidi ivan judy mallory niaj
olivia peggy rupert sybil trent victor walter wei-chen li-na zhang-min wang-fang
liu-yang yuki hiroshi sakura minjun seoyeon priya arjun fatima omar lucas emma noah
mia liam zoe finn lena paul anna jonas marie hugo chloe louis jules ines nora otto
greta karl ida max rosa
"""
# minutes ago, who, kind, action, number, subject, before, after: the oldest first
_Fields = dict[str, Any]
DEEDS: Final[list[tuple[int, str, str, str, int, str, _Fields, _Fields]]] = [
    (40_320, "root", "code", "create", 0, "spring", {}, {"count": 30, "quota": DOLLAR}),
    (
        31_000,
        "root",
        "option",
        "change",
        0,
        "RegisterEnabled",
        {"value": "false"},
        {"value": "true"},
    ),
    (
        22_500,
        "root",
        "channel",
        "create",
        20,
        "demo-vendor-2",
        {},
        {"type": 50, "group": "default"},
    ),
    (20_160, "root", "user", "promote", 4, "team-search", {"role": 1}, {"role": 10}),
    (9_700, "team-search", "user", "change", 8, "frank", {"group": "default"}, {"group": "vip"}),
    (4_320, "root", "user", "top_up", 3, "bob", {"quota": 410_000}, {"quota": 5_410_000}),
    (2_900, "team-search", "channel", "change", 6, "百炼", {"priority": 0}, {"priority": 5}),
    (1_500, "root", "channel", "disable", 18, "xai", {"status": 1}, {"status": 2}),
    (1_440, "root", "user", "disable", 14, "mallory", {"status": 1}, {"status": 2}),
    (190, "root", "option", "change", 0, "RetryTimes", {"value": 1}, {"value": 3}),
    (75, "team-search", "channel", "change", 1, "openai-main", {"weight": 1}, {"weight": 5}),
]
NAMES: Final = _NAMES.split()
KEY_NAMES: Final = ("nextchat", "claude-code", "default", "search-prod", "cherry", "lobechat", "ci")
# The latest of root's, which the playground takes: it may do everything.
FREE: Final = {"status": 1, "unlimited_quota": True, "expired_time": -1, "models": "", "subnet": ""}
LETTERS: Final = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789"


def fill(folder: Path, vendor_url: str, now: int) -> None:
    """Make the database; does nothing when there is one."""
    path = folder / "one-api.db"
    if path.exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    database = open_database(None, sqlite_path=path)
    migrate(database)
    bootstrap(database, now=now - DAYS * 86_400, fresh_access_token="demo" * 8)
    chance = random.Random(20_261_126)
    with database.begin() as connection:
        hashed = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(10)).decode()
        _options(connection)
        _channels(connection, vendor_url, now, chance)
        people = _users(connection, hashed, chance)
        keys = _keys(connection, people, now, chance)
        _codes(connection, people, now, chance)
        _topped_up(connection, now)
        _logs(connection, people, keys, now, chance)
        _used(connection)
        _disabled(connection, now)
        _audited(connection, now)
    database.close()


def _options(connection: Connection) -> None:
    ratios = json.dumps({"default": 1, "vip": 0.9, "svip": 0.8})
    own = {"gpt-6.1-sol": 1.25, "doubao-seed-2.1-pro": 0.2, "spark-x2": 0.35}
    shown = {
        "GroupRatio": ratios,
        "Notice": "",
        "RegisterEnabled": "true",
        "ModelRatio": json.dumps(own),
        "ModelPrice": json.dumps({"demo-chat": 0.002}),
    }
    for key, value in shown.items():
        connection.execute(insert(options).values(key=key, value=value))


def _channels(connection: Connection, vendor_url: str, now: int, chance: random.Random) -> None:
    for name, kind, models, groups, priority, weight, status, ms, balance in CHANNELS:
        is_ours = name.startswith("demo")
        used = (
            int(chance.uniform(0.5, 40) * 10 * DOLLAR)
            if status == 1
            else chance.randrange(20) * DOLLAR
        )
        row = connection.execute(
            insert(channels).values(
                type=kind,
                key="sk-demo-vendor",
                status=status,
                name=name,
                weight=weight,
                priority=priority,
                created_time=now - chance.randrange(DAYS * 86_400),
                test_time=now - chance.randrange(7200),
                response_time=ms,
                base_url=f"{vendor_url}/v1"
                if is_ours
                else ("https://example.invalid" if kind in (3, 8, 50) else ""),
                models=models,
                group=groups,
                used_quota=used,
                balance=balance,
                balance_updated_time=now - 600 if balance else 0,
                model_mapping="",
                config="",
                other="",
                system_prompt="",
            )
        )
        key = row.inserted_primary_key
        assert key is not None
        for group in groups.split(","):
            for model in models.split(","):
                connection.execute(
                    insert(abilities).values(
                        group=group,
                        model=model,
                        channel_id=key[0],
                        enabled=status == 1,
                        priority=priority,
                    )
                )


def _users(connection: Connection, hashed: str, chance: random.Random) -> list[dict[str, Any]]:
    root = {"username": "root", "id": 1, "group": "default"}
    connection.execute(
        update(users).where(users.c.id == 1).values(password=hashed, quota=64 * DOLLAR)
    )
    people = [root]
    for number, name in enumerate(NAMES):
        group = chance.choices(("default", "vip", "svip"), (8, 2, 1))[0]
        person = {
            "username": name[:12],
            "password": hashed,
            "display_name": name.replace("-", " ").title()[:20],
            "role": 10 if number in (2, 9) else 1,
            "status": 2 if number in (12, 30) else 1,
            "group": group,
            "email": f"{name}@example.com" if number % 3 else "",
            "quota": int(chance.paretovariate(1.1) * DOLLAR),
            "used_quota": int(chance.paretovariate(0.9) * DOLLAR),
            "request_count": int(chance.paretovariate(0.6) * 20),
            "access_token": "".join(chance.choices(LETTERS, k=32)),
            "aff_code": "".join(chance.choices(LETTERS, k=4)),
            "inviter_id": 2 if number % 9 == 4 else 0,
        }
        row = connection.execute(insert(users).values(**person)).inserted_primary_key
        assert row is not None
        people.append({**person, "id": row[0]})
    return people


def _keys(
    connection: Connection, people: list[dict[str, Any]], now: int, chance: random.Random
) -> dict[int, list[str]]:
    names: dict[int, list[str]] = {}
    for place, person in enumerate(people):
        is_root = place == 0
        for name in KEY_NAMES if is_root else chance.sample(KEY_NAMES, chance.randint(1, 3)):
            values = _key(name, now, chance) | (FREE if is_root and name == KEY_NAMES[-1] else {})
            connection.execute(insert(tokens).values(user_id=person["id"], **values))
            names.setdefault(person["id"], []).append(name)
    return names


def _key(name: str, now: int, chance: random.Random) -> dict[str, Any]:
    status = chance.choices((1, 2, 3, 4), (16, 1, 1, 1))[0]
    used_at = now - 120 - int(chance.paretovariate(0.5) * 60) % (9 * 86_400)
    return {
        "key": "".join(chance.choices(LETTERS, k=48)),
        "status": status,
        "name": name,
        "created_time": now - chance.randrange(DAYS * 86_400),
        "accessed_time": used_at,
        "expired_time": used_at + 60 if status == 3 else chance.choice((-1, -1, now + 20 * 86_400)),
        "remain_quota": 0 if status == 4 else int(chance.uniform(0.2, 40) * DOLLAR),
        "unlimited_quota": chance.random() < 0.3,
        "used_quota": int(chance.paretovariate(0.8) * 0.4 * DOLLAR),
        "models": chance.choice(("", "", "claude-sonnet-5-5,claude-haiku-5")),
        "subnet": chance.choice(("", "", "", "10.0.0.0/8")),
    }


def _codes(
    connection: Connection, people: list[dict[str, Any]], now: int, chance: random.Random
) -> None:
    for number in range(120):
        status = chance.choices((1, 2, 3), (6, 1, 5))[0]
        created = now - chance.randrange(DAYS * 86_400)
        quota = (1, 5, 10, 50)[number % 4] * DOLLAR
        row = connection.execute(
            insert(redemptions).values(
                user_id=1,
                key="".join(chance.choices("0123456789abcdef", k=32)),
                status=status,
                name=("spring", "shop-10", "beta", "thanks")[number % 4],
                quota=quota,
                created_time=created,
                redeemed_time=min(now, created + 86_400) if status == 3 else 0,
            )
        )
        if status == 3 and row.inserted_primary_key is not None:
            person = people[number % len(people)]
            said = {
                "credited": quota,
                "reason": "redemption",
                "reference": str(row.inserted_primary_key[0]),
            }
            connection.execute(
                insert(logs).values(
                    user_id=person["id"],
                    username=person["username"],
                    type=1,
                    created_at=min(now, created + 86_400),
                    content=f"通过兑换码充值 ＄{quota / DOLLAR:.6f} 额度",
                    detail=json.dumps(said),
                )
            )


def _logs(
    connection: Connection,
    people: list[dict[str, Any]],
    keys: dict[int, list[str]],
    now: int,
    chance: random.Random,
) -> None:
    serving = {
        model: [
            place + 1
            for place, row in enumerate(CHANNELS)
            if model in row[2].split(",") and row[6] == 1
        ]
        for model in MODELS
    }
    weights = [1 / (place + 1) ** 0.9 for place in range(len(people))]
    rows: list[dict[str, Any]] = []
    for hour in range(DAYS * 24, -1, -1):
        start = now - hour * 3600
        for _ in range(_requests_in(start, chance)):
            at = start + chance.randrange(3600)
            if at <= now:
                person = chance.choices(people, weights)[0]
                rows.append(_row(at, person, keys.get(person["id"], ["default"]), serving, chance))
    rows.sort(key=lambda row: row["created_at"])
    _hours(connection, rows)
    for place in range(0, len(rows), 500):
        connection.execute(insert(logs), rows[place : place + 500])


def _used(connection: Connection) -> None:
    """Write what users, keys and channels have used: what the hours add up to."""
    columns = (
        (users, usage_hours.c.user_id, ("used_quota", "quota"), ("request_count", "requests")),
        (tokens, usage_hours.c.token_id, ("used_quota", "quota")),
        (channels, usage_hours.c.channel_id, ("used_quota", "quota")),
    )
    for table, owner, *sums in columns:
        values: dict[str, Any] = {
            name: select(func.coalesce(func.sum(usage_hours.c[summed]), 0))
            .where(owner == table.c.id)
            .scalar_subquery()
            for name, summed in sums
        }
        connection.execute(update(table).values(values))


def _disabled(connection: Connection, now: int) -> None:
    """Write why the gateway has disabled channels."""
    off = select(channels.c.id).where(channels.c.status == 3).order_by(channels.c.id)
    why = (
        ("key_refused", "Access denied due to invalid subscription key"),
        ("no_balance", "insufficient balance (1008)"),
    )
    for channel_id, (reason, evidence) in zip(connection.scalars(off), why, strict=True):
        values = {"channel_id": channel_id, "reason": reason, "evidence": evidence}
        connection.execute(insert(channel_watch).values(values | {"changed_at": now - 5000}))


def _audited(connection: Connection, now: int) -> None:
    """Write what administrators have changed of late."""
    for minutes, by, kind, action, number, subject, before, after in DEEDS:
        row = {"user_id": 1 if by == "root" else 4, "username": by, "means": "session"}
        row |= {"address": "203.0.113.7" if by == "root" else "198.51.100.20"}
        row |= {"at": now - minutes * 60, "kind": kind, "action": action}
        row |= {"subject_id": number, "subject": subject}
        row |= {"before": json.dumps(before), "after": json.dumps(after)}
        connection.execute(insert(audit).values(row))


def _topped_up(connection: Connection, now: int) -> None:
    """Write where root's balance comes from."""
    root = {"user_id": 1, "username": "root", "type": 1}
    for days, dollars in ((40, 10), (12, 50), (3, 50)):
        content = f"通过兑换码充值 ＄{dollars}.000000 额度"
        said = {"credited": dollars * DOLLAR, "reason": "redemption"}
        row = {"created_at": now - days * 86_400, "content": content, "detail": json.dumps(said)}
        connection.execute(insert(logs).values(root | row))


def _hours(connection: Connection, rows: list[dict[str, Any]]) -> None:
    """Add the rows up by the hour, as the ledger does it."""
    found = connection.execute(select(tokens.c.user_id, tokens.c.name, tokens.c.id))
    key_ids = {(row.user_id, row.name): row.id for row in found}
    hours: dict[tuple[Any, ...], dict[str, int]] = {}
    for row in rows:
        key_id = key_ids.get((row["user_id"], row["token_name"]), 0)
        at = hour_of(row["created_at"])
        place = (at, row["user_id"], key_id, row["channel_id"], row["model_name"])
        detail = json.loads(row["detail"])
        cached = detail.get("usage", {}).get("cached_tokens", 0)
        # the channels ask for less than the customers pay, each for another share of it
        cost = row["quota"] * (60 + 7 * row["channel_id"] % 30) // 100
        counted = {
            "requests": 1,
            "input_tokens": row["prompt_tokens"],
            "output_tokens": row["completion_tokens"],
            "cached_tokens": cached,
            "quota": row["quota"],
            "elapsed_ms": row["elapsed_time"],
            "failed": int("failure" in detail),
            "cost": cost,
            "costed": row["quota"],
        }
        if first := detail.get("first_token_ms"):
            counted[FIRST_TOKEN_CLASSES[bisect_left(FIRST_TOKEN_MS, first)]] = 1
        sums = hours.setdefault(place, dict.fromkeys(COUNTERS, 0))
        for name, value in counted.items():
            sums[name] += value
    columns = ("hour", "user_id", "token_id", "channel_id", "model_name")
    sums_by_row = [dict(zip(columns, place, strict=True)) | sums for place, sums in hours.items()]
    for place in range(0, len(sums_by_row), 500):
        add_use(connection, sums_by_row[place : place + 500])


def _requests_in(start: int, chance: random.Random) -> int:
    """Return how many requests an hour has: quiet nights, busy afternoons, half of it at weekends."""
    local = time.localtime(start)
    rhythm = 0.25 + max(0.0, math.sin((local.tm_hour - 7) / 24 * math.pi * 1.5))
    weekend = 0.5 if local.tm_wday >= 5 else 1.0
    return int(REQUESTS_A_DAY / 24 * rhythm * weekend * chance.uniform(0.8, 1.25))


def _row(
    at: int,
    person: dict[str, Any],
    names: list[str],
    serving: dict[str, list[int]],
    chance: random.Random,
) -> dict[str, Any]:
    model = chance.choices(list(MODELS), [share for _, share in MODELS.values()])[0]
    prices, _ = MODELS[model]
    units = [int(price / 1e6 * DOLLAR * NANO) for price in prices]
    sent = int(chance.paretovariate(0.8) * 400) % 90_000 + 40
    cached = int(sent * chance.uniform(0.3, 0.95)) if chance.random() < 0.5 else 0
    received = int(chance.paretovariate(1.1) * 90) % 4000 + 8
    factor = {"default": 1.0, "vip": 0.9, "svip": 0.8}[person["group"]]
    nano = (sent - cached) * units[0] + cached * units[1] + received * units[2]
    quota = max(1, math.ceil(nano * factor / NANO))
    first = chance.choice(serving[model])
    moved = chance.random() < 0.04 and len(serving[model]) > 1
    tried = [(first, chance.choice((429, 503, 500)))] if moved else []
    channel = chance.choice([one for one in serving[model] if one != first]) if moved else first
    detail = {
        "source": "reported",
        "ended": "stop",
        "endpoint": "chat",
        "usage": {
            "input_tokens": sent,
            "output_tokens": received,
            **({"cached_tokens": cached} if cached else {}),
        },
        "price": {"input": units[0], "output": units[2], "cache_read": units[1], "source": "table"},
        "factor": int(factor * NANO),
        "ceiling": quota * 4,
        "choice": "lower_priority" if tried else "turn",
        **({"attempts": tried, "errors": ["overloaded"]} if tried else {}),
    }
    is_stream = chance.random() < 0.8
    first = int(chance.lognormvariate(6.4, 0.5))
    if is_stream:
        detail["first_token_ms"] = first
    seconds = int(at)
    made = {
        "user_id": person["id"],
        "created_at": at,
        "type": 2,
        "username": person["username"],
        "content": f"倍率：{prices[0] / 2:.2f} × {factor:.2f} × {prices[2] / prices[0]:.2f}",
        "token_name": chance.choice(names),
        "model_name": model,
        "quota": quota,
        "prompt_tokens": sent,
        "completion_tokens": received,
        "channel_id": channel,
        "request_id": time.strftime("%Y%m%d%H%M%S", time.gmtime(seconds))
        + f"{chance.randrange(10**9)}{chance.randrange(10**8):08d}",
        "elapsed_time": int(first + received * chance.uniform(3, 9)),
        "is_stream": is_stream,
        "system_prompt_reset": False,
        "detail": json.dumps(detail),
    }
    return _failed(made, chance) if chance.random() < 0.015 else made


def _failed(row: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    """Return the row of the same request, had its channel not answered."""
    status, said = chance.choice(
        ((503, "the model is overloaded"), (429, "rate limit reached"), (504, "no answer in time"))
    )
    detail = {
        "failure": "bad_response_status_code",
        "status": status,
        "error": said,
        "ended": "failed",
        "endpoint": "chat",
        "ceiling": 4 * row["quota"],
        "choice": "turn",
        "attempts": [(row["channel_id"], status)],
        "errors": [said],
    }
    return row | {
        "type": 6,
        "content": f"{status}：{said}",
        "quota": 0,
        "prompt_tokens": 0,
        "completion_tokens": 0,
        "detail": json.dumps(detail),
    }


def _vendor(path: Path) -> ThreadingHTTPServer:
    """Listen where this folder's channels look for the vendor, with any other demo of the same folder.

    The first time, and where another program has that port, the port is a free one.
    """
    known = 0
    if path.exists():
        with closing(sqlite3.connect(path)) as database:
            found = database.execute("SELECT base_url FROM channels WHERE name = 'demo-vendor'")
            known = urlsplit((found.fetchone() or ("",))[0]).port or 0
    try:
        return listening(known)
    except OSError:
        server = listening(0)
    with closing(sqlite3.connect(path)) as database, database:
        address = f"http://127.0.0.1:{server.server_address[1]}/v1"
        told = "UPDATE channels SET base_url = ? WHERE name IN ('demo-vendor', 'demo-vendor-2')"
        database.execute(told, (address,))
    return server


def main() -> None:
    """Fill the folder and serve it until told to stop."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--port", type=int, default=3000)
    parser.add_argument("--fill-only", action="store_true")
    told = parser.parse_args()
    server = _vendor(told.folder / "one-api.db")
    fill(told.folder, f"http://127.0.0.1:{server.server_address[1]}", int(time.time()))
    if told.fill_only:
        return
    if os.fork() == 0:
        parent = os.getppid()
        threading.Thread(target=server.serve_forever, daemon=True).start()
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(0)
    print(f"sign in as root with {PASSWORD}", flush=True)
    os.environ |= {
        "DATA_DIR": str(told.folder),
        "SQLITE_PATH": str(told.folder / "one-api.db"),
        "GLOBAL_API_RATE_LIMIT": "0",
    }
    os.execv(
        sys.executable,
        [
            sys.executable,
            "-m",
            "oneapi",
            "--port",
            str(told.port),
            "--log-dir",
            str(told.folder / "logs"),
        ],
    )


if __name__ == "__main__":
    main()
