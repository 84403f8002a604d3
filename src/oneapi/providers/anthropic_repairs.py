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

from oneapi.providers.anthropic_thinking import calls_without_thinking
from oneapi.providers.base import Document
from oneapi.wire.anthropic_blocks import THINKING, Block, is_blank
from oneapi.wire.decoding import UNDECODABLE
from oneapi.wire.shapes import objects, section
from oneapi.wire.tool_ids import ToolIds

_UNSIGNED: Final = re.compile(rb'"signature"\s*:\s*""')
_EMPTY_TEXT: Final = re.compile(rb'"text"\s*:\s*""')
_ODD_ID: Final = re.compile(rb'"tool_use_id"\s*:\s*"(?![a-zA-Z0-9_-]{1,64}")')
_RESULT_ID: Final = re.compile(rb'"tool_use_id"\s*:\s*"([^"]*)')
_PLAIN_THINKERS: Final = re.compile(
    r"(^|[/:])(deepseek|kimi|moonshot|glm|minimax|mimo|longcat)", re.IGNORECASE
)
_RAWS: Final = msgspec.json.Decoder(list[msgspec.Raw])
_FIELDS: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_CLEARS_THINKING: Final = "clear_thinking_"


def needs_repair(body: bytes, model: str) -> bool:
    """Say whether a body may hold what Anthropic refuses and other vendors' answers bring: an unsigned thought, an odd id.

    It is asked of every request, so it looks for bytes, as few times as possible. What it does not see (a blank text that
    is not empty, a signature of somebody else) is found when Anthropic has refused it.
    """
    if b'""' in body:
        if _UNSIGNED.search(body) is not None and not keeps_unsigned(model):
            return True
        if _EMPTY_TEXT.search(body) is not None:
            return True
    if b'"tool_use_id"' not in body:
        return False
    ids = _RESULT_ID.findall(body)
    return len({*ids}) < len(ids) or _ODD_ID.search(body) is not None


def keeps_unsigned(model: str) -> bool:
    """Say whether a model of another vendor that speaks this dialect wants back its own thinking, which is not signed."""
    return _PLAIN_THINKERS.search(model) is not None


def repair(fields: Document, model: str) -> bool:
    """Mend a request's fields (names and their undecoded JSON) in place; return whether there was anything to mend."""
    try:
        raws = _RAWS.decode(fields["messages"])
        repairs = _Repairs(drops_unsigned=not keeps_unsigned(model))
        messages = [repairs.message(raw) for raw in raws]
        is_changed = any(new is not old for new, old in zip(messages, raws, strict=True))
        said = [message for message in messages if message is not None]
        if said and is_changed:
            fields["messages"] = said
            if repairs.has_dropped_thinking and _calls_without_thinking(said):
                _stop_thinking(fields)
        return _repair_system(fields) or (bool(said) and is_changed)
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


def _stop_thinking(fields: Document) -> None:
    """Ask for no thinking where the tool loop that is going on has lost its own: Anthropic refuses the two together."""
    thinking = section(msgspec.json.decode(fields.get("thinking", b"null")))
    if thinking.get("type") != "enabled":
        return
    del fields["thinking"]
    context = section(msgspec.json.decode(fields.get("context_management", b"null")))
    edits = objects(context.get("edits"))
    kept = [edit for edit in edits if not str(edit.get("type")).startswith(_CLEARS_THINKING)]
    if kept and len(kept) < len(edits):
        fields["context_management"] = {**context, "edits": kept}
    elif edits and not kept:  # there is nothing to clear, and to say so is refused
        del fields["context_management"]


class _Repairs:
    """Mends one message after the other; `has_dropped_thinking` once it had to."""

    def __init__(self, *, drops_unsigned: bool) -> None:
        self.has_dropped_thinking = False
        self._drops_unsigned = drops_unsigned
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
            if self._is_unsigned(found):
                self.has_dropped_thinking = True
            elif not is_blank(found):
                kept.append(self._block(block, found))
            elif "cache_control" in found and _takes_mark(kept):
                kept[-1] = {**kept[-1], "cache_control": found["cache_control"]}
        return kept

    def _is_unsigned(self, block: Block) -> bool:
        if not self._drops_unsigned or block.get("type") not in THINKING:
            return False
        return not (block.get("signature") or block.get("data"))

    def _block(self, block: Any, found: Block) -> Any:
        match found.get("type"):
            case "tool_use":
                changed = {"id": self._ids.call(found.get("id"))}
            case "tool_result":
                changed: Block = {"tool_use_id": self._ids.result(found.get("tool_use_id"))}
                inside = objects(found.get("content"))
                said = [item for item in inside if not is_blank(item)]
                if len(said) < len(inside):
                    changed["content"] = said
            case _:
                return block
        is_same = all(found.get(name) == value for name, value in changed.items())
        return block if is_same else {**found, **changed}


def _takes_mark(blocks: list[Any]) -> bool:
    last = section(blocks[-1]) if blocks else {}
    return "cache_control" not in last and last.get("type") not in (None, *THINKING)
