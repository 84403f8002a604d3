"""The revisions of the database: one line of them, each number given once: changes made at the same time meet here."""

import re
from pathlib import Path

from tests.architecture.project import SRC, modules

from oneapi.store.migrations import HEAD

VERSIONS = SRC / "store" / "migrations" / "versions"
_LINE = re.compile(r'^(revision|down_revision) = (?:"(\w+)"|None)$', re.MULTILINE)


def scripts() -> list[Path]:
    return [path for path in modules(VERSIONS) if path.name != "__init__.py"]


def revisions(path: Path) -> dict[str, str]:
    return dict(_LINE.findall(path.read_text("utf-8")))


def test_a_script_is_named_after_its_revision() -> None:
    named = {path.name: path.name[1:5] for path in scripts()}
    assert {path.name: revisions(path)["revision"] for path in scripts()} == named


def test_each_revision_follows_the_one_before_and_no_number_is_given_twice() -> None:
    numbers = [revisions(path)["revision"] for path in scripts()]
    assert numbers == sorted(set(numbers))
    assert [revisions(path)["down_revision"] for path in scripts()] == ["", *numbers[:-1]]


def test_the_newest_revision_is_the_one_that_start_up_looks_for() -> None:
    assert revisions(scripts()[-1])["revision"] == HEAD
