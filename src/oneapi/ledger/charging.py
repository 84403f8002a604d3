"""What a usage costs at a price."""

from math import isfinite
from typing import Any, Final

from oneapi.ledger.pricing import NANO, ONE, Price
from oneapi.wire.usage import Usage

SCALE: Final = NANO * ONE  # of an amount in nano-quota, multiplied by a factor
_COUNT_LIMIT: Final = 10**12  # units of one request; whatever is above was never consumed
_CHARGE_LIMIT: Final = 2**63 - 1  # what a bigint column holds
_SECONDS_LIMIT: Final = 10.0**9  # also what NaN and infinity are not below


def quota_of(nano: int, factor: int) -> int:
    """Return an amount in quota, rounded up; machine words suffice where the factor is 1."""
    return -(-nano // NANO) if factor == ONE else -(-nano * factor // SCALE)


def charge(usage: Usage, price: Price, factor: int) -> int:
    """Return the quota owed: exact, rounded up once, at the end.

    Total: negative, absurd or non-numeric counts are clamped, parts of the input never exceed it.
    Whatever costs anything costs at least 1.
    """
    return assessed(usage, price, factor)[0]


def assessed(usage: Usage, price: Price, factor: int) -> tuple[int, bool]:
    """Return the quota owed, and whether every count is a number and none is negative."""
    try:
        nano = _simple(usage, price)
    except TypeError:
        nano = -1
    is_sane = True
    if nano < 0:
        nano = _detailed(usage, price)
        is_sane = is_countable(usage)
    if nano <= 0 or factor <= 0:
        return 0, is_sane
    owed = quota_of(nano, factor)
    return (owed if owed < _CHARGE_LIMIT else _CHARGE_LIMIT), is_sane


def _simple(usage: Usage, price: Price) -> int:
    """Price a chat in text whose counts are in order, in nano-quota. -1, or `TypeError`: look closer."""
    heard: int = usage.audio_input_tokens
    spoken: int = usage.audio_output_tokens
    images: int = usage.images
    seconds: float = usage.seconds
    characters: int = usage.characters
    searches: int = usage.searches
    thought: int = usage.reasoning_tokens
    given: Any = usage.input_tokens
    made: Any = usage.output_tokens
    read: Any = usage.cached_tokens
    if (
        heard != 0
        or spoken != 0
        or images != 0
        or seconds != 0
        or characters != 0
        or searches != 0
        or not thought >= 0
        or (thought != 0 and price.thought != 0)
        or type(given) is not int
        or type(made) is not int
        or type(read) is not int
    ):
        return -1
    inputs: int = given
    outputs: int = made
    cached: int = read
    if (
        not 0 <= cached <= inputs < _COUNT_LIMIT
        or not 0 <= outputs < _COUNT_LIMIT
        or (price.long is not None and inputs > price.long_from)
    ):
        return -1
    nano = price.call + cached * price.cache_read + outputs * price.output
    plain = inputs - cached
    if usage.cache_write_tokens != 0 or usage.cache_write_1h_tokens != 0:
        written: Any = usage.cache_write_tokens
        longer: Any = usage.cache_write_1h_tokens
        if type(written) is not int or type(longer) is not int or written < 0 or longer < 0:
            return -1
        plain -= written + longer
        if plain < 0:
            return -1
        nano += written * price.cache_write + longer * price.cache_write_1h
    return nano + plain * price.input


def is_countable(usage: Usage) -> bool:
    """Say whether every count is a number and none is negative; one bit of sign tells of all integers."""
    try:
        bits = (
            usage.input_tokens
            | usage.output_tokens
            | usage.cached_tokens
            | usage.cache_write_tokens
            | usage.cache_write_1h_tokens
            | usage.audio_input_tokens
            | usage.audio_output_tokens
            | usage.reasoning_tokens
            | usage.images
            | usage.characters
            | usage.searches
        )
        is_timed: bool = 0 <= usage.seconds < _SECONDS_LIMIT
    except TypeError:
        return False
    return bool(bits >= 0) and is_timed


def _detailed(usage: Usage, price: Price) -> int:
    """Price whatever a vendor may have said: `usage` is a `Usage` whose values need not be of their types."""
    return sum([nano for _, _, _, nano in line_items(usage, price)])


def line_items(usage: Usage, price: Price) -> list[tuple[str, int, int, int]]:
    """Return what a usage costs, kind by kind: (unit, count, nano-quota per unit, nano-quota), before the factor.

    Units are the names of `Price`; seconds are counted in milliseconds. What was not consumed is left out.
    """
    parts = (
        (count(usage.audio_input_tokens), "audio_input"),
        (count(usage.cache_write_1h_tokens), "cache_write_1h"),
        (count(usage.cache_write_tokens), "cache_write"),
        (count(usage.cached_tokens), "cache_read"),
    )
    inputs = max(count(usage.input_tokens), *(part for part, _ in parts))
    outputs = max(count(usage.output_tokens), count(usage.audio_output_tokens))
    tokens = at_length(price, inputs)
    counts: list[tuple[str, int, int]] = []
    left = inputs
    for part, unit in parts:
        taken = min(part, left)
        counts.append((unit, taken, getattr(tokens, unit)))
        left -= taken
    spoken = count(usage.audio_output_tokens)
    thought = min(count(usage.reasoning_tokens), outputs - spoken) if tokens.thought else 0
    counts += [
        ("input", left, tokens.input),
        ("output", outputs - spoken - thought, tokens.output),
        ("thought", thought, tokens.thought),
        ("audio_output", spoken, tokens.audio_output),
        ("image", count(usage.images), price.image),
        ("character", count(usage.characters), price.character),
        ("search", count(usage.searches), price.search),
        ("call", 1 if price.call else 0, price.call),
    ]
    lines = [(unit, units, each, units * each) for unit, units, each in counts if units]
    milliseconds = count(usage.seconds, 1000)
    if milliseconds:
        nano = -(-milliseconds * price.second // 1000)
        lines.append(("second", milliseconds, price.second, nano))
    return lines


def at_length(price: Price, input_tokens: int) -> Price:
    """Return what the tokens of a request cost whose input is so long; what is no token costs the same at any length."""
    while price.long is not None and input_tokens > price.long_from:
        price = price.long
    return price


def count(value: object, scale: int = 1) -> int:
    """Return a vendor's count (in 1/`scale`) as a number that can be priced: 0 for what is none."""
    if isinstance(value, float):
        if not isfinite(value):
            return 0
        value = round(min(max(value, 0.0), float(_COUNT_LIMIT)) * scale)
    elif isinstance(value, int) and not isinstance(value, bool):
        value = value * scale
    else:
        return 0
    return min(max(value, 0), _COUNT_LIMIT)
