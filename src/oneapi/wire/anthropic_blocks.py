"""Content blocks of Anthropic's Messages API and the canonical message: each turned into the other, nothing lost.

Source: https://platform.claude.com/docs/en/api/messages and the types of its Python SDK 2.12 (read 2026-11-21).
`wire.canonical` names the fields used here.
"""

from typing import Any, cast

import msgspec

from oneapi.errors import InvalidRequest
from oneapi.wire.anthropic_citations import annotations_of
from oneapi.wire.anthropic_media import file_block, image_block
from oneapi.wire.decoding import UNDECODABLE, json_value
from oneapi.wire.shapes import is_object, objects, section, text

Block = dict[str, Any]
THINKING = frozenset({"thinking", "redacted_thinking"})


def without(block: Block, *names: str) -> Block:
    """Return a block's other fields."""
    return {name: value for name, value in block.items() if name not in names}


# -- parts of system, user and tool messages ------------------------------------------------------------------


def part_of(block: Block) -> Block:
    """Return the canonical part of a block; blocks without a counterpart stay as they are."""
    if block.get("type") != "image":
        return block
    source = section(block.get("source"))
    rest = without(block, "type", "source")
    url: object
    match source.get("type"):
        case "base64":
            url = f"data:{source.get('media_type')};base64,{source.get('data')}"
        case "url":
            url = source.get("url")
        case _:
            return block
    return {"type": "image_url", "image_url": {"url": url}, **rest}


def block_of(part: object, where: str) -> Block:
    """Return the block of a canonical part; raise `InvalidRequest` for what Anthropic's dialect cannot say."""
    if not isinstance(part, dict):
        raise InvalidRequest(f"`{where}` must be an object", param=where)
    found = cast("Block", part)
    match found.get("type"):
        case "text":
            if not isinstance(found.get("text"), str):
                raise InvalidRequest(f"`{where}.text` must be a string", param=f"{where}.text")
            return found
        case "image_url":
            return image_block(found, where)
        case "file":
            return file_block(found, where)
        case "refusal":
            return {"type": "text", "text": str(found.get("refusal", ""))}
        case "input_audio" | "video_url" | "audio":
            raise InvalidRequest(
                f"`{where}`: this provider takes no part of type {found['type']!r}", param=where
            )
        case str():
            return found
        case _:
            raise InvalidRequest(f"`{where}.type` is required", param=f"{where}.type")


# -- assistant messages: blocks -> message ---------------------------------------------------------------------


def call_of(block: Block) -> Block:
    """Return the canonical tool call of a `tool_use` block."""
    function = {"name": text(block.get("name")), "arguments": arguments_in(block.get("input"))}
    rest = without(block, "type", "id", "name", "input")
    return {"id": block.get("id", ""), "type": "function", "function": function, **rest}


def message_of(blocks: list[Block], *, is_reply: bool) -> Block:
    """Return the canonical assistant message of some blocks.

    A reply's `content` is one text, as clients expect it; a request's is a list of parts, so that it can keep
    what is marked on them.
    """
    texts = [block for block in blocks if block.get("type") == "text"]
    thinking = [block for block in blocks if text(block.get("type")) in THINKING]
    calls = [call_of(block) for block in blocks if block.get("type") == "tool_use"]
    message: Block = {"role": "assistant", "content": None}
    if texts:
        message["content"] = "".join(text(b.get("text")) for b in texts) if is_reply else texts
        cited = annotations_of(texts) if is_reply else []
        if cited:
            message["annotations"] = cited
    if thinking:
        thought = "".join(text(block.get("thinking")) for block in thinking)
        if thought:
            message["reasoning_content"] = thought
        message["thinking_blocks"] = thinking
    if calls:
        message["tool_calls"] = calls
    if not is_usual(blocks, is_reply=is_reply):
        message["content_blocks"] = [entry_of(block, is_reply=is_reply) for block in blocks]
    return message


def is_usual(blocks: list[Block], *, is_reply: bool) -> bool:
    """Say whether the blocks stand in the order in which a message without `content_blocks` is read."""
    phase = 0
    for block in blocks:
        match block.get("type"):
            case "thinking" | "redacted_thinking":
                place = 0
            case "text":
                if is_reply and (phase >= 1 or not is_plain_text(block) or not block.get("text")):
                    return False
                place = 1
            case "tool_use":
                place = 2
            case _:
                return False
        if place < phase:
            return False
        phase = place
    return True


def is_blank(block: Block) -> bool:
    """Say whether a block is a text without a visible character, which Anthropic refuses in a history."""
    return block.get("type") == "text" and not text(block.get("text")).strip()


def is_plain_text(block: Block) -> bool:
    """Say whether a text block is nothing but its text."""
    return block.keys() <= {"type", "text"}


def entry_of(block: Block, *, is_reply: bool) -> Block:
    """Return a block's entry in `content_blocks`."""
    match block.get("type"):
        case "thinking" | "redacted_thinking" | "tool_use":
            return {"type": block["type"]}
        case "text":
            if not is_reply:
                return {"type": "text"}
            return {**without(block, "text"), "length": len(text(block.get("text")))}
        case _:
            return block


# -- assistant messages: message -> blocks ---------------------------------------------------------------------


def blocks_of(message: Block, where: str, *, for_client: bool = False) -> list[Block]:
    """Return the blocks of a canonical assistant message.

    A client gets thinking without a signature too, which the vendor refuses, and no blank texts, which the vendor would
    refuse when they come back.
    """
    thinking = _thinking_of(message, unsigned=for_client)
    texts = _texts_of(message, where)
    calls = [_tool_use(call, f"{where}.tool_calls[{i}]") for i, call in enumerate(_calls(message))]
    entries = objects(message.get("content_blocks"))
    if entries:
        ordered = _ordered(entries, thinking, message.get("content"), texts, calls)
        if ordered is not None:
            return ordered
    said = [block for block in texts if not is_blank(block)] if for_client else texts
    return [*thinking, *said, *calls]


def _thinking_of(message: Block, *, unsigned: bool) -> list[Block]:
    found = message.get("thinking_blocks")
    if isinstance(found, list):
        blocks = [without(section(b), "index") for b in cast("list[object]", found)]
        known = [block for block in blocks if text(block.get("type")) in THINKING]
        return known if unsigned else [b for b in known if b.get("signature") or b.get("data")]
    thought = message.get("reasoning_content")
    if unsigned and isinstance(thought, str) and thought:
        return [{"type": "thinking", "thinking": thought, "signature": ""}]
    return []


def _texts_of(message: Block, where: str) -> list[Block]:
    content = message.get("content")
    if isinstance(content, list):
        parts = cast("list[object]", content)
        return [block_of(part, f"{where}.content[{i}]") for i, part in enumerate(parts)]
    return [{"type": "text", "text": content}] if isinstance(content, str) and content else []


def _calls(message: Block) -> list[object]:
    calls = message.get("tool_calls")
    return cast("list[object]", calls) if isinstance(calls, list) else []


def _tool_use(call: object, where: str) -> Block:
    found = section(call)
    function = section(found.get("function"))
    name = function.get("name")
    if not isinstance(name, str):
        raise InvalidRequest(f"`{where}.function.name` must be a string", param=where)
    return {
        "type": "tool_use",
        "id": found.get("id") or "",
        "name": name,
        "input": arguments_of(function.get("arguments")),
        **without(found, "type", "id", "function", "index"),
    }


def arguments_in(given: object) -> str:
    """Return a block's input as a text of JSON; servers leave it out, or send what is a text already."""
    if isinstance(given, str) and is_object(given):
        return given
    return "{}" if given is None else msgspec.json.encode(given).decode()


def arguments_of(arguments: object) -> Block:
    """Return a call's arguments as an object; a text that is no JSON object is kept as `raw_arguments`."""
    if isinstance(arguments, dict):
        return cast("Block", arguments)
    if not isinstance(arguments, str) or arguments.strip() in ("", "null"):
        return {}
    try:
        decoded: Any = json_value(arguments.encode())
    except UNDECODABLE:
        decoded = None
    return cast("Block", decoded) if isinstance(decoded, dict) else {"raw_arguments": arguments}


def _ordered(
    entries: list[Block],
    thinking: list[Block],
    content: object,
    texts: list[Block],
    calls: list[Block],
) -> list[Block] | None:
    """Put the blocks in the order of `content_blocks`; `None` when the message has been changed since."""
    queues = {
        "thinking": [b for b in thinking if b["type"] == "thinking"],
        "redacted_thinking": [b for b in thinking if b["type"] == "redacted_thinking"],
        "text": texts,
        "tool_use": calls,
    }
    if not isinstance(content, list):
        texts = _pieces(entries, content if isinstance(content, str) else "")
        queues["text"] = texts
    places = {kind: iter(blocks) for kind, blocks in queues.items()}
    used = dict.fromkeys(queues, 0)
    ordered: list[Block] = []
    for entry in entries:
        kind = text(entry.get("type"))
        if kind not in queues:
            ordered.append(_foreign(entry))
            continue
        block = next(places[kind], None)
        if block is None:
            return None
        used[kind] += 1
        ordered.append(block)
    return ordered if all(used[kind] == len(queues[kind]) for kind in queues) else None


def _pieces(entries: list[Block], content: str) -> list[Block]:
    """Cut `content` as the entries say; what does not fit comes out as one piece too many."""
    pieces: list[Block] = []
    start = 0
    for entry in entries:
        if entry.get("type") == "text":
            length = entry.get("length")
            end = start + (length if isinstance(length, int) else len(content))
            rest = without(entry, "type", "length", "index")
            if isinstance(rest.get("citations"), list):
                rest["citations"] = [without(section(c), "index") for c in rest["citations"]]
            pieces.append({"type": "text", "text": content[start:end], **rest})
            start = end
    if start != len(content):
        pieces.append({"type": "text", "text": content[start:]})
    return pieces


def _foreign(entry: Block) -> Block:
    """Return a whole block; a client that merged a stream's deltas has its input as `partial_json`."""
    block = without(entry, "index", "partial_json")
    if isinstance(entry.get("partial_json"), str):
        block["input"] = arguments_of(entry["partial_json"])
    return block
