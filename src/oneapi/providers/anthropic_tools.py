"""A chat's tools, and how they shall be used, in Anthropic's words.

Source: https://platform.claude.com/docs/en/api/messages and …/agents-and-tools/tool-use/define-tools, the types of
Anthropic's Python SDK 2.12 and of OpenAI's 3.54 (read 2026-11-26).
"""

from typing import Any, Final, cast

from oneapi.errors import InvalidRequest
from oneapi.providers.anthropic_models import Traits
from oneapi.providers.base import Document
from oneapi.wire.shapes import objects, section
from oneapi.wire.tool_schemas import as_object

JSON_TOOL: Final = "json_response"  # stands in for a JSON schema on models that take none
SEARCH_TOOL: Final = "web_search_20250305"
_CHOICES: Final = {"auto": "auto", "required": "any", "any": "any", "none": "none"}
_FORCED: Final = frozenset({"any", "tool"})
_OF_TOOLS: Final = frozenset(
    {
        "allowed_callers",
        "cache_control",
        "defer_loading",
        "eager_input_streaming",
        "input_examples",
    }
)


def add_tools(document: Document, request: Document) -> None:
    """Add `tools`; raise `InvalidRequest` naming what is none."""
    tools = document.get("tools")
    functions = objects(document.get("functions"))
    if tools is None and functions:
        tools = [{"type": "function", "function": function} for function in functions]
    if tools is not None and not isinstance(tools, list):
        raise InvalidRequest("`tools` must be an array", param="tools")
    found = cast("list[object]", tools or [])
    is_native = "anthropic" in document
    said = [_tool(tool, f"tools[{i}]", is_native=is_native) for i, tool in enumerate(found)]
    if said or (tools is not None and is_native):
        request["tools"] = said


def _tool(value: object, where: str, *, is_native: bool) -> Document:
    tool = section(value)
    if tool.get("type", "function") != "function":
        if not isinstance(tool["type"], str) or isinstance(tool.get("custom"), dict):
            raise InvalidRequest(f"`{where}` must be of type 'function'", param=f"{where}.type")
        return tool
    function = section(tool.get("function"))
    if not isinstance(function.get("name"), str):
        raise InvalidRequest(
            f"`{where}.function.name` must be a string", param=f"{where}.function.name"
        )
    schema: Any = function.get("parameters")
    if schema is None:
        schema = {"type": "object", "properties": {}}
    elif not isinstance(schema, dict):
        raise InvalidRequest(f"`{where}.function.parameters` must be an object", param=where)
    elif not is_native:
        schema = as_object(cast("Document", schema))
    plain: Document = {"name": function["name"], "input_schema": schema}
    for name in ("description", "strict"):
        if function.get(name) is not None:
            plain[name] = function[name]
    if "custom" in tool:
        plain["type"] = tool["custom"]
    beside = tool.keys() - {"type", "function", "custom"} if is_native else tool.keys() & _OF_TOOLS
    return {**plain, **{name: tool[name] for name in tool if name in beside}}


def add_tool_choice(document: Document, request: Document, traits: Traits) -> None:
    """Add `tool_choice`; raise `InvalidRequest` for one that this model cannot be given."""
    is_native = "anthropic" in document
    if not request.get("tools") and not is_native:
        return
    choice = document.get("tool_choice", document.get("function_call"))
    parallel = document.get("parallel_tool_calls")
    if choice is None and parallel is not False:
        return
    said = _choice(choice, request)
    if parallel is not None and said["type"] != "none":
        said["disable_parallel_tool_use"] = parallel is False
        if parallel is not False and not is_native:
            del said["disable_parallel_tool_use"]
    if said["type"] in _FORCED and traits.forced_tools == "never" and not is_native:
        raise InvalidRequest(
            f"`tool_choice`: the model {request['model']} cannot be made to call a tool; "
            "use 'auto', and say in the prompt when the tool is to be called",
            param="tool_choice",
        )
    request["tool_choice"] = said


def _choice(choice: Any, request: Document) -> Document:
    if choice is None:
        return {"type": "auto"}
    if isinstance(choice, str):
        if choice not in _CHOICES:
            raise InvalidRequest(
                f"`tool_choice` {choice!r} is not known; it is 'auto', 'none', 'required', or an object",
                param="tool_choice",
            )
        return {"type": _CHOICES[choice]}
    if not isinstance(choice, dict):
        raise InvalidRequest("`tool_choice` must be a string or an object", param="tool_choice")
    named = cast("Document", choice)
    if named.get("type") == "allowed_tools":
        return _allow_only(named, request)
    name = section(named.get("function")).get("name", named.get("name"))
    if isinstance(name, str):
        if request.get("tools") and all(tool.get("name") != name for tool in request["tools"]):
            raise InvalidRequest(f"`tool_choice`: `tools` has no {name!r}", param="tool_choice")
        return {"type": "tool", "name": name}
    if named.get("type", "function") != "function":
        raise InvalidRequest(
            f"`tool_choice.type`: this provider knows no {named['type']!r}; "
            "it is 'function' or 'allowed_tools'",
            param="tool_choice.type",
        )
    raise InvalidRequest(
        "`tool_choice.function.name` is required", param="tool_choice.function.name"
    )


def _allow_only(choice: Document, request: Document) -> Document:
    """Leave only the allowed tools in the request: Anthropic has no other word for it."""
    allowed = section(choice.get("allowed_tools", choice))
    where = "tool_choice.allowed_tools"
    mode = allowed.get("mode", "auto")
    if mode not in ("auto", "required"):
        raise InvalidRequest(f"`{where}.mode` must be 'auto' or 'required'", param=f"{where}.mode")
    names: set[str] = set()
    known = {tool.get("name") for tool in request["tools"]}
    for i, tool in enumerate(objects(allowed.get("tools"))):
        name: Any = section(tool.get("function")).get("name", tool.get("name"))
        if name not in known:
            raise InvalidRequest(
                f"`{where}.tools[{i}]`: `tools` has no {name!r}", param=f"{where}.tools[{i}]"
            )
        names.add(name)
    if not names:
        raise InvalidRequest(f"`{where}.tools` must name a tool", param=f"{where}.tools")
    request["tools"] = [tool for tool in request["tools"] if tool.get("name") in names]
    return {"type": _CHOICES[mode]}


def answer_by_tool(request: Document, named: Document, schema: Document) -> None:
    """Let the model answer by calling a tool of that schema; the decoder makes it a text again."""
    tools = request.setdefault("tools", [])
    alone = not tools
    description = named.get("description") or "Give the final answer by calling this tool."
    tools.append({"name": JSON_TOOL, "description": description, "input_schema": schema})
    request["tool_choice"] = {"type": "tool", "name": JSON_TOOL} if alone else {"type": "any"}


def add_search(document: Document, request: Document, traits: Traits) -> None:
    """Say `web_search_options` as Anthropic's own search tool; raise `InvalidRequest` where there is none."""
    options: Any = document.get("web_search_options")
    if options is None:
        return
    where = "web_search_options"
    if not isinstance(options, dict):
        raise InvalidRequest(f"`{where}` must be an object", param=where)
    if not traits.searches:
        raise InvalidRequest(
            f"`{where}`: the model {request['model']} does not search the web at this provider",
            param=where,
        )
    place = section(cast("Document", options).get("user_location"))
    approximate = {k: v for k, v in section(place.get("approximate")).items() if v is not None}
    tool: Document = {"type": SEARCH_TOOL, "name": "web_search"}
    if approximate:
        tool["user_location"] = {"type": "approximate", **approximate}
    tools: list[Document] = request.setdefault("tools", [])
    if any(known.get("name") == tool["name"] for known in tools):
        raise InvalidRequest(
            f"`{where}`: `tools` has one named 'web_search' already; send one of the two",
            param=where,
        )
    tools.append(tool)
