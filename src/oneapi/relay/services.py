"""What the relay is given by the composition root."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from oneapi.ledger import Ledger
from oneapi.relay.health import Evidence
from oneapi.relay.intake import Limits
from oneapi.store.database import Database
from oneapi.upstream import UpstreamClient


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayServices:
    """What the relay is given. `run` carries a blocking call to a thread; `tell` sends news to the other workers."""

    database: Database
    ledger: Ledger
    upstream: UpstreamClient
    run: Callable[..., Awaitable[Any]]
    clock: Callable[[], float]
    monotonic: Callable[[], float]
    new_request_id: Callable[[], str]
    tell: Callable[[str, dict[str, Any]], None]
    limits: Limits
    trusted_proxies: tuple[str, ...]
    relay_timeout_seconds: float = 0.0
    evidence: Evidence | None = None
