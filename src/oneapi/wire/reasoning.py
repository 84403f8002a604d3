"""How a client gets what a model has thought: beside the text, in the text between `<think>` and `</think>`, or not at all.

Works on canonical chats, whole and chunk by chunk, whatever the vendor and the client speak; a vendor that says its
thoughts at the beginning of the text, between such tags, is understood as well, however its pieces are cut.
"""

from typing import Any, Final

from oneapi.wire.canonical import delta_texts
from oneapi.wire.dialect import StreamEncoder
from oneapi.wire.shapes import objects, section, text
from oneapi.wire.textmeter import TextMeter

BESIDE: Final = "reasoning_content"
INSIDE: Final = "think"
LEFT_OUT: Final = "none"
FORMS: Final = (BESIDE, INSIDE, LEFT_OUT)
_TAGS: Final = ("think", "thinking", "thought")  # by which vendors' models begin their answers
_OPENING: Final = "<think>\n"
_CLOSING: Final = "\n</think>\n\n"
_THINKING: Final = frozenset({"thinking", "redacted_thinking"})

_BLOCKS: Final = ("thinking_blocks", "content_blocks")
_DETAILS: Final = ("reasoning", "reasoning_details")  # thoughts in other gateways' words
_READ: Final = frozenset({"content", BESIDE, *_BLOCKS, *_DETAILS})

Document = dict[str, Any]


class _Tagged:
    """What a text says at its beginning between tags, told from what follows."""

    __slots__ = ("_begun", "_closing", "_held", "_state")

    def __init__(self) -> None:
        self._state = (
            0  # 0: nothing seen, 1: between the tags, 2: behind them, blanks follow, 3: in the text
        )
        self._held: str = ""
        self._closing: str = ""
        self._begun = False  # something has been thought

    def feed(self, piece: str) -> tuple[str, str]:
        """Return what a piece adds to the thoughts, and to the text."""
        if self._state == 3:
            return "", piece
        thought, self._held = "", self._held + piece
        if self._state == 0:
            self._open()
        if self._state == 1:
            thought = self._thought()
        if self._state == 2:
            self._held = self._held.lstrip()
            self._state = 3 if self._held else 2
        said = ""
        if self._state == 3:
            said, self._held = self._held, ""
        return thought, said

    def _open(self) -> None:
        """Look for the opening tag; undecided until there is enough of it."""
        begun = self._held.lstrip()
        for tag in _TAGS:
            opening = f"<{tag}>"
            if begun.startswith(opening):
                self._state, self._closing = 1, f"</{tag}>"
                self._held = begun[len(opening) :]
                return
        if not any(f"<{tag}>".startswith(begun) for tag in _TAGS):
            self._state = 3

    def _thought(self) -> str:
        """Return what is thought of what is held; what may be the end of it, or blanks before that, stays."""
        held, closing = self._held, self._closing
        if not self._begun:
            held = self._held = held.lstrip()
            self._begun = bool(held)
        at = held.find(closing)
        if at >= 0:
            self._state, self._held = 2, held[at + len(closing) :]
            return held[:at].rstrip()
        kept = next(
            n for n in range(len(closing) - 1, -1, -1) if closing.startswith(held[len(held) - n :])
        )
        sure = held[: len(held) - kept].rstrip()
        self._held = held[len(sure) :]
        return sure

    def flush(self) -> tuple[str, str]:
        """Return what is held, before something that is no text; the thought may go on behind that."""
        held, self._held = self._held, ""
        if self._state == 1:
            return held, ""
        if held:
            self._state = 3
        return "", held

    def finish(self) -> tuple[str, str]:
        """Return what is held: nothing more comes."""
        held, self._held = self._held, ""
        thinks = self._state == 1
        self._state = 3
        return (held, "") if thinks else ("", held)


class _Choice:
    """One answer of a stream: what has been said of it."""

    __slots__ = ("blocks", "is_thinking", "removed", "tagged", "thoughts")

    def __init__(self) -> None:
        self.tagged = _Tagged()
        self.is_thinking = False  # between our own tags
        self.thoughts: dict[int, bool] = {}  # thinking blocks: whether something of it is shown
        self.blocks: dict[int, int] = {}  # numbers of blocks as the client gets them
        self.removed: set[int] = set()


class ReasoningForm:
    """Brings the thoughts of a stream's chunks into one form."""

    __slots__ = ("_choices", "_form", "_outside")

    def __init__(self, form: str) -> None:
        self._form = form
        self._choices: dict[int, _Choice] = {}
        self._outside: Document = {}

    def feed(self, chunk: Document) -> list[Document]:
        """Return the chunks that one becomes."""
        choices = objects(chunk.get("choices"))
        if not choices:
            return [chunk]
        self._outside = {
            k: v for k, v in chunk.items() if k not in ("choices", "usage", "anthropic")
        }
        before: list[Document] = []
        found: list[Document] = []
        for choice in choices:
            index = choice.get("index")
            known = self._choices.setdefault(index if isinstance(index, int) else 0, _Choice())
            delta = section(choice.get("delta"))
            *first, last = self._deltas(known, delta, bool(choice.get("finish_reason")))
            before += [
                {"index": index or 0, "delta": delta, "finish_reason": None} for delta in first
            ]
            if last or choice.get("finish_reason") or not delta:
                found.append({**choice, "delta": last})
        out = [{**self._outside, "choices": [one]} for one in before]
        is_told = bool(found or chunk.get("usage") or chunk.get("anthropic"))
        return [*out, {**chunk, "choices": found}] if is_told else out

    def finish(self) -> list[Document]:
        """Return what has been kept back of answers that have not come to their end."""
        out: list[Document] = []
        for index, known in self._choices.items():
            rest = [delta for delta in self._deltas(known, {}, True) if delta]
            out += [
                {
                    **self._outside,
                    "choices": [{"index": index, "delta": delta, "finish_reason": None}],
                }
                for delta in rest
            ]
        return out

    def _deltas(self, known: _Choice, delta: Document, is_last: bool) -> list[Document]:
        """Return the deltas that one becomes; the last one has all that is no text."""
        rest = {name: value for name, value in delta.items() if name not in _READ}
        blocks = objects(delta.get("thinking_blocks"))
        for block in blocks:
            place = block.get("index", 0)
            shown = known.thoughts.get(place, False) or bool(block.get("thinking"))
            known.thoughts[place] = shown and self._form == INSIDE
        tagged, said = known.tagged.feed(text(delta.get("content")))
        if is_last or rest.get("tool_calls"):
            more = known.tagged.finish() if is_last else known.tagged.flush()
            tagged, said = tagged + more[0], said + more[1]
        thought = text(delta.get(BESIDE)) + tagged
        if self._form == BESIDE:
            return self._beside(rest, delta, thought, said)
        entries = self._entries(known, objects(delta.get("content_blocks")))
        others = bool(entries or said or rest.get("tool_calls") or rest.get("refusal") or is_last)
        spoken = self._inside(known, thought, others) if self._form == INSIDE else ""
        first = [{"content": spoken}] if spoken and (entries or others) else []
        shown = _content(delta, said) if first or not spoken else {"content": spoken}
        if first and "role" in rest:
            first[0]["role"] = rest.pop("role")
        return [*first, {**rest, **({"content_blocks": entries} if entries else {}), **shown}]

    @staticmethod
    def _beside(rest: Document, delta: Document, thought: str, said: str) -> list[Document]:
        """Return the deltas where thoughts stand beside the text: those come first."""
        kept = {name: delta[name] for name in (*_DETAILS, *_BLOCKS) if delta.get(name)}
        last = {**rest, **kept, **_content(delta, said)}
        if not thought:
            return [last]
        return [{BESIDE: thought}, last] if said else [{**last, BESIDE: thought}]

    @staticmethod
    def _inside(known: _Choice, thought: str, is_over: bool) -> str:
        """Return what stands in the text for a thought, and what ends it before something else is said."""
        spoken = ""
        if thought:
            spoken = thought if known.is_thinking else _OPENING + thought
            known.is_thinking = True
        if is_over and known.is_thinking:
            known.is_thinking = False
            spoken += _CLOSING
        return spoken

    @staticmethod
    def _entries(known: _Choice, entries: list[Document]) -> list[Document]:
        """Return the order of the blocks without those of thoughts, numbered as those that are left."""
        found: list[Document] = []
        for entry in entries:
            place = entry.get("index", 0)
            if entry.get("type") in _THINKING:
                known.removed.add(place)
            if place in known.removed:
                continue
            if place not in known.blocks:
                gone = sum(not shown for shown in known.thoughts.values())
                known.blocks[place] = max(0, place - gone)
            found.append({**entry, "index": known.blocks[place]})
        return found


def _content(delta: Document, said: str) -> Document:
    """Return the content of a delta that has one, though all of it may be held back or thought."""
    if said:
        return {"content": said}
    content = delta.get("content")
    return {} if content or "content" not in delta else {"content": content}


class ReasoningEncoder:
    """A client's encoder that is fed one form of thoughts; what counts as output is what the vendor has said."""

    __slots__ = ("_encoder", "_form", "_meter")

    def __init__(self, encoder: StreamEncoder, form: str) -> None:
        self._encoder = encoder
        self._form = ReasoningForm(form)
        self._meter = TextMeter()

    @property
    def output_tokens(self) -> int:
        """Return an estimate of the tokens that the vendor has made so far."""
        return self._meter.tokens

    def feed(self, chunk: Document) -> bytes:
        """Return what one canonical chunk is in the client's dialect."""
        for said in delta_texts(chunk):
            self._meter.add(said)
        return b"".join([self._encoder.feed(one) for one in self._form.feed(chunk)])

    def finish(self) -> bytes:
        """Return the normal end of the stream."""
        rest = [self._encoder.feed(one) for one in self._form.finish()]
        return b"".join([*rest, self._encoder.finish()])


def formed(document: Document, form: str) -> Document:
    """Return a whole canonical reply with its thoughts in one form."""
    choices = [
        {**choice, "message": _formed(section(choice["message"]), form)}
        if section(choice.get("message"))
        else choice
        for choice in objects(document.get("choices"))
    ]
    return {**document, "choices": choices}


def _formed(message: Document, form: str) -> Document:
    tagged = _Tagged()
    content = text(message.get("content"))
    first, last = tagged.feed(content), tagged.finish()
    said = first[1] + last[1]
    shown = {"content": said} if said != content else {}
    thought = text(message.get(BESIDE)) + first[0] + last[0]
    if form == BESIDE:
        return {**message, **({BESIDE: thought} if thought else {}), **shown}
    hidden = (BESIDE, "thinking_blocks", *_DETAILS)
    rest = {name: value for name, value in message.items() if name not in hidden}
    if objects(message.get("content_blocks")):
        return {**rest, **_reordered(message, form)}
    if form == INSIDE and thought:
        return {**rest, "content": f"{_OPENING}{thought}{_CLOSING}{said}"}
    return {**rest, **shown}


def _reordered(message: Document, form: str) -> Document:
    """Return content and order of a message whose blocks have one: each thought where it was."""
    thoughts = iter(objects(message.get("thinking_blocks")))
    content, start = text(message.get("content")), 0
    said: list[str] = []
    order: list[Document] = []
    for entry in objects(message["content_blocks"]):
        if entry.get("type") in _THINKING:
            thought = text(section(next(thoughts, None)).get("thinking"))
            if form == INSIDE and thought:
                said.append(f"{_OPENING}{thought}{_CLOSING}")
                order.append({"type": "text", "length": len(said[-1])})
            continue
        if entry.get("type") == "text":
            end = start + entry.get("length", len(content))
            said.append(content[start:end])
            start = end
        order.append(entry)
    return {"content": "".join(said) or None, "content_blocks": order}
