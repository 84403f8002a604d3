"""What Anthropic's Messages API refuses, as a test double: `violations(request)` is empty for a request that it takes.

Written from its reference and its error texts, not from our code. Sources: https://platform.claude.com/docs/en/api/messages,
…/api/errors, …/build-with-claude/{thinking,extended-thinking,effort,vision,pdf-support,prompt-caching},
…/agents-and-tools/tool-use/{define-tools,handle-tool-calls}, …/models/*/migration-guide and the types of its Python SDK 2.12
(read 2026-11-26).
"""

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from oneapi.wire.shapes import objects, section

Block = dict[str, Any]
FIELDS = {
    *("model", "max_tokens", "messages", "system", "tools", "tool_choice", "thinking", "metadata"),
    *("temperature", "top_p", "top_k", "stop_sequences", "stream", "output_config", "container"),
    *("service_tier", "cache_control", "mcp_servers", "context_management", "inference_geo"),
}
BLOCK_FIELDS = {
    "text": {"text", "citations", "cache_control"},
    "image": {"source", "cache_control", "transformations"},
    "document": {"source", "title", "context", "citations", "cache_control"},
    "search_result": {"source", "title", "content", "citations", "cache_control"},
    "thinking": {"thinking", "signature"},
    "redacted_thinking": {"data"},
    "tool_use": {"id", "name", "input", "caller", "cache_control", "toolset_name"},
    "tool_result": {"tool_use_id", "content", "is_error", "cache_control", "toolset_name"},
}
OF_ASSISTANT = {"tool_use", "thinking", "redacted_thinking"}
IN_RESULTS = {"text", "image", "document", "search_result", "tool_reference"}
FIRST_BYTES = {
    "image/png": b"\x89PNG",
    "image/jpeg": b"\xff\xd8\xff",
    "image/gif": b"GIF8",
    "image/webp": b"RIFF",
    "application/pdf": b"%PDF-",
}
ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")
NAME = re.compile(r"[a-zA-Z0-9_-]{1,128}")
EFFORTS = ("low", "medium", "high", "xhigh", "max")


@dataclass(frozen=True)
class Model:
    """`thinking`: the accepted types; `sampling`: `both`, `one`, `none`; `forced`: `yes`, `plain` (no thinking), `no`."""

    thinking: tuple[str, ...]
    sampling: str = "none"
    efforts: tuple[str, ...] = EFFORTS
    forced: str = "yes"
    prefill: bool = False


MODELS = {
    "claude-3-haiku-20240307": Model((), "both", (), prefill=True),
    "claude-sonnet-4-20250514": Model(("enabled", "disabled"), "both", (), "plain", True),
    "claude-opus-4-1": Model(("enabled", "disabled"), "one", (), "plain", True),
    "claude-sonnet-4-5": Model(("enabled", "disabled"), "one", (), "plain", True),
    "claude-opus-4-5": Model(("enabled", "disabled"), "one", EFFORTS[:3], "plain", True),
    "claude-sonnet-4-6": Model(
        ("adaptive", "enabled", "disabled"), "one", (*EFFORTS[:3], "max"), "plain"
    ),
    "claude-opus-4-7": Model(("adaptive", "disabled"), forced="plain"),
    "claude-sonnet-5": Model(("adaptive", "disabled")),
    "claude-haiku-5-5": Model(("adaptive", "disabled")),
    "claude-sonnet-5-5": Model(("adaptive", "between_tools"), forced="no"),
    "claude-opus-5-5": Model(("adaptive",), forced="no"),
    "claude-fable-5": Model(("adaptive",)),
}


def violations(request: Block) -> list[str]:
    """Return what Anthropic would refuse the request for."""
    model = MODELS[request["model"]]
    found = [f"{name}: Extra inputs are not permitted" for name in request.keys() - FIELDS]
    found += _messages(request, model)
    found += _system(request.get("system"))
    found += _tools(request.get("tools", []))
    found += _choice(request, model)
    found += _thinking(request, model)
    found += _sampling(request, model)
    found += _rest(request, model)
    if str(request).count("'cache_control':") > 4:
        found.append("a maximum of 4 blocks with cache_control may be provided")
    return found


# -- messages --------------------------------------------------------------------------------------------------


def _turns(messages: list[Block]) -> list[tuple[str, list[Block]]]:
    """Join messages of one role, as Anthropic does."""
    turns: list[tuple[str, list[Block]]] = []
    for message in messages:
        content = message["content"]
        blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
        if turns and turns[-1][0] == message["role"]:
            turns[-1][1].extend(blocks)
        else:
            turns.append((message["role"], [*blocks]))
    return turns


def _messages(request: Block, model: Model) -> Iterator[str]:
    messages: list[Any] = request.get("messages") or []
    if not messages:
        yield "messages: at least one message is required"
        return
    for i, message in enumerate(messages):
        if message.keys() != {"role", "content"} or message["role"] not in ("user", "assistant"):
            yield f"messages.{i}: {message}"
            return
        if not message["content"]:
            yield f"messages.{i}: all messages must have non-empty content"
            return
    turns = _turns(messages)
    for role, blocks in turns:
        for block in blocks:
            yield from _block(block, role)
    yield from _calls(turns)
    if messages[-1]["role"] == "assistant":
        last = turns[-1][1][-1]
        if last["type"] == "text" and last["text"] != last["text"].rstrip():
            yield "final assistant content cannot end with trailing whitespace"
        if not model.prefill:
            yield "This model does not support assistant message prefill"


def _block(block: Block, role: str, *, inside: bool = False) -> Iterator[str]:
    kind: str = block.get("type", "")
    if kind not in BLOCK_FIELDS or (inside and kind not in IN_RESULTS):
        yield f"Input tag {kind!r} does not match any of the expected tags"
        return
    if kind != "text" and (kind in OF_ASSISTANT) != (role == "assistant"):
        yield f"{kind} in a message of role {role}"
    yield from (
        f"{kind}.{name}: Extra inputs are not permitted"
        for name in block.keys() - BLOCK_FIELDS[kind] - {"type"}
    )
    if "cache_control" in block and block["cache_control"].get("type") != "ephemeral":
        yield f"cache_control: {block['cache_control']}"
    match kind:
        case "text":
            yield from _text(block)
        case "image" | "document":
            yield from _source(block["source"], kind)
        case "thinking":
            if not block.get("signature"):
                yield "Invalid `signature` in `thinking` block"
        case "tool_use":
            yield from _tool_use(block)
        case "tool_result":
            yield from _tool_result(block)
        case _:
            pass


def _text(block: Block) -> Iterator[str]:
    if not isinstance(block.get("text"), str) or not block["text"].strip():
        yield "text content blocks must contain non-whitespace text"


def _tool_use(block: Block) -> Iterator[str]:
    if not ID.fullmatch(block["id"]):
        yield f"tool_use.id: String should match pattern, not {block['id']!r}"
    if not NAME.fullmatch(block["name"]):
        yield f"tool_use.name: {block['name']!r}"
    if not isinstance(block["input"], dict):
        yield "tool_use.input: Input should be a valid dictionary"


def _tool_result(block: Block) -> Iterator[str]:
    content: Any = block.get("content")
    if not ID.fullmatch(block["tool_use_id"]):
        yield f"tool_result.tool_use_id: {block['tool_use_id']!r}"
    if block.get("is_error") and not content:
        yield "tool_result: content cannot be empty if `is_error` is true"
    for item in objects(content):
        yield from _block(item, "user", inside=True)


def _source(source: Block, kind: str) -> Iterator[str]:
    match source.get("type"):
        case "url" if source.keys() == {"type", "url"}:
            if not re.match(r"https?://", source["url"]):
                yield f"source.url: {source['url']!r}"
        case "base64" if source.keys() == {"type", "media_type", "data"}:
            yield from _content(source["media_type"], source["data"], kind)
        case "text" if kind == "document":
            if source["media_type"] != "text/plain" or not source["data"]:
                yield f"source: {source}"
        case "file" if source.keys() == {"type", "file_id"}:
            pass
        case _:
            yield f"{kind}.source: {source}"


def _content(media_type: str, data: str, kind: str) -> Iterator[str]:
    images = FIRST_BYTES.keys() - {"application/pdf"}
    if media_type not in (images if kind == "image" else {"application/pdf"}):
        yield f"{kind}.source.media_type: {media_type!r}"
    try:
        first = base64.b64decode(data, validate=True)
    except ValueError:
        yield f"{kind}.source.data: not base64"
        return
    other = [name for name, begin in FIRST_BYTES.items() if first.startswith(begin)]
    if other and other != [media_type]:
        yield f"the {kind} was specified as {media_type}, but appears to be {other[0]}"


def _calls(turns: list[tuple[str, list[Block]]]) -> Iterator[str]:
    """Every call is answered at the beginning of the next turn, and nothing else is."""
    seen: set[str] = set()
    for i, (role, blocks) in enumerate(turns):
        calls = [b["id"] for b in blocks if b["type"] == "tool_use"]
        if len({*calls}) < len(calls) or seen & {*calls}:
            yield "`tool_use` ids must be unique"
        seen |= {*calls}
        results = [b for b in blocks if b["type"] == "tool_result"]
        if results and blocks[: len(results)] != results:
            yield "tool_result blocks must come first"
        if role == "user":
            before = turns[i - 1][1] if i else []
            open_calls = [b["id"] for b in before if b["type"] == "tool_use"]
            answered = [b["tool_use_id"] for b in results]
            if {*answered} - {*open_calls}:
                yield "unexpected `tool_use_id` found in `tool_result` blocks"
            if {*open_calls} - {*answered}:
                yield "`tool_use` ids were found without `tool_result` blocks immediately after"
            if len({*answered}) < len(answered):
                yield "each tool_use must have a single result"


def _system(system: Any) -> Iterator[str]:
    if system is None or isinstance(system, str):
        return
    for block in system:
        yield from _block(block, "system")
        if block.get("type") != "text":
            yield f"system: {block}"


# -- tools, thinking, the rest ---------------------------------------------------------------------------------


def _tools(tools: list[Block]) -> Iterator[str]:
    if len({tool.get("name") for tool in tools}) < len(tools):
        yield "tools: Tool names must be unique"
    known = {"name", "input_schema", "description", "strict", "cache_control", "type"}
    for tool in tools:
        if tool.get("type", "custom") != "custom":
            continue
        schema = section(tool.get("input_schema"))
        if tool.keys() - known or not NAME.fullmatch(tool.get("name", "")):
            yield f"tools: {tool}"
        if schema.get("type") != "object":
            yield f"tools.input_schema.type: {schema}"
        elif schema.keys() & {"anyOf", "oneOf", "allOf"}:
            yield "input_schema does not support oneOf, allOf, or anyOf at the top level"


def _choice(request: Block, model: Model) -> Iterator[str]:
    choice = request.get("tool_choice")
    if choice is None:
        return
    names = [tool["name"] for tool in request.get("tools", [])]
    if not names:
        yield "tool_choice may only be specified while providing tools"
    if choice["type"] == "tool" and choice.get("name") not in names:
        yield f"tool_choice.name: {choice}"
    if choice["type"] not in ("auto", "any", "none", "tool"):
        yield f"tool_choice: {choice}"
    if choice["type"] in ("any", "tool"):
        thinks = request.get("thinking", {}).get("type") in ("enabled", "adaptive")
        if model.forced == "no" or (model.forced == "plain" and thinks):
            yield "tool_choice forces tool use"


def _thinking(request: Block, model: Model) -> Iterator[str]:
    thinking = request.get("thinking")
    if thinking is None:
        return
    kind = thinking.get("type")
    if kind not in model.thinking:
        yield f"thinking.type: {kind!r} is not supported for this model"
    if kind == "enabled":
        budget = thinking.get("budget_tokens")
        if not isinstance(budget, int) or not 1024 <= budget < request["max_tokens"]:
            yield f"thinking.budget_tokens: {budget}"
        yield from _begins_with_thinking(request["messages"])
    if thinking.keys() - {"type", "budget_tokens", "display"}:
        yield f"thinking: {thinking}"
    if kind in ("enabled", "adaptive") and request["messages"][-1]["role"] == "assistant":
        yield "cannot prefill when thinking is enabled"
    if kind == "between_tools" and thinking.keys() != {"type"}:
        yield "between_tools takes no other field"


def _begins_with_thinking(messages: list[Block]) -> Iterator[str]:
    assistants = [blocks for role, blocks in _turns(messages) if role == "assistant"]
    if assistants and any(b["type"] == "tool_use" for b in assistants[-1]):
        first = assistants[-1][0]["type"]
        if first not in ("thinking", "redacted_thinking"):
            yield f"Expected `thinking` or `redacted_thinking`, but found `{first}`"


def _sampling(request: Block, model: Model) -> Iterator[str]:
    temperature, top_p, top_k = (request.get(n) for n in ("temperature", "top_p", "top_k"))
    if model.sampling == "none" and (temperature, top_p, top_k) != (None, None, None):
        yield "sampling parameters are not supported for this model"
    if model.sampling == "one" and temperature is not None and top_p is not None:
        yield "`temperature` and `top_p` cannot both be specified for this model"
    if temperature is not None and not 0 <= temperature <= 1:
        yield f"temperature: {temperature}"
    if request.get("thinking", {}).get("type") in ("enabled", "adaptive"):
        if temperature not in (None, 1) or top_k is not None:
            yield "`temperature` may only be set to 1 when thinking is enabled"
        if top_p is not None and not 0.95 <= top_p <= 1:
            yield "`top_p` must be between 0.95 and 1 when thinking is enabled"


def _rest(request: Block, model: Model) -> Iterator[str]:
    if not isinstance(request.get("max_tokens"), int) or request["max_tokens"] < 1:
        yield f"max_tokens: {request.get('max_tokens')}"
    stops = request.get("stop_sequences")
    if stops is not None and not all(isinstance(s, str) and s.strip() for s in stops):
        yield "stop_sequences: each stop sequence must contain non-whitespace"
    output = request.get("output_config", {})
    effort = output.get("effort")
    if effort is not None and effort not in model.efforts:
        yield f"output_config.effort: {effort!r}"
    off = request.get("thinking", {}).get("type") in ("disabled", "between_tools")
    if off and effort in ("xhigh", "max") and model.sampling == "none" and model.forced != "plain":
        yield f"thinking cannot be off at effort {effort!r}"
    if output.keys() - {"effort", "format"}:
        yield f"output_config: {output}"
    metadata = request.get("metadata", {})
    if metadata.keys() - {"user_id"} or len(metadata.get("user_id") or "") > 256:
        yield f"metadata: {metadata}"
