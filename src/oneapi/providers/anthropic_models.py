"""What differs between Claude's generations, as far as a request depends on it.

Sources: https://platform.claude.com/docs/en/about-claude/models/overview (output limits),
…/build-with-claude/adaptive-thinking, …/extended-thinking, …/structured-outputs, …/about-claude/models/migration-guide
(sampling parameters are refused from Opus 4.7 on) (read 2026-11-21). Names that are none of Claude's get what is safest.
"""

import re
from typing import Final

import msgspec

_NAME: Final = re.compile(
    r"claude-(?:(?P<old>instant|v?2|3)(?:-(?P<old_minor>[57]))?(?:-(?P<old_family>opus|sonnet|haiku))?"
    r"|(?P<family>[a-z]+)-(?P<major>\d)(?:-(?P<minor>\d{1,2})(?!\d))?|mythos-preview)"
)
_ALWAYS_THINKING: Final = frozenset({"fable", "mythos"})


class Traits(msgspec.Struct, frozen=True):
    """What a model takes. `thinking`: `none`, `budget` (a number of tokens) or `adaptive`."""

    max_tokens: int = 8192
    thinking: str = "none"
    samples: bool = True  # temperature, top_p, top_k
    schemas: bool = False  # output_config.format
    shows_thinking: bool = True  # without being asked to
    can_stop_thinking: bool = True


def traits_of(model: str) -> Traits:
    """Return a model's traits, by its name."""
    found = _NAME.search(model)
    if found is None:
        return Traits()
    if found["old"] is not None:
        return _old(found["old"], found["old_minor"])
    family = found["family"] or "mythos"
    version = (int(found["major"] or 5), int(found["minor"] or 0))
    newest = version >= (4, 7) or family in _ALWAYS_THINKING
    adaptive = newest or version >= (4, 6)
    return Traits(
        max_tokens=_limit(family, version),
        thinking="adaptive" if adaptive else "budget",
        samples=not newest,
        schemas=newest or version >= (4, 5),
        shows_thinking=not newest,
        can_stop_thinking=family not in _ALWAYS_THINKING,
    )


def _old(generation: str, minor: str | None) -> Traits:
    if generation != "3" or minor is None:
        return Traits(max_tokens=4096)
    return Traits(max_tokens=64_000, thinking="budget") if minor == "7" else Traits()


def _limit(family: str, version: tuple[int, int]) -> int:
    if family == "opus" and version < (4, 5):
        return 32_000
    return 128_000 if family == "opus" and version >= (4, 6) else 64_000
