"""OpenAI's documented rules for a chat request, as strict as its API: a double for tests.

Sources: https://platform.openai.com/docs/api-reference/chat/create, …/docs/guides/function-calling and the texts of its
refusals ("must be followed by tool messages responding to each 'tool_call_id'", "messages with role 'tool' must be a
response to a preceding message with 'tool_calls'", "string too long. Expected a string with maximum length 40", "schema
must have type 'object'", "'parallel_tool_calls' is only allowed when 'tools' are specified") (read 2026-11-26).
"""

import json
import re
from collections.abc import Iterator
from typing import Any, cast

NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
ROLES = {"system", "developer", "user", "assistant", "tool"}
FIELDS = {
    "system": {"role", "content", "name"},
    "developer": {"role", "content", "name"},
    "user": {"role", "content", "name"},
    "assistant": {"role", "content", "name", "refusal", "audio", "tool_calls"},
    "tool": {"role", "content", "tool_call_id"},
}
PARTS = {"text", "image_url", "input_audio", "file", "refusal"}
ALTERNATIVES = {"oneOf", "anyOf", "allOf", "enum", "not"}


def violations(document: dict[str, Any]) -> list[str]:
    """Return what OpenAI would refuse."""
    return [
        *_fields(document),
        *_tools(document),
        *_order(document["messages"]),
        *(
            f"messages[{i}]: {problem}"
            for i, m in enumerate(document["messages"])
            for problem in _message(m)
        ),
    ]


def _fields(document: dict[str, Any]) -> Iterator[str]:
    if {"max_tokens", "max_completion_tokens"} <= document.keys():
        yield "both limits"
    if "stream_options" in document and not document.get("stream"):
        yield "stream_options without stream"
    stop: Any = document.get("stop")
    if isinstance(stop, list) and len(cast("list[Any]", stop)) > 4:
        yield "more than 4 stop sequences"
    if len(document.get("user", "")) > 64:
        yield "user is too long"


def _tools(document: dict[str, Any]) -> Iterator[str]:
    tools = document.get("tools")
    if tools is None:
        yield from (
            f"{n} without tools" for n in ("tool_choice", "parallel_tool_calls") if n in document
        )
        return
    if not tools:
        yield "tools is empty"
    for i, tool in enumerate(tools):
        schema = tool["function"].get("parameters", {"type": "object", "properties": {}})
        if not NAME.fullmatch(tool["function"]["name"]):
            yield f"tools[{i}]: name"
        if schema.get("type") != "object" or not isinstance(schema.get("properties"), dict):
            yield f"tools[{i}]: no object, or no properties"
        if ALTERNATIVES & schema.keys():
            yield f"tools[{i}]: alternatives at the top"


def _order(messages: list[dict[str, Any]]) -> Iterator[str]:
    if not messages:
        yield "no messages"
    waiting: set[str] = set()
    for i, message in enumerate(messages):
        if message["role"] == "tool":
            if message.get("tool_call_id") not in waiting:
                yield f"messages[{i}]: a result without a call before it"
            waiting.discard(message.get("tool_call_id", ""))
            continue
        if waiting:
            yield f"messages[{i}]: calls {sorted(waiting)} are not answered"
        waiting = {call["id"] for call in message.get("tool_calls", ())}
    if waiting:
        yield f"at the end: calls {sorted(waiting)} are not answered"


def _message(message: dict[str, Any]) -> Iterator[str]:
    role = message["role"]
    if role not in ROLES:
        yield f"role {role!r}"
        return
    yield from (f"unknown field {name!r}" for name in message.keys() - FIELDS[role])
    content: Any = message.get("content")
    if content is None and not message.get("tool_calls"):
        yield "content is null"
    elif isinstance(content, list):
        yield from _content(cast("list[Any]", content), role)
    elif content is not None and not isinstance(content, str):
        yield "content is neither text nor parts"
    calls = message.get("tool_calls")
    if calls is not None:
        yield from _calls(calls)


def _content(parts: list[Any], role: str) -> Iterator[str]:
    if not parts:
        yield "content is an empty array"
    for part in parts:
        if part["type"] not in (PARTS if role == "user" else {"text", "refusal"}):
            yield f"part of type {part['type']!r}"
        if part.keys() != {"type", part["type"]}:
            yield f"fields of a part: {sorted(part)}"


def _calls(calls: list[Any]) -> Iterator[str]:
    if not calls:
        yield "tool_calls is an empty array"
    if len({call["id"] for call in calls}) < len(calls):
        yield "ids of calls are not unique"
    for call in calls:
        if call.keys() != {"id", "type", "function"} or call["type"] != "function":
            yield f"fields of a call: {sorted(call)}"
        if not 1 <= len(call["id"]) <= 40:
            yield "length of a call's id"
        if not NAME.fullmatch(call["function"]["name"]):
            yield "name of a call"
        if not isinstance(json.loads(call["function"]["arguments"]), dict):
            yield "arguments are no object"
