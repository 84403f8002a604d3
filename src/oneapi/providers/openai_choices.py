"""The choices of OpenAI's chat answers in canonical spelling, whole and in deltas.

`reasoning` for `reasoning_content`, content in parts, a `message` where a delta should be, tool calls in any form.
Sources: https://platform.openai.com/docs/api-reference/chat/object, https://docs.mistral.ai/capabilities/reasoning (thinking
parts), https://openrouter.ai/docs/use-cases/reasoning-tokens (`reasoning`, `reasoning_details`),
https://platform.minimax.io/docs/api-reference/text-openai-api (`reasoning_split`), https://docs.vllm.ai
(`stop_reason` is a token's id or the sequence that was found) (read 2026-11-26).
"""

from typing import Any, Final, cast

import msgspec

from oneapi.errors import UpstreamError
from oneapi.providers.base import Call, Document
from oneapi.providers.openai_calls import ToolCalls
from oneapi.providers.openai_messages import MAX_NAME, fitting_name
from oneapi.wire.finish import FINISH, is_broken_off
from oneapi.wire.shapes import objects, section, text

_TEXT: Final = frozenset({"role", "content"})  # what the delta of a piece of text has
_CALLS: Final = frozenset({"role", "content", "tool_calls"})  # and of a piece of arguments
_LEGACY: Final = -1  # the index of the only call that `function_call` can say


def whole_choice(call: Call, choice: Document) -> Document:
    """Return a choice of a whole answer."""
    if "text" in choice and "message" not in choice:
        return choice  # of a completion
    message = evened(said_in(choice, "message"))
    calls = ToolCalls(call.request_id).whole(objects(message.pop("tool_calls", None)))
    if calls:
        names = long_names(call)
        message["tool_calls"] = [_without_index(_named(found, names)) for found in calls]
    _note(call, message)
    return _finished(choice, "message", message)


class Choices:
    """The choices of one stream. State: the tool calls of each."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._calls: dict[int, ToolCalls] = {}
        self._names: dict[str, str] = {}

    def read(self, choice: Document) -> Document:
        """Return a choice of one chunk."""
        if "text" in choice and "delta" not in choice and "message" not in choice:
            return choice  # of a completion
        if self._reads_quickly(choice):
            return choice
        delta = evened(said_in(choice, "delta"))
        entries = objects(delta.pop("tool_calls", None))
        place = place_of(choice)
        calls = self._calls.get(place)
        if entries and calls is None:
            calls = self._calls[place] = ToolCalls(self._call.request_id)
            self._names = long_names(self._call)
        if calls is not None:
            found = calls.feed(entries)
            if choice.get("finish_reason"):
                found += calls.finish()
            if found:
                delta["tool_calls"] = [_named(entry, self._names) for entry in found]
        _note(self._call, delta)
        return _finished(choice, "delta", delta)

    def _reads_quickly(self, choice: Document) -> bool:
        """Read a piece of a text or of arguments, which most chunks are; say whether it was one."""
        delta: Any = choice.get("delta")
        if not isinstance(delta, dict) or choice.get("finish_reason") or "stop_reason" in choice:
            return False
        delta = cast("Document", delta)
        if _TEXT.issuperset(delta):
            return isinstance(delta.get("content"), str)
        if not self._calls or not _CALLS.issuperset(delta) or delta.get("content"):
            return False
        calls = self._calls.get(place_of(choice))
        found = calls.go_on(delta.get("tool_calls")) if calls is not None else None
        if found is not None:
            choice["delta"] = {"tool_calls": found}
        return found is not None

    def finish(self) -> list[Document]:
        """Return choices with what of their calls has been kept back."""
        rest: list[Document] = []
        for place, calls in self._calls.items():
            found = [_named(entry, self._names) for entry in calls.finish()]
            if found:
                delta: Document = {"tool_calls": found}
                rest.append({"index": place, "delta": delta, "finish_reason": None})
        return rest


def check_end(word: object) -> None:
    """Raise `UpstreamError` for a `finish_reason` that is no end: the vendor failed amid the answer."""
    if is_broken_off(word):
        raise UpstreamError(f"the provider broke the answer off: finish_reason {word!r}")


class Ends:
    """Which of the answers in a stream have come to their end: all have when each that began has."""

    __slots__ = ("_done", "_open")

    def __init__(self) -> None:
        self._done: set[int] = set()
        self._open: set[int] = set()

    def follow(self, place: int, finish: object) -> bool:
        """Note how far an answer has come, by its `finish_reason`, and say whether all have ended."""
        if finish:
            self._done.add(place)
            self._open.discard(place)
        elif place not in self._done:
            self._open.add(place)
        return bool(self._done) and not self._open


def place_of(choice: Document) -> int:
    """Return which of several answers a choice is of."""
    index: Any = choice.get("index")
    return index if isinstance(index, int) else 0


def said_in(choice: Document, field: str) -> Document:
    """Return what a choice says, also where it says it under the other of the two names."""
    return section(choice.get(field)) or section(
        choice.get("delta" if field == "message" else "message")
    )


def _note(call: Call, message: Document) -> None:
    """Remember that answers of this model have reasoning, which may be wanted back."""
    if message.get("reasoning_content"):
        call.target.observed.sends_reasoning.add(call.model)


def _finished(choice: Document, field: str, message: Document) -> Document:
    """Return a choice with its message; a `stop_reason` that is none of Anthropic's words is something else."""
    rest = {k: v for k, v in choice.items() if k not in {"message", "delta", "stop_reason"}}
    own = choice.get("stop_reason")
    if isinstance(own, str) and own in FINISH:
        rest["stop_reason"] = own
    return {**rest, field: message, "finish_reason": text(choice.get("finish_reason")) or None}


def long_names(call: Call) -> dict[str, str]:
    """Return the names of tools that were too long for the vendor, by what it was told."""
    names = [
        text(section(tool.get("function")).get("name"))
        for tool in objects((call.document or {}).get("tools"))
    ]
    return {fitting_name(name): name for name in names if len(name) > MAX_NAME}


def _named(entry: Document, names: dict[str, str]) -> Document:
    """Return a call under the name that the client knows."""
    function = section(entry.get("function"))
    name = names.get(function.get("name", "")) if names else None
    return entry if name is None else {**entry, "function": {**function, "name": name}}


def _without_index(call: Document) -> Document:
    return {name: value for name, value in call.items() if name != "index"}


def evened(message: Document) -> Document:
    """Return a message or delta in the canonical spelling."""
    message = dict(message)
    thought = message.get("reasoning_content") or message.pop("reasoning", None)
    details = message.get("reasoning_details")
    if details:
        blocks = _thinking_blocks(objects(details))
        if blocks:
            message["thinking_blocks"] = blocks
        thought = thought or thought_in(details)
    content = message.get("content")
    if isinstance(content, list):
        message["content"], more = _texts(cast("list[object]", content))
        thought = more or thought
    elif content is not None and not isinstance(content, str):
        message["content"] = text(section(content).get("text")) or None
    if isinstance(thought, str) and thought:
        message["reasoning_content"] = thought
    else:
        message.pop("reasoning_content", None)
    calls = [_tool_call(call) for call in objects(message.pop("tool_calls", None))]
    legacy = section(message.pop("function_call", None))
    if not calls and (legacy.get("name") or legacy.get("arguments")):  # others write empty ones
        calls = [_tool_call({"index": _LEGACY, "function": legacy})]
    if calls:
        message["tool_calls"] = calls
    return message


def _tool_call(call: Document) -> Document:
    """Return a call whose arguments are a text, as they should be."""
    function = section(call.get("function"))
    arguments = function.get("arguments")
    if isinstance(arguments, str) and isinstance(function.get("name", ""), str):
        return call
    if arguments is None or isinstance(arguments, str):
        arguments = arguments or ""
    else:
        arguments = msgspec.json.encode(arguments).decode()
    return {**call, "function": {"name": text(function.get("name")), "arguments": arguments}}


def thought_in(details: object) -> str:
    """Return what `reasoning_details` say in words: MiniMax says its thoughts nowhere else."""
    return "".join(
        text(detail.get("text")) or text(detail.get("summary")) for detail in objects(details)
    )


def _thinking_blocks(details: list[Document]) -> list[Document]:
    """Return OpenRouter's `reasoning_details` of Claude as the thinking blocks they are, signatures included."""
    blocks: list[Document] = []
    for detail in details:
        if not text(detail.get("format")).startswith("anthropic"):
            continue
        place = {"index": detail["index"]} if isinstance(detail.get("index"), int) else {}
        if detail.get("type") == "reasoning.encrypted":
            blocks.append({**place, "type": "redacted_thinking", "data": text(detail.get("data"))})
        elif detail.get("type") == "reasoning.text":
            said = {"thinking": text(detail.get("text"))}
            if detail.get("signature"):
                said["signature"] = text(detail["signature"])
            blocks.append({**place, "type": "thinking", **said})
    return blocks


def _texts(parts: list[object]) -> tuple[str, str]:
    """Return what a content in parts says, and what it thinks."""
    said: list[str] = []
    thought: list[str] = []
    for item in parts:
        part = section(item)
        if part.get("type") in ("text", "output_text"):
            said.append(text(part.get("text")))
        elif isinstance(item, str):
            said.append(item)
        elif part.get("type") == "thinking":
            inner = part.get("thinking")
            pieces = (
                objects(cast("object", inner)) if isinstance(inner, list) else [{"text": inner}]
            )
            thought += [text(piece.get("text")) for piece in pieces]
    return "".join(said), "".join(thought)
