"""A canonical chat as a request of Anthropic's Messages API.

Sources: https://platform.claude.com/docs/en/api/messages and the types of its Python SDK 2.12; …/api/openai-sdk for what
Anthropic itself makes of OpenAI's fields (read 2026-11-21).
"""

from typing import Any, Final, cast

from oneapi.errors import InvalidRequest
from oneapi.providers.anthropic_models import traits_of
from oneapi.providers.anthropic_thinking import think
from oneapi.providers.base import Call, Document
from oneapi.wire.anthropic_blocks import Block, block_of, blocks_of, without
from oneapi.wire.shapes import objects, section

JSON_TOOL: Final = "json_response"  # stands in for a JSON schema on models that take none
_CHOICES: Final = {"auto": "auto", "required": "any", "any": "any", "none": "none"}
# OpenAI's fields that Anthropic has no counterpart for; everything that is in neither's reference travels.
_UNSAID: Final = frozenset(
    {
        *("n", "frequency_penalty", "presence_penalty", "logit_bias", "logprobs", "top_logprobs"),
        *(
            "seed",
            "store",
            "metadata",
            "prediction",
            "modalities",
            "audio",
            "verbosity",
            "functions",
        ),
        *(
            "service_tier",
            "stream_options",
            "function_call",
            "prompt_cache_key",
            "safety_identifier",
        ),
        *("prompt_cache_retention", "web_search_options", "max_completion_tokens", "user", "stop"),
        *("reasoning_effort", "response_format", "parallel_tool_calls", "tool_choice", "anthropic"),
        *("messages", "tools", "num_ctx", "output_config", "thinking"),
    }
)


def vendor_document(call: Call, document: Document) -> Document:
    """Return the Messages request of a canonical chat; raise `InvalidRequest` for what it cannot say."""
    _refuse(document)
    traits = traits_of(call.model)
    request: Document = {k: v for k, v in document.items() if k not in _UNSAID and v is not None}
    request["model"] = call.model
    messages = cast("list[Document]", document["messages"])
    if call.system_prompt is not None:
        messages = _with_prompt(messages, call.system_prompt)
    request |= _conversation(messages)
    _tools(document, request)
    _tool_choice(document, request)
    _ends(call, document, request)
    _output(document, request, has_schemas=traits.schemas)
    think(document, request, traits)
    if "anthropic" not in document:
        _sampling(request, samples=traits.samples)
    return {**request, **section(document.get("anthropic"))}


def _refuse(document: Document) -> None:
    if document.get("n") not in (None, 1):
        raise InvalidRequest("`n`: this provider gives one answer only", param="n")
    modalities = document.get("modalities")
    if isinstance(modalities, list) and "audio" in modalities:
        raise InvalidRequest("`modalities`: this provider does not speak", param="modalities")


def _with_prompt(messages: list[Document], prompt: str) -> list[Document]:
    first = messages[0] if messages else {}
    rest = messages[1:] if first.get("role") in ("system", "developer") else messages
    return [{"role": "system", "content": prompt}, *rest]


# -- messages --------------------------------------------------------------------------------------------------


def _conversation(messages: list[Document]) -> Document:
    turns = _Turns()
    for i, message in enumerate(messages):
        turns.add(message, f"messages[{i}]")
    said: Document = {"messages": turns.said}
    system = turns.system
    if len(system) == 1 and system[0] != "":
        said["system"] = system[0]
    elif len(system) > 1:
        said["system"] = [block for content in system for block in _as_blocks(content)]
    return said


class _Turns:
    """The messages so far, and the contents of the system prompts, which stand apart."""

    def __init__(self) -> None:
        self.said: list[Document] = []
        self.system: list[Any] = []
        self._legacy = 0  # calls of OpenAI's old `function_call`, which have no ids

    def add(self, message: Document, where: str) -> None:
        """Take the next message."""
        match message.get("role"):
            case "system" | "developer" if message.get("turn") == "in_place":
                self.said.append({"role": "system", **_said(message, where)})
            case "system" | "developer":
                self.system.append(_said(message, where)["content"])
            case "user":
                _add_user(message, self.said, where)
            case "tool":
                _add_result(message, self.said, where)
            case "function":
                _add_result({**message, "tool_call_id": f"call_{self._legacy}"}, self.said, where)
            case "assistant":
                self._legacy += isinstance(message.get("function_call"), dict)
                _add_assistant(message, self.said, where, self._legacy)
            case role:
                raise InvalidRequest(f"`{where}.role` {role!r} is not known", param=f"{where}.role")


def _as_blocks(content: Any) -> list[Block]:
    if isinstance(content, str):
        return [{"type": "text", "text": content}] if content else []
    return content


def _said(message: Document, where: str) -> Document:
    """Return a message's content in blocks (or its text), and whatever else stands beside it."""
    content = message.get("content")
    if isinstance(content, list):
        parts = cast("list[object]", content)
        content = [block_of(part, f"{where}.content[{i}]") for i, part in enumerate(parts)]
    elif content is None:
        content = ""
    elif not isinstance(content, str):
        raise InvalidRequest(
            f"`{where}.content` must be a string or an array", param=f"{where}.content"
        )
    mark = message.get("cache_control")
    if mark is not None and isinstance(content, str) and content:
        content = [{"type": "text", "text": content, "cache_control": mark}]
    return {"content": content}


def _add_user(message: Document, turns: list[Document], where: str) -> None:
    said = _said(message, where)
    joined = message.get("turn") == "joined" and turns and turns[-1]["role"] == "user"
    if joined and isinstance(turns[-1]["content"], list):
        turns[-1]["content"] += _as_blocks(said["content"])
    else:
        turns.append({"role": "user", **said})


def _add_result(message: Document, turns: list[Document], where: str) -> None:
    """All results of one turn belong into one message: Anthropic's models expect parallel results together."""
    block: Block = {"type": "tool_result", "tool_use_id": message.get("tool_call_id") or ""}
    if message.get("content") is not None:
        block["content"] = _said(without(message, "cache_control"), where)["content"]
    block |= without(message, "role", "tool_call_id", "content", "name", "turn")
    last = turns[-1] if turns else {}
    content = last.get("content")
    open_turn = (
        last.get("role") == "user"
        and isinstance(content, list)
        and any(b.get("type") == "tool_result" for b in cast("list[Block]", content))
    )
    if (open_turn and message.get("turn") != "apart") or (
        message.get("turn") == "joined" and isinstance(content, list)
    ):
        last["content"].append(block)
    else:
        turns.append({"role": "user", "content": [block]})


def _add_assistant(message: Document, turns: list[Document], where: str, legacy: int) -> None:
    call = message.get("function_call")
    if isinstance(call, dict) and not message.get("tool_calls"):
        message = {**message, "tool_calls": [{"id": f"call_{legacy}", "function": call}]}
    content = message.get("content")
    plain = isinstance(content, str) and content
    aside = ("tool_calls", "thinking_blocks", "content_blocks", "cache_control")
    if plain and not any(message.get(name) for name in aside):
        turns.append({"role": "assistant", "content": content})
        return
    blocks = blocks_of(message, where)
    if message.get("cache_control") is not None and blocks:
        blocks[-1] = {**blocks[-1], "cache_control": message["cache_control"]}
    if blocks:
        turns.append({"role": "assistant", "content": blocks})


# -- tools -----------------------------------------------------------------------------------------------------


def _tools(document: Document, request: Document) -> None:
    tools = document.get("tools")
    functions = objects(document.get("functions"))
    if tools is None and functions:
        tools = [{"type": "function", "function": function} for function in functions]
    if tools is None:
        return
    if not isinstance(tools, list):
        raise InvalidRequest("`tools` must be an array", param="tools")
    found = cast("list[object]", tools)
    request["tools"] = [_tool(tool, f"tools[{i}]") for i, tool in enumerate(found)]


def _tool(value: object, where: str) -> Document:
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
    elif "type" not in schema and "anthropic" not in tool:
        schema = {"type": "object", **cast("Document", schema)}
    plain: Document = {"name": function["name"], "input_schema": schema}
    for name in ("description", "strict"):
        if function.get(name) is not None:
            plain[name] = function[name]
    if "custom" in tool:
        plain["type"] = tool["custom"]
    return {**plain, **without(tool, "type", "function", "custom")}


def _tool_choice(document: Document, request: Document) -> None:
    if not request.get("tools") and "anthropic" not in document:
        return
    choice = document.get("tool_choice", document.get("function_call"))
    parallel = document.get("parallel_tool_calls")
    if choice is None and parallel is not False:
        return
    said: Document = {"type": "auto"}
    if isinstance(choice, str):
        if choice not in _CHOICES:
            raise InvalidRequest(f"`tool_choice` {choice!r} is not known", param="tool_choice")
        said = {"type": _CHOICES[choice]}
    elif isinstance(choice, dict):
        named = cast("Document", choice)
        name = section(named.get("function")).get("name", named.get("name"))
        if not isinstance(name, str):
            raise InvalidRequest("`tool_choice.function.name` is required", param="tool_choice")
        said = {"type": "tool", "name": name}
    if parallel is not None and said["type"] != "none":
        said["disable_parallel_tool_use"] = parallel is False
        if parallel is not False and "anthropic" not in document:
            del said["disable_parallel_tool_use"]
    request["tool_choice"] = said


# -- the rest --------------------------------------------------------------------------------------------------


def _ends(call: Call, document: Document, request: Document) -> None:
    """Say where the answer ends, and for whom it is."""
    limit = document.get("max_completion_tokens")
    limit = document.get("max_tokens") if limit is None else limit
    if call.max_output_tokens is not None:
        limit = call.max_output_tokens
    if limit is None or (limit == 0 and "anthropic" not in document):
        limit = traits_of(call.model).max_tokens
    request["max_tokens"] = limit
    stop = document.get("stop")
    if stop is not None:
        stops = cast("list[Any]", stop) if isinstance(stop, list) else [stop]
        if not all(isinstance(s, str) and s.strip() for s in stops):
            raise InvalidRequest(
                "`stop`: this provider takes no stop sequence of white space only", param="stop"
            )
        request["stop_sequences"] = stops
    if isinstance(document.get("user"), str):
        request["metadata"] = {"user_id": document["user"]}


def _output(document: Document, request: Document, *, has_schemas: bool) -> None:
    output = dict(section(document.get("output_config")))
    shape = section(document.get("response_format"))
    if shape.get("type") == "json_schema":
        named = section(shape.get("json_schema"))
        schema = section(named.get("schema"))
        if has_schemas or "anthropic" in document:
            closed = schema if "anthropic" in document else _closed(schema)
            output["format"] = {"type": "json_schema", "schema": closed}
        else:
            _answer_by_tool(request, named, schema)
    if output:
        request["output_config"] = output


def _closed(schema: Any) -> Any:
    """Return a schema whose objects all say that they have no other properties, as Anthropic demands."""
    if isinstance(schema, list):
        return [_closed(item) for item in cast("list[Any]", schema)]
    if not isinstance(schema, dict):
        return schema
    found = {name: _closed(value) for name, value in cast("Document", schema).items()}
    if found.get("type") == "object" and "additionalProperties" not in found:
        found["additionalProperties"] = False
    return found


def _answer_by_tool(request: Document, named: Document, schema: Document) -> None:
    """Let the model answer by calling a tool of that schema; the decoder makes it a text again."""
    tools = request.setdefault("tools", [])
    alone = not tools
    description = named.get("description") or "Give the final answer by calling this tool."
    tools.append({"name": JSON_TOOL, "description": description, "input_schema": schema})
    request["tool_choice"] = {"type": "tool", "name": JSON_TOOL} if alone else {"type": "any"}


def answers_by_tool(call: Call) -> bool:
    """Say whether the answer comes as a call of `JSON_TOOL`."""
    document = call.document
    if document is None or "anthropic" in document:
        return False
    shape = section(document.get("response_format"))
    return shape.get("type") == "json_schema" and not traits_of(call.model).schemas


def _sampling(request: Document, *, samples: bool) -> None:
    if not samples:
        for name in ("temperature", "top_p", "top_k"):
            request.pop(name, None)
    temperature = request.get("temperature")
    if isinstance(temperature, int | float) and temperature > 1:
        request["temperature"] = 1.0  # OpenAI's scale ends at 2
