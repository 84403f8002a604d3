"""The tool calls of an answer, put together from what vendors of OpenAI's dialect send: whole, or in fragments.

By the reference fragments of one call share an `index`, and the first one has `id` and `name`. Vendors send all calls under
index 0, no index, an id with every fragment, the same id twice, none, the name late, arguments as an object. One rule says
which fragment belongs to which call; what comes out has consecutive indexes, an id of its own for each call, the name in
its first fragment, and no call without a name.
Source: https://platform.openai.com/docs/api-reference/chat/streaming (read 2026-11-26).
"""

from typing import Any, Final, cast

import msgspec

from oneapi.providers.base import Document
from oneapi.wire.shapes import is_object, section, text
from oneapi.wire.tool_ids import CallIds

_KEPT: Final = ("extra_content", "caller", "cache_control")
_FRAGMENT: Final = frozenset(
    {"index", "function", "type"}
)  # what an entry has that only adds arguments
_ODD: Final = frozenset({"", "{"})  # the first character of arguments that are looked at closely
_EMPTY: Final = frozenset({"", "{}"})


class _Call:
    """One call: what has been seen of it, and what of its arguments has not been passed on."""

    def __init__(self) -> None:
        self.index = -1  # of a call that has begun
        self.vendor_id = ""
        self.name = ""
        self.seen: list[str] = []
        self.may_be_whole = False  # the last that was seen, blanks aside, is a closing brace
        self.waiting = ""
        self.more: Document = {}

    @property
    def is_whole(self) -> bool:
        """Whether the arguments are a whole object, to which nothing can be added."""
        return self.may_be_whole and is_object("".join(self.seen))

    def goes_on_with(self, arguments: str) -> bool:
        """Say whether arguments that have begun are continued: they are no object of their own."""
        said = arguments.strip()
        return bool(said and self.seen) and said[0] != "{" and not self.is_whole

    def add(self, arguments: str) -> None:
        """Add a fragment of the arguments; what repeats them is left out."""
        if not self.seen and arguments.strip() == "null":
            return  # how some models say that there are none
        if arguments.lstrip().startswith("{"):
            if self.index < 0 and self.waiting.strip() == "{}":
                self.waiting = ""  # an empty object that held the place
                self.seen.clear()
                self.may_be_whole = False
            elif self.is_whole:
                return
        if arguments:
            self.seen.append(arguments)
            self.waiting += arguments
            if not arguments.isspace():
                self.may_be_whole = arguments.rstrip().endswith("}")


class ToolCalls:
    """The calls of one choice. `feed` takes a delta's entries and returns what can be passed on of them."""

    def __init__(self, request_id: str) -> None:
        self._ids = CallIds(request_id)
        self._calls: list[_Call] = []
        self._by_index: dict[int, _Call] = {}
        self._by_id: dict[str, _Call] = {}
        self._last: _Call | None = None
        self._begun = 0
        self._by_place = False

    def feed(self, entries: list[Document]) -> list[Document]:
        """Return the canonical fragments of some entries."""
        out: list[Document] = []
        by_place = self._is_by_place(entries)
        for place, entry in enumerate(entries):
            call = self._find({**entry, "index": place} if by_place else entry)
            if call is not self._last and self._last is not None:
                out += self._begin(self._last)
            self._last = call
            self._note(call, entry)
            if call.index >= 0 or call.waiting.strip() not in _EMPTY:
                out += self._passed(call)
        return out

    def go_on(self, entries: object) -> list[Document] | None:
        """Return what can be passed on of a delta that goes on with the last call, as most do; `None` for any other."""
        last = self._last
        if last is None or last.index < 0 or last.may_be_whole or self._by_place:
            return None
        found = cast("list[Any]", entries) if isinstance(entries, list) else []
        entry: Document = section(found[0]) if len(found) == 1 else {}
        if (
            not _FRAGMENT.issuperset(entry)
            or self._by_index.get(entry.get("index", -1)) is not last
        ):
            return None
        function = section(entry.get("function"))
        arguments = function.get("arguments")
        if len(function) != 1 or not isinstance(arguments, str) or arguments[:1] in _ODD:
            return None
        last.seen.append(arguments)
        last.may_be_whole = arguments.rstrip()[-1:] == "}"
        return [{"index": last.index, "function": {"arguments": arguments}}]

    def whole(self, entries: list[Document]) -> list[Document]:
        """Return the calls of a whole answer: every entry is one."""
        for entry in entries:
            call = self._new(None, _id_of(entry))
            self._note(call, entry)
        return self.finish()

    def finish(self) -> list[Document]:
        """Return what has been kept back: the answer is over."""
        return [fragment for call in self._calls for fragment in self._begin(call)]

    def _note(self, call: _Call, entry: Document) -> None:
        function = section(entry.get("function"))
        name = text(function.get("name"))
        if name and call.name != name and call.index < 0:
            call.name += name
        found = _id_of(entry)
        call.vendor_id = call.vendor_id or found
        if found:
            self._by_id.setdefault(found, call)
        call.more |= {k: entry[k] for k in _KEPT if entry.get(k)}
        call.add(_arguments(function.get("arguments")))

    # -- which call an entry belongs to --

    def _is_by_place(self, entries: list[Document]) -> bool:
        """Say whether nothing but their place tells entries apart: several calls that began so in one delta."""
        if len(entries) < 2 or any("index" in entry or entry.get("id") for entry in entries):
            return False
        names = [section(entry.get("function")).get("name") for entry in entries]
        self._by_place = self._by_place or (not self._calls and all(names))
        return self._by_place

    def _find(self, entry: Document) -> _Call:
        index, found = _index_of(entry), _id_of(entry)
        function = section(entry.get("function"))
        name = text(function.get("name"))
        if self._last is not None and self._last.goes_on_with(
            _arguments(function.get("arguments"))
        ):
            name = ""  # said once more: no call begins amid the arguments of another
        if index is None:
            return self._without_index(found, name)
        known = self._by_index.get(index)
        if known is None:
            known = self._by_id.get(found) if found else None
            if known is None or (name and (not known.seen or known.is_whole)):
                return self._new(index, found)
            self._by_index[index] = known
            return known
        return self._new(index, found) if _begins_another(known, found, name) else known

    def _without_index(self, found: str, name: str) -> _Call:
        if found and found in self._by_id:
            return self._by_id[found]
        last = self._last
        if last is None or (found and name):
            return self._new(None, found)
        if found or name:
            another = last.is_whole or (name and last.name not in ("", name))
            return self._new(None, found) if another else last
        return last

    def _new(self, index: int | None, found: str) -> _Call:
        call = _Call()
        call.vendor_id = found
        self._calls.append(call)
        if index is not None:
            self._by_index[index] = call
        if found:
            self._by_id[found] = call
        return call

    # -- what is passed on --

    def _begin(self, call: _Call) -> list[Document]:
        """Pass on a call that waited for its arguments, now that something else follows."""
        return self._passed(call) if call.index < 0 or call.waiting else []

    def _passed(self, call: _Call) -> list[Document]:
        if not call.name:
            return []  # it may still come; nobody can call what has none
        arguments, call.waiting = call.waiting, ""
        if call.index >= 0:
            return (
                [{"index": call.index, "function": {"arguments": arguments}}] if arguments else []
            )
        call.index = self._begun
        self._begun += 1
        function = {"name": call.name, "arguments": arguments}
        head = {"index": call.index, "id": self._ids.next(call.vendor_id), "type": "function"}
        return [{**head, "function": function, **call.more}]


def _begins_another(known: _Call, found: str, name: str) -> bool:
    """Say whether an entry under the index of a call is another call."""
    if not name:
        return False
    if found:
        return bool(known.vendor_id) and found != known.vendor_id
    return bool(known.name) and (known.is_whole or (name != known.name and bool(known.seen)))


def _index_of(entry: Document) -> int | None:
    index: Any = entry.get("index")
    if isinstance(index, str) and index.isdecimal():
        return int(index)
    return index if isinstance(index, int) and not isinstance(index, bool) else None


def _id_of(entry: Document) -> str:
    found: Any = entry.get("id")
    if isinstance(found, int) and not isinstance(found, bool):
        return str(found)
    return text(found)


def _arguments(arguments: object) -> str:
    if arguments is None or arguments == {}:
        return ""
    return arguments if isinstance(arguments, str) else msgspec.json.encode(arguments).decode()
