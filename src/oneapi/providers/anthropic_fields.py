"""Names of fields in a chat that Anthropic's Messages API has no place for: `anthropic_unknown.json`.

It refuses a request with any field that it does not know ("Extra inputs are not permitted"), while clients have one set of
fields for all vendors. What is in no list travels, so that Anthropic's new fields can be used at once.
"""

from functools import lru_cache
from importlib.resources import files
from typing import Final

import msgspec

# Said in Anthropic's own words (`anthropic_request`), wherever there are some.
CONVERTED: Final = frozenset(
    {
        "anthropic",
        "function_call",
        "functions",
        "max_completion_tokens",
        "messages",
        "n",
        "output_config",
        "parallel_tool_calls",
        "reasoning_effort",
        "response_format",
        "stop",
        "thinking",
        "tool_choice",
        "tools",
        "user",
        "web_search_options",
    }
)


class _Unknown(msgspec.Struct):
    fields: dict[str, list[str]]


@lru_cache(maxsize=1)
def unknown_fields() -> dict[str, tuple[str, ...]]:
    """Return the names of fields by who knows them."""
    data = files("oneapi.providers").joinpath("anthropic_unknown.json").read_bytes()
    found = msgspec.json.decode(data, type=_Unknown)
    return {owner: tuple(names) for owner, names in found.fields.items()}


@lru_cache(maxsize=1)
def unsaid() -> frozenset[str]:
    """Return the names of all fields that are not sent under their own name."""
    return CONVERTED.union(*unknown_fields().values())
