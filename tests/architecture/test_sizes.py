"""Files and functions stay small enough to be read in one go."""

import ast
from pathlib import Path

from tests.architecture.project import ROOT, SRC, modules, named, parsed

MAX_FILE = 500
MAX_DIALECT = 400
MAX_TEST_FILE = 600
MAX_FUNCTION = 50
MAX_PARAMETERS = 6


def _lines(path: Path) -> int:
    return len(path.read_text("utf-8").splitlines())


def _functions(path: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    found = ast.walk(parsed(path))
    return [node for node in found if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def _length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    assert function.end_lineno is not None
    return function.end_lineno - function.lineno + 1


def test_no_module_is_longer_than_500_lines() -> None:
    long = {named(path): _lines(path) for path in modules() if _lines(path) > MAX_FILE}
    assert long == {}


def test_no_dialect_is_longer_than_400_lines() -> None:
    dialects = modules(SRC / "providers")
    long = {named(path): _lines(path) for path in dialects if _lines(path) > MAX_DIALECT}
    assert long == {}


def test_no_test_module_is_longer_than_600_lines() -> None:
    tests = modules(ROOT / "tests")
    long = {named(path): _lines(path) for path in tests if _lines(path) > MAX_TEST_FILE}
    assert long == {}


def test_no_function_is_longer_than_50_lines() -> None:
    long = {
        f"{named(path)}: {function.name}": _length(function)
        for path in modules()
        for function in _functions(path)
        if _length(function) > MAX_FUNCTION
    }
    assert long == {}


def test_every_module_says_what_it_is() -> None:
    filled = [path for path in modules() if _lines(path)]
    silent = [named(path) for path in filled if not ast.get_docstring(parsed(path))]
    assert silent == []
