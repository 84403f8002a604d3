"""Messages in the order and with the ids that vendors of OpenAI's dialect take.

`plain_messages` puts the canonical messages of a client of another dialect into OpenAI's words and order: every call of a
tool is answered by one message right behind the assistant's, what else was said between comes after.
`shaped_messages` applies a vendor's quirks, whoever the client is.
Source: https://platform.openai.com/docs/api-reference/chat/create, …/docs/guides/function-calling (read 2026-11-26).
"""

import hashlib
import re
import string
from collections.abc import Iterable
from typing import Any, Final, cast

from oneapi.providers.base import Document
from oneapi.providers.openai_parts import part_of, plain_content, tool_content
from oneapi.providers.quirks import Quirks
from oneapi.wire.shapes import objects, section, text
from oneapi.wire.tool_ids import NO_RESULT

# OpenAI refuses longer ids of calls ("Expected a string with maximum length 40") and longer names, which Anthropic takes.
MAX_CALL_ID: Final = 40
MAX_NAME: Final = 64
NEEDS_REASONING: Final = (
    "+reasoning_content"  # an adaptation: calls of tools need a thought before them
)
_DIGITS: Final = string.digits + string.ascii_letters
_ID_LENGTH: Final = 9  # what Mistral takes, and everybody else too
_RESULTS: Final = frozenset({"tool", "function"})
_MEDIA: Final = "What tool call {} returned besides its text:"


def fitting_id(call_id: str, pattern: str) -> str:
    """Return an id that matches; one that does already stays."""
    return call_id if re.fullmatch(pattern, call_id) else short_id(call_id)


def short_id(call_id: str) -> str:
    """Return a short id in place of one that does not do, always the same for the same one."""
    number = int.from_bytes(hashlib.sha256(call_id.encode("utf-8", "replace")).digest()[:8], "big")
    digits: list[str] = []
    for _ in range(_ID_LENGTH):
        number, digit = divmod(number, len(_DIGITS))
        digits.append(_DIGITS[digit])
    return "".join(digits)


def fitting_name(name: str) -> str:
    """Return the name of a function, with the end of one that is too long replaced by what only this name has."""
    if len(name) <= MAX_NAME:
        return name
    return name[: MAX_NAME - _ID_LENGTH - 1] + "_" + short_id(name)


# -- a vendor's quirks, for every client ---------------------------------------------------------------------------


def shaped_messages(messages: list[object], quirks: Quirks) -> list[Any]:
    """Return the messages as the vendor takes them; what is no message stays, for the vendor to refuse."""
    roles = dict(quirks.roles)
    shaped: list[Any] = []
    before = ""
    for item in messages:
        if not isinstance(item, dict):
            shaped.append(item)
            continue
        found = {k: v for k, v in cast("Document", item).items() if k not in quirks.message_drops}
        role = text(found.get("role"))
        if role in roles:
            role = found["role"] = roles[role]
        if quirks.bridge and before in _RESULTS and role not in {*_RESULTS, "assistant"}:
            shaped.append({"role": "assistant", "content": quirks.bridge})
        if quirks.call_ids:
            _refit(found, quirks.call_ids)
        shaped.append(found)
        before = role
    return shaped


def _refit(message: Document, pattern: str) -> None:
    answered = message.get("tool_call_id")
    if isinstance(answered, str) and answered:
        message["tool_call_id"] = fitting_id(answered, pattern)
    calls = message.get("tool_calls")
    if isinstance(calls, list):
        message["tool_calls"] = [_refitted(call, pattern) for call in cast("list[object]", calls)]


def _refitted(call: object, pattern: str) -> object:
    found = section(call)
    call_id = found.get("id")
    if not isinstance(call_id, str) or not call_id:
        return call
    return {**found, "id": fitting_id(call_id, pattern)}


# -- a client of another dialect -----------------------------------------------------------------------------------


def plain_messages(messages: list[Document], quirks: Quirks) -> list[Document]:
    """Return canonical messages in OpenAI's words and order; raise `InvalidRequest` for what these cannot say."""
    turns = _Turns(quirks)
    for i, message in enumerate(_merged(messages)):
        where = f"messages[{i}]"
        match message["role"]:
            case "assistant":
                turns.assistant(message, where)
            case "tool":
                turns.result(message, where)
            case _:
                turns.other(message, where)
    turns.close()
    return turns.plain


def _merged(messages: Iterable[Document]) -> list[Document]:
    """Join assistant messages in a row: they are one turn."""
    merged: list[Document] = []
    for message in messages:
        if message["role"] == "assistant" and merged and merged[-1]["role"] == "assistant":
            merged[-1] = _one_turn(merged[-1], message)
        else:
            merged.append(message)
    return merged


def _one_turn(first: Document, second: Document) -> Document:
    turn = {**first, **second, "content": [*_parts(first), *_parts(second)] or None}
    for name in ("tool_calls", "thinking_blocks"):
        both = [*objects(first.get(name)), *objects(second.get(name))]
        if both:
            turn[name] = both
    thoughts = [t for m in (first, second) if (t := text(m.get("reasoning_content")))]
    if thoughts:
        turn["reasoning_content"] = "\n".join(thoughts)
    return turn


def _parts(message: Document) -> list[Any]:
    content = message.get("content")
    if isinstance(content, str):
        return [{"type": "text", "text": content}] if content else []
    return cast("list[Any]", content) if isinstance(content, list) else []


class _Call:
    """A call of a tool that waits for its result; `said` is the id that the client gave it."""

    def __init__(self, said: str, call_id: str) -> None:
        self.said = said
        self.call_id = call_id
        self.result: str | None = None


class _Turns:
    """State: the calls that wait for their results, and what has to come after these."""

    def __init__(self, quirks: Quirks) -> None:
        self.plain: list[Document] = []
        self._quirks = quirks
        self._keeps = quirks.keeps - quirks.message_drops - quirks.omits
        self._calls: list[_Call] = []
        self._media: list[Document] = []
        self._after: list[Document] = []

    def assistant(self, message: Document, where: str) -> None:
        """Begin a turn of the assistant."""
        self.close()
        plain: Document = {
            "role": "assistant",
            "content": plain_content(message, where, self._keeps),
        }
        calls = objects(message.get("tool_calls"))
        if calls:
            self._calls = self._named(calls)
            plain["tool_calls"] = [
                self._call(call, waiting.call_id)
                for call, waiting in zip(calls, self._calls, strict=True)
            ]
            self._sign(plain["tool_calls"])
        elif plain["content"] is None:
            plain["content"] = ""
        self._think(message, plain)
        self.plain.append(plain)

    def _named(self, calls: list[Document]) -> list[_Call]:
        """Give every call an id of its own."""
        named: list[_Call] = []
        used: set[str] = set()
        for i, call in enumerate(calls):
            said = str(call.get("id") or "")
            call_id = said if len(said) <= MAX_CALL_ID else short_id(said)
            if not call_id or call_id in used:
                call_id = short_id(f"{said} {len(self.plain)} {i}")
            used.add(call_id)
            named.append(_Call(said, call_id))
        return named

    def _call(self, call: Document, call_id: str) -> Document:
        function = section(call.get("function"))
        name = text(function.get("name"))
        if len(name) > MAX_NAME:
            function = {**function, "name": fitting_name(name)}
        plain: Document = {"id": call_id, "type": "function", "function": function}
        if "extra_content" in self._keeps and "extra_content" in call:
            plain["extra_content"] = call["extra_content"]
        return plain

    def _sign(self, calls: list[Document]) -> None:
        """The first call of a step has to be signed; another vendor's model has not done so."""
        if self._quirks.signature and self._quirks.sign_calls:
            google = section(section(calls[0].get("extra_content")).get("google"))
            if not google.get("thought_signature"):
                google = {**google, "thought_signature": self._quirks.signature}
                calls[0]["extra_content"] = {
                    **section(calls[0].get("extra_content")),
                    "google": google,
                }

    def _think(self, message: Document, plain: Document) -> None:
        thought = message.get("reasoning_content")
        is_needed = NEEDS_REASONING in self._quirks.omits
        if thought and (is_needed or "reasoning_content" in self._keeps):
            plain["reasoning_content"] = thought
        elif is_needed and "tool_calls" in plain:
            plain["reasoning_content"] = " "
        if "reasoning_details" in self._keeps and message.get("thinking_blocks"):
            blocks = objects(message["thinking_blocks"])
            plain["reasoning_details"] = [_detail(i, block) for i, block in enumerate(blocks)]

    def result(self, message: Document, where: str) -> None:
        """Note what a tool returned."""
        said = str(message.get("tool_call_id") or "")
        content, media = tool_content(message, where)
        waiting = self._waiting(said)
        if waiting is None:
            known = next((call for call in self._calls if call.said == said), None)
            if known is None:
                self._append({"role": "user", "content": f"Result of tool call {said}: {content}"})
            else:
                known.result = f"{known.result}\n\n{content}"
        else:
            waiting.result = content
        if media:
            head = _MEDIA.format(waiting.call_id if waiting is not None else said)
            self._media += [{"type": "text", "text": head}, *media]

    def _waiting(self, said: str) -> _Call | None:
        open_calls = [call for call in self._calls if call.result is None]
        for call in open_calls:
            if call.said == said:
                return call
        return open_calls[0] if open_calls and not said else None

    def other(self, message: Document, where: str) -> None:
        """Note what user or system say; it comes behind the results."""
        content = plain_content(message, where, self._keeps)
        self._append({"role": message["role"], "content": content if content is not None else ""})

    def _append(self, message: Document) -> None:
        last = self._after[-1] if self._after else None
        if last is not None and last["role"] == message["role"] == "user":
            last["content"] = _together(last["content"], message["content"])
        else:
            self._after.append(message)

    def close(self) -> None:
        """Answer every call that is open, then say what else was said."""
        for call in self._calls:
            content = NO_RESULT if call.result is None else call.result
            self.plain.append({"role": "tool", "tool_call_id": call.call_id, "content": content})
        media, after = self._media, self._after
        self._calls, self._media, self._after = [], [], []
        if media and after and after[0]["role"] == "user":
            after[0]["content"] = _together(media, after[0]["content"])
        elif media:
            self.plain.append({"role": "user", "content": media})
        self.plain += after


def _together(first: Any, second: Any) -> Any:
    """Return two contents as one: a text if both are."""
    if isinstance(first, str) and isinstance(second, str):
        return "\n\n".join(said for said in (first, second) if said)
    return [*_as_parts(first), *_as_parts(second)]


def _as_parts(content: Any) -> list[Any]:
    if isinstance(content, str):
        return (
            [part_of({"type": "text", "text": content}, "", keeps_marks=False)] if content else []
        )
    return cast("list[Any]", content)


def _detail(index: int, block: Document) -> Document:
    """Return OpenRouter's form of a thinking block."""
    shape = {"format": "anthropic-claude-v1", "index": index}
    if block["type"] == "redacted_thinking":
        return {"type": "reasoning.encrypted", "data": block.get("data"), **shape}
    said = {"text": block.get("thinking", ""), "signature": block.get("signature", "")}
    return {"type": "reasoning.text", **said, **shape}
