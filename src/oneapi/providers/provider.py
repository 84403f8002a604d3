"""A vendor as data: `Provider`, a row of the registry, and its `Service`s."""

import re
from collections.abc import Mapping
from typing import Final

from oneapi.errors import InvalidRequest
from oneapi.providers.balance_row import Balance
from oneapi.providers.quirks import NO_QUIRKS, Quirks
from oneapi.wire.endpoints import Endpoint

Headers = tuple[tuple[str, str], ...]

_VERSION: Final = re.compile(r"/v\d+$")


class Service:
    """How a vendor serves an endpoint in one dialect: a value of its row, compared by identity.

    `path` is a template of `{base}`, `{model}` and `{version}`, `stream_path` the one for streams where that is another.
    `prefix` is where the path begins that the dialect leaves to the vendor. `framing`: how its streams are split, see
    `wire.sse.SPLITTERS`. `auth`: the header of the key, "" for its provider's.
    """

    __slots__ = ("auth", "dialect", "framing", "path", "prefix", "stream_path")

    def __init__(
        self,
        path: str,
        dialect: str,
        prefix: str = "",
        stream_path: str = "",
        framing: str = "sse",
        auth: str = "",
    ) -> None:
        self.path: Final = path
        self.dialect: Final = dialect
        self.prefix: Final = prefix
        self.stream_path: Final = stream_path
        self.framing: Final = framing
        self.auth: Final = auth


Services = Mapping[Endpoint, tuple[Service, ...]]


class Provider:
    """A vendor as data: a row of the registry.

    `services`: of every endpoint that the vendor serves, how; several where it has a face in several dialects, the first
    for clients of none of them. `unversioned` is the end of a base URL under
    which the vendor serves the paths without model and version. `quirks`: what it takes differently from its dialect.
    `balance`: where it tells what is left of an account, if it does.
    """

    __slots__ = (
        "auth",
        "balance",
        "base_url",
        "faces",
        "headers",
        "name",
        "notes",
        "quirks",
        "services",
        "slug",
        "type",
        "unversioned",
    )

    def __init__(
        self,
        type: int,
        slug: str,
        name: str,
        base_url: str,
        services: Services,
        auth: str = "bearer",
        headers: Headers = (),
        quirks: Quirks = NO_QUIRKS,
        notes: str = "",
        unversioned: str = "",
        balance: Balance | None = None,
    ) -> None:
        self.type: Final = type
        self.slug: Final = slug
        self.name: Final = name
        self.base_url: Final = base_url
        self.services: Final = services
        self.faces: Final = _faces(services)
        self.auth: Final = auth
        self.headers: Final = headers
        self.quirks: Final = quirks
        self.notes: Final = notes
        self.unversioned: Final = unversioned
        self.balance: Final = balance

    def service(self, endpoint: Endpoint, dialect: str = "") -> Service:
        """Return the service for clients of a dialect: the one that needs no conversion, else the first.

        Raises `InvalidRequest` for an endpoint that is not served.
        """
        services = self.services.get(endpoint)
        if not services:
            raise not_served(self, endpoint)
        for service in services:
            if service.dialect == dialect:
                return service
        return services[0]


def not_served(provider: Provider, endpoint: Endpoint) -> InvalidRequest:
    """Return the error of who wants what a vendor does not serve."""
    return InvalidRequest(
        f"the provider {provider.name} does not serve {endpoint.value!r}",
        code="endpoint_not_supported",
    )


def _faces(services: Services) -> tuple[str, ...]:
    """Return where a vendor with several faces has them under its host, with and without the version, the longest first.

    Nothing for a vendor with a single face.
    """
    every = [service for several in services.values() for service in several]
    if len({service.dialect for service in every}) < 2:
        return ()
    found = {service.prefix for service in every}
    found |= {_VERSION.sub("", prefix) for prefix in found}
    return tuple(sorted(filter(None, found), key=len, reverse=True))
