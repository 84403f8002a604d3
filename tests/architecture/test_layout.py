"""The tree: one place for each kind of line, and nothing beside it."""

import ast
import re
import subprocess
import sys
from pathlib import Path

from tests.architecture.project import ROOT, SRC, modules, named, parsed

from oneapi.providers.registry import providers

PLACES = {
    "__init__.py",
    "__main__.py",
    "app",
    "config.py",
    "control",
    "errors.py",
    "ledger",
    "providers",
    "relay",
    "server",
    "store",
    "upstream",
    "web",
    "wire",
}
# Where anything may go wrong in ways nobody foresaw, and somebody must still be answered.
CATCH_ALL = {
    "src/oneapi/relay/relay.py",
    "src/oneapi/relay/express.py",  # called from a socket; hands the error to the front door
    "src/oneapi/control/app.py",
    "src/oneapi/upstream/response.py",  # called from a parser; hands the error on to who awaits
}
VENDORS = re.compile(
    r"azure|baidu|zhipu|xunfei|moonshot|deepseek|bedrock|vertex|cohere|mistral|groq|ollama|replicate|tencent|"
    r"minimax|coze|cloudflare|stepfun|novita|siliconflow|doubao|togetherai|baichuan|deepl\b|openrouter",
    re.IGNORECASE,
)
# Of the rows too, as whole words; not what is a dialect, a relative, a variable of One API's, or a plain word.
NO_VENDORS = {"openai", "anthropic", "gemini", "custom", "proxy", "new-api"}
SLUGS = sorted(row.slug for row in providers() if len(row.slug) > 4)
ROWS = re.compile(
    rf"(?<![a-z])(?:{'|'.join(slug for slug in SLUGS if slug not in NO_VENDORS)})(?![a-z])"
)
# Data about models and prices, whose names contain their vendors'.
VENDORS_ALLOWED = {
    "src/oneapi/ledger/catalogue.py",
    "src/oneapi/ledger/pricing.py",
    "src/oneapi/store/settings_table.py",  # the maker of a captcha
    "src/oneapi/web/policy.py",  # its address
    "src/oneapi/control/context.py",  # where it is asked
}


def _catches_all(node: ast.AST) -> bool:
    """Tell whether a handler swallows whatever comes; one that raises again only cleans up."""
    if not isinstance(node, ast.ExceptHandler) or isinstance(node.body[-1], ast.Raise):
        return False
    return node.type is None or any(
        isinstance(name, ast.Name) and name.id in {"Exception", "BaseException"}
        for name in ast.walk(node.type)
    )


def _docstrings(tree: ast.Module) -> set[ast.AST]:
    return {
        node.body[0].value
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }


def _vendors(path: Path) -> set[str]:
    tree = parsed(path)
    documents = _docstrings(tree)
    found: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=text) | ast.Attribute(attr=text) | ast.arg(arg=text):
                found |= {*VENDORS.findall(text), *ROWS.findall(text)}
            case ast.Constant(value=str(text)) if node not in documents:
                found |= {*VENDORS.findall(text), *ROWS.findall(text)}
            case _:
                pass
    return found


def test_the_package_has_only_the_known_places() -> None:
    found = {path.name for path in SRC.iterdir()} - {"__pycache__", "py.typed"}
    assert found - PLACES == set()


def test_everything_is_caught_in_two_places_only() -> None:
    found = {named(path) for path in modules() if any(map(_catches_all, ast.walk(parsed(path))))}
    assert found - CATCH_ALL == set()


def test_vendors_are_named_in_providers_only() -> None:
    elsewhere = [path for path in modules() if not path.is_relative_to(SRC / "providers")]
    found = {named(path): names for path in elsewhere if (names := _vendors(path))}
    assert {path: names for path, names in found.items() if path not in VENDORS_ALLOWED} == {}


def test_the_import_contracts_hold() -> None:
    lint = Path(sys.executable).with_name("lint-imports")
    run = subprocess.run([lint], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout[-3000:]
