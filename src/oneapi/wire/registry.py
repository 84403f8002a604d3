"""The client dialects by name."""

from typing import Final

from oneapi.wire.anthropic import AnthropicClient
from oneapi.wire.dialect import ClientDialect
from oneapi.wire.openai import OpenAIClient

_DIALECTS: Final[dict[str, ClientDialect]] = {
    dialect.name: dialect for dialect in (OpenAIClient(), AnthropicClient())
}


def client_dialect(name: str) -> ClientDialect:
    """Return a client dialect; an unknown name is a mistake of ours."""
    return _DIALECTS[name]
