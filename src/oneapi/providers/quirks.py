"""What a vendor, or one of its models, takes differently from the reference of its dialect: data, not branches.

A row says it for a vendor (`providers.registry`), a table by name for models that many vendors serve
(`providers.openai_models`); dialects apply it. It is never an allow-list: a field that nobody names here travels.
"""

from dataclasses import dataclass, replace
from typing import Final

Pairs = tuple[tuple[str, str], ...]

NO_FIELDS: Final[frozenset[str]] = frozenset()
# The words for reasoning effort that vendors have, from little to much.
EFFORTS: Final = ("none", "minimal", "low", "medium", "high", "xhigh", "max")


@dataclass(frozen=True, slots=True)
class Quirks:
    """What differs; everything else is as the dialect's reference has it.

    For every client:
    `drops`: fields that the vendor refuses and that do not change what the answer means: left out, whoever said them.
    `message_drops`: the same in messages.
    `renames`: fields and what they are called there; where both are said, the smaller number is sent.
    `roles`: roles and what they are called there.
    `bridge`: what an assistant message says that has to stand between a tool's result and what is no assistant's.
    `call_ids`: a pattern that the ids of tool calls must match as a whole; others are replaced on both sides of the pair.
    `since`: fields that we do not add below a version of the vendor's API.
    `omits`: fields that we do not add (a client's own travel), and `+` names of what has to be added: learned from refusals.

    For clients of another dialect, whose requests are put into this one's words:
    `keeps`: the extra fields of `wire.canonical` that the vendor understands.
    `limit`: the name of the output limit (also of the one that we impose), "" for `max_tokens`.
    `samples`: whether `temperature` and `top_p` are taken.
    `efforts`: the words of `reasoning_effort` from little to much, `()` when it is not taken, `None` when nobody says.
    `max_stops`: the most stop sequences that are taken, 0 when there is no limit.
    `signature`: what stands in for the signature of a tool call of another vendor's model, for models that `sign_calls`.
    """

    drops: frozenset[str] = NO_FIELDS
    message_drops: frozenset[str] = NO_FIELDS
    renames: Pairs = ()
    roles: Pairs = ()
    bridge: str = ""
    call_ids: str = ""
    since: Pairs = ()
    omits: frozenset[str] = NO_FIELDS
    keeps: frozenset[str] = NO_FIELDS
    limit: str = ""
    samples: bool = True
    efforts: tuple[str, ...] | None = None
    max_stops: int = 0
    signature: str = ""
    sign_calls: bool = False

    @property
    def marks(self) -> tuple[bytes, ...]:
        """What a request of a client of the same dialect has in its text when there is something to change in it."""
        names = [*self.drops, *self.message_drops]
        names += [theirs for theirs, _ in (*self.renames, *self.roles)]
        if self.bridge or self.call_ids:
            names += ["tool", "tool_calls"]
        return tuple(f'"{name}"'.encode() for name in names)

    @property
    def shapes_messages(self) -> bool:
        """Whether messages have to be looked at."""
        return bool(self.message_drops or self.roles or self.bridge or self.call_ids)

    def omitting(self, names: frozenset[str]) -> "Quirks":
        """Return these quirks of a vendor that has refused what is named."""
        return replace(self, omits=self.omits | names)

    def keeping(self, name: str) -> "Quirks":
        """Return these quirks of a vendor that understands an extra field."""
        return self if name in self.keeps else replace(self, keeps=self.keeps | {name})

    def over(self, model: "Quirks") -> "Quirks":
        """Return a row's quirks with those of a model beneath: where both say something, the row is right."""
        return replace(
            self,
            drops=self.drops | model.drops,
            message_drops=self.message_drops | model.message_drops,
            renames=self.renames + model.renames,
            roles=self.roles + model.roles,
            bridge=self.bridge or model.bridge,
            call_ids=self.call_ids or model.call_ids,
            keeps=self.keeps | model.keeps,
            limit=self.limit or model.limit,
            samples=self.samples and model.samples,
            efforts=model.efforts if self.efforts is None else self.efforts,
            max_stops=self.max_stops or model.max_stops,
            sign_calls=self.sign_calls or model.sign_calls,
        )

    def effort(self, wanted: str) -> str | None:
        """Return the word for an effort: the most that is known up to the one wanted, else the least; `None` for none."""
        if not self.efforts or wanted in self.efforts:
            return wanted if self.efforts else None
        rank = EFFORTS.index(wanted) if wanted in EFFORTS else EFFORTS.index("medium")
        below = [word for word in self.efforts if EFFORTS.index(word) <= rank and word != "none"]
        return below[-1] if below else next(w for w in self.efforts if w != "none")


NO_QUIRKS: Final = Quirks()
