"""Everything the relay must know about channels, prices and settings, as one immutable value in memory.

Rebuilt from the database when something changes; a request keeps the snapshot it began with.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any, cast

import msgspec
from sqlalchemy import Connection, select

from oneapi.ledger.pricing import PriceList
from oneapi.providers import registry
from oneapi.providers.base import Provider, Secret, Target
from oneapi.store.settings import Settings, load as load_settings
from oneapi.store.tables import channels as channel_table

ENABLED = 1
# One API keeps some settings in `other`; they count when `config` does not say them (spec: channels.other).
OTHER_MEANS = {
    3: "api_version",
    18: "api_version",
    24: "api_version",
    21: "library_id",
    17: "plugin",
}


class Channel(msgspec.Struct, frozen=True):
    """An operator's account at a vendor, as the relay uses it."""

    id: int
    type: int
    name: str
    target: Target
    priority: int
    weight: int
    models: tuple[str, ...]
    groups: tuple[str, ...]
    model_mapping: Mapping[str, str]
    system_prompt: str | None
    enabled: bool


Tier = tuple[Channel, ...]


class Policy(msgspec.Struct, frozen=True):
    """The settings that every request looks at."""

    retry_times: int
    retry_budget_seconds: float
    drain_seconds: float
    saturation_wait_seconds: float
    disables_automatically: bool


class Snapshot(msgspec.Struct, frozen=True):
    """One state of the configuration. `routes` maps (group, model) to tiers, best priority first."""

    settings: Settings
    policy: Policy
    prices: PriceList
    channels: Mapping[int, Channel]
    routes: Mapping[tuple[str, str], tuple[Tier, ...]]
    models: Mapping[str, tuple[str, ...]]  # group -> model names in the order of the channels


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


def _tiers(channels: list[Channel]) -> tuple[Tier, ...]:
    tiers: dict[int, list[Channel]] = {}
    for channel in channels:
        tiers.setdefault(channel.priority, []).append(channel)
    return tuple(tuple(tiers[priority]) for priority in sorted(tiers, reverse=True))


def _channel(row: Mapping[Any, Any]) -> Channel | None:
    provider = registry.provider(int(row["type"]))
    if provider is None:
        return None
    return Channel(
        id=int(row["id"]),
        type=int(row["type"]),
        name=row["name"] or "",
        target=_target(row, provider),
        priority=int(row["priority"] or 0),
        weight=max(0, int(row["weight"] or 0)),
        models=_names(row["models"]),
        groups=_names(row["group"]) or ("default",),
        model_mapping=_strings(row["model_mapping"]),
        system_prompt=row["system_prompt"] or None,
        enabled=row["status"] == ENABLED,
    )


def _target(row: Mapping[Any, Any], provider: Provider) -> Target:
    config = _strings(row["config"])
    meaning = OTHER_MEANS.get(provider.type)
    if meaning and row["other"]:
        config = {meaning: row["other"]} | config
    return Target(
        channel_id=int(row["id"]),
        provider=provider,
        base_url=(row["base_url"] or provider.base_url).rstrip("/"),
        key=Secret(row["key"] or ""),
        config=config,
    )


def _names(text: str | None) -> tuple[str, ...]:
    """Split a comma list; trimmed, without blanks and repetitions."""
    return tuple(dict.fromkeys(name.strip() for name in (text or "").split(",") if name.strip()))


def _strings(text: str | None) -> dict[str, str]:
    """Read a JSON object of strings; what adopted databases hold besides is passed over, as One API does."""
    try:
        document: Any = json.loads(text) if text else {}
    except ValueError:
        return {}
    if not isinstance(document, dict):
        return {}
    pairs = cast("dict[str, Any]", document).items()
    return {name: value for name, value in pairs if isinstance(value, str) and value}
