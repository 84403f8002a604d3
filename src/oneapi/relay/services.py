"""What the relay is given by the composition root."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

from oneapi.ledger import Ledger
from oneapi.relay.health import Evidence
from oneapi.relay.intake import Limits
from oneapi.store.database import Database
from oneapi.upstream import UpstreamClient
from oneapi.wire.client_address import ProxyTrust


class RelayServices:
    """What the relay is given. `run` carries a blocking call to a thread; `tell` sends news to the other workers."""

    __slots__ = (
        "clock",
        "database",
        "evidence",
        "ledger",
        "limits",
        "log_database",
        "monotonic",
        "new_request_id",
        "proxies",
        "relay_timeout_seconds",
        "run",
        "tell",
        "upstream",
    )

    def __init__(
        self,
        *,
        database: Database,
        ledger: Ledger,
        upstream: UpstreamClient,
        run: Callable[..., Awaitable[Any]],
        clock: Callable[[], float],
        monotonic: Callable[[], float],
        new_request_id: Callable[[], str],
        tell: Callable[[str, dict[str, Any]], None],
        limits: Limits,
        proxies: ProxyTrust,
        relay_timeout_seconds: float = 0.0,
        evidence: Evidence | None = None,
        log_database: Database | None = None,
    ) -> None:
        self.database: Final = database
        self.ledger: Final = ledger
        self.upstream: Final = upstream
        self.run: Final = run
        self.clock: Final = clock
        self.monotonic: Final = monotonic
        self.new_request_id: Final = new_request_id
        self.tell: Final = tell
        self.limits: Final = limits
        self.proxies: Final = proxies
        self.relay_timeout_seconds: Final = relay_timeout_seconds
        self.evidence: Final = evidence
        self.log_database: Final = log_database or database
