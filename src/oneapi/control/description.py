"""The API described in OpenAPI: what FastAPI finds in the routes, with our refusals instead of its own."""

import re
from typing import Any, Final

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from oneapi.control.identity import Demand, signed_in
from oneapi.control.sign_in.session import COOKIE
from oneapi.store.enums import Role

INTRODUCTION = """The management API: One API's contract, and what stands beside it for the page and for scripts.

A business error is HTTP 200 with `success: false`, a `message` in the language of `Accept-Language`, a stable `code`, and
`field` where a field is wrong. Send an access token as `Authorization: Bearer …`, or the cookie that signing in sets. Paths
may end with a slash or not. Lists are One API's (`p` from 0, ten rows) unless `size` is given; then they are sorted,
filtered, and answer `total` (exact where `total_is_exact`) and `next_cursor`.
"""


_SECURITY: Final = {
    "access_token": {
        "type": "http",
        "scheme": "bearer",
        "description": "An access token, from `POST /api/user/token`; `Bearer ` may be left out.",
    },
    "session": {"type": "apiKey", "in": "cookie", "name": COOKIE},
}
_ROLES: Final = {
    Role.GUEST: "user",  # even one who has the default password still
    Role.COMMON: "user",
    Role.ADMIN: "admin",
    Role.ROOT: "root",
}
_UNKNOWN_PATH: Final = {
    "title": "UnknownPath",
    "description": "What `/v1` and `/api` answer to a path that they do not have, in OpenAI's shape.",
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["message", "type", "param", "code"],
            "properties": {
                name: {"type": "string"} for name in ("message", "type", "param", "code")
            },
        }
    },
}


def operation_id(route: APIRoute) -> str:
    """Return a stable name of a route: its method and path in words."""
    words = re.findall(r"\w+", route.path.removeprefix("/api").replace(":int", ""))
    method = sorted(route.methods or {"GET"})[0].lower()
    return "_".join((method, *words))


def describe(app: FastAPI) -> None:
    """Have the application describe its routes this way, once, when it is first asked."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _described(app)
        return app.openapi_schema

    app.openapi = openapi


def _described(app: FastAPI) -> dict[str, Any]:
    routes = [route for route in app.routes if isinstance(route, APIRoute)]
    for route in routes:
        route.operation_id = operation_id(route)
    document = get_openapi(
        title=app.title,
        version="1",  # of the contract, not of the program
        description=INTRODUCTION,
        routes=routes,
    )
    components = document["components"]
    for name in ("HTTPValidationError", "ValidationError"):
        components["schemas"].pop(name, None)
    components["schemas"]["UnknownPath"] = _UNKNOWN_PATH
    components["securitySchemes"] = _SECURITY
    for route in routes:
        if route.include_in_schema:
            for method in route.methods or ():
                _complete(document["paths"][route.path_format][method.lower()], route)
    return document


def _complete(operation: dict[str, Any], route: APIRoute) -> None:
    """Say of an operation who may ask for it, and what it may answer beside 200."""
    responses = operation["responses"]
    responses.pop("422", None)
    for content in responses["200"].get("content", {}).values():
        content["schema"].pop("title", None)  # FastAPI's, made of a function's name
    if _asks_who(route.dependant):
        operation["security"] = [{name: []} for name in _SECURITY]
        operation["x-role"] = _ROLES[_role(route.dependant)]
        responses["401"] = _refusal("Nobody is signed in, and no access token came.")
    if "{" in route.path_format:
        responses["404"] = _answer("The path's parameter is no such number.", "UnknownPath")
    if "requestBody" in operation:
        responses["413"] = _refusal("The body is too large.")
    if route.path == "/api/option" and "requestBody" in operation:
        responses["400"] = _refusal("The body is not JSON.")
    responses["429"] = {
        "description": "Too often from this address; `Retry-After` says how long to wait."
    }
    responses["503"] = _refusal(
        "The database is away, or the disk full; `Retry-After` says when to ask again."
    )


def _asks_who(dependant: Dependant) -> bool:
    return dependant.call is signed_in or any(map(_asks_who, dependant.dependencies))


def _role(dependant: Dependant) -> Role:
    own = dependant.call.role if isinstance(dependant.call, Demand) else Role.GUEST
    return max((own, *map(_role, dependant.dependencies)))


def _refusal(description: str) -> dict[str, Any]:
    return _answer(description, "Refusal")


def _answer(description: str, schema: str) -> dict[str, Any]:
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
    return {"description": description, "content": content}
