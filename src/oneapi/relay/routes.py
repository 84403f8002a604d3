"""The `/v1` paths: what each is, in which dialect its client speaks, and how tolerant we are of its spelling."""

import re
from collections.abc import Mapping
from enum import StrEnum
from functools import lru_cache
from typing import Final

from oneapi.errors import MethodNotAllowed, NotFound
from oneapi.wire.dialect import ClientDialect
from oneapi.wire.endpoints import (
    ANTHROPIC,
    OPENAI,
    PATHS,
    ClientPath,
    Endpoint,
    Unit,
    charged_by,
    client_path,
)
from oneapi.wire.registry import client_dialect

_CHAT: Final = client_path(OPENAI, Endpoint.CHAT)
_ANTHROPIC: Final = client_dialect(ANTHROPIC)
_ANTHROPIC_HEADER: Final = b"anthropic-version"  # which its clients always send, and no others


class Kind(StrEnum):
    """What has to be done for a path."""

    RELAY = "relay"
    COUNT = "count"
    MODELS = "models"
    MODEL = "model"
    SUBSCRIPTION = "subscription"
    CONSUMPTION = "consumption"
    PROXY = "proxy"
    STUB = "stub"


class Route:
    """A path, resolved.

    `asked`: what it stands for. `argument` is the variable part of it (a model, or a channel and a path).
    """

    __slots__ = ("argument", "asked", "client", "endpoint", "kind", "methods")

    def __init__(
        self,
        kind: Kind,
        *,
        methods: tuple[str, ...] = ("POST",),
        asked: ClientPath = _CHAT,
        argument: str = "",
    ) -> None:
        self.kind: Final = kind
        self.methods: Final = methods
        self.asked: Final = asked
        self.endpoint: Final = asked.endpoint
        self.client: Final = client_dialect(asked.dialect)
        self.argument: Final = argument


_FREE: Final = charged_by(Unit.NOTHING)


def _route(path: ClientPath, argument: str = "") -> Route:
    kind = Kind.COUNT if path.endpoint in _FREE else Kind.RELAY
    return Route(kind, asked=path, argument=argument)


_EXACT: Final[dict[str, Route]] = {
    path.path: _route(path) for path in PATHS if "{model}" not in path.path
} | {
    "/v1/models": Route(Kind.MODELS, methods=("GET",)),
    "/dashboard/billing/subscription": Route(Kind.SUBSCRIPTION, methods=("GET",)),
    "/dashboard/billing/usage": Route(Kind.CONSUMPTION, methods=("GET",)),
    "/v1/dashboard/billing/subscription": Route(Kind.SUBSCRIPTION, methods=("GET",)),
    "/v1/dashboard/billing/usage": Route(Kind.CONSUMPTION, methods=("GET",)),
}
_ANY = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD")
_WITH_MODEL: Final = [
    (re.compile(path.path.replace("{model}", "(?P<model>.+)")), path)
    for path in PATHS
    if "{model}" in path.path
]
_PROXY = re.compile(r"/v1/oneapi/proxy/(?P<target>[^/]+/?.*)")
_MODEL = re.compile(r"/v1/models/(?P<model>.+)")
# OpenAI paths that One API knows and does not serve (its list, early 2025).
_STUB = re.compile(r"/v1/(files|fine_tuning/jobs|assistants|threads)(/.*)?")
_LONGEST_KEPT: Final = 512
_REPEATED_VERSION = re.compile(r"^(/v1)+(?=/v1/)")


def resolve(method: str, path: str) -> Route:
    """Return the route of a request; raise `NotFound` or `MethodNotAllowed`."""
    route = _EXACT.get(path)
    if route is None:
        route = _kept(path) if len(path) <= _LONGEST_KEPT else _resolve(path)
    if route is None:
        raise NotFound(f"Invalid URL ({method} {path})", code="unknown_url")
    if method not in route.methods:
        if method == "HEAD" and "GET" in route.methods:
            return route
        if route.kind is Kind.MODEL and method == "DELETE":
            return Route(Kind.STUB, methods=_ANY)
        raise MethodNotAllowed(
            f"{method} is not allowed on {path}; use {' or '.join(route.methods)}", route.methods
        )
    return route


def spoken_by(headers: Mapping[bytes, bytes], route: Route) -> ClientDialect:
    """Return the dialect that a client speaks: on paths that two dialects share, its headers say it."""
    shared = route.kind is Kind.MODELS or route.kind is Kind.MODEL
    return _ANTHROPIC if shared and _ANTHROPIC_HEADER in headers else route.client


def _resolve(path: str) -> Route | None:
    if match := _PROXY.fullmatch(path):
        return Route(Kind.PROXY, methods=_ANY, argument=match["target"])
    path = _normal(path)
    if path in _EXACT:
        return _EXACT[path]
    for pattern, found in _WITH_MODEL:
        if match := pattern.fullmatch(path):
            return _route(found, match["model"])
    if match := _MODEL.fullmatch(path):
        return Route(Kind.MODEL, methods=("GET",), argument=match["model"])
    if _STUB.fullmatch(path):
        return Route(Kind.STUB, methods=_ANY)
    return None


_kept: Final = lru_cache(maxsize=1024)(_resolve)


def _normal(path: str) -> str:
    """Forgive what users paste: doubled or missing `/v1`, doubled and trailing slashes."""
    path = re.sub(r"/{2,}", "/", path).rstrip("/")
    path = _REPEATED_VERSION.sub("", path)
    if not path.startswith(("/v1/", "/dashboard/")) and f"/v1{path}" in _EXACT:
        return f"/v1{path}"
    return path
