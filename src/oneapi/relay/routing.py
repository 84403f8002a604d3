"""Which channel serves the next attempt: priority first, then smooth weighted round-robin.

Never one already tried in this request, never one that rests unless it is the only one, never one that does not serve
the endpoint. The algorithm is nginx's: everybody gains their weight, the richest is chosen and pays the total.
"""

from collections.abc import Collection
from typing import Final

from oneapi.relay.health import Health
from oneapi.relay.snapshot import Channel, Snapshot, Tier
from oneapi.wire.endpoints import ClientPath, Endpoint

_COUNT: Final = Endpoint.COUNT_TOKENS
# Why a channel was chosen, as the log says it.
PINNED: Final = "pinned"  # whoever called named it
ONLY: Final = "only"  # the only one of the highest priority
TURN: Final = "turn"  # its turn among those of the same priority, by weight
LEFT_OVER: Final = "left_over"  # the only one of its priority that was neither tried nor resting
LOWER: Final = "lower_priority"  # all of a higher priority had been tried, or rested
ALONE: Final = "alone"  # it rested, and nobody else could answer
WAITED: Final = "waited"  # all rested, and this one was the first that did not any more


def resting_place(route: tuple[str, str], endpoint: Endpoint) -> str:
    """Return under which name a channel rests: its model's, but for counting, which vendors limit apart from chats."""
    return route[1] if endpoint is not _COUNT else f"{route[1]} ({endpoint.value})"


class Balancer:
    """Remembers each tier's turn; one per worker, kept across snapshots. `reason`: of the last choice."""

    def __init__(self, health: Health) -> None:
        self._health = health
        self._turns: dict[tuple[str, str, Endpoint, int], dict[int, int]] = {}
        self.reason = ONLY

    def choose(
        self,
        snapshot: Snapshot,
        route: tuple[str, str],
        asked: ClientPath,
        tried: Collection[int],
    ) -> Channel | None:
        """Return the channel for the next attempt, or `None` when none is left that does not rest."""
        tiers = snapshot.routes.get(route, ())
        if not tried and self._health.calm and tiers and len(tiers[0]) == 1:
            only = tiers[0][0]
            if asked in only.offers:
                self.reason = ONLY
                return only
        place = resting_place(route, asked.endpoint)
        for tier in tiers:
            able = self._able(tier, place, asked, tried)
            if not able:
                continue
            chosen = able[0] if len(able) == 1 else self._next(route, asked.endpoint, able)
            self.reason = _reason(tier is tiers[0], len(able), len(tier))
            self._health.begin(chosen.id, place)
            return chosen
        return self._alone(tiers, route[1], asked, tried)

    def _alone(
        self, tiers: tuple[Tier, ...], model: str, asked: ClientPath, tried: Collection[int]
    ) -> Channel | None:
        """Return the only channel there is although it rests, since nobody else can answer: see `Health`.

        Counting can be done without a vendor.
        """
        able = serving(tiers, asked)
        if asked.endpoint is _COUNT or len(able) != 1 or able[0].id in tried:
            return None
        only = able[0]
        if not self._health.may_try_alone(only.id, model):
            return None
        self._health.begin(only.id, model)
        self.reason = ALONE
        return only

    def _able(
        self, tier: Tier, place: str, asked: ClientPath, tried: Collection[int]
    ) -> list[Channel]:
        health = self._health
        calm = health.calm
        return [
            channel
            for channel in tier
            if channel.id not in tried
            and asked in channel.offers
            and (calm or health.may_try(channel.id, place))
        ]

    def _next(self, route: tuple[str, str], endpoint: Endpoint, able: list[Channel]) -> Channel:
        turns = self._turns.setdefault((*route, endpoint, able[0].priority), {})
        flat = not any(channel.weight for channel in able)
        total = 0
        best: Channel | None = None
        for channel in able:
            weight = 1 if flat else channel.weight
            total += weight
            turn = turns.get(channel.id, 0) + weight
            turns[channel.id] = turn
            if weight and (best is None or turn > turns[best.id]):
                best = channel
        assert best is not None, "a tier has at least one channel with weight"
        turns[best.id] -= total
        return best

    def forget(self) -> None:
        """Drop turns of channels that may be gone; called when the snapshot changes."""
        self._turns.clear()


def _reason(is_highest: bool, able: int, all: int) -> str:
    if not is_highest:
        return LOWER
    if able > 1:
        return TURN
    return ONLY if all == 1 else LEFT_OVER


def serving(tiers: tuple[Tier, ...], asked: ClientPath) -> list[Channel]:
    """Return the channels of a route that serve what is asked for, resting or not."""
    return [channel for tier in tiers for channel in tier if asked in channel.offers]
