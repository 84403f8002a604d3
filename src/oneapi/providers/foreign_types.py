"""What the channel types of one-hub and new-api are called here: after One API's first ones, their numbers went other ways.

A type that is not here has no counterpart. Sources: github.com/MartialBE/one-hub `common/config/constants.go` at 387f8bf1,
github.com/QuantumNous/new-api `constant/channel.go` at 016c88c3 (read 2026-11-26).
"""

from typing import Final, NamedTuple

COMPATIBLE: Final = 50


class Counterpart(NamedTuple):
    """A channel type of ours, and the base URL that is said with it where ours has none of its own."""

    type: int
    base_url: str = ""


def _pairs(pairs: dict[int, int]) -> dict[int, Counterpart]:
    return {theirs: Counterpart(ours) for theirs, ours in pairs.items()}


# Theirs speak the compatible mode of Alibaba's type 17 too, which is a type of its own here.
_ALI: Final = {17: 49}

NEW_API: Final = (
    _pairs(
        {number: number for number in (1, 3, *range(6, 17), 18, 19, 20, 21, 22, 23, 24, 25, 31, 33)}
    )
    | _pairs(_ALI)
    | _pairs(
        {4: 30, 26: 16, 34: 35, 35: 27, 39: 37, 40: 44, 41: 42, 42: 28, 43: 36, 45: 40, 46: 47}
    )
    | _pairs({27: 1100, 38: 1122, 47: 1244, 48: 45, 49: 34, 53: 1218, 56: 46})
    | {44: Counterpart(COMPATIBLE, "https://api.moka.ai/v1")}
)

NEW_API_PLANS: Final = {
    "glm-coding-plan": Counterpart(1001),
    "glm-coding-plan-international": Counterpart(1002),
    "kimi-coding-plan": Counterpart(1003),
    "doubao-coding-plan": Counterpart(1004),
}
"""Subscriptions, which a channel of new-api names in place of a base URL, whatever its type (`ChannelSpecialBases`)."""

ONE_HUB: Final = (
    _pairs({number: number for number in (1, 3, 8, 11, 14, 15, 16, 18, 19, 20, 23, 42)})
    | _pairs(_ALI)
    | _pairs(
        {25: 24, 26: 26, 27: 27, 28: 36, 29: 25, 30: 28, 31: 29, 32: 33, 33: 31, 35: 37, 36: 35}
    )
    | _pairs({38: 34, 39: 30, 45: 44, 47: 1122, 49: 1180, 52: 46, 56: 45})
)
