"""Channels that rest after failures: as this worker has seen it, and as the others have told it."""

from typing import NamedTuple

from oneapi.control.context import Services


class Rest(NamedTuple):
    """A model of a channel is not asked until then (unix seconds)."""

    channel_id: int
    model: str
    until: int


def rests(services: Services) -> list[Rest]:
    """Return what rests now, the longest rest first."""
    now = services.now()
    found = [Rest(place, model, int(until)) for place, model, until in services.cooldowns()]
    return sorted((rest for rest in found if rest.until > now), key=lambda rest: -rest.until)


def rests_by_channel(services: Services) -> dict[int, list[Rest]]:
    """Return the rests of every channel that has some, the longest first."""
    found: dict[int, list[Rest]] = {}
    for rest in rests(services):
        found.setdefault(rest.channel_id, []).append(rest)
    return found
