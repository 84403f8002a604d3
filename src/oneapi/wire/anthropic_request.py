"""A request of Anthropic's Messages API in canonical form.

Nothing is lost: what OpenAI's chat has no word for is kept where `wire.canonical` says.
Source: https://platform.claude.com/docs/en/api/messages and the types of its Python SDK 2.12 (read 2026-11-21).
"""

from typing import Any, cast

from oneapi.errors import InvalidRequest
from oneapi.wire.anthropic_blocks import Block, message_of, part_of, without
from oneapi.wire.shapes import section

SCHEMA_NAME = "response"
_SAME = ("model", "stream", "temperature", "top_p", "top_k", "max_tokens", "thinking")
_CONVERTED = frozenset(
    {
        *_SAME,
        "stop_sequences",
        "system",
        "messages",
        "tools",
        "tool_choice",
        "output_config",
        "output_format",
        "metadata",
    }
)
_CHOICES = {"auto": "auto", "any": "required", "none": "none"}


def canonical_request(request: Block) -> Block:
    """Return the canonical document of a Messages request; raise `InvalidRequest` naming what is wrong."""
    rest = {name: value for name, value in request.items() if name not in _CONVERTED}
    document: Block = {name: request[name] for name in _SAME if name in request}
    document["messages"] = [*_system(request), *_messages(request)]
    document["anthropic"] = rest
    if "stop_sequences" in request:
        document["stop"] = request["stop_sequences"]
    if "tools" in request:
        tools = _list(request["tools"], "tools")
        document["tools"] = [_tool(tool, f"tools[{i}]") for i, tool in enumerate(tools)]
    if "tool_choice" in request:
        _choice(request["tool_choice"], document)
    output = _asked_output(request)
    if output is not None:
        _output(output, document)
    if "metadata" in request:
        metadata = section(request["metadata"])
        if isinstance(metadata.get("user_id"), str):
            document["user"] = metadata["user_id"]
        if metadata.keys() != {"user_id"} or "user" not in document:
            rest["metadata"] = request["metadata"]
    return document


def _list(value: object, where: str) -> list[object]:
    if not isinstance(value, list):
        raise InvalidRequest(f"`{where}` must be an array", param=where)
    return cast("list[object]", value)


def _object(value: object, where: str) -> Block:
    if not isinstance(value, dict):
        raise InvalidRequest(f"`{where}` must be an object", param=where)
    return cast("Block", value)


def _system(request: Block) -> list[Block]:
    if "system" not in request:
        return []
    system = request["system"]
    if isinstance(system, str):
        return [{"role": "system", "content": system}]
    return [{"role": "system", "content": _blocks(system, "system")}]


def _blocks(value: object, where: str) -> list[Block]:
    if not isinstance(value, list):
        raise InvalidRequest(f"`{where}` must be a string or an array of blocks", param=where)
    blocks: list[Block] = []
    for i, item in enumerate(cast("list[object]", value)):
        block = _object(item, f"{where}[{i}]")
        if not isinstance(block.get("type"), str):
            raise InvalidRequest(
                f"`{where}[{i}].type` must be a string", param=f"{where}[{i}].type"
            )
        if block["type"] == "text" and not isinstance(block.get("text"), str):
            raise InvalidRequest(
                f"`{where}[{i}].text` must be a string", param=f"{where}[{i}].text"
            )
        blocks.append(block)
    return blocks


def _messages(request: Block) -> list[Block]:
    found = _list(request.get("messages"), "messages")
    if not found:
        raise InvalidRequest("`messages` must not be empty", param="messages")
    messages: list[Block] = []
    for i, item in enumerate(found):
        where = f"messages[{i}]"
        message = _object(item, where)
        content = message.get("content")
        rest = without(message, "role", "content")
        blocks = None if isinstance(content, str) else _blocks(content, f"{where}.content")
        match message.get("role"):
            case "assistant" if blocks is None:
                messages.append({"role": "assistant", "content": content, **rest})
            case "assistant":
                messages.append({**message_of(blocks or [], is_reply=False), **rest})
            case "user" if blocks is None:
                messages.append({"role": "user", "content": content, **rest})
            case "user":
                follows = bool(messages) and messages[-1]
                messages += _turn(blocks or [], rest, f"{where}.content", follows=follows)
            case "system":
                said = content if blocks is None else blocks
                messages.append({"role": "system", "content": said, "turn": "in_place", **rest})
            case role:
                raise InvalidRequest(
                    f"`{where}.role` must be 'user', 'assistant' or 'system', not {role!r}",
                    param=f"{where}.role",
                )
    return messages


def _turn(blocks: list[Block], rest: Block, where: str, *, follows: Block | bool) -> list[Block]:
    """Split a user message: each tool result is a message of its own, what lies between stays together."""
    messages: list[Block] = []
    for i, block in enumerate(blocks):
        last = messages[-1] if messages else None
        if block["type"] == "tool_result":
            message = _tool_message(block, f"{where}[{i}].content")
            if last is None and isinstance(follows, dict) and follows.get("role") == "tool":
                message["turn"] = "apart"
            elif last is not None and last["role"] == "user":
                message["turn"] = "joined"
            messages.append(message)
        elif last is not None and last["role"] == "user":
            last["content"].append(_part(block, f"{where}[{i}]"))
        else:
            turn = {} if last is None else {"turn": "joined"}
            messages.append({"role": "user", "content": [_part(block, f"{where}[{i}]")], **turn})
    if not messages:
        messages.append({"role": "user", "content": []})
    messages[0].update(rest)
    return messages


def _part(block: Block, where: str) -> Block:
    """Return the canonical part of a block of a user; raise `InvalidRequest` for one with something else inside."""
    source = section(block.get("source"))
    if block["type"] == "document" and source.get("type") == "content":
        inside = source.get("content")
        if not isinstance(inside, str):
            _blocks(inside, f"{where}.source.content")
    return part_of(block)


def _tool_message(block: Block, where: str) -> Block:
    content = block.get("content")
    if content is not None and not isinstance(content, str):
        parts = _blocks(content, where)
        content = [_part(part, f"{where}[{i}]") for i, part in enumerate(parts)]
    rest = without(block, "type", "tool_use_id", "content")
    return {
        "role": "tool",
        "tool_call_id": block.get("tool_use_id", ""),
        "content": content,
        **rest,
    }


def _tool(value: object, where: str) -> Block:
    tool = _object(value, where)
    if tool.get("type", "custom") not in ("custom", None):
        return tool
    if not isinstance(tool.get("name"), str):
        raise InvalidRequest(f"`{where}.name` must be a string", param=f"{where}.name")
    schema = _object(tool.get("input_schema"), f"{where}.input_schema")
    function: Block = {"name": tool["name"]}
    for name in ("description", "strict"):
        if name in tool:
            function[name] = tool[name]
    function["parameters"] = schema
    rest = without(tool, "type", "name", "description", "strict", "input_schema")
    if "type" in tool:
        rest["custom"] = tool["type"]
    return {"type": "function", "function": function, **rest}


def _choice(value: object, document: Block) -> None:
    choice = _object(value, "tool_choice")
    kind = choice.get("type")
    if kind == "tool" and isinstance(choice.get("name"), str):
        document["tool_choice"] = {"type": "function", "function": {"name": choice["name"]}}
    elif isinstance(kind, str) and kind in _CHOICES:
        document["tool_choice"] = _CHOICES[kind]
    else:
        raise InvalidRequest(
            "`tool_choice.type` must be 'auto', 'any', 'none', or 'tool' with a `name`",
            param="tool_choice.type",
        )
    if "disable_parallel_tool_use" in choice:
        document["parallel_tool_calls"] = choice["disable_parallel_tool_use"] is not True


def _asked_output(request: Block) -> object:
    """Return `output_config`, with the schema that stood beside it in its beta, where older SDKs still say it.

    Source: https://platform.claude.com/docs/en/build-with-claude/structured-outputs (read 2026-11-26).
    """
    schema = section(request.get("output_format"))
    output: Any = request.get("output_config")
    if schema and (output is None or isinstance(output, dict)):
        return {"format": schema, **section(request.get("output_config"))}
    return output


def _output(value: object, document: Block) -> None:
    output = dict(_object(value, "output_config"))
    if isinstance(output.get("effort"), str):
        document["reasoning_effort"] = output.pop("effort")
    shape = section(output.get("format"))
    if shape.keys() == {"type", "schema"} and shape["type"] == "json_schema":
        del output["format"]
        schema: Any = {"name": SCHEMA_NAME, "schema": shape["schema"], "strict": True}
        document["response_format"] = {"type": "json_schema", "json_schema": schema}
    if output:
        document["output_config"] = output
