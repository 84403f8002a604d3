"""What is compiled can be compiled: mypyc drops the keywords of a class, and a foreign base makes a slow one."""

import ast
import runpy

from tests.architecture.project import ROOT, SRC, parsed

HOT = runpy.run_path(str(ROOT / "tools" / "compile.py"))["HOT"]
BASES = {"Progress", "Protocol", "NamedTuple", "StrEnum", "Exception", "Mapping", "UpstreamError"}
TYPES_ONLY = {"TypedDict"}  # a dict when it runs


def _classes() -> list[tuple[str, ast.ClassDef]]:
    return [
        (name, node)
        for name in HOT
        for node in ast.walk(parsed(SRC / name))
        if isinstance(node, ast.ClassDef)
        and not TYPES_ONLY & {ast.unparse(base) for base in node.bases}
    ]


def test_hot_modules_exist() -> None:
    assert [name for name in HOT if not (SRC / name).is_file()] == []


def test_hot_classes_have_no_keywords() -> None:
    assert [f"{name}:{node.name}" for name, node in _classes() if node.keywords] == []


def test_hot_classes_have_no_foreign_base() -> None:
    foreign = [
        f"{name}:{node.name}"
        for name, node in _classes()
        for base in node.bases
        if not BASES & {ast.unparse(base).split("[")[0]}
    ]
    assert foreign == []


def test_hot_classes_have_no_decorator_that_makes_another_class() -> None:
    assert [f"{name}:{node.name}" for name, node in _classes() if node.decorator_list] == []


def test_no_error_is_caught_first_as_a_compiled_class_and_then_as_another() -> None:
    """One name has one type in a compiled function: that of the first `except`, and the next one fails on it."""
    compiled = {node.name for _, node in _classes()}
    found: list[str] = []
    for name in HOT:
        for function in ast.walk(parsed(SRC / name)):
            if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            caught: dict[str, str] = {}
            for node in ast.walk(function):
                if isinstance(node, ast.ExceptHandler) and node.name and node.type:
                    kind = ast.unparse(node.type)
                    first = caught.setdefault(node.name, kind)
                    if first in compiled and kind != first:
                        found.append(f"{name}:{function.name}: {first}, then {kind}")
    assert found == []
