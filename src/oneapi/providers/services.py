"""The services of a row in few words: where vendors of a dialect have their endpoints.

Templates of `{base}`, to be filled in by `urls`. A dialect's own paths are those that its clients use (`wire.endpoints`).
"""

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from oneapi.providers.provider import Service, Services
from oneapi.wire.endpoints import ANTHROPIC, OPENAI, PATHS, Endpoint

# By dialect and endpoint, the path under the version: the first one that clients have.
_TAILS: Final[dict[str, dict[Endpoint, str]]] = {
    dialect: {
        path.endpoint: path.path.removeprefix("/v1")
        for path in reversed(PATHS)
        if path.dialect == dialect
    }
    for dialect in (OPENAI, ANTHROPIC)
}


@lru_cache(maxsize=256)  # many vendors have the same
def served(
    prefix: str, *endpoints: Endpoint, dialect: str = OPENAI, query: str = "", auth: str = ""
) -> Services:
    """Return some endpoints of a dialect under a prefix, all that it has when none is named."""
    tails = _TAILS[dialect]
    named = endpoints or tuple(Endpoint(name) for name in Endpoint if name in tails)
    return MappingProxyType(
        {
            name: (Service(f"{{base}}{prefix}{tails[name]}{query}", dialect, prefix, auth=auth),)
            for name in named
        }
    )


def served_at(paths: Mapping[Endpoint, str], dialect: str = OPENAI) -> Services:
    """Return endpoints that a vendor has at paths of its own."""
    return {endpoint: (Service(path, dialect),) for endpoint, path in paths.items()}


def faces(*several: Services) -> Services:
    """Return what a vendor with several faces serves; where two have the same endpoint, the first one's comes first."""
    found: dict[Endpoint, tuple[Service, ...]] = {}
    for services in several:
        for endpoint, ways in services.items():
            found[endpoint] = (*found.get(endpoint, ()), *ways)
    return MappingProxyType(found)
