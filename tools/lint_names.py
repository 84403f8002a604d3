"""Names that say nothing, or the wrong thing, in modules, classes and functions; and the bare word "token".

`python tools/lint_names.py FOLDER…` prints what it finds and exits with 1 if there is anything.
"""

import ast
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

BANNED = frozenset(
    {"util", "utils", "helper", "helpers", "manager", "managers", "handler", "handlers"}
) | frozenset({"processor", "processors", "common", "misc", "data", "info", "infos"})
BANNED_BEGINNINGS = ("do_", "base_")
ALLOWED_FILES = ("providers/base.py",)
# Names that a library calls: asyncio's and uvicorn's protocols, http.server's, aiosmtpd's.
GIVEN = frozenset(
    {
        "data_received",
        "timeout_keep_alive_handler",
        "get_extra_info",
        "do_GET",
        "do_POST",
        "do_HEAD",
        "handle_DATA",
    }
)
# Words of the trade that contain a banned one.
TERMS = re.compile(r"base_?url|data_?url", re.IGNORECASE)
_WORDS = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")


def is_empty_name(name: str) -> bool:
    """Tell whether a name contains a word that says nothing."""
    if name in GIVEN or name.startswith(
        "test_"
    ):  # a test is a sentence, in which such words do say something
        return False
    name = TERMS.sub("", name)
    words = {word.lower() for word in _WORDS.findall(name)}
    return bool(words & BANNED) or name.lstrip("_").startswith(BANNED_BEGINNINGS)


def _assigned(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name):
            yield name
        case ast.Attribute(attr=name, ctx=ast.Store()):
            yield name
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case _:
            return


def problems_in(path: str, source: str) -> list[str]:
    """Return one sentence for each name in a file that breaks a rule."""
    found: list[str] = []
    stem = Path(path).stem
    if is_empty_name(stem) and not path.endswith(ALLOWED_FILES):
        found.append(f"{path}: the module's name {stem!r} says nothing")
    for node in ast.walk(ast.parse(source)):
        line = getattr(node, "lineno", 0)
        if isinstance(
            node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
        ) and is_empty_name(node.name):
            found.append(f"{path}:{line}: the name {node.name!r} says nothing")
        found += [
            f"{path}:{line}: {name!r} could be a key or a piece of text: say which"
            for name in _assigned(node)
            if name.strip("_").lower() == "token"
        ]
    return found


def problems(folders: Iterable[str]) -> list[str]:
    """Return the problems of every Python file below the folders."""
    files = sorted(path for folder in folders for path in Path(folder).rglob("*.py"))
    return [line for path in files for line in problems_in(str(path), path.read_text("utf-8"))]


if __name__ == "__main__":
    lines = problems(sys.argv[1:])
    print("\n".join(lines) if lines else "names: ok")
    sys.exit(bool(lines))
