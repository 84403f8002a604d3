"""What a channel offers to clients of a dialect: a service for each path that they may use, as a request needs to know it.

Worked out once for each row of the registry, so that a request looks it up by the path that it came on.
"""

from collections.abc import Callable
from functools import cache
from typing import Final

from oneapi.errors import UpstreamError
from oneapi.providers import registry
from oneapi.providers.base import Dialect, Target
from oneapi.providers.provider import Provider, Service
from oneapi.wire.decoding import UNDECODABLE, json_value
from oneapi.wire.endpoints import PATHS, ROWS, ClientPath
from oneapi.wire.shapes import section
from oneapi.wire.sse import SPLITTERS, Splitter

_MISSING: Final = frozenset({404, 405})


class Offer:
    """A service and its dialect, as clients of a dialect get it.

    `passes_through`: they speak the same one, so that the bytes of a request may stay as they are. `answer_passes`: those of
    the answer too. `splits` makes what splits the bytes of its streams. `otherwise`: the vendor's first service, where this
    one is another face, for an address that has no such face.
    """

    __slots__ = ("answer_passes", "dialect", "otherwise", "passes_through", "service", "splits")

    def __init__(
        self,
        service: Service,
        dialect: Dialect,
        client: str,
        *,
        forms_answer: bool = False,
        otherwise: "Offer | None" = None,
    ) -> None:
        self.service: Final = service
        self.dialect: Final = dialect
        self.passes_through: Final = service.dialect == client
        self.answer_passes: Final = service.dialect == client and not forms_answer
        self.splits: Final[Callable[[], Splitter]] = SPLITTERS[service.framing]
        self.otherwise: Final = otherwise


Offers = dict[ClientPath, Offer]


def offers_of(target: Target) -> Offers:
    """Return what a channel offers, by path; nobody may change it.

    A client is offered the service of its own dialect; where there is none, another one if the endpoint can be converted.
    """
    if target.adjustments is None:
        return _plain(target.provider)
    return _offers(target.provider, target)


@cache
def _plain(provider: Provider) -> Offers:
    """Return what channels without adjustments offer: they share it."""
    return _offers(provider, None)


def _offers(provider: Provider, target: Target | None) -> Offers:
    found: Offers = {}
    for path in PATHS:
        services = provider.services.get(path.endpoint, ())
        converts = ROWS[path.endpoint].is_converted
        first = _offer(services[0], path, target) if services and converts else None
        own = [one for one in services if one.dialect == path.dialect]
        if own:
            spare = first if first is not None and not first.passes_through else None
            found[path] = _offer(own[0], path, target, spare)
        elif first is not None:
            found[path] = first
    return found


def _offer(
    service: Service, path: ClientPath, target: Target | None, otherwise: Offer | None = None
) -> Offer:
    if target is None:
        dialect = registry.dialect(service.dialect)
        return Offer(service, dialect, path.dialect, otherwise=otherwise)
    return Offer(
        service,
        registry.dialect_of(target, service),
        path.dialect,
        forms_answer=bool(target.adjustments.reasoning) and ROWS[path.endpoint].is_converted,
        otherwise=otherwise,
    )


def is_not_found(offer: Offer, error: UpstreamError) -> bool:
    """Say whether a vendor's second face has not what was asked for, or is not there: the first may have it."""
    return offer.otherwise is not None and error.vendor_status in _MISSING


def is_no_face(error: UpstreamError) -> bool:
    """Say whether nothing is there where a second face should be: what speaks Anthropic's dialect would say so in it."""
    try:
        said = section(json_value(error.said))
    except UNDECODABLE:
        return True
    return said.get("type") != "error"
