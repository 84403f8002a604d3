"""A canonical chat made plain: what a vendor of OpenAI's dialect is sent when the client spoke another one.

The named extra fields of `wire.canonical` are said in OpenAI's words where there are some, kept where the vendor's row
`accepts` them, and dropped otherwise; what would change the meaning of the request is refused.
"""

import re
from typing import Any, Final, cast

from oneapi.errors import InvalidRequest
from oneapi.providers.base import Call, Document
from oneapi.wire.canonical import EXTRA_MESSAGE_FIELDS
from oneapi.wire.shapes import section

_TAKES_USER: Final = frozenset({"openai", "azure", "openrouter"})  # others refuse it, or ignore it
MAX_USER: Final = 64  # characters; OpenAI refuses a longer `user`
_REASONING_MODELS: Final = re.compile(r"(^|/)(o\d|gpt-5|gpt-6|gpt-oss|codex)")
_EFFORT_BUDGETS: Final = ((4096, "low"), (16_384, "medium"))
_UNSAID_TOOLS: Final = (
    "tool_search_tool_",
)  # finds tools in a long list; here all of them are given
_TOOL_IMAGE: Final = "What tool call {} returned besides its text:"


def lowered(call: Call, document: Document) -> Document:
    """Return a copy of the document that the vendor understands."""
    accepts = call.target.provider.accepts
    rest = section(document.get("anthropic"))
    if rest.get("mcp_servers"):
        raise InvalidRequest("`mcp_servers` is not supported by this provider", param="mcp_servers")
    dropped = {
        "anthropic",
        "thinking",
        "output_config",
        "reasoning_effort",
        "top_k",
        "tools",
        "messages",
    }
    plain = {name: value for name, value in document.items() if name not in dropped}
    plain["messages"] = _messages(document["messages"], accepts)
    if "tools" in document:
        tools = [
            plain_tool
            for i, tool in enumerate(document["tools"])
            if (plain_tool := _tool(tool, f"tools[{i}]", accepts)) is not None
        ]
        if tools:
            plain["tools"] = tools
        else:
            plain.pop("tool_choice", None)
            plain.pop("parallel_tool_calls", None)
    slug = call.target.provider.slug
    if slug not in _TAKES_USER or len(str(plain.get("user") or "")) > MAX_USER:
        plain.pop("user", None)
    _think(call, document, plain, accepts)
    return plain


def _think(call: Call, document: Document, plain: Document, accepts: frozenset[str]) -> None:
    thinking = section(document.get("thinking"))
    effort = document.get("reasoning_effort")
    if effort is None and thinking.get("type") == "enabled":
        budget = thinking.get("budget_tokens")
        effort = next(
            (name for limit, name in _EFFORT_BUDGETS if isinstance(budget, int) and budget < limit),
            "high",
        )
    if effort == "max":
        effort = "xhigh"
    if "reasoning" in accepts and (effort or thinking):
        plain["reasoning"] = {"effort": effort} if effort else {"enabled": True}
        if thinking.get("type") == "disabled":
            plain["reasoning"] = {"enabled": False}
    elif "thinking" in accepts and thinking.get("type") in ("enabled", "disabled", "adaptive"):
        plain["thinking"] = {"type": "disabled" if thinking["type"] == "disabled" else "enabled"}
    elif isinstance(effort, str) and _REASONING_MODELS.search(call.model):
        plain["reasoning_effort"] = effort
    if "max_tokens" in plain and takes_completion_limit(call):
        plain["max_completion_tokens"] = plain.pop("max_tokens")
        plain.pop("temperature", None)
        plain.pop("top_p", None)


def takes_completion_limit(call: Call) -> bool:
    """Say whether the model refuses `max_tokens`, and sampling parameters: OpenAI's reasoning models."""
    is_openai = call.target.provider.slug in {"openai", "azure"}
    return is_openai and _REASONING_MODELS.search(call.model) is not None


def _messages(messages: list[Document], accepts: frozenset[str]) -> list[Document]:
    plain: list[Document] = []
    waiting: list[Document] = []  # images of tool results: they can only follow the last of them
    for i, message in enumerate(messages):
        if message["role"] != "tool" and waiting:
            plain.append({"role": "user", "content": waiting})
            waiting = []
        where = f"messages[{i}]"
        if message["role"] == "tool":
            plain.append(_tool_message(message, waiting, where))
            continue
        lowered_message = {k: v for k, v in message.items() if k not in EXTRA_MESSAGE_FIELDS}
        lowered_message["content"] = _content(message, where, accepts)
        if message["role"] == "assistant":
            _assistant(message, lowered_message, accepts)
        plain.append(lowered_message)
    if waiting:
        plain.append({"role": "user", "content": waiting})
    return plain


def _assistant(message: Document, plain: Document, accepts: frozenset[str]) -> None:
    if "reasoning_content" not in accepts:
        plain.pop("reasoning_content", None)
    if "reasoning_details" in accepts and message.get("thinking_blocks"):
        plain["reasoning_details"] = [
            _detail(i, b) for i, b in enumerate(message["thinking_blocks"])
        ]
    if message.get("tool_calls"):
        plain["tool_calls"] = [
            {k: call[k] for k in ("id", "type", "function") if k in call}
            for call in message["tool_calls"]
        ]
    elif plain["content"] is None:
        plain["content"] = ""


def _detail(index: int, block: Document) -> Document:
    """Return OpenRouter's form of a thinking block."""
    shape = {"format": "anthropic-claude-v1", "index": index}
    if block["type"] == "redacted_thinking":
        return {"type": "reasoning.encrypted", "data": block.get("data"), **shape}
    text = {"text": block.get("thinking", ""), "signature": block.get("signature", "")}
    return {"type": "reasoning.text", **text, **shape}


def _content(message: Document, where: str, accepts: frozenset[str]) -> Any:
    content = message.get("content")
    if not isinstance(content, list):
        return content
    keeps_marks = "cache_control" in accepts
    parts = [
        _part(section(part), f"{where}.content[{i}]", keeps_marks)
        for i, part in enumerate(cast("list[object]", content))
    ]
    if any(part["type"] != "text" or len(part) > 2 for part in parts):
        return parts
    if not parts and message["role"] == "assistant":
        return None
    # Many vendors take a list only where there are images.
    return ("" if message["role"] == "assistant" else "\n\n").join(part["text"] for part in parts)


def _part(part: Document, where: str, keeps_marks: bool) -> Document:
    mark = (
        {"cache_control": part["cache_control"]} if keeps_marks and "cache_control" in part else {}
    )
    match part.get("type"):
        case "text":
            return {"type": "text", "text": part["text"], **mark}
        case "image_url":
            return {"type": "image_url", "image_url": part["image_url"], **mark}
        case "document":
            return {**_document(part, where), **mark}
        case "search_result":
            texts = [str(section(block).get("text", "")) for block in part.get("content") or ()]
            head = f"{part.get('title', '')} ({part.get('source', '')})"
            return {"type": "text", "text": "\n".join([head, *texts]), **mark}
        case "tool_reference":
            return {"type": "text", "text": f"tool: {part.get('tool_name', '')}"}
        case "file" | "input_audio" | "video_url":
            return part
        case kind:
            raise InvalidRequest(
                f"`{where}`: this provider takes no part of type {kind!r}", param=where
            )


def _document(part: Document, where: str) -> Document:
    source = section(part.get("source"))
    match source.get("type"):
        case "text":
            title = f"{part['title']}\n\n" if part.get("title") else ""
            return {"type": "text", "text": f"{title}{source.get('data', '')}"}
        case "base64":
            url = f"data:{source.get('media_type')};base64,{source.get('data')}"
            file = {"filename": part.get("title") or "document.pdf", "file_data": url}
            return {"type": "file", "file": file}
        case kind:
            raise InvalidRequest(
                f"`{where}.source.type`: this provider takes no document of source {kind!r}",
                param=f"{where}.source.type",
            )


def _tool_message(message: Document, waiting: list[Document], where: str) -> Document:
    content = message.get("content")
    call_id = message.get("tool_call_id", "")
    if isinstance(content, list):
        parts = [
            _part(section(part), f"{where}.content[{i}]", keeps_marks=False)
            for i, part in enumerate(cast("list[object]", content))
        ]
        others = [part for part in parts if part["type"] != "text"]
        if others:
            waiting += [{"type": "text", "text": _TOOL_IMAGE.format(call_id)}, *others]
        content = "\n\n".join(part["text"] for part in parts if part["type"] == "text")
    if not content and message.get("is_error"):
        content = "The tool failed."
    return {"role": "tool", "tool_call_id": call_id, "content": content or ""}


def _tool(tool: Document, where: str, accepts: frozenset[str]) -> Document | None:
    if tool.get("type") == "function":
        mark = {"cache_control": tool["cache_control"]} if "cache_control" in tool else {}
        plain = {"type": "function", "function": tool["function"]}
        return {**plain, **mark} if "cache_control" in accepts else plain
    if str(tool.get("type")).startswith(_UNSAID_TOOLS):
        return None
    raise InvalidRequest(
        f"`{where}.type`: this provider has no tool of type {tool.get('type')!r}",
        param=f"{where}.type",
    )
