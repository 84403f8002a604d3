"""Where vendors of a dialect have their endpoints: templates of `{base}`, to be filled in by `urls`."""

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from oneapi.wire.endpoints import ROWS, Endpoint

Paths = Mapping[Endpoint, str]

_OPENAI: Final = {row.endpoint: row.suffix for row in ROWS.values() if row.suffix}
_ANTHROPIC: Final = {
    Endpoint.CHAT: "/messages",
    Endpoint.COUNT_TOKENS: "/messages/count_tokens",
}


@lru_cache(maxsize=256)  # many vendors have the same
def paths(prefix: str, *endpoints: Endpoint, query: str = "", dialect: str = "openai") -> Paths:
    """Return the templates of some endpoints, of all of the dialect when none is named."""
    tails = _ANTHROPIC if dialect == "anthropic" else _OPENAI
    served = endpoints or tuple(tails)
    return MappingProxyType({name: f"{{base}}{prefix}{tails[name]}{query}" for name in served})
