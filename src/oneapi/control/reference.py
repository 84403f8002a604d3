"""`/docs`: the API's description as a page to read. Plain HTML without scripts, made once out of `/api/openapi.json`."""

from collections.abc import Iterator
from functools import cache
from html import escape
from importlib.resources import files
from typing import Any, Final, cast

from fastapi import APIRouter, Request
from starlette.responses import Response

router = APIRouter(include_in_schema=False)

Document = dict[str, Any]

_POLICY: Final = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
_KEPT: Final = "no-cache"  # asked for again, and then mostly what was kept
_WRAPPERS: Final = ("Found_", "Rows_")  # what an answer's data stands in
_PLAIN: Final = ("Done", "Refusal")
_WHO: Final = {
    "": "anybody",
    "user": "whoever is signed in",
    "admin": "administrators and root",
    "root": "root",
}
_BOUNDS: Final = {
    "minimum": "from",
    "maximum": "to",
    "minLength": "at least",
    "maxLength": "at most",
    "maxItems": "at most",
}


@router.get("/docs")
@router.get("/docs/")
async def reference(request: Request) -> Response:
    """Answer the page; its links are relative, so that it may stand below any path."""
    here = "" if request.url.path.endswith("/") else "docs/"
    text = _page(request).replace("@HERE@", here).replace("@SITE@", "" if here else "../")
    return _kept(text, "text/html")


@router.get("/docs/style.css")
async def style(_: Request) -> Response:
    """Answer how the page looks."""
    return _kept(_style(), "text/css")


def _kept(text: str, media_type: str) -> Response:
    headers = {
        "Content-Security-Policy": _POLICY,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": _KEPT,
    }
    return Response(text, media_type=media_type, headers=headers)


@cache
def _style() -> str:
    return files("oneapi.control").joinpath("reference.css").read_text("utf-8")


def _page(request: Request) -> str:
    state = request.app.state
    if not hasattr(state, "reference"):
        state.reference = "".join(_pieces(request.app.openapi()))
    text: str = state.reference
    return text


def _pieces(document: Document) -> Iterator[str]:
    yield (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>API reference</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<link rel="stylesheet" href="@HERE@style.css"></head><body><main>'
        f"<h1>{escape(document['info']['title'])}: API reference</h1>"
    )
    for paragraph in document["info"]["description"].strip().split("\n\n"):
        yield f"<p>{_text(paragraph)}</p>"
    yield (
        '<p>For programs: <a href="@SITE@api/openapi.json">openapi.json</a>. What clients of the models use'
        " (<code>/v1</code>) are OpenAI's, Anthropic's and Gemini's own formats.</p>"
    )
    groups = _groups(document)
    links = (f'<a href="#{_anchor(tag)}">{escape(tag)}</a>' for tag in groups)
    yield f'<nav>{" ".join(links)} <a href="#shapes">shapes</a></nav>'
    for tag, operations in groups.items():
        yield f'<h2 id="{_anchor(tag)}">{escape(tag.capitalize())}</h2>'
        yield from (_operation(*operation) for operation in operations)
    yield '<h2 id="shapes">Shapes</h2>'
    for name, schema in document["components"]["schemas"].items():
        if not name.startswith(_WRAPPERS):
            yield _shape(name, schema)
    yield "</main></body></html>"


def _groups(document: Document) -> dict[str, list[tuple[str, str, Document]]]:
    groups: dict[str, list[tuple[str, str, Document]]] = {}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            groups.setdefault(operation["tags"][0], []).append((method, path, operation))
    return groups


def _operation(method: str, path: str, operation: Document) -> str:
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    answer = operation["responses"]["200"]["content"]["application/json"]["schema"]
    first = operation.get("description", "").strip()
    parts = [f"<p>{_text(first)}</p>"] if first else []
    parts.append(
        f"<p>Asked by: {'whoever is signed in' if operation.get('security') else 'anybody'}.</p>"
    )
    if parameters := operation.get("parameters"):
        rows = (
            _row(one["name"], one["schema"], one.get("description", ""), one.get("required", False))
            for one in parameters
        )
        parts.append(f"<h4>In path and query</h4><table>{''.join(rows)}</table>")
    if body:
        parts.append(f"<h4>Body</h4><p>{_kind(body['schema'])}</p>")
    parts.append(f"<h4>Answer</h4><p>{_answer(answer)}</p>")
    others = ", ".join(sorted(set(operation["responses"]) - {"200"}))
    parts.append(f"<p>Other statuses: {others}.</p>")
    return (
        f'<details id="{operation["operationId"]}"><summary><b class="{method}">{method.upper()}</b>'
        f" <code>{escape(path)}</code> {escape(_sentence(first) or operation['summary'])}</summary>"
        f"{''.join(parts)}</details>"
    )


def _answer(schema: Document) -> str:
    """Return what stands in `data`, and in other words what else may come."""
    kinds: list[str] = []
    for one in schema.get("anyOf", [schema]):
        name = str(one.get("$ref", "")).rpartition("/")[2]
        if name.startswith(_WRAPPERS):
            kinds.append(f"<code>data</code>: {_wrapped(name)}")
        elif name not in _PLAIN:
            kinds.append(_kind(one))
        elif name == "Done":
            kinds.append("no <code>data</code>")
    return " or ".join(kinds)


def _wrapped(name: str) -> str:
    """Return the kind that a generic model's name tells: `Rows_KeyView_`, `Found_list_KeyView__`."""
    wrapper, _, inner = name.partition("_")
    inner = inner.removesuffix("_")
    is_list = wrapper == "Rows"
    if inner.startswith("list_"):
        inner, is_list = inner.removeprefix("list_").removesuffix("_"), True
    told = _link(inner) if inner[:1].isupper() else f"<code>{escape(inner)}</code>"
    return f"list of {told}" if is_list else told


def _shape(name: str, schema: Document) -> str:
    required: list[str] = schema.get("required", [])
    rows = (
        _row(field, kind, kind.get("description", ""), field in required)
        for field, kind in schema.get("properties", {}).items()
    )
    told = _text(schema.get("description", ""))
    return f'<section id="{_anchor(name)}"><h3>{escape(name)}</h3><p>{told}</p><table>{"".join(rows)}</table></section>'


def _row(name: str, schema: Document, description: str, is_required: bool) -> str:
    needed = " <em>required</em>" if is_required else ""
    return f"<tr><th><code>{escape(name)}</code>{needed}</th><td>{_kind(schema)}</td><td>{_text(description)}</td></tr>"


def _kind(schema: Document) -> str:
    """Return a schema in a few words."""
    if "$ref" in schema:
        return _link(str(schema["$ref"]).rpartition("/")[2])
    if "anyOf" in schema:
        return " or ".join(_kind(one) for one in cast("list[Document]", schema["anyOf"]))
    if "enum" in schema:
        return ", ".join(f"<code>{escape(str(one))}</code>" for one in schema["enum"])
    if "const" in schema:
        return f"<code>{escape(str(schema['const']).lower())}</code>"
    kind = str(schema.get("type", "anything"))
    if kind == "array":
        return f"list of {_kind(schema.get('items', {}))}"
    bounds = [f"{word} {schema[name]}" for name, word in _BOUNDS.items() if name in schema]
    return escape(" ".join((kind, *bounds)))


def _link(name: str) -> str:
    return f'<a href="#{_anchor(name)}">{escape(name)}</a>'


def _anchor(name: str) -> str:
    return escape(name.replace(" ", "-"))


def _sentence(text: str) -> str:
    return text.partition("\n")[0].partition(". ")[0].removesuffix(".").replace("`", "")


def _text(text: str) -> str:
    """Return a description: what stands between backticks is code."""
    parts = escape(text).split("`")
    return "".join(
        f"<code>{part}</code>" if place % 2 else part for place, part in enumerate(parts)
    )
