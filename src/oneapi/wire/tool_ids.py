"""Ids of tool calls that Anthropic takes: letters, digits, `_` and `-`, each once in a conversation.

Other vendors' ids (`functions.get:0`, the same `call_0` in every turn, none at all) are rewritten, the same id always the
same way, so that a prompt that is sent again can be found in a cache. Source: the vendor's own refusals, `tool_use.id:
String should match pattern '^[a-zA-Z0-9_-]+$'` and "`tool_use` ids must be unique" (read 2026-11-26).
"""

import re
from hashlib import blake2b
from typing import Final

NO_RESULT: Final = "(no result)"  # of a call, in a history that says none
MAX_LENGTH: Final = 64
_KEPT: Final = 40  # characters of an id that has to be rewritten, before its hash
_GOOD: Final = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_BAD: Final = re.compile(r"[^a-zA-Z0-9_-]")


def tool_id(found: object) -> str:
    """Return an id as it is if it is a good one, otherwise a good one that only this id becomes."""
    name = found if isinstance(found, str) else "" if found is None else str(found)
    if _GOOD.fullmatch(name):
        return name
    mark = blake2b(name.encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()
    return f"{_BAD.sub('_', name[:_KEPT]) or 'call'}_{mark}"


class ToolIds:
    """The ids of one conversation, in its order: `begin` each assistant message, then its calls, then their results."""

    def __init__(self) -> None:
        self._used: set[str] = set()
        self._open: dict[object, list[str]] = {}

    def begin(self) -> None:
        """An assistant message begins: results refer to its calls from here on."""
        self._open = {}

    def call(self, found: object) -> str:
        """Return the id of the next call."""
        name = tool_id(found)
        times = 1
        while name in self._used:
            times += 1
            name = tool_id(f"{found}#{times}")
        self._used.add(name)
        self._open.setdefault(_key(found), []).append(name)
        return name

    def result(self, found: object) -> str:
        """Return the id of the call that a result belongs to; calls of one id are answered in their order."""
        waiting = self._open.get(_key(found))
        if not waiting:
            return tool_id(found)
        return waiting.pop(0) if len(waiting) > 1 else waiting[0]


class CallIds:
    """Ids of the calls of one answer: the vendor's, where it says one that it has not said before."""

    def __init__(self, request_id: str) -> None:
        self._request_id = request_id
        self._used: set[str] = set()
        self._count = 0

    def next(self, found: str) -> str:
        """Return the id of the next call."""
        if not found:
            found = f"call_{self._request_id}_{self._count}"
        elif found in self._used:
            found = f"{found}_{self._count}"
        self._used.add(found)
        self._count += 1
        return found


def _key(found: object) -> str:
    return found if isinstance(found, str) else "" if found is None else str(found)
