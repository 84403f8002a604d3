"""Names: the lint finds nothing in the project, and does find what is planted."""

import pytest
from tests.architecture.project import ROOT
from tools.lint_names import problems, problems_in


def test_no_name_in_the_project_says_nothing() -> None:
    assert problems([str(ROOT / "src"), str(ROOT / "tests"), str(ROOT / "tools")]) == []


@pytest.mark.parametrize(
    "source",
    [
        "class KeyManager: ...",
        "def do_relay(): ...",
        "def parse_data(): ...",
        "async def request_handler(): ...",
        "class HTTPHelper: ...",
        "token = 1",
        "def admit(token): ...",
        "class Caller:\n    def __init__(self): self.token = 1",
    ],
)
def test_a_name_that_says_nothing_is_found(source: str) -> None:
    assert len(problems_in("src/oneapi/relay/routing.py", source)) == 1


@pytest.mark.parametrize(
    "source",
    [
        "class Database: ...",
        "def metadata(): ...",
        "def base_url(): ...",
        "def information(): ...",
        "input_tokens = tokens = 1",
        "def downloads(): ...",
    ],
)
def test_a_good_name_is_left_alone(source: str) -> None:
    assert problems_in("src/oneapi/relay/routing.py", source) == []


def test_a_module_that_says_nothing_is_found() -> None:
    assert problems_in("src/oneapi/relay/helpers.py", "") != []
    assert problems_in("src/oneapi/providers/base.py", "") == []
