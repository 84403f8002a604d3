"""The order of a message's blocks, said in chunks as soon as it is not the usual one; see `wire.canonical`."""

from oneapi.wire.anthropic_blocks import THINKING, Block, is_plain_text, without
from oneapi.wire.shapes import text


def entries_of(entries: list[Block]) -> list[Block]:
    """Return the deltas that say some entries."""
    return [{"content_blocks": entries}] if entries else []


class Order:
    """State: the blocks so far, and whether their order has been stated."""

    def __init__(self) -> None:
        self.length = 0  # of the text block that is open
        self._stated = False
        self._phase = 0
        self._before: list[Block] = []  # entries of the blocks so far, until they are stated
        self._count = 0
        self._kind = ""
        self._citations = 0

    @property
    def last(self) -> int:
        """The place of the block that has begun last."""
        return self._count - 1

    def begin(self, block: Block) -> list[Block]:
        """A block begins: return what is to be said about the order, if anything."""
        self._kind = text(block.get("type"))
        self.length = self._citations = 0
        entry = {"index": self._count, **self._entry(block)}
        self._count += 1
        usual = self._is_usual(block)
        if self._stated:
            return [entry]
        self._before.append(entry)
        return [] if usual else self._state()

    def _entry(self, block: Block) -> Block:
        if self._kind in THINKING or self._kind == "tool_use":
            return {"type": self._kind}
        return without(block, "text") if self._kind == "text" else block

    def _is_usual(self, block: Block) -> bool:
        place = {"thinking": 0, "redacted_thinking": 0, "text": 1, "tool_use": 2}.get(self._kind)
        if place is None or place < self._phase:
            return False
        if place == 1 and (self._phase == 1 or not is_plain_text(block)):
            return False
        self._phase = place
        return True

    def _state(self) -> list[Block]:
        self._stated = True
        stated, self._before = self._before, []
        return stated

    def cite(self, citation: Block) -> list[Block]:
        """The open text cites something."""
        entry = {"index": self.last, "citations": [{"index": self._citations, **citation}]}
        self._citations += 1
        return [*([] if self._stated else self._state()), entry]

    def piece(self, place: int, piece: Block) -> list[Block]:
        """A block goes on in a way that only it knows; `place`: which of all."""
        entry = {"index": place, **piece}
        return [*([] if self._stated else self._state()), entry]

    def stop(self) -> list[Block]:
        """The open block ends: the length of a text is known now."""
        if self._kind != "text":
            return []
        length = {"index": self.last, "length": self.length}
        if self._stated:
            return [length]
        if self.length == 0:
            return [*self._state(), length]
        self._before[-1] = {**self._before[-1], "length": self.length}
        return []
