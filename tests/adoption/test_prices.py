"""`one-api prices`, and what the report of an adoption says of prices."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.adoption.one_api import awkward
from tests.engines import Engines, Sqlite
from tests.server.environment import clean


def run(folder: Path, *arguments: str) -> tuple[int, list[str], str]:
    ran = subprocess.run(
        [sys.executable, "-m", "oneapi", *arguments],
        cwd=folder,
        env=clean(),
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
