"""What the walk of a request works with."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

from oneapi.ledger import Ledger
from oneapi.relay.admission import Admission
from oneapi.relay.attempts import Attempts
from oneapi.relay.balances import Balances
from oneapi.relay.counting import Counting
from oneapi.relay.pricing import Pricing
from oneapi.relay.snapshot import Snapshot
from oneapi.store.database import Database
from oneapi.upstream import UpstreamClient


class Parts:
    """One per worker. `snapshot` is replaced when something changes; `run` carries a blocking call to a thread."""

    __slots__ = (
        "admission",
        "attempts",
        "balances",
        "counting",
        "database",
        "ledger",
        "monotonic",
        "pricing",
        "run",
        "snapshot",
        "upstream",
    )

    def __init__(
        self,
        *,
        snapshot: Snapshot,
        admission: Admission,
        ledger: Ledger,
        attempts: Attempts,
        upstream: UpstreamClient,
        database: Database,
        run: Callable[..., Awaitable[Any]],
        monotonic: Callable[[], float],
        balances: Balances,
        counting: Counting,
    ) -> None:
        self.snapshot = snapshot
        self.admission: Final = admission
        self.ledger: Final = ledger
        self.attempts: Final = attempts
        self.upstream: Final = upstream
        self.database: Final = database
        self.run: Final = run
        self.monotonic: Final = monotonic
        self.balances: Final = balances
        self.counting: Final = counting
        self.pricing: Final = Pricing()
