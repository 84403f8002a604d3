"""What a channel offers to clients of a dialect: a service for each path that they may use, as a request needs to know it.

Worked out once for each row of the registry, so that a request looks it up by the path that it came on.
"""

from collections.abc import Callable
from functools import cache
from typing import Final

from oneapi.providers import registry
from oneapi.providers.base import Dialect, Target
from oneapi.providers.provider import Provider, Service
from oneapi.wire.endpoints import PATHS, ROWS, ClientPath
from oneapi.wire.sse import SPLITTERS, Splitter


class Offer:
    """A service and its dialect, as clients of a dialect get it.

    `passes_through`: they speak the same one, so that the bytes of a request may stay as they are. `answer_passes`: those of
    the answer too. `splits` makes what splits the bytes of its streams.
    """

    __slots__ = ("answer_passes", "dialect", "passes_through", "service", "splits")

    def __init__(
        self, service: Service, dialect: Dialect, client: str, *, forms_answer: bool = False
    ) -> None:
        self.service: Final = service
        self.dialect: Final = dialect
        self.passes_through: Final = service.dialect == client
        self.answer_passes: Final = service.dialect == client and not forms_answer
        self.splits: Final[Callable[[], Splitter]] = SPLITTERS[service.framing]


Offers = dict[ClientPath, Offer]


def offers_of(target: Target) -> Offers:
    """Return what a channel offers, by path; nobody may change it.

    A client is offered the service of its own dialect; where there is none, another one if the endpoint can be converted.
    """
    adjustments = target.adjustments
    if adjustments is None:
        return _plain(target.provider)
    return {
        path: Offer(
            offer.service,
            registry.dialect_of(target, offer.service),
            path.dialect,
            forms_answer=bool(adjustments.reasoning) and ROWS[path.endpoint].is_converted,
        )
        for path, offer in _plain(target.provider).items()
    }


@cache
def _plain(provider: Provider) -> Offers:
    """Return what channels without adjustments offer: they share it."""
    found: Offers = {}
    for path in PATHS:
        if path.endpoint in provider.services:
            service = provider.service(path.endpoint, path.dialect)
            if service.dialect == path.dialect or ROWS[path.endpoint].is_converted:
                found[path] = Offer(service, registry.dialect(service.dialect), path.dialect)
    return found
