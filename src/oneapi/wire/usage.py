"""What one request consumed, in one normal form; dialects translate each vendor's counts into it.

Reading counts is the same for all of them: `counted` reads one, `merge_counts` puts together what a stream says in several
places, `odd` says that a usage object cannot be counted.
"""

from math import ceil, isfinite
from typing import Any, Final, cast

# In the order in which the journal and the log say them.
COUNTERS: Final[tuple[str, ...]] = (
    "input_tokens",
    "output_tokens",
    "cached_tokens",
    "cache_write_tokens",
    "cache_write_1h_tokens",
    "audio_input_tokens",
    "audio_output_tokens",
    "reasoning_tokens",
    "images",
    "seconds",
    "characters",
    "searches",
)


class Usage:
    """Consumed units. Token counts are inclusive, as OpenAI's are.

    `input_tokens` contains `cached_tokens`, `cache_write_tokens`, `cache_write_1h_tokens` and
    `audio_input_tokens`; `cache_write_tokens` (5-minute or unspecified lifetime) and
    `cache_write_1h_tokens` are disjoint. `output_tokens` contains `reasoning_tokens` and
    `audio_output_tokens`. All are whole numbers but `seconds`. `searches`: made by the vendor for this answer.

    `total_tokens` is there only when the vendor named a total and not its parts. `oddity`: what the vendor said, when that
    cannot be counted (negative, no number) or believed; such a usage is never charged, an estimate is (`relay.billable`),
    and carries the oddity into the log. `estimated`: at least a part of it is ours.
    """

    __slots__ = (*COUNTERS, "estimated", "oddity", "total_tokens")

    def __init__(
        self,
        input_tokens: Any = 0,
        output_tokens: Any = 0,
        cached_tokens: Any = 0,
        cache_write_tokens: Any = 0,
        cache_write_1h_tokens: Any = 0,
        audio_input_tokens: Any = 0,
        audio_output_tokens: Any = 0,
        reasoning_tokens: Any = 0,
        images: Any = 0,
        seconds: Any = 0.0,
        characters: Any = 0,
        searches: Any = 0,
        estimated: bool = False,
        oddity: str = "",
        total_tokens: int = 0,
    ) -> None:
        self.input_tokens: Final = input_tokens
        self.output_tokens: Final = output_tokens
        self.cached_tokens: Final = cached_tokens
        self.cache_write_tokens: Final = cache_write_tokens
        self.cache_write_1h_tokens: Final = cache_write_1h_tokens
        self.audio_input_tokens: Final = audio_input_tokens
        self.audio_output_tokens: Final = audio_output_tokens
        self.reasoning_tokens: Final = reasoning_tokens
        self.images: Final = images
        self.seconds: Final = seconds
        self.characters: Final = characters
        self.searches: Final = searches
        self.estimated: Final = estimated
        self.oddity: Final = oddity
        self.total_tokens: Final = total_tokens

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Usage) and self.counts() == other.counts()

    def __hash__(self) -> int:
        return hash(tuple(self.counts().items()))

    def __repr__(self) -> str:
        names = (*COUNTERS, "total_tokens", "estimated", "oddity")
        said = [f"{name}={value!r}" for name in names if (value := getattr(self, name))]
        return f"Usage({', '.join(said)})"

    def counts(self) -> dict[str, Any]:
        """Return what is not nothing, by name: how the journal and the log say it."""
        counts: dict[str, Any] = {}
        _say(counts, "input_tokens", self.input_tokens)
        _say(counts, "output_tokens", self.output_tokens)
        _say(counts, "cached_tokens", self.cached_tokens)
        _say(counts, "cache_write_tokens", self.cache_write_tokens)
        _say(counts, "cache_write_1h_tokens", self.cache_write_1h_tokens)
        _say(counts, "audio_input_tokens", self.audio_input_tokens)
        _say(counts, "audio_output_tokens", self.audio_output_tokens)
        _say(counts, "reasoning_tokens", self.reasoning_tokens)
        _say(counts, "images", self.images)
        _say(counts, "seconds", self.seconds)
        _say(counts, "characters", self.characters)
        _say(counts, "searches", self.searches)
        _say(counts, "estimated", self.estimated)
        return counts

    @property
    def says_something(self) -> bool:
        """Whether anything at all was counted."""
        tokens = self.input_tokens or self.output_tokens or self.total_tokens
        return bool(tokens or self.images or self.seconds or self.characters)

    def completed(self, input_tokens: int, output_tokens: int) -> "Usage":
        """Return it with counts that the vendor left open, by estimate."""
        counts = self.counts()
        counts["input_tokens"] = input_tokens
        counts["output_tokens"] = output_tokens
        counts["estimated"] = True
        return Usage(**counts)


def _say(counts: dict[str, Any], name: str, count: Any) -> None:
    if count:
        counts[name] = count


_LARGEST: Final = 2**63
_ODDITY_LENGTH: Final = 500


def counted(value: object) -> int:
    """Return a vendor's count: 0 where there is none, -1 for what is no count (a text, a truth value, no number)."""
    if value is None:
        return 0
    if isinstance(value, int) and not isinstance(value, bool):
        return value if value >= 0 else -1
    if isinstance(value, float) and isfinite(value) and 0 <= value < _LARGEST:
        return ceil(value)
    return -1


def odd(counts: dict[str, Any]) -> Usage:
    """Return the usage that cannot be counted: what the vendor said, for the log, and nothing to charge."""
    return Usage(oddity=repr(counts)[:_ODDITY_LENGTH])


def merge_counts(known: dict[str, Any], said: dict[str, Any]) -> None:
    """Add what a vendor says now to what it said before about the same answer.

    Counts are cumulative, so the last one is right; but what is nothing, or no number, never replaces a count: some vendors
    send placeholders at the end.
    """
    for name, value in said.items():
        before = known.get(name)
        if isinstance(value, dict):
            inner = dict(cast("dict[str, Any]", before)) if isinstance(before, dict) else {}
            merge_counts(inner, cast("dict[str, Any]", value))
            known[name] = inner
        elif value is not None and (counted(value) > 0 or counted(before) <= 0):
            known[name] = value
