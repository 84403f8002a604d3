"""`one-api prices`, and what the report of an adoption says of prices."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.adoption.one_api import awkward
from tests.engines import Engine, Engines, Sqlite
from tests.server.environment import clean


def run(folder: Path, *arguments: str, dsn: str = "") -> tuple[int, list[str], str]:
    ran = subprocess.run(
        [sys.executable, "-m", "oneapi", *arguments],
        cwd=folder,
        env={**clean(), "SQL_DSN": dsn},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return ran.returncode, ran.stdout.splitlines(), ran.stderr


@pytest.fixture
def folder(engines: Engines, tmp_path: Path) -> Path:
    """A folder with a database of One API's."""
    engine = engines.engine("sqlite")
    assert isinstance(engine, Sqlite)
    shutil.move(engine.path(awkward(engine)), tmp_path / "one-api.db")
    return tmp_path


def test_the_report_says_what_is_sold_at_another_price(folder: Path) -> None:
    _, said, _ = run(folder, "migrate")

    assert "  gpt-4o (1): 5 / 20 -> 2.5 / 10" in said
    assert "  gpt-3.5-turbo (1): 0.5 / 1.5 -> 1.5 / 2" not in said
    assert not any("claude" in line for line in said)


def test_some_prices_are_taken_and_then_all(folder: Path) -> None:
    run(folder, "migrate")
    _, before, _ = run(folder, "prices", "--diff")
    run(folder, "prices", "--apply", "gpt-4o", "claude-*")
    _, then, _ = run(folder, "prices", "--diff")
    run(folder, "prices", "--apply")
    _, after, _ = run(folder, "prices", "--diff")

    assert any("gpt-4o (1)" in line for line in before)
    assert not any("gpt-4o (1)" in line or "  claude-3" in line for line in then)
    assert any("command-r" in line for line in then)
    assert after == [
        "no price differs from our table's",
        "1 prices are your own and stay (name one to take ours): mine",
    ]


def test_a_model_that_nobody_knows_is_refused(folder: Path) -> None:
    run(folder, "migrate")

    assert run(folder, "prices", "--apply", "gpt-4oo") == (
        1,
        [],
        "one-api: no model is called 'gpt-4oo'\n",
    )


def test_a_new_database_has_our_prices(tmp_path: Path) -> None:
    _, said, _ = run(tmp_path, "migrate")

    assert len(said) == 1
    assert run(tmp_path, "prices", "--diff")[1] == ["no price differs from our table's"]


def test_prices_of_an_older_schema_are_not_looked_at(folder: Path) -> None:
    status, _, refused = run(folder, "prices", "--diff")

    assert (status, "one-api migrate" in refused) == (1, True)


NEWER = ("deepseek-v4-pro", "gpt-6.1-sol", "gemini-2.5-pro", "step-tts-2", "step-asr")


def test_newer_kinds_of_prices_are_shown_and_taken(engine: Engine, tmp_path: Path) -> None:
    name = awkward(engine)
    models = ",".join(NEWER)
    engine.execute(f"UPDATE channels SET models = '{models}' WHERE id = 1", database=name)
    if isinstance(engine, Sqlite):
        shutil.move(engine.path(name), tmp_path / "one-api.db")
    dsn = "" if isinstance(engine, Sqlite) else engine.dsn(name)
    run(tmp_path, "migrate", dsn=dsn)
    _, before, _ = run(tmp_path, "prices", "--diff", *NEWER, dsn=dsn)
    status, _, refused = run(tmp_path, "prices", "--apply", *NEWER, dsn=dsn)
    _, after, _ = run(tmp_path, "prices", "--diff", *NEWER, dsn=dsn)

    assert (status, refused) == (0, "")
    found = [line.strip().replace(" (1)", "").split(": ", 1) for line in before[1:6]]
    assert {model: prices.split(" -> ", 1)[1] for model, prices in found} == {
        "deepseek-v4-pro": "1.32 / 3.96, 0.5 of it off peak",
        "gemini-2.5-pro": "1.25 / 10, 2.5 / 15 from 200000 tokens",
        "gpt-6.1-sol": "2 / 10, 4 / 15 from 272000 tokens",
        "step-asr": "0.00214284 a minute",
        "step-tts-2": "40 a million characters",
    }
    assert after == ["no price differs from our table's"]
