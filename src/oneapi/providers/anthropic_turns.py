"""The messages of a chat as Anthropic takes them: system prompts apart, results together, nothing empty, good ids.

Anthropic refuses what OpenAI lets pass: blank texts, messages without content, white space at the end of an answer that has
begun, other vendors' tool ids, fields of a block that it does not know. Two messages of one role in a row it joins itself.
Sources: https://platform.claude.com/docs/en/api/messages and …/api/errors, …/agents-and-tools/tool-use/handle-tool-calls,
the types of Anthropic's Python SDK 2.12, and the vendor's refusals (read 2026-11-26).
"""

from typing import Any, Final, cast

from oneapi.errors import InvalidRequest
from oneapi.providers.base import Document
from oneapi.wire.anthropic_blocks import (
    THINKING,
    Block,
    block_of,
    blocks_of,
    is_blank,
    without,
)
from oneapi.wire.shapes import objects, section, text
from oneapi.wire.tool_ids import NO_RESULT, ToolIds

# The fields of each block; what clients write beside them is theirs. Blocks of other types travel as they are.
_MARKED: Final = frozenset({"type", "cache_control"})
FIELDS: Final[dict[str, frozenset[str]]] = {
    "text": _MARKED | {"text", "citations"},
    "image": _MARKED | {"source", "transformations"},
    "document": _MARKED | {"source", "citations", "context", "title"},
    "search_result": _MARKED | {"content", "source", "title", "citations"},
    "tool_use": _MARKED | {"id", "name", "input", "caller", "toolset_name"},
    "tool_result": _MARKED | {"tool_use_id", "content", "is_error", "toolset_name"},
    "thinking": frozenset({"type", "thinking", "signature"}),
    "redacted_thinking": frozenset({"type", "data"}),
}
_SYSTEM: Final = ("system", "developer")
_SHOWN: Final = frozenset({"image", "document"})
_FAILED: Final = "The tool failed."  # `content` must not be empty beside `is_error`


def conversation(messages: list[Document], prompt: str | None, *, is_native: bool) -> Document:
    """Return `messages` and `system`; raise `InvalidRequest` for what cannot be said.

    `prompt` stands in place of the client's system prompt. `is_native`: the client spoke Anthropic's dialect, and what
    it said is not touched.
    """
    if not is_native:
        messages = _answerable(messages)
    turns = _Turns(is_native=is_native)
    if prompt is not None:
        turns.system.append(prompt)
    for i, message in enumerate(messages):
        if i or prompt is None or message.get("role") not in _SYSTEM:
            turns.add(message, f"messages[{i}]")
    if not is_native:
        turns.finish(messages)
    said: Document = {"messages": turns.said if is_native else _paired(turns.said)}
    system = turns.system
    if len(system) == 1 and system[0] != "":
        said["system"] = system[0]
    elif len(system) > 1:
        said["system"] = [block for content in system for block in _as_blocks(content)]
    return said


def _answerable(messages: list[Document]) -> list[Document]:
    """Return messages of which one is not a system prompt: where there is none, the last prompt is what is asked."""
    speaking = [i for i, message in enumerate(messages) if _speaks(message)]
    if not speaking or any(messages[i].get("role") not in _SYSTEM for i in speaking):
        return messages
    asked = {**messages[speaking[-1]], "role": "user"}
    return [*(messages[i] for i in speaking[:-1]), asked]


def _speaks(message: Document) -> bool:
    content = message.get("content")
    speaks = bool(text(content).strip()) or any(not is_blank(part) for part in objects(content))
    return speaks or any(
        message.get(name) for name in ("tool_calls", "function_call", "tool_call_id")
    )


class _Turns:
    """The messages so far, and the contents of the system prompts, which stand apart."""

    def __init__(self, *, is_native: bool) -> None:
        self.said: list[Document] = []
        self.system: list[Any] = []
        self._is_native = is_native
        self._ids = ToolIds()
        self._legacy = 0  # calls of OpenAI's old `function_call`, which have no ids
        self._shown: list[Block] = []  # images of the assistant, which only users can show

    def add(self, message: Document, where: str) -> None:
        """Take the next message."""
        match message.get("role"):
            case "system" | "developer" if message.get("turn") == "in_place":
                self.said.append({"role": "system", "content": self._content(message, where)})
            case "system" | "developer":
                content = self._content(message, where)
                if content or self._is_native:
                    self.system.append(content)
            case "user":
                self._user(message, where)
            case "tool":
                self._result(message, where)
            case "function":
                self._result({**message, "tool_call_id": f"call_{self._legacy}"}, where)
            case "assistant":
                self._assistant(message, where)
            case role:
                raise InvalidRequest(f"`{where}.role` {role!r} is not known", param=f"{where}.role")

    # -- user ------------------------------------------------------------------------------------------------------

    def _user(self, message: Document, where: str) -> None:
        content = self._content(message, where)
        if self._shown:
            content = [*self._shown, *_as_blocks(content)]
            self._shown = []
        if not content and not self._is_native:
            return
        joined = message.get("turn") == "joined" and self.said and self.said[-1]["role"] == "user"
        if joined and isinstance(self.said[-1]["content"], list):
            self.said[-1]["content"] += _as_blocks(content)
        else:
            self.said.append({"role": "user", "content": content})

    def _content(self, message: Document, where: str) -> Any:
        """Return a message's content in blocks, or its text."""
        content = message.get("content")
        is_system = message.get("role") in _SYSTEM
        if isinstance(content, list):
            parts = cast("list[object]", content)
            content = [block_of(part, f"{where}.content[{i}]") for i, part in enumerate(parts)]
            if is_system and not self._is_native:
                _require_text(content, f"{where}.content")
        elif content is None:
            content = ""
        elif not isinstance(content, str):
            raise InvalidRequest(
                f"`{where}.content` must be a string or an array", param=f"{where}.content"
            )
        mark = message.get("cache_control")
        if mark is not None and content:
            blocks = _as_blocks(content)
            content = [*blocks[:-1], {"cache_control": mark, **blocks[-1]}]
        return content if self._is_native else self._cleaned(content, is_system=is_system)

    def _cleaned(self, content: Any, *, is_system: bool = False) -> Any:
        """Return content without what Anthropic refuses; the cache marks of what is left out go to what is before it."""
        if isinstance(content, str):
            return content if content.strip() else ""
        kept: list[Block] = []
        for block in cast("list[Block]", content):
            if not is_blank(block):
                kept.append(_known(block))
            elif block.get("cache_control") is not None:
                _mark(kept or self._before(is_system=is_system), block["cache_control"])
        return kept

    def _before(self, *, is_system: bool) -> list[Block]:
        """Return the blocks of what was said last, to be changed in place."""
        if is_system or not self.said:
            return []
        last = self.said[-1]
        last["content"] = _as_blocks(last["content"])
        return last["content"]

    # -- tools -----------------------------------------------------------------------------------------------------

    def _result(self, message: Document, where: str) -> None:
        """All results of one turn belong into one message: Anthropic's models expect parallel results together."""
        call_id: Any = message.get("tool_call_id") or ""
        block: Block = {"type": "tool_result", "tool_use_id": call_id}
        if message.get("content") is not None:
            block["content"] = self._content(without(message, "cache_control"), where)
        block |= without(message, "role", "tool_call_id", "content", "name", "turn")
        if self._is_native:
            self._result_in_place(block, message.get("turn"))
            return
        block = _known({**block, "tool_use_id": self._ids.result(call_id)})
        if not block.get("content"):
            block.pop("content", None)
            if block.get("is_error"):
                block["content"] = _FAILED
        self._answer(block)

    def _answer(self, block: Block) -> None:
        """Put a result where it belongs: first in what follows the assistant, behind the results that are there."""
        place = len(self.said)
        while place and self.said[place - 1]["role"] == "user":
            place -= 1
        if place == len(self.said):
            self.said.append({"role": "user", "content": [block]})
            return
        blocks = self.said[place]["content"] = _as_blocks(self.said[place]["content"])
        results = 0
        while results < len(blocks) and blocks[results].get("type") == "tool_result":
            results += 1
        blocks.insert(results, block)

    def _result_in_place(self, block: Block, turn: Any) -> None:
        last = self.said[-1] if self.said else {}
        content = last.get("content")
        open_turn = (
            last.get("role") == "user"
            and isinstance(content, list)
            and any(b.get("type") == "tool_result" for b in cast("list[Block]", content))
        )
        if (open_turn and turn != "apart") or (turn == "joined" and isinstance(content, list)):
            last["content"].append(block)
        else:
            self.said.append({"role": "user", "content": [block]})

    # -- assistant -------------------------------------------------------------------------------------------------

    def _assistant(self, message: Document, where: str) -> None:
        call = section(message.get("function_call"))
        if call and (self._is_native or call.get("name")) and not message.get("tool_calls"):
            self._legacy += 1
            message = {
                **message,
                "tool_calls": [{"id": f"call_{self._legacy}", "function": call}],
            }
        if not self.said or self.said[-1]["role"] != "assistant":
            self._ids.begin()
        if message.get("refusal") and not message.get("content") and not self._is_native:
            message = {**message, "content": text(message["refusal"])}
        content = message.get("content")
        aside = ("tool_calls", "thinking_blocks", "content_blocks", "cache_control")
        if isinstance(content, str) and content and not any(message.get(name) for name in aside):
            if self._is_native or content.strip():
                self.said.append({"role": "assistant", "content": content})
            return
        blocks = blocks_of(message, where)
        if message.get("cache_control") is not None and blocks:
            blocks[-1] = {**blocks[-1], "cache_control": message["cache_control"]}
        if not self._is_native:
            blocks = [self._renamed(block) for block in self._cleaned(blocks)]
            self._shown += [block for block in blocks if text(block.get("type")) in _SHOWN]
            blocks = [block for block in blocks if text(block.get("type")) not in _SHOWN]
        if blocks:
            self.said.append({"role": "assistant", "content": blocks})

    def _renamed(self, block: Block) -> Block:
        if block.get("type") != "tool_use":
            return block
        said = block.get("id")
        if not isinstance(said, str | int | float):
            why = "`messages`: a `tool_use` block must have an `id`, which is text"
            raise InvalidRequest(why, param="messages")
        good = self._ids.call(said)
        return block if good == said else {**block, "id": good}

    # -- the whole -------------------------------------------------------------------------------------------------

    def finish(self, messages: list[Document]) -> None:
        """Look at the end: it must be somebody's to answer, and without white space behind it."""
        if not self.said:
            raise InvalidRequest(
                "`messages`: every message is empty; there is nothing to answer", param="messages"
            )
        if self.said[-1]["role"] != "assistant":
            return
        last = len(messages) - 1
        while messages[last].get("role") in _SYSTEM:
            last -= 1
        if messages[last].get("role") != "assistant":
            where = f"messages[{last}].content"
            raise InvalidRequest(f"`{where}` is empty; there is nothing to answer", param=where)
        self.said[-1]["content"] = _trimmed(self.said[-1]["content"])


def _paired(turns: list[Document]) -> list[Document]:
    """Give every call its result in what follows; a result whose call is not there is told as a text.

    Chat clients cut old messages off, and go on after a call that was stopped; Anthropic refuses both.
    """
    paired: list[Document] = []
    calls: list[str] = []
    for message in turns:
        blocks = _as_blocks(message["content"])
        if message["role"] == "assistant":
            calls += [block["id"] for block in blocks if block.get("type") == "tool_use"]
        elif message["role"] == "user":
            answered = _answered(calls, blocks)
            calls = []
            if answered != blocks:
                paired.append({**message, "content": answered})
                continue
        paired.append(message)
    if calls:
        paired.append({"role": "user", "content": _answered(calls, [])})
    return paired


def _answered(calls: list[str], blocks: list[Block]) -> list[Block]:
    """Return what follows some calls: a result for each of them first, then the rest."""
    results: dict[str, Block] = {}
    others: list[Block] = []
    for block in blocks:
        call_id: Any = block.get("tool_use_id")
        if block.get("type") != "tool_result":
            others.append(block)
        elif call_id in calls and call_id not in results:
            results[call_id] = block
        else:
            others += _told(block)
    missing = [_no_result(call_id) for call_id in calls if call_id not in results]
    return [*results.values(), *missing, *others]


def _no_result(call_id: str) -> Block:
    return {"type": "tool_result", "tool_use_id": call_id, "content": NO_RESULT}


def _told(result: Block) -> list[Block]:
    """Return a tool's result as what a user says."""
    blocks = _as_blocks(result.get("content") or "")
    said = "\n\n".join(text(block.get("text")) for block in blocks if block.get("type") == "text")
    head = {
        "type": "text",
        "text": f"Result of tool call {text(result.get('tool_use_id'))}: {said}",
    }
    return [head, *(block for block in blocks if block.get("type") != "text")]


def _require_text(blocks: list[Block], where: str) -> None:
    for i, block in enumerate(blocks):
        if block.get("type") != "text":
            raise InvalidRequest(
                f"`{where}[{i}]`: a system prompt of this provider is text, not {block.get('type')!r}",
                param=f"{where}[{i}]",
            )


def _as_blocks(content: Any) -> list[Block]:
    if isinstance(content, str):
        return [{"type": "text", "text": content}] if content else []
    return content


def _mark(blocks: list[Block], mark: Any) -> None:
    """Put a cache mark on the last block, unless it has one or cannot have any."""
    if blocks and "cache_control" not in blocks[-1] and blocks[-1].get("type") not in THINKING:
        blocks[-1] = {**blocks[-1], "cache_control": mark}


def _known(block: Block) -> Block:
    """Return a block with the fields that Anthropic knows, and nothing blank inside."""
    fields = FIELDS.get(text(block.get("type")))
    if fields is None:
        return block
    known = block
    if not block.keys() <= fields:
        known = {name: value for name, value in block.items() if name in fields}
    if isinstance(known.get("content"), list):
        inside = [item for item in objects(known["content"]) if not is_blank(item)]
        known = {**known, "content": [_known(item) for item in inside]}
    return known


def _trimmed(content: Any) -> Any:
    if isinstance(content, str):
        return content.rstrip()
    blocks = cast("list[Block]", content)
    if blocks[-1].get("type") != "text":
        return blocks
    return [*blocks[:-1], {**blocks[-1], "text": blocks[-1]["text"].rstrip()}]
