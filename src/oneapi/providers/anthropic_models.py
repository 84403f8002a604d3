"""What differs between Claude's generations, as far as a request depends on it: data, one row for each generation.

Sources: https://platform.claude.com/docs/en/models/overview (output limits), …/build-with-claude/thinking and …/effort,
…/build-with-claude/structured-outputs, …/models/{sonnet-5,sonnet-5-5,opus-5-5,haiku-5-5}/migration-guide and …/whats-new-…
(sampling, prefill, forced tools, `between_tools`), …/about-claude/models/migration-guide (the same up to 4.8)
(read 2026-11-26). That `temperature` and `top_p` exclude each other from Opus 4.1 on is the vendor's error text. Names
that are none of Claude's get what is safest.
"""

import re
from functools import lru_cache
from typing import Final

import msgspec

_SEPARATORS: Final = re.compile(r"[-._@:/\[\]\s]+")
_NUMBER: Final = re.compile(r"v?(\d{1,2})")
_FAMILY: Final = re.compile(r"[a-z]{3,}")
_NO_FAMILIES: Final = frozenset({"latest", "preview", "thinking", "beta", "claude"})
_ALWAYS_THINKING: Final = frozenset({"fable", "mythos"})
_NEWEST: Final = (99, 0)
_LATEST_SINCE: Final = 5  # `claude-opus-5-latest` is the newest 5, `claude-3-opus-latest` is 3.0
_LOW_TO_HIGH: Final = ("low", "medium", "high")
_ALL_EFFORTS: Final = (*_LOW_TO_HIGH, "xhigh", "max")


class Traits(msgspec.Struct, frozen=True):
    """What a model takes.

    `thinking`: which types of `thinking` switch it on (`enabled` has a budget); `off`: the type that switches it off,
    empty when nothing does; `thinks_unasked`: it thinks when the field is absent. `efforts`: the words of
    `output_config.effort`, rising; `off_efforts`: the same while thinking is off. `sampling`: `all` three of
    `temperature`, `top_p` and `top_k`, `one` of the first two, or `none`. `forced_tools`: whether `tool_choice` may be
    `any` or `tool`: `always`, `unless_thinking`, `never`.
    """

    is_claude: bool = False
    max_tokens: int = 8192
    thinking: tuple[str, ...] = ()
    off: str = ""
    thinks_unasked: bool = False
    shows_thinking: bool = True  # without being asked to
    efforts: tuple[str, ...] = ()
    off_efforts: tuple[str, ...] = ()
    sampling: str = "all"
    forced_tools: str = "always"
    schemas: bool = False  # output_config.format
    searches: bool = False  # Anthropic's own web search tool


@lru_cache(maxsize=1024)
def traits_of(model: str) -> Traits:
    """Return a model's traits, by its name; prefixes and suffixes of other platforms do not matter."""
    at = model.lower().find("claude-")
    if at < 0:
        return Traits()
    family, version = _read(model.lower()[at + 7 :])
    if version < (3, 7):
        newer = version == (3, 5)
        return Traits(True, max_tokens=8192 if newer else 4096, searches=newer)
    return _older(family, version) if version < (4, 6) else _newer(family, version)


def _read(name: str) -> tuple[str, tuple[int, int]]:
    """Return family and version; a name without a version is the newest of its family."""
    family = ""
    numbers: list[int] = []
    is_over = False  # dates and revisions follow
    for word in _SEPARATORS.split(name):
        number = _NUMBER.fullmatch(word)
        if number is not None and not is_over:
            numbers.append(int(number[1]))
        else:
            is_over = is_over or bool(numbers)
        if not family and _FAMILY.fullmatch(word) and word not in _NO_FAMILIES:
            family = word
    if family == "instant":
        return family, (1, 0)
    if not numbers:
        return family, (5, 0) if family in _ALWAYS_THINKING else _NEWEST
    if len(numbers) > 1:
        return family, (numbers[0], numbers[1])
    is_latest = name.endswith("latest") and numbers[0] >= _LATEST_SINCE
    return family, (numbers[0], _NEWEST[0] if is_latest else 0)


def _older(family: str, version: tuple[int, int]) -> Traits:
    """3.7 to 4.5: they think when they are given a budget."""
    is_late = version >= (4, 5)
    efforts = _LOW_TO_HIGH if family == "opus" and is_late else ()
    return Traits(
        True,
        max_tokens=32_000 if family == "opus" and not is_late else 64_000,
        thinking=("enabled",),
        off="disabled",
        efforts=efforts,
        off_efforts=efforts,
        sampling="one" if is_late or version == (4, 1) else "all",
        forced_tools="unless_thinking",
        schemas=is_late,
        searches=True,
    )


def _newer(family: str, version: tuple[int, int]) -> Traits:
    """4.6 and later: they think as much as they find right, led by the effort."""
    always = family in _ALWAYS_THINKING or (family == "opus" and version >= (5, 5))
    is_transitional = version < (4, 7) and not always
    late = version >= (5, 5) or (family in _ALWAYS_THINKING and version >= (5, 1))
    forced = "never" if late and family != "haiku" else "always"
    efforts = tuple(word for word in _ALL_EFFORTS if word != "xhigh" or not is_transitional)
    return Traits(
        True,
        max_tokens=64_000 if is_transitional and family != "opus" else 128_000,
        thinking=("adaptive", "enabled") if is_transitional else ("adaptive",),
        off=_off(family, version, always=always),
        thinks_unasked=always or version >= (5, 0),
        shows_thinking=is_transitional,
        efforts=efforts,
        off_efforts=_LOW_TO_HIGH if version >= (5, 0) else efforts,
        sampling="one" if is_transitional else "none",
        forced_tools=forced if version >= (4, 8) or always else "unless_thinking",
        schemas=True,
        searches=True,
    )


def _off(family: str, version: tuple[int, int], *, always: bool) -> str:
    if always:
        return ""
    return "between_tools" if family == "sonnet" and version >= (5, 5) else "disabled"
