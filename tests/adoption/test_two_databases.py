"""What two operators expect: the one whose database One API made in 2025, and the one who starts today."""

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.adoption.one_api import awkward, point_at
from tests.engines import Engines, Sqlite
from tests.fakes import FakeVendor, chat_document, json_answer, wait_until
from tests.gateway import Gateway

ALICE_KEY = "sk-AbCdEfGh1234567890123456789012345678901234567890"  # in a group that pays half
ROOT = {
    "Authorization": "aaaabbbbccccddddaaaabbbbccccdddd",
    "Content-Type": "application/json",
}


@pytest.fixture
def vendor() -> Iterator[FakeVendor]:
    """A vendor whose answers count 1 000 tokens in and 1 000 out."""
    with FakeVendor.in_thread(lambda _: json_answer(chat_document("hi", 1000, 1000))) as vendor:
        yield vendor


def charged(gateway: Gateway, key: str, model: str) -> int:
    """What one chat costs, in quota."""
    query = "SELECT quota FROM logs WHERE type = 2 AND id > :last ORDER BY id DESC"
    last = gateway.rows("SELECT COALESCE(MAX(id), 0) AS last FROM logs")[0]["last"]
    wait_until(lambda: gateway.chat(key, model).status == 200)  # a new channel is soon known
    wait_until(lambda: bool(gateway.rows(query, last=last)))
    return int(gateway.rows(query, last=last)[0]["quota"])


def test_a_database_of_2025_charges_what_it_did_until_its_operator_takes_newer_prices(
    engines: Engines, vendor: FakeVendor, tmp_path: Path
) -> None:
    engine = engines.engine("sqlite")
    assert isinstance(engine, Sqlite)
    name = awkward(engine)
    point_at(engine, name, vendor.url)
    shutil.move(engine.path(name), tmp_path / "one-api.db")
    newer: dict[str, Any] = {
        "type": 1,
        "name": "newer",
        "key": "sk-2",
        "base_url": vendor.url,
        "models": "gpt-5.5",
        "group": "vip",
    }
    with Gateway(tmp_path) as gateway:
        made = gateway.request("POST", "/api/channel/", json.dumps(newer).encode(), ROOT)
        assert made.json()["success"], made.json()
        before = charged(gateway, ALICE_KEY, "gpt-4o")
        of_today = charged(gateway, ALICE_KEY, "gpt-5.5")
    assert gateway.run("prices", "--apply", "gpt-4o").returncode == 0
    with Gateway(tmp_path) as gateway:
        after = charged(gateway, ALICE_KEY, "gpt-4o")

    assert before == (2_500 + 10_000) // 2  # 5 and 20 USD a million, as One API had it compiled in
    assert of_today == (2_500 + 15_000) // 2  # 5 and 30, which One API did not know
    assert after == (1_250 + 5_000) // 2  # 2.5 and 10


def test_a_database_of_today_charges_what_the_vendors_ask_unless_its_operator_says_otherwise(
    vendor: FakeVendor, tmp_path: Path
) -> None:
    asked = {
        "gpt-5.5": 2_500 + 15_000,  # 5 and 30 USD a million
        "claude-opus-5-5": 2_000 + 10_000,  # 4 and 20
        "grok-4.7": 1_000 + 3_000,  # 2 and 6
        "nobody-knows-me": 30_000 + 30_000,
    }
    with Gateway(tmp_path) as gateway:
        gateway.serve(vendor.url, ",".join(asked))
        key = gateway.add_key()
        found = {model: charged(gateway, key, model) for model in asked}
        gateway.set_option("ModelRatio", json.dumps({"gpt-5.5": 4}))
        wait_until(lambda: charged(gateway, key, "gpt-5.5") == 4_000 + 24_000)

    assert found == asked


def test_a_vendors_quiet_hours_cost_half(vendor: FakeVendor, tmp_path: Path) -> None:
    with Gateway(tmp_path) as gateway:
        gateway.serve(vendor.url, "deepseek-v4-pro")
        quota = charged(gateway, gateway.add_key(), "deepseek-v4-pro")
        (row,) = gateway.rows("SELECT created_at, detail FROM logs WHERE type = 2")

    at = datetime.fromtimestamp(row["created_at"], UTC)
    is_peak = at.isoweekday() <= 5 and at.hour in {1, 2, 3, 6, 7, 8, 9}
    assert quota == (660 + 1_980) // (1 if is_peak else 2)  # 1.32 and 3.96 USD a million
    assert json.loads(row["detail"])["price"].get("tier", "") == ("" if is_peak else "off_peak")
