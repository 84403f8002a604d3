"""What one model costs at one moment in one tier of its vendor's service: `in_force` for the charge, `dearest` for the hold.

Both are a plain `Price`, so that whatever is held, charged, journaled and shown is one calculation (`charging`). No clock is
read here: the moment is given. Sources: https://developers.openai.com/api/docs/guides/fast-mode (the answer's
`service_tier` says how it was served; `fast` is `priority`'s new name), https://developers.openai.com/api/docs/guides/flex-processing,
https://platform.claude.com/docs/en/build-with-claude/fast-mode (`usage.speed`; a factor on all prices of tokens),
https://platform.claude.com/docs/en/about-claude/pricing (`inference_geo`), https://ai.google.dev/gemini-api/docs/pricing
(what flex reads from the cache costs as ever), https://api-docs.deepseek.com/quick_start/pricing as
https://docs.apiyi.com/en/live/2026-08/deepseek-price-peak-tier.md tells it: off-peak is half (read 2026-11-26).
"""

from functools import lru_cache
from typing import Final

from msgspec.structs import replace

from oneapi.ledger.pricing import ONE, Price

OFF_PEAK: Final = "off_peak"
ALIASES: Final = {"fast": "priority"}  # where there is no tier of the first name
_MINUTE: Final = 60
_WEEK: Final = 7 * 24 * 60
_THURSDAY: Final = 3 * 24 * 60  # the week of the clock began with one
_TOKENS: Final = (
    "input",
    "output",
    "cache_read",
    "cache_write",
    "cache_write_1h",
    "audio_input",
    "audio_output",
    "thought",
)


def varies(price: Price) -> bool:
    """Say whether a price depends on the tier that served, or on the hour."""
    return bool(price.tiers or price.off_peak)


def in_force(price: Price, served: str, at: int) -> Price:
    """Return what a request costs that was `served` so (words of the vendor's answer, blanks between) and came `at`.

    `at`: unix seconds. A word that no tier of this price has is the plain one.
    """
    factor, cache_factor, names = _tiers(price, served)
    if price.off_peak and _is_off_peak(price, at):
        factor, cache_factor = factor * price.off_peak // ONE, cache_factor * price.off_peak // ONE
        names = (*names, OFF_PEAK)
    return _scaled(price, factor, cache_factor, " ".join(names))


def dearest(price: Price, asked: str) -> Price:
    """Return what a request costs at most that asks for these tiers: the vendor may serve it plainly all the same."""
    factor, cache_factor, names = _tiers(price, asked, ONE)
    return _scaled(price, factor, cache_factor, " ".join(names))


def _tiers(price: Price, words: str, least: int = 0) -> tuple[int, int, tuple[str, ...]]:
    """Return the factors of some words together, and which of them count; `least`: of each."""
    factor = cache_factor = ONE
    names: list[str] = []
    known = {name: (each, of_cache) for name, each, of_cache in price.tiers}
    for word in words.lower().split():
        name = word if word in known else ALIASES.get(word, "")
        if name in known and name not in names:
            names.append(name)
            factor = factor * max(known[name][0], least) // ONE
            cache_factor = cache_factor * max(known[name][1], least) // ONE
    return factor, cache_factor, tuple(names)


def _is_off_peak(price: Price, at: int) -> bool:
    minute = (at // _MINUTE + _THURSDAY) % _WEEK
    return any(begin <= minute < end for begin, end in price.off_hours)


@lru_cache(maxsize=1024)
def _scaled(price: Price, factor: int, cache_factor: int, tier: str) -> Price:
    units = {unit: -(-getattr(price, unit) * factor // ONE) for unit in _TOKENS}
    units["cache_read"] = -(-price.cache_read * cache_factor // ONE)
    longer = price.long and _scaled(price.long, factor, cache_factor, tier)
    return replace(price, **units, long=longer, tiers=(), off_peak=0, off_hours=(), tier=tier)
