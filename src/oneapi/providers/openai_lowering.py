"""A canonical chat made plain: what a vendor of OpenAI's dialect is sent when the client spoke another one.

The named extra fields of `wire.canonical` are said in OpenAI's words where there are some, kept where the vendor
`keeps` them, and dropped otherwise; what would change the meaning of the request is refused.
"""

from typing import Any, Final, cast

from oneapi.errors import InvalidRequest
from oneapi.providers.base import Document
from oneapi.providers.openai_edits import limit_name
from oneapi.providers.openai_messages import fitting_name, plain_messages
from oneapi.providers.openai_schemas import object_schema
from oneapi.providers.quirks import Quirks
from oneapi.wire.shapes import section

MAX_USER: Final = 64  # characters; OpenAI refuses a longer `user`
_EFFORT_BUDGETS: Final = ((4096, "low"), (16_384, "medium"))
_UNSAID_TOOLS: Final = (
    "tool_search_tool_",
)  # finds tools in a long list; here all of them are given
_SAID_OTHERWISE: Final = frozenset(
    {
        "anthropic",
        "max_tokens",
        "messages",
        "output_config",
        "parallel_tool_calls",
        "reasoning_effort",
        "thinking",
        "tool_choice",
        "tools",
        "top_k",
        "user",
    }
)
# What a client's wishes become that a vendor may refuse: the answer is the same without them, or nearly.
HINTS: Final = ("parallel_tool_calls", "reasoning", "reasoning_effort", "thinking", "user")


def lowered(document: Document, quirks: Quirks) -> Document:
    """Return a copy of the document that the vendor understands."""
    rest = section(document.get("anthropic"))
    _check_anthropics(rest)
    plain = {name: value for name, value in document.items() if name not in _SAID_OTHERWISE}
    plain["messages"] = plain_messages(document["messages"], quirks)
    if not plain.get("stop"):
        plain.pop("stop", None)  # an empty list is refused
    _equip(document, plain, quirks)
    _check_stops(document, quirks)
    user = document.get("user")
    if "user" in quirks.keeps and user and len(str(user)) <= MAX_USER:
        plain["user"] = user
    _think(document, plain, quirks)
    if not quirks.samples:
        plain.pop("temperature", None)
        plain.pop("top_p", None)
    name = limit_name(quirks)
    if name and "max_tokens" in document:
        plain[name] = document["max_tokens"]
    for name in HINTS:
        if name in quirks.omits:
            plain.pop(name, None)
    return plain


def _check_anthropics(rest: Document) -> None:
    """Refuse what of Anthropic's would be another request without it: its servers, its memory of a chat, its summary."""
    remembers = section(rest.get("thread")).get("type") == "continue"
    asked = {
        "mcp_servers": rest.get("mcp_servers"),
        "compaction": rest.get("compaction"),
        "thread": remembers,
    }
    for name, value in asked.items():
        if value:
            raise InvalidRequest(f"`{name}` is not supported by this provider", param=name)


def _equip(document: Document, plain: Document, quirks: Quirks) -> None:
    """Say the tools, and how they may be used if there are any."""
    found = (
        _tool(tool, f"tools[{i}]", quirks.keeps)
        for i, tool in enumerate(document.get("tools") or ())
    )
    tools = [tool for tool in found if tool is not None]
    if not tools:
        return
    plain["tools"] = tools
    for name in ("tool_choice", "parallel_tool_calls"):
        if name in document:
            plain[name] = document[name]
    chosen = section(section(document.get("tool_choice")).get("function")).get("name")
    if isinstance(chosen, str):
        plain["tool_choice"] = {"type": "function", "function": {"name": fitting_name(chosen)}}


def _tool(tool: Document, where: str, keeps: frozenset[str]) -> Document | None:
    if tool.get("type") == "function":
        function: Document = dict(tool["function"])
        function["name"] = fitting_name(function["name"])
        function["parameters"] = object_schema(function.get("parameters"))
        plain: Document = {"type": "function", "function": function}
        if "cache_control" in keeps and "cache_control" in tool:
            plain["cache_control"] = tool["cache_control"]
        return plain
    if str(tool.get("type")).startswith(_UNSAID_TOOLS):
        return None
    raise InvalidRequest(
        f"`{where}.type`: this provider has no tool of type {tool.get('type')!r}",
        param=f"{where}.type",
    )


def _check_stops(document: Document, quirks: Quirks) -> None:
    """Refuse more stop sequences than the vendor takes: without one of them the answer would be another."""
    stops = document.get("stop")
    count = len(cast("list[Any]", stops)) if isinstance(stops, list) else 0
    if quirks.max_stops and count > quirks.max_stops:
        raise InvalidRequest(
            f"`stop_sequences`: this provider takes at most {quirks.max_stops}, not {count}",
            param="stop_sequences",
        )


def _think(document: Document, plain: Document, quirks: Quirks) -> None:
    """Say how much is to be thought, in the vendor's words."""
    thinking = section(document.get("thinking"))
    kind = thinking.get("type")
    effort = document.get("reasoning_effort")
    if effort is None and kind == "enabled":
        budget = thinking.get("budget_tokens")
        effort = next(
            (name for limit, name in _EFFORT_BUDGETS if isinstance(budget, int) and budget < limit),
            "high",
        )
    word = quirks.effort(effort) if isinstance(effort, str) else None
    if "reasoning" in quirks.keeps:
        if kind == "disabled":
            plain["reasoning"] = {"enabled": False}
        elif effort or thinking:
            plain["reasoning"] = {"effort": word or effort} if effort else {"enabled": True}
        return
    if "thinking" in quirks.keeps and kind in ("enabled", "disabled", "adaptive"):
        plain["thinking"] = {"type": "disabled" if kind == "disabled" else "enabled"}
        if not isinstance(document.get("reasoning_effort"), str):
            return  # the switch says it all
    if word is not None and kind != "disabled":
        plain["reasoning_effort"] = word
