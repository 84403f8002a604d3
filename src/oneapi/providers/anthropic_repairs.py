"""What other vendors' answers left in the history of a Messages client, made right before Anthropic sees it.

Such a client was served by another vendor before: its thinking is unsigned, its calls have ids that Anthropic's pattern
refuses or the same ones again, its texts may be blank. Anthropic answers all of these with a 400, and the session would be
dead. Only messages that need it are opened; a request that needs nothing stays as it is, byte for byte.
Sources: https://platform.claude.com/docs/en/build-with-claude/thinking, …/context-editing and the vendor's refusals
(read 2026-11-26).
"""

import re
from typing import Any, Final, cast

import msgspec

from oneapi.errors import UpstreamError
from oneapi.providers.anthropic_thinking import calls_without_thinking
from oneapi.providers.base import Call, Document
from oneapi.providers.openai_models import quirks_of_model
from oneapi.providers.quirks import NO_FIELDS
from oneapi.wire.anthropic_blocks import THINKING, Block, is_blank
from oneapi.wire.decoding import UNDECODABLE
from oneapi.wire.shapes import objects, section, text
from oneapi.wire.tool_ids import ToolIds

_UNSIGNED: Final = re.compile(rb'"signature"\s*:\s*""')
_EMPTY_TEXT: Final = re.compile(rb'"text"\s*:\s*""')
_ODD_ID: Final = re.compile(rb'"tool_use_id"\s*:\s*"(?![a-zA-Z0-9_-]{1,64}")')
_RESULT_ID: Final = re.compile(rb'"tool_use_id"\s*:\s*"([^"]*)')
# Of Anthropic's refusals: which block it is about, and what it says of it.
_ABOUT_THINKING: Final = re.compile(
    r"messages\.\d+\.content\.\d+[\w.]*: .*?(`thinking`|`signature`)"
    r"|messages\.\d+\.content\.\d+\.thinking\.signature"
)
_ABOUT_HISTORY: Final = re.compile(
    r"messages[\w.]*: (text content blocks must|`tool_use` ids must be unique)"
    r"|messages\.\d+\.content\.\d+[\w.]*\.(tool_use\.id|tool_result\.tool_use_id): "
)
_UNKNOWN_FIELD: Final = re.compile(
    r"messages\.\d+\.content\.\d+\.tool_use\.(\w+): Extra inputs are not permitted"
)
# What the same request does otherwise: without any thinking in its history, with every block of it looked at, or without
# a field that another vendor's answer has brought into a call.
UNTHOUGHT: Final = "thinking_blocks"
REPAIRED: Final = "messages"
_WITHOUT: Final = "without "
MOST: Final = 5
_RAWS: Final = msgspec.json.Decoder(list[msgspec.Raw])
_FIELDS: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_BAD_REQUEST: Final = 400
_CLEARS_THINKING: Final = "clear_thinking_"


def needs_repair(body: bytes, call: Call) -> bool:
    """Say whether a body may hold what Anthropic refuses and other vendors' answers bring: an unsigned thought, an odd id.

    It is asked of every request, so it looks for bytes, as few times as possible. What it does not see (a blank text that
    is not empty, a signature of somebody else) is found when Anthropic has refused it.
    """
    if b'""' in body:
        if _UNSIGNED.search(body) is not None and not keeps_unsigned(call):
            return True
        if _EMPTY_TEXT.search(body) is not None:
            return True
    if b'"tool_use_id"' not in body:
        return False
    ids = _RESULT_ID.findall(body)
    return len({*ids}) < len(ids) or _ODD_ID.search(body) is not None


def adaptation(call: Call, error: UpstreamError) -> frozenset[str]:
    """Return what to do otherwise after a refusal of what was not the client's to know; empty for any other.

    A signature is good for the account and the text that it was made for, which the client cannot see: another of our
    channels may have made it.
    """
    if error.status != _BAD_REQUEST:
        return NO_FIELDS
    unknown = _UNKNOWN_FIELD.search(error.message)
    if _ABOUT_THINKING.search(error.message) is not None:
        found = UNTHOUGHT
    elif call.document is None and _ABOUT_HISTORY.search(error.message) is not None:
        found = REPAIRED
    elif call.document is None and unknown is not None:
        found = _WITHOUT + unknown[1]
    else:
        return NO_FIELDS
    is_new = found not in call.adapted and len(call.adapted) < MOST
    return call.adapted | {found} if is_new else NO_FIELDS


def keeps_unsigned(call: Call) -> bool:
    """Say whether another vendor that speaks this dialect wants back its models' own thinking, which is not signed.

    Its row says so, or the model's name.
    """
    row, model = call.target.provider.quirks, quirks_of_model(call.model)
    return "reasoning_content" in row.keeps or "reasoning_content" in model.keeps


def unthought(document: Document) -> Document:
    """Return a canonical chat without the thinking in its history."""
    messages: list[Document] = []
    for message in document["messages"]:
        plain = {name: value for name, value in message.items() if name != "thinking_blocks"}
        entries = objects(plain.get("content_blocks"))
        if entries:
            plain["content_blocks"] = [e for e in entries if text(e.get("type")) not in THINKING]
        messages.append(plain)
    return {**document, "messages": messages}


def repair(fields: Document, call: Call) -> bool:
    """Mend a request's fields (names and their undecoded JSON) in place; return whether there was anything to mend."""
    try:
        raws = _RAWS.decode(fields["messages"])
        repairs = _Repairs(not keeps_unsigned(call), call.adapted)
        messages = [repairs.message(raw) for raw in raws]
        is_changed = any(new is not old for new, old in zip(messages, raws, strict=True))
        said = [message for message in messages if message is not None]
        if said and is_changed:
            fields["messages"] = said
        has_lost = repairs.has_dropped_thinking or UNTHOUGHT in call.adapted
        has_stopped = has_lost and _calls_without_thinking(said) and _stop_thinking(fields)
        return _repair_system(fields) or has_stopped or (bool(said) and is_changed)
    except (*UNDECODABLE, KeyError):
        return False  # not ours to judge: the vendor says what is wrong with it


def _repair_system(fields: Document) -> bool:
    raw = fields.get("system")
    if not isinstance(raw, msgspec.Raw):
        return False
    blocks = objects(msgspec.json.decode(raw))
    said = [block for block in blocks if not is_blank(block)]
    if said:
        fields["system"] = said
    elif blocks:
        del fields["system"]
    return len(said) < len(blocks)


def _calls_without_thinking(messages: list[Any]) -> bool:
    turn: list[Document] = []
    for message in reversed(messages):
        found = section(msgspec.json.decode(msgspec.json.encode(message)))
        turn.append({"role": found.get("role"), "content": found.get("content")})
        if found.get("role") != "assistant" and len(turn) > 1 and turn[-2]["role"] == "assistant":
            break
    return calls_without_thinking(turn[::-1])


def _stop_thinking(fields: Document) -> bool:
    """Ask for no thinking where the tool loop that is going on has lost its own: Anthropic refuses the two together."""
    thinking = section(msgspec.json.decode(fields.get("thinking", b"null")))
    if thinking.get("type") != "enabled":
        return False
    del fields["thinking"]
    context = section(msgspec.json.decode(fields.get("context_management", b"null")))
    edits = objects(context.get("edits"))
    kept = [edit for edit in edits if not str(edit.get("type")).startswith(_CLEARS_THINKING)]
    if kept and len(kept) < len(edits):
        fields["context_management"] = {**context, "edits": kept}
    elif edits and not kept:  # there is nothing to clear, and to say so is refused
        del fields["context_management"]
    return True


class _Repairs:
    """Mends one message after the other; `has_dropped_thinking` once it had to."""

    def __init__(self, drops_unsigned: bool, adapted: frozenset[str]) -> None:
        self.has_dropped_thinking = False
        self._drops_unsigned = drops_unsigned
        self._drops_thinking = UNTHOUGHT in adapted
        self._unknown = {name.removeprefix(_WITHOUT) for name in adapted if _WITHOUT in name}
        self._ids = ToolIds()
        self._role: Any = None

    def message(self, raw: msgspec.Raw) -> Any:
        """Return a message: the same object when it is good, `None` when nothing is left of it."""
        fields: Document = dict(_FIELDS.decode(raw))
        role: Any = msgspec.json.decode(fields["role"])
        if role == "assistant" and self._role != "assistant":
            self._ids.begin()
        self._role = role
        blocks: Any = msgspec.json.decode(fields["content"])
        if not isinstance(blocks, list):
            return raw
        blocks = cast("list[Any]", blocks)
        mended = self._blocks(blocks)
        if len(mended) == len(blocks) and all(a is b for a, b in zip(mended, blocks, strict=True)):
            return raw
        if mended:
            return {**fields, "content": mended}
        return None if role == "assistant" else raw

    def _blocks(self, blocks: list[Any]) -> list[Any]:
        kept: list[Any] = []
        for block in blocks:
            found = section(block)
            if self._is_unwanted(found):
                self.has_dropped_thinking = True
            elif not is_blank(found):
                kept.append(self._block(block, found))
            elif "cache_control" in found and _takes_mark(kept):
                kept[-1] = {**kept[-1], "cache_control": found["cache_control"]}
        return kept

    def _is_unwanted(self, block: Block) -> bool:
        if text(block.get("type")) not in THINKING:
            return False
        is_signed = bool(block.get("signature") or block.get("data"))
        return self._drops_thinking or (self._drops_unsigned and not is_signed)

    def _block(self, block: Any, found: Block) -> Any:
        changed: Block = {}
        match found.get("type"):
            case "tool_use":
                changed["id"] = self._ids.call(found.get("id"))
            case "tool_result":
                changed["tool_use_id"] = self._ids.result(found.get("tool_use_id"))
                inside = objects(found.get("content"))
                said = [item for item in inside if not is_blank(item)]
                if len(said) < len(inside):
                    changed["content"] = said
            case _:
                pass
        if not self._unknown.isdisjoint(found):
            return {k: v for k, v in {**found, **changed}.items() if k not in self._unknown}
        is_same = all(found.get(name) == value for name, value in changed.items())
        return block if is_same else {**found, **changed}


def _takes_mark(blocks: list[Any]) -> bool:
    last = section(blocks[-1]) if blocks else {}
    return "cache_control" not in last and last.get("type") not in (None, *THINKING)
