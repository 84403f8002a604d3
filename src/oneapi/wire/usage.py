"""What one request consumed, in one normal form; dialects translate each vendor's counts into it."""

from typing import Any, Final

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
        said = [f"{name}={getattr(self, name)!r}" for name in (*COUNTERS, "estimated")]
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
