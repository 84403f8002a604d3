"""Everything the relay must know about channels, prices and settings, as one immutable value in memory.

Rebuilt from the database when something changes; a request keeps the snapshot it began with.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from sqlalchemy import Connection, select

from oneapi.errors import UpstreamError
from oneapi.ledger.pricing import PriceList
from oneapi.providers.base import Target
from oneapi.providers.provider import not_served
from oneapi.providers.targets import ALLOWS_TIERS, strings, target_of
from oneapi.relay.offers import Offer, is_no_face, offers_of
from oneapi.store.settings import Settings, load as load_settings
from oneapi.store.tables import channels as channel_table
from oneapi.wire.endpoints import ClientPath

ENABLED = 1


class Channel:
    """An operator's account at a vendor, as the relay uses it. `allows_tiers`: see `wire.service_tiers`.

    `is_direct`: no proxy leads there. `cost_factor`: what it costs its operator, in billionths of the list price; -1: nobody
    has said.
    """

    __slots__ = (
        "allows_tiers",
        "cost_factor",
        "enabled",
        "groups",
        "id",
        "is_direct",
        "model_mapping",
        "models",
        "name",
        "offers",
        "priority",
        "system_prompt",
        "target",
        "type",
        "weight",
    )

    def __init__(
        self,
        id: int,
        type: int,
        name: str,
        target: Target,
        priority: int,
        weight: int,
        models: tuple[str, ...],
        groups: tuple[str, ...],
        model_mapping: dict[str, str],
        system_prompt: str | None,
        enabled: bool,
    ) -> None:
        self.id: Final = id
        self.type: Final = type
        self.name: Final = name
        self.target: Final = target
        self.offers = offers_of(target)
        self.priority: Final = priority
        self.weight: Final = weight
        self.models: Final = models
        self.groups: Final = groups
        self.model_mapping: Final = model_mapping
        self.system_prompt: Final = system_prompt
        self.enabled: Final = enabled
        adjustments = target.adjustments
        self.cost_factor: Final[int] = -1 if adjustments is None else adjustments.cost_factor
        self.is_direct: Final = "proxy" not in target.config
        self.allows_tiers: Final = target.config.get(ALLOWS_TIERS) == "true"

    def offer(self, asked: ClientPath) -> Offer:
        """Return how it serves what clients ask for on a path; raise `InvalidRequest` if it does not."""
        offer = self.offers.get(asked)
        if offer is None:
            raise not_served(self.target.provider, asked.endpoint)
        return offer

    def found_nothing(self, asked: ClientPath, offer: Offer, error: UpstreamError) -> None:
        """Offer the first face from now on, if the operator's own address has no other."""
        target, first = self.target, offer.otherwise
        is_own = target.base_url != target.provider.base_url
        if first is not None and is_own and is_no_face(error):
            self.offers = {**self.offers, asked: first}


Tier = tuple[Channel, ...]


class Policy:
    """The settings that every request looks at."""

    __slots__ = (
        "disables_automatically",
        "drain_seconds",
        "retry_budget_seconds",
        "retry_times",
        "saturation_wait_seconds",
    )

    def __init__(
        self,
        retry_times: int,
        retry_budget_seconds: float,
        drain_seconds: float,
        saturation_wait_seconds: float,
        disables_automatically: bool,
    ) -> None:
        self.retry_times: Final = retry_times
        self.retry_budget_seconds: Final = retry_budget_seconds
        self.drain_seconds: Final = drain_seconds
        self.saturation_wait_seconds: Final = saturation_wait_seconds
        self.disables_automatically: Final = disables_automatically


class Snapshot:
    """One state of the configuration. `routes` maps (group, model) to tiers, best priority first."""

    __slots__ = ("channels", "models", "policy", "prices", "routes", "settings")

    def __init__(
        self,
        settings: Settings,
        policy: Policy,
        prices: PriceList,
        channels: dict[int, Channel],
        routes: dict[tuple[str, str], tuple[Tier, ...]],
        models: dict[str, tuple[str, ...]],  # group -> model names in the order of the channels
    ) -> None:
        self.settings: Final = settings
        self.policy: Final = policy
        self.prices: Final = prices
        self.channels: Final = channels
        self.routes: Final = routes
        self.models: Final = models


def load(connection: Connection) -> Snapshot:
    """Read channels and options and build the snapshot. Blocking: call it in a thread."""
    settings = load_settings(connection)
    rows = connection.execute(select(channel_table)).mappings()
    return build(settings, [channel for row in rows if (channel := _channel(row)) is not None])


def build(settings: Settings, channels: Iterable[Channel]) -> Snapshot:
    """Arrange channels into routes."""
    by_id = {channel.id: channel for channel in channels}
    candidates: dict[tuple[str, str], list[Channel]] = {}
    models: dict[str, dict[str, None]] = {}
    for channel in sorted(by_id.values(), key=lambda c: (-c.priority, c.id)):
        if not channel.enabled:
            continue
        for group in channel.groups:
            for model in channel.models:
                candidates.setdefault((group, model), []).append(channel)
                models.setdefault(group, {})[model] = None
    return Snapshot(
        settings=settings,
        policy=Policy(
            retry_times=settings.whole("RetryTimes"),
            retry_budget_seconds=settings.number("RetryBudgetSeconds"),
            drain_seconds=settings.number("DrainAfterDisconnectSeconds"),
            saturation_wait_seconds=settings.number("SaturationWaitSeconds"),
            disables_automatically=settings.flag("AutomaticDisableChannelEnabled"),
        ),
        prices=PriceList.from_settings(settings),
        channels=by_id,
        routes={route: _tiers(found) for route, found in candidates.items()},
        models={group: tuple(names) for group, names in models.items()},
    )


def keep_observations(new: Snapshot, old: Snapshot) -> None:
    """Let channels that stay as they were keep what has been seen of their vendors."""
    for channel in new.channels.values():
        before = old.channels.get(channel.id)
        if before is not None and _is_same(before.target, channel.target):
            channel.target.observed = before.target.observed
            channel.offers = before.offers


def _is_same(one: Target, other: Target) -> bool:
    return (
        one.provider is other.provider
        and one.base_url == other.base_url
        and one.key == other.key
        and one.config == other.config
        and _source(one) == _source(other)
    )


def _source(target: Target) -> bytes:
    adjustments = target.adjustments
    return b"" if adjustments is None else adjustments.source


def _tiers(channels: list[Channel]) -> tuple[Tier, ...]:
    tiers: dict[int, list[Channel]] = {}
    for channel in channels:
        tiers.setdefault(channel.priority, []).append(channel)
    return tuple(tuple(tiers[priority]) for priority in sorted(tiers, reverse=True))


def _channel(row: Mapping[Any, Any]) -> Channel | None:
    target = target_of(row)
    if target is None:
        return None
    return Channel(
        id=int(row["id"]),
        type=int(row["type"]),
        name=row["name"] or "",
        target=target,
        priority=int(row["priority"] or 0),
        weight=max(0, int(row["weight"] or 0)),
        models=_names(row["models"]),
        groups=_names(row["group"]) or ("default",),
        model_mapping=strings(row["model_mapping"]),
        system_prompt=row["system_prompt"] or None,
        enabled=row["status"] == ENABLED,
    )


def _names(text: str | None) -> tuple[str, ...]:
    """Split a comma list; trimmed, without blanks and repetitions."""
    return tuple(dict.fromkeys(name.strip() for name in (text or "").split(",") if name.strip()))
