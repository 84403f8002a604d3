"""The API described in OpenAPI: what FastAPI finds in the routes, with our refusals instead of its own."""

import re
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

INTRODUCTION = """The management API: One API's contract, and what stands beside it for the page and for scripts.

A business error is HTTP 200 with `success: false`, a `message` in the language of `Accept-Language`, a stable `code`, and
`field` where a field is wrong. Send an access token as `Authorization: Bearer …`, or the cookie that signing in sets. Paths
may end with a slash or not. Lists are One API's (`p` from 0, ten rows) unless `size` is given; then they are sorted,
filtered, and answer `total` (exact where `total_is_exact`) and `next_cursor`.
"""


def operation_id(route: APIRoute) -> str:
    """Return a stable name of a route: its method and path in words."""
    words = re.findall(r"\w+", route.path.removeprefix("/api").replace(":int", ""))
    method = sorted(route.methods or {"GET"})[0].lower()
    return "_".join((method, *words))


def describe(app: FastAPI) -> None:
    """Have the application describe itself this way, once, when it is first asked."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _described(app)
        return app.openapi_schema

    app.openapi = openapi


def _described(app: FastAPI) -> dict[str, Any]:
    document = get_openapi(
        title=app.title,
        version="1",  # of the contract, not of the program
        description=INTRODUCTION,
        routes=app.routes,
    )
    for operations in document["paths"].values():
        for operation in operations.values():
            operation["responses"].pop("422", None)
    schemas = document["components"]["schemas"]
    schemas.pop("HTTPValidationError", None)
    schemas.pop("ValidationError", None)
    return document
