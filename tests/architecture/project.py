"""The project's files, for the tests of its shape."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]
SRC = ROOT / "src" / "oneapi"


def modules(folder: Path = SRC) -> list[Path]:
    """Return every Python file below a folder."""
    return sorted(folder.rglob("*.py"))


def named(path: Path) -> str:
    """Return a file's path as a person writes it."""
    return str(path.relative_to(ROOT))


def parsed(path: Path) -> ast.Module:
    """Return a file's syntax tree."""
    return ast.parse(path.read_text("utf-8"))
